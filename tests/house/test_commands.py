# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was said on the command line is understood or refused, by every playbook that people run: a word that is misspelt, and a limit that leaves out
who refuses what cannot be, or who it is done on. Ansible ends with 0 in both cases, and has done the opposite, or nothing.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.multicloud.dr.plugins.filter.command import command_faults, command_unreached

ROOT = Path(__file__).parents[2]
IMPORT = "ansible.builtin.import_playbook"
FOUND = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "playbooks").glob("*.yml"))}
SITE = {Path(play[IMPORT]).stem for play in yaml.safe_load((ROOT / "site.yml").read_text(encoding="utf-8"))}
# Observe is a part of a build that people run as well.
PARTS = {Path(play[IMPORT]).stem for each in FOUND.values() for play in each if IMPORT in play} | SITE - {"observe"}
RUN = sorted(set(FOUND) - PARTS)
# Refused in words of their own, with what they may be: see each.
REFUSED_THERE = {"maintenance", "maintenance_site", "destroy_sites", "release_name", "build_around"}
# A name, a list: whatever it is, it is looked for. A zone is compared by the role that would remove it.
FREE = {"db_replica_salvage_report", "release_registries", "dns_failover_confirm_zone", "nhn_dns_plus_confirm_zone"}
READING = {"status", "preflight", "report"}         # of whom a limit leaves out they say nothing
BY_SITE = {"destroy"}       # goes by destroy_sites


def imports(name: str, what: str) -> list[dict[str, Any]]:
    return [play for play in FOUND[name] if play.get(IMPORT) == f"{what}.yml"]


@pytest.mark.parametrize("name", RUN)
def test_every_playbook_that_people_run_looks_at_the_command_first(name: str) -> None:
    first = [Path(play[IMPORT]).stem for play in FOUND[name][:2] if IMPORT in play]
    assert {"check_command", "check_plan"} & set(first), f"{name} begins with {FOUND[name][0]['name']}"
    for play in imports(name, "check_command"):
        assert play["tags"] == (["monitoring"] if name == "observe" else ["always"])


@pytest.mark.parametrize("name", sorted(FOUND))
def test_every_word_that_decides_is_checked(name: str) -> None:
    text = (ROOT / "playbooks" / f"{name}.yml").read_text(encoding="utf-8")
    decide = set(re.findall(r"(?<![.\w])(\w+) \| (?:default\([^()]*\) (?:\| bool|==|!=|in\b|not in\b)|bool\b)", text))
    decide |= set(re.findall(r"(?<![.\w])(dr_mode) [!=]=", text))
    given = [play.get("vars", {}) for play in imports(name, "check_command")]
    checked = {each for one in given for each in [*one.get("command_flags", []), *one.get("command_choices", {})]}
    if name not in ("refuse_reaching_nobody", "check_command"):        # theirs come from other playbooks
        assert decide - REFUSED_THERE - FREE <= checked, f"{name}: {sorted(decide - checked)} may be misspelt"
    read = {each for each in checked if re.search(rf"\b{each}\b", text.replace(str(given), ""))}
    assert checked == read


@pytest.mark.parametrize("name", sorted(set(RUN) - READING - BY_SITE))
def test_whom_a_limit_leaves_out_is_said(name: str) -> None:
    """Every group that something is done on is one that has to be reached."""
    reached = set(re.findall(r"\w+", " ".join(str(play["vars"]["reach_groups"]) for play in imports(name, "refuse_reaching_nobody"))))
    done_on = {word for play in FOUND[name] if IMPORT not in play and not play.get("ignore_unreachable")
               for word in re.findall(r"\b(?:nhn|aws|management_host|standby_host|quorum_there)\b(?!')", re.sub(r"== '\w+'", "", str(play["hosts"])))}
    done_on |= set(re.findall(r"'(management_host|standby_host)'", " ".join(str(play.get("hosts")) for play in FOUND[name])))
    assert done_on <= reached, f"{name}: a limit passes over {sorted(done_on - reached)}"


