# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the page of figures says of the switch's rows is what the file holds."""

from __future__ import annotations

import json
import re
from pathlib import Path

FIGURES = Path(__file__).parents[2] / "docs" / "figures"


def test_which_rows_name_the_commit_that_they_are_of() -> None:
    told = " ".join((FIGURES / "README.md").read_text(encoding="utf-8").split())
    runs = json.loads((FIGURES / "switch.json").read_text(encoding="utf-8"))["runs"]
    named, unnamed = (re.findall(r"`(\w+)`", part) for part in re.search(  # type: ignore[union-attr]
        r"a row of ([^.]+) names its `commit`\. Rows of ([^.]+) name none", told).groups())
    assert set(named) == {run["kind"] for run in runs if "commit" in run} and set(unnamed) == {run["kind"] for run in runs if "commit" not in run}
    (without,) = re.findall(r"and `(agent_mb)` and `agent_cpu_percent` have no row", told)
    assert not any(without in run for run in runs)
