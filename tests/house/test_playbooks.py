# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The guards between playbooks, run for real on hosts that are this machine, and the order in which site.yml stands on them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]


def run(folder: Path, plays: str, **given: object) -> tuple[int, str]:
    """(exit code, everything said) of a playbook over the hosts left, right and localhost."""
    (folder / "play.yml").write_text(plays)
    (folder / "hosts.yml").write_text("all: {hosts: {localhost: , left: , right: }}")
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", folder / "hosts.yml", "-c", "local", folder / "play.yml",
         "-e", json.dumps({"ansible_python_interpreter": sys.executable, **given})], cwd=ROOT, text=True, check=False, capture_output=True,
        timeout=120, env={**os.environ, "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1"})
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def plays(path: Path = ROOT / "site.yml") -> list[tuple[Path, dict[str, Any]]]:
    """Every play, in order, imports followed."""
    found: list[tuple[Path, dict[str, Any]]] = []
    for play in yaml.safe_load(path.read_text()):
        imported = play.get("ansible.builtin.import_playbook")
        found += plays(path.parent / imported) if imported else [(path, play)]
    return found


@pytest.mark.long
@pytest.mark.parametrize("fails", ["", "left", "right"])
def test_nothing_is_built_on_hosts_of_which_one_failed(tmp_path: Path, fails: str) -> None:
    code, said = run(tmp_path, f"""
- hosts: left:right
  gather_facts: false
  strategy: ansible.builtin.free
  tasks:
    - ansible.builtin.assert: {{that: inventory_hostname != fails}}
- ansible.builtin.import_playbook: {ROOT}/playbooks/all_or_nothing.yml
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.debug: {{msg: built on top}}
""", fails=fails)
    assert (code != 0) == ("built on top" not in said) == bool(fails)
    assert not fails or f"{fails} failed above. Mend that and run again" in said


@pytest.mark.long
@pytest.mark.parametrize(("writer", "refused"), [("", False), ("nhn", False), ("aws", True), ("third", True)])
def test_a_build_refuses_a_writer_that_is_not_the_primary(tmp_path: Path, writer: str, refused: bool) -> None:
    code, said = run(tmp_path, f"- ansible.builtin.import_playbook: {ROOT}/playbooks/refuse_turning_round.yml\n", topology_writer=writer,
                     topology_primary="nhn")
    assert (code != 0) == (f"{writer.upper()} is the writer" in said) == refused


def test_clouds_are_built_side_by_side_and_nothing_stands_on_a_half() -> None:
    found = plays()
    free = [at for at, (_, play) in enumerate(found) if play.get("strategy") == "ansible.builtin.free"]
    assert {found[at][0].name for at in free} >= {"build_networks.yml", "build_databases.yml", "deploy_app.yml"}
    for at in free:
        assert found[at + 1][0].name == "all_or_nothing.yml", f"nothing stops after {found[at][1]['name']}"
    for path, play in found:
        assert play["hosts"] != "clouds" or play.get("strategy") == "ansible.builtin.free" or len(play["roles"]) == 1, f"{path.name}: {play['name']}"
        assert play.get("strategy") or play.get("any_errors_fatal"), f"{path.name}: {play['name']} goes on where a host failed"


def test_site_asks_before_it_builds() -> None:
    names = [path.name for path, _ in plays()]
    assert names[:4] == ["check_plan.yml", "look.yml", "ask_writer.yml", "refuse_turning_round.yml"]
