# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The guards between playbooks, run for real on hosts that are this machine, and the order in which site.yml stands on them."""

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
from jinja2 import Environment

ROOT = Path(__file__).parents[2]


def run(folder: Path, plays: str, **given: object) -> tuple[int, str]:
    """(exit code, everything said) of a playbook over the hosts left, right and localhost."""
    (folder / "play.yml").write_text(plays)
    (folder / "hosts.yml").write_text("all: {hosts: {localhost: , left: , right: }}")
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", folder / "hosts.yml", "-c", "local", folder / "play.yml",
         "-e", json.dumps({"ansible_python_interpreter": sys.executable, **given})], cwd=ROOT, text=True, check=False, capture_output=True,
        timeout=120, env={**os.environ, "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1"})
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def plays(path: Path = ROOT / "site.yml") -> list[tuple[Path, dict[str, Any]]]:
    """Every play, in order, imports followed, with what an import gives it."""
    found: list[tuple[Path, dict[str, Any]]] = []
    for play in yaml.safe_load(path.read_text()):
        imported = play.get("ansible.builtin.import_playbook")
        found += [(at, {**each, **({"vars": {**each.get("vars", {}), **play["vars"]}} if "vars" in play else {})})
                  for at, each in plays(path.parent / imported)] if imported else [(path, play)]
    return found


@pytest.mark.long
@pytest.mark.parametrize("fails", ["", "left", "right"])
def test_nothing_is_built_on_hosts_of_which_one_failed(tmp_path: Path, fails: str) -> None:
    code, said = run(tmp_path, f"""
- hosts: left:right
  gather_facts: false
  strategy: ansible.builtin.free
  tasks:
    - ansible.builtin.assert: {{that: inventory_hostname != fails}}
- ansible.builtin.import_playbook: {ROOT}/playbooks/all_or_nothing.yml
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.debug: {{msg: built on top}}
""", fails=fails)
    assert (code != 0) == ("built on top" not in said) == bool(fails)
    assert not fails or f"{fails} failed above. Mend that and run again" in said


@pytest.mark.long
@pytest.mark.parametrize(("writer", "refused"), [("", False), ("nhn", False), ("aws", True), ("third", True)])
def test_a_build_refuses_a_writer_that_is_not_the_primary(tmp_path: Path, writer: str, refused: bool) -> None:
    code, said = run(tmp_path, f"- ansible.builtin.import_playbook: {ROOT}/playbooks/refuse_turning_round.yml\n", topology_writer=writer,
                     topology_primary="nhn")
    assert (code != 0) == (f"{writer.upper()} is the writer" in said) == refused


@pytest.mark.parametrize("role", ["db_gate", "db_replica"])
@pytest.mark.parametrize(("writer", "around", "left_out"), [("", None, False), ("nhn", None, False), ("nhn", "aws", False), ("aws", None, False),
                                                            ("aws", "", False), ("aws", "nhn", False), ("aws", "aws", True)])
def test_what_turns_replication_round_is_left_out_only_when_that_was_asked_for(role: str, writer: str, around: str | None, left_out: bool) -> None:
    """Else the role's own guard is what refuses, past every other one."""
    (used,) = [each for _, play in plays() for each in play.get("roles", []) if each["role"] == role]
    given = {"topology_writer": writer, "topology_primary": "nhn"} | ({} if around is None else {"build_around": around})
    assert Environment().compile_expression(used["when"])(**given) is not left_out      # a standard Jinja expression: no filter of Ansible's


KEPT = {"kept": True, "answered": True, "writer": "nhn", "because": "read"}
UNCLAIMED = {**KEPT, "writer": ""}
SILENT = {"kept": True, "answered": False, "writer": "", "because": "The record gives no answer: two of three are away."}
BARE = {"kept": False, "answered": False, "writer": "", "because": ""}


