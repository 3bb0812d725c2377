# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Parting from a source that does not answer: nobody waits for the thread that fetches, and nothing is forgotten before all is applied."""

from __future__ import annotations

from dataclasses import replace
from threading import Event
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import WentWrong
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import replication
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import DatabaseError, DatabaseFault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.dialects import Position, for_site
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.parting import Parting
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replica_status import ReplicaStatus

AT = Position("mysql-bin.000003", 900)
FOLLOWS = ReplicaStatus("192.168.10.50", 3306, "dr_repl", "u-1", "Connecting", "Yes", AT, AT)
BEHIND = replace(FOLLOWS, applied=Position("mysql-bin.000003", 500))


class Clock:
    """Time passes when somebody sleeps, and never really."""

    at = 0.0

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds


class Server:
    """A server that stops applying at once and fetching when it is `let`. `calls`: what was called on it, in order."""

    host, port, user = "db", 3306, b"admin"

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *seen: ReplicaStatus) -> None:
        self.seen, self.calls, self.let, self.stopping = list(seen), [], Event(), Event()
        self.refusal: DatabaseFault | None = None
        self.parting: Parting | None = None
        monkeypatch.setattr(replication, "status", lambda conn, dialect=None: self.look())
        monkeypatch.setattr(replication, "detach", lambda conn, dialect: self.detach())
        monkeypatch.setattr(replication, "start", lambda conn, dialect, **_: self.calls.append("start"))

    def look(self) -> ReplicaStatus:
        if self.parting is not None and (ending := self.parting._ending) is not None:      # it has come as far as it can by itself
            assert self.stopping.wait(10) if self.refusal is None else not ending.join(10)
        if self.stopping.is_set():
            return replace(FOLLOWS, sql="No") if not self.let.is_set() else ReplicaStatus()
        return self.seen.pop(0) if len(self.seen) > 1 else self.seen[0]

    def detach(self) -> bool:
        if self.refusal:
            raise self.refusal
        self.calls.append("stop")
        self.stopping.set()
        assert self.let.wait(10)
        self.calls.append("reset")
        return True

    def close(self) -> None:
        self.calls.append("close")


@pytest.fixture
def part(monkeypatch: pytest.MonkeyPatch) -> Any:
    def made(*seen: ReplicaStatus) -> tuple[Server, Parting]:
        server = Server(monkeypatch, *seen)
        server.parting = Parting(lambda: server, for_site("aws_rds"))
        return server, server.parting
    return made


def test_who_promotes_goes_on_as_soon_as_nothing_is_applied_any_more(part: Any) -> None:
    server, parting = part(FOLLOWS)
    done = parting.begin(server, clock=Clock())
    assert done.changed and parting.source == "192.168.10.50:3306"
    assert server.calls == ["stop"], "the source is not forgotten yet, and nobody waited for that"
    server.let.set()
    parting.end()
    assert server.calls == ["stop", "reset", "close"]


def test_what_has_arrived_is_applied_first(part: Any) -> None:
    server, parting = part(BEHIND, BEHIND, FOLLOWS)
    server.let.set()
    assert parting.begin(server, clock=Clock()).applied == AT
    parting.end()


def test_a_stopped_applier_is_started_for_that(part: Any) -> None:
    server, parting = part(replace(BEHIND, sql="No", io="No"), FOLLOWS)
    server.let.set()
    parting.begin(server, clock=Clock())
    parting.end()
    assert server.calls[:2] == ["start", "stop"]


def test_rows_that_cannot_be_applied_end_it_before_anything_is_stopped(part: Any) -> None:
    server, parting = part(replace(BEHIND, sql="No", sql_error=(1062, "Duplicate entry")))
    with pytest.raises(WentWrong):
        parting.begin(server, clock=Clock())
    assert server.calls == []
    parting.end()


def test_a_server_that_stands_alone_is_left_alone(part: Any) -> None:
    server, parting = part(ReplicaStatus())
    assert not parting.begin(server, clock=Clock()).changed
    parting.end()
    assert server.calls == []


def test_why_it_could_not_be_ended_is_told(part: Any) -> None:
    server, parting = part(FOLLOWS)
    server.refusal = DatabaseFault("stop the replica", "on db", DatabaseError(1227, "Access denied"))
    with pytest.raises(WentWrong):
        parting.begin(server, clock=Clock())
    with pytest.raises(DatabaseFault, match="1227"):
        parting.end()
