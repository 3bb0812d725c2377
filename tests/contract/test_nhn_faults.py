# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One lost reply, one throttle, one expired token before each request of every module's making, altering and dropping: it converges, nothing is
there twice.

The same before each request of a whole build is `python -m bench.nhn`, which counts them all.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.nhn_cloud import NhnCloud
from tests.contract.nhn_faults import FAULTS, Result, fresh, walk_disturbed
from tests.contract.nhn_walk import WALK, WORLD

MANY_REQUESTS = ("load_balancer", "rds_instance", "kubernetes_cluster")


@pytest.fixture(scope="module")
def world() -> Iterator[NhnCloud]:
    """A cloud with what the walked kinds live in, in which no time passes."""
    with fresh() as cloud:
        for kind, options in WORLD:
            cloud.make(kind, **options)
        yield cloud


def bad(results: Iterator[Result]) -> tuple[int, list[Result]]:
    """(how many there were, those that are not good)."""
    every = list(results)
    return len(every), [result for result in every if not result.good]


@pytest.mark.long
@pytest.mark.parametrize("kind", WALK)
def test_every_request_of_making_may_meet_every_fault(kind: str, world: NhnCloud) -> None:
    for fault in FAULTS:
        count, wrong = bad(walk_disturbed(world, kind, fault, only="make"))
        assert count and wrong == []


@pytest.mark.long
@pytest.mark.parametrize("step", ["alter", "drop"])
@pytest.mark.parametrize("kind", WALK)
def test_every_request_of_a_change_may_meet_a_fault(kind: str, step: str, world: NhnCloud) -> None:
    """A lost reply is the fault that is hard to get over; modules of many requests leave the other two to the bench."""
    for fault in ["lost reply"] if kind in MANY_REQUESTS else FAULTS:
        count, wrong = bad(walk_disturbed(world, kind, fault, only=step))
        assert (count or (step == "alter" and not WALK[kind][1])) and wrong == []
