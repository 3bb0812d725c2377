# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One kill: NHN dies while people buy; what they see until AWS sells, and what AWS did in between. Then the service comes home."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import execute, query, value
from ansible_collections.multicloud.dr.plugins.module_utils.proof.report import control_plane_writes

from lab import faults, ownership
from lab.journal import entries
from lab.world import REQUESTS

from .crowd import CLIENTS, Crowd
from .history import History, read
from .home import DOMAIN, NotHome, bring_home
from .hosts import NAMESERVER, World
from .judge import Held, freed, judge, outages, planned
from .profiles import AFTER_LIMIT, PROFILES, floor
from .watch import FirstWrite, GateWatch

ROWS, WIDTH = 20, 100       # of the hall that one round sells
BEFORE = 24                 # promises before the kill, and by AWS after it


def new_event(world: World, site: str, name: str) -> tuple[int, list[str]]:
    """A hall of its own for one round, so that every seat in it is accounted for; (its id, labels of its seats)."""
    labels = [f"{chr(ord('A') + row)}-{number}" for row in range(ROWS) for number in range(1, WIDTH + 1)]
    with world.server(site, "app").connected(read_timeout=20.0) as conn:
        execute(conn, "INSERT INTO tickets.events (name_ko, name_en, venue_ko, venue_en, starts_at, price_krw) "
                      "VALUES (%s, %s, 'lab', 'lab', '2027-01-01 19:00:00', 1000)", (name, name))
        event = int(value(conn, "SELECT LAST_INSERT_ID()"))
        rows = ", ".join(f"({event}, '{label.split('-')[0]}', {label.split('-')[1]}, '{label}')" for label in labels)
        execute(conn, f"INSERT INTO tickets.seats (event_id, seat_row, seat_number, label) VALUES {rows}")
    return event, labels


def held(world: World, site: str, event: int) -> list[Held]:
    """What a database holds of one event."""
    asked = ("SELECT p.idempotency_key AS k, p.ticket AS t, s.label AS s FROM tickets.purchases p JOIN tickets.seats s ON s.id = p.seat_id "
             "WHERE p.event_id = %s")
    with world.server(site, "dr_agent").connected(read_timeout=30.0) as conn:
        return [Held(str(row["k"]), str(row["t"]), str(row["s"])) for row in query(conn, asked, (event,))]


def break_now(name: str) -> None:
    """Strike, as `lab break` does."""
    with ownership.lock("break"):
        faults.break_(faults.find(name))


def kill_round(world: World, profile: str, number: int, folder: Path, *, without_control_plane: bool, say: Callable[[str], None]) -> dict[str, Any]:
    """One row of evidence. folder: where its history goes."""
    path = folder / f"kill-{profile}-{number:03d}.jsonl"
    path.unlink(missing_ok=True)
    history = History(path)
    event, seats = new_event(world, "nhn", f"kill {profile} {number}")
    edge = str(world.sites["nhn"].config["edges"]["nhn"])
    chance = random.Random(f"{profile} {number}")
    with GateWatch(world, history):
        with Crowd(history, DOMAIN, NAMESERVER, event, seats):
            served = history.wait(lambda told: sum(each.attempt.acknowledged and (each.attempt.address or "") in edge for each in told) >= BEFORE, 60)
            if not served:
                raise RuntimeError(f"NHN did not serve {BEFORE} purchases within 60 s; see {path}")
            time.sleep(chance.uniform(0, 3))        # not in step with anything
            if without_control_plane:
                break_now("aws_control_plane")
            first_write = FirstWrite(world.server("aws", "app"))
            first_write.start()
            struck = time.time()
            history.event("nhn is lost", without_control_plane=without_control_plane)
            break_now("nhn")
            limit = floor(profile) * AFTER_LIMIT
            history.wait(lambda told: len({each.client for each in told if each.attempt.acknowledged and each.attempt.by_site == "aws"}) == CLIENTS
                         and sum(each.attempt.by_site == "aws" and each.attempt.acknowledged for each in told) >= BEFORE, limit)
            first_write.ended.set()
            row = _measured(world, profile, number, history, struck, first_write.at)
            row["without_control_plane"] = without_control_plane
            say(f"kill {profile} {number}: clients without service {row['outage_seconds']} s (floor {row['floor_seconds']:g}), each "
                f"{row['client_seconds']}; record to write {row.get('takeover_to_write_seconds')} s, promote {row.get('promote_seconds')} s")
            try:
                home = bring_home(world, history, folder / "salvage", say)
            except (NotHome, Fault) as error:       # an outage that was measured is one, whatever came after
                return row | {"history": path.name, "event": event, "not_home": str(error)}
        if home.switch:     # what clients saw of the move home, which happens while they buy
            row |= planned(history.attempts(), home.switch, "nhn")
    history.close()
    with path.open(encoding="utf-8") as lines:
        story = read(lines)
    since = time.time() - time.monotonic()          # looks at gates are told by the one clock of this machine, everything else by the other
    free = freed((look for look in story.gates if look.told < struck - since), "nhn", PROFILES[profile]["margin"])
    if free is not None and first_write.at:
        row["free_to_write_seconds"] = round(first_write.at - since - free, 3)
    found = judge(story.attempts, story.gates, held(world, "nhn", event), home.salvaged, len(seats))
    return row | {"history": path.name, "event": event, "home_seconds": round(sum(home.seconds.values()), 1), "home": home.seconds,
                  "rows_compared": home.rows_compared, "judgement": found.facts()}


def _measured(world: World, profile: str, number: int, history: History, struck: float, first_write: float | None) -> dict[str, Any]:
    told = history.attempts()
    together, each_one = outages(told)
    row: dict[str, Any] = {
        "kind": "kill", "profile": profile, "number": number, "struck": struck, "floor_seconds": floor(profile),
        "outage_seconds": round(together.seconds, 3) if together else None, "client_seconds": list(each_one.values()),
    }
    steps: dict[tuple[str, str], float] = {}
    for line in world.sites["aws"].journal():
        if line["time"] > struck:
            steps.setdefault((line["step"], line["phase"]), line["time"])       # of the first try, where one was not enough
            row["tries"] = row.get("tries", 0) + (line["phase"] == "begun")
    taking, taken = steps.get(("take_record", "before")), steps.get(("take_record", "after"))
    if taking and taken:
        row["detected_after_seconds"] = round(taking - struck, 3)
        row["steps"] = {step: round(steps[step, "after"] - at, 3) for (step, phase), at in steps.items()
                        if phase == "before" and (step, "after") in steps}
        if first_write:
            row["takeover_to_write_seconds"] = round(first_write - taking, 3)
        if ("promote", "after") in steps:
            row["promote_seconds"] = round(steps["promote", "after"] - steps["promote", "before"], 3)
        if together:
            writes = control_plane_writes(entries(REQUESTS / "aws.jsonl", struck), taking, together.first_after)
            row |= {} if writes is None else {"control_plane_writes": writes}
    return row
