# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role aws_web where instances do not become well: it says what it saw last, as a release that is taken back has these words for its reason."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.house.test_playbooks import ROOT

# Stands in for aws_web_info, which wants an AWS.
INFO = """#!/usr/bin/python
import json
from ansible.module_utils.basic import AnsibleModule
module = AnsibleModule({"name": {"type": "str"}})
with open(FILE) as told:
    answer = json.load(told)
(module.fail_json if "msg" in answer else module.exit_json)(**answer)
"""
WELL = {"behind": [], "refreshing": False, "healthy": {"tickets-edge": 2, "tickets-app": 2}, "capacity": 2}


def prove(folder: Path, answer: dict[str, object], file: str = "prove", **given: object) -> tuple[int, str]:
    """(exit code, the reason as a release has it) of a part of the role with this answer of AWS's."""
    collection = folder / "collections" / "ansible_collections" / "multicloud" / "dr"
    for part in ("plugins/module_utils/release", "meta"):
        shutil.copytree(ROOT / part, collection / part, dirs_exist_ok=True)
    (collection / "plugins" / "filter").mkdir(exist_ok=True)
    shutil.copy(ROOT / "plugins" / "filter" / "release.py", collection / "plugins" / "filter")
    (collection / "plugins" / "modules").mkdir(parents=True, exist_ok=True)
    (collection / "plugins" / "modules" / "aws_web_info.py").write_text(INFO.replace("FILE", repr(str(folder / "answer.json"))))
    (folder / "answer.json").write_text(json.dumps(answer))
    tasks = yaml.safe_load((ROOT / "roles" / "aws_web" / "tasks" / f"{file}.yml").read_text())
    (folder / "part.yml").write_text(yaml.safe_dump([task for task in tasks if "amazon.aws.autoscaling_instance_refresh" not in task])
                                     .replace("delay: 5", "delay: 0").replace("retries: 60", "retries: 2"))
    (folder / "play.yml").write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": [{
        "block": [{"ansible.builtin.include_tasks": str(folder / "part.yml")}],
        "rescue": [{"ansible.builtin.fail": {"msg": "REASON {{ ansible_failed_result | multicloud.dr.release_why }} END"}}]}]}]))
    variables = {"ansible_python_interpreter": sys.executable, "aws_web_name": "tickets", "aws_web_wait_seconds": 10, **given}
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", "localhost,", "-c", "local", folder / "play.yml", "-e", json.dumps(variables)],
        cwd=folder, text=True, check=False, capture_output=True, timeout=240,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_COLLECTIONS_PATH": str(folder / "collections")})
    said = " ".join((done.stdout + done.stderr).split())
    return done.returncode, (re.findall(r"REASON (.*?) END", said) or [""])[-1]


@pytest.mark.parametrize(("answer", "words"), [
    ({"web": {**WELL, "behind": ["i-1", "i-2"], "refreshing": True}}, ["i-1, i-2", "still being replaced"]),
    ({"web": {**WELL, "healthy": {"tickets-edge": 1, "tickets-app": 2}}}, ["tickets-edge 1 of 2"]),
    ({"msg": "AWS refused to look for the application: you are not authorized"}, ["you are not authorized"]),
])
def test_what_was_seen_last_is_said(tmp_path: Path, answer: dict[str, object], words: list[str]) -> None:
    code, reason = prove(tmp_path, answer)
    assert code != 0 and all(each in reason for each in [*words, "10 s"]) and "nothing was said" not in reason, reason


def test_instances_that_are_well_are_no_matter(tmp_path: Path) -> None:
    assert prove(tmp_path, {"web": WELL}) == (0, "")


def test_a_replacement_that_does_not_end_is_told(tmp_path: Path) -> None:
    code, reason = prove(tmp_path, {"web": {**WELL, "refreshing": True}}, "give_up")
    assert code != 0 and "tickets" in reason and "aws autoscaling describe-instance-refreshes" in reason, reason
