# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What one host sees of a record that is lost, for glass.py to weigh. Reads only; whoever gives no answer is told, never raised."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ..faults import Fault
from ..mysql import connection
from ..switch import probes
from ..switch.etcd import EtcdStore, record_key
from ..switch.etcd_wire import Access, Etcd
from ..switch.gate import Gate, GateLook, GateSilent
from ..switch.journal import Journal
from ..switch.observations import NoAnswer
from ..switch.record import Unanswered, describe
from .glass import OVERRIDE, Base, Place

SHOWN = ("ActiveState", "InactiveEnterTimestampMonotonic")      # what `systemctl show` is asked of the member's service


def look(asked: Mapping[str, Any], shown: str) -> Place:
    """`asked`: the options of module quorum_glass_info; `shown`: of the member's service."""
    access = Access(**asked["access"])
    timeout = float(asked["timeout_seconds"])
    used = Journal(asked["journal"], time.time)
    unread: list[str] = []
    return Place(
        member=asked["member"],
        record=_record(EtcdStore(asked["endpoints"], record_key(asked["topology"]), timeout, access), asked["topology"]),
        bases=tuple(base(site, _gate(given, timeout).look) for site, given in databases(asked["databases"], asked["config"]).items()),
        voices=tuple(name for name, url in asked["others"].items() if _speaks(url, timeout, access)),
        doors=tuple(site for site, url in asked["edges"].items() if not isinstance(probes.edge_answers(url, timeout), NoAnswer)),
        agent=agent(probes.agent_status(asked["agent_url"], timeout)),
        remembers=number(Path(asked["memory"]), unread), snapshot=noted(Path(asked["snapshot"]), unread), unread=tuple(unread),
        used=used_epochs(used), torn=used.unknown(), stopped_for=stopped_for(shown, time.monotonic()))


def plain(place: Place) -> dict[str, Any]:
    """As glass.Place.from_plain reads it."""
    return {**asdict(place), "bases": [asdict(each) for each in place.bases]}


def base(site: str, see: Callable[[], GateLook]) -> Base:
    """A database by the latest row of its gate."""
    try:
        seen = see()
    except GateSilent as error:
        return Base(site, error=str(error))
    latest = max(seen.rows, key=lambda row: row.epoch, default=None)
    return Base(site, epoch=latest.epoch if latest else 0, by=latest.site if latest else "", open_for=round(seen.valid_for, 3))


def databases(given: Sequence[Mapping[str, Any]], config: str) -> dict[str, Mapping[str, Any]]:
    """By site: as they were given, where the cloud said the address, and else as the agent of this host was told them."""
    found = {str(each["site"]): each for each in given if each.get("host")}
    try:
        told = json.loads(Path(config).read_text(encoding="utf-8"))
        (other,) = (site for site in told["edges"] if site != told["site"])
        for site, access in ((told["site"], told["database"]), (other, told.get("peer_database"))):
            if access:
                found.setdefault(site, access)
    except (OSError, ValueError, KeyError, TypeError):
        pass                            # an agent that is gone says nothing; what is missing is told by the judge
    return found


def agent(status: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What of an agent's /status speaks for a record that lives: {writer: bool, reads: sentence or ""}."""
    if status is None:
        return None
    held = status.get("record") or {}
    reads = f"writer {held['writer']}, epoch {held.get('epoch')}" if held.get("writer") and not held.get("said") else ""
    return {"writer": bool(status.get("writer")), "reads": reads}


def number(path: Path, unread: list[str]) -> int:
    """The epoch that an agent keeps; 0 where there is none. What is there and is no number is no memory of nothing."""
    try:
        text = path.read_text(encoding="ascii", errors="replace").strip()
    except FileNotFoundError:
        return 0
    except OSError as error:
        unread.append(f"{path}: {error}")
        return 0
    if not text.isdigit():
        unread.append(f"{path} says {text[:40]!r}")
        return 0
    return int(text)


def noted(path: Path, unread: list[str]) -> int:
    """The epoch of the record in the newest snapshot; 0 where there is none, or nobody held it."""
    try:
        record = json.loads(path.read_text(encoding="utf-8")).get("record")
        return 0 if record is None else int(record["epoch"])
    except FileNotFoundError:
        return 0
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        unread.append(f"{path}: {error}")
        return 0


def used_epochs(journal: Journal) -> tuple[int, ...]:
    """Those for which an override was used from this host."""
    return tuple(sorted(int(found[1]) for name in journal.overridden() if (found := re.fullmatch(rf"{OVERRIDE}:(\d+)", name))))


def stopped_for(shown: str, now: float) -> float | None:
    """Seconds since a service ran; None while it does, or begins or ends to. shown: as `systemctl show` tells it; now: CLOCK_MONOTONIC."""
    said = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    if said.get("ActiveState") not in ("inactive", "failed"):
        return None
    since = said.get("InactiveEnterTimestampMonotonic", "")
    return round(max(0.0, now - int(since) / 1e6), 3) if since.isdigit() else None


def _record(store: EtcdStore, topology: str) -> dict[str, Any]:
    try:
        seen = store.read()
    except Unanswered as error:
        return {"answered": False, "refused": error.refused, "writer": None, "because": f"The record gives no answer: {error}."}
    return {"answered": True, "refused": False, "writer": seen.record.writer if seen.record else None,
            "because": f"The record of {topology} says {describe(seen)}."}


def _speaks(url: str, timeout: float, access: Access) -> bool:
    """Does anything at all answer there? How a member is, it tells whoever has a certificate, with a quorum or without."""
    try:
        Etcd([url], timeout, replace(access, user="")).ask("/v3/maintenance/status", {})
    except Unanswered as error:
        return error.refused
    return True


def _gate(given: Mapping[str, Any], timeout: float) -> Gate:
    def connect() -> Any:
        return connection.connect(host=given["host"], port=int(given.get("port") or 3306), user=given["user"], password=given["password"],
                                  connect_timeout=timeout, read_timeout=timeout, write_timeout=timeout)
    return Gate(connect, (Fault, connection.DatabaseError))
