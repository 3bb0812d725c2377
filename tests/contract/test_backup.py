# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The whole way of a backup with a real server at each end: made, kept in S3, restored into a new instance, proven; and what must be refused."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from ansible_collections.multicloud.dr.plugins.module_utils.backup import make, restore
from ansible_collections.multicloud.dr.plugins.module_utils.backup.instances import Seen
from ansible_collections.multicloud.dr.plugins.module_utils.backup.manifest import good
from ansible_collections.multicloud.dr.plugins.module_utils.backup.manifest import parts as parts_of
from ansible_collections.multicloud.dr.plugins.module_utils.backup.sealing import sealed
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server, execute, query

from lab import podman
from lab.hosts import mysql
from tests.contract.backup_world import CONTENTS, BackupWorld, backup_world
from tests.contract.mysql_pair import ALONE as NETWORK
from tests.contract.mysql_pair import ALONE_AWS as AWS
from tests.contract.mysql_pair import ALONE_PREFIX as PREFIX
from tests.contract.mysql_pair import until


class Killed(BaseException):
    """What `kill -9` looks like from inside: nothing is tidied up."""


@pytest.fixture(scope="module")
def world(alone: tuple[Server, Server], tmp_path_factory: pytest.TempPathFactory) -> Iterator[BackupWorld]:
    with backup_world(alone, tmp_path_factory.mktemp("backup")) as made:
        yield made
        assert made.hands.faults == []


@pytest.fixture(scope="module")
def first(world: BackupWorld) -> dict[str, Any]:
    """The first backup; the live rows move on after it."""
    outcome = make.make(world.parts())
    with world.primary.connected() as conn:
        execute(conn, "INSERT INTO kept.nokey VALUES (9, 'sold later')")
    return world.parts().manifest(outcome["made"])


def test_a_backup_is_sealed_and_its_manifest_names_everything(world: BackupWorld, first: dict[str, Any]) -> None:
    name = first["name"]
    assert world.objects() == [f"backups/{name}/logical.sql.gz.age", f"backups/{name}/manifest.json", f"backups/{name}/physical/0001.age"]
    body = world.aws.client("s3").get_object(Bucket="tickets-backups", Key=f"backups/{name}/logical.sql.gz.age")["Body"].read()
    assert body.startswith(b"age-encryption.org") and first["logical"]["parts"][0]["bytes"] == len(body)
    assert first["proof"]["tables"]["kept.nokey"]["rows"] == 3
    assert world.parts().record.status()["backup"]["name"] == name


def test_the_providers_backup_becomes_a_new_instance_equal_row_for_row(world: BackupWorld, first: dict[str, Any]) -> None:
    found = restore.restore(world.parts(), "again", name=first["name"])
    assert (found["equal"], found["way"], found["tables"] >= 4) == (True, "proof", True)
    with Server(found["host"], 3306, "dr_agent", "agent").connected() as conn:
        assert query(conn, "SELECT COUNT(*) AS n FROM kept.nokey")[0]["n"] == 3
    with pytest.raises(Exception, match="That instance exists"):
        restore.restore(world.parts(), "again", way="files")
    with pytest.raises(Exception, match="That instance exists"):
        restore.restore(world.parts(), "database")
    world.nhn.make("rds_instance", name="again", state="absent")
    world.parts().record.end_restore("again")


@pytest.mark.long
def test_the_weekly_test_proves_the_newest_at_nhn_and_leaves_nothing_behind(world: BackupWorld, first: dict[str, Any]) -> None:
    found, status = restore.check(world.parts()), world.parts().record.status()["test"]
    assert (found["equal"], found["way"], status["ok"], status["name"]) == (True, "proof", True, first["name"])
    assert [each["dbInstanceName"] for each in world.nhn.store.rds_instances.values()] == ["database"]


