# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One question to one resolver, with dnspython; nothing is cached here and no second server is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..faults import Fault


def query(timeout: float) -> Callable[[str, str], tuple[Sequence[str], int]]:
    """A function from (name, resolver) to (IPv4 addresses, lowest ttl). It raises OSError with the reason when there is no answer within
    `timeout` seconds, or a negative one. Raises Fault without dnspython.
    """
    dns = _dnspython()

    def asks(name: str, resolver: str) -> tuple[Sequence[str], int]:
        by = _resolver(dns, resolver, timeout)
        try:
            answer = by.resolve(name, "A", search=False)
        except dns.exception.DNSException as error:
            raise OSError(str(error)) from error
        return [item.address for item in answer], min(each.ttl for each in answer.response.answer)

    return asks


def name_servers(timeout: float) -> Callable[[str, Sequence[str]], Sequence[str]]:
    """A function from (zone, resolvers) to the names of the servers that answer for it, none when nobody does; no resolvers: those of this host.

    The first resolver that answers counts. It raises OSError with the reasons when none does. Raises Fault without dnspython.
    """
    dns = _dnspython()

    def asks(zone: str, resolvers: Sequence[str]) -> Sequence[str]:
        silent = []
        for resolver in resolvers or of_this_host():
            by = _resolver(dns, resolver, timeout)
            try:
                return sorted(str(item.target).rstrip(".").lower() for item in by.resolve(zone, "NS", search=False))
            except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
                return []
            except dns.exception.DNSException as error:
                silent.append(f"{resolver}: {error}")
        raise OSError("; ".join(silent))

    return asks


def _resolver(dns: Any, given: str, timeout: float) -> Any:
    """Asks the one given, as "address" or "address:port", and no other."""
    address, _unused, port = given.partition(":")
    by = dns.resolver.Resolver(configure=False)
    by.nameservers, by.port, by.lifetime, by.timeout = [address], int(port or 53), timeout, timeout
    return by


def _dnspython() -> Any:
    try:
        import dns.exception
        import dns.resolver
    except ImportError as error:
        raise Fault("ask resolvers", left=f"{error}. Nothing was asked.", then="Install dnspython for the Python that runs this module.") from error
    return dns


def of_this_host() -> list[str]:
    """The resolvers this host is set up to ask. Raises Fault without dnspython or when there are none."""
    dns = _dnspython()
    try:
        return [str(each) for each in dns.resolver.Resolver().nameservers]
    except dns.resolver.NoResolverConfiguration as error:
        raise Fault("find the resolvers of this host", left=f"{error}. Nothing was asked.", then="Name them: option resolvers.") from error
