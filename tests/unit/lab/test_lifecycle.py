# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Up refuses before it touches, down leaves nothing and says so, and two commands never work at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lab import cli, files, lifecycle, ownership
from lab.ownership import Busy, Owner
from lab.preflight import Lab, Machine
from lab.processes import Process
from lab.world import ROOT


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(ownership, "PLACE", tmp_path)
    monkeypatch.setattr(ownership, "RECORD", tmp_path / "owner.json")
    monkeypatch.setattr(ownership, "LOCK", tmp_path / "lock")
    return tmp_path


class World:
    """Everything `clear` reaches for; `log` is what it did, in order."""

    def __init__(self, clone: str, monkeypatch: pytest.MonkeyPatch):
        self.log: list[str] = []
        self.lab: Lab | None = Lab(clone, frozenset({"aws", "dns", "materialise"}), frozenset({"lab-a"}), frozenset(), frozenset({"lab-net"}))
        self.alive = [Process(name, number, clone) for number, name in enumerate(("aws", "materialise", "dns"))]
        monkeypatch.setattr(lifecycle.preflight, "labs", lambda: {clone: self.lab} if self.lab else {})
        monkeypatch.setattr(lifecycle.processes, "running", lambda _: self.alive)
        monkeypatch.setattr(lifecycle.processes, "stop", lambda batch: self.log.append("stop " + " ".join(p.name for p in batch)))
        monkeypatch.setattr(lifecycle.network, "remove_network", lambda name: self.log.append(f"network {name}"))
        monkeypatch.setattr(lifecycle.network, "remove_guard", lambda: self.did("guard"))
        monkeypatch.setattr(lifecycle.cuts, "remove", lambda: not self.did("cuts"))
        monkeypatch.setattr(lifecycle.ssh_masters, "close", lambda: self.did("connections") * 2)
        monkeypatch.setattr(lifecycle.ssh_masters, "running", lambda: [Process("ssh", 77, "")])
        monkeypatch.setattr(lifecycle.registries, "forget", lambda: 0)
        monkeypatch.setattr(lifecycle, "clear_work", list)
        monkeypatch.setattr(lifecycle, "podman", self.podman)

    def did(self, what: str) -> bool:
        self.log.append(what)
        return True

    def podman(self, verb: str, *flags: str, **_: Any) -> str:
        if verb == "ps":
            return json.dumps([{"Names": ["lab-a"]}])
        self.log.append(f"{verb} {flags[-1]}")
        return ""


