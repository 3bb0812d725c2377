# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The wire: DNS over UDP and TCP. Only translates between packets and `answers`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dnslib import QTYPE, RCODE, RR
from dnslib.server import BaseResolver, DNSLogger, DNSServer

from lab.dns.answers import Answer

Ask = Callable[[str, str], Answer]
"""(name, type) to the answer."""


class _Resolver(BaseResolver):
    def __init__(self, ask: Ask):
        self.ask = ask

    def resolve(self, request: Any, handler: Any) -> Any:
        found = self.ask(str(request.q.qname), QTYPE.get(request.q.qtype))
        reply = request.reply()
        reply.header.rcode = getattr(RCODE, found.code)
        for name, kind, ttl, value in found.records:
            reply.add_answer(*RR.fromZone(f"{name}. {ttl} IN {kind} {value}"))
        return reply


def servers(ask: Ask, address: str, port: int) -> tuple[DNSServer, DNSServer]:
    """A UDP and a TCP server, bound, not started; `start_thread()` and `stop()` are dnslib's."""
    quiet = DNSLogger("-request,-reply,-truncated,-data")
    resolver = _Resolver(ask)
    return (DNSServer(resolver, address=address, port=port, logger=quiet),
            DNSServer(resolver, address=address, port=port, tcp=True, logger=quiet))
