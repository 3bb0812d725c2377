# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ctrl-C waits for the podman that is at work, and a second one does not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lab import podman
from lab.world import ROOT

AT_WORK = "#!/bin/sh\necho > started\nread line < go\necho > done\n"


def test_an_interrupt_of_everything_in_the_terminal_lets_podman_finish(tmp_path: Path) -> None:
    (tmp_path / "podman").write_text(AT_WORK)
    (tmp_path / "podman").chmod(0o700)
    os.mkfifo(tmp_path / "started")
    os.mkfifo(tmp_path / "go")
    call = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from lab.podman import podman; podman('run')"
    lab = subprocess.Popen([sys.executable, "-c", call], cwd=tmp_path, start_new_session=True, stderr=subprocess.PIPE,
                           env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)})
    try:
        (tmp_path / "started").read_text()
        os.killpg(lab.pid, signal.SIGINT)
        go = os.open(tmp_path / "go", os.O_RDWR)
        os.write(go, b"\n")
        _, told = lab.communicate(timeout=30)
        os.close(go)
        assert b"KeyboardInterrupt" in told and (tmp_path / "done").exists()
    finally:
        lab.kill()
        lab.communicate()


class Interrupted:
    """A podman during which Ctrl-C is pressed `times` times."""

    returncode = 0

    def __init__(self, times: int):
        self.times, self.asked, self.killed = times, 0, False

    def communicate(self, *_: Any, **__: Any) -> tuple[bytes, bytes]:
        self.asked += 1
        if self.asked <= self.times:
            raise KeyboardInterrupt
        return b"", b""

    def kill(self) -> None:
        self.killed = True

    def __enter__(self) -> Interrupted:
        return self

    def __exit__(self, *_: object) -> None:
        return None


@pytest.mark.parametrize(("times", "killed"), [(1, False), (2, True)])
def test_the_second_interrupt_ends_it(times: int, killed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    process = Interrupted(times)
    monkeypatch.setattr(podman.subprocess, "Popen", lambda *_, **__: process)
    with pytest.raises(KeyboardInterrupt):
        podman.podman("run")
    assert (process.asked, process.killed) == (2, killed)


def test_a_container_whose_first_process_is_gone_does_not_run_whatever_podman_says(tmp_path: Path) -> None:
    for pid, environment in ((7, b"PATH=/bin\0container=podman\0"), (8, b"PATH=/bin\0SHELL=/bin/sh\0")):
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "environ").write_bytes(environment)
    assert podman.runs({"State": "running", "Pid": 7}, tmp_path)
    assert not podman.runs({"State": "running", "Pid": 8}, tmp_path), "somebody else has the number now"
    assert not podman.runs({"State": "running", "Pid": 9}, tmp_path), "nobody has it"
    assert not podman.runs({"State": "exited", "Pid": 7}, tmp_path)
