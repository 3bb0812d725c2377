# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host does with an instance that it restored before, and which backup it takes for the newest. No cloud, no server."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.backup import restore
from ansible_collections.multicloud.dr.plugins.module_utils.backup.parts import Parts, parts_from
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Absent, Answer, Damaged, Fault

from tests.unit.plugins.still_clock import StillClock

OLD, NEW = "tickets-aws-20260101-000000", "tickets-aws-20260102-000000"


class Bucket:
    """S3's manifests: what a name answers, a fault included."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {name: manifest(name, at) for at, name in enumerate((OLD, NEW))}

    def keys(self, _prefix: str) -> list[str]:
        return [f"backups/{name}/manifest.json" for name in self.answers]

    def get_json(self, key: str) -> Any:
        answer = self.answers[key.split("/")[1]]
        if isinstance(answer, Fault):
            raise answer
        return answer


class Cloud:
    """AWS's instances: those that are there, and all that was done."""

    def __init__(self) -> None:
        self.there, self.done = {"live"}, list[str]()

    def exists(self, name: str) -> bool:
        return name in self.there

    def make(self, name: str, restore: Any) -> Any:
        if name not in self.there:
            self.done.append(f"make {name}")
            self.there.add(name)
        return SimpleNamespace(host="10.0.0.9", port=3306, connected=nullcontext)

    def remove(self, name: str) -> None:
        self.done.append(f"remove {name}")
        self.there.discard(name)


def manifest(name: str, at: int) -> dict[str, Any]:
    return {"format": 1, "name": name, "site": "aws", "created": float(at), "schemas": ["t"], "server": {}, "proof": {"tables": {}},
            "physical": None, "logical": {"parts": [{"key": f"backups/{name}/x"}]}}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    bucket, cloud = Bucket(), Cloud()

    def parts(**other: Any) -> Parts:
        made = parts_from({
            "topology": "tickets", "site": "aws", "database": {"host": "h"}, "schemas": ["t"], "key_file": "k", "state_directory": str(tmp_path),
            "s3": {"bucket": "b"}, "retention": {"days": 1}, "aws": {"instance": "live"}, **other}, lambda: 77.0, StillClock())
        made.__dict__["s3"] = bucket
        return made

    def load(*_: Any) -> int:
        cloud.done.append("load")
        return 1

    def proven(*_: Any) -> dict[str, Any]:
        if world.differs:
            raise Fault("prove", "the restored instance", left="It differs.")
        return {"equal": True}

    monkeypatch.setattr(restore, "instances", lambda _: cloud)
    monkeypatch.setattr(restore, "answering", lambda server, _: server)
    monkeypatch.setattr(restore, "verify", lambda *_: None)
    monkeypatch.setattr(restore.dump, "load", load)
    monkeypatch.setattr(restore, "_proven", proven)
    world = SimpleNamespace(bucket=bucket, cloud=cloud, parts=parts, differs=False)
    return world


def test_a_restore_that_was_finished_is_told_again_and_never_made_again(world: SimpleNamespace) -> None:
    """At AWS, `the same once more` used to remove the instance first, and all that had been sold there since."""
    first = restore.restore(world.parts(), "again")
    assert first["made"] and first["proven_at"] == 77.0 and world.cloud.done == ["make again", "load"]
    assert restore.foreseen(world.parts(), "again")["made"] is False
    assert restore.restore(world.parts(), "again", name=NEW) == {**first, "made": False}
    assert world.cloud.done == ["make again", "load"]
    with pytest.raises(Fault, match=f"made of {NEW} \\(way dump\\)"):
        restore.restore(world.parts(), "again", name=OLD)
    world.cloud.there.discard("again")                  # somebody removed it: it can be made again
    assert restore.restore(world.parts(), "again")["made"] and world.cloud.done == ["make again", "load"] * 2


def test_an_instance_that_holds_a_whole_backup_is_proven_again_and_not_made_anew(world: SimpleNamespace) -> None:
    world.differs = True
    for _ in range(2):
        with pytest.raises(Fault, match="It differs"):
            restore.restore(world.parts(), "again")
    assert world.cloud.done == ["make again", "load"]
    world.differs = False
    assert restore.restore(world.parts(), "again")["made"] and world.cloud.done == ["make again", "load"]


def test_the_weekly_test_leaves_alone_what_somebody_restored_under_its_name(world: SimpleNamespace) -> None:
    restore.restore(world.parts(), "live-restore-test")
    with pytest.raises(Fault, match="Somebody restored into an instance of that name"):
        restore.check(world.parts())
    assert world.cloud.done == ["make live-restore-test", "load"]


def test_absent_removes_what_was_restored_unless_it_is_the_live_one_by_now(world: SimpleNamespace) -> None:
    restore.restore(world.parts(), "again")
    with pytest.raises(Fault, match="this site's live instance by now"):
        restore.remove(world.parts(aws={"instance": "again"}), "again")
    with pytest.raises(Fault, match="not made by a restore"):
        restore.remove(world.parts(), "live")
    assert restore.remove(world.parts(), "again", check=True) and "again" in world.cloud.there
    assert restore.remove(world.parts(), "again") and world.cloud.there == {"live"} and not restore.remove(world.parts(), "again")


@pytest.mark.parametrize("wrong", [Damaged("read", "it"), {"format": 2}])
def test_an_older_backup_is_not_taken_for_the_newest_whose_manifest_is_damaged(world: SimpleNamespace, wrong: Any) -> None:
    world.bucket.answers[NEW] = wrong
    with pytest.raises(Fault, match=f"manifest of {NEW} cannot be used(?s:.*)whole manifest is {OLD}"):
        restore.foreseen(world.parts(), "again")
    assert restore.foreseen(world.parts(), "again", name=OLD)["backup"] == OLD
    world.bucket.answers[NEW] = manifest(NEW, 1)
    world.bucket.answers[OLD] = wrong                   # what is older hinders nobody
    assert restore.foreseen(world.parts(), "again")["backup"] == NEW


def test_a_fault_of_s3_is_not_an_absence_of_backups(world: SimpleNamespace) -> None:
    world.bucket.answers[NEW] = Fault("read", "it", answer=Answer("S3", 503, "SlowDown"))
    for look in (world.parts().manifests, lambda: restore.foreseen(world.parts(), "again")):
        with pytest.raises(Fault, match="SlowDown"):
            look()
    world.bucket.answers[NEW] = Absent("read", "it")    # removed between listing and reading
    assert restore.foreseen(world.parts(), "again")["backup"] == OLD
