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
from tests.contract.nhn_faults import EXPIRED, FAULTS, LAG, Result, can_meet, fresh, walk_disturbed
from tests.contract.nhn_walk import WALK, WORLD

READ_ONCE = ("s3_credential",)         # nothing is read after its writes
MANY_REQUESTS = ("load_balancer", "rds_instance", "kubernetes_cluster")
DEALT = [pytest.param(kind, marks=pytest.mark.whole) if kind in ("load_balancer", "kubernetes_cluster") else kind for kind in WALK]


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


def tokenless(kind: str, fault: str) -> bool:
    """RDS v3.0, the registry and DNS Plus v1.0 are asked without a token."""
    return fault == EXPIRED and kind.startswith(("rds_", "registry", "dns_plus"))


@pytest.mark.parametrize("path, version, carried", [
    ("/network/v2.0/vpcs", "v3.0", True), ("/identity/v2.0/tokens", "v3.0", False), ("/identity/v2.0/users/x/credentials/OS-EC2", "v3.0", True),
    ("/rds/v3.0/db-instances", "v3.0", False), ("/rds/v4.0/db-instances", "v4.0", True), ("/oauth2/token/create", "v4.0", False),
    ("/registry/v2.0/appkeys/***/registries", "v4.0", False)])
def test_a_token_expires_only_where_one_is_carried(path: str, version: str, carried: bool) -> None:
    assert [can_meet(fault, {"path": path}, version) for fault in FAULTS] == [True, True, carried]


@pytest.mark.long
@pytest.mark.parametrize("kind", WALK)
def test_every_request_of_making_may_meet_every_fault(kind: str, world: NhnCloud) -> None:
    for fault in FAULTS:
        count, wrong = bad(walk_disturbed(world, kind, fault, only="make"))
        assert (count or tokenless(kind, fault)) and wrong == []


@pytest.mark.long
@pytest.mark.parametrize("step", ["alter", "drop"])
@pytest.mark.parametrize("kind", DEALT)
def test_every_request_of_a_change_may_meet_a_fault(kind: str, step: str, world: NhnCloud) -> None:
    """A lost reply is the fault that is hard to get over; modules of many requests leave the other two to the bench."""
    for fault in ["lost reply"] if kind in MANY_REQUESTS else FAULTS:
        count, wrong = bad(walk_disturbed(world, kind, fault, only=step))
        assert (count or tokenless(kind, fault) or (step == "alter" and not WALK[kind][1])) and wrong == []


@pytest.mark.long
@pytest.mark.parametrize("kind", DEALT)
def test_every_read_of_a_walk_may_lag_once(kind: str, world: NhnCloud) -> None:
    """Behind what this run has written: it is got over. Behind what was there before the run, of which no run can know: nothing is there twice."""
    results = list(walk_disturbed(world, kind, LAG))
    assert any(result.late for result in results) or kind in READ_ONCE
    assert [result for result in results if result.late and not result.good] == []
    assert [result for result in results if result.twice] == []
