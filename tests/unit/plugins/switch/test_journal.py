# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A journal survives what kills its writer."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.switch.journal import Busy, Journal


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.jsonl", lambda: 1000.0)


def test_a_torn_line_is_skipped_and_not_continued(journal: Journal) -> None:
    journal.write("s1", "judge", "begun")
    with open(journal.path, "a", encoding="utf-8") as file:
        file.write('{"switch": "s1", "step": "prom')
    journal.write("s1", "promote", "before")
    assert [(line["step"], line["phase"]) for line in journal.lines()] == [("judge", "begun"), ("promote", "before")]


def test_unfinished(journal: Journal) -> None:
    assert journal.unfinished() is None
    journal.write("s1", "judge", "begun")
    assert journal.unfinished() is None, "nothing was touched yet"
    journal.write("s1", "take_record", "before")
    assert journal.unfinished() == {"switch": "s1", "step": "take_record", "epoch": None}
    journal.write("s1", "take_record", "after", epoch=2)
    journal.write("s1", "promote", "before")
    assert journal.unfinished() == {"switch": "s1", "step": "promote", "epoch": 2}
    journal.write("s1", "end", "finished", epoch=2)
    assert journal.unfinished() is None


def test_two_operators_at_once(journal: Journal) -> None:
    with journal.alone(), pytest.raises(Busy, match="Another switch"), Journal(journal.path, lambda: 0.0).alone():
        pass
    with journal.alone():
        pass


def test_takeovers_that_nobody_asked_for_are_counted(tmp_path: Path) -> None:
    now = [1000.0]
    journal = Journal(tmp_path / "journal.jsonl", lambda: now[0])
    switches = ("s1", "SITE_LOST", True), ("s2", "PLANNED_SWITCH", True), ("s3", "WRITER_STOPPED", True), ("s4", "SITE_LOST", False)
    for switch, verdict, ends in switches:
        now[0] += 100.0
        journal.write(switch, "judge", "begun", verdict=verdict)
        journal.write(switch, "judge", "begun", verdict="SWITCH_UNFINISHED")        # killed, and run again
        if ends:
            journal.write(switch, "end", "finished")
    assert journal.takeovers(since=0.0) == 2
    assert journal.takeovers(since=1100.0) == 1
