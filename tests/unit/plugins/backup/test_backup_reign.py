# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The writer moves, or its server becomes another one, while a backup is made or between two runs of it. No cloud, no server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.backup import make as maker
from ansible_collections.multicloud.dr.plugins.module_utils.backup.manifest import DAY, newest
from ansible_collections.multicloud.dr.plugins.module_utils.backup.record import Record
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault

HOUR = 3600.0


class Store:
    """Names and values: S3, and the objects at NHN."""

    def __init__(self) -> None:
        self.there: dict[str, Any] = {}

    def keys(self, prefix: str) -> list[str]:
        return sorted(key for key in self.there if key.startswith(prefix))

    def below(self, path: str) -> list[dict[str, Any]]:
        return [{"name": key} for key in self.keys(f"{path}/")]

    def forget_halves(self, _prefix: str) -> None:
        pass

    def put(self, key: str, _body: Any, _expected: int = 0) -> dict[str, Any]:
        self.there[key] = "stored"
        return {"key": key, "bytes": 1}

    def put_json(self, key: str, value: Any) -> None:
        self.there[key] = value

    def delete(self, key: str) -> None:
        del self.there[key]


class Nhn:
    """A backup of RDS."""

    def __init__(self, world: World, name: str, _state: str) -> None:
        self.world, self.name = world, name

    def locate(self) -> None:
        pass

    def find(self) -> bool:
        return self.name in self.world.at_rds

    def brought_about(self) -> None:
        self.world.at_rds.remove(self.name)


class World:
    """reign: what the gate of each site's database says, None where it is shut; automatic: NHN's own backups; past: how long ago the gate of
    the last writer has run out, None for who is not it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock, self.s3, self.exports = folder, 100 * DAY, Store(), Store()
        self.reign: dict[str, Any] = {"nhn": {"uuid": "n", "epoch": 1}, "aws": None}
        self.past: float | None = None
        self.at_rds: list[str] = []
        self.automatic: list[dict[str, str]] = []
        self.while_exported: Any = lambda: None
        self.while_dumped: Any = lambda: None

    def parts(self, site: str) -> Any:
        nhn = {"instance": "db"} if site == "nhn" else None
        record = Record(str(self.folder / site))
        return SimpleNamespace(
            site=site, config={"topology": "t", "automatic_hours": 6}, now=lambda: self.clock, s3=self.s3, schemas=["s"], nhn=nhn,
            rds=None, key_file="", record=record, turn=record.alone, reign=lambda: self.reign[site], past_reign=lambda: self.past,
            objects=self.exports, database=site,
            nhn_backup=lambda name, state="present": Nhn(self, name, state) if name else SimpleNamespace(instance=lambda _: "id"),
            manifests=lambda: [self.s3.there[key] for key in self.s3.keys("") if key.endswith("manifest.json")])

    def physical(self, parts: Any, pending: dict[str, Any]) -> dict[str, Any]:
        """NHN's backup and its export, which take hours."""
        name = maker._automatic(parts, pending["reign"]) or pending["name"]
        if name == pending["name"] and name not in self.at_rds:
            self.at_rds.append(name)
        self.exports.put(f"{pending['name']}/files", None)
        self.s3.put(f"backups/{pending['name']}/physical/0001.age", None)
        self.clock += HOUR
        self.while_exported()
        return {"backup": name, "path": f"{pending['name']}/files", "parts": [{"key": "x", "bytes": 1}]}

    def ran_auto(self, name: str) -> None:
        at = datetime.fromtimestamp(self.clock, UTC).isoformat()
        self.automatic.append({"backupName": name, "backupStatus": "COMPLETED", "createdYmdt": at, "updatedYmdt": at})

    def made(self, site: str) -> dict[str, Any]:
        self.clock += HOUR
        outcome = maker.make(self.parts(site))
        assert outcome["made"], outcome["said"]
        found: dict[str, Any] = self.s3.there[f"backups/{outcome['made']}/manifest.json"]
        return found


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    there = World(tmp_path)

    @contextmanager
    def snapshot(site: str, _schemas: list[str]) -> Iterator[Any]:
        yield SimpleNamespace(conn=there.reign[site], position=SimpleNamespace(file="f", position=4), held_seconds=0.0, let_go=lambda: None)

    def dump(*_: Any) -> list[bytes]:
        there.while_dumped()
        return []

    monkeypatch.setattr(maker, "snapshot", snapshot)
    monkeypatch.setattr(maker, "reign_of", lambda reign: reign)
    monkeypatch.setattr(maker, "server_version", lambda _: (9, 7))
    monkeypatch.setattr(maker, "_physical", there.physical)
    monkeypatch.setattr(maker, "_store", lambda parts, key, _body, _expected: parts.s3.put(key, None))
    monkeypatch.setattr(maker, "every_backup", lambda *_, **__: there.automatic)
    monkeypatch.setattr(maker.dump, "dump", dump)
    monkeypatch.setattr(maker.dump, "about_bytes", lambda *_given: 1)
    monkeypatch.setattr(maker, "watching", lambda _server, **_how: nullcontext(lambda _table: None))
    monkeypatch.setattr(maker, "retain", lambda _: [])
    monkeypatch.setattr(maker, "retain_at_nhn", lambda _: [])
    return there


