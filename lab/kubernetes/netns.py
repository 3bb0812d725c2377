# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Connections from inside a container's network, for probes.

A probe from this machine's own network could be answered by a stranger when a bridge has lost its address; inside the pod's network
namespace there is nobody else.
"""

from __future__ import annotations

import ctypes
import http.client
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def inside(pid: int) -> Iterator[None]:
    """Put this thread (and only it) into the network namespace of a process. Raises OSError when the process is gone."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        away = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            _enter(away)
        finally:
            os.close(away)
        try:
            yield
        finally:
            _enter(home)
    finally:
        os.close(home)


def _enter(descriptor: int) -> None:
    if _libc.setns(descriptor, CLONE_NEWNET):
        code = ctypes.get_errno()
        raise OSError(code, f"setns: {os.strerror(code)}")


def connect(pid: int, address: str, port: int, timeout: float) -> socket.socket:
    """A TCP connection made inside the pod; it stays there when the thread has come home. Raises OSError."""
    with inside(pid):
        return socket.create_connection((address, port), timeout=timeout)


def http_get(connection: socket.socket, host: str, path: str, headers: dict[str, str], timeout: float) -> int:
    """The status of one GET over an open connection, which is closed. Raises OSError or http.client.HTTPException."""
    client = http.client.HTTPConnection(host, timeout=timeout)
    client.sock = connection
    try:
        client.request("GET", path, headers={"User-Agent": "kube-probe/1.33", "Accept": "*/*", "Connection": "close", **headers})
        return client.getresponse().status
    finally:
        client.close()
