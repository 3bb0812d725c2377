# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host does with an instance that it restored before, and which backup it takes for the newest. No cloud, no server."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.backup import restore
from ansible_collections.multicloud.dr.plugins.module_utils.backup.instances import Seen
from ansible_collections.multicloud.dr.plugins.module_utils.backup.parts import Parts, parts_from
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Absent, Answer, BadInput, Damaged, Fault

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


class Killed(BaseException):
    """What `kill -9` looks like from inside: nothing is tidied up."""


class Cloud:
    """AWS's instances: those that are there, and all that was done. ends: how the next making ends, before or after it was done."""

    def __init__(self) -> None:
        self.there, self.done, self.made = {"live": Seen("live", "db-0", "")}, list[str](), 0
        self.ends: tuple[str, BaseException] | None = None

    def seen(self, name: str) -> Seen | None:
        return self.there.get(name)

    def refuse(self, name: str, restore: Any) -> None:
        if "live" not in self.there:
            raise Absent("make", name)

    def make(self, name: str, restore: Any, mark: str) -> str:
        assert name not in self.there
        when, how = self.ends or ("", Killed())
        self.ends = None
        if when == "before":
            raise how
        self.done.append(f"make {name}")
        self.put(name, mark)
        if when == "after":
            raise how
        return self.there[name].identity

    def put(self, name: str, mark: str = "") -> None:
        """There is one of that name, new and with an id that none had before."""
        self.made += 1
        self.there[name] = Seen(name, f"db-{self.made}", mark)

    def server(self, seen: Seen) -> Any:
        assert self.there[seen.name] == seen
        return SimpleNamespace(host="10.0.0.9", port=3306, connected=nullcontext)

    def remove(self, seen: Seen) -> None:
        assert self.there[seen.name].identity == seen.identity
        self.done.append(f"remove {seen.name}")
        del self.there[seen.name]


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
        if world.dies:
            raise Killed
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
    world = SimpleNamespace(bucket=bucket, cloud=cloud, parts=parts, differs=False, dies=False)
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
    del world.cloud.there["again"]                  # somebody removed it: it can be made again
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
    assert restore.remove(world.parts(), "again") and [*world.cloud.there] == ["live"] and not restore.remove(world.parts(), "again")


def untouched(world: SimpleNamespace, name: str) -> None:
    """Nothing that this host may be asked for touches what has that name."""
    before = dict(world.cloud.there), list(world.cloud.done)
    for ask in (restore.foreseen, restore.restore, restore.remove):
        with pytest.raises(Fault, match=r"That instance exists|not made by a restore"):
            ask(world.parts(), name)
    assert (world.cloud.there, world.cloud.done) == before


@pytest.mark.parametrize("how", [Fault("make", "it", answer=Answer("AWS", 400, "InstanceQuotaExceeded")), Killed()])
def test_a_restore_that_made_nothing_owns_nothing_that_comes_to_bear_its_name(world: SimpleNamespace, how: BaseException) -> None:
    world.cloud.ends = "before", how
    with pytest.raises(type(how)):
        restore.restore(world.parts(), "again")
    world.cloud.put("again")
    untouched(world, "again")


@pytest.mark.parametrize("far", ["begun", "loaded", "finished"])
def test_what_somebody_made_in_the_place_of_ours_is_his(world: SimpleNamespace, far: str) -> None:
    world.dies, world.differs = far == "begun", far == "loaded"
    with suppress(Fault, Killed):
        restore.restore(world.parts(), "again")
    world.dies = world.differs = False
    mark = world.cloud.there["again"].mark
    world.cloud.put("again", mark)                      # a copy of ours may even bear its tags
    untouched(world, "again")


def test_what_a_killed_run_has_asked_for_is_ours_by_the_mark_that_it_carries(world: SimpleNamespace) -> None:
    """Killed before the answer was heard: its id is nowhere, and it is neither left behind nor taken for somebody else's."""
    for then in (restore.restore, restore.remove):
        world.cloud.ends = "after", Killed()
        with pytest.raises(Killed):
            restore.restore(world.parts(), "again")
        assert then(world.parts(), "again")
        if then is restore.restore:
            restore.remove(world.parts(), "again")
        assert [*world.cloud.there] == ["live"]
    world.cloud.ends = "before", Killed()               # and one that comes late, after somebody looked in vain
    with pytest.raises(Killed):
        restore.restore(world.parts(), "again")
    mark = world.parts().record.restore("again")["mark"]
    assert not restore.remove(world.parts(), "again")
    world.cloud.put("again", mark)
    assert restore.remove(world.parts(), "again") and [*world.cloud.there] == ["live"]


def test_what_is_half_loaded_is_told_before_it_is_removed_and_never_when_it_is_live(world: SimpleNamespace) -> None:
    world.dies = True
    with pytest.raises(Killed):
        restore.restore(world.parts(), "again")
    world.dies = False
    identity = world.cloud.there["again"].identity
    for live in ("again", identity):
        for ask in (restore.foreseen, restore.restore, restore.remove):
            with pytest.raises(Fault, match="this site's live instance by now"):
                ask(world.parts(aws={"instance": live}), "again")
    assert restore.foreseen(world.parts(), "again")["removes"] == identity and "again" in world.cloud.there
    del world.cloud.there["live"]                       # so no new one could be made in its place
    with pytest.raises(Absent):
        restore.restore(world.parts(), "again")
    world.cloud.there["live"] = Seen("live", "db-0", "")
    assert world.cloud.done == ["make again"]
    assert restore.restore(world.parts(), "again")["removes"] == identity
    assert world.cloud.done == ["make again", "remove again", "make again", "load"]
    assert restore.foreseen(world.parts(), "again")["removes"] == ""


@pytest.mark.parametrize("how", ["before", "after"])
def test_the_weekly_test_takes_away_what_it_made_and_nothing_else(world: SimpleNamespace, how: str) -> None:
    world.cloud.ends = how, Killed()
    with pytest.raises(Killed):
        restore.check(world.parts())
    assert [*world.cloud.there] == ["live"]             # even so: killed for real, the next one does that
    world.cloud.put("live-restore-test")
    with pytest.raises(Fault, match="That instance exists"):
        restore.check(world.parts())
    assert "live-restore-test" in world.cloud.there


@pytest.mark.parametrize(("name", "time"), [
    ("1 bad/name", ""), ("../again", ""), ("a--b", ""), ("again", "nonsense"), ("again", "2026-11-27T12:00:00")])
def test_what_can_be_no_name_and_no_moment_is_refused_in_check_mode_as_well(world: SimpleNamespace, name: str, time: str) -> None:
    for ask in (restore.foreseen, restore.restore):
        with pytest.raises(BadInput, match=r"is not 1 to 63|is no moment"):
            ask(world.parts(), name, time=time)
    with pytest.raises(BadInput) if not time else nullcontext():
        restore.remove(world.parts(), name)


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