def test_who_would_make_things_again_is_ended_first_then_containers_then_networks(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(str(tmp_path), monkeypatch)
    removed = lifecycle.clear(str(tmp_path))
    assert world.log == ["stop materialise", "stop aws dns", "rm lab-a", "network lab-net", "connections", "cuts", "guard"]
    assert removed == ["3 processes", "1 containers", "1 networks", "2 ssh connections", "the guard"]


def test_clearing_a_dead_clone_keeps_what_the_living_owner_needs(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ownership.claim("up", ["aws"])
    world = World(str(tmp_path / "other"), monkeypatch)
    lifecycle.clear(str(tmp_path / "other"))
    assert not {"guard", "connections"} & set(world.log) and ownership.owner() is not None


def test_only_a_lab_folder_is_removed(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    World(str(tmp_path), monkeypatch)
    (tmp_path / "build/lab").mkdir(parents=True)
    lifecycle.clear(str(tmp_path))
    assert (tmp_path / "build/lab").exists(), "not a clone of this project: hands off"
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab/world.py").touch()
    assert str(tmp_path / "build/lab") in lifecycle.clear(str(tmp_path))


def test_down_names_what_would_not_go(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "ROOT", tmp_path)
    monkeypatch.setattr(lifecycle, "BUILD", tmp_path / "build/lab")
    World(str(tmp_path), monkeypatch)
    with pytest.raises(lifecycle.LeftBehind, match=r"process lab\.aws, process lab\.dns, .*container lab-a, network lab-net, ssh conn.*77"):
        lifecycle.down()


def test_down_without_a_lab_says_so(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(lifecycle, "clear", lambda _: [])
    monkeypatch.setattr(lifecycle, "BUILD", tmp_path / "build/lab")
    monkeypatch.setattr(lifecycle.preflight, "labs", dict)
    monkeypatch.setattr(lifecycle.ssh_masters, "running", list)
    lifecycle.down()
    assert "there was no lab of this clone" in capsys.readouterr().out


def test_up_tells_all_faults_and_touches_nothing(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(lifecycle.preflight, "observe", lambda: Machine(root=False, tun=False))
    monkeypatch.setattr(lifecycle, "clear", lambda _: pytest.fail("touched"))
    assert cli.main(["up"]) == 1
    told = capsys.readouterr().err
    assert "nothing was touched" in told and told.count("\n  - ") == 2
    assert not ownership.RECORD.exists()


def test_connections_of_another_clones_lab_are_nothing_left_behind(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    files.write_json(ownership.RECORD, {"clone": "/opt/clone", "state": "up", "started": 0.0, "processes": []})
    monkeypatch.setattr(lifecycle, "clear", lambda _: [])
    monkeypatch.setattr(lifecycle, "BUILD", tmp_path / "build/lab")
    monkeypatch.setattr(lifecycle.preflight, "labs", dict)
    monkeypatch.setattr(lifecycle.ssh_masters, "running", lambda: [Process("ssh", 77, "")])
    lifecycle.down()
    assert "there was no lab of this clone" in capsys.readouterr().out


@pytest.mark.parametrize(("state", "does"), [
    ("", ["make"]), ("running", ["start"]), ("exited", ["start"]), ("stopped", ["start"]),
    ("created", ["remove", "make"]), ("initialized", ["remove", "make"]), ("removing", ["remove", "make"]),
])
def test_a_third_place_whose_making_was_cut_short_is_made_anew(
    state: str, does: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    did: list[str] = []

    def podman(verb: str, *_: str) -> str:
        if verb == "ps":
            return f"{state}\n"
        did.append(verb)
        return ""

    monkeypatch.setattr(lifecycle, "FAULTS", tmp_path / "faults.json")
    monkeypatch.setattr(lifecycle, "podman", podman)
    monkeypatch.setattr(lifecycle, "remove", lambda name: did.append("remove"))
    monkeypatch.setattr(lifecycle, "start_host", lambda *_, **__: did.append("make"))
    for name in ("current", "wait_for_ssh", "install_key", "trust"):
        monkeypatch.setattr(lifecycle, name, lambda *_: None)
    monkeypatch.setattr(lifecycle, "ensure_ssh_key", lambda: "ssh-ed25519 AAAA lab")
    lifecycle.ensure_third_place()
    assert did == does


def test_two_commands_never_work_at_once(place: Path) -> None:
    with ownership.lock("up"), pytest.raises(Busy, match=r"`lab up` of .* \(pid \d+\)"), ownership.lock("down"):
        pass
    with ownership.lock("down"):
        pass


def test_the_lock_goes_with_the_last_lab(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ownership, "PLACE", tmp_path / "run")
    monkeypatch.setattr(ownership, "RECORD", tmp_path / "run/owner.json")
    monkeypatch.setattr(ownership, "LOCK", tmp_path / "run/lock")
    with ownership.lock("up"):
        ownership.claim("up")
    assert ownership.LOCK.exists()
    with ownership.lock("down"):
        ownership.RECORD.unlink()
    assert not ownership.PLACE.exists()


def test_the_moment_a_lab_began_is_kept(place: Path) -> None:
    ownership.claim("building")
    first = ownership.owner()
    ownership.claim("up", ["apt"])
    assert first and ownership.owner() == Owner(first.clone, "up", first.started, ("apt",))


def test_an_interrupt_is_not_a_traceback(monkeypatch: pytest.MonkeyPatch, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt
    monkeypatch.setattr(lifecycle, "up", interrupted)
    assert cli.main(["up"]) == 130
    assert "goes on from here" in capsys.readouterr().err


def test_an_interrupt_before_the_command_began_is_not_a_traceback_either(tmp_path: Path) -> None:
    """With a command that makes nothing, whatever comes of it; and with Python's own handler even where SIGINT is ignored, as under nohup."""
    (tmp_path / "sitecustomize.py").write_text("import signal, sys\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n\n"
                                               "class Interrupting:\n    def find_spec(self, name, path, target=None):\n"
                                               "        if name == 'lab.cli':\n            signal.raise_signal(signal.SIGINT)\n\n"
                                               "sys.meta_path.insert(0, Interrupting())\n")
    ended = subprocess.run([sys.executable, "-m", "lab", "break", "--list"], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(tmp_path)},
                           capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (130, "\nInterrupted; nothing was touched.\n")


def test_break_lists_and_refuses_unknown_names(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["break", "--list"]) == 0
    assert "tunnel-a" in capsys.readouterr().out
    assert cli.main(["break", "nothing-like-it"]) == 1
    assert "there are: nhn, aws" in capsys.readouterr().err


def test_breaking_needs_a_lab(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["break", "nhn"]) == 1
    assert "python -m lab up" in capsys.readouterr().err


def test_who_is_not_root_is_told_so_and_nothing_is_touched(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert [cli.main(command) for command in (["up"], ["down"], ["images"], ["status"], ["break", "nhn"])] == [1] * 5
    told = capsys.readouterr().err
    assert told.count("needs root: run the same command with sudo") == 5 and "The lab cannot come up on this machine; nothing was touched." in told
    assert list(place.iterdir()) == []
