# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role site_agent writes nothing that its agent would not start with, and starts the agents of both sites anew one after the other."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.multicloud.dr.plugins.filter.site_agent import site_agent_faults, variable

ROOT = Path(__file__).parents[2]
ROLE = ROOT / "roles" / "site_agent"
CONFIG = yaml.safe_load((ROLE / "vars" / "main.yml").read_text(encoding="utf-8"))["__site_agent_config"]
GIVEN = {
    "site_agent_site": "aws", "site_agent_primary": "nhn", "site_agent_topology": "t", "site_agent_address": "192.0.2.1",
    "site_agent_etcd_endpoints": ["https://192.0.2.1:2379"], "site_agent_database_host": "db", "site_agent_database_user": "u",
    "site_agent_database_password": "canary", "site_agent_edges": {"nhn": "https://e/", "aws": "https://e/"}}


def played(folder: Path, play: list[dict[str, Any]], hosts: dict[str, Any], *arguments: str, **given: Any) -> tuple[int, str]:
    """(exit code, everything said in one line), on hosts that are this machine."""
    (folder / "play.yml").write_text(yaml.safe_dump(play), encoding="utf-8")
    (folder / "hosts.yml").write_text(yaml.safe_dump({"all": hosts}), encoding="utf-8")
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", folder / "hosts.yml", "-c", "local", folder / "play.yml", *arguments,
         "-e", json.dumps({"ansible_python_interpreter": sys.executable, **given})], cwd=ROOT, text=True, check=False, capture_output=True,
        timeout=300, env={**os.environ, "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1"})
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def described(**changed: Any) -> str:
    """The file as the role would write it of whole values, `changed` by their path in it."""
    config: dict[str, Any] = {
        "topology": "t", "site": "aws", "primary": "nhn", "etcd": {"endpoints": ["https://192.0.2.1:2379"]},
        "database": {"host": "db", "user": "u", "password": "canary"}, "edges": {"nhn": "https://e/", "aws": "https://e/"},
        "listen": {"addresses": ["127.0.0.1", "192.0.2.1"], "port": 8008}}
    for path, value in changed.items():
        *outer, name = path.split("__")
        inner = config
        for each in outer:
            inner = inner.setdefault(each, {})
        inner[name] = value
    return json.dumps(config)


def test_what_an_agent_starts_with_has_no_fault() -> None:
    assert site_agent_faults(described()) == []


@pytest.mark.parametrize(("changed", "told"), [
    ({"notice_seconds": 6.0}, "site_agent_notice_seconds: must be at most half of timing.ttl"),
    ({"limits__takeovers": -1}, "site_agent_max_takeovers: must be a whole number"),
    ({"limits__compared_seconds": "soon"}, "site_agent_max_compared_days: must be a number"),
    ({"edges": {"aws": "https://e/"}}, "site_agent_primary: 'nhn' has no edge in edges"),
    ({"edges": {"nhn": "e.example/edgez", "aws": "https://e/"}}, "site_agent_edges.nhn: 'e.example/edgez' must be http://"),
    ({"dates": {"api": "31.12.2026"}}, "site_agent_dates.api: '31.12.2026' must be a day like"),
    ({"etcd__timeout_seconds": 0.0}, "site_agent_etcd_timeout_seconds: must be a number"),
    ({"etcd__access": {"ca": "/x"}}, "site_agent_etcd_access.certificate: missing"),
    ({"timing": {"renew": 9.0}}, "site_agent_timing.renew: 9 s must be at most a quarter"),
    ({"latch": {"bucket": "b"}}, "site_agent_latch.key: missing"),
    ({"database__dialect": "oracle"}, "site_agent_dialect: 'oracle' is not one of"),
    ({"database__password": "canary\ud800"}, "site_agent_database_password: is no text that can be kept"),
])
def test_what_it_would_not_start_with_is_told_by_the_name_of_the_variable(changed: dict[str, Any], told: str) -> None:
    found = site_agent_faults(described(**changed))
    assert any(each.startswith(told) for each in found) and not any("canary" in each for each in found), found


