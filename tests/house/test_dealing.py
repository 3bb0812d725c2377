# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How tests are dealt to two processes: what needs real servers goes to one of them, whatever file it is in, and everything else by files."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests import conftest


class Item:
    """As much of pytest's as is looked at."""

    def __init__(self, file: str, *fixtures: str, long: bool = False) -> None:
        self.path, self.fixturenames, self.marks = Path("/clone/tests") / file, fixtures, [pytest.mark.long] if long else []

    def add_marker(self, mark: Any) -> None:
        self.marks.append(mark)

    def get_closest_marker(self, name: str) -> Any:
        return next((mark for mark in self.marks if mark.name == name), None)

    @property
    def group(self) -> Any:
        found = self.get_closest_marker("xdist_group")
        return found.args[0] if found else None


def dealt(loadgroup: bool) -> list[Item]:
    items: Any = [Item("unit/test_a.py"), Item("contract/test_salvage_servers.py", "twins"), Item("contract/test_b.py", long=True),
                  Item("contract/test_b.py"), Item("contract/test_c.py", "alone"), Item("contract/test_c.py"),
                  Item("contract/test_replication_servers.py", "twins")]
    config: Any = SimpleNamespace(option=SimpleNamespace(loadgroup=loadgroup), rootpath=Path("/clone"))
    conftest.pytest_collection_modifyitems(config, items)
    return items


def test_servers_together_then_what_takes_long_then_the_rest() -> None:
    assert [(item.path.name, item.group) for item in dealt(True)] == [
        ("test_c.py", "servers"), ("test_replication_servers.py", "servers"), ("test_salvage_servers.py", "servers"),
        ("test_b.py", "tests/contract/test_b.py"), ("test_b.py", "tests/contract/test_b.py"),
        ("test_a.py", "tests/unit/test_a.py"), ("test_c.py", "tests/contract/test_c.py")]


def test_one_process_takes_them_as_they_stand_but_for_the_twins() -> None:
    items = dealt(False)
    assert [item.path.name for item in items] == ["test_a.py", "test_b.py", "test_b.py", "test_c.py", "test_c.py", "test_replication_servers.py",
                                                  "test_salvage_servers.py"]
    assert all(item.group is None for item in items)
    assert [bool(item.get_closest_marker("servers")) for item in items] == [False, False, False, True, False, True, True]
