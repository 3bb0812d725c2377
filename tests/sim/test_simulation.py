# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Seeded schedules of pauses, cuts, kills, quorum loss and operators who are wrong: two gates are never valid at the same instant, and every
bug that is planted is noticed. A few of them in `make check`, 2,000 in `make test`, each
followed by a calm at whose end somebody sells, whatever was killed before.
"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from itertools import chain

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.switch import verdict
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Sight
from ansible_collections.multicloud.dr.plugins.module_utils.switch.timing import Timing

from tests.sim import schedule as schedule_module
from tests.sim.failing import minimal
from tests.sim.planted import PLANTED, SHOWS_LATE
from tests.sim.schedule import LENGTH, TIMING, Schedule, play
from tests.sim.seeing import Eyes
from tests.sim.shrink import shrink

FEW, MANY = 100, 2000
CALM = 100.0                # seconds without trouble, longer than any pause and takeover: somebody must be selling by then
LOOKED_FOR = 4000           # schedules in which a planted bug is looked for at most; most are met within the first three hundred
# One schedule in a hundred or fewer.
RARE = {"taken_over_without_the_margin", "gate_without_the_margin", "a_shorter_timing_at_once", "clock_after_renewal", "swap_on_whatever_is_there",
        "offers_the_row_that_retired_the_gate", "fences_whoever_writes", "drains_before_the_gate_is_shut", "acknowledged_without_a_second_look",
        "acknowledged_however_late", "finishes_before_it_lets_go", "leaves_alone_what_a_lost_host_began", "an_override_counts_for_ever",
        "goes_by_a_copy_however_far_behind", "lets_its_offer_stand_while_somebody_asks",
        "sells_while_rows_are_out", "takes_over_by_what_cannot_be_applied", "renews_whatever_its_database_does"}
# Where a search begins that would take long; it goes on from 0.
FIRST = {"an_override_counts_for_ever": 2477, "lets_its_offer_stand_while_somebody_asks": 5142}
# Verdicts that are come to seldom, and on which somebody who would act is stopped: none of them may be out of reach.
SELDOM = ("DATABASE_SILENT", "FLAPPING", "RECORD_SET_BACK", "STANDBY_STUCK", "STANDBY_UNFINISHED")


def _judged(schedule: Schedule) -> tuple[int, ...]:
    """Takeovers, planned ones, whether both sites wrote, whether a new server opened beside its predecessor, purchases; records that were
    handed over, and purchases that were committed while a writer let go; whether a site had two whole hosts, whether one of them was lost, and
    whether somebody said an override by name; copies that were stopped while an address of the other site led to them; and of each verdict that is
    SELDOM, whether somebody came to it.
    """
    assert not schedule.world.violations, str(minimal(schedule))
    return (schedule.takeovers, schedule.planned, all(box.opened for box in schedule.boxes.values()),
            any(box.succeeded for box in schedule.boxes.values()), sum(buyer.sold for buyer in schedule.buyers),
            schedule.history.handed_over, schedule.history.committed_in_a_drain, any(site.whole for site in schedule.sites.values()),
            *(any(word in event for event in schedule.world.happened) for word in (" is lost", " says ")), schedule.stopped,
            *(name in schedule.met for name in SELDOM))


def _played(seed: int) -> tuple[int, ...]:
    return _judged(play(seed))


def _played_to_calm(seed: int) -> tuple[int, ...]:
    return _judged(play(seed, calm=CALM))


def _something_happened(found: list[tuple[int, ...]]) -> None:
    """A simulation in which nothing ever happens proves nothing."""
    takeovers, planned, both, succeeded, sold, handed, late, whole, lost, said, stopped, *_seldom = (sum(each) for each in zip(*found, strict=True))
    assert both > len(found) / 10 and takeovers > len(found) / 5, f"{both} schedules in which both sites wrote, {takeovers} takeovers"
    assert planned > len(found) / 10, f"{planned} takeovers that the writer was asked for"
    assert succeeded > len(found) / 20, f"{succeeded} schedules in which a new server of the same site opened beside its predecessor"
    assert sold > len(found) * 5, f"{sold} purchases"
    assert handed > len(found) / 10 and late > len(found) / 20, f"{handed} records handed over, {late} purchases committed meanwhile"
    assert stopped, "nobody was led to a copy that was stopped"
    assert whole > len(found) / 5 and lost and said > len(found) / 50, (
        f"{whole} schedules with two whole hosts of a site, {lost} in which one of them is lost, {said} in which somebody overrides")


