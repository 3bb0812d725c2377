# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The gate's table: the double used in simulation, and MySQL itself when MULTICLOUD_DR_TEST_MYSQL=user:password@host:port is given.

The server's rows of dr.gate are deleted by the test: never point it at a database that matters.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import connection
from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate import SCHEMA, TABLE, Gate, GateSilent

from .simulated import FakeDatabase


@pytest.fixture(params=["double", "mysql"])
def gate(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "double":
        yield FakeDatabase(time.time, "server-1")
        return
    given = re.fullmatch(r"(.+?):(.+)@(.+):(\d+)", os.environ.get("MULTICLOUD_DR_TEST_MYSQL", ""))
    if not given:
        pytest.skip("MULTICLOUD_DR_TEST_MYSQL names no database")
    user, password, host, port = given.groups()
    with connection.connected(host, int(port), user, password) as conn:
        for sql in (SCHEMA, TABLE, "DELETE FROM dr.gate"):
            connection.execute(conn, sql)
    gate = Gate(lambda: connection.connect(host, int(port), user, password), (connection.DatabaseError,))
    yield gate
    gate.drop()


def test_the_life_of_a_gate(gate: Any) -> None:
    look = gate.look()
    assert look.own is None and look.valid_for == 0 and look.remembered_epoch is None and look.age("nhn") is None
    assert gate.beat(1) is None and gate.renew(1, look.now + 9) is False and gate.close() is False

    assert gate.open("nhn", 1, look.now + 9)
    look = gate.look()
    assert look.own is not None and (look.own.site, look.own.epoch, look.own.sequence) == ("nhn", 1, 1)
    assert 8 < look.valid_for <= 9 and look.remembered_epoch == 1

    left = gate.beat(1)
    assert left is not None and 8 < left <= 9
    assert gate.look().own.sequence == 2
    assert gate.beat(2) is None, "a beat at an epoch that is not the row's writes nothing"

    assert gate.renew(1, look.now + 20) and gate.renew(1, look.now + 12)
    assert gate.look().valid_for > 15, "validity never moves backwards by a renewal that comes late"
    assert gate.renew(2, look.now + 99) is False
    assert gate.look().age("nhn") < 1

    assert gate.close() and gate.look().valid_for == 0
    before = gate.look().own
    assert gate.beat(1) is None and gate.look().own == before, "a shut gate takes no beat"


def test_an_older_epoch_never_comes_back(gate: Any) -> None:
    now = gate.look().now
    gate.open("nhn", 3, now - 1)
    gate.open("nhn", 2, now + 9)
    assert gate.look().own.epoch == 3 and gate.look().valid_for == 0
    gate.open("nhn", 4, now + 9)
    assert gate.look().own.epoch == 4 and gate.look().valid_for > 7


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
