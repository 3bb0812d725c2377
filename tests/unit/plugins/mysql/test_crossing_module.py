# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module rds_crossing: it writes at the source and looks at the replica, and in check mode does neither. Real servers see rows cross elsewhere."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.multicloud.dr.plugins.module_utils.faults import TimedOut
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server
from ansible_collections.multicloud.dr.plugins.modules import rds_crossing

GIVEN: dict[str, Any] = {"source": {"host": "10.0.0.1", "user": "agent", "password": "CANARY-1"},
                         "replica": {"host": "10.0.0.2", "port": 3307, "user": "admin", "password": "CANARY-2"}, "schema": "dr", "seconds": 7}


def run(capsys: pytest.CaptureFixture[str], **more: Any) -> dict[str, Any]:
    with patch_module_args({**GIVEN, **more}), pytest.raises(SystemExit):
        rds_crossing.main()
    said = capsys.readouterr().out
    assert "CANARY" not in said
    told: dict[str, Any] = json.loads(said)
    return told


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was connected to and asked for; a connection is the name of its server."""
    made: list[Any] = []

    @contextmanager
    def connected(self: Server, **_: Any) -> Any:
        yield f"{self.user}@{self.host}:{self.port}"

    def crossing(writer: Any, replica: Any, limit: float, *, schema: str) -> float:
        made.append((writer, replica, limit, schema))
        return 0.25

    monkeypatch.setattr(Server, "connected", connected)
    monkeypatch.setattr(rds_crossing, "crossing", crossing)
    return made


def test_the_marker_goes_from_the_source_to_the_replica(asked: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    told = run(capsys)
    assert asked == [("agent@10.0.0.1:3306", "admin@10.0.0.2:3307", 7, "dr")] and told["seconds"] == 0.25 and not told["changed"]


def test_a_check_run_asks_nobody(asked: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert "check mode" in run(capsys, _ansible_check_mode=True)["msg"] and asked == []


def test_what_keeps_it_is_told(asked: list[Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any, **__: Any) -> float:
        raise TimedOut("see a row cross", "from a to b", left="The link is cut.", then="Mend it.")

    monkeypatch.setattr(rds_crossing, "crossing", never)
    assert "Could not see a row cross from a to b" in run(capsys)["msg"]
