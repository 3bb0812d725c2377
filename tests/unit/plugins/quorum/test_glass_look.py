# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What one host tells of a record that is lost: what it keeps, what is not there, and what cannot be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.quorum import glass_look
from ansible_collections.multicloud.dr.plugins.module_utils.quorum.glass import Base
from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate import GateLook, GateSilent, Row
from ansible_collections.multicloud.dr.plugins.module_utils.switch.journal import OVERRIDDEN, Journal


@pytest.mark.parametrize(("shown", "stopped"), [
    ("ActiveState=inactive\nInactiveEnterTimestampMonotonic=40000000\n", 60.0),
    ("ActiveState=failed\nInactiveEnterTimestampMonotonic=90500000\n", 9.5),
    ("ActiveState=inactive\nInactiveEnterTimestampMonotonic=0\n", 100.0),           # not since the host started
    ("ActiveState=active\nInactiveEnterTimestampMonotonic=40000000\n", None),
    ("ActiveState=activating\nInactiveEnterTimestampMonotonic=40000000\n", None),   # it starts again and again
    ("ActiveState=deactivating\nInactiveEnterTimestampMonotonic=1\n", None), ("", None), ("ActiveState=inactive\n", None),
])
def test_a_member_has_stopped_only_when_systemd_says_since_when(shown: str, stopped: float | None) -> None:
    assert glass_look.stopped_for(shown, 100.0) == stopped


@pytest.mark.parametrize(("text", "epoch", "unread"), [(None, 0, 0), ("7\n", 7, 0), ("", 0, 1), ("\0\0", 0, 1), ("-3", 0, 1)])
def test_only_what_is_not_there_is_a_memory_of_nothing(tmp_path: Path, text: str | None, epoch: int, unread: int) -> None:
    said: list[str] = []
    if text is not None:
        (tmp_path / "epoch").write_text(text)
    assert (glass_look.number(tmp_path / "epoch", said), len(said)) == (epoch, unread)
    assert glass_look.number(tmp_path, said) == 0 and len(said) == unread + 1, "a directory is no memory either"


@pytest.mark.parametrize(("note", "epoch", "unread"), [
    (None, 0, 0), ('{"record": {"writer": "nhn", "epoch": 3}}', 3, 0),
    ('{"record": null}', 0, 0), ("{", 0, 1), ("[]", 0, 1), ('{"record": {}}', 0, 1),
])
def test_a_note_of_a_snapshot_that_cannot_be_read_is_told(tmp_path: Path, note: str | None, epoch: int, unread: int) -> None:
    said: list[str] = []
    if note is not None:
        (tmp_path / "newest.json").write_text(note)
    assert (glass_look.noted(tmp_path / "newest.json", said), len(said)) == (epoch, unread)


def test_a_database_is_told_by_the_latest_row_of_its_gate_or_by_why_it_is_silent() -> None:
    rows = (Row("srv-1", "nhn", 3, 0.0, 9, 0.0), Row("srv-2", "aws", 4, 104.5, 2, 0.0))
    assert glass_look.base("aws", lambda: GateLook(100.0, "srv-2", rows)) == Base("aws", epoch=4, by="aws", open_for=4.5)
    assert glass_look.base("nhn", lambda: GateLook(100.0, "srv-1", rows)) == Base("nhn", epoch=4, by="aws")
    assert glass_look.base("nhn", lambda: GateLook(100.0, "srv-1", ())) == Base("nhn")

    def silent() -> Any:
        raise GateSilent("no route")
    assert glass_look.base("nhn", silent) == Base("nhn", error="no route")


def test_an_address_that_the_cloud_does_not_say_is_the_agents(tmp_path: Path) -> None:
    config = tmp_path / "agent.json"
    given = [{"site": "nhn", "host": "", "port": 3306}, {"site": "aws", "host": "10.0.0.9", "port": 3307}]
    assert glass_look.databases(given, str(config)) == {"aws": given[1]}
    told = {"site": "nhn", "edges": {"nhn": "x", "aws": "y"}, "database": {"host": "192.168.0.5"}, "peer_database": {"host": "10.0.0.1"}}
    config.write_text(json.dumps(told))
    assert glass_look.databases(given, str(config)) == {"aws": given[1], "nhn": {"host": "192.168.0.5"}}
    assert glass_look.databases([], str(config)) == {"aws": {"host": "10.0.0.1"}, "nhn": {"host": "192.168.0.5"}}
    config.write_text("[")
    assert glass_look.databases(given, str(config)) == {"aws": given[1]}


@pytest.mark.parametrize(("status", "said"), [
    (None, None),
    ({"writer": True, "record": {"writer": "nhn", "epoch": 3, "said": None}}, {"writer": True, "reads": "writer nhn, epoch 3"}),
    ({"writer": False, "record": {"writer": "nhn", "epoch": 3, "said": "etcd gave no answer"}}, {"writer": False, "reads": ""}),
    ({"writer": False, "record": None}, {"writer": False, "reads": ""}),
])
def test_an_agent_speaks_for_a_record_that_it_reads_and_not_for_one_that_it_read(status: Any, said: Any) -> None:
    assert glass_look.agent(status) == said


def test_what_was_used_from_here_is_read_from_the_journal(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "break-glass.jsonl", lambda: 1.0)
    assert glass_look.used_epochs(journal) == ()
    for epoch in (4, 9):
        journal.write(f"break-glass-{epoch}", OVERRIDDEN, "after", overrides=[f"rebuild_record:{epoch}"])
    assert glass_look.used_epochs(journal) == (4, 9) and journal.unknown() == 0
