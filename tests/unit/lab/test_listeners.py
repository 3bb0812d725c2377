# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What `ss` says becomes listeners, and only a lab's own processes are left out of those in the way."""

from __future__ import annotations

import os
import socket

import pytest

from lab import preflight, processes
from lab.listeners import Listener, listeners, parse
from lab.processes import Process

SEEN = """\
udp UNCONN 0      0         127.0.0.53%lo:53    0.0.0.0:* users:(("systemd-resolve",pid=5,fd=13))
tcp LISTEN 0      128             0.0.0.0:3142  0.0.0.0:* users:(("apt-cacher-ng",pid=7,fd=11),("apt-cacher-ng",pid=8,fd=11))
tcp LISTEN 0      128                [::]:3142     [::]:* users:(("apt-cacher-ng",pid=7,fd=12))
tcp LISTEN 0      128                   *:53          *:*
tcp LISTEN 0      128             0.0.0.0:22    0.0.0.0:* users:(("sshd",pid=9,fd=3))
"""


def test_lines_are_read() -> None:
    assert parse(SEEN, (53, 3142)) == [
        Listener("udp", "127.0.0.53", 53, "systemd-resolve (pid 5)", 5), Listener("tcp", "0.0.0.0", 3142, "apt-cacher-ng (pid 7)", 7),
        Listener("tcp", "[::]", 3142, "apt-cacher-ng (pid 7)", 7), Listener("tcp", "*", 53)]


def test_a_socket_of_this_machine_is_seen_and_a_labs_own_is_no_strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("", 0)) as server:
        port = server.getsockname()[1]
        (seen,) = listeners([port])
        assert (seen.protocol, seen.address, seen.port, seen.pid) == ("tcp", "0.0.0.0", port, os.getpid())
        monkeypatch.setattr(processes, "PORTS", {"aws": port})
        monkeypatch.setattr(processes, "running", lambda clone: [])
        assert preflight.foreign_listeners() == [seen]
        monkeypatch.setattr(processes, "running", lambda clone: [Process("aws", os.getpid(), "/nowhere")])
        assert preflight.foreign_listeners() == []
