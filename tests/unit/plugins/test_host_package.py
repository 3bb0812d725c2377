# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The package that a module leaves on a host: exactly what is wanted, written only where it differs."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.multicloud.dr.plugins.module_utils import host_package
from ansible_collections.multicloud.dr.plugins.module_utils.backup import run
from ansible_collections.multicloud.dr.plugins.modules.db_backup_code import PARTS


def test_only_what_differs_is_written_and_what_is_gone_goes(tmp_path: Path) -> None:
    wanted = {"__init__.py": "a", "x/y.py": "b"}
    assert host_package.install(str(tmp_path), wanted, check=True) == ["__init__.py", "x/y.py"] and not list(tmp_path.iterdir())
    assert host_package.install(str(tmp_path), wanted, check=False) == ["__init__.py", "x/y.py"]
    assert host_package.install(str(tmp_path), wanted, check=False) == []
    assert host_package.install(str(tmp_path), {"__init__.py": "c"}, check=False) == ["__init__.py", "x/y.py"]
    assert [path.name for path in tmp_path.rglob("*.py")] == ["__init__.py"]


def test_backups_bring_along_all_they_stand_on() -> None:
    assert run.WHAT == ("backup", "test", "status")
    found = host_package.sources(PARTS, "About.")
    assert {"backup/run.py", "backup/__init__.py", "nhn/rds_backup.py", "mysql/sync/snapshot.py", "engine.py", "waiting.py"} <= set(found)
    assert not [path for path in found if path.startswith("switch/")]