def test_every_value_is_told_by_the_variable_that_it_comes_from() -> None:
    def leaves(value: Any, path: str) -> list[tuple[str, str]]:
        if isinstance(value, dict):
            return [leaf for name, inner in value.items() for leaf in leaves(inner, f"{path}.{name}".strip("."))]
        return [(path, str(value))]
    for path, text in leaves(CONFIG, ""):
        assert path == "state_directory" or re.search(rf"\b{variable(path)}\b", text), f"{path}: {text}, not {variable(path)}"


@pytest.mark.long
def test_the_role_refuses_all_of_it_at_once_before_anything_is_touched(tmp_path: Path) -> None:
    """The first task that would touch the host comes after it."""
    play = [{"hosts": "localhost", "gather_facts": False, "tasks": [
        {"ansible.builtin.include_role": {"name": "multicloud.dr.site_agent"}}]}]
    code, said = played(tmp_path, play, {"hosts": {"localhost": None}}, **{
        **GIVEN, "site_agent_notice_seconds": 4, "site_agent_max_takeovers": -1, "site_agent_dates": {"api": "31.12.2026"}})
    assert code != 0 and "Install the drivers" not in said and "canary" not in said, said[-2000:]
    for told in ("site_agent_max_takeovers: must be a whole number", "site_agent_dates.api: '31.12.2026' must be a day"):
        assert told in said, said[-2000:]


def test_nothing_is_written_before_it_was_read_as_the_agent_reads_it() -> None:
    tasks = [next(iter(task.values())) for task in [
        {key: value for key, value in each.items() if "." in key} for each in yaml.safe_load((ROLE / "tasks" / "main.yml").read_text())]]
    assert tasks[0] == "assert.yml"
    assert "site_agent_faults" in (ROLE / "tasks" / "assert.yml").read_text(encoding="utf-8")


@pytest.mark.long
@pytest.mark.parametrize(("writer", "fails", "order"), [
    ("nhn", "", ["standby", "management"]), ("", "", ["standby", "management"]), ("aws", "", ["management", "standby"]),
    ("nhn", "standby", ["standby"])])
def test_agents_are_started_anew_one_after_the_other_who_stands_by_first(tmp_path: Path, writer: str, fails: str, order: list[str]) -> None:
    """And one that does not come back leaves the other alone."""
    plays = {play["name"]: play for play in yaml.safe_load((ROOT / "playbooks" / "run_agents.yml").read_text(encoding="utf-8"))}
    renew = plays["Start anew what runs with other files, one at a time"]
    assert renew["tasks"][0]["ansible.builtin.import_role"] == {"name": "site_agent", "tasks_from": "renew"}
    begins = {"hosts": "localhost", "gather_facts": False, "tasks": [{"ansible.builtin.set_fact": {"quorum_writer": writer}}]}
    told = {**renew, "tasks": [{"ansible.builtin.debug": {"msg": "anew {{ inventory_hostname }}"}},
                               {"ansible.builtin.assert": {"that": "inventory_hostname != fails"}}]}
    code, said = played(tmp_path, [begins, told], {"hosts": {"localhost": None}, "children": {
        "management_host": {"hosts": {"management": None}}, "standby_host": {"hosts": {"standby": None}}}}, fails=fails)
    assert re.findall(r"msg: anew (\w+)", said) == order and (code == 0) == (not fails), said[-2000:]


def test_an_agent_is_started_anew_nowhere_else() -> None:
    """Two at once would both be away, and so would both gates be, where something keeps them from starting."""
    restarts = [path.name for path in sorted((ROLE / "tasks").glob("*.yml")) if "restarted" in path.read_text(encoding="utf-8")]
    assert restarts == ["renew.yml"]
    users = [path.name for path in [*(ROOT / "playbooks").glob("*.yml"), *(ROOT / "molecule").glob("*/*.yml")]
             if re.search(r"role: site_agent\b", path.read_text(encoding="utf-8"))]
    assert users == ["run_agents.yml"]
