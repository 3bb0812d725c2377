# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rows of evidence, one a kill, schedule or simulation, appended as they are measured; and the figures that follow from all of them. Pure but
for the file. A figure that was not measured is absent, never 0.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from .profiles import AFTER_LIMIT

Row = Mapping[str, Any]


def save(row: Row, path: Path) -> None:
    """Append one, whole; who is killed meanwhile leaves a torn line that is never read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torn = path.exists() and path.stat().st_size and not path.read_bytes().endswith(b"\n")
    with path.open("a", encoding="utf-8") as out:
        out.write(("\n" if torn else "") + json.dumps(row, separators=(",", ":")) + "\n")


def load(path: Path) -> list[dict[str, Any]]:
    """Every whole row, oldest first; none where nothing was measured yet."""
    rows = []
    for text in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            rows.append(json.loads(text))
        except ValueError:
            continue
    return rows


def figures(rows: Sequence[Row]) -> dict[str, float]:
    """The design's names. `kills` counts the rarer profile, as each must have enough of its own."""
    found: dict[str, float] = {}
    kills = {profile: [row for row in rows if row["kind"] == "kill" and row["profile"] == profile] for profile in ("default", "fast")}
    if any(kills.values()):
        found["kills"] = min(len(each) for each in kills.values()) if all(kills.values()) else sum(map(len, kills.values()))
    if pauses := _outages(kills["default"]):
        floor = float(kills["default"][0]["floor_seconds"])
        found |= {"outage_median_seconds": round(median(pauses), 2), "outage_max_seconds": max(pauses), "floor_seconds": floor,
                  "outage_max_over_floor": round(max(pauses) / floor, 3), **_each_client(kills["default"], "")}
    if pauses := _outages(kills["fast"]):
        floor = float(kills["fast"][0]["floor_seconds"])
        found |= {"fast_outage_median_seconds": round(median(pauses), 2), "fast_outage_max_seconds": max(pauses),
                  "fast_outage_max_over_floor": round(max(pauses) / floor, 3), **_each_client(kills["fast"], "fast_")}
    every = [*kills["default"], *kills["fast"]]
    planned = [each for row in rows if row["kind"] == "move" for each in row["moves"]] + every      # kills see a move too, on the way home
    if moves := _values(planned, "planned_pause_seconds"):
        found |= {"planned_moves": len(moves), "planned_pause_median_seconds": round(median(moves), 2), "planned_pause_seconds": max(moves),
                  "planned_failed_requests": sum(_values(planned, "planned_failed_requests"))}
    for name, field in (("takeover_to_write_max_seconds", "takeover_to_write_seconds"), ("free_to_write_max_seconds", "free_to_write_seconds"),
                        ("promote_max_seconds", "promote_seconds"),
                        ("home_max_seconds", "home_seconds")):
        if values := _values(every, field):
            found[name] = max(values)
    if values := _values(every, "control_plane_writes"):
        found["control_plane_writes"] = sum(values)
    found |= _judged(rows)
    return found


def _judged(rows: Sequence[Row]) -> dict[str, float]:
    found: dict[str, float] = {}
    schedules = [row for row in rows if row["kind"] == "schedule"]
    if schedules:
        found["schedules_real"] = len({row["seed"] for row in schedules})
    if simulated := [row for row in rows if row["kind"] == "simulation"]:
        found["schedules_simulated"] = simulated[-1]["schedules"]
    judged = [row["judgement"] for row in rows if row.get("judgement")]
    if judged:
        for name in ("dual_writer_intervals", "lost_acknowledged", "duplicated", "oversold", "acknowledged", "contested"):
            found[name] = sum(each[name] for each in judged)
    return found


def _outages(kills: Sequence[Row]) -> list[float]:
    """Each kill's. Where nobody was served again for as long as was waited, that long: it was not shorter."""
    return [float(row["floor_seconds"] * AFTER_LIMIT if row["outage_seconds"] is None else row["outage_seconds"]) for row in kills]


def _each_client(rows: Sequence[Row], prefix: str) -> dict[str, float]:
    """The longest pause of any single client: he may have asked for the name just before its answer changed."""
    pauses = [pause for row in rows for pause in row.get("client_seconds", ())]
    return {f"{prefix}client_outage_max_seconds": max(pauses)} if pauses else {}


def _values(rows: Iterable[Row], name: str) -> list[float]:
    return [row[name] for row in rows if row.get(name) is not None]


def failures(rows: Sequence[Row], over_floor: float) -> list[str]:
    """Everything that a row says and that must not be, as sentences; empty when all is well."""
    said = []
    for row in rows:
        name = f"{row['kind']} {row.get('profile', '')} {row.get('number', row.get('seed', ''))}".replace("  ", " ")
        said += [f"{name}: {sentence} (see {row.get('history')})" for sentence in (row.get("judgement") or {}).get("violations", ())]
        moves = [move for move in (row, *(row["moves"] if row["kind"] == "move" else ())) if "to" in move]
        said += [f"{name}: {move['planned_failed_requests']} requests failed on the way to {move['to']}"
                 for move in moves if move["planned_failed_requests"]]
        said += [f"{name}: nobody was served by {move['to']} after the move there" for move in moves if move["planned_pause_seconds"] is None]
        if row.get("not_home"):
            said.append(f"{name}: {row['not_home']}")
        if row["kind"] != "kill":
            continue
        pause = row.get("outage_seconds")
        if pause is None or pause > over_floor * row["floor_seconds"]:
            said.append(f"{name}: clients were without service for {pause} s, {over_floor:g} x {row['floor_seconds']:g} s are allowed")
        said += [f"{name}: one client was without service for {pause} s" for pause in row.get("client_seconds", ())
                 if pause > over_floor * row["floor_seconds"]]
        if row.get("control_plane_writes"):
            said.append(f"{name}: {row['control_plane_writes']} writes to AWS's control plane before it sold")
    return said
