# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a writer's reign begins in its log, and which of two servers knew more, by the rows of dr.gate. Without a server."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.dialects import Position
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage import gates, touched
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.cells import OPAQUE
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.gates import AHEAD, BEHIND, SAME, UNCLEAR, Beat, Worth
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.stream import Change
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.tables import Column, Table

ROWS = Table("t", "rows", (Column("id", "int", "int"), Column("v", "int", "int")), ("id",))
GATE = Table("dr", "gate", (Column("server_uuid", "varbinary", "varbinary(36)"), Column("epoch", "bigint", "bigint unsigned")), ("server_uuid",))
MINE, THEIRS = 11, 22           # server ids
HERE = Position("binlog.000001", 4)


def row(id_, kind="delete", server_id=MINE):
    image = {"id": id_, "v": "1"}
    return Change(server_id, "", "t.rows", kind, None if kind == "insert" else image, None if kind == "delete" else {"id": id_, "v": "2"}, HERE)


def beat(epoch, before=None, uuid="w", server_id=MINE):
    images = [None if each is None else {"server_uuid": uuid.encode(), "epoch": each} for each in (before, epoch)]
    return Change(server_id, "", "dr.gate", "insert" if before is None else "update", *images, HERE)


def read(monkeypatch, *changes, reign=None, since=None):
    monkeypatch.setattr(touched, "changes", lambda *_given, **_more: iter(changes))
    monkeypatch.setattr(touched, "own_id", lambda _conn: MINE)
    writer = SimpleNamespace(connected=lambda: nullcontext(None))
    return touched.touched(writer, {"t.rows": ROWS, "dr.gate": GATE}, {"t.rows": {(name,) for name in "123"}}, since=since, reign=reign)


def names(found):
    return {key[0] for _table, key in found.by_key}


REIGN = gates.Reign("w", 1, True)


def test_a_reign_begins_where_the_gate_came_to_be_of_it(monkeypatch):
    repaired = row("1")             # by a repair, while it followed
    found = read(monkeypatch, row("3", server_id=THEIRS), repaired, beat("2"), row("2"), beat("2", "2"), reign=REIGN)
    assert found.complete and names(found) == {"2"}
    found = read(monkeypatch, repaired, beat("1"), row("3"), beat("2", "1"), row("2"), reign=REIGN)
    assert found.complete and names(found) == {"2"}, "its gate had been open before, and shut"
    found = read(monkeypatch, beat("0", uuid="z"), repaired, beat("0", server_id=THEIRS), beat("2", "0"), row("2"), reign=REIGN)
    assert found.complete and names(found) == {"2"}, "the writer before it had said whose it was"


@pytest.mark.parametrize("changes", [
    [row("1")], [beat("2", "2"), row("1")], [beat("2", uuid="other"), row("1")], [beat("2", server_id=THEIRS), row("1")],
    [beat("2", OPAQUE), row("1")], [beat(OPAQUE), row("1")], [row("2", server_id=THEIRS), row("1")]])
def test_a_log_in_which_the_reign_does_not_begin_does_not_reach_back(monkeypatch, changes):
    """Its first file may well be number 1: a provider's failover leaves no log, and the next one is counted anew."""
    found = read(monkeypatch, *changes, reign=REIGN)
    assert not found.complete and names(found) == {"1"}


def test_what_a_writer_did_is_not_forgotten_for_what_comes_later(monkeypatch):
    found = read(monkeypatch, beat("2"), row("1"), row("3", server_id=THEIRS), beat("3"), row("2"), reign=REIGN)
    assert found.complete and names(found) == {"1", "2"}


def test_without_a_gate_it_is_what_came_from_another_server_that_tells(monkeypatch):
    assert not read(monkeypatch, row("1")).complete
    found = read(monkeypatch, row("1"), beat("1", server_id=THEIRS), row("2"))
    assert found.complete and names(found) == {"2"}
    assert read(monkeypatch, row("1"), since=HERE).complete


def known(**servers):
    """{uuid: (site, epoch, sequence)}, the later ones with the later beats."""
    return {uuid: Beat(*told, at=float(number)) for number, (uuid, told) in enumerate(servers.items())}


