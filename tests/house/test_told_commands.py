# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What people are told to run, by runbooks, messages, alerts and verdicts, runs by itself. The rule: what is built has one door, site.yml with the
tags of a component; any other playbook that people are told to run looks at what exists before it speaks of hosts that were found, asks who may
write before it goes by that, and refuses where there is nobody to do it on. A part of a build refuses to be run alone."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PLAYBOOKS = {path.stem for path in (ROOT / "playbooks").glob("*.yml")}
IMPORT = "ansible.builtin.import_playbook"
REFUSAL = "refuse_reaching_nobody.yml"
READ = (".md", ".yml", ".yaml", ".py", ".j2", ".json", ".js", ".html")
OPTION = r"""-e\ '[^']*' | -e\ [^\s`'",)]+ | --tags\ [a-z_0-9]+(?:,[a-z_0-9]+)* | --check"""
COMMAND = re.compile(rf"""(?<![\w/.-])(?:playbooks/)?(?P<name>{'|'.join(sorted(PLAYBOOKS))}|site)\.yml`?
                          (?P<options>(?:,?\ (?:with\ )?`?(?:{OPTION})(?=[\s`'",.;:)]|$)`?)*)""", re.VERBOSE)


class Play(NamedTuple):
    """One play of a run: its file, itself, and each task or role of it with the tags it has in the end."""

    file: str
    play: dict[str, Any]
    does: list[tuple[dict[str, Any], set[str]]]


def tags(of: dict[str, Any]) -> set[str]:
    given = of.get("tags") or []
    return set(given.split(",") if isinstance(given, str) else given)


def run_of(path: Path, inherited: frozenset[str] = frozenset()) -> Iterator[Play]:
    """Every play in order, imports followed."""
    for play in yaml.safe_load(path.read_text(encoding="utf-8")):
        above = inherited | tags(play)
        if IMPORT in play:
            yield from run_of(path.parent / play[IMPORT], above)
            continue
        roles = [{"role": each} if isinstance(each, str) else each for each in play.get("roles", [])]
        yield Play(path.name, play, [(each, above | tags(each)) for each in [*roles, *play.get("tasks", [])]])


def chosen(play: Play, wanted: set[str]) -> list[dict[str, Any]]:
    """What of it is done when these tags are asked for; none stands for all that nobody has to ask for."""
    return [each for each, has in play.does if (has & (wanted | {"always"}) if wanted else "never" not in has)]


def roles_in(things: list[dict[str, Any]]) -> set[str]:
    included = [(each.get(f"ansible.builtin.{word}_role") or {}).get("name") for each in things for word in ("import", "include")]
    return {name for name in [*(each.get("role") for each in things), *included] if name}


# Roles whose variables in the inventory go by who writes.
GO_BY_THE_WRITER = {match for path in (ROOT / "inventories").rglob("*.yml")
                    for line in path.read_text(encoding="utf-8").splitlines() if "topology_writer" in line
                    for match in re.findall(r"^(db_gate|db_replica|k8s_app)_", line)}


def faults(name: str, wanted: set[str], variables: set[str]) -> list[str]:
    """What keeps this command from doing what is said, in words."""
    path = ROOT / ("site.yml" if name == "site" else f"playbooks/{name}.yml")
    run, said = list(run_of(path)), []
    every = {tag for play in run for _, has in play.does for tag in has} - {"always", "never"}
    said += [f"no tag {tag}" for tag in sorted(wanted - every)]
    looked = asked = False
    known = ""
    for play in run:
        done = chosen(play, wanted)
        text = str(play.play["hosts"]) + json.dumps(done)
        known += f"{(ROOT / 'playbooks' / play.file).read_text() if play.file != 'site.yml' else ''}"
        if not done:
            continue
        looked, asked = looked or play.file == "look.yml", asked or play.file == "ask_writer.yml"
        # The third place is in neither cloud, and in the inventory.
        if not looked and re.search(r"management_host|standby_host|\bworld\b(?!_)|\bgroups\b(?!\.third_place)", text):
            said.append(f"'{play.play['name']}' of {play.file} is about hosts, and nobody has looked which there are")
        if not asked and play.file not in ("ask_writer.yml", REFUSAL) and (
                re.search(r"quorum_writer|topology_writer", text) or (name == "site" and roles_in(done) & GO_BY_THE_WRITER)):
            said.append(f"'{play.play['name']}' of {play.file} goes by who writes, and nobody has asked")
    used = sorted({role for play in run for role in roles_in([each for each, _ in play.does])})
    known += "".join(each.read_text(encoding="utf-8") for role in used for each in (ROOT / "roles" / role).rglob("*.yml"))
    return said + [f"nothing reads {variable}" for variable in sorted(variables) if not re.search(rf"\b{variable}\b", known)]


