# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A database instance that a person, or the service, has brought into a state that the module has no option for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.nhn_cloud import NhnCloud
from tests.contract.nhn_walk import DATABASE, NETWORK

BORN: dict[str, Any] = DATABASE[2][1]
WINDOWS = [{"backupWndBgnTime": "18:00:00", "backupWndDuration": "ONE_HOUR"}, {"backupWndBgnTime": "03:00:00", "backupWndDuration": "TWO_HOURS"}]


@pytest.fixture
def world(nhn: NhnCloud) -> Iterator[NhnCloud]:
    """The cloud with a network and a database."""
    if not nhn.store.rds_instances:
        for kind, options in [*NETWORK, *DATABASE]:
            nhn.make(kind, **options)
    before = dict(instance(nhn))
    nhn.requests()
    yield nhn
    instance(nhn).update(before)


def instance(cloud: NhnCloud) -> dict[str, Any]:
    return next(iter(cloud.store.rds_instances.values()))


def windows(cloud: NhnCloud) -> list[str]:
    return sorted(window["backupWndBgnTime"] for window in instance(cloud)["_backup"]["backupSchedules"])


@pytest.mark.parametrize(("backup", "after"), [
    ({"days": 2}, ["03:00:00", "18:00:00"]), ({"days": 2, "start": "03:00"}, ["03:00:00", "18:00:00"]),
    ({"start": "20:00"}, ["03:00:00", "20:00:00"]), ({"duration": "TWO_HOURS"}, ["03:00:00", "18:00:00"])])
@pytest.mark.parametrize("order", [1, -1])
def test_other_backup_windows_stay(backup: dict[str, Any], after: list[str], order: int, world: NhnCloud) -> None:
    if order == -1 and "20:00" in str(backup):
        after = ["18:00:00", "20:00:00"]        # of two, the first is the one that becomes another
    instance(world)["_backup"] = {**instance(world)["_backup"], "backupSchedules": WINDOWS[::order]}
    done = world.run("rds_instance", **{**BORN, "backup": backup})
    assert not done.failed and windows(world) == after
    world.requests()
    assert not world.run("rds_instance", **{**BORN, "backup": backup}).changed and world.take_writes() == []


@pytest.mark.parametrize("change", [{"port": 3307}, {"version": "MYSQL_V8045"}])
def test_what_the_service_can_change_and_the_module_does_not_is_told_without_a_bad_advice(change: dict[str, Any], world: NhnCloud) -> None:
    outcome = world.run("rds_instance", check=True, **{**BORN, **change})
    assert outcome.result["failure"]["kind"] == "Unchangeable" and "restart" in outcome.result["msg"] and "console" in outcome.result["msg"]
    assert "anew" not in outcome.result["msg"] and world.take_writes() == []
    both = world.run("rds_instance", check=True, **{**BORN, **change, "zone": "kr-pub-b"})
    assert "anew" in both.result["msg"]


@pytest.mark.parametrize("drift", [{}, {"description": "another"}])
@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("status", ["REPLICATION_STOP", "SHUTDOWN", "STORAGE_FULL", "FAIL_TO_CONNECT"])
def test_one_that_is_broken_is_refused_at_once_and_in_check_mode_too(status: str, check: bool, drift: dict[str, Any], world: NhnCloud,
                                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.store, "observation", lambda *_: status)
    outcome = world.run("rds_instance", check=check, **{**BORN, **drift})
    assert outcome.result["failure"]["kind"] == "WentWrong" and status in outcome.result["msg"] and world.take_writes() == []


@pytest.mark.parametrize(("status", "drift"), [("STORAGE_FULL", {"storage_gb": 30}), ("FAIL_TO_CONNECT", {"flavor": "m2.c4m8"})])
def test_what_may_bring_it_out_of_that_state_is_done(status: str, drift: dict[str, Any], world: NhnCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.store, "observation", lambda *_: status)
    assert world.run("rds_instance", check=True, **{**BORN, **drift}).result["action"] == "update"


def test_one_that_is_broken_can_lose_its_protection_and_so_be_removed(world: NhnCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    instance(world)["useDeletionProtection"] = True
    monkeypatch.setattr(world.store, "observation", lambda *_: "SHUTDOWN")
    assert not world.run("rds_instance", **BORN, deletion_protection=False).failed
    assert world.run("rds_instance", check=True, **BORN, state="absent").result["action"] == "delete"