def test_a_reign_is_the_site_s_and_what_another_of_its_servers_did_in_it_is_in_no_log():
    assert gates.reign(known(n=("nhn", 1, 9)), "a") is None
    assert gates.reign(known(n=("nhn", 1, 9), a=("aws", 2, 1)), "a") == gates.Reign("a", 1, True)
    assert gates.reign(known(n=("nhn", 1, 9), a=("aws", 2, 9), b=("aws", 2, 1)), "b") == gates.Reign("b", 1, False)
    assert gates.reign(known(a=("aws", 2, 9), n=("nhn", 3, 9), b=("aws", 4, 1)), "b") == gates.Reign("b", 3, True), "an earlier reign is over"


A, B, C = ("nhn", 1, 7), ("nhn", 1, 3), ("nhn", 1, 1)


@pytest.mark.parametrize(("copy", "source", "how"), [
    (known(a=("nhn", 1, 5)), known(a=A, w=C), BEHIND), (known(a=("nhn", 1, 9)), known(a=A, w=C), AHEAD),
    (known(a=A), known(a=A, w=C), UNCLEAR),                                     # level, as near as a quarter of a second
    (known(a=A, w=C), known(a=A, w=B), SAME), (known(w=C), known(w=B), SAME),   # it lost its place, and its source is the one it had
    (known(a=("nhn", 1, 9), w=C), known(a=A, w=B), UNCLEAR),                    # ahead when it was lost, and has followed the new one
    (known(a=("nhn", 1, 9)), known(a=A, b=B, w=C), UNCLEAR),                    # one in between has done what nobody knows
    (known(a=("nhn", 1, 5)), known(a=A, b=B, w=C), BEHIND), (known(a=A), known(a=A, b=B, w=C), UNCLEAR),
    (known(o=("aws", 1, 9), a=("nhn", 2, 5)), known(o=("aws", 1, 8), a=A, w=C), UNCLEAR),    # each knows something the other does not
    (known(x=A), known(a=A, w=C), UNCLEAR), ({}, known(a=A, w=C), "")])
def test_how_a_copy_stands_to_a_server_it_may_not_have_followed(copy, source, how):
    assert gates.standing(copy, source, "w") == how


def test_what_a_copy_lacks_has_not_come_yet_unless_it_was_ahead():
    behind, level, ahead = (known(a=("nhn", 1, number)) for number in (5, 7, 9))
    source = known(a=A, w=C)
    assert gates.of_copy(behind, source, ("c", "w")) == Worth(behind=True, lacks=False)
    assert gates.of_copy(level, source, ("c", "w")) == Worth(unclear=True)
    assert gates.of_copy(ahead, source, ("c", "w")) == Worth()
    assert gates.of_copy(ahead, source, ("c", "w"), half=True) == Worth(lacks=False)
    assert gates.of_copy(known(w=C), known(w=B), ("c", "w")) == gates.of_copy({}, source, ("c", "w")) == Worth(unclear=True, lacks=False)
    # What it was itself, long ago, is not asked.
    assert gates.of_copy({**known(c=("aws", 0, 4)), **ahead}, {**known(c=("aws", 0, 9)), **source}, ("c", "w")) == Worth()


def test_an_old_writer_that_had_not_the_newest_of_the_one_before_it_at_its_site_is_no_witness():
    """NHN's b followed a without its last beats, and was lost before AWS had anything of it."""
    reign = gates.Reign("w", 1, True)

    def worth(there, here, ruled=reign):
        return gates.of_writer(here, {**there, **known(w=("aws", 2, 4), v=("aws", 2, 9))}, ("b", "w"), ruled)

    assert worth(known(a=("nhn", 1, 9)), known(a=A, b=B)) == Worth(unclear=True)
    assert worth(known(a=A), known(a=A, b=B)) == Worth(unclear=True)
    assert worth(known(a=("nhn", 1, 5)), known(a=A, b=B)) == Worth()
    assert worth(known(a=A, b=C), known(a=A, b=B)) == worth(known(b=C), known(b=B)) == Worth()
    assert worth({}, known(b=B)) == gates.of_writer({}, {}, ("b", "w"), None) == Worth()
