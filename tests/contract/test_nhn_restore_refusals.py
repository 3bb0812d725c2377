# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A restore at NHN: what would be refused is refused in check mode too, before a backup is read, and only what a restore made is its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.backup import instances, restore
from ansible_collections.multicloud.dr.plugins.module_utils.backup.instances import NhnInstances, Seen
from ansible_collections.multicloud.dr.plugins.module_utils.backup.parts import Parts, parts_from
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server

from lab.nhn.app import serve_in_thread
from tests.contract.nhn_cloud import NhnCloud
from tests.unit.plugins.still_clock import StillClock

pytestmark = pytest.mark.long


class Unread:
    """S3, of which nothing is to be read."""

    def get(self, part: Any) -> Any:
        raise AssertionError("a backup was read")


def manifest(backup: str) -> dict[str, Any]:
    return {"name": "t-nhn-20260101-000000", "site": "nhn", "schemas": ["t"],
            "proof": {"tables": {}, "binlog": {"file": "mysql-bin.000001", "position": 4}}, "logical": {"parts": []},
            "physical": {"backup": backup, "parts": [{"key": "x"}]}}


@pytest.fixture(scope="module")
def nhn() -> Iterator[NhnCloud]:
    url, store = serve_in_thread(auto_observe=True)
    cloud = NhnCloud(url, store)
    cloud.make("vpc", name="vpc", cidr="10.0.0.0/24")
    cloud.make("subnet", name="app", vpc="vpc", cidr="10.0.0.0/24")
    cloud.make("rds_security_group", name="database", rules=[{"cidr": "192.168.0.0/16"}])
    cloud.make("rds_parameter_group", name="database", version="MYSQL_V8408")
    make_database(cloud, "database")
    cloud.make("rds_backup", name="kept", instance="database")
    yield cloud
    store.close()


def make_database(cloud: NhnCloud, name: str) -> dict[str, Any]:
    return cloud.make("rds_instance", name=name, version="MYSQL_V8408", flavor="m2.c2m4", port=3306, admin_user="operator",
                      admin_password="boss-boss", parameter_group="database", security_groups=["database"], subnet="app",
                      zone="kr-pub-a", storage_type="General SSD", storage_gb=20, backup={"days": 1})


def parts_of(nhn: NhnCloud, folder: Path, live: str = "database") -> Parts:
    made = parts_from({
        "topology": "t", "site": "nhn", "database": {"host": "h", "port": 3306, "user": "u", "password": "p"}, "schemas": ["t"], "key_file": "k",
        "state_directory": str(folder), "s3": {"bucket": "b"}, "retention": {"days": 1},
        "nhn": {"auth": nhn.auth, "instance": live, "container": "exports"}}, lambda: 0.0, StillClock())
    made.__dict__["s3"] = Unread()
    return made


def moment(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


@pytest.mark.parametrize(("backup", "name", "time", "told"), [
    ("kept", "new", "nonsense", "is no moment like"), ("kept", "new", 24, "The binary logs reach from"),
    ("kept", "new", -9999, "The binary logs reach from"), ("gone", "new", "", "Take way files"),
    ("kept", "1 bad/name", "", "that begin with a letter"),
])
def test_what_nhn_would_refuse_is_refused_in_check_mode_and_before_a_backup_is_read(
        nhn: NhnCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backup: str, name: str, time: str | int, told: str) -> None:
    monkeypatch.setattr(restore, "_newest", lambda *_: manifest(backup))
    before = len(nhn.store.rds_instances)
    for ask in (restore.foreseen, restore.restore):
        with pytest.raises(Fault, match=told):
            ask(parts_of(nhn, tmp_path), name, time=moment(time) if isinstance(time, int) else time)
    assert len(nhn.store.rds_instances) == before and not list(tmp_path.glob("*restore-*"))


@pytest.mark.parametrize(("backup", "way"), [("kept", ""), ("gone", "files")])
def test_what_can_be_made_is_foreseen(nhn: NhnCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backup: str, way: str) -> None:
    monkeypatch.setattr(restore, "_newest", lambda *_: manifest(backup))
    assert restore.foreseen(parts_of(nhn, tmp_path), "new", way=way) == {
        "instance": "new", "backup": "t-nhn-20260101-000000", "way": way or "proof", "made": True, "removes": ""}


def test_an_instance_is_known_by_its_id_and_until_that_was_heard_by_its_description(
        nhn: NhnCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*_: Any) -> Server:
        raise KeyboardInterrupt

    monkeypatch.setattr(restore, "_newest", lambda *_: manifest("kept"))
    monkeypatch.setattr(restore, "verify", lambda *_: None)
    monkeypatch.setattr(restore, "_proven", lambda *_: {"equal": True})
    monkeypatch.setattr(restore, "answering", lambda server, _: server)
    parts, where = parts_of(nhn, tmp_path), NhnInstances(parts_of(nhn, tmp_path))
    mark = parts.record.begin_restore("ours", {"backup": manifest("kept")["name"], "way": "proof", "time": ""})
    identity = where.make("ours", restore._source(parts, manifest("kept"), "proof", ""), mark)      # and killed: its id is not written down
    assert where.seen("ours") == Seen("ours", identity, mark)
    with pytest.raises(Fault, match="Somebody has made one of that name"):
        where.make("ours", restore._source(parts, manifest("kept"), "proof", ""), "another mark")
    with pytest.raises(Fault, match="That instance exists"):
        restore.restore(parts, "ours", way="files")
    assert restore.restore(parts, "ours")["equal"] and parts.record.restore("ours")["id"] == identity
    with pytest.raises(Fault, match="this site's live instance by now"):
        restore.remove(parts_of(nhn, tmp_path, live=identity), "ours")
    assert restore.remove(parts_of(nhn, tmp_path), "ours") == identity and not where.seen("ours")

    his = make_database(nhn, "ours")
    with pytest.raises(Fault, match="not made by a restore"):
        restore.remove(parts_of(nhn, tmp_path), "ours")
    where.remove(Seen("ours", identity, mark))
    found = where.seen("ours")
    assert found and found.identity == his["id"]
    nhn.make("rds_instance", name="ours", state="absent")


def test_what_somebody_makes_between_the_look_and_the_making_is_not_taken_over(
        nhn: NhnCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def comes_first(self: Any, step: Any, want: Any) -> Any:
        his.update(make_database(nhn, "raced"))
        self.cloud.look_anew()
        return carried_out(self, step, want)

    his: dict[str, Any] = {}
    parts = parts_of(nhn, tmp_path)
    carried_out = instances._New.carried_out
    with monkeypatch.context() as patch, pytest.raises(Fault, match="Somebody has made one of that name"):
        patch.setattr(instances._New, "carried_out", comes_first)
        NhnInstances(parts).make("raced", restore._source(parts, manifest("kept"), "proof", ""), "our mark")
    [raw] = [each for each in nhn.store.rds_instances.values() if each["dbInstanceName"] == "raced"]
    assert (raw["dbInstanceId"], raw["description"]) == (his["id"], "")
    nhn.make("rds_instance", name="raced", state="absent")