@pytest.mark.parametrize(("left", "right", "unasked", "writer", "refused"), [
    (KEPT, KEPT, [], "nhn", ""),
    (KEPT, None, ["aws"], "nhn", ""),                   # one answer is that of a quorum
    (SILENT, KEPT, [], "nhn", ""),
    (BARE, KEPT, [], "nhn", ""),                        # a host that was built anew knows nothing, and says nothing
    (UNCLAIMED, UNCLAIMED, [], "", ""),
    (BARE, BARE, [], "", ""),
    (UNCLAIMED, {**UNCLAIMED, "remembers": 4}, [], None, "gone from a quorum that lives: nobody is named in it, and a host remembers epoch 4"),
    (UNCLAIMED, {**SILENT, "remembers": 4}, [], None, "gone from a quorum that lives"),
    ({**UNCLAIMED, "remembers": 0}, None, [], "", ""),
    (BARE, None, [], None, "right could not be asked for it, and nobody else knows of one"),
    (BARE, BARE, ["aws"], None, "aws could not be asked for it"),
    (SILENT, BARE, [], None, "is kept, but nobody read it. The record gives no answer: two of three are away. Nothing was touched"),
    (SILENT, None, [], None, "is kept, but nobody read it"),
    (None, None, [], None, "left, right could not be asked for it"),
])
def test_a_lost_record_is_not_taken_for_one_that_never_was(
    tmp_path: Path, left: object, right: object, unasked: list[str], writer: str | None, refused: str,
) -> None:
    code, said = run(tmp_path, """
- hosts: left:right
  gather_facts: false
  tasks:
    - ansible.builtin.set_fact: {quorum_asked: "{{ answers[inventory_hostname] }}"}
      when: answers[inventory_hostname] is not none
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.include_role: {name: quorum, tasks_from: conclude}
    - ansible.builtin.debug: {msg: "the writer is '{{ quorum_writer }}'"}
""", answers={"left": left, "right": right}, quorum_asked_hosts=["left", "right"], quorum_unasked=unasked)
    assert (code == 0) == (writer is not None), said[-1500:]
    assert (f"the writer is '{writer}'" if writer is not None else refused) in said


def test_clouds_are_built_side_by_side_and_nothing_stands_on_a_half() -> None:
    found = plays()
    free = [at for at, (_, play) in enumerate(found) if play.get("strategy") == "ansible.builtin.free"]
    assert {found[at][0].name for at in free} >= {"build_networks.yml", "build_databases.yml", "deploy_app.yml"}
    for at in free:
        assert found[at + 1][0].name == "all_or_nothing.yml", f"nothing stops after {found[at][1]['name']}"
    for path, play in found:
        assert play["hosts"] != "clouds" or play.get("strategy") == "ansible.builtin.free" or len(play["roles"]) == 1, f"{path.name}: {play['name']}"
        goes_on = not play.get("strategy") and not play.get("any_errors_fatal")
        # One answer is enough there; what a missing one means is said by the play after it.
        assert not goes_on or path.name == "ask_writer.yml", f"{path.name}: {play['name']} goes on where a host failed"


def test_site_asks_before_it_builds() -> None:
    names = list(dict.fromkeys(path.name for path, _ in plays()))
    assert names[:4] == ["check_plan.yml", "look.yml", "ask_writer.yml", "refuse_turning_round.yml"]


def test_what_is_taken_down_is_rehearsed_first() -> None:
    given = [play for path, play in plays(ROOT / "playbooks" / "destroy.yml") if path.name == "destroy.yml" and "any_errors_fatal" in play]
    rehearsed, removed = ([task["ansible.builtin.include_role"] for play in given if play["name"].startswith(begins) for task in play["tasks"]]
                          for begins in ("Refuse now", "Remove the"))
    assert {role["name"] for role in rehearsed} == {role["name"] for role in removed} != set()
    assert all(role["apply"] == {"check_mode": True} for role in rehearsed) and not any("apply" in role for role in removed)


def test_no_playbook_reads_what_is_private_to_a_role() -> None:
    private = re.compile(r"__(?:" + "|".join(sorted(path.name for path in (ROOT / "roles").iterdir())) + r")_\w+")
    found = {path.name: private.findall(path.read_text()) for path in sorted((ROOT / "playbooks").glob("*.yml"))}
    assert {name: names for name, names in found.items() if names} == {}


STUBS = {
    "proof/begin": "- ansible.builtin.set_fact: {proof_began: 1}\n- ansible.builtin.debug: {msg: buyers}",
    "proof/disaster": "- ansible.builtin.debug: {msg: disaster}",
    "proof/report": "- ansible.builtin.debug: {msg: 'report {{ proof_switch }} {{ proof_comparison }}'}",
    "db_replica/compare": "- ansible.builtin.set_fact: {db_replica_comparison: equal}",
    "site_agent/followed": "- ansible.builtin.set_fact: {site_agent_switched: followed}\n- ansible.builtin.debug: {msg: 'watched'}",
    "site_agent/switch": "- ansible.builtin.debug: {msg: 'switch planned={{ site_agent_planned }} if_lost={{ site_agent_if_lost }}'}\n"
                         "- ansible.builtin.set_fact: {site_agent_switched: switched}\n  when: not ansible_check_mode",
}


