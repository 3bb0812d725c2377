# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Route 53 answers: simple, alias and failover records. Pure: zones, names and health come in as plain data.

Failover: the primary while it is healthy, else the secondary; when neither is healthy the primary, as everything is then treated as
healthy. A record without a health check, or alias without EvaluateTargetHealth, is healthy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

ALIAS_TTL = 60              # seconds; fixed by AWS for aliases to load balancers, and the TTL of their own names
ENDPOINT_TTL = 5            # seconds; RDS endpoints
CHASE_LIMIT = 8

Record = tuple[str, str, int, str]
"""(owner name, type, TTL in seconds, value as in a zone file)."""


@dataclass(frozen=True)
class Answer:
    """code: NOERROR or NXDOMAIN; records: the answer section."""

    code: str
    records: Sequence[Record] = ()


@dataclass(frozen=True)
class World:
    """record_sets: {zone name: ResourceRecordSets as Route 53 lists them}; names: {AWS or NHN endpoint name: IPv4}; without final dots."""

    record_sets: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


def plain(name: str) -> str:
    """A name without its final dot, in lower case."""
    return name.rstrip(".").lower()


def answer(world: World, healthy: Callable[[str | None], bool], name: str, kind: str) -> Answer:
    """Answer a question. healthy: tells whether a health check (by id; None for none) says healthy."""
    return _answer(world, healthy, plain(name), kind, CHASE_LIMIT)


def _answer(world: World, healthy: Callable[[str | None], bool], name: str, kind: str, hops: int) -> Answer:
    if name in world.names:
        ttl = ALIAS_TTL if ".elb." in name else ENDPOINT_TTL
        return Answer("NOERROR", [(name, "A", ttl, world.names[name])] if kind == "A" else [])
    sets = [record for records in world.record_sets.values() for record in records if plain(record["Name"]) == name]
    if not sets:
        return Answer("NXDOMAIN")
    of_kind = [record for record in sets if record["Type"] == kind]
    if of_kind:
        return Answer("NOERROR", _values(world, healthy, chosen(of_kind, lambda record: _fit(world, healthy, record)), hops))
    alias = [record for record in sets if record["Type"] == "CNAME"]
    if not alias or not hops:
        return Answer("NOERROR")
    pointing = _values(world, healthy, chosen(alias, lambda record: _fit(world, healthy, record)), hops)
    onward = [_answer(world, healthy, plain(record[3]), kind, hops - 1).records for record in pointing]
    return Answer("NOERROR", [*pointing, *(record for records in onward for record in records)])


def chosen(sets: Sequence[Mapping[str, Any]], fit: Callable[[Mapping[str, Any]], bool]) -> Mapping[str, Any]:
    """The record set among those of one name and type that is answered with."""
    by_role = {record.get("Failover"): record for record in sets}
    primary, secondary = by_role.get("PRIMARY"), by_role.get("SECONDARY")
    if primary and secondary:
        return secondary if not fit(primary) and fit(secondary) else primary
    return primary or secondary or sets[0]


def _fit(world: World, healthy: Callable[[str | None], bool], record: Mapping[str, Any]) -> bool:
    if not healthy(record.get("HealthCheckId")):
        return False
    target = record.get("AliasTarget")
    if not target or not target.get("EvaluateTargetHealth"):
        return True
    return bool(_answer(world, healthy, plain(target["DNSName"]), record["Type"], CHASE_LIMIT - 1).records)


def _values(world: World, healthy: Callable[[str | None], bool], record: Mapping[str, Any], hops: int) -> list[Record]:
    name, kind, target = plain(record["Name"]), record["Type"], record.get("AliasTarget")
    if not target:
        return [(name, kind, int(record.get("TTL", 300)), value["Value"]) for value in record.get("ResourceRecords", [])]
    if not hops:
        return []
    behind = _answer(world, healthy, plain(target["DNSName"]), kind, hops - 1).records
    return [(name, kind, ttl, value) for _, found, ttl, value in behind if found == kind]
