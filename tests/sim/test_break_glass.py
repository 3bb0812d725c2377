# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The store is lost for good in the middle of all that goes wrong, and a person makes the record anew by what can be seen: two sites never write,
also where he is wrong about who wrote last, and somebody sells again.
"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.quorum import glass

from tests.sim.schedule import Schedule, play

FEW, MANY = 20, 1000
CALM = 100.0            # seconds without trouble: somebody must be selling by then
LOOKED_FOR = 1000
TWO_WRITE = ("is open while", "acknowledges a purchase while")      # what is never a person's to answer for


def broken(schedule: Schedule) -> list[str]:
    """What was violated, beside rows of a site that he has named wrongly."""
    assert schedule.glass
    return [said for said in schedule.world.violations if not schedule.glass.wrong or any(words in said for words in TWO_WRITE)]


def _played(seed: int, calm: float = 0.0) -> tuple[bool, ...]:
    """Whether the record was made anew, somebody has opened a gate since, he was wrong, and a database was not seen."""
    schedule = play(seed, lost=True, calm=calm)
    assert broken(schedule) == [], f"python -c 'from tests.sim.schedule import play; print(play({seed}, lost=True).world.told)'"
    made = schedule.glass
    assert made
    opened = made.epoch is not None and any(box.epoch() >= made.epoch for box in schedule.boxes.values())
    return made.epoch is not None, opened, made.wrong, (made.epoch or 0) > glass.UNSEEN


def _something_happened(found: list[tuple[bool, ...]]) -> None:
    made, opened, _wrong, unseen = (sum(each) for each in zip(*found, strict=True))
    assert made > len(found) / 2 and opened > len(found) / 3 and unseen > len(found) / 10, f"{made} made, {opened} opened, {unseen} unseen"


def test_a_few_schedules_in_which_the_record_is_made_anew() -> None:
    _something_happened([_played(seed) for seed in range(FEW)])


@pytest.mark.long
def test_a_thousand_of_them() -> None:
    with ProcessPoolExecutor(os.cpu_count()) as workers:
        found = list(workers.map(partial(_played, calm=CALM), range(FEW, FEW + MANY), chunksize=25))
    _something_happened(found)
    assert any(wrong for _made, _opened, wrong, _unseen in found), "nobody was ever wrong about who wrote last"


@pytest.mark.long
def test_a_record_that_is_made_anew_at_once_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate of a site that nobody sees may still be open."""
    judge = glass.judge

    def at_once(places: Any, asked: Any, *, using: bool = False) -> glass.Found:
        return judge(places, asked, using=False)
    monkeypatch.setattr(glass, "judge", at_once)
    assert any(broken(play(seed, lost=True)) for seed in range(LOOKED_FOR)), "no schedule noticed"
