# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looking at the way to the other site: does its host answer over it, and which of the tunnels that end at this site carry a packet.

No privilege is needed. A host that refuses a connection has answered. Through a tunnel an echo request is sent between its own inside
addresses, which nothing else can carry, by the kernel's ping sockets: the group of whoever asks must be in net.ipv4.ping_group_range. What
IKE believes is not asked for: it would take root, and notices a dead tunnel seconds later.
"""

from __future__ import annotations

import os
import select
import socket
import struct
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .observations import LinkView, Look, NotLooked, Saw

TRIES = 2                   # one lost packet is no lost tunnel
_ECHO, _REPLY = 8, 0        # ICMP types


@dataclass(frozen=True)
class Tunnel:
    """One that ends at this site: its inside address here, and the other end's."""

    name: str
    here: str
    there: str


class MayNot(OSError):
    """The kernel does not let this process send an echo request."""


def tunnels_from(given: Sequence[Mapping[str, str]]) -> tuple[Tunnel, ...]:
    """As the agent's configuration names them: [{name, customer_inside_address, inside_address}]."""
    return tuple(Tunnel(each["name"], each["customer_inside_address"], each["inside_address"]) for each in given)


def look(host: str, port: int, tunnels: Sequence[Tunnel], timeout: float, *, reaches: Callable[[str, int, float], bool] | None = None,
         carries: Callable[[Tunnel, float], bool] | None = None) -> Look[LinkView]:
    """One bounded look. `host`, `port`: where the other site's agent answers; `timeout`: seconds for each question."""
    across = (reaches or answers)(host, port, timeout)
    try:
        up = {tunnel.name: (carries or carries_packet)(tunnel, timeout) for tunnel in tunnels}
    except MayNot as error:
        return Saw(LinkView(across, unasked=error.strerror))
    except OSError as error:            # the tunnel's own address is not here: nothing of it is set up
        return NotLooked(f"the tunnels could not be asked ({error})")
    return Saw(LinkView(across, tuple(name for name, fine in up.items() if fine), tuple(name for name, fine in up.items() if not fine)))


def answers(host: str, port: int, timeout: float) -> bool:
    """Does anything at that address answer, be it with a refusal?"""
    try:
        socket.create_connection((host, port), timeout).close()
    except ConnectionRefusedError:
        return True
    except (OSError, UnicodeError):     # the latter: what can be no name at all
        return False
    return True


def carries_packet(tunnel: Tunnel, timeout: float) -> bool:
    """Does an echo come back through it? Raises MayNot, and OSError where the tunnel's address is not this host's."""
    try:
        asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)
    except PermissionError as error:
        raise MayNot(error.errno, "this process may send no echo request; see net.ipv4.ping_group_range") from error
    with asking:
        asking.bind((tunnel.here, 0))
        asking.setblocking(False)
        return any(_echoes(asking, tunnel.there, number, timeout / TRIES) for number in range(1, TRIES + 1))


def _echoes(asking: socket.socket, there: str, number: int, timeout: float) -> bool:
    mark = os.urandom(8)
    end = time.monotonic() + timeout
    try:
        # Identifier and checksum are filled in by the kernel, which hands this socket the answers to its own requests alone.
        asking.sendto(struct.pack("!BBHHH", _ECHO, 0, 0, 0, number) + mark, (there, 0))
        while (left := end - time.monotonic()) > 0 and select.select([asking], [], [], left)[0]:
            said = asking.recv(256)
            if said[:1] == bytes([_REPLY]) and said[8:] == mark:
                return True
    except OSError:                     # no way there at the moment
        return False
    return False
