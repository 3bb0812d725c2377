# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What there is of this clone's lab right now: processes, containers, faults, and the memory all of it takes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lab import faults, ownership, processes
from lab.podman import podman
from lab.world import LABEL, LABEL_KIND, LABEL_SITE, MACHINE, ROOT

_CONTAINER_ID = re.compile(r"[0-9a-f]{64}")


def status() -> dict[str, Any]:
    """{"state": "down" | "building" | "up" | "incomplete", "memory_mb", "processes": [...], "containers": [...], "faults": {...}}.

    `incomplete`: the lab came up, and one of its processes is gone since. Memory is proportional: a page shared by n counts 1/n each.
    """
    owner = ownership.owner()
    mine = owner if owner and owner.clone == str(ROOT) else None
    alive = {process.name: process.pid for process in processes.running()}
    expected = list(dict.fromkeys([*(mine.processes if mine else ()), *alive]))
    containers = _containers()
    memory = _memory({pid: name for name, pid in alive.items()}, {row["id"]: row["name"] for row in containers})
    state = "down" if mine is None else mine.state if mine.state == "building" or set(mine.processes) <= alive.keys() else "incomplete"
    return {
        "clone": str(ROOT), "state": state, "memory_mb": round(sum(memory.values()) / 1024),
        "processes": [{"name": name, "pid": alive.get(name), "address": _address(name), "memory_mb": round(memory.get(name, 0) / 1024)}
                      for name in expected],
        "containers": [{**{key: row[key] for key in ("name", "site", "kind", "state", "addresses")},
                        "memory_mb": round(memory.get(row["name"], 0) / 1024)} for row in containers],
        "faults": faults.in_force(),
    }


def table(found: Mapping[str, Any]) -> str:
    """The same for human eyes."""
    lines = [f"lab of {found['clone']}: {found['state']}, {found['memory_mb']} MB of memory"]
    if found["processes"]:
        lines += ["", *_columns([("PROCESS", "PID", "LISTENS AT", "MB"), *(
            (row["name"], row["pid"] or "gone", row["address"] or "", row["memory_mb"]) for row in found["processes"])])]
    if found["containers"]:
        lines += ["", *_columns([("CONTAINER", "SITE", "KIND", "STATE", "ADDRESSES", "MB"), *(
            (row["name"], row["site"], row["kind"], row["state"], " ".join(row["addresses"]), row["memory_mb"]) for row in found["containers"])])]
    lines += ["", "in force: " + "; ".join(f"{faults.spelled(name)}: {faults.TABLE[name].sentence}" if name in faults.TABLE else name
                                          for name in found["faults"])] if found["faults"] else []
    return "\n".join(lines)


def _containers() -> list[dict[str, Any]]:
    rows = json.loads(podman("ps", "--all", "--format=json", f"--filter=label={LABEL}={ROOT}") or "[]")
    seen = {row["Id"]: row for row in json.loads(podman("inspect", *(row["Id"] for row in rows)))} if rows else {}
    found = [{
        "id": row["Id"], "name": row["Names"][0], "site": row["Labels"].get(LABEL_SITE, ""), "kind": row["Labels"].get(LABEL_KIND, ""),
        "state": row["State"], "addresses": [net["IPAddress"] for net in (seen[row["Id"]]["NetworkSettings"]["Networks"] or {}).values()
                                             if net["IPAddress"]],
    } for row in rows if row["Id"] in seen]
    return sorted(found, key=lambda row: (row["site"], row["kind"], row["name"]))


def _address(name: str) -> str | None:
    return f"{MACHINE}:{processes.PORTS[name]}" if name in processes.PORTS else None


def _memory(by_pid: Mapping[int, str], by_container: Mapping[str, str]) -> dict[str, int]:
    """KiB by process or container name. A container's are all processes in its cgroups, and the monitor that holds its id."""
    found: dict[str, int] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            name = by_pid.get(int(entry.name)) or next(
                (by_container[id_] for id_ in _CONTAINER_ID.findall((entry / "cgroup").read_text()) if id_ in by_container), None) or next(
                (by_container[id_] for id_ in _CONTAINER_ID.findall((entry / "cmdline").read_text(errors="replace")) if id_ in by_container), None)
            if name:
                pss = re.search(r"^Pss:\s+(\d+) kB", (entry / "smaps_rollup").read_text(), re.MULTILINE)
                found[name] = found.get(name, 0) + (int(pss[1]) if pss else 0)
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue            # it ended while we looked
    return found


def _columns(rows: Sequence[Sequence[Any]]) -> list[str]:
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
