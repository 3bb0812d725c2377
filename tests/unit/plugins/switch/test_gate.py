# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The gate's table: the double used in simulation keeps its promises, and silence is told.

MySQL itself is held to the same promises by tests/contract/test_gate_servers.py.
"""

from __future__ import annotations

import time
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate import Gate, GateSilent

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
