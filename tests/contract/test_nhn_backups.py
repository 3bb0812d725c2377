# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Backups, Object Storage and restoring, by module against the emulator: new instances only, clear refusals, nothing half done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.contract.nhn_cloud import NhnCloud
from tests.contract.nhn_walk import DATABASE, NETWORK

NEW = {name: value for name, value in DATABASE[2][1].items() if not name.startswith("admin")}


@pytest.fixture
def world(nhn: NhnCloud) -> NhnCloud:
    """The cloud with an instance and one exported backup of it."""
    if not nhn.store.vpcs:
        for kind, options in NETWORK + DATABASE:
            nhn.make(kind, **options)
        nhn.make("rds_backup", instance="database", name="first", export={"container": "exports", "path": "first"})
    nhn.requests()
    return nhn


def swift(cloud: NhnCloud, tenant: str | None = None) -> Callable[..., requests.Response]:
    """Requests to Object Storage, logged in to its own tenant unless told otherwise."""
    mine = cloud.store.settings.credentials
    login = {"auth": {"tenantId": tenant or mine.object_tenant_id, "passwordCredentials": {"username": mine.username, "password": mine.password}}}
    token = requests.post(f"{cloud.url}/identity/v2.0/tokens", json=login, timeout=5).json()["access"]["token"]["id"]

    def send(method: str, path: str, **more: Any) -> requests.Response:
        headers = {"X-Auth-Token": token, **more.pop("headers", {})}
        return requests.request(method, f"{cloud.url}/objects/v1/AUTH_{mine.object_tenant_id}{path}", headers=headers, timeout=5, **more)
    return send


@pytest.mark.parametrize(("restore", "path"), [
    ({"backup": "first"}, "/backups/"), ({"container": "exports", "path": "first"}, "/restore-from-obs"),
    ({"backup": "first", "binlog_file": "mysql-bin.000002", "binlog_position": 400}, "/db-instances/"),
])
def test_a_backup_becomes_a_new_instance_once(restore: dict[str, Any], path: str, world: NhnCloud) -> None:
    made = world.make("rds_instance", **{**NEW, "name": "restored"}, restore=restore)
    assert made["id"] != world.make("rds_instance", **NEW)["id"]
    assert any(path in write for write in world.take_writes())
    kept = next(raw for raw in world.store.rds_instances.values() if raw["dbInstanceName"] == "restored")["_restore"]
    assert (kept["adopt"], bool(kept["replay"])) == ("container" in restore, "binlog_file" in restore)
    assert world.run("rds_instance", **{**NEW, "name": "restored"}, restore=restore).result["action"] == "none"
    world.make("rds_instance", name="restored", state="absent")


def test_a_moment_outside_of_the_binary_logs_is_refused_with_what_they_reach(world: NhnCloud) -> None:
    outcome = world.run("rds_instance", **{**NEW, "name": "past"}, restore={"instance": "database", "time": "2020-01-31T12:00:00+09:00"})
    assert "The binary logs reach from 20" in outcome.result["msg"] and not [w for w in world.take_writes() if "restore" in w]
    told = requests.get(f"{world.url}/rds/v3.0/db-instances/{world.make('rds_instance', **NEW)['id']}/restoration-info", timeout=5, headers={
        "X-TC-APP-KEY": world.auth["appkey"], "X-TC-AUTHENTICATION-ID": world.auth["access_key_id"],
        "X-TC-AUTHENTICATION-SECRET": world.auth["access_key_secret"]}).json()
    inside = {"instance": "database", "time": told["latestRestorableYmdt"]}
    assert world.run("rds_instance", **{**NEW, "name": "past"}, restore=inside).changed
    world.make("rds_instance", name="past", state="absent")


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(("status", "words"), [("COMPLETED", "2 have that name"), ("ERROR", "2 have that name"), ("DELETED", "")])
def test_of_several_backups_of_a_name_none_is_guessed(status: str, words: str, check: bool, world: NhnCloud) -> None:
    [backup] = [raw for raw in world.store.rds_backups.values() if raw["backupName"] == "first"]
    twin = {**backup, "backupId": "11111111-2222-4333-8444-555555555555", "backupStatus": status}
    world.store.rds_backups[twin["backupId"]] = twin
    try:
        outcome = world.run("rds_instance", check=check, **{**NEW, "name": "restored"}, restore={"backup": "first"})
        assert outcome.failed is bool(words) and words in outcome.result.get("msg", ""), outcome.result
        assert not words or world.take_writes() == []
        assert world.run("rds_instance", check=True, **{**NEW, "name": "other"}, restore={"backup": backup["backupId"]}).changed
    finally:
        del world.store.rds_backups[twin["backupId"]]
        world.make("rds_instance", name="restored", state="absent")


@pytest.mark.parametrize("check", [True, False])
def test_nothing_is_made_of_a_backup_that_is_not_whole(check: bool, world: NhnCloud) -> None:
    [backup] = [raw for raw in world.store.rds_backups.values() if raw["backupName"] == "first"]
    backup["backupStatus"] = "ERROR"
    outcome = world.run("rds_instance", check=check, **{**NEW, "name": "restored"}, restore={"backup": "first"})
    backup["backupStatus"] = "COMPLETED"
    assert "It is ERROR, and nothing was made of it." in outcome.result["msg"] and world.take_writes() == []


def test_a_backup_that_is_still_to_be_made_is_told_in_a_check(world: NhnCloud) -> None:
    outcome = world.run("rds_instance", check=True, **{**NEW, "name": "restored"}, restore={"backup": "to-come"})
    assert (outcome.result["action"], outcome.result["needs"]) == ("create", ["database backup to-come"])


