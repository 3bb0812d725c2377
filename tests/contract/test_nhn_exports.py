# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Exports of RDS backups: whose the files at a place are, which the service does not say. None is taken for another's, and none is replaced."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.nhn_cloud import NhnCloud
from tests.contract.nhn_walk import DATABASE, NETWORK


@pytest.fixture
def world(nhn: NhnCloud) -> NhnCloud:
    """The cloud with an instance and a container, and no backup."""
    if not nhn.store.vpcs:
        for kind, options in NETWORK + DATABASE:
            nhn.make(kind, **options)
    nhn.store.rds_backups.clear()
    nhn.store.containers["exports"]["objects"].clear()
    nhn.requests()
    return nhn


def backup(name: str, path: str = "") -> dict[str, Any]:
    """Options of a backup, exported to path when there is one."""
    return {"instance": "database", "name": name, **({"export": {"container": "exports", "path": path}} if path else {})}


def etags(cloud: NhnCloud) -> dict[str, str]:
    """What is in the container, by name."""
    return {name: entry["etag"] for name, entry in cloud.store.containers["exports"]["objects"].items()}


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(("there", "path"), [(False, "nightly"), (True, "nightly"), (True, "one/files"), (False, "twofold/x")])
def test_a_place_that_another_backup_could_have_is_refused(there: bool, path: str, check: bool, world: NhnCloud) -> None:
    world.make("rds_backup", **backup("one", "one/files"))
    if there:
        world.make("rds_backup", **backup("two"))
    before = etags(world)
    world.take_writes()
    outcome = world.run("rds_backup", check=check, **backup("two", path))
    assert outcome.result["failure"]["kind"] == "BadInput" and "such as " in outcome.result["msg"] and "/two" in outcome.result["msg"]
    assert world.take_writes() == [] and etags(world) == before and before


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("made", [True, False])
def test_what_outlived_a_backup_of_that_name_is_neither_replaced_nor_taken_for_it(made: bool, check: bool, world: NhnCloud) -> None:
    world.make("rds_backup", **backup("one", "one/files"))
    world.make("rds_backup", **backup("one"), state="absent")
    world.store.containers["exports"]["objects"]["one/files"]["modified"] = "2026-01-01T00:00:00Z"
    if made:
        world.make("rds_backup", **backup("one"))
    before = etags(world)
    world.take_writes()
    outcome = world.run("rds_backup", check=check, **backup("one", "one/files"))
    assert outcome.failed and "exports/one/files holds 1 objects that are not of this backup, and nothing was touched" in outcome.result["msg"]
    assert world.take_writes() == [] and etags(world) == before and before


def test_a_backup_is_exported_once_and_known_as_exported(world: NhnCloud) -> None:
    world.make("rds_backup", **backup("one"))
    assert world.run("rds_backup", check=True, **backup("one", "nightly/one")).result["action"] == "update"
    made = world.make("rds_backup", **backup("one", "nightly/one"))
    assert made["export"] == {"container": "exports", "path": "nightly/one"} and list(etags(world)) == ["nightly/one"]
    world.take_writes()
    assert world.run("rds_backup", **backup("one", "nightly/one")).result["action"] == "none" and world.take_writes() == []


def test_an_export_that_was_never_begun_is_asked_for_once_more(world: NhnCloud) -> None:
    world.unkind("POST /rds/v3.0/backups/*/export", status=502)
    assert world.run("rds_backup", **backup("one", "one")).changed
    assert [write.rsplit("/", 1)[-1] for write in world.take_writes()] == ["backup", "export", "export"] and list(etags(world)) == ["one"]


@pytest.mark.parametrize("path", ["one/a b", "one/'x'", "one;", "one/<x>", "", f"one/{'x' * 256}", "one/" + "x/" * 600])
def test_a_path_that_the_service_refuses_is_refused_before_a_backup_is_made(path: str, world: NhnCloud) -> None:
    wish = {"instance": "database", "name": "one", "export": {"container": "exports", "path": path}}
    for check in (True, False):
        outcome = world.run("rds_backup", check=check, **wish)
        assert outcome.result["failure"]["kind"] == "BadInput" and "export.path" in outcome.result["msg"]
    assert world.take_writes() == []


def test_a_name_that_the_service_refuses_is_refused_in_check_mode_too(world: NhnCloud) -> None:
    for check in (True, False):
        assert "name: '1st' is not" in world.run("rds_backup", check=check, **backup("1st")).result["msg"]
    assert world.take_writes() == []
