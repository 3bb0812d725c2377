# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the randomised round trip makes its tables of."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from hypothesis import settings

from bench import sync_roundtrip
from bench.record import ROOT
from bench.sync_roundtrip import KINDS, Trips, check

# MySQL 9's reference manual, chapter "Data Types"; BOOL, NUMERIC, REAL, NCHAR and the like are other names of these.
TYPES = """
TINYINT SMALLINT MEDIUMINT INT BIGINT DECIMAL FLOAT DOUBLE BIT
DATE TIME DATETIME TIMESTAMP YEAR
CHAR VARCHAR BINARY VARBINARY TINYTEXT TEXT MEDIUMTEXT LONGTEXT TINYBLOB BLOB MEDIUMBLOB LONGBLOB ENUM SET
GEOMETRY POINT LINESTRING POLYGON MULTIPOINT MULTILINESTRING MULTIPOLYGON GEOMETRYCOLLECTION
JSON VECTOR"""


def test_every_type_is_among_them_and_whole_numbers_without_a_sign_as_well() -> None:
    assert {kind.replace("(", " ").split()[0] for kind in KINDS} == set(TYPES.split())
    assert {kind for kind in KINDS if "UNSIGNED" in kind} >= {f"{size}INT UNSIGNED" for size in ("TINY", "SMALL", "MEDIUM", "", "BIG")}


@pytest.fixture(params=["default", "ci"])
def profile(request: pytest.FixtureRequest) -> Iterator[str]:
    """Hypothesis as it is set by itself; `ci` where $CI is set."""
    before = settings.get_current_profile_name()
    settings.load_profile(request.param)
    yield request.param
    settings.load_profile(before)


@pytest.mark.usefixtures("profile")
def test_it_goes_on_until_every_kind_was_there(monkeypatch) -> None:
    def trip(_source, _target, world, trips):
        trips.tables += len(world)
        trips.kinds.update(kind.sql for plan in world for kind in plan.columns.values())

    monkeypatch.setattr(sync_roundtrip, "trip", trip)
    few, told = check(None, None, 1), list[SimpleNamespace]()
    every = check(None, None, 1, lambda now: told.append(SimpleNamespace(tables=now.tables)), every=True)
    assert isinstance(every, Trips) and set(every.kinds) == KINDS and set(few.kinds) < KINDS and told[-1].tables == every.tables > few.tables >= 1


@pytest.mark.parametrize("module", sorted(set(re.findall(r"\$\(PY\) -m (bench\.\w+)", (ROOT / "Makefile").read_text()))))
def test_what_make_measures_starts_from_a_clone_alone(module: str) -> None:
    """This one did not find the collection: where tests run it lies on the path already."""
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    told = subprocess.run([sys.executable, "-m", module, "--help"], cwd=ROOT, env=alone, capture_output=True, text=True, timeout=120, check=False)
    assert told.returncode == 0 and told.stdout.startswith("usage: "), told.stderr
