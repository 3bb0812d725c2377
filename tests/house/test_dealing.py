# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How tests are dealt to two processes: what needs real servers goes to one of them, whatever file it is in, and everything else by files."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import dealing

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.long
def test_every_test_that_asks_for_servers_is_dealt_with_the_others_that_do() -> None:
    """Two processes that both start them, or both change what is on them, make each other's tests fail."""
    told = subprocess.run([sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", "servers", "tests/contract"], cwd=ROOT, capture_output=True,
                          text=True, check=True, timeout=300).stdout
    files = set(re.findall(r"^(tests/contract/\S+?\.py)(?:::|:)", told, re.MULTILINE))
    assert len(files) > 10 and {dealing.group(file) for file in files} == {dealing.SERVERS}


def test_other_files_stay_together_each_by_itself() -> None:
    files = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "tests").rglob("test_*.py"))]
    apart = [file for file in files if dealing.group(file) != dealing.SERVERS]
    assert [dealing.group(file) for file in apart] == apart and len(apart) > len(files) / 2
    assert dealing.Dealing._split_scope(None, "tests/house/test_dealing.py::test_it[a::b]") == "tests/house/test_dealing.py"    # type: ignore[arg-type]
