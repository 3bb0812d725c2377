# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which addresses of a VPC pods and load balancers get. Handed out in turn, so a fresh pod does not at once inherit a dead one's clients."""

from __future__ import annotations

import threading
from ipaddress import IPv4Address, IPv4Network

from lab.kubernetes.podspec import Unrunnable

PODS = (100 * 256 + 10, 100 * 256 + 250)        # offsets in the VPC's range: 192.168.100.10 to .250
BALANCERS = (10 * 256 + 200, 10 * 256 + 250)    # 192.168.10.200 to .250


class Addresses:
    """A part of a VPC's range, `bounds` being the first and last offset in it."""

    def __init__(self, cidr: str, bounds: tuple[int, int]):
        network = IPv4Network(cidr)
        self._all = [str(network[offset]) for offset in range(bounds[0], bounds[1] + 1) if offset < network.num_addresses - 1]
        self._range = network
        self._next = 0
        self._taken: set[str] = set()
        self._lock = threading.Lock()

    def take(self, wish: str = "") -> str:
        """A free address; `wish` when it is free. Raises Unrunnable when there is none, or the wish cannot be granted."""
        with self._lock:
            if wish:
                if wish in self._taken or IPv4Address(wish) not in self._range:
                    raise Unrunnable(f"address {wish} is taken, or not in {self._range}")
                self._taken.add(wish)
                return wish
            for turn in range(len(self._all)):
                address = self._all[(self._next + turn) % len(self._all)]
                if address not in self._taken:
                    self._next = (self._next + turn + 1) % len(self._all)
                    self._taken.add(address)
                    return address
        raise Unrunnable(f"{self._range} has no free address for this")

    def give(self, address: str) -> None:
        """Take an address back; one that was not taken is fine."""
        with self._lock:
            self._taken.discard(address)