def test_a_backup_that_began_before_the_writer_moved_does_not_count(world: World) -> None:
    """NHN exports for hours; the service moves meanwhile, and AWS makes the backup its agent asks for. NHN's dump would be of what is by now an
    old primary, and used to be the newest backup there is."""
    def moves() -> None:
        world.reign = {"nhn": None, "aws": {"uuid": "a", "epoch": 2}}
        assert world.made("aws")["server"] == {"uuid": "a", "epoch": 2, "version": "9.7"}

    world.while_exported = moves
    with pytest.raises(Fault, match=r"server n in reign 1, and does so no more(?s:.*)Nothing of it counts"):
        maker.make(world.parts("nhn"))
    assert [manifest["site"] for manifest in world.parts("aws").manifests()] == ["aws"] and not world.parts("nhn").record.status()["backup"]["ok"]


def test_of_two_backups_the_newer_is_the_one_whose_data_is(world: World) -> None:
    """A dump that is still being uploaded when the service moves is of the moment its view was opened, and good for that."""
    def moves() -> None:
        world.while_dumped = lambda: None
        world.reign = {"nhn": None, "aws": {"uuid": "a", "epoch": 2}}
        world.made("aws")
        world.clock += HOUR

    world.while_dumped = moves
    begun = world.clock + HOUR
    assert world.made("nhn")["created"] == begun + HOUR         # when the export was there
    found = newest(world.parts("aws").manifests(), having="logical")
    assert found and found["site"] == "aws"


@pytest.mark.parametrize("after", [{"uuid": "n", "epoch": 3}, {"uuid": "other", "epoch": 1}, None])
def test_what_is_pending_of_another_reign_or_another_time_is_taken_away_and_begun_anew(world: World, after: dict[str, Any] | None) -> None:
    def killed() -> None:
        raise KeyboardInterrupt

    world.while_exported = killed
    with pytest.raises(KeyboardInterrupt):
        maker.make(world.parts("nhn"))
    pending = (world.parts("nhn").record.pending() or {})["name"]
    world.while_exported = lambda: None
    world.clock += HOUR if after else 4 * DAY
    world.reign["nhn"] = after or world.reign["nhn"]
    manifest = world.made("nhn")
    assert manifest["name"] != pending and manifest["server"] == {**world.reign["nhn"], "version": "9.7"}
    assert world.at_rds == [manifest["name"]] and not [key for store in (world.s3, world.exports) for key in store.keys("") if pending in key]
    assert world.parts("nhn").record.pending() is None