def test_a_few_schedules() -> None:
    _something_happened([_played(seed) for seed in range(FEW)])


@pytest.mark.long
def test_two_thousand_schedules() -> None:
    with ProcessPoolExecutor(os.cpu_count()) as workers:
        found = list(workers.map(_played_to_calm, range(FEW, FEW + MANY), chunksize=25))
    _something_happened(found)
    met = dict(zip(SELDOM, map(any, zip(*(each[-len(SELDOM):] for each in found), strict=True)), strict=True))
    assert all(met.values()), met


def test_a_seed_replays_exactly() -> None:
    once, again = play(7), play(7)
    assert once.store.now == again.store.now and once.world.told == again.world.told
    assert {site: box.database.rows for site, box in once.boxes.items()} == {site: box.database.rows for site, box in again.boxes.items()}
    assert play(7, once.world.happened).world.told == once.world.told, "all its events are the whole of it"
    assert play(7, ()).world.happened == []


def test_a_verdict_is_kept_only_while_nothing_that_is_looked_at_has_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    judge = Eyes.judge

    def checked(self: Eyes, sight: Sight | None, timing: Timing) -> verdict.Verdict:
        found = judge(self, sight, timing)
        assert found == verdict.judge(self.look(sight, self._host.process.clock(), timing), timing)
        return found
    monkeypatch.setattr(Eyes, "judge", checked)
    assert sum(play(seed).takeovers for seed in range(10)) > 5


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.long) if name in RARE else name for name in PLANTED])
def test_a_planted_bug_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    PLANTED[name](monkeypatch)
    calm = CALM if name in SHOWS_LATE else 0.0
    assert any(play(seed, calm=calm).world.violations for seed in chain((FIRST.get(name, 0),), range(LOOKED_FOR))), "no schedule noticed"


@pytest.mark.long
def test_a_clock_that_steps_back_by_more_than_the_margins_is_more_than_can_be_borne(monkeypatch: pytest.MonkeyPatch) -> None:
    """What every other schedule comes up to the edge of."""
    monkeypatch.setattr(schedule_module, "STEPS_BACK_BY", 3.0)
    assert any(play(seed).world.violations for seed in range(LOOKED_FOR)), "nobody noticed, so no schedule comes near the edge"


def test_a_failing_schedule_is_shrunk_to_what_matters_and_says_how_to_replay_it(monkeypatch: pytest.MonkeyPatch) -> None:
    PLANTED["gate_moves_without_renewal"](monkeypatch)
    failing = next(schedule for schedule in map(play, range(LOOKED_FOR)) if schedule.world.violations)
    least = minimal(failing, "gate_moves_without_renewal")
    assert len(least.events) < len(failing.world.happened) / 2
    assert play(least.seed, least.events).world.violations, "what is left still fails"
    for event in least.events:
        assert not play(least.seed, [each for each in least.events if each != event]).world.violations, f"{event} could have been left out"
    assert f'python -m tests.sim {least.seed} --plant gate_moves_without_renewal --only "' in str(least) and least.violation in str(least)


@pytest.mark.parametrize(("culprits", "total"), [({3}, 40), ({0, 39}, 40), ({5, 6, 7}, 8), (set(), 9), ({0}, 1)])
def test_shrinking_finds_the_culprits(culprits: set[int], total: int) -> None:
    names = [f"event {number}" for number in range(total)]
    wanted = {names[number] for number in culprits}
    assert set(shrink(names, lambda only: wanted <= set(only))) == wanted


def test_timing_is_what_the_simulation_assumes() -> None:
    """How long its cuts, pauses and calm last was chosen for these; another table wants others."""
    assert Timing(ttl=10.0, margin=1.0, renew=2.0, beat=0.25) == TIMING
    assert TIMING.takeover < CALM / 3 and TIMING.ttl + TIMING.margin < LENGTH / 3
