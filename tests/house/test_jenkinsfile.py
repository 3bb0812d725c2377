# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Jenkinsfile, run by a stand-in agent: it calls make and playbooks that exist, releases from one branch only, and stops at what fails."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.house.stand_in_agent import run, settings, stages

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "Jenkinsfile").read_text()


@pytest.fixture
def agent(tmp_path: Path) -> dict[str, str]:
    """A workspace whose make and ansible-playbook only write down what they were told; whoever is named in the file `fails` says no."""
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for place in (tmp_path / "make", tmp_path / ".venv" / "bin" / "ansible-playbook"):
        place.write_text(f'#!/bin/sh\necho "{place.name} $*" >> {tmp_path}/told\n! grep -qxF "$(basename $0) $*" {tmp_path}/fails 2>/dev/null\n')
        place.chmod(0o755)
    given = {name: value or f"/credentials/{credential}" for name, (value, credential) in settings(TEXT).items()}
    return {"PATH": f"{tmp_path}:{os.environ['PATH']}", "GIT_COMMIT": "0a1b2c3", **given}


def told(folder: Path) -> list[str]:
    return (folder / "told").read_text().splitlines()


def test_main_is_checked_and_released_under_the_name_of_its_commit(tmp_path: Path, agent: dict[str, str]) -> None:
    assert run(TEXT, "main", tmp_path, agent) == [("Set up", 0), ("Check", 0), ("Look", 0), ("Release", 0)]
    assert told(tmp_path) == ["make setup", "make check", "ansible-playbook -i inventories/production playbooks/status.yml",
                              "ansible-playbook -i inventories/production playbooks/release.yml -e release_name=0a1b2c3"]


def test_another_branch_is_only_checked(tmp_path: Path, agent: dict[str, str]) -> None:
    assert run(TEXT, "feature/seats", tmp_path, agent) == [("Set up", 0), ("Check", 0)]


@pytest.mark.parametrize(("fails", "stops"), [("make check", "Check"), ("ansible-playbook -i inventories/production playbooks/status.yml", "Look")])
def test_what_fails_is_the_last_thing_that_is_done(tmp_path: Path, agent: dict[str, str], fails: str, stops: str) -> None:
    (tmp_path / "fails").write_text(f"{fails}\n")
    assert run(TEXT, "main", tmp_path, agent)[-1] == (stops, 1) and told(tmp_path)[-1] == fails


def test_it_calls_only_what_can_be_called_without_it() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for stage in stages(TEXT):
        words = stage.line.split()
        if words[0] == "make":
            assert words[1] in targets
        else:
            assert words[0] == ".venv/bin/ansible-playbook" and all((ROOT / word).is_file() for word in words if word.startswith("playbooks/"))
    assert (ROOT / settings(TEXT)["INVENTORY"][0]).is_dir()


def test_its_one_secret_is_a_credential_and_no_text() -> None:
    assert settings(TEXT)["ANSIBLE_VAULT_PASSWORD_FILE"] == ("", "vault-password")
    assert not re.search(r"password\s*[:=]\s*['\"]", TEXT, re.IGNORECASE)


@pytest.mark.parametrize("more", ["sh 'rm -rf /'", "script { echo 'x' }", "stage('B') { steps { sh 'true'; sh 'false' } }"])
def test_what_the_stand_in_does_not_understand_it_refuses(more: str) -> None:
    with pytest.raises(ValueError, match="not understood"):
        stages(TEXT.replace("    stage('Check') {", f"    {more}\n    stage('Check') {{"))