def texts() -> Iterator[tuple[str, str]]:
    """Everything that people read, in one line each."""
    listed = subprocess.run(["git", "ls-files", "--", "README*", "docs", "roles", "plugins", "extensions", "playbooks", "site.yml"], cwd=ROOT,
                            check=True, capture_output=True, text=True).stdout.split()
    for name in listed:
        if name.endswith(READ) and (ROOT / name).is_file():
            lines = [line for line in (ROOT / name).read_text(encoding="utf-8").splitlines() if IMPORT not in line]
            text = re.sub(r"\n\s*(?:#\s*)?", " ", "\n".join(lines))
            yield name, re.sub(r"""["']\s+f?["']""", "", text) if name.endswith(".py") else text


def variables_of(options: str) -> set[str]:
    """The names that -e gives."""
    found = set()
    for given in re.findall(r"""-e ('[^']*'|[^\s`'",)]+)""", options):
        bare = given.strip("'")
        found |= set(yaml.safe_load(bare)) if bare.startswith("{") else set(re.findall(r"(?:^|\s)(\w+)=", bare))
    return found


def told() -> dict[tuple[str, str], list[str]]:
    """(playbook, its options): where people are told so."""
    found: dict[tuple[str, str], list[str]] = {}
    for name, text in texts():
        for match in COMMAND.finditer(text):
            if f"playbooks/{match['name']}.yml" != name:
                found.setdefault((match["name"], re.sub(r"[`,]? (?:with )?`?(?=-)|`", " ", match["options"]).strip()), []).append(name)
    return found


TOLD = told()
SITE = [Path(play[IMPORT]).stem for play in yaml.safe_load((ROOT / "site.yml").read_text(encoding="utf-8"))]
# What is imported, and begins no run of its own. observe.yml looks for itself: it is built, and run alone.
PARTS = {Path(play[IMPORT]).stem for name in PLAYBOOKS for play in yaml.safe_load((ROOT / "playbooks" / f"{name}.yml").read_text(encoding="utf-8"))
         if IMPORT in play} | set(SITE) - {"observe"}
# Stand before it is known which hosts there are, or make them.
FIRST = {"check_plan", "check_command", "look", "ask_writer", "refuse_turning_round", "build_networks", "build_databases", "build_clusters",
         "all_or_nothing"}
# Parts that have a refusal of their own.
WITHIN = {"guard": ["keep_record"], "deploy_app": ["run_agents"]}
# Refuse in words of their own where a host is not known; status.yml says who gives no answer instead.
OTHERWISE = {"fail_over", "maintenance", "drill", "fail_back", "release", "status"}


def test_commands_are_found_where_people_are_told() -> None:
    assert ("fail_over", "-e fail_over_home=true") in TOLD and ("site", "--tags db_backup") in TOLD and len(TOLD) > 30
    assert "plugins/module_utils/switch/words.py" in {place for command, places in TOLD.items() if command[0] == "site" for place in places}


@pytest.mark.parametrize(("name", "options"), sorted(TOLD))
def test_what_people_are_told_to_run_runs_by_itself(name: str, options: str) -> None:
    wanted = {tag for given in re.findall(r"--tags ([\w,]+)", options) for tag in given.split(",")}
    assert name not in PARTS, f"a part of a build: the door is site.yml --tags COMPONENT. Told in {TOLD[name, options]}"
    assert faults(name, wanted, variables_of(options)) == [], TOLD[name, options]


def test_a_command_that_would_do_nothing_is_noticed() -> None:
    assert "nobody has looked" in faults("back_up", set(), set())[0] and "nobody has asked" in faults("replicate", set(), set())[-1]
    assert "nobody has looked" in faults("deploy_app", {"db_gate"}, set())[0]
    assert faults("site", {"guard"}, set()) == ["no tag guard"]
    assert faults("fail_over", set(), {"fail_over_home", "fail_over_to"}) == ["nothing reads fail_over_to"]
    assert faults("site", {"quorum"}, {"build_around"}) == []


def test_every_variable_that_people_are_told_to_give_is_read() -> None:
    given = {name: place for place, text in texts() if not place.startswith("plugins/modules/") for name in variables_of(text)}
    read = "".join(path.read_text(encoding="utf-8") for folder in ("playbooks", "roles", "inventories") for path in (ROOT / folder).rglob("*.yml"))
    assert len(given) > 10 and {name: place for name, place in given.items() if not re.search(rf"\b{name}\b(?!=)", read)} == {}


def refused_in(name: str) -> list[dict[str, Any]]:
    return [play for play in yaml.safe_load((ROOT / "playbooks" / f"{name}.yml").read_text(encoding="utf-8")) if play.get(IMPORT) == REFUSAL]


