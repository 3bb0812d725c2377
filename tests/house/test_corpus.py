# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every verdict that the code can reach has a case in the corpus, every case is told like the others, and there are enough of them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
RULES = [ROOT / "plugins" / "module_utils" / "switch" / name for name in ("conclusion.py", "rules_here.py", "rules_away.py", "verdict.py")]
CASES = sorted((ROOT / "tests" / "corpus" / "verdict").glob("*.yml"))
ENOUGH = 60


def names() -> set[str]:
    """What the rules call a verdict: every string in capitals of more than one letter."""
    found = set()
    for path in RULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) > 1 and node.value.replace("_", "").isalpha() \
                    and node.value.isupper():
                found.add(node.value)
    return found - {name for path in RULES for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                    if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"
                    for name in ast.literal_eval(node.value)} | {"WRITER_HERE", "WAITING"}


def test_every_verdict_has_a_case_and_every_case_a_verdict() -> None:
    told = {yaml.safe_load(path.read_text(encoding="utf-8"))["expect"]["verdict"] for path in CASES}
    assert told == names()


def test_there_are_enough() -> None:
    assert len(CASES) >= ENOUGH


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_case_is_told_so_that_a_tired_person_understands_it(path: Path) -> None:
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert set(case) == {"given", "expect"} and {"verdict", "action", "because"} <= set(case["expect"])
    because = case["expect"]["because"]
    assert because[0].isupper() or because[0].isdigit()
    assert because.endswith(".") and "\n" not in because and len(because) < 320
