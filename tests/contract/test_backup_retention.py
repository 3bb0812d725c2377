# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What lies at NHN goes when it is old, whoever writes and whatever S3 still holds. Against the emulator; there is no database and no S3."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.backup import make
from ansible_collections.multicloud.dr.plugins.module_utils.backup.manifest import DAY
from ansible_collections.multicloud.dr.plugins.module_utils.backup.parts import Parts, parts_from
from ansible_collections.multicloud.dr.plugins.module_utils.backup.retention import retain_at_nhn

from tests.contract.nhn_cloud import NhnCloud
from tests.contract.nhn_walk import DATABASE, NETWORK
from tests.unit.plugins.still_clock import StillClock

NOW = 1000 * DAY


class AtNhn:
    """The management host of NHN's site, which is not the writer, and what it made while it was."""

    def __init__(self, nhn: NhnCloud, folder: Path) -> None:
        self.nhn, self.folder = nhn, folder

    def parts(self) -> Parts:
        return parts_from({
            "topology": "tickets", "site": "nhn", "database": {"host": "h"}, "schemas": ["t"], "key_file": "k", "state_directory": str(self.folder),
            "s3": {"bucket": "nobody answers"}, "retention": {"days": 35, "last": 1, "nhn_days": 7},
            "nhn": {"auth": self.nhn.auth, "instance": "database", "container": "exports"}}, lambda: NOW, StillClock())

    def made(self, days_ago: int, of: str = "tickets-nhn") -> str:
        name = f"{of}-{20260000 + days_ago}-000000"
        backup = self.nhn.make("rds_backup", instance="database", name=name, export={"container": "exports", "path": f"{name}/files"})
        manifest = {
            "format": 1, "name": name, "site": "nhn", "created": NOW - days_ago * DAY, "schemas": ["t"], "server": {}, "proof": {"tables": {}},
            "logical": None, "physical": {"backup": name, "instance": backup["instance"], "kind": "MANUAL", "container": "exports",
                                          "path": f"{name}/files", "parts": [{"key": f"backups/{name}/physical/0001.age"}]}}
        self.parts().objects.put(f"{name}/manifest.json", lambda: [json.dumps(manifest).encode()])
        return name

    def there(self) -> tuple[list[str], list[str]]:
        """(backups that RDS has, folders that Object Storage has)."""
        return (sorted(raw["backupName"] for raw in self.nhn.store.rds_backups.values()),
                sorted({entry["name"].split("/")[0] for entry in self.parts().objects.below("")}))


@pytest.fixture
def there(nhn: NhnCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AtNhn]:
    if not nhn.store.vpcs:
        for kind, options in NETWORK + DATABASE:
            nhn.make(kind, **options)
    for asked in ("reign", "past_reign"):
        monkeypatch.setattr(Parts, asked, lambda _: None)
    world = AtNhn(nhn, tmp_path)
    yield world
    for name in world.there()[0]:
        nhn.make("rds_backup", instance="database", name=name, state="absent")
    for entry in world.parts().objects.below(""):
        world.parts().objects.delete(entry["name"])


def test_exports_go_while_another_site_writes_and_though_s3_has_forgotten_them(there: AtNhn) -> None:
    """They used to be looked after only where backups are made, by what S3 holds, which forgets them after its own days."""
    names = [there.made(days) for days in (6, 8, 40)]
    kept = [there.made(50, of="others-nhn"), there.made(60, of="tickets-nhn-two")]
    there.parts().objects.put("tickets-nhn-20260050-000000/manifest.json", lambda: [b"not ours"])
    assert make.make(there.parts())["removed"] == [f"nhn {name}" for name in names[1:]]
    assert there.there() == (sorted([names[0], *kept]), sorted([names[0], *kept, "tickets-nhn-20260050-000000"]))
    assert make.make(there.parts())["removed"] == [] and there.parts().record.status()["backup"]["ok"]


def test_the_newest_that_is_whole_and_the_one_that_was_proven_stay(there: AtNhn) -> None:
    names = [there.made(days) for days in (10, 20, 30, 40)]
    there.parts().record.begin({"name": names[0]})
    there.parts().record.tell("test", ok=True, name=names[3])
    assert retain_at_nhn(there.parts()) == [f"nhn {names[2]}"]


def test_half_a_removal_is_gone_on_with(there: AtNhn, monkeypatch: pytest.MonkeyPatch) -> None:
    newest, old = there.made(1), there.made(9)
    there.nhn.unkind("DELETE /rds/v3.0/backups/*", status=409)
    with pytest.raises(Exception, match="409"):
        make.make(there.parts())
    told: dict[str, Any] = there.parts().record.status()["backup"]
    assert told["ok"] is False and "409" in told["said"] and old in there.there()[0]
    assert make.make(there.parts())["removed"] == [f"nhn {old}"] and there.there() == ([newest], [newest])


def test_backups_of_an_instance_that_was_built_anew_since_go_as_well(there: AtNhn) -> None:
    old = there.made(9)
    there.nhn.make("rds_instance", name="database", state="absent", deletion_protection=False)
    there.nhn.make(*DATABASE[2][:1], **DATABASE[2][1])
    newest = there.made(1)
    assert retain_at_nhn(there.parts()) == [f"nhn {old}"] and there.there() == ([newest], [newest])


def test_nothing_goes_while_something_is_restored_here(there: AtNhn) -> None:
    """It may be the very backup that is being restored: no backup waits for that, so one that is newer may be made meanwhile."""
    old, new = there.made(8), there.made(1)
    with there.parts().record.alone("restore"):
        assert make.make(there.parts())["removed"] == [] and there.there()[0] == sorted([old, new])
    assert make.make(there.parts())["removed"] == [f"nhn {old}"]
