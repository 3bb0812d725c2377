# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""In which order playbooks/deploy_app.yml goes, and where it stops: its own plays with stand-ins for roles. No image before its schema is there."""

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
DONE = {"release/runs": "look", "release/same": "same", "k8s_app/schema": "schema", "db_gate/tables": "gate", "db_replica/arrived": "wait",
        "k8s_app/main": "nhn", "aws_web/main": "aws", "aws_waf/main": "firewall", "site_edge/main": "edge"}
LOOKED, SCHEMA, ROLLED = ["look", "look", "same", "same"], ["schema", "gate", "wait"], {"nhn", "aws", "firewall"}


def deploy(folder: Path, *more: str, stops: str = "", **given: object) -> tuple[int, list[str]]:
    """(exit code, what was done in order). `stops`: what of DONE fails."""
    for name, done in DONE.items():
        role, entry = name.split("/")
        (folder / "roles" / role / "tasks").mkdir(parents=True, exist_ok=True)
        (folder / "roles" / role / "tasks" / f"{entry}.yml").write_text(
            f"- ansible.builtin.debug: {{msg: 'DID {done}'}}\n- ansible.builtin.assert: {{that: {'false' if done == stops else 'true'}}}\n")
    kept = [play for path, play in plays(ROOT / "playbooks" / "deploy_app.yml") if path.name in ("deploy_app.yml", "all_or_nothing.yml")]
    (folder / "play.yml").write_text(yaml.safe_dump(kept))
    (folder / "hosts.yml").write_text("all: {hosts: {localhost: }, children: {clouds: {hosts: {nhn: , aws: }}, "
                                      "management_host: {hosts: {management: }}, standby_host: {hosts: {standby: }}}}")
    variables = {"ansible_python_interpreter": sys.executable, "ansible_connection": "local", "topology_writer": "nhn", "topology_primary": "nhn",
                 "aws_auth": {}, **given}
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", folder / "hosts.yml", folder / "play.yml", "-e", json.dumps(variables), *more],
        cwd=folder, text=True, check=False, capture_output=True, timeout=240,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_ROLES_PATH": str(folder / "roles"),
             "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections")})
    return done.returncode, re.findall(r'"msg": "DID (.*)"$', done.stdout + done.stderr, re.MULTILINE)


@pytest.mark.parametrize("writer", ["", "nhn"])
def test_the_schema_has_arrived_before_either_site_runs_what_needs_it(tmp_path: Path, writer: str) -> None:
    code, done = deploy(tmp_path, topology_writer=writer)
    assert code == 0 and done[:7] == LOOKED + SCHEMA and set(done[7:10]) == ROLLED and done[10:] == ["edge", "edge"]


@pytest.mark.parametrize("stops", ["look", "same"])
def test_nothing_is_touched_where_another_release_runs(tmp_path: Path, stops: str) -> None:
    code, done = deploy(tmp_path, stops=stops)
    assert code != 0 and set(done) <= set(LOOKED)


@pytest.mark.parametrize("stops", SCHEMA)
def test_nothing_is_rolled_out_where_the_schema_did_not_come_or_not_across(tmp_path: Path, stops: str) -> None:
    code, done = deploy(tmp_path, stops=stops)
    assert code != 0 and done == LOOKED + SCHEMA[:SCHEMA.index(stops) + 1]


def test_edges_lead_nobody_to_what_did_not_come_up(tmp_path: Path) -> None:
    code, done = deploy(tmp_path, stops="nhn")
    assert code != 0 and "edge" not in done


def test_a_writer_that_is_not_the_primary_gets_no_schema_from_here(tmp_path: Path) -> None:
    code, done = deploy(tmp_path, topology_writer="aws")
    assert code == 0 and set(done) == {*LOOKED, *ROLLED, "edge"}


@pytest.mark.parametrize(("tags", "wanted"), [("k8s_app", ["look", "same", "same", "schema", "gate", "nhn"]),
                                              ("aws_web", ["look", "same", "same", "schema", "gate", "wait", "aws"]),
                                              ("db_gate", ["gate"]), ("site_edge", ["edge", "edge"])])
def test_a_part_alone_brings_what_it_needs(tmp_path: Path, tags: str, wanted: list[str]) -> None:
    """Kubernetes alone asks nothing of the standby, which may be away; AWS's instances alone need their schema there and across."""
    code, done = deploy(tmp_path, "--tags", tags)
    assert code == 0 and done == wanted