@pytest.mark.long
@pytest.mark.parametrize(("mode", "planned", "check", "said", "unsaid"), [
    ("managed", False, True, ["switch planned=False if_lost=True"], ["buyers", "disaster", "watched", "report"]),
    ("automatic", False, True, ["switch planned=False if_lost=True"], ["buyers", "disaster", "watched", "report"]),
    ("automatic", True, True, ["switch planned=True if_lost=False"], ["buyers", "disaster", "watched", "report"]),
    ("managed", False, False, ["buyers", "disaster", "switch planned=False if_lost=False", "report switched equal"], ["watched"]),
    ("automatic", False, False, ["buyers", "disaster", "watched", "report followed equal"], ["switch planned"]),
    ("managed", True, False, ["buyers", "switch planned=True if_lost=False", "report switched equal"], ["disaster", "watched"]),
])
def test_a_drill_says_what_it_would_do_and_does_that(
    tmp_path: Path, mode: str, planned: bool, check: bool, said: list[str], unsaid: list[str],
) -> None:
    for name, tasks in STUBS.items():
        role, entry = name.split("/")
        (tmp_path / "roles" / role / "tasks").mkdir(parents=True, exist_ok=True)
        (tmp_path / "roles" / role / "tasks" / f"{entry}.yml").write_text(tasks)
    kept = [play for path, play in plays(ROOT / "playbooks" / "drill.yml") if path.name == "drill.yml"]
    (tmp_path / "play.yml").write_text(yaml.safe_dump(kept))
    (tmp_path / "hosts.yml").write_text("all: {hosts: {localhost: , standby: }, children: {standby_host: {hosts: {standby: }}}}")
    given = {"ansible_python_interpreter": sys.executable, "dr_mode": mode, "drill_planned": planned, "topology_writer": "nhn",
             "topology_primary": "nhn", "topology_standby": "aws", "world": {"nhn": {"host": {}}, "aws": {"host": {}}}}
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", tmp_path / "hosts.yml", "-c", "local", tmp_path / "play.yml",
         "-e", json.dumps(given), *(["--check"] if check else [])], cwd=tmp_path, text=True, check=False, capture_output=True, timeout=120,
        env={**os.environ, "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1", "ANSIBLE_ROLES_PATH": str(tmp_path / "roles")})
    told = " ".join(line for line in done.stdout.splitlines() if "msg" in line)
    assert done.returncode == 0, done.stdout[-1500:] + done.stderr[-500:]
    assert all(each in told for each in said) and not any(each in told for each in unsaid), told


@pytest.mark.long
@pytest.mark.parametrize("known", [True, False])
def test_a_site_without_a_known_host_is_not_passed_over_in_silence(tmp_path: Path, known: bool) -> None:
    (tmp_path / "play.yml").write_text(yaml.safe_dump(
        [play for path, play in plays(ROOT / "playbooks" / "maintenance.yml") if path.name == "maintenance.yml"][:1]))
    (tmp_path / "hosts.yml").write_text(f"all: {{hosts: {{localhost: }}, children: {{standby_host: {{hosts: {'{standby: }' if known else '{}'}}}}}}}")
    given = {"ansible_python_interpreter": sys.executable, "ansible_connection": "local", "maintenance_site": "aws", "maintenance": "begun",
             "topology_sites": {"nhn": {}, "aws": {}}, "world_memory": "hosts_seen.json"}
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", tmp_path / "hosts.yml", tmp_path / "play.yml", "-e", json.dumps(given)],
        cwd=ROOT, text=True, check=False, capture_output=True, timeout=120, env={**os.environ, "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1"})
    said = " ".join((done.stdout + done.stderr).split())
    assert (done.returncode == 0) == known == ("AWS has no host that is known" not in said), said[-1500:]


AWAY = {
    "nhn_auth": {"region": "KR1", "username": "u", "password": "w", "identity_url": "http://127.0.0.1:9/", "rds_url": "http://127.0.0.1:9/",
                 "tenant_id": "t", "object_tenant_id": "o", "appkey": "k", "access_key_id": "d", "access_key_secret": "e"},
    "aws_auth": {"region": "ap-northeast-2", "access_key": "a", "secret_key": "s", "endpoint_url": "http://127.0.0.1:9"},
    "world_names": {"nhn": {"host": "a", "database": "b", "cluster": "c"}, "aws": {"host": "a", "database": "b", "load_balancer": "c", "vpn": "d"}},
}