@pytest.mark.parametrize("value", [True, False, "true", "True", "no", "1", 0, "not given"])
def test_what_ansible_understands_is_a_flag(value: object) -> None:
    assert command_faults({"fail_over_home": value}, {"fail_over_home": []}) == []


@pytest.mark.parametrize("value", ["ture", "true ", "home", "", 2, "y es", ["true"]])
def test_what_it_takes_for_false_is_none(value: object) -> None:
    assert command_faults({"fail_over_home": value}, {"fail_over_home": []}) == [f"fail_over_home: {str(value)!r} is not true or false"]


def test_all_that_is_misspelt_is_told_at_once() -> None:
    assert command_faults({"a": "x", "restore_at": "awss", "b": "not given"}, {"a": [], "restore_at": ["nhn", "aws"], "b": ["c"]}) == [
        "a: 'x' is not true or false", "restore_at: 'awss' is not nhn or aws"]


@pytest.mark.parametrize(("names", "within", "left_out"), [
    (["standby_host"], ["localhost"], ["standby_host"]), (["standby_host"], ["standby"], []), (["aws", "standby_host"], ["standby"], ["aws"]),
    (["management_host"], ["standby", "aws"], ["management_host"]), (["aws"], ["aws"], [])])
def test_a_group_that_nobody_has_filled_is_not_reached(names: list[str], within: list[str], left_out: list[str]) -> None:
    assert command_unreached(names, {"standby_host": ["standby"], "management_host": []}, within) == left_out


def run(folder: Path, begins: list[dict[str, Any]], *arguments: str) -> tuple[int, str]:
    (folder / "play.yml").write_text(yaml.safe_dump([*begins, {"hosts": "standby_host", "gather_facts": False, "tasks": [
        {"ansible.builtin.debug": {"msg": "writes now"}}]}]), encoding="utf-8")
    (folder / "hosts.yml").write_text("all: {hosts: {localhost: , aws: }, children: {management_host: , standby_host: {hosts: {standby: }}}}")
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", folder / "hosts.yml", "-c", "local", folder / "play.yml", *arguments], cwd=ROOT,
        text=True, check=False, capture_output=True, timeout=300, env={**os.environ, "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1"})
    return done.returncode, " ".join((done.stdout + done.stderr).split())


@pytest.mark.long
@pytest.mark.parametrize(("arguments", "told"), [
    (["-e", "fail_over_home=ture"], "fail_over_home: 'ture' is not true or false"),
    (["-e", "fail_over_home='true '", "-e", "drill_planned=", "-e", "restore_at=awss"], "drill_planned: '' is not true or false"),
    (["--limit", "standby"], "--limit standby would leave out localhost"),
    (["--limit", "localhost"], "--limit localhost leaves out standby_host, where this is done. Run without --limit."),
    (["--start-at-task", "ansible.builtin.debug"], "--start-at-task ansible.builtin.debug would leave out"),
    (["-e", "fail_over_home=yes", "--limit", "localhost,standby"], ""), ([], "")])
def test_nothing_is_done_by_a_command_that_cannot_be_meant(tmp_path: Path, arguments: list[str], told: str) -> None:
    code, said = run(tmp_path, [
        {"name": "Refuse", IMPORT: str(ROOT / "playbooks" / "check_command.yml"), "vars": {
            "command_flags": ["fail_over_home", "drill_planned"], "command_choices": {"restore_at": ["nhn", "aws"]}}},
        {"name": "Reach", IMPORT: str(ROOT / "playbooks" / "refuse_reaching_nobody.yml"), "vars": {"world": {}, "reach_groups": ["standby_host"]}},
    ], *arguments)
    said = said.replace("''", "'")      # as YAML doubles them
    assert (code == 0) == ("writes now" in said) == (not told) and told.replace("''", "'") in said, said[-1500:]
