# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two agent hosts of one site, each with a journal: what the first has begun and was lost with, the second knows from etcd, and brings to its end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.switch import record, steps, verdict
from ansible_collections.multicloud.dr.plugins.module_utils.switch.beside import Beside
from ansible_collections.multicloud.dr.plugins.module_utils.switch.journal import Journal
from ansible_collections.multicloud.dr.plugins.module_utils.switch.mirror import Mirror
from ansible_collections.multicloud.dr.plugins.module_utils.switch.observations import Observations

from .test_steps import DONE, T, World


class Second:
    """The other host of that site."""

    def __init__(self, world: World, path: Path) -> None:
        self.world = world
        self.journal = Journal(path, lambda: world.now, Mirror(world, "aws.second", lambda: world.now))
        self.beside = Beside(self.journal.beside)
        self.beside.refresh()

    def look(self) -> Observations:
        """As Witness.observe has it."""
        world = self.world
        seen, _sight = world.switch().look()
        held = world.seen.record
        epoch = held.epoch if held and held.writer == "aws" else None
        unfinished = self.journal.unfinished() or (self.beside.unfinished(epoch, self.journal) if epoch else None)
        return replace(seen, unfinished=unfinished["step"] if unfinished else None,
                       alone=bool(epoch and (self.journal.unprotected(epoch) or self.beside.unprotected(epoch, self.journal))))

    def switch(self) -> steps.Switch:
        on = self.world.switch()
        on.journal = self.journal

        def look() -> tuple[Observations, record.Sight]:
            return self.look(), record.Sight(self.world.seen, self.world.now - 20, self.world.now, self.world.now, True)
        on.look = look
        return on


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "first.jsonl")


def _stops_at_the_latch(world: World) -> None:
    def refuse(_epoch: int) -> None:
        raise OSError("AccessDenied")
    world.set = refuse      # type: ignore[method-assign]
    with pytest.raises(steps.StepFailed, match="AccessDenied"):
        list(steps.run(world.switch()))
    del world.set           # type: ignore[attr-defined]


def test_what_the_host_that_is_lost_has_begun_the_other_one_finishes(world: World, tmp_path: Path) -> None:
    _stops_at_the_latch(world)
    second = Second(world, tmp_path / "second.jsonl")
    assert second.look().unfinished == "latch" and second.look().alone
    found = verdict.judge(second.look(), T)
    assert (found.verdict, found.action) == ("SWITCH_UNFINISHED", verdict.RESUME)
    done = {row["name"]: row["changed"] for row in steps.run(second.switch())}
    assert done["latch"] and done["stand_alone"] and not done["promote"] and not done["open_gate"]
    assert world.state == DONE and second.look().unfinished is None
    assert second.journal.takeovers(0.0) == 0, "it was one takeover, and it is counted where it was made"


def test_a_switch_that_is_finished_is_told_as_alone_by_both_until_a_copy_follows(world: World, tmp_path: Path) -> None:
    list(steps.run(world.switch()))
    second = Second(world, tmp_path / "second.jsonl")
    assert second.look().unfinished is None and second.look().alone
    second.journal.protect("A copy follows.", second.beside.unprotected(2, second.journal))
    assert not second.look().alone
    assert world.journal().unprotected(2), "the first has not seen it yet"


def test_a_later_reign_that_this_host_made_counts_and_nobody_elses_earlier_one(world: World, tmp_path: Path) -> None:
    _stops_at_the_latch(world)
    second = Second(world, tmp_path / "second.jsonl")
    second.journal.write("aws-9", "judge", "begun", verdict="PLANNED_SWITCH")
    second.journal.write("aws-9", "open_gate", "after", epoch=5, changed=True, detail="open")
    second.journal.write("aws-9", "end", "finished", epoch=5)
    second.journal.protect("A copy follows.")
    assert second.beside.unfinished(5, second.journal) is None and second.beside.unprotected(5, second.journal) is None


def test_etcd_that_is_silent_leaves_what_was_known(world: World, tmp_path: Path) -> None:
    _stops_at_the_latch(world)
    second = Second(world, tmp_path / "second.jsonl")
    world.ledger_is_silent = True
    second.beside.refresh()
    assert second.look().unfinished == "latch"
    assert Second(world, tmp_path / "third.jsonl").look().unfinished is None


def test_sites_do_not_read_each_others(world: World, tmp_path: Path) -> None:
    _stops_at_the_latch(world)
    theirs: Any = Journal(tmp_path / "nhn.jsonl", lambda: world.now, Mirror(world, "nhn.host", lambda: world.now))
    assert theirs.beside() == [] and world.journal().beside() == []
