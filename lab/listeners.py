# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who listens where on this machine, as `ss` tells it: a service on all addresses also has the lab's, before the lab has them."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from lab.network import tool

EVERYWHERE = frozenset({"0.0.0.0", "*"})      # *: IPv6 and IPv4; a socket for IPv6 alone is shown as [::]
_USER = re.compile(r'\("([^"]+)",pid=(\d+)')


@dataclass(frozen=True)
class Listener:
    """protocol: tcp | udp; address: as `ss` writes it, without a device; who: "name (pid 1)", or "something" when that cannot be seen."""

    protocol: str
    address: str
    port: int
    who: str = "something"
    pid: int = 0


def listeners(ports: Collection[int]) -> list[Listener]:
    """Every TCP and UDP socket that waits on one of these ports."""
    return parse(tool("ss", "--no-header", "--numeric", "--listening", "--tcp", "--udp", "--processes"), ports)


def parse(text: str, ports: Collection[int]) -> list[Listener]:
    """Lines like `tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=9,fd=3))`; one bound to a device has it after its address (%eth0)."""
    found = []
    for words in map(str.split, text.splitlines()):
        address, _, port = words[4].rpartition(":")
        if port.isdigit() and int(port) in ports:
            user = _USER.search(words[-1])
            who, pid = (f"{user[1]} (pid {user[2]})", int(user[2])) if user else ("something", 0)
            found.append(Listener(words[0], address.partition("%")[0], int(port), who, pid))
    return found
