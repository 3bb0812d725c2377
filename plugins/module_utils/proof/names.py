# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What address does a name have, asked of one given name server or of the system, and for how long is that good?"""

from __future__ import annotations

import socket
from collections.abc import Callable
from time import monotonic

from ..absent import absent

try:
    import dns.exception
    import dns.resolver
except ImportError:
    dns = absent("dnspython")


class NoAddress(Exception):
    """The name has no address, or nobody answered; the message says which."""


def lookup(name: str, nameserver: str | None, timeout: float = 2.0) -> tuple[str, float]:
    """(IPv4 address, seconds it may be kept). Raises NoAddress."""
    if not nameserver:
        try:
            return socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_STREAM)[0][4][0], 1.0   # type: ignore[return-value]
        except OSError as error:
            raise NoAddress(f"{name}: {error}") from error
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [nameserver]
    try:
        answer = resolver.resolve(name, "A", lifetime=timeout)
    except dns.exception.DNSException as error:
        raise NoAddress(f"{name} at {nameserver}: {type(error).__name__}") from error
    return str(answer[0]), float(answer.rrset.ttl if answer.rrset else 1)


class Resolver:
    """Keeps an address as long as its time to live says, as a stub resolver does; an expired one is kept when nobody answers."""

    def __init__(
        self, nameserver: str | None, ask: Callable[[str, str | None], tuple[str, float]] = lookup, clock: Callable[[], float] = monotonic,
    ) -> None:
        self._nameserver, self._ask, self._clock = nameserver, ask, clock
        self._kept: dict[str, tuple[str, float]] = {}

    def address(self, name: str) -> str:
        """The name's address now. Raises NoAddress when it was never answered."""
        kept = self._kept.get(name)
        if kept and self._clock() < kept[1]:
            return kept[0]
        try:
            address, keep = self._ask(name, self._nameserver)
        except NoAddress:
            if kept:
                return kept[0]
            raise
        self._kept[name] = (address, self._clock() + keep)
        return address