def test_what_does_not_fit_together_is_told_before_anything_is_sent(world: NhnCloud) -> None:
    outcome = world.run("rds_instance", **{**NEW, "name": "odd"}, restore={"backup": "first", "time": "2026-01-31T12:00:00+09:00"})
    assert outcome.result["failure"]["kind"] == "BadInput" and "restore: backup, time given" in outcome.result["msg"]
    assert "backup nobody" in world.run("rds_instance", **{**NEW, "name": "odd"}, restore={"backup": "nobody"}).result["msg"]
    assert "admin_user: required" in world.run("rds_instance", **{**NEW, "name": "odd"}).result["msg"]
    assert world.take_writes() == []


def test_an_export_whose_reply_was_lost_is_not_sent_again_blindly(world: NhnCloud) -> None:
    world.unkind("POST /rds/v3.0/backups/*/export", status=504, after=True)
    outcome = world.run("rds_backup", instance="database", name="second", export={"container": "exports", "path": "second"})
    writes = [write.rsplit("/", 1)[-1] for write in world.take_writes()]
    assert outcome.changed and (writes.count("backup"), writes.count("export")) == (1, 1)
    assert world.run("rds_backup", instance="database", name="second", export={"container": "exports", "path": "second"}).result["action"] == "none"
    world.make("rds_backup", instance="database", name="second", state="absent")


def test_a_backup_that_failed_is_a_failure(slept: list[float], world: NhnCloud) -> None:
    world.store.settings.auto_observe = False
    try:
        world.store.observed["rds_backups"] = _Always("ERROR")
        outcome = world.run("rds_backup", instance="database", name="doomed")
        assert outcome.result["failure"]["kind"] == "WentWrong" and "FAILED" in outcome.result["msg"]
    finally:
        world.store.settings.auto_observe, world.store.observed["rds_backups"] = True, {}
    assert world.run("rds_backup", instance="database", name="doomed").result["failure"]["kind"] == "WentWrong"
    world.make("rds_backup", instance="database", name="doomed", state="absent")


def test_what_is_another_instances_is_neither_removed_nor_taken_for_it(world: NhnCloud) -> None:
    world.make("rds_instance", **{**DATABASE[2][1], "name": "another"})
    world.requests()
    assert world.run("rds_backup", instance="another", name="first", state="absent").result["action"] == "none"
    taken = world.run("rds_backup", instance="another", name="first")
    assert taken.result["failure"]["kind"] == "Unchangeable" and "instance" in taken.result["msg"]
    assert world.take_writes() == [] and any(backup["backupName"] == "first" for backup in world.store.rds_backups.values())
    world.make("rds_backup", instance="another", name="orphan")
    identity = world.make("rds_instance", **{**DATABASE[2][1], "name": "another"})["id"]
    world.make("rds_instance", name="another", state="absent")
    world.requests()
    # Version 3.0 does not tell by name whose it was: the id does, or nothing is removed.
    assert world.run("rds_backup", instance="another", name="orphan", state="absent").result["action"] == "none"
    assert "database instance another" in world.run("rds_backup", check=True, instance="another", name="orphan").result["needs"]
    assert world.take_writes() == []
    assert world.run("rds_backup", instance=identity, name="orphan", state="absent").changed
    assert not any(backup["backupName"] == "orphan" for backup in world.store.rds_backups.values())


class _Always(dict[str, str]):
    """Says the same of every id."""

    def __init__(self, state: str) -> None:
        super().__init__()
        self._state = state

    def get(self, _key: str, _default: Any = None) -> str:     # type: ignore[override]
        return self._state


def test_objects_are_whole_and_known_by_their_sum(world: NhnCloud) -> None:
    send = swift(world)
    body = bytes(range(256)) * 9000
    put = send("PUT", "/exports/a/b", data=body)
    assert put.status_code == 201
    assert send("PUT", "/exports/a/b", data=b"other", headers={"ETag": "0" * 32}).status_code == 422
    got = send("GET", "/exports/a/b")
    assert got.content == body and got.headers["ETag"] == put.headers["ETag"]
    rest = send("GET", "/exports/a/b", headers={"Range": f"bytes={len(body) - 7}-"})
    assert (rest.status_code, rest.content) == (206, body[-7:])
    assert send("HEAD", "/exports/a/b").headers["Content-Length"] == str(len(body))
    assert send("DELETE", "/exports").status_code == 409
    for part in ("1", "2"):
        send("PUT", f"/exports/parts/{part}", data=part.encode() * 5)
    send("PUT", "/exports/large", data=b"", headers={"X-Object-Manifest": "exports/parts/"})
    assert send("GET", "/exports/large").content == b"1111122222"
    for name in ("a/b", "parts/1", "parts/2", "large"):
        assert send("DELETE", f"/exports/{name}").status_code == 204
    assert send("GET", "/exports/a/b").status_code == 404


def test_object_storage_knows_tokens_of_its_own_tenant_only(world: NhnCloud) -> None:
    assert swift(world, world.auth["tenant_id"])("HEAD", "/exports").status_code == 401
    without = NhnCloud(world.url, world.store)
    del without.auth["object_tenant_id"]
    assert "auth.object_tenant_id: required" in without.run("object_container", name="x").result["msg"]


def test_a_full_container_is_not_removed(world: NhnCloud) -> None:
    for check in (True, False):
        outcome = world.run("object_container", check=check, name="exports", state="absent")
        assert outcome.failed and "and none was touched. Remove the objects first" in outcome.result["msg"]
    assert world.take_writes() == []
