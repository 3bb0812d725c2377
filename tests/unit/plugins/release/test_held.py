# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two releases at once take each other's images for what ran before, so one waits; one that was killed holds nobody off."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.release import held
from ansible_collections.multicloud.dr.plugins.module_utils.release.held import Held


def process(folder: Path, number: int, parent: int, words: str, started: int = 7, state: str = "S") -> None:
    made = folder / str(number)
    made.mkdir(exist_ok=True)
    (made / "stat").write_text(f"{number} (a ) name) {state} {parent} " + "0 " * 17 + f"{started} 0 0\n")
    (made / "cmdline").write_bytes(words.replace(" ", "\0").encode())


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """Two runs, each with a worker and its module; the second was begun by a task of a third."""
    made = tmp_path / "proc"
    made.mkdir()
    for number, parent, words in ((10, 1, "bash"), (11, 10, "python ansible-playbook release.yml"), (12, 11, "python ansible-playbook release.yml"),
                                  (13, 12, "python module.py"), (20, 10, "ansible-playbook story.yml"), (21, 20, "ansible-playbook story.yml"),
                                  (22, 21, "sh -c"), (23, 22, "ansible-playbook release.yml"), (24, 23, "ansible-playbook release.yml"),
                                  (25, 24, "python module.py")):
        process(made, number, parent, words)
    return made


def test_a_run_is_its_own_ansible_playbook(machine: Path) -> None:
    assert [held.playbook(number, machine) for number in (13, 25, 22, 10)] == [11, 23, 20, None]


def test_one_at_a_time(tmp_path: Path, machine: Path) -> None:
    assert held.hold(tmp_path / "releases", "1.4", 11, machine) and not held.hold(tmp_path / "releases", "1.4", 11, machine)
    with pytest.raises(Held, match=r"Release 1\.4 is being run here already, by process 11\. Wait for its end"):
        held.hold(tmp_path / "releases", "1.5", 23, machine)
    assert held.hold(tmp_path / "elsewhere", "1.5", 23, machine)


@pytest.mark.parametrize(("started", "state"), [(8, "S"), (7, "Z")])
def test_who_has_ended_holds_nobody_off(tmp_path: Path, machine: Path, started: int, state: str) -> None:
    held.hold(tmp_path, "1.4", 11, machine)
    process(machine, 11, 10, "another one of the same number", started, state)
    assert held.hold(tmp_path, "1.5", 23, machine)
    (tmp_path / held.NAME).write_text("{half")
    assert held.hold(tmp_path, "1.5", 23, machine)


def test_where_nobody_knows_the_run_nobody_is_held_off(tmp_path: Path, machine: Path) -> None:
    assert not held.hold(tmp_path, "1.4", None, machine) and not held.hold(tmp_path, "1.4", 99, machine)


def test_this_machine_tells(tmp_path: Path) -> None:
    assert held.hold(tmp_path, "1.4", os.getpid()) and not held.hold(tmp_path, "1.4", os.getpid())
