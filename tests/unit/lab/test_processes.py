# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lab processes are found by their mark and command line, and ended whether they like it or not."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import processes
from lab.processes import Launched, Process, ProcessFailed

CLONE = f"/nowhere/clone-of-test-{os.getpid()}"
PATIENT = "print(flush=True); import time; time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + PATIENT


def spawn(script: str, *arguments: str, mark: str | None = CLONE) -> subprocess.Popen[bytes]:
    environment = {processes.MARK: mark} if mark else {}
    process = subprocess.Popen([sys.executable, "-c", script, *arguments, ""], stdout=subprocess.PIPE, env=environment)
    assert process.stdout
    process.stdout.readline()           # it has come as far as its first line
    return process


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[bytes]]]:
    running: list[subprocess.Popen[bytes]] = []
    yield running
    for process in running:
        process.kill()
        process.communicate()


def test_found_by_mark_and_command_together(started: list[subprocess.Popen[bytes]]) -> None:
    started += [spawn(PATIENT, "-m", "lab.dns"), spawn(PATIENT, "-m", "lab.dns", mark=None), spawn(PATIENT, "conmon"),
                spawn(PATIENT, "-m", "lab.dns", mark=f"{CLONE}-2")]
    assert processes.running(CLONE) == [Process("dns", started[0].pid, CLONE)]
    assert {process.clone for process in processes.running(None)} >= {CLONE, f"{CLONE}-2"}


@pytest.mark.parametrize(("command", "name"), [
    (["/usr/bin/docker-registry", "serve", "/nowhere/my clone/build/lab/registries/ncr.json"], "ncr"),
    (["/nowhere/my clone/.venv/bin/docker-registry", "serve", "/nowhere/clone/build/lab/registries/ecr.json"], "ecr"),
    (["/opt/my programs/apt-cacher-ng", "-c", "/etc"], "apt"),
    (["/usr/bin/docker-registry", "serve", "--help", "/some/ncr.json"], None),
])
def test_a_clone_may_have_a_space_in_its_path(command: list[str], name: str | None) -> None:
    match = processes._COMMAND.search("\0".join([*command, ""]))
    assert (next(filter(None, match.groups())) if match else None) == name


def test_stop_ends_the_willing_and_the_unwilling(started: list[subprocess.Popen[bytes]]) -> None:
    started += [spawn(PATIENT, "-m", "lab.dns"), spawn(STUBBORN, "-m", "lab.aws")]
    processes.stop(processes.running(CLONE), limit=0.2)
    assert [process.wait(5) for process in started] == [-15, -9]
    assert processes.running(CLONE) == []


def test_one_that_dies_while_starting_shows_its_last_words(tmp_path: Path) -> None:
    log = tmp_path / "aws.log"
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, "-c", "raise SystemExit('no such region')"], stderr=output)
        with pytest.raises(ProcessFailed, match=r"lab\.aws ended with 1 while starting.*\n.*no such region"):
            Launched("aws", process, log, ("127.0.0.1", 9)).wait_until_ready()


def test_one_that_never_listens_says_what_was_seen_last(tmp_path: Path, started: list[subprocess.Popen[bytes]]) -> None:
    started.append(spawn(PATIENT))
    with pytest.raises(ProcessFailed, match=r"did not listen at 127.0.0.1:9 within 0 s \(last: .*refused"):
        Launched("aws", started[0], tmp_path / "aws.log", ("127.0.0.1", 9)).wait_until_ready(limit=0.1)


def test_a_taken_port_is_told_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setattr(processes, "MACHINE", "127.0.0.1")
        monkeypatch.setattr(processes, "PORTS", {"aws": server.getsockname()[1]})
        monkeypatch.setattr(processes, "running", list)
        with pytest.raises(ProcessFailed, match=r"something else listens at 127\.0\.0\.1:"):
            processes.launch("aws")
