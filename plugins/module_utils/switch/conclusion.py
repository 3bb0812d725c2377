# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a judgement is made of: the case, the verdict, the limits, and the overrides that a person may name. Data and words only; the
rules are in rules_here.py and rules_away.py, their order in verdict.py.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from .observations import ComparedView, LinkView, Look, NoAnswer, NotLooked, Observations, RecordView, Saw
from .timing import Timing

NONE = "none"               # do nothing; a result like any other
TAKE_OVER = "take_over"     # this site becomes the writer
RESUME = "resume"           # finish a switch to this site that was interrupted

ACCEPT_LAG = "accept_lag"                   # take over although the copy here was further behind than allowed
ACCEPT_FLAPPING = "accept_flapping"         # take over once more although that happened too often of late
ACCEPT_SILENT_EDGE = "accept_silent_edge"   # move the service here although the edge here gives no answer
ACCEPT_UNPROVEN = "accept_unproven"         # move the service to a copy that nobody has proven equal, or that was found to differ
OVERRIDES = (ACCEPT_LAG, ACCEPT_UNPROVEN, ACCEPT_FLAPPING, ACCEPT_SILENT_EDGE)


@dataclass(frozen=True)
class Verdict:
    """`because` is one sentence for someone woken at night. `override`: what a person may name to act all the same, if anything.
    `writes`: this site is the writer already, so nothing is left to switch. `overridden`: the overrides that were named and needed.
    """

    verdict: str
    action: str
    because: str
    override: str | None = None
    writes: bool = False
    overridden: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limits:
    """`lag_seconds`: a copy further behind than this when the writer fell silent is not promoted without the override.
    `takeovers`: a site that has taken over by itself so often within the last hour asks a person before the next time.
    `compared_seconds`: a copy whose last comparison is older is said to be so, and no more than said.
    """

    lag_seconds: float = 30.0
    takeovers: int = 3
    compared_seconds: float = 7 * 86400.0


@dataclass(frozen=True)
class Case:
    """All that a rule may look at. `planned`: somebody asks to move the service to this site although its writer lives.
    `overrides`: as `name:epoch`, see `override`.
    """

    seen: Observations
    timing: Timing
    limits: Limits = Limits()
    planned: bool = False
    overrides: Collection[str] = ()

    @property
    def record(self) -> RecordView:
        if not isinstance(self.seen.record, Saw):        # the first rules have decided every other case
            raise AssertionError
        return self.seen.record.value

    @property
    def takeover(self) -> float:
        """Seconds for which the record must be unchanged before it may be taken."""
        return self.timing.needed(self.record.takeover_seconds)

    @property
    def here(self) -> str:
        return called(self.seen.site)

    @property
    def there(self) -> str:
        return called(self.record.writer)

    def override(self, name: str) -> str:
        """What a person must say: the name with the epoch that he has seen. A switch moves the epoch, so it counts once; a run that fails
        before that may be repeated with it.
        """
        return f"{name}:{self.record.epoch}"

    def doubts(self, found: Iterable[tuple[str, str, str]]) -> Verdict | tuple[str, ...]:
        """`found`: (override, verdict, because) of everything that speaks against acting. The first that nobody has overridden by name,
        or all the overrides that were needed.
        """
        used = []
        for name, verdict, because in found:
            if (wanted := self.override(name)) not in self.overrides:
                stale = next((given for given in self.overrides if given.split(":")[0] == name), None)
                spent = f" The override {stale} was for another epoch and counts no more." if stale else ""
                return Verdict(verdict, NONE, because + spent, override=wanted)
            used.append(wanted)
        return tuple(used)


def override_faults(given: Collection[str], names: Collection[str] = OVERRIDES, again: str = "") -> list[str]:
    """Everything wrong with overrides as a person wrote them, a sentence each. `again`: pattern of what may follow where an epoch sees several."""
    known = ", ".join(f"{name}:EPOCH" for name in names)
    return [f"override: {each!r} is not one of {known}, where EPOCH is the record's as the refusal named it."
            for each in given if not re.fullmatch(rf"({'|'.join(names)}):[1-9][0-9]*{again}", each)]


def blind(what: str, look: NotLooked) -> Verdict:
    return Verdict("BLIND", NONE, f"Nobody has looked at {what} ({look.reason}); what was not looked at is no reason to act.")


def unproven(look: Look[ComparedView]) -> str | None:
    """Why nobody may rely on the rows of the copy here, as the end of a sentence about it; None when its last comparison found them equal. Age is no
    reason: an old proof is the best there is, and nobody may be there to make a new one.
    """
    if not isinstance(look, Saw):
        return f"gives no answer to what its last comparison found ({look.reason})"
    seen = look.value
    if seen.equal is None:
        return seen.why or "has never been compared with its source"
    if seen.equal:
        return None
    unlike = [f"{number} {what} differs" if number == 1 else f"{number} {what}s differ"
              for number, what in ((seen.differing_rows, "row"), (seen.definitions, "definition")) if number]
    return f"was not equal when it was last compared, {ago(seen.age_seconds)}: {', '.join(unlike)}"


def proven_long_ago(look: Look[ComparedView], limits: Limits) -> str | None:
    """What to say of a proof that is old; None when it is not."""
    age = look.value.age_seconds if isinstance(look, Saw) and look.value.equal else None
    return f"its copy was last compared {ago(age)}" if age is not None and age > limits.compared_seconds else None


def ago(seconds: float | None) -> str:
    """As people say it."""
    for unit, length in (("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0)):
        if seconds is not None and seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit} ago"
    return "a moment ago" if seconds is None else f"{seconds:.0f} seconds ago"


def link_lost(seen: Observations) -> LinkView | None:
    """The way to the other site, when nothing there answers over it; None when something does, or nobody knows."""
    link = seen.link.value if isinstance(seen.link, Saw) else None
    return link if link is not None and not link.across and isinstance(seen.peer, NoAnswer) else None


def down_in_words(link: LinkView) -> str:
    """Which tunnels carry nothing, in brackets for the middle of a sentence; empty when none is known to."""
    return f" ({_which(link.down)} nothing)" if link.down else ""


def thin_link(seen: Observations) -> str | None:
    """What to say when the link hangs on fewer tunnels than there are; None when it does not, or nobody knows. One end sees its tunnels, the
    other hears of them.
    """
    if not isinstance(seen.peer, Saw):
        return None
    own = seen.link.value.down if isinstance(seen.link, Saw) else ()
    down = tuple(dict.fromkeys((*own, *seen.peer.value.down)))
    return f"{_which(down)} nothing, so the link hangs on what is left: mend that before it goes as well." if down else None


def _which(down: Collection[str]) -> str:
    return f"tunnel {next(iter(down))} carries" if len(down) == 1 else f"tunnels {' and '.join(down)} carry"


def called(site: str | None) -> str:
    return (site or "nobody").upper()
