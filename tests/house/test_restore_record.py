# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a restore of the record refuses, what it names, and what is then done: the role's own tasks, with what hosts would say given beforehand."""

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
TASKS = yaml.safe_load((ROOT / "roles" / "quorum" / "tasks" / "restore.yml").read_text(encoding="utf-8"))
OLD = {"file": "x.db", "sha256": "abc", "made": "2026-11-26T10:10:00Z", "revision": 100, "record": {"writer": "nhn", "epoch": 3}}
LOST = {"answered": False, "because": "no quorum", "writer": None, "epoch": None}
LIVES = {"answered": True, "because": "The record of t says writer nhn, epoch 3.", "writer": "nhn", "epoch": 3}


def restored(folder: Path, lives: dict[str, Any], remembered: list[int], **named: Any) -> str:
    """What is said, in one line; of the tasks that would be done, their names."""
    refuse, restore, put = TASKS[-3:]
    tasks = [
        {"name": "What the hosts say", "ansible.builtin.set_fact": {
            "__quorum_lives": "{{ lives }}", "__quorum_notes": {"results": [{"stdout": "{{ snapshot }}"}, {"stdout": "{{ remembered }}"}]}}},
        refuse,
        {"name": "It is restored", "ansible.builtin.debug": {"msg": "RESTORED"}, "vars": refuse["vars"], "when": restore["when"]},
        {"name": "It is put", "ansible.builtin.debug": {"msg": f"PUT {put['multicloud.dr.quorum_record']['writer']} "
                                                               f"{put['multicloud.dr.quorum_record']['epoch']} after "
                                                               f"{put['multicloud.dr.quorum_record'].get('takeover_seconds')} s"},
         "run_once": True, "when": put["when"]}]
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    hosts = {f"host{number}": {**local, "lives": lives, "snapshot": "" if number else json.dumps(OLD), "remembered": str(epoch)}
             for number, epoch in enumerate(remembered)}
    (folder / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts}}), encoding="utf-8")
    play = {"hosts": "all", "gather_facts": False, "any_errors_fatal": True, "tasks": tasks}
    (folder / "play.yml").write_text(yaml.safe_dump([play]), encoding="utf-8")
    run = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", folder / "hosts.yml", folder / "play.yml",
         "-e", json.dumps({"quorum_restore_writer": "", "quorum_restore_epoch": 0, "quorum_takeover_seconds": 22, **named})],
        cwd=ROOT, text=True, check=False, capture_output=True, timeout=120, env={**os.environ, "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1"})
    assert "Traceback" not in run.stdout + run.stderr and "error while" not in run.stdout.lower(), run.stdout + run.stderr
    return " ".join((run.stdout + run.stderr).split())


@pytest.mark.long
@pytest.mark.parametrize(("lives", "remembered", "named", "said", "done"), [
    (LOST, [3, 3], {}, "If that is so, say it by name: -e quorum_restore_writer=nhn", []),
    (LOST, [3, 3], {"quorum_restore_writer": "nhn"}, "RESTORED", ["RESTORED"]),
    (LOST, [3, 3], {"quorum_restore_writer": "nhn", "quorum_restore_epoch": "4"}, "so there is none to be put forward to", []),
    (LOST, [3, 4], {"quorum_restore_writer": "aws"}, "say it by name: -e quorum_restore_writer=SITE -e quorum_restore_epoch=5", []),
    (LOST, [3, 4], {"quorum_restore_writer": "nhn"}, "A host remembers epoch 4, and in the newest snapshot", []),
    (LOST, [3, 4], {"quorum_restore_writer": "aws", "quorum_restore_epoch": "4"}, "A host remembers epoch 4", []),
    (LOST, [3, 4], {"quorum_restore_epoch": "5"}, "Who wrote last has to be said as well", []),
    (LOST, [3, 4], {"quorum_restore_writer": "aws", "quorum_restore_epoch": "5"}, "PUT aws 5 after 22 s", ["RESTORED", "PUT"]),
    (LIVES, [3, 3], {"quorum_restore_writer": "nhn"}, "The record is not lost: The record of t says writer nhn, epoch 3. Nothing was touched.", []),
    (LIVES, [3, 4], {}, "so it was set back, and that host obeys no earlier one. If nhn shall go on writing, say so by name: "
                        "-e quorum_restore_writer=nhn -e quorum_restore_epoch=5", []),
    (LIVES, [3, 4], {"quorum_restore_writer": "nhn", "quorum_restore_epoch": "4"}, "epoch 4, and by the record, which lives, it is 3", []),
    (LIVES, [3, 4], {"quorum_restore_writer": "aws", "quorum_restore_epoch": "5"}, "PUT aws 5 after 22 s", ["PUT"]),
    (LIVES, [3, 4], {"quorum_restore_writer": "nhn", "quorum_restore_epoch": "5"}, "PUT nhn 5", ["PUT"]),
    (LOST, [3], {"quorum_restore_writer": "nhn"}, "Two hosts of members are needed", []),
])
def test_what_is_refused_and_by_which_names_it_is_done_all_the_same(
        tmp_path: Path, lives: dict[str, Any], remembered: list[int], named: dict[str, Any], said: str, done: list[str]) -> None:
    told = restored(tmp_path, lives, remembered, **named)
    assert said in told, told
    assert [each for each in ("RESTORED", "PUT") if f"msg: {each}" in told] == done, told
