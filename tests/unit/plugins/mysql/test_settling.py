# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a replica that holds rows may go on by GTID, and what check mode asks, without a server."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import replication, settling
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.dialects import Position, Source, for_site
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replica_status import Gtids, ReplicaStatus

SOURCE, OTHER = "3e11fa47-71ca-11e1-9e33-c80aa9429562", "3e11fa47-71ca-11e1-9e33-c80aa9429563"


def numbers(text):
    """{(uuid, number)} of a set of GTIDs."""
    found = set()
    for part in filter(None, text.split(",")):
        uuid, _colon, span = part.partition(":")
        first, _dash, last = span.partition("-")
        found |= {(uuid, number) for number in range(int(first), int(last or first) + 1)}
    return found


def difference(_conn, one, other):
    left = sorted(numbers(one) - numbers(other))
    return f"{left[0][0]}:{left[0][1]}-{left[-1][1]}" if left else ""


class Reader:
    @contextmanager
    def connected(self):
        yield "source"


@pytest.mark.parametrize(("ours", "theirs", "purged", "may"), [
    (f"{SOURCE}:1-5", f"{SOURCE}:1-9", "", True), (f"{SOURCE}:1-5", f"{SOURCE}:1-9", f"{SOURCE}:1-5", True),
    (f"{SOURCE}:1-5", f"{SOURCE}:1-9", f"{SOURCE}:1-6", False),         # the sixth is missing here and in no log there any more
    (f"{SOURCE}:3-5", f"{SOURCE}:1-9", "", False),                      # rows that were copied: what came before is here without its GTIDs
    (f"{SOURCE}:1-5,{OTHER}:1", f"{SOURCE}:1-9", "", None)])
def test_a_replica_goes_on_by_gtid_where_its_source_still_has_all_that_is_missing(monkeypatch, ours, theirs, purged, may):
    monkeypatch.setattr(settling, "rows_in", lambda *_given: ["tickets.seats"])
    monkeypatch.setattr(settling, "gtids", lambda conn: Gtids(True, theirs, purged) if conn == "source" else Gtids(True, ours, ""))
    monkeypatch.setattr(settling, "gtid_difference", difference)
    wish = settling.Wish("replicating", "replica", "aws_rds", reader=Reader(), schemas=("tickets",))
    if may is None:
        with pytest.raises(Fault, match="transactions its source never had"):
            settling._by_gtid("replica", SimpleNamespace(takes_gtids=True), wish)
    else:
        assert settling._by_gtid("replica", SimpleNamespace(takes_gtids=True), wish) is may


@pytest.mark.parametrize("check", [True, False])
def test_an_account_that_is_not_let_in_is_refused_in_check_mode_too(monkeypatch, check):
    """It is refused also where nothing is left to do: what runs may not be let in again."""
    def refuse(source):
        raise Fault("log in to MySQL as dr_repl", source.host)

    at = Position("mysql-bin.000003", 900)
    monkeypatch.setattr(settling, "dialect_of", lambda _conn, name: for_site(name))
    monkeypatch.setattr(replication, "status", lambda *_given: ReplicaStatus("192.0.2.5", 3306, "dr_repl", "u-1", "Yes", "Yes", at, at))
    monkeypatch.setattr(replication, "prime", refuse)
    for unasked in ("_refuse_unfit", "replaced", "_named_anew", "_stuck"):
        monkeypatch.setattr(settling, unasked, lambda *_given: None)
    wish = settling.Wish("replicating", Reader(), "aws_rds", reader=Reader(), source=Source("192.0.2.5", 3306, "dr_repl", "wrong"))
    with pytest.raises(Fault, match="log in to MySQL as dr_repl"):
        settling.settle(wish, check=check)
