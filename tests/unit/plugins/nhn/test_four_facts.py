# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every fault that the modules for NHN Cloud raise says what is left and what to do."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils import faults

HOME = Path(__file__).parents[4] / "plugins" / "module_utils" / "nhn"
BY_THEMSELVES = {"BadInput", "Unchangeable"}
RAISED = {name for name, kind in vars(faults).items() if isinstance(kind, type) and issubclass(kind, faults.Fault)} - BY_THEMSELVES | {"fault"}


@pytest.mark.parametrize("path", sorted(HOME.glob("*.py")), ids=lambda path: path.stem)
def test_it_says_what_is_left_and_what_to_do(path: Path) -> None:
    made = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RAISED]
    assert [node.lineno for node in made if not {"left", "then"} <= {word.arg for word in node.keywords}] == []


@pytest.mark.parametrize("fault", [faults.BadInput(["a: wrong"]), faults.Unchangeable(["a"], {"a": 1}, {"a": 2})])
def test_the_others_do_by_themselves(fault: faults.Fault) -> None:
    assert fault.left and fault.then


def test_what_was_accepted_before_is_told_once() -> None:
    fault = faults.Refused("attach volume", "v", left="This request changed nothing.", then="Mend it.")
    fault.after([])
    assert fault.told().endswith("This request changed nothing. Mend it.")
    fault.after(["create volume v", "create volume v"])
    assert "before, and not taken back: create volume v. Mend it." in fault.told() and str(fault) == fault.told()
