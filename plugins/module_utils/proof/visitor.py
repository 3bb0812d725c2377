# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One question to the service as any visitor asks it: by its public name, over a new connection to wherever that points now."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass

from .names import NoAddress, Resolver

AGENT = "multicloud.dr"             # a firewall in front of the service may turn away who does not say what he is


class NoAnswer(Exception):
    """Nobody answered; the message says why. address: who was asked, None when the name had no address."""

    def __init__(self, why: Exception, address: str | None) -> None:
        super().__init__(f"{type(why).__name__}: {why}"[:200])
        self.address = address


@dataclass(frozen=True)
class Answer:
    """Whatever the service said, good or bad. body: as it came, `most` bytes at most."""

    address: str
    status: int
    reason: str
    body: bytes


@dataclass(frozen=True)
class Visitor:
    """Somebody who knows the service's name and port. Not shared between threads: a resolver keeps addresses without a lock.
    reach: seconds until nobody is there; without it as long as an answer may take.
    """

    resolver: Resolver
    domain: str
    port: int = 80
    reach: float | None = None

    def ask(
        self, path: str, *, method: str = "GET", body: str | None = None, headers: Mapping[str, str] | None = None, timeout: float = 5.0,
        most: int = 8 << 20,
    ) -> Answer:
        """Ask once. Raises NoAnswer."""
        address = None
        try:
            address = self.resolver.address(self.domain)
            connection = http.client.HTTPConnection(address, self.port, timeout=min(self.reach or timeout, timeout))
            try:
                connection.connect()
                connection.sock.settimeout(timeout)
                connection.request(method, path, body, {"Host": self.domain, "User-Agent": AGENT, "Connection": "close", **(headers or {})})
                answer = connection.getresponse()
                return Answer(address, answer.status, answer.reason, answer.read(most))
            finally:
                connection.close()
        except (NoAddress, OSError, http.client.HTTPException) as error:
            raise NoAnswer(error, address) from error
