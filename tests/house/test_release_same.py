# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A build brings no other release than the one that runs: what each site's application says is held against what the inventory would deploy."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.house.test_playbooks import plays
from tests.house.test_release_before import OLD, OURS, ROOT, app

__all__ = ["app"]
AWAY = "http://127.0.0.1:9"


def deploy(folder: Path, urls: dict[str, str], *more: str, current: bool = True, **given: object) -> tuple[bool, str]:
    """(whether the plays before anything is touched went through, all that was said) where each site says what its address is called."""
    kept = [play for path, play in plays(ROOT / "playbooks" / "deploy_app.yml") if path.name == "deploy_app.yml"]
    first = next(number for number, play in enumerate(kept) if play["name"].startswith("Bring the schema"))
    for play in kept[:first]:
        for task in play["tasks"]:
            task["ansible.builtin.include_role"]["name"] = f"multicloud.dr.{task['ansible.builtin.include_role']['name']}"
    (folder / "play.yml").write_text(yaml.safe_dump(kept[:first]))
    if current:
        (folder / "current.json").write_text(json.dumps({"release": "1.3", "images": {}}))
    (folder / "hosts.yml").write_text(yaml.safe_dump({"all": {"children": {"clouds": {"hosts": {
        site: {"release_site": site, "release_what_runs_url": url, "release_ask_from": "localhost"} for site, url in urls.items()}}}}}))
    variables = {"ansible_python_interpreter": sys.executable, "release_current_file": str(folder / "current.json"), "release_what_ran": OLD, **given}
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", folder / "hosts.yml", folder / "play.yml", "-e", json.dumps(variables), *more],
        cwd=folder, text=True, check=False, capture_output=True, timeout=240,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections")})
    return done.returncode == 0, re.sub(r"\s+", " ", done.stdout + done.stderr)


@pytest.mark.parametrize("says", [[OLD, OLD], ["nothing", OLD], ["nothing", "nothing"]])
def test_what_runs_is_deployed_again_and_who_tells_nothing_holds_nothing_up(app: str, tmp_path: Path, says: list[str]) -> None:
    through, said = deploy(tmp_path, {"nhn": f"{app}/{says[0]}", "aws": f"{app}/{says[1]}"})
    assert through, said[-2000:]


def test_a_first_build_is_one_where_nobody_answers(tmp_path: Path) -> None:
    through, said = deploy(tmp_path, {"nhn": AWAY, "aws": AWAY}, current=False)
    assert through, said[-2000:]


def test_both_are_named_that_run_another_and_what_to_do(app: str, tmp_path: Path) -> None:
    through, said = deploy(tmp_path, {"nhn": f"{app}/{OURS}", "aws": f"{app}/{OURS}"}, current=False)
    assert not through and f": aws runs {OURS}, and {OLD} would come; nhn runs {OURS}, and {OLD} would come. What" in said
    assert "is not there" in said and "Nothing was touched" in said and "-e release_accept_other=true" in said


def test_only_who_is_deployed_is_asked(app: str, tmp_path: Path) -> None:
    urls = {"nhn": f"{app}/{OLD}", "aws": f"{app}/{OURS}"}
    assert deploy(tmp_path, urls, "--tags", "k8s_app")[0]
    through, said = deploy(tmp_path, urls, "--tags", "aws_web")
    assert not through and f"one that would be deployed: aws runs {OURS}" in said and "current.json names" in said


def test_it_can_be_meant(app: str, tmp_path: Path) -> None:
    through, said = deploy(tmp_path, {"nhn": f"{app}/{OURS}", "aws": f"{app}/{OURS}"}, "-e", "release_accept_other=true")
    assert through, said[-2000:]
