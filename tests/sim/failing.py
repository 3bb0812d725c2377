# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A schedule that fails, told so that a person can see why: shrunk to what matters, with its story and how to play it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .schedule import Schedule, play
from .shrink import shrink


@dataclass(frozen=True)
class Failing:
    """`events`: what is left of those that `of` counts. `violation`: the first one. `story`: (seconds, sentence)."""

    seed: int
    events: tuple[str, ...]
    of: int
    violation: str
    story: tuple[tuple[float, str], ...]
    planted: str | None = None
    calm: float = 0.0

    def __str__(self) -> str:
        plant = (f" --plant {self.planted}" if self.planted else "") + (f" --calm {self.calm:g}" if self.calm else "")
        only = ";".join(self.events)
        return "\n".join([
            f"seed {self.seed}: {self.violation}", f"{len(self.events)} of {self.of} events are enough:",
            *(f"  {event}" for event in self.events), "what happens then:", *(f"  {at:8.3f} s  {sentence}" for at, sentence in self.story),
            f'replay:  python -m tests.sim {self.seed}{plant} --only "{only}"', f"whole:   python -m tests.sim {self.seed}{plant}"])


def minimal(schedule: Schedule, planted: str | None = None) -> Failing:
    """Shrink a schedule that was played and has failed."""
    seed, events, calm = schedule.world.seed, schedule.world.happened, schedule.world.calm

    def fails(only: Sequence[str]) -> bool:
        return bool(play(seed, only, calm).world.violations)

    left = shrink(events, fails)
    return told(play(seed, left, calm), len(events), planted)


def told(schedule: Schedule, of: int | None = None, planted: str | None = None) -> Failing:
    """A schedule as it was played, up to its first violation."""
    world = schedule.world
    end = next((at for at, sentence in world.told if sentence.startswith("VIOLATION")), world.length)
    return Failing(world.seed, tuple(world.happened), of or len(world.happened), (world.violations or ["nothing that must not happen does"])[0],
                   tuple((at, sentence) for at, sentence in world.told if at <= end), planted, world.calm)
