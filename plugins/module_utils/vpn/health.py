# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which tunnel carries. Pure: what came back from each tunnel's inside address and when, and what follows; the clock is the caller's.

A tunnel that said nothing for SILENCE is down, whatever IKE believes: of a tunnel that loses packets one way only, IKE notices nothing while
packets still arrive. It is up again after RISE answers in a row. Traffic is moved only to a tunnel that is up: with none, all stays as it is. That
is about moves. In the userspace plane one that comes back carries by itself, up or not, until the next look moves traffic out of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

RISE = 3                        # answers in a row


@dataclass
class Pulse:
    """What is known of one tunnel. silence: seconds without an answer after which it is down; times are the caller's, in seconds."""

    silence: float
    since: float                # when asking began, or it last answered
    up: bool = False
    run: int = 0                # answers in a row since the last miss
    changed: float = 0.0
    spared: float | None = None     # it is not called down before; None: nobody asked for that since it last answered

    def answered(self, now: float) -> None:
        """An answer came."""
        self.since, self.run, self.spared = now, self.run + 1, None
        if not self.up and self.run >= RISE:
            self.up, self.changed = True, now

    def passed(self, now: float) -> None:
        """Time has passed: is it down?"""
        if now - self.since > self.silence and (self.spared is None or now > self.spared):
            self.run = 0
            if self.up:
                self.up, self.changed = False, now

    def spare(self, until: float) -> None:
        """Time in which nobody asked is no silence: it is not called down before. Only once until it answers, or whoever lets wait again and again
        would hide that it is dead."""
        self.spared = until if self.spared is None else self.spared


@dataclass
class Pair:
    """Both tunnels, and where traffic goes. order: names, the preferred one first."""

    order: Sequence[str]
    pulses: Mapping[str, Pulse]
    moves: list[dict[str, object]] = field(default_factory=list)

    def should_carry(self, carrying: str | None) -> str | None:
        """The tunnel that should carry, given the one that does; None when nothing is to be moved.

        carrying: None when none does, or it is not known. Nothing is moved back to a tunnel that came back from one that carries well.
        """
        if carrying is not None and (carrying not in self.pulses or self.pulses[carrying].up):
            return None
        return next((name for name in self.order if name != carrying and self.pulses[name].up), None)

    def told(self) -> dict[str, object]:
        """{"tunnels": {name: {"up", "changed"}}, "moves": the last ones} for whoever asks."""
        return {"tunnels": {name: {"up": pulse.up, "changed": round(pulse.changed, 3)} for name, pulse in self.pulses.items()},
                "moves": self.moves[-20:]}
