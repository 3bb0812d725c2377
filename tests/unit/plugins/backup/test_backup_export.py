# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a backup of NHN's is exported to: below the backup that is made, at a place with its own name in it, as nhn_rds_backup wants it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.backup import make as maker
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.rds_backup import object_path


@pytest.mark.parametrize(("automatic", "path"), [(None, "t-nhn-1/files"), ("auto-1", "t-nhn-1/files/auto-1")])
def test_an_export_has_the_name_of_its_backup_in_its_place(automatic: str | None, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    def backup(name: str, export: dict[str, str]) -> Any:
        asked.append((name, export["path"]))
        told = {"name": name, "id": "b", "instance": "i", "kind": "AUTO", "version": "v", "binlog_file": "mysql-bin.000001", "binlog_position": 4}
        return SimpleNamespace(brought_about=lambda: told)

    monkeypatch.setattr(maker, "_automatic", lambda *_: automatic)
    parts: Any = SimpleNamespace(nhn={"container": "c", "instance": "i"}, nhn_backup=backup, objects=SimpleNamespace(below=lambda _: []),
                                 record=SimpleNamespace(begin=lambda _: None))
    made = maker._physical(parts, {"name": "t-nhn-1", "reign": {}, "parts": {}})
    assert (asked, made["path"]) == ([(automatic or "t-nhn-1", path)], path)
    assert made["backup"] in object_path(path).split("/")


@pytest.mark.parametrize("name", ["2026-01-01 03:00", "a/b", "'"])
def test_a_name_that_fits_no_place_is_told(name: str) -> None:
    assert not maker._fits_a_path(name) and maker._fits_a_path("auto-1")
