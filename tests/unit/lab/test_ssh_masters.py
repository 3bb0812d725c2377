# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Connections kept open to lab hosts are found by their sockets' folder and ended; those of others are let be."""

from __future__ import annotations

import subprocess
from pathlib import Path

from lab import ssh_masters

TEMPORARY = len(".0123456789abcdef")        # what ssh appends while it makes the socket
LONGEST = 107                               # characters of a unix socket's path (unix(7): 108 with the closing NUL)


def test_those_of_the_folder_are_ended_and_no_others(tmp_path: Path) -> None:
    sockets, others = tmp_path / "ssh", tmp_path / "other"
    sockets.mkdir()
    (sockets / "0a1b2c3d4e").touch()
    titles = ([f"ssh: {sockets}/0a1b2c3d4e [mux]", "60"], ["ssh", "60", f'ControlPath="{sockets}/ffffffffff"'],
              [f"ssh: {others}/0a1b2c3d4e [mux]", "60"], ["less", "60", f"{sockets}/notes"])
    script = ["/bin/sh", "-c", 'echo; read line']       # lives until its standard input ends, whatever its arguments say
    started = [subprocess.Popen([title[0], *script[1:], *title], executable=script[0], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
               for title in titles]
    try:
        for process in started:
            assert process.stdout and process.stdout.readline()
        assert {process.pid for process in ssh_masters.running(sockets)} == {process.pid for process in started[:2]}
        assert ssh_masters.close(sockets) == 2
        assert [process.poll() for process in started] == [-15, -15, None, None]
        assert not sockets.exists() and ssh_masters.close(sockets) == 0
    finally:
        for process in started:
            process.kill()
            process.communicate()


def test_a_sockets_path_fits_wherever_the_clone_lies() -> None:
    assert len(f"{ssh_masters.SOCKETS}/{'0' * 10}") + TEMPORARY <= LONGEST      # Ansible's names have ten digits
