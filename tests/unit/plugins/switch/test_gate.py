# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The gate's table: the double used in simulation keeps its promises, and silence is told.

MySQL itself is held to the same promises by tests/contract/test_gate_servers.py.
"""

from __future__ import annotations

import time
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate import Gate, GateSilent, Standing

from tests.sim.fakes import FakeDatabase

from .gate_promises import GatePromises


class TestDouble(GatePromises):
    @pytest.fixture
    def gate(self) -> FakeDatabase:
        return FakeDatabase(time.time, "server-1")


def test_silence_is_told_and_the_next_call_connects_again() -> None:
    calls: list[str] = []

    def connect() -> Any:
        calls.append("connect")
        raise OSError("connection refused")

    gate = Gate(connect, ())
    for _ in range(2):
        with pytest.raises(GateSilent, match="connection refused"):
            gate.look()
    assert len(calls) == 2


class Answering:
    """A connection, and its own cursor, that gives these answers in turn: (columns, rows) or an error to raise."""

    def __init__(self, *answers: Any) -> None:
        self.answers, self.closed, self.rows = list(answers), 0, []

    def cursor(self) -> Answering:
        return self

    def __enter__(self) -> Answering:
        return self

    def __exit__(self, *_about: object) -> None:
        return None

    def execute(self, _sql: str, _values: Any = None) -> int:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        names, self.rows = answer
        self.description = [(name,) for name in names]
        return len(self.rows)

    def fetchall(self) -> list[Any]:
        return self.rows

    def fetchone(self) -> Any:
        return self.rows[0]

    def close(self) -> None:
        self.closed += 1


def test_a_connection_that_failed_is_closed_and_never_used_again() -> None:
    """An address may lead to two servers in turn: whatever is still on its way to the first must not be read as the second's."""
    made = [Answering(OSError("reset by peer")), Answering((["n"], [(1,)]))]
    gate, left = Gate(lambda: left.pop(0), ()), list(made)
    with pytest.raises(GateSilent, match="reset by peer"):
        gate.close()
    assert (made[0].closed, made[1].closed) == (1, 0)
    assert gate.close() and not left


REPLICA = {"Channel_Name": "", "Source_Host": "db", "Source_Port": 3306, "Source_User": "r", "Last_IO_Errno": 0, "Last_IO_Error": "",
           "Last_SQL_Errno": 0, "Last_SQL_Error": ""}


@pytest.mark.parametrize(("io", "sql", "copying"), [("Yes", "Yes", True), ("Connecting", "Yes", True), ("No", "Yes", True), ("Yes", "No", True),
                                                    ("No", "No", False)])
def test_a_server_copies_while_either_thread_runs(io: str, sql: str, copying: bool) -> None:
    """Its source may be out of reach, or what it has fetched may still be applied: both can change rows under a gate that was opened."""
    row = {**REPLICA, "Replica_IO_Running": io, "Replica_SQL_Running": sql}
    seen = Gate(lambda: Answering((list(row), [tuple(row.values())]), (["r"], [(0,)])), ()).standing()
    assert seen == Standing("db:3306", copying, False) and not seen.alone


@pytest.mark.parametrize(("read_only", "alone"), [(0, True), (1, False)])
def test_a_server_that_takes_no_writes_does_not_stand_alone(read_only: int, alone: bool) -> None:
    seen = Gate(lambda: Answering((list(REPLICA), []), (["r"], [(read_only,)])), ()).standing()
    assert seen.source is None and not seen.copying and seen.alone is alone
