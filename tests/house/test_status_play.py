# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What status.yml makes of what it has asked: run as it is, with the answers given beforehand; nobody is asked here."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
LAID_IN = {"room": {"short": [], "silent": []}, "release": {"release": "1.4", "keys": ["5d41402abc4b"]},
           "dates": {"ends": {"CA of the quorum": time.time() + 1e8}, "unread": {}},
           "backup": {"made": time.time(), "made_ok": True, "proven": time.time(), "test_ok": True},
           "rehearsal": {"ok": True, "at": time.time(), "said": "", "good": time.time()}}
MEMBERS = {"total": 3, "answering": 3, "led": 3}
WRITES = {"writer": True, "maintenance": False, "record": {"writer": "nhn"}, "verdict": {"verdict": "WRITER_HERE", "because": "It is."},
          "observations": {"members": MEMBERS}, "gate": {"ungated": []}, "journal": {"faults": []}, "clock": {"seconds": 0.002, "bound": 0.001},
          "provisions": {**LAID_IN, "rehearsal": {"not_looked": "nobody has rehearsed on this host"}}}
STANDS_BY = {"writer": False, "maintenance": False, "record": {"writer": "nhn"}, "verdict": {"verdict": "NORMAL", "because": "It is."},
             "observations": {"members": MEMBERS, "replica": {"following": True, "lag_seconds": 0.3},
                              "compared": {"equal": True, "age_seconds": 60.0}}, "gate": {"ungated": []}, "journal": {"faults": []},
             "provisions": LAID_IN, "clock": {"seconds": 0.002, "bound": 0.001},
             "if_lost": {"verdict": "SITE_LOST", "action": "take_over", "because": "It would."}}
WHOLE: dict[str, Any] = {
    "m": {"site_agent_seen": WRITES, "vpn_gateway_seen": {"a": True, "b": True}}, "s": {"site_agent_seen": STANDS_BY},
    "aws": {"dns_failover_seen": {"leads_to": "primary", "why": ["Because."]}}}


def weighed(seen: dict[str, Any], tmp_path: Path) -> str:
    """What the last play of status.yml says. seen: facts by host; a host that is left out does not exist."""
    play = yaml.safe_load((ROOT / "playbooks" / "status.yml").read_text(encoding="utf-8"))[-1]
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    groups = {group: {"hosts": {name: seen[name]} if name in seen else {}} for group, name in (("management_host", "m"), ("standby_host", "s"))}
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump({"all": {
        "vars": {"topology_primary": "nhn", "topology_standby": "aws"}, "hosts": {"localhost": local, "aws": seen.get("aws", {})},
        "children": groups}}), encoding="utf-8")
    (tmp_path / "weigh.yml").write_text(yaml.safe_dump([play]), encoding="utf-8")
    run = subprocess.run([Path(sys.executable).with_name("ansible-playbook"), "-i", tmp_path / "hosts.yml", tmp_path / "weigh.yml"], cwd=ROOT,
                         env={**os.environ, "ANSIBLE_ROLES_PATH": str(ROOT / "roles"), "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"),
                              "COLUMNS": "300"}, capture_output=True, text=True, check=False, timeout=120)
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-500:]
    return run.stdout


def _without(*names: str) -> dict[str, Any]:
    return {name: facts for name, facts in copy.deepcopy(WHOLE).items() if name not in names}


@pytest.mark.parametrize(("seen", "said"), [
    (WHOLE, ["Readiness 100 of 100"]),
    ({**WHOLE, "s": {"site_agent_seen": {**STANDS_BY, "provisions": {**LAID_IN, "rehearsal": {"ok": True, "at": 1e9, "said": "", "good": 1e9}}}}},
     ["Readiness 90 of 100", "-10 rehearsal: the last rehearsal or switch that went well was", "Run playbooks/drill.yml with --tags rehearse"]),
    (_without("m"), ["-25 writer: the agent of NHN, which holds the record, gives no answer.", "-10 link: nobody has looked at the tunnels."]),
    (_without("m", "s", "aws"), ["Readiness 0 of 100"])])
def test_the_score_is_said_whoever_is_missing(seen: dict[str, Any], said: list[str], tmp_path: Path) -> None:
    told = " ".join(weighed(seen, tmp_path).split())
    assert all(sentence in told for sentence in said), told


@pytest.mark.parametrize(("answer", "said"), [
    ({"kept": True, "answered": False, "writer": "", "because": "The record gives no answer: two are down."},
     "Who may write is not known. The record of who may write is kept, but nobody read it. The record gives no answer: two are down."),
    (None, "Who may write is not known. The record of who may write was not read: other could not be asked for it"),
    ({"kept": True, "answered": True, "writer": "aws", "because": ""}, "the writer is aws"),
    ({"kept": False, "answered": False, "writer": "", "because": ""}, "the writer is ;")])
def test_everybody_is_asked_all_the_more_where_nobody_knows_who_writes(answer: dict[str, Any] | None, said: str, tmp_path: Path) -> None:
    """The question as status.yml asks it, and then the next one."""
    given = next(each["vars"] for each in yaml.safe_load((ROOT / "playbooks" / "status.yml").read_text(encoding="utf-8"))
                 if each.get("ansible.builtin.import_playbook") == "ask_writer.yml")
    conclude = yaml.safe_load((ROOT / "playbooks" / "ask_writer.yml").read_text(encoding="utf-8"))[-1]
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": {
        "localhost": local, "other": {**local, **({"quorum_asked": answer} if answer else {})}}}}), encoding="utf-8")
    (tmp_path / "play.yml").write_text(yaml.safe_dump([
        {**conclude, "vars": {**given, "quorum_asked_hosts": ["other"]}},
        {"hosts": "other", "gather_facts": False, "tasks": [{"ansible.builtin.debug": {
            "msg": "ASKED; the writer is {{ hostvars.localhost.quorum_writer | default('unknown') }};"}}]}]), encoding="utf-8")
    run = subprocess.run([Path(sys.executable).with_name("ansible-playbook"), "-i", tmp_path / "hosts.yml", tmp_path / "play.yml"], cwd=ROOT,
                         env={**os.environ, "ANSIBLE_ROLES_PATH": str(ROOT / "roles"), "ANSIBLE_NOCOLOR": "1"}, capture_output=True, text=True,
                         check=False, timeout=120)
    told = " ".join(run.stdout.split())
    assert run.returncode == 0 and "ASKED" in told and said in told, told + run.stderr[-500:]
    assert ("the writer is unknown" in told) == said.startswith("Who"), told
