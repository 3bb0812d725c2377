# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One random schedule on the real processes: people buy, things go wrong, all is healed, the service comes home, the history is judged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from .crowd import Crowd
from .history import History, read
from .home import DOMAIN, Home, NotHome, bring_home
from .hosts import NAMESERVER, World
from .judge import judge
from .kill import BEFORE, held, new_event
from .schedule import Strike, length, schedule
from .strike import Striker
from .watch import GateWatch


def schedule_round(world: World, profile: str, seed: int, folder: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """One row of evidence. folder: where its history goes. What does not become well again is a violation like any other."""
    path = folder / f"schedule-{seed:05d}.jsonl"
    path.unlink(missing_ok=True)
    history = History(path)
    strikes = schedule(seed)
    for strike in strikes:
        say(f"  {strike}")
    event, seats = new_event(world, "nhn", f"schedule {seed}")
    striker = Striker(world, history, seed)
    violations: list[str] = []
    home, again = Home(), Home()
    with GateWatch(world, history):
        with Crowd(history, DOMAIN, NAMESERVER, event, seats):
            if not history.wait(lambda told: sum(each.attempt.acknowledged for each in told) >= BEFORE, 60):
                raise RuntimeError(f"{BEFORE} purchases were not served within 60 s; see {path}")
            try:
                striker.play(strikes)
            finally:
                striker.heal()
            try:
                home = bring_home(world, history, folder / "salvage", say)
                sold = len(history.attempts())
                if not history.wait(lambda told: any(each.attempt.final for each in told[sold:]), 60):
                    violations.append("nobody was served any more after all was healed")
            except NotHome as error:
                violations.append(f"it did not become well again: {error}")
        if not violations:
            again = bring_home(world, history, folder / "salvage", say)
            if again.moves:
                violations.append(f"run again, it was not well yet: {again.moves}")
    history.close()
    with path.open(encoding="utf-8") as lines:
        story = read(lines)
    found = judge(story.attempts, story.gates, held(world, "nhn", event), home.salvaged, len(seats))
    found.violations += violations
    return {"kind": "schedule", "profile": profile, "seed": seed, "strikes": [str(strike) for strike in strikes], "history": path.name,
            "event": event, "home_seconds": round(sum(home.seconds.values()), 1), "home": home.seconds, "moves": home.moves,
            "rows_compared": home.rows_compared + again.rows_compared, "judgement": found.facts()}


def told(row: dict[str, Any], folder: Path, strikes: list[Strike] | None = None) -> str:
    """A schedule that must not have ended so, with everything needed to look into it."""
    seconds = length(schedule(row["seed"]) if strikes is None else strikes)
    lines = [f"seed {row['seed']} ({row['profile']}), {seconds:.0f} s of faults:", *(f"  {each}" for each in row["strikes"]),
             *(f"VIOLATION: {each}" for each in row["judgement"]["violations"]), f"history: {folder / row['history']}",
             f"again:   python -m bench.switch schedules --profile {row['profile']} --seed {row['seed']}"]
    return "\n".join(lines)