@pytest.mark.parametrize("name", [name for name in dict.fromkeys([*SITE, *sorted(PARTS)]) if name not in FIRST | {REFUSAL.removesuffix(".yml")}])
def test_a_part_of_a_build_says_what_to_run_instead_of_it_alone(name: str) -> None:
    path = ROOT / "playbooks" / f"{name}.yml"
    begins = next(play for play in run_of(path) if play.file not in ("check_command.yml", "look.yml", "ask_writer.yml"))
    assert begins.file == REFUSAL, f"{name} begins with '{begins.play['name']}'"
    covered = {tag for refusal in [each for part in (name, *WITHIN.get(name, [])) for each in refused_in(part)] for tag in tags(refusal)}
    earlier = {tag for _, has in (each for play in run_of(ROOT / "playbooks" / "build_networks.yml") for each in play.does) for tag in has}
    every = {tag for play in run_of(path) for _, has in play.does for tag in has}
    assert every - earlier - {"always", "never"} <= covered
    for door in (refusal["vars"]["reach_door"] for refusal in refused_in(name)):
        command = COMMAND.fullmatch(door)
        assert command and command["name"] == "site", door
        asked = set(command["options"].removeprefix(" --tags ").split(","))
        assert asked <= every and faults("site", asked, set()) == []


@pytest.mark.parametrize("name", sorted(PLAYBOOKS - PARTS - OTHERWISE))
def test_whoever_works_on_found_hosts_refuses_where_there_is_none(name: str) -> None:
    own = yaml.safe_load((ROOT / "playbooks" / f"{name}.yml").read_text(encoding="utf-8"))
    at = [index for index, play in enumerate(own) if re.search("management_host|standby_host|quorum_there", str(play.get("hosts", "")))
          and not play.get("ignore_unreachable")]
    for index in at[:1]:
        assert own[index - 1].get(IMPORT) == REFUSAL, own[index]["name"]
        said = " ".join(own[index - 1]["vars"]["reach_groups"]).strip("{} ")
        assert set(re.findall(r"\w+", str(own[index]["hosts"]))) == set(re.findall(r"\w+", said)), own[index]["name"]


@pytest.mark.long
@pytest.mark.parametrize(("given", "more", "refused"), [
    ({}, [], "This is a part of a build"), ({}, ["--check"], "Run ansible-playbook site.yml --tags a,b instead. Nothing of it was done."),
    ({}, ["--tags", "b"], "Run ansible-playbook site.yml --tags b instead. Nothing of it was done."),
    ({"world": {}}, [], "There is no host to do this on: in management_host and gone is none."), ({"world": {}}, ["--check"], ""),
    ({"world": {}, "reach_groups": ["gone", "standby_host"]}, [], ""), ({"world": {}, "reach_groups": ["{{ 'standby_host' }}"]}, [], ""),
])
def test_what_would_reach_nobody_is_refused(tmp_path: Path, given: dict[str, Any], more: list[str], refused: str) -> None:
    groups = given.get("reach_groups", ["management_host", "gone"])
    begins = {"name": "Refuse", IMPORT: str(ROOT / "playbooks" / REFUSAL), "tags": ["a", "b"],
              "vars": {"reach_groups": groups, "reach_door": "site.yml --tags a,b"}}
    (tmp_path / "play.yml").write_text(yaml.safe_dump([begins]), encoding="utf-8")
    (tmp_path / "hosts.yml").write_text("all: {hosts: {localhost: }, children: {management_host: , standby_host: {hosts: {standby: }}}}")
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", tmp_path / "hosts.yml", "-c", "local", tmp_path / "play.yml",
         "-e", json.dumps({name: value for name, value in given.items() if name == "world"}), *more],
        cwd=ROOT, text=True, check=False, capture_output=True, timeout=120, env={**os.environ, "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1"})
    said = " ".join((done.stdout + done.stderr).split())
    assert (done.returncode == 0) is (not refused) and refused in said, said[-1500:]


STORIES = [path for path in sorted((ROOT / "molecule").rglob("*.yml"))
           if path.name != "molecule.yml" and isinstance(found := yaml.safe_load(path.read_text(encoding="utf-8")), list)
           and any("hosts" in play for play in found)]


@pytest.mark.parametrize("path", STORIES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_story_looks_before_it_asserts_anything_on_found_hosts(path: Path) -> None:
    """Their groups are empty in every new run, and a play on nobody is passed over: what it asserts would never be asked. A story may name the hosts
    itself, in an inventory of its own."""
    own = path.parent / "inventory" / "hosts.yml"
    looked = own.exists() and {"management_host", "standby_host"} <= set(yaml.safe_load(own.read_text(encoding="utf-8"))["all"]["children"])
    for play in run_of(path):
        looked = looked or play.file == "look.yml"
        assert looked or not re.search("management_host|standby_host", str(play.play["hosts"])), play.play["name"]
