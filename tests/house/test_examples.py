# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whoever looks for an option finds it used: every option of every module stands in an example of that module."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
MODULES = sorted(path for path in (ROOT / "plugins" / "modules").glob("*.py") if path.stem != "__init__")
OURS = "multicloud.dr."
LOG_IN = "auth"             # given once for all, by module_defaults; its own options are told in docs/nhn.md


def texts(path: Path) -> dict[str, Any]:
    """The strings that are assigned to names in a file, at any depth, as YAML."""
    return {target.id: yaml.safe_load(node.value.value) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
            for target in node.targets if isinstance(target, ast.Name) and target.id.isupper()}


def documented(path: Path) -> dict[str, Any]:
    """The options of a module with those of our fragments; those of others are told by them."""
    doc = texts(path)["DOCUMENTATION"]
    options = dict(doc.get("options") or {})
    for fragment in doc.get("extends_documentation_fragment") or []:
        if fragment.startswith(OURS):
            name, _, part = fragment.removeprefix(OURS).partition(".")
            options |= texts(ROOT / "plugins" / "doc_fragments" / f"{name}.py")[(part or "documentation").upper()]["options"]
    return options


def paths(options: dict[str, Any], above: str = "") -> Iterator[str]:
    """Every option by its path, such as rules.port_min."""
    for name, option in options.items():
        yield above + name
        if above + name != LOG_IN:
            yield from paths(option.get("suboptions") or {}, f"{above}{name}.")


def used(given: Any, options: dict[str, Any], above: str = "") -> Iterator[str]:
    """Every option that an example gives, by its path, as deep as options go."""
    for each in given if isinstance(given, list) else [given]:
        for name, value in (each if isinstance(each, dict) else {}).items():
            yield above + name
            yield from used(value, options.get(name, {}).get("suboptions") or {}, f"{above}{name}.")


def examples(path: Path) -> Iterator[dict[str, Any]]:
    """What each task that uses the module gives it."""
    yield from (task[OURS + path.stem] or {} for task in texts(path)["EXAMPLES"] if OURS + path.stem in task)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_every_option_stands_in_an_example(path: Path) -> None:
    options = documented(path)
    shown = {name for given in examples(path) for name in used(given, options)}
    assert [name for name in paths(options) if name not in shown] == []
