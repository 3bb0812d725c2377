# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One spelling for what means the same, and the documented rules of values, for all kinds: what a service would store otherwise than it is said
never ends to differ, and what it would refuse is refused before anything is touched. Each takes a value and returns it in its one spelling, or raises
ValueError with the faults, each "what is wrong", or "path: what is wrong" when it begins with "." or "[". Pure: only data goes in and out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from ipaddress import IPv4Address, IPv4Network, ip_network
from typing import Any

from ..engine import at

Tidy = Callable[[Any], Any]
PRIVATE = tuple(IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))


def network(text: str) -> str:
    """An IPv4 range: 10.1.2.3 is 10.1.2.3/32, 10.1.2.3/24 and 10.1.2.0/255.255.255.0 are 10.1.2.0/24."""
    try:
        return str(IPv4Network(text.strip(), strict=False))
    except ValueError:
        raise ValueError(f"{text!r} is no IPv4 address or range") from None


def any_network(text: str) -> str:
    """The same, of IPv6 as well."""
    try:
        return str(ip_network(text.strip(), strict=False))
    except ValueError:
        raise ValueError(f"{text!r} is no address or range") from None


def address(text: str) -> str:
    """An IPv4 address."""
    try:
        return str(IPv4Address(text.strip()))
    except ValueError:
        raise ValueError(f"{text!r} is no IPv4 address") from None


def address_or_range(text: str) -> str:
    """A range, but an address where it is a single one."""
    return network(text).removesuffix("/32")


def vpc_range(text: str) -> str:
    """The range of a VPC: in a private block, and no smaller than a /24."""
    found = IPv4Network(network(text))
    if found.prefixlen > 24 or not any(found.subnet_of(block) for block in PRIVATE):
        raise ValueError(f"{found} is not within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16, or smaller than a /24")
    return str(found)


def subnet_range(text: str) -> str:
    """The range of a subnet: no smaller than a /28."""
    found = IPv4Network(network(text))
    if found.prefixlen > 28:
        raise ValueError(f"{found} is smaller than a /28")
    return str(found)


def time_of_day(text: str) -> str:
    """HH:MM:SS; the seconds may be left out."""
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?", text.strip()):
        raise ValueError(f"{text!r} is no time of day like '18:00:00' (in quotes, or YAML makes a number of it)")
    return f"{text.strip()}:00"[:8]


def within(low: int, high: int) -> Tidy:
    """A number from low to high."""
    def tidy(value: int) -> int:
        if not low <= value <= high:
            raise ValueError(f"{value} is not from {low} to {high}")
        return value

    return tidy


def at_least(low: int) -> Tidy:
    """A number that is no less."""
    def tidy(value: int) -> int:
        if value < low:
            raise ValueError(f"{value} is less than {low}")
        return value

    return tidy


def long(low: int, high: int) -> Tidy:
    """A text of so many characters; it is not quoted, as it may be a secret."""
    def tidy(value: str) -> str:
        if not low <= len(value) <= high:
            raise ValueError(f"must have from {low} to {high} characters")
        return value

    return tidy


def bytes_up_to(most: int) -> Tidy:
    """A text that takes no more bytes than that."""
    def tidy(value: str) -> str:
        if len(value.encode()) > most:
            raise ValueError(f"takes {len(value.encode())} bytes, and the service takes {most}")
        return value

    return tidy


def called(pattern: str, rule: str, taken: Collection[str] = ()) -> Tidy:
    """A name that fits a pattern, which `rule` says in words, and is none of those taken by the service (in lower case)."""
    def tidy(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"{value!r} is not {rule}")
        if value.lower() in taken:
            raise ValueError(f"{value!r} is reserved by the service")
        return value

    return tidy


def parts(**tidies: Tidy) -> Tidy:
    """A mapping whose values have spellings of their own; others, and those not given, are left."""
    def tidy(value: Mapping[str, Any]) -> dict[str, Any]:
        wrong: list[str] = []
        done = {name: _taken(tidies[name], given, f".{name}", wrong) if name in tidies and given is not None else given
                for name, given in value.items()}
        if wrong:
            raise ValueError(*wrong)
        return done

    return tidy


def each(one: Tidy) -> Tidy:
    """A list of things that have one."""
    def tidy(value: Collection[Any]) -> list[Any]:
        wrong: list[str] = []
        done = [_taken(one, item, f"[{number}]", wrong) for number, item in enumerate(value)]
        if wrong:
            raise ValueError(*wrong)
        return done

    return tidy


def as_read(tidy: Tidy, value: Any) -> Any:
    """What a service tells in the same spelling; as it is when it has none, as nobody asked for it."""
    try:
        return tidy(value)
    except (ValueError, AttributeError):
        return value


def _taken(tidy: Tidy, value: Any, path: str, wrong: list[str]) -> Any:
    try:
        return tidy(value)
    except ValueError as faults:
        wrong += [at(path, str(fault)) for fault in faults.args]
        return value