class StandbyInstances:
    """AWS's instances, as one real empty server."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.there: dict[str, Seen] = {}

    def seen(self, name: str) -> Seen | None:
        return self.there.get(name)

    def refuse(self, name: str, restore: dict[str, Any] | None) -> None:
        pass

    def make(self, name: str, restore: dict[str, Any] | None, mark: str) -> str:
        assert restore is None and name not in self.made, "an instance is made where there is one"
        self.made.append(name)
        self.there[name] = Seen(name, f"db-{secrets.token_hex(4)}", mark)
        mysql.start(f"{AWS}-restored", NETWORK, f"{PREFIX}.14", 3306, flavour="aws", admin_user="admin", admin_password="boss-boss")
        return self.there[name].identity

    def server(self, seen: Seen) -> Server:
        assert self.there[seen.name] == seen
        until(lambda: mysql.ready(f"{AWS}-restored"))
        return Server(f"{PREFIX}.14", 3306, "admin", "boss-boss")

    def remove(self, seen: Seen) -> None:
        if self.there.get(seen.name) == seen:
            del self.there[seen.name]
            self.made.remove(seen.name)
            podman.remove(f"{AWS}-restored")


@pytest.fixture
def standby(monkeypatch: pytest.MonkeyPatch) -> StandbyInstances:
    there = StandbyInstances()
    monkeypatch.setattr(restore, "instances", lambda parts: there)
    return there


def test_without_nhn_the_dump_becomes_an_instance_at_the_standby_and_the_test_says_so(
        world: BackupWorld, first: dict[str, Any], standby: StandbyInstances) -> None:
    found = restore.check(world.parts("aws"))
    assert (found["equal"], found["way"], found["rows"]) == (True, "dump", sum(table["rows"] for table in first["proof"]["tables"].values()))
    assert found["as_of"] is not None and standby.made == []
    status = world.parts("aws").record.status()["test"]
    assert status["ok"] and status["name"] == first["name"]


@pytest.mark.long
def test_an_instance_that_a_killed_restore_has_half_loaded_is_made_anew(
        world: BackupWorld, first: dict[str, Any], standby: StandbyInstances, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(conn: Any, text: Any) -> int:
        execute(conn, "CREATE DATABASE half")
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(restore.dump, "load", dies)
        with pytest.raises(Killed):
            restore.restore(world.parts("aws"), "again", name=first["name"])
    assert standby.made == ["again"]
    found = restore.restore(world.parts("aws"), "again", name=first["name"])
    with Server(found["host"], 3306, "admin", "boss-boss").connected() as conn:
        assert found["equal"] and not query(conn, "SHOW DATABASES LIKE 'half'")
    assert restore.remove(world.parts("aws"), "again") and standby.made == []


def test_an_export_that_arrives_altered_is_not_used(world: BackupWorld, first: dict[str, Any]) -> None:
    objects = world.parts().objects
    [entry] = [each for each in objects.below(first["physical"]["path"]) if each["bytes"]][:1]
    assert sum(map(len, objects.get(entry))) == entry["bytes"]
    with pytest.raises(Exception, match="Its MD5 is not what Object Storage says"):
        list(objects.get({**entry, "hash": "0" * 32}))


def test_who_is_not_the_writer_makes_no_backup(world: BackupWorld, first: dict[str, Any]) -> None:
    with world.primary.connected() as conn:
        execute(conn, "UPDATE dr.gate SET valid_until = 1 WHERE site = 'kept'")
        try:
            outcome = make.make(world.parts())
        finally:
            execute(conn, "UPDATE dr.gate SET valid_until = UNIX_TIMESTAMP(SYSDATE(6)) + 3600 WHERE site = 'kept'")
    assert outcome["made"] is None and "not the writer" in outcome["said"]


def test_a_writer_whose_gate_has_just_run_out_has_no_backup_and_says_so(world: BackupWorld, first: dict[str, Any]) -> None:
    """Its agent starts anew, say. To rightly make none would end the day without one; a failure is tried again."""
    with world.primary.connected() as conn:
        execute(conn, "UPDATE dr.gate SET valid_until = UNIX_TIMESTAMP(SYSDATE(6)) - 30 WHERE site = 'kept'")
        try:
            with pytest.raises(Fault, match=r"(?s)gate has run out 3\d s ago, and it knows of no other writer.*tried again"):
                make.make(world.parts())
            assert world.parts().record.status()["backup"]["ok"] is False
            execute(conn, "INSERT INTO dr.gate VALUES ('another', 'other', 2, 0, 1, UNIX_TIMESTAMP(SYSDATE(6)))")
            assert make.make(world.parts())["made"] is None and world.parts().record.status()["backup"]["ok"] is True
        finally:
            execute(conn, "DELETE FROM dr.gate WHERE site = 'other'")
            execute(conn, "UPDATE dr.gate SET valid_until = UNIX_TIMESTAMP(SYSDATE(6)) + 3600 WHERE site = 'kept'")


# What SQL can put into a document and its text cannot tell, and two that are their text.
DOCUMENTS = ("JSON_OBJECT('at', NOW(6))", "JSON_ARRAY(CURDATE())", "JSON_OBJECT('p', CAST('123456789012345678.12' AS DECIMAL(20, 2)))",
             "JSON_OBJECT('b', CAST(X'00ff' AS BINARY))", "JSON_OBJECT('p', CAST(12.10 AS DECIMAL(10, 2)))", "'{\"a\": [1.5, null, \"x\"]}'", "NULL")


@pytest.fixture
def promoted(world: BackupWorld) -> Iterator[Any]:
    """The standby's server as the writer, with rows of its own; afterwards it is as empty as before."""
    with world.standby.connected() as conn:
        had_dr = bool(query(conn, "SELECT 1 FROM information_schema.schemata WHERE schema_name = 'dr'"))
        had_gate = bool(query(conn, "SELECT 1 FROM information_schema.tables WHERE table_schema = 'dr' AND table_name = 'gate'"))
        for statement in ("CREATE DATABASE IF NOT EXISTS dr", CONTENTS[-2], CONTENTS[-1], "CREATE DATABASE sold_here",
                          "CREATE TABLE sold_here.tickets (id INT PRIMARY KEY, seat VARCHAR(9))", "INSERT INTO sold_here.tickets VALUES (1, 'A1')",
                          *(f"CREATE TABLE sold_here.{name} (id INT{key}, k JSON)" for name, key in (("keyed", " PRIMARY KEY"), ("bag", ""))),
                          *(f"INSERT INTO sold_here.{name} VALUES {', '.join(f'({place}, {each})' for place, each in enumerate(DOCUMENTS))}"
                            for name in ("keyed", "bag"))):
            execute(conn, statement)
        yield world.parts("aws", schemas=["sold_here"], database={
            "host": world.standby.host, "port": world.standby.port, "user": "dr_agent", "password": "agent"})
        execute(conn, "DROP DATABASE sold_here")
        execute(conn, "DELETE FROM dr.gate WHERE site = 'kept'" if had_gate else "DROP TABLE dr.gate")
        if not had_dr:
            execute(conn, "DROP DATABASE dr")


