# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The package that a module leaves on a host: exactly what is wanted, written only where it differs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
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


ROOT = Path(__file__).resolve().parents[3]
BRING = """
import importlib, json, sys
from ansible_collections.multicloud.dr.plugins.module_utils import host_package
module = importlib.import_module("ansible_collections.multicloud.dr.plugins.modules." + sys.argv[1])
files = host_package.sources(module.PARTS, "About.")
host_package.install(sys.argv[2], files, check=False)
print(json.dumps(sorted("multicloud_dr." + path.removesuffix(".py").replace("/", ".") for path in files if not path.endswith("__init__.py"))))
"""
IMPORT = "import importlib, json, sys\nsys.path.insert(0, sys.argv[1])\nfor name in json.loads(sys.argv[2]): importlib.import_module(name)"


@pytest.mark.parametrize("module", sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*_code.py")))
def test_what_a_module_brings_stands_by_itself(tmp_path: Path, module: str) -> None:
    """In a process that has loaded nothing else, as on a host."""
    brought = subprocess.run([sys.executable, "-c", BRING, module, str(tmp_path)], cwd=ROOT, env={"PYTHONPATH": str(ROOT / "collections")},
                             capture_output=True, text=True, check=True, timeout=60)
    names = json.loads(brought.stdout)
    # The third place has Debian's Python and no more; what reads certificates there says so where it does.
    alone = ["-S"] if module == "quorum_code" else []
    done = subprocess.run([sys.executable, *alone, "-c", IMPORT, str(tmp_path), json.dumps(names)], cwd=tmp_path, capture_output=True, text=True,
                          check=False, timeout=60)
    assert names and done.returncode == 0, done.stderr
