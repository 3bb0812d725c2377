# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two planned moves while people buy, to AWS and home again, and what buyers saw of each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from .crowd import CLIENTS, Crowd
from .history import History, read
from .home import DOMAIN, bring_home, move_to
from .hosts import NAMESERVER, World
from .judge import judge, planned
from .kill import BEFORE, held, new_event
from .watch import GateWatch

SERVED = 60.0       # seconds within which everybody must be served again


def move_round(world: World, profile: str, number: int, folder: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """One row of evidence. folder: where its history goes."""
    path = folder / f"move-{profile}-{number:03d}.jsonl"
    path.unlink(missing_ok=True)
    history = History(path)
    event, seats = new_event(world, "nhn", f"move {profile} {number}")
    with GateWatch(world, history), Crowd(history, DOMAIN, NAMESERVER, event, seats):
        if not history.wait(lambda told: sum(each.attempt.acknowledged for each in told) >= BEFORE, SERVED):
            raise RuntimeError(f"{BEFORE} purchases were not served within {SERVED:.0f} s; see {path}")
        out = move_to(world, "aws")
        history.wait(lambda told: len({each.client for each in told if each.attempt.by_site == "aws"}) == CLIENTS, SERVED)
        home = bring_home(world, history, folder / "salvage", say)
    history.close()
    moves = [planned(history.attempts(), switch, site) for switch, site in ((out, "aws"), (home.switch, "nhn")) if switch]
    say(f"move {profile} {number}: buyers waited {[each['planned_pause_seconds'] for each in moves]} s")
    with path.open(encoding="utf-8") as lines:
        story = read(lines)
    found = judge(story.attempts, story.gates, held(world, "nhn", event), home.salvaged, len(seats))
    return {"kind": "move", "profile": profile, "number": number, "moves": moves, "history": path.name, "event": event, "home": home.seconds,
            "salvaged": len(home.salvaged), "rows_compared": home.rows_compared, "judgement": found.facts()}