def test_a_pending_backup_waits_while_the_gate_is_shut_for_a_moment_and_not_for_ever(world: World) -> None:
    def killed() -> None:
        raise KeyboardInterrupt

    world.while_exported = killed
    with pytest.raises(KeyboardInterrupt):
        maker.make(world.parts("nhn"))
    pending = (world.parts("nhn").record.pending() or {})["name"]
    world.while_exported, reign, world.reign["nhn"] = lambda: None, world.reign["nhn"], None
    world.clock += DAY
    assert maker.make(world.parts("nhn"))["made"] is None and world.at_rds == [pending]
    world.reign["nhn"] = reign
    assert world.made("nhn")["name"] == pending
    world.parts("nhn").record.begin({"name": pending, "began": world.clock, "reign": reign})        # whole, and killed before it said so
    world.clock += 4 * DAY
    world.reign["nhn"] = None
    assert maker.make(world.parts("nhn"))["made"] is None
    assert world.parts("nhn").record.pending() is None and world.at_rds == [pending] and len(world.parts("nhn").manifests()) == 1


def test_an_automatic_backup_of_the_server_before_is_not_taken(world: World) -> None:
    """A failover inside NHN takes the binary logs away: with a proof in the new server's log nothing made of that backup can be proven."""
    world.ran_auto("auto-0")
    assert world.made("nhn")["physical"]["backup"] != "auto-0", "nobody knows of which server it is"
    world.clock += HOUR
    world.ran_auto("auto-1")
    assert world.made("nhn")["physical"]["backup"] == "auto-1"
    world.clock += HOUR
    world.ran_auto("auto-2")
    world.clock += HOUR
    world.reign["nhn"] = {"uuid": "other", "epoch": 1}
    for _ in range(2):                  # the second time as well: the new server is known by then, and that one is still fresh
        assert not world.made("nhn")["physical"]["backup"].startswith("auto")
    world.clock += HOUR
    world.ran_auto("auto-3")
    assert world.made("nhn")["physical"]["backup"] == "auto-3"


@pytest.mark.parametrize(("past", "fails"), [(0.5, True), (3600.0, True), (7 * 3600.0, False), (None, False)])
def test_a_writer_whose_gate_has_just_run_out_fails_so_that_it_is_tried_again(world: World, past: float | None, fails: bool) -> None:
    world.reign["nhn"], world.past = None, past
    if fails:
        with pytest.raises(Fault, match="gate has run out"):
            maker.make(world.parts("nhn"))
    else:
        assert maker.make(world.parts("nhn"))["made"] is None
    assert world.parts("nhn").record.status()["backup"]["ok"] is not fails


def test_a_backup_waits_for_no_restore(world: World) -> None:
    """The restore test may take half a day, and a site that has just become the writer has no backup until one is made."""
    with world.parts("nhn").record.alone("restore"):
        assert world.made("nhn")["site"] == "nhn"


def test_a_long_upload_says_how_far_it_is() -> None:
    said: list[str] = []
    clock = iter(range(0, 1000, 10))
    parts = SimpleNamespace(now=lambda: float(next(clock)), say=said.append)
    blocks = [b"x" * (1 << 20)] * 10
    assert list(maker._heard(parts, "dump.age", blocks, 20 << 20)) == blocks             # type: ignore[arg-type]
    assert said[0] == "dump.age: 3 MiB of about 20" and 1 < len(said) < 10


def test_what_a_dump_has_done_is_told_as_what_it_has_to_do_is(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it is packed: packed to a tenth, it would have ended at a tenth of what it was said to be about."""
    said: list[str] = []
    text = [b"x" * (1 << 20)] * 4
    monkeypatch.setattr(maker.dump, "dump", lambda *_given: iter(text))
    monkeypatch.setattr(maker.dump, "about_bytes", lambda *_given: 4 << 20)
    monkeypatch.setattr(maker, "SAID_SECONDS", 0)
    parts = world.parts("aws")
    parts.say = said.append
    monkeypatch.setattr(maker, "_store", lambda parts, key, body, _expected: parts.s3.put(key, list(body) and None))
    world.reign = {"nhn": None, "aws": {"uuid": "a", "epoch": 2}}
    maker.make(parts)
    assert [line.partition(": ")[2] for line in said] == [f"{number} MiB of about 4" for number in (1, 2, 3, 4)]