def test_after_a_failover_the_standby_is_backed_up_with_what_aws_grants(
        promoted: Any, world: BackupWorld, first: dict[str, Any], standby: StandbyInstances) -> None:
    outcome = make.make(promoted)
    name = outcome["made"]
    manifest = promoted.manifest(name)
    documents = [f"4 documents of sold_here.{table} (k) are what their text says" for table in ("bag", "keyed")]
    assert all(each in outcome["said"] and each in promoted.record.status()["backup"]["said"] for each in documents)
    assert (manifest["site"], manifest["physical"], manifest["proof"]["tables"]["sold_here.tickets"]["rows"]) == ("aws", None, 1)
    found = restore.restore(promoted, "again", name=name)
    assert found["equal"] and found["rows"] == 1 + 2 * len(DOCUMENTS) and [each.partition(":")[0] for each in found["as_text"]] == documents
    with Server(f"{PREFIX}.14", 3306, "admin", "boss-boss").connected() as conn:
        execute(conn, "UPDATE sold_here.bag SET k = '{}' WHERE id = 0")
        with pytest.raises(Exception, match=r"differs from the backup: sold_here\.bag: 7 rows, not the same ones\. It was"):
            restore._proven(Server(f"{PREFIX}.14", 3306, "admin", "boss-boss"), manifest, "dump", "", False)
    restore.remove(promoted, "again")
    with pytest.raises(Exception, match="made at aws and has no files"):
        restore.foreseen(world.parts(), "again", name=name)
    for part in (*parts_of(manifest), {"key": f"backups/{name}/manifest.json"}):        # the tests after this one mean the primary's
        promoted.s3.delete(part["key"])


