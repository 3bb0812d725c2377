# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What load balancers have blocked, read from HAProxy's and ModSecurity's logs, and told to the control plane that keeps web ACLs' logs."""

from __future__ import annotations

import ipaddress
import json
import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lab import files, world
from lab.hosts import haproxy
from lab.hosts.files import folder
from lab.materialise import modsecurity
from lab.materialise.firewall import UNKNOWN
from lab.materialise.specs import LoadBalancer, WebAcl

log = logging.getLogger("lab.materialise")
Record = dict[str, Any]
AT_ONCE = 1 << 20                   # bytes of a log that are looked at in one go
PLACE = "told.json"                 # {log: how many bytes of it have been told}, which outlives whoever reads


def ship(balancers: Collection[LoadBalancer], tell: Callable[[Mapping[str, list[Record]]], bool]) -> None:
    """Tell of everything new. What nobody listened to is told again at the next call."""
    for balancer in balancers:
        if balancer.web_acl:
            run = folder(balancer.name, "run")
            before: dict[str, int] = files.read_json(run / PLACE, {})
            by_us, until = _fresh(run / haproxy.LOG, before.get(haproxy.LOG, 0))
            by_groups, end = _fresh(run / modsecurity.AUDIT_LOG, before.get(modsecurity.AUDIT_LOG, 0))
            records = [*filter(None, map(by_rule, by_us)), *filter(None, (by_group(line, balancer.web_acl) for line in by_groups))]
            after = {haproxy.LOG: until, modsecurity.AUDIT_LOG: end}
            if after != before and (not records or tell({balancer.resource: records})):
                files.write_json(run / PLACE, after)


def by_rule(line: str) -> Record | None:
    """A line of HAProxy's log: what one of the web ACL's own rules has blocked. None for anything else that HAProxy prints."""
    said = _mapping(line)
    if not said.get("rule"):
        return None
    plain = {key: "" if said[key] == "-" else said[key] for key in ("uri", "args")}
    return {**said, **plain, "group": "", "headers": {name: value for name, value in said["headers"].items() if value != "-"}}


def by_group(line: str, acl: WebAcl) -> Record | None:
    """A line of ModSecurity's log: what a managed group has blocked; None for what only matched."""
    said = _mapping(line).get("transaction", {})
    details = [message["details"] for message in said.get("messages", ())]
    if said.get("response", {}).get("http_code") != 403 or not details:
        return None
    rule = modsecurity.group_of(acl, [each["file"] for each in details], [tag for each in details for tag in each["tags"]])
    if rule is None:
        return None
    asked, when = said["request"], datetime.strptime(said["time_stamp"], "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC)
    path, _, query = asked["uri"].partition("?")
    return {"time": int(when.timestamp() * 1000), "rule": rule.name, "type": "MANAGED_RULE_GROUP", "group": rule.group, "client": said["client_ip"],
            "country": country(said["client_ip"]), "method": asked["method"], "uri": path, "args": query,
            "version": f"HTTP/{asked['http_version']}", "headers": asked.get("headers", {}), "id": said["unique_id"]}


def country(address: str) -> str:
    """Where an address lies, by the lab's table."""
    return next((code for cidr, code in world.COUNTRIES.items() if ipaddress.ip_address(address) in ipaddress.ip_network(cidr)), UNKNOWN)


def _mapping(line: str) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _fresh(path: Path, start: int) -> tuple[Iterator[str], int]:
    """(whole lines after the first `start` bytes, where the next begins). A log that is shorter than that has begun anew."""
    if not path.exists():
        return iter(()), 0
    with path.open("rb") as text:
        text.seek(start if path.stat().st_size >= start else 0)
        begun = text.tell()
        read, _, _ = text.read(AT_ONCE).rpartition(b"\n")
    return iter(read.decode(errors="replace").splitlines()), begun + len(read) + bool(read)
