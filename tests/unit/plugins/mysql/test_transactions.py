# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose transactions count, when a list of them is believed, and ending what has ended by itself. Real servers:
tests/contract/test_gate_transactions.py, test_gate_drain.py."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import TimedOut
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import transactions
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import DatabaseError, DatabaseFault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.dialects import for_site


class Server:
    """Answers from `shown`, one list a read, the last one for ever; each with {mark} in `said` where the list is newer than the look."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *shown: list[dict[str, Any]], users: dict[int, str] | None = None) -> None:
        self.shown, self.users = list(shown), users or {}
        self.said: list[str] = []
        monkeypatch.setattr(transactions, "query", self.query)
        monkeypatch.setattr(transactions, "execute", lambda _conn, sql, **_more: self.said.append(sql))

    def query(self, _conn: Any, sql: str, **_more: Any) -> list[dict[str, Any]]:
        self.said.append(sql)
        if "innodb_trx" in sql:
            return self.shown.pop(0) if len(self.shown) > 1 else self.shown[0]
        return [{"Id": thread, "User": user} for thread, user in self.users.items()]

    @property
    def pauses(self) -> list[float]:
        return [float(sql.split("(")[1].split(")")[0]) for sql in self.said if "SLEEP" in sql]


def trx(thread: int, **more: Any) -> dict[str, Any]:
    return {"thread": thread, "id": "9", "started": "t", "state": "RUNNING", "modified": 1, "reader": 0, "ours": 0, "marked": 0, **more}


OURS = trx(99, modified=0, reader=1, ours=1, marked=1)
BEFORE = {**OURS, "marked": 0}          # a look of ours that is over, or this one between two statements


def test_the_servers_own_threads_are_left_alone_and_whose_owner_is_gone_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """To end what applies a source's rows, or what the provider does for itself, would break more than it saves."""
    users = {1: "app", 2: "system user", 3: "event_scheduler", 4: "rdsadmin", 5: "rdsrepladmin", 6: "rds_admin"}
    Server(monkeypatch, [*map(trx, (*users, 7)), OURS], users=users)
    assert [(each.thread, each.user) for each in transactions.open_transactions(None)] == [(1, "app"), (7, "")]


def test_readers_that_say_so_do_not_count_and_what_was_prepared_does(monkeypatch: pytest.MonkeyPatch) -> None:
    Server(monkeypatch, [trx(1, reader=1), trx(0), trx(0, modified=0), trx(2, modified=0), OURS], users={2: "app"})
    assert [each.thread for each in transactions.open_transactions(None)] == [0, 2]


@pytest.mark.parametrize("old", [[], [trx(1)], [BEFORE], [trx(1), BEFORE], [trx(2, marked=1)]])
def test_a_list_is_believed_only_with_the_mark_of_this_very_look(old: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else's text may be anything."""
    server = Server(monkeypatch, old, old, [trx(3), OURS], users={3: "app"})
    assert [each.thread for each in transactions.open_transactions(None)] == [3]
    assert len(server.pauses) == 2 and all(pause > 0.1 for pause in server.pauses)


def test_every_look_has_a_mark_of_its_own_in_all_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever makes the server take its list while we wait makes it for us as well."""
    marks = []
    for _ in range(2):
        server = Server(monkeypatch, [], [OURS])
        transactions.listed(None)
        found = {re.findall(r"[0-9a-f]{16}", sql)[0] for sql in server.said}
        assert len(server.said) == 3 and len(found) == 1
        marks += found
    assert marks[0] != marks[1]


def test_who_never_sees_a_new_list_is_told_in_bounded_time_and_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(monkeypatch, [trx(1), BEFORE])
    with pytest.raises(TimedOut, match="what it shows is old"):
        transactions.open_transactions(None)
    assert sum("innodb_trx" in sql for sql in server.said) == transactions.TRIES and sum(server.pauses) < 2.1
    assert server.said[0].startswith("START TRANSACTION") and server.said[-1] == "ROLLBACK"


def test_two_who_look_again_do_not_keep_step(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = []
    for _ in range(2):
        server = Server(monkeypatch, [])
        with pytest.raises(TimedOut):
            transactions.listed(None)
        pauses.append(server.pauses)
    assert pauses[0] != pauses[1]


@pytest.mark.parametrize("dialect", ["plain", "nhn_rds", "aws_rds"])
def test_who_has_ended_by_itself_needs_no_end(dialect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_conn: Any, _sql: str, _values: Any, *, doing: str) -> int:
        raise DatabaseFault(doing, "on db", DatabaseError(code, "no"))

    monkeypatch.setattr(transactions, "execute", refuse)
    code = 1094
    assert transactions.kill(None, for_site(dialect), 7) is False
    code = 1095                     # somebody else's, and we may not
    with pytest.raises(DatabaseFault, match="end connection 7"):
        transactions.kill(None, for_site(dialect), 7)
