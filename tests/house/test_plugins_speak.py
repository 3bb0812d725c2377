# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What ansible-test refuses in plugins/, found here within a second: an assert, which -O takes out, a variable called _, and print()."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "plugins").rglob("*.py"))


def refused(text: str) -> Iterator[str]:
    """What is in a file that does not belong there, with its line."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Assert):
            yield f"{node.lineno}: assert; raise what the caller knows"
        elif (isinstance(node, ast.Name) and node.id == "_") or (isinstance(node, ast.arg) and node.arg == "_"):
            yield f"{node.lineno}: a variable _; call it _unused"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            yield f"{node.lineno}: print(); module_utils/aloud.py speaks"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_has_what_ansible_test_refuses(path: Path) -> None:
    assert list(refused(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("text", ["assert x", "for _ in x: pass", "a, _ = x", "[a for a, _ in x]", "lambda _: 1", "print(1)"])
def test_each_is_seen(text: str) -> None:
    assert len(list(refused(text))) == 1


def test_what_is_meant_otherwise_is_left() -> None:
    assert list(refused("for _unused in x: said('print(1)')\npage.print(2)\n")) == []
