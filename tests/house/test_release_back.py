# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How role release takes a release back, and what it says where that fails: its own tasks, and a stand-in for the role that runs the application."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.house.test_release_before import OLD, OTHER, OURS, ROOT, app

__all__ = ["app"]
pytestmark = pytest.mark.long
# Says which image it is given, and how the record stands meanwhile; the images in `bad` do not come up.
RUN = """
- ansible.builtin.debug: {msg: "DID {{ app_image }} {{ steps | map(attribute='outcome', default='under way') | join(' ') }}"}
  vars: {steps: "{{ (lookup('ansible.builtin.file', release_folder ~ '/1.4.json') | from_json).steps }}"}
- ansible.builtin.fail: {msg: "{{ app_image }} did not come up."}
  when: app_image in bad
"""


def play(folder: Path, app: str, tasks: list[dict[str, Any]], **given: object) -> tuple[int, list[str], str]:
    """(exit code, what the stand-in did in order, everything said) of tasks that are written for a site."""
    shutil.copytree(ROOT / "roles" / "release", folder / "roles" / "release", dirs_exist_ok=True)
    (folder / "roles" / "k8s_app" / "tasks").mkdir(parents=True, exist_ok=True)
    (folder / "roles" / "k8s_app" / "tasks" / "main.yml").write_text(RUN)
    (folder / "play.yml").write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "any_errors_fatal": True, "tasks": tasks}]))
    variables = {"ansible_python_interpreter": sys.executable, "release_name": "1.4", "release_site": "nhn", "release_ask_from": "localhost",
                 "release_role": "k8s_app", "release_folder": str(folder / "records"), "release_current_file": str(folder / "current.json"),
                 "release_image": "shop@new", "release_image_before": "shop@old", "release_ready_url": f"{app}/readyz",
                 "release_edge_url": f"{app}/edgez", "release_edge_socket": "", "release_pages": [f"{app}/"], "release_before_seconds": 1,
                 "release_watch_seconds": 1, "release_least_requests": 1, "release_what_ran": OLD, "bad": [], **given}
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", "localhost,", "-c", "local", folder / "play.yml", "-e", json.dumps(variables)],
        cwd=folder, text=True, check=False, capture_output=True, timeout=240,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_ROLES_PATH": str(folder / "roles"),
             "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections")})
    said = done.stdout + done.stderr
    return done.returncode, re.findall(r'"msg": "DID (.*)"$', said, re.MULTILINE), " ".join(said.split())


def part(name: str, **given: object) -> dict[str, Any]:
    return {"ansible.builtin.include_role": {"name": "release", "tasks_from": name}, "vars": given}


CONCLUDE = part("conclude", release_images={"nhn": "shop@new"}, release_outcomes="{{ [release_outcome] }}")


def record(folder: Path) -> list[str]:
    """How each step ended."""
    return [step.get("outcome", "under way") for step in json.loads((folder / "records" / "1.4.json").read_text())["steps"]]


def test_it_is_taken_back_before_that_is_written_down(app: str, tmp_path: Path) -> None:
    """Who is killed between the two begins the site anew, and leaves no bad image behind a note that it was taken back."""
    code, done, said = play(tmp_path, app, [part("roll"), CONCLUDE], bad=["shop@new"])
    assert code != 0 and done == ["shop@new under way", "shop@old under way"], said[-1500:]
    assert record(tmp_path) == ["failed"]
    assert "stopped at nhn: shop@new did not come up. It was taken back: every site runs what ran before." in said


def test_a_way_back_that_fails_is_told_at_the_end(app: str, tmp_path: Path) -> None:
    code, done, said = play(tmp_path, app, [part("roll"), CONCLUDE], bad=["shop@new", "shop@old"])
    assert code != 0 and done == ["shop@new under way", "shop@old under way"] and record(tmp_path) == ["failed"], said[-1500:]
    assert "stopped at nhn: shop@new did not come up. It could not be taken back: shop@old did not come up." in said
    assert "every site runs what ran before" not in said


def test_so_is_one_at_a_site_where_all_was_well(app: str, tmp_path: Path) -> None:
    well = {"ansible.builtin.set_fact": {"release_outcome": {"site": "nhn", "outcome": "good", "because": "it answered"}}}
    other = {"site": "aws", "outcome": "back", "because": "9.0 % of requests fail."}
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "1.4.json").write_text(json.dumps({
        "release": "1.4", "begun": 1.0, "facts": {"digest": OURS}, "steps": [{"name": "roll:nhn", "began": 1.0, "ended": 2.0, "outcome": "done"}]}))
    end = part("conclude", release_images={"nhn": "shop@new"}, release_outcomes=[other, "{{ release_outcome }}"])
    code, done, said = play(tmp_path, app, [well, part("back"), end], bad=["shop@old"])
    assert code != 0 and done == ["shop@old back"] and record(tmp_path) == ["back"], said[-1500:]
    assert "stopped at aws: 9.0 % of requests fail. It was taken back there. " in said
    assert "stopped at nhn: all was well there. It could not be taken back: shop@old did not come up." in said


def test_where_another_release_came_meanwhile_nothing_is_rolled_out(app: str, tmp_path: Path) -> None:
    """Somebody else released from another machine while this one built and pushed."""
    code, done, said = play(tmp_path, app, [part("roll"), CONCLUDE], release_what_runs_url=f"{app}/{OTHER}")
    assert code != 0 and done == [] and record(tmp_path) == ["failed"], said[-1500:]
    assert f"another release came there meanwhile: {OTHER} runs, and not {OLD}" in said and "every site runs what ran before" not in said


def test_where_nobody_did_it_is(app: str, tmp_path: Path) -> None:
    code, done, said = play(tmp_path, app, [part("roll"), CONCLUDE], release_what_runs_url=f"{app}/{OLD}")
    assert code == 0 and done == ["shop@new under way"] and record(tmp_path) == ["done"], said[-1500:]
