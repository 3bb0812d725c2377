# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role rehearsal: refuses what would let users reach a copy, describes to the program what the program takes, and has every end cleared away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml
from ansible_collections.multicloud.dr.plugins.module_utils.rehearsal.parts import parts_from

ROOT = Path(__file__).parents[2]
ROLE = ROOT / "roles" / "rehearsal"
GOOD: dict[str, Any] = {
    **yaml.safe_load((ROLE / "defaults/main.yml").read_text(encoding="utf-8")), "rehearsal_site": "aws", "rehearsal_topology": "tickets",
    "rehearsal_schemas": ["tickets", "dr"], "rehearsal_database_host": "db", "rehearsal_database_user": "dr_agent",
    "rehearsal_database_password": "x", "rehearsal_aws": {"instance": "tickets-db", "admin_user": "admin", "admin_password": "y", "region": "r"},
    "rehearsal_image": "tickets:1", "rehearsal_account": "app", "rehearsal_schema": "tickets", "rehearsal_live_url": "http://10.0.0.10:8081",
    "rehearsal_environment": {"SESSION_KEYS": "s"},
    "rehearsal_timing": {"check_interval": 10, "check_threshold": 2, "dns_ttl": 10, "ttl": 10, "margin": 1}}


def played(tmp_path: Path, tasks: list[dict[str, Any]], given: dict[str, Any]) -> tuple[int, str]:
    """Tasks with the role's constants, on this machine."""
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "vars_files": [str(ROLE / "vars/main.yml")], "tasks": tasks}
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]), encoding="utf-8")
    (tmp_path / "given.json").write_text(json.dumps(given), encoding="utf-8")
    done = subprocess.run([Path(sys.executable).with_name("ansible-playbook"), "-i", "localhost,", tmp_path / "play.yml", "-e",
                           f"@{tmp_path / 'given.json'}"], cwd=ROOT, text=True, check=False, capture_output=True, timeout=120,
                          env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORCE_COLOR": "0"})
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("wrong", [
    {"rehearsal_address": "0.0.0.0"}, {"rehearsal_address": "10.0.0.10"}, {"rehearsal_port": 80}, {"rehearsal_port": 8008},
    {"rehearsal_schemas": ["tickets"]}, {"rehearsal_environment": {"DATABASE_URL": "x"}}, {"rehearsal_environment": {"A": "b\nSITE=nhn"}},
    {"rehearsal_memory_mb": 0}, {"rehearsal_still_seconds": 10}, {}], ids=str)
def test_a_copy_that_would_answer_users_is_refused_by_the_role_already(wrong: dict[str, Any], tmp_path: Path) -> None:
    code, said = played(tmp_path, yaml.safe_load((ROLE / "tasks/assert.yml").read_text(encoding="utf-8")), {**GOOD, **wrong})
    assert (code != 0) == bool(wrong) and (not wrong or "or users could reach the copy" in " ".join(said.split())), said


def test_the_program_takes_what_the_role_describes_to_it(tmp_path: Path) -> None:
    copy = {"ansible.builtin.copy": {"content": "{{ __rehearsal_config | to_nice_json(sort_keys=true) }}", "dest": str(tmp_path / "c.json"),
                                     "mode": "0600"}}
    code, said = played(tmp_path, [copy], GOOD)
    assert code == 0, said
    parts = parts_from(json.loads((tmp_path / "c.json").read_text(encoding="utf-8")), lambda: 0.0)
    assert (parts.instance, parts.url, parts.live.port, parts.limit("still_seconds", 0.0)) == (
        "tickets-db-rehearsal", "http://127.0.0.1:18000", 3306, 5.0)
    assert parts.instances.storage_gb and parts.application["memory_mb"] == 512 and parts.kept.directory == Path("/var/lib/multicloud-dr-rehearsal")


@pytest.mark.parametrize(("given", "registry"), [
    ({}, ""), ({"rehearsal_registry": "198.51.100.254:5002"}, "198.51.100.254:5002"),
    ({"rehearsal_image": "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/tickets@sha256:" + "a" * 64},
     "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com")])
def test_it_is_told_which_registry_wants_a_pass(tmp_path: Path, given: dict[str, Any], registry: str) -> None:
    say = {"ansible.builtin.copy": {"content": "{{ __rehearsal_config.application.registry }}", "dest": str(tmp_path / "said"), "mode": "0600"}}
    code, said = played(tmp_path, [say], {**GOOD, **given})
    assert code == 0 and (tmp_path / "said").read_text(encoding="utf-8") == registry, said


@pytest.mark.parametrize("inventory", ["lab", "production"])
def test_a_site_rehearses_with_what_its_own_registry_holds(inventory: str) -> None:
    """The other site's may be away, and lets nobody of this one in; this is what the site's instances would pull."""
    def said(path: str) -> dict[str, Any]:
        told: dict[str, Any] = yaml.safe_load((ROOT / "inventories" / inventory / path).read_text(encoding="utf-8"))
        return told
    assert said("group_vars/standby_host/rehearsal.yml")["rehearsal_image"] == said("host_vars/aws/web.yml")["aws_web_container_image"]


def test_every_end_is_cleared_away_and_sales_come_first() -> None:
    def unit(name: str) -> list[str]:
        text = (ROLE / "templates" / f"{name}.j2").read_text(encoding="utf-8")
        return jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(text).render(ansible_managed="", **GOOD).splitlines()

    whole, clear = unit("rehearsal.service"), unit("rehearsal-clear.service")
    (ends,) = [line for line in whole if line.startswith("ExecStopPost=")]
    assert ends.endswith("rehearsal.json clear") and {"Nice=15", "OOMScoreAdjust=500"} <= set(whole)
    assert not any(line.startswith("Slice=") for line in whole), "what sales hang on has a slice of its own"
    assert "ConditionPathExists=/var/lib/multicloud-dr-rehearsal/under-way.json" in clear and "WantedBy=multi-user.target" in clear
    assert {"OnCalendar=Sat *-*-* 18:00:00 UTC", "Persistent=true"} <= set(unit("rehearsal.timer"))
