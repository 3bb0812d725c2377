# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Everything that speaks against a rehearsal, found before anything is made: all at once, each with what it is about. Reads only.

Doubt means no: a rehearsal that is left out costs points of the readiness score, one that takes room from the standby or answers users costs more.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..faults import Fault
from .parts import Parts
from .visitor import ask

RESERVE_MB = 256        # of memory that shall be free beside the application's
LAG_SECONDS = 30.0      # a copy further behind is no copy of what is sold
MEMINFO = Path("/proc/meminfo")


def against(parts: Parts) -> list[str]:
    """Why there can be no rehearsal now, as sentences; empty when there can."""
    return [*_reachable(parts), *_of_the_site(parts), *_memory(int(parts.application.get("memory_mb", 512))), *_of_the_cloud(parts),
            *_image(parts)]


def _reachable(parts: Parts) -> Iterator[str]:
    """A copy that would answer users."""
    address, port = str(parts.application["address"]), int(parts.application["port"])
    try:
        loopback = ipaddress.ip_address(address).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        yield f"application.address: {address} is not loopback, so users, or an edge that leads them, could reach the copy."
        return
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as asked:
        try:
            asked.bind((address, port))
        except OSError as error:
            yield f"application.port: nothing can listen on {address}:{port} ({error.strerror})."
    yield from named_by_edge(parts.config.get("edge_file"), port)


def named_by_edge(path: str | None, port: int) -> Iterator[str]:
    """Whether the edge on this host leads anybody to that port: wherever its configuration names one of this host's own addresses with it."""
    if not path:
        return
    try:
        text = Path(path).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return                                          # no edge on this host
    except OSError as error:
        yield f"edge_file: {path} cannot be read ({error.strerror}), so nobody knows whether the edge leads to port {port}."
        return
    if re.search(rf"^\s*(?:server|bind|use-server)\s.*:{port}\b", text, re.MULTILINE):
        yield f"application.port: the edge of this host ({path}) leads to port {port}, so the copy would answer users."


def writes(parts: Parts) -> bool:
    """Whether this very site is known to be the writer."""
    told = ask(str(parts.config["agent_url"]), "/status")
    return isinstance(told.body, Mapping) and (bool(told.body.get("writer")) or (told.body.get("record") or {}).get("writer") == parts.site)


def _of_the_site(parts: Parts) -> Iterator[str]:
    """The standby must be one, and follow."""
    told = ask(str(parts.config["agent_url"]), "/status")
    if told.status != 200 or not isinstance(told.body, Mapping):
        yield f"agent_url: the agent of {parts.site.upper()} gives no answer ({told.body}), so nobody knows whether its site stands by."
        return
    yield from unfit(told.body, parts.site)


def unfit(status: Mapping[str, Any], site: str) -> Iterator[str]:
    """What an agent's /status has against it."""
    here = site.upper()
    record, replica = status.get("record") or {}, (status.get("observations") or {}).get("replica") or {}
    if not record.get("writer"):
        yield f"Nobody is known to write, so {here} is a copy of nobody. A loss may be under way."
    if status.get("maintenance"):
        yield f"{here} is in maintenance."
    if (status.get("verdict") or {}).get("action") not in (None, "none"):
        yield f"{here} is about to act: {status['verdict'].get('verdict')}."
    lag = replica.get("lag_seconds")
    if not replica.get("following") or lag is None:
        yield f"The database of {here} is not known to follow the writer's."
    elif lag > LAG_SECONDS:
        yield f"The database of {here} is {lag:.0f} s behind the writer's."


def _memory(wanted_mb: int) -> Iterator[str]:
    found = re.search(r"^MemAvailable:\s+(\d+) kB$", MEMINFO.read_text(encoding="ascii"), re.MULTILINE)
    available = int(found[1]) // 1024 if found else None
    if available is None or available < wanted_mb + RESERVE_MB:
        yield f"application.memory_mb: {available} MB are available on this host, and {wanted_mb} + {RESERVE_MB} MB are needed."


def _of_the_cloud(parts: Parts) -> Iterator[str]:
    """Room for one more instance like the live one."""
    name = parts.instance
    try:
        if there := parts.instances.seen(name):
            yield f"Database instance {name} exists, and is not ours ({there.identity}). It was not touched."
        parts.instances.refuse(name, None)
        yield from short_of(parts.instances.quotas(), parts.instances.storage_gb())
    except Fault as fault:
        yield fault.told().replace("\n", " ")


def short_of(quotas: Mapping[str, tuple[int, int]], storage_gb: int) -> Iterator[str]:
    """What the account may not have any more. quotas: {name: (used, most)} as RDS calls them."""
    for name, more in (("DBInstances", 1), ("AllocatedStorage", storage_gb)):
        if name not in quotas:
            yield f"AWS does not say how many of {name} the account may have."
            continue
        used, most = quotas[name]
        if used + more > most:
            yield f"The account's quota of {name} is {most}, {used} are used and {more} more are needed. Ask AWS for more (Service Quotas, rds)."


def _image(parts: Parts) -> Iterator[str]:
    try:
        parts.have_image()
    except Fault as fault:
        yield fault.told().replace("\n", " ")