@pytest.mark.long
def test_status_asks_a_host_whose_cloud_gives_no_answer_and_passes_over_one_that_is_away(tmp_path: Path) -> None:
    """The first question decides: what is away is knocked at once, and everybody who answers is asked."""
    memory = tmp_path / "hosts_seen.json"
    memory.write_text(json.dumps({"nhn": {"public": "127.0.0.1"}, "aws": {"public": "192.0.2.1"}}))
    every = [play for _path, play in plays(ROOT / "playbooks" / "status.yml")]
    wanted = ("Look at what exists at both clouds", "See which hosts answer", "Ask each site's agent")
    for play in (chosen := [play for play in every if play["name"] in wanted]):
        play.setdefault("vars", {})["ansible_connection"] = "{{ 'ssh' if inventory_hostname == 'standby' else 'local' }}"
    (tmp_path / "roles" / "site_agent" / "tasks").mkdir(parents=True)
    (tmp_path / "roles" / "site_agent" / "tasks" / "status.yml").write_text(
        "- ansible.builtin.debug: {msg: 'asked {{ inventory_hostname }} at {{ ansible_host }}'}")
    (tmp_path / "play.yml").write_text(yaml.safe_dump(chosen))
    (tmp_path / "hosts.yml").write_text("all: {hosts: {localhost: }, children: {standby_host: , management_host: , third_place: }}")
    given = {**AWAY, "ansible_python_interpreter": sys.executable, "world_memory": str(memory), "nhn_host_login": "d", "aws_host_login": "a",
             "ansible_ssh_common_args": "-o ConnectTimeout=1", "world_unreachable_is_remembered": ["nhn", "aws"]}
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", tmp_path / "hosts.yml", tmp_path / "play.yml", "-e", json.dumps(given)],
        cwd=ROOT, text=True, check=False, capture_output=True, timeout=120,
        env={**os.environ, "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1", "ANSIBLE_ROLES_PATH": str(tmp_path / "roles")})
    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 0 and "asked management at 127.0.0.1" in said and "asked standby" not in said, said[-1500:]
    assert said.count("UNREACHABLE!") == 1, "a host that is away is waited for once"
    assert all("status_there" in play["hosts"] for play in every[every.index(chosen[-1]):] if "host" in play["hosts"].replace("localhost", ""))


@pytest.mark.long
@pytest.mark.parametrize("remembered", [{"nhn": None, "aws": {"id": "i-1", "private": "10.0.1.20", "public": "203.0.113.20"}}, None])
def test_a_switch_needs_no_api_of_any_cloud(tmp_path: Path, remembered: object) -> None:
    """Both are blocked altogether, and a person runs the only thing that moves the service where agents are managed."""
    memory = tmp_path / "hosts_seen.json"
    if remembered:
        memory.write_text(json.dumps(remembered))
    (tmp_path / "roles" / "site_agent" / "tasks").mkdir(parents=True)
    (tmp_path / "roles" / "site_agent" / "tasks" / "switch.yml").write_text(
        "- ansible.builtin.debug: {msg: 'switched on {{ inventory_hostname }} at {{ ansible_host }}'}")
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play for _path, play in plays(ROOT / "playbooks" / "fail_over.yml")]))
    (tmp_path / "hosts.yml").write_text("all: {hosts: {localhost: }, children: {standby_host: }}")
    given = {**AWAY, "ansible_python_interpreter": sys.executable, "ansible_connection": "local", "world_memory": str(memory), "nhn_host_login": "d",
             "aws_host_login": "a", "world_unreachable_is_remembered": ["nhn", "aws"]}
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", tmp_path / "hosts.yml", tmp_path / "play.yml", "-e", json.dumps(given)],
        cwd=ROOT, text=True, check=False, capture_output=True, timeout=120,
        env={**os.environ, "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1", "ANSIBLE_ROLES_PATH": str(tmp_path / "roles")})
    said = " ".join((done.stdout + done.stderr).split())
    assert (done.returncode == 0) == bool(remembered), said[-1500:]
    assert ("switched on standby at 203.0.113.20" if remembered else "does not say where the standby was found last") in said
    assert not remembered or json.loads(memory.read_text()) == remembered, "what could not be looked at is still remembered"


def test_whoever_operates_a_switch_or_asks_about_one_lets_every_api_be_away() -> None:
    for name in ("fail_over.yml", "maintenance.yml", "status.yml", "restore_record.yml"):
        look = next(play for play in yaml.safe_load((ROOT / "playbooks" / name).read_text()) if "look.yml" in str(play))
        assert look["vars"] == {"world_unreachable_is_remembered": ["nhn", "aws"]}


@pytest.mark.long
@pytest.mark.parametrize(("given", "told"), [
    (["nhm"], "destroy_sites names nhm; the sites are nhn and aws."), ([], "destroy_sites names nothing"),
    ("nhn,aws", "destroy_sites names nhn,aws;"), ("nhn", ""), (["nhn", "aws"], ""), (None, "")])
def test_destroying_a_site_that_nobody_has_is_refused(tmp_path: Path, given: object, told: str) -> None:
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play for _path, play in plays(ROOT / "playbooks" / "destroy.yml")][:1]))
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", "localhost,", "-c", "local", tmp_path / "play.yml",
         *([] if given is None else ["-e", json.dumps({"destroy_sites": given})])], cwd=tmp_path, text=True, check=False, capture_output=True,
        timeout=120, env={**os.environ, "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1"})
    said = " ".join((done.stdout + done.stderr).split())
    assert (done.returncode == 0) is (not told) and told in said, said[-1500:]