@pytest.mark.parametrize("at", ["put", "put_json", "snapshot"])
def test_a_run_that_was_killed_is_gone_on_with(at: str, world: BackupWorld, first: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    parts, before = world.parts(), {manifest["name"] for manifest in world.parts().manifests()}
    taken = len(world.nhn.store.rds_backups)

    def dies(*_: Any, **__: Any) -> Any:
        raise Killed

    with monkeypatch.context() as patch:
        if at == "snapshot":
            patch.setattr(make, "snapshot", dies)
        else:
            patch.setattr(parts.s3, at, dies)
        with pytest.raises(Killed):
            make.make(parts)
    assert {manifest["name"] for manifest in world.parts().manifests()} == before, "half a backup counts"
    pending = world.parts().record.pending()
    assert pending
    outcome = make.make(world.parts())
    assert outcome["made"] == pending["name"] and world.parts().record.pending() is None
    assert len(world.nhn.store.rds_backups) == taken + 1, "the provider was asked for more than one backup"


@pytest.mark.long
def test_a_fresh_automatic_backup_is_taken_instead_of_making_another(world: BackupWorld, first: dict[str, Any]) -> None:
    instance = next(iter(world.nhn.store.rds_instances))
    requests.post(f"{world.nhn.url}/_lab/backup-window/{instance}", timeout=5).raise_for_status()
    until(lambda: [one for one in _listed(world) if one["backupType"] == "AUTO" and one["backupStatus"] == "COMPLETED"])
    before = len(world.nhn.store.rds_backups)
    manifest = world.parts().manifest(make.make(world.parts(automatic_hours=6))["made"])
    assert manifest["physical"]["kind"] == "AUTO" and len(world.nhn.store.rds_backups) == before
    again = world.parts().manifest(make.make(world.parts(automatic_hours=6))["made"])
    assert again["physical"]["kind"] == "MANUAL", "one automatic backup was taken for two"


def _listed(world: BackupWorld) -> list[dict[str, Any]]:
    """What RDS lists; looking is what lets its jobs get on."""
    login = {"X-TC-APP-KEY": world.nhn.auth["appkey"], "X-TC-AUTHENTICATION-ID": world.nhn.auth["access_key_id"],
             "X-TC-AUTHENTICATION-SECRET": world.nhn.auth["access_key_secret"]}
    return requests.get(f"{world.nhn.url}/rds/v3.0/backups?page=1&size=100", headers=login, timeout=5).json()["backups"]


@pytest.mark.long
def test_nothing_counts_of_a_backup_whose_reign_ends_while_it_is_made(
        world: BackupWorld, first: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does the next reign take an automatic backup of this one, or anything that was left of it."""
    def reign(epoch: int) -> None:
        with world.primary.connected() as conn:
            execute(conn, "UPDATE dr.gate SET epoch = %s WHERE site = 'kept'", (epoch,))

    def moves(*about: Any) -> Any:
        done = physical(*about)
        reign(2)
        return done

    physical, before = make._physical, world.objects()
    instance, taken = next(iter(world.nhn.store.rds_instances)), len(world.nhn.store.rds_backups)
    try:
        with monkeypatch.context() as patch, pytest.raises(Exception, match="in reign 1, and does so no more"):
            patch.setattr(make, "_physical", moves)
            make.make(world.parts())
        left = (world.parts().record.pending() or {})["name"]
        assert [key for key in world.objects() if key not in before] == [f"backups/{left}/physical/0001.age"]
        requests.post(f"{world.nhn.url}/_lab/backup-window/{instance}", timeout=5).raise_for_status()
        until(lambda: not [one for one in _listed(world) if one["backupStatus"] != "COMPLETED"])
        manifest = world.parts().manifest(make.make(world.parts(automatic_hours=6))["made"])
        assert manifest["name"] != left and (manifest["server"]["epoch"], manifest["physical"]["kind"]) == (2, "MANUAL")
        assert not [key for key in world.objects() if left in key] and world.parts().objects.below(left) == []
        assert len(world.nhn.store.rds_backups) == taken + 2
    finally:
        reign(1)


@pytest.mark.long
def test_clouds_that_misbehave_are_borne(world: BackupWorld, first: dict[str, Any]) -> None:
    before = len(world.nhn.store.rds_backups)
    world.nhn.unkind("POST /rds/v3.0/db-instances/*/backup", status=504, after=True)
    world.nhn.unkind("GET /objects/*/files", status=503, times=2)
    world.nhn.unkind("GET /objects/*/files", status=429)
    world.nhn.unkind("PUT /objects/*/manifest.json", status=503)
    outcome = make.make(world.parts())
    assert outcome["made"] and len(world.nhn.store.rds_backups) == before + 1 and world.nhn.orders() == []


def test_half_an_upload_leaves_no_object_and_is_taken_away(world: BackupWorld, first: dict[str, Any]) -> None:
    client, key = world.aws.client("s3"), "backups/tickets-nhn-20200101-000000/logical.sql.gz.age"
    upload = client.create_multipart_upload(Bucket="tickets-backups", Key=key)["UploadId"]
    client.upload_part(Bucket="tickets-backups", Key=key, UploadId=upload, PartNumber=1, Body=b"half")
    s3 = world.parts().s3
    assert key not in s3.keys("") and s3.forget_halves("backups/tickets-nhn-20200101") == 1

    def breaks_off() -> Iterator[bytes]:
        yield b"x" * 100
        raise OSError("the source went away")

    with pytest.raises(OSError, match="went away"):
        s3.put(key, breaks_off())
    assert key not in s3.keys("") and s3.forget_halves("backups/") == 0


@pytest.mark.parametrize("kind", ["physical", "logical"])
def test_a_changed_object_is_refused_before_anything_is_made(kind: str, world: BackupWorld, first: dict[str, Any], standby: StandbyInstances) -> None:
    part, client = first[kind]["parts"][0], world.aws.client("s3")
    whole = client.get_object(Bucket="tickets-backups", Key=part["key"])["Body"].read()
    another = b"".join(sealed([b"opens with our key, and is not what was backed up"], str(world.key_file)))
    for wrong, site in ((whole[:-9] + b"X" + whole[-8:], "aws"), (whole[:-100], "nhn"), (another, "aws")):
        client.put_object(Bucket="tickets-backups", Key=part["key"], Body=wrong)
        with pytest.raises(Exception, match="another checksum than its manifest says"):
            restore.restore(world.parts(site), "never", name=first["name"])
    client.put_object(Bucket="tickets-backups", Key=part["key"], Body=whole)
    assert standby.made == [] and world.parts("aws").record.restore("never") == {}


def test_a_wrong_key_is_refused_before_anything_is_made(world: BackupWorld, first: dict[str, Any], standby: StandbyInstances) -> None:
    import subprocess
    other = world.folder / "other"
    subprocess.run(["age-keygen", "-o", other], check=True, capture_output=True)
    with pytest.raises(Exception, match="no identity matched") as caught:
        restore.restore(world.parts("aws", key_file=str(other)), "never", name=first["name"])
    assert "AGE-SECRET" not in str(caught.value) and standby.made == []


@pytest.mark.long
def test_what_differs_is_a_failure_that_says_where(world: BackupWorld, first: dict[str, Any], standby: StandbyInstances) -> None:
    parts = world.parts("aws")
    forged = {**first, "proof": {**first["proof"], "tables": {**first["proof"]["tables"], "kept.nokey": {
        **first["proof"]["tables"]["kept.nokey"], "digest": "0" * 64}}}}
    parts.s3.put_json(f"backups/{first['name']}/manifest.json", forged)
    try:
        with pytest.raises(Exception, match=r"kept\.nokey: 3 rows, not the same ones"):
            restore.restore(parts, "wrong", name=first["name"])
        assert standby.made == ["wrong"]
        with Server(f"{PREFIX}.14", 3306, "admin", "boss-boss").connected() as conn:
            assert query(conn, "SELECT kept.plus(1) AS n, (SELECT SUM(n) FROM kept.c) AS s")[0] == {"n": 2, "s": 14}
            assert query(conn, "SELECT status AS now FROM information_schema.events WHERE event_schema = 'kept'") == [{"now": "DISABLED"}]
    finally:
        parts.s3.put_json(f"backups/{first['name']}/manifest.json", first)
    assert restore.foreseen(parts, "wrong", name=first["name"])["way"] == "dump"      # ours, so it would be proven anew instead of being refused
    parts.record.go_on_restore("wrong", backup="another")
    with pytest.raises(Exception, match="That instance exists"):
        restore.foreseen(parts, "wrong", name=first["name"])
    assert restore.remove(parts, "wrong") and standby.made == []


@pytest.mark.long
def test_with_the_providers_backup_gone_the_sealed_files_go_back(world: BackupWorld, first: dict[str, Any]) -> None:
    found = restore.restore(world.parts(), "files", name=first["name"], way="files", accept_older=True)
    assert found["equal"] and found["rows"] >= 9        # nothing was written while this one was made
    assert any(database["_restore"]["adopt"] for database in world.nhn.store.rds_instances.values() if database["_restore"])
    assert world.parts().objects.below("restore") == [], "opened files were left behind"
    world.nhn.make("rds_instance", name="files", state="absent")


@pytest.mark.long
def test_a_moment_is_reached_with_the_binary_logs_and_proven_by_the_heartbeat(world: BackupWorld, first: dict[str, Any]) -> None:
    import time
    from datetime import UTC, datetime
    with world.primary.connected() as conn:
        execute(conn, "UPDATE dr.gate SET beat_at = UNIX_TIMESTAMP(SYSDATE(6)) WHERE site = 'kept'")
        execute(conn, "INSERT INTO kept.nokey VALUES (10, 'before the moment')")
        until(lambda: time.time() % 1 < 0.2, 2)        # binary logs know whole seconds: be on the far side of one
        moment = datetime.fromtimestamp(int(time.time()) + 1, UTC).isoformat()
        until(lambda: time.time() > datetime.fromisoformat(moment).timestamp() + 1, 4)
        execute(conn, "DELETE FROM kept.nokey WHERE x = 10")
    found = restore.restore(world.parts(), "then", time=moment)
    with Server(found["host"], 3306, "dr_agent", "agent").connected() as conn:
        assert query(conn, "SELECT COUNT(*) AS n FROM kept.nokey WHERE x = 10")[0]["n"] == 1
    world.nhn.make("rds_instance", name="then", state="absent")
    with pytest.raises(Exception, match="The binary logs reach from"):
        restore.restore(world.parts(), "long-ago", time="2020-01-01T00:00:00+00:00")


def test_old_backups_go_on_both_sides_and_the_last_good_one_stays(
        world: BackupWorld, first: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*_: Any) -> None:
        raise Killed

    client = world.aws.client("s3")
    client.put_object(Bucket="tickets-backups", Key="backups/somebody-elses/data", Body=b"not ours to touch")
    world.parts().objects.put("not/ours", lambda: [b"kept"])
    world.shift = 8 * 86400.0
    removed = make.retain(world.parts())
    assert removed and all(entry.startswith("nhn ") for entry in removed)
    world.shift = 60 * 86400.0
    record = world.parts().record
    try:
        record.tell("test", ok=True, said="", name=first["name"])       # the last one that was proven
        make.retain(world.parts())
        assert first["name"] in {manifest["name"] for manifest in world.parts().manifests()}
        record.tell("test", ok=True, said="", name="another")
        parts = world.parts()
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(parts.s3, "delete", dies)
            make.retain(parts)
        assert first["name"] not in {manifest["name"] for manifest in good(parts.manifests())}, "half removed, and it still counts"
        removed = make.retain(world.parts())
        assert f"s3 {first['name']}" in removed
        left = world.parts().manifests()
        assert len(left) == 1 and make.retain(world.parts()) == []
        assert "backups/somebody-elses/data" in world.objects() and world.parts().objects.below("not/ours")
        restore.verify(world.parts(), left[0])
        assert [backup["backupName"] for backup in world.nhn.store.rds_backups.values() if backup["backupType"] == "MANUAL"] == [
            left[0]["physical"]["backup"]]
        assert world.parts().objects.below(left[0]["physical"]["path"])
    finally:
        world.shift = 0.0
