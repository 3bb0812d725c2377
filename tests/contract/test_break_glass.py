# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A record is made anew from nothing by the role's own tasks, with real members. Hosts are addresses on loopback here, systemd is two lines of shell,
and what the databases' gates say is given; how they are asked is in test_gate_servers.py.
"""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.multicloud.dr.plugins.module_utils.quorum import glass
from ansible_collections.multicloud.dr.plugins.module_utils.switch import chain
from ansible_collections.multicloud.dr.plugins.module_utils.switch.etcd import EtcdLedger, EtcdStore, journal_key, record_key
from ansible_collections.multicloud.dr.plugins.module_utils.switch.etcd_wire import Access
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Record, Unanswered

from . import test_record_restored as restored
from .quorum_servers import HAD, MISSING, ROLE, SEARCH
from .test_record_restored import ADDRESSES, AGENT

pytestmark = [
    pytest.mark.skipif(not HAD, reason=MISSING),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root: the role gives files to etcd's user"),
]
BASES = [{"site": site, "error": "", "epoch": 3, "by": "nhn", "open_for": 0.0} for site in ("nhn", "aws")]
STOP = restored.STOP + "; cut -d. -f1 /proc/uptime > {home}/stopped"
# Says what systemd would, of the host that stands in for the service's name.
SYSTEMCTL = """#!/bin/sh
home={folder}/$2
if kill -0 $(cat $home/pid 2>/dev/null) 2>/dev/null; then echo ActiveState=active; else echo ActiveState=inactive; fi
echo InactiveEnterTimestampMonotonic=$(cat $home/stopped 2>/dev/null || echo 0)000000
"""
WORDS = {"quorum_glass_by": "kim", "quorum_glass_reason": "three disks were lost", "quorum_glass_gone": "third",
         "quorum_glass_until": f"{datetime.now(UTC) + timedelta(hours=2):{glass.UNTIL}}"}


class World(restored.World):
    """The hosts of nhn and aws, whose disks are empty and who have no snapshot; that of the third member is gone."""

    def _keep_snapshot(self) -> None:
        (self.folder / "bin").mkdir()
        (self.folder / "bin" / "systemctl").write_text(SYSTEMCTL.format(folder=self.folder))
        (self.folder / "bin" / "systemctl").chmod(0o755)

    def _write_tasks(self) -> None:
        super()._write_tasks()

        def here(task: dict[str, Any]) -> dict[str, Any]:
            if "block" in task:
                return {**task, "block": [here(each) for each in task["block"]]}
            if (service := task.pop("ansible.builtin.systemd_service", None)) is not None:
                line = {"started": restored.START, "stopped": STOP}[service["state"]]
                return {**task, "ansible.builtin.shell": {"cmd": self.shell("{{ inventory_hostname }}", f"{line} || true")}}
            if "multicloud.dr.quorum_glass_info" in task:
                task["multicloud.dr.quorum_glass_info"] = {**task["multicloud.dr.quorum_glass_info"], "unit": "{{ inventory_hostname }}"}
            if "multicloud.dr.quorum_glass" in task:
                given = task["multicloud.dr.quorum_glass"]
                seen = given["places"].replace("| list }}", "| map('combine', {'bases': bases}) | list }}")
                task["multicloud.dr.quorum_glass"] = {**given, "places": seen}
            return task
        tasks = yaml.safe_load((ROLE / "tasks" / "break_glass.yml").read_text(encoding="utf-8"))
        (self.folder / "break_glass.yml").write_text(yaml.safe_dump([here(task) for task in tasks], sort_keys=False), encoding="utf-8")
        play = self.folder / "play.yml"
        play.write_text(play.read_text(encoding="utf-8").replace("restore.yml", "break_glass.yml"), encoding="utf-8")


    def begin(self, **named: Any) -> subprocess.Popen[str]:
        members = [{"name": name, "address": at, "site": name} for name, at in ADDRESSES.items()]
        given = {"quorum_members": [*members, {"name": "third", "address": "127.0.0.9", "site": ""}], "quorum_glass_writer": "nhn", "bases": BASES,
                 "quorum_glass_agent_url": "http://127.0.0.1:1", **named}
        path = f"{self.folder}/bin{os.pathsep}{SEARCH}"
        before, os.environ["PATH"], restored.SEARCH = os.environ["PATH"], path, path
        try:
            return self.play(**given)
        finally:
            os.environ["PATH"], restored.SEARCH = before, SEARCH

    def said(self, **named: Any) -> tuple[bool, str]:
        """Did it come to its end, and what was said."""
        run = self.begin(**named)
        said = " ".join(run.communicate(timeout=500)[0].split())
        return run.returncode == 0, said

    def lose(self) -> None:
        """Members, and their disks."""
        self.end()
        for name in ADDRESSES:
            subprocess.run(["rm", "-rf", self.folder / name / "data"], check=True)

    def written_down(self) -> list[dict[str, Any]]:
        """In the journal of the record that answers."""
        as_agent = Access(**self.authority.files(), user="agent", password=AGENT)
        ledger = EtcdLedger([f"https://{at}:{self.client}" for at in ADDRESSES.values()], journal_key("tickets"), 5.0, as_agent)
        held = chain.read([text for _name, text in ledger.under("break-glass.")])
        assert not held.faults
        return list(held.lines)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    try:
        yield made
    finally:
        made.end()


@pytest.mark.long
def test_a_record_is_made_anew_once_by_an_override_that_it_tells_of(world: World) -> None:
    done, said = world.said()
    assert not done and "The host of member third does not answer." in said and "rebuild_record" not in said
    done, said = world.said(**WORDS)
    assert not done and "-e quorum_glass_override=rebuild_record:1003 " in said
    assert not list(world.folder.glob("*/break-glass.jsonl")) and not (world.folder / "nhn" / "stopped").exists(), "nothing was touched"
    done, said = world.said(quorum_glass_override="rebuild_record:1003", **WORDS)
    assert done, said
    assert world.answered() == Record("nhn", 1003, 1) and "nhn goes on at epoch 1003, by rebuild_record:1003 of kim" in said
    (line,) = world.written_down()
    assert {name: line[name] for name in ("by", "reason", "until", "writer", "epoch", "gone", "proven")} == {
        "by": "kim", "reason": "three disks were lost", "until": WORDS["quorum_glass_until"], "writer": "nhn", "epoch": 1003, "gone": ["third"],
        "proven": True}
    nobody = EtcdStore([f"https://{ADDRESSES['nhn']}:{world.client}"], record_key("tickets"), 5.0, Access(**world.authority.files()))
    with pytest.raises(Unanswered) as refused:
        nobody.read()
    assert refused.value.refused, "only who has a password is let in"

    done, said = world.said(quorum_glass_override="rebuild_record:1003", **WORDS)
    assert not done and "The record lives: The record of tickets says writer nhn, epoch 1003" in said
    assert world.answered() == Record("nhn", 1003, 1), "and its members run on"
    world.lose()
    done, said = world.said(quorum_glass_override="rebuild_record:1003", **WORDS)
    assert not done and "rebuild_record:1003 was used already, and counts once." in said
    (name,) = re.findall(r"against another: (rebuild_record:\d+)", said)[:1]
    done, said = world.said(quorum_glass_override=name, **WORDS)
    assert done, said
    assert [line["overrides"] for line in world.written_down()] == [["rebuild_record:1003"], [name]]
    assert not [left for host in ADDRESSES for left in ("restoring.db", "forward") if (world.folder / host / left).exists()]


@pytest.mark.long
@pytest.mark.parametrize("killed", [pytest.param("Make what the members begin with", marks=pytest.mark.whole),
                                    "Make a member of a new cluster of it"])
def test_a_run_that_was_killed_has_used_its_override_up_and_is_run_again_by_the_next(world: World, killed: str) -> None:
    first = world.begin(quorum_glass_override="rebuild_record:1003", **WORDS)
    assert first.stdout
    for line in first.stdout:
        if f"TASK [{killed}]" in line:
            time.sleep(0.5)
            break
    else:
        raise AssertionError(f"no task {killed}")
    os.killpg(first.pid, signal.SIGKILL)
    first.stdout.close()
    first.wait()
    time.sleep(2)
    done, said = world.said(quorum_glass_override="rebuild_record:1003", **WORDS)
    assert not done and "was used already" in said
    (name,) = re.findall(r"against another: (rebuild_record:\d+)", said)[:1]
    done, said = world.said(quorum_glass_override=name, **WORDS)
    assert done, said
    assert world.answered() == Record("nhn", int(name.partition(":")[2]), 1)


@pytest.mark.long
@pytest.mark.parametrize(("seen", "said"), [
    ({"bases": [{**BASES[0], "open_for": 4.0}, BASES[1]]}, "The database of nhn takes writes for 4.0 s more"),
    ({"quorum_glass_writer": "aws"}, "By dr.gate nhn wrote last (epoch 3), and not aws."),
    ({"quorum_glass_until": "2026-01-02T15:04Z"}, "2026-01-02T15:04Z is over"),
])
def test_what_speaks_against_it_stops_it_before_anything_is_touched(world: World, seen: dict[str, Any], said: str) -> None:
    done, words = world.said(**{**WORDS, "quorum_glass_override": "rebuild_record:1003", **seen})
    assert not done and said in words and "No record was made." in words
    assert not list(world.folder.glob("*/break-glass.jsonl")) and not (world.folder / "nhn" / "stopped").exists()


def test_what_is_made_holds_the_record_and_who_wanted_it_and_nothing_is_made_without_an_override(world: World) -> None:
    def told(**other: Any) -> dict[str, Any]:
        asked = {"directory": str(world.folder / "forward"), "topology": "tickets", "epoch": 4, "user": "agent", "password": AGENT,
                 "takeover_seconds": 2.0, "node": "break-glass.nhn", "journal": str(world.folder / "nhn" / "break-glass.jsonl"),
                 "member": {"certificate": str(world.folder / "member.crt"), "key": str(world.folder / "member.key")},
                 "access": {**world.authority.files(), "user": "root", "password": restored.ROOT}, **other}
        return module("quorum_beginning", asked)

    def module(name: str, asked: dict[str, Any]) -> dict[str, Any]:
        run = subprocess.run([restored.sys.executable, "-m", f"ansible_collections.multicloud.dr.plugins.modules.{name}"], cwd=restored.PROJECT,
                             text=True, input=json.dumps({"ANSIBLE_MODULE_ARGS": asked}), capture_output=True, check=False, timeout=200,
                             env={**os.environ, "PATH": SEARCH, "PYTHONPATH": str(restored.PROJECT / "collections")})
        assert run.stdout, run.stderr
        said: dict[str, Any] = json.loads(run.stdout)
        return said

    assert "No override was used for epoch 4." in told()["msg"]
    lost = {"answered": False, "refused": False, "writer": None, "because": "no quorum"}
    places = [{"member": name, "record": lost, "bases": BASES, "voices": [], "doors": [], "agent": None, "remembers": 0, "snapshot": 0, "unread": [],
               "used": [], "torn": 0, "stopped_for": 30.0} for name in ("nhn", "aws", "third")]
    asked = {"places": places, "members": {"nhn": "nhn", "aws": "aws", "third": ""}, "writer": "nhn", "override": "rebuild_record:4", "by": "kim",
             "reason": "why", "until": WORDS["quorum_glass_until"], "use": True, "journal": str(world.folder / "nhn" / "break-glass.jsonl")}
    assert module("quorum_glass", {**asked, "_ansible_check_mode": True})["epoch"] == 4
    assert "No override was used" in told()["msg"], "a check run uses nothing up"
    assert module("quorum_glass", asked)["changed"]
    assert "was used by somebody else a moment ago" in module("quorum_glass", asked)["msg"]
    assert told(_ansible_check_mode=True)["sha256"] == "" and not (world.folder / "forward").exists()
    made = told()
    assert made["writer"] == "nhn" and sorted(path.name for path in (world.folder / "forward").iterdir()) == ["etcd.log", "snapshot.db"]
    held = (world.folder / "forward" / "snapshot.db").read_bytes()
    assert b"/multicloud-dr/tickets/record" in held and b"/multicloud-dr/tickets/journal/break-glass.nhn/" in held
    assert base64.b64encode(AGENT.encode()) not in held and AGENT.encode() not in held
