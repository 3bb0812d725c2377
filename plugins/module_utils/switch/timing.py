# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The timing table, and the inequalities it must keep. Seconds throughout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Timing:
    """How long what may take. Defaults suit two clouds in one region; `TIMINGS` names the known profiles."""

    ttl: float = 10.0       # the record counts as held for so long after a renewal
    margin: float = 1.0     # the most a database clock may step back; also the slack on both sides of the TTL
    renew: float = 2.0      # pause between renewals of the record
    beat: float = 0.25      # pause between heartbeats in the gate's row

    @property
    def gate_valid(self) -> float:
        """A renewal opens the gate for so long, counted from the database's clock read before that renewal."""
        return self.ttl - self.margin

    @property
    def takeover(self) -> float:
        """Another site may take the record once it has itself seen it unchanged for so long."""
        return self.ttl + self.margin

    def needed(self, said: float | None) -> float:
        """For how long a record must have been seen unchanged before it may be taken: the longer of what its holder `said`, if he did, and what
        this table says.
        """
        return max(self.takeover, said or 0.0)

    @property
    def watch(self) -> float:
        """Pause between two looks of a site that does not hold the record."""
        return self.renew / 2

    @property
    def blink(self) -> float:
        """Two looks further apart than this do not count as one look: nobody knows what happened between them."""
        return self.renew * 2

    @property
    def catch_up(self) -> float:
        """Nobody can buy while a planned switch waits, so it waits for so long at most: for what does not end at the holder, and then for what has
        not arrived. A copy further behind is not moved to.
        """
        return self.ttl / 2

    @property
    def offer_stands(self) -> float:
        """So long the holder lets its offer stand: longer than anybody waits for what has not arrived, and short enough that an agent which saw
        it a renewal late takes it back as well before anybody may take the record from a holder that stands still.
        """
        return self.catch_up + self.watch

    def faults(self) -> list[str]:
        """Every inequality this table breaks, as a sentence each; empty when it may be used."""
        rules = (
            (min(self.ttl, self.margin, self.renew, self.beat) > 0, "timing: every value must be above 0."),
            (self.ttl < float("inf"), "timing.ttl: must be finite, or a gate would never shut by itself."),
            (self.renew <= self.ttl / 4, f"timing.renew: {self.renew:g} s must be at most a quarter of timing.ttl ({self.ttl:g} s)."),
            (self.margin < self.ttl / 2, f"timing.margin: {self.margin:g} s must be below half of timing.ttl ({self.ttl:g} s)."),
            (self.beat <= self.renew, f"timing.beat: {self.beat:g} s must not exceed timing.renew ({self.renew:g} s)."),
        )
        return [said for holds, said in rules if not holds]


TIMINGS = {"default": Timing(), "fast": Timing(ttl=5.0, margin=0.5, renew=1.0, beat=0.25)}


def timing_from(given: Any) -> Timing:
    """A table from `{profile: default|fast, ttl?, margin?, renew?, beat?}`, or nothing. Raises ValueError naming every fault at once, a line each."""
    if given is None or given == "":
        given = {}
    if not isinstance(given, dict):
        named = isinstance(given, str) and given in TIMINGS
        raise ValueError(f"timing: {given!r} is the name of a profile; write {{\"profile\": \"{given}\"}}." if named else
                         f"timing: must be an object, such as {{\"profile\": \"fast\"}} or {{\"ttl\": 10}}, not {kind(given)}.")
    profile, values = given.get("profile", "default"), {name: value for name, value in given.items() if name != "profile" and value is not None}
    base = TIMINGS.get(profile) if isinstance(profile, str) else None
    faults = [] if base else [f"timing.profile: {profile!r} is not one of {', '.join(TIMINGS)}."]
    known = vars(base or Timing())
    if unknown := sorted(set(values) - set(known)):
        faults.append(f"timing: unknown {', '.join(unknown)}; known are {', '.join(known)}.")
    read = {name: number(value) for name, value in values.items() if name in known}
    faults += [f"timing.{name}: must be a number of seconds, not {shown(values[name])}." for name, value in read.items() if value is None]
    if not faults:
        timing = Timing(**{**known, **{name: value for name, value in read.items() if value is not None}})
        faults = timing.faults()
    if faults:
        raise ValueError("\n".join(faults))
    return timing


def number(value: Any) -> float | None:
    """A number, or a text that is one, as templates leave it; None for everything else, and for one that no float holds."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


_KINDS: tuple[tuple[Any, str], ...] = (
    (bool, "true or false"), (type(None), "null"), (str, "a text"), ((int, float), "a number"), (list, "a list"), (dict, "an object"))


def kind(value: Any) -> str:
    """What it is, for a sentence."""
    return next((said for type_, said in _KINDS if isinstance(value, type_)), type(value).__name__)


def shown(value: Any) -> str:
    """The value itself where that is short, else of which kind it is."""
    return repr(value) if isinstance(value, str | int | float) and len(repr(value)) < 30 else kind(value)
