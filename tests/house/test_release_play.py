# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""In which order playbooks/release.yml goes, and where it stops: its own plays with stand-ins for roles, and the real end."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.house.test_playbooks import ROOT, plays

pytestmark = pytest.mark.long
STUBS = {
    "release/main": "- ansible.builtin.debug: {msg: 'DID image'}\n- ansible.builtin.set_fact: {release_images: {nhn: 'n@1', aws: 'a@1'}}",
    "release/hold": "- ansible.builtin.debug: {msg: 'DID hold'}",
    "release/before": "- ansible.builtin.debug: {msg: 'DID look'}\n- ansible.builtin.assert: {that: 'inventory_hostname != foreign'}",
    "nhn_kubernetes/kubeconfig": "- ansible.builtin.debug: {msg: 'the way in'}",
    "k8s_app/schema": "- ansible.builtin.debug: {msg: 'DID schema {{ app_image }} {{ app_image_by_digest }}'}",
    "db_gate/tables": "- ansible.builtin.debug: {msg: 'DID gate'}",
    "db_replica/arrived": "- ansible.builtin.debug: {msg: 'DID wait'}\n- ansible.builtin.assert: {that: replica_follows}",
    "release/roll": "- ansible.builtin.debug: {msg: 'DID roll {{ release_image }} migrate={{ k8s_app_migrate | default(''unset'') }}'}\n"
                    "- ansible.builtin.set_fact: {release_outcome: '{{ fates[inventory_hostname] | combine({\"site\": inventory_hostname}) }}'}",
    "rehearsal/configure": "- ansible.builtin.debug: {msg: 'DID rehearse'}",
    "release/back": "- ansible.builtin.debug: {msg: 'DID back {{ inventory_hostname }}'}",
}
GOOD = {"outcome": "good", "because": "it answered"}
BACK = {"outcome": "back", "because": "9.0 % of requests fail"}
STOPPED = {"outcome": "stopped", "because": "it could not be asked"}
BEFORE = ["hold", "look", "look", "image", "schema n@1 n@1", "gate", "wait"]
AWS, NHN = "roll a@1 migrate=unset", "roll n@1 migrate=False"


def release(folder: Path, **given: object) -> tuple[int, list[str], str]:
    """(exit code, what was done in order, everything said)."""
    for name, tasks in STUBS.items():
        role, entry = name.split("/")
        (folder / "roles" / role / "tasks").mkdir(parents=True, exist_ok=True)
        (folder / "roles" / role / "tasks" / f"{entry}.yml").write_text(tasks)
    (folder / "roles" / "release" / "tasks" / "conclude.yml").write_text((ROOT / "roles" / "release" / "tasks" / "conclude.yml").read_text())
    kept = [play for path, play in plays(ROOT / "playbooks" / "release.yml") if path.name == "release.yml"]
    (folder / "play.yml").write_text(yaml.safe_dump(kept))
    (folder / "hosts.yml").write_text("all: {vars: {app_image_by_digest: a@0}, hosts: {localhost: , nhn: , aws: }, "
                                      "children: {management_host: {hosts: {management: }}, "
                                      "standby_host: {hosts: {standby: }}}}")
    variables = {"ansible_python_interpreter": sys.executable, "ansible_connection": "local", "topology_writer": "nhn", "topology_primary": "nhn",
                 "topology_standby": "aws", "world": {"nhn": {"host": {}}, "aws": {"host": {}}}, "aws_auth": {}, "release_name": "1.4",
                 "release_registries": [{}], "release_current_file": str(folder / "current.json"), "replica_follows": True, "foreign": "",
                 "fates": {"nhn": GOOD, "aws": GOOD}, **given}
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", folder / "hosts.yml", folder / "play.yml", "-e", json.dumps(variables)],
        cwd=folder, text=True, check=False, capture_output=True, timeout=240,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_ROLES_PATH": str(folder / "roles"),
             "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections")})
    said = done.stdout + done.stderr
    return done.returncode, re.findall(r'"msg": "DID (.*)"$', said, re.MULTILINE), " ".join(said.split())


def test_all_is_well_and_what_runs_is_kept(tmp_path: Path) -> None:
    code, done, said = release(tmp_path)
    assert code == 0, said[-1500:]
    assert done == [*BEFORE, AWS, NHN, "rehearse"]
    assert json.loads((tmp_path / "current.json").read_text()) == {"release": "1.4", "images": {"nhn": "n@1", "aws": "a@1"}}


@pytest.mark.parametrize(("given", "after", "words"), [
    ({"fates": {"nhn": GOOD, "aws": BACK}}, [*BEFORE, AWS], "Release 1.4 stopped at aws: 9.0 % of requests fail It was taken back"),
    ({"fates": {"nhn": BACK, "aws": GOOD}}, [*BEFORE, AWS, NHN, "back aws"], "Release 1.4 stopped at nhn: 9.0 % of requests fail It was taken back"),
    ({"fates": {"nhn": STOPPED, "aws": GOOD}}, [*BEFORE, AWS, NHN], "stopped at nhn: it could not be asked Nothing was taken back"),
    ({"replica_follows": False}, BEFORE, "Assertion failed"),
    ({"foreign": "aws"}, ["hold", "look", "look"], "Assertion failed"),
    ({"topology_writer": "aws"}, [], "Bring the service home first."),
    ({"topology_writer": ""}, [], "the record names nobody"),
    ({"release_name": ""}, [], "A release has a name"),
    ({"release_registries": []}, [], "names no registries"),
])
def test_it_stops_where_something_is_wrong_and_says_what_that_leaves(
    tmp_path: Path, given: dict[str, object], after: list[str], words: str,
) -> None:
    code, done, said = release(tmp_path, **given)
    assert code != 0 and done == after, said[-1500:]
    assert words in said and not (tmp_path / "current.json").exists()
