# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does what was just rolled out at a site serve as well as what ran before? Pure: looks in, a verdict and its reason out.

A look that got no answer is evidence. A look that could not be made is none: of that comes "unknown", on which nobody goes on and nobody takes
anything back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

GOOD, BACK, UNKNOWN, PENDING = "good", "back", "unknown", "pending"


@dataclass(frozen=True)
class Look:
    """One look. at: seconds since the first; ready, edge: answered as it should, None: could not be asked at all. asked, wrong: requests to pages
    by this look and how many failed; users, user_errors: of real users since the look before, None where nobody counts them."""

    at: float
    ready: bool | None
    edge: bool | None
    asked: int = 0
    wrong: int = 0
    users: int | None = None
    user_errors: int | None = None


@dataclass(frozen=True)
class Limits:
    """What is held against a release. silent_looks: so many in a row without a good answer are no accident; least_requests: fewer tell nothing of a
    rate; worse_by: an error rate this many times that of before is worse, but never below error_percent."""

    watch_seconds: float = 60.0
    silent_looks: int = 3
    error_percent: float = 1.0
    worse_by: float = 3.0
    least_requests: int = 50


@dataclass(frozen=True)
class Verdict:
    """What to do, and why, in words for whoever reads the record of the release."""

    verdict: str
    because: str
    looks: int
    error_percent: float | None = None

    def facts(self) -> dict[str, Any]:
        """For a machine."""
        return asdict(self)


def judge(looks: Sequence[Look], limits: Limits, before_percent: float = 0.0) -> Verdict:
    """What the looks so far say. before_percent: the error rate of the version before, as it was measured in the same way."""
    rate = error_percent(looks, limits)
    for part, words in (("ready", "the application does not say that it can serve pages (readyz)"), ("edge", "the edge does not answer")):
        told = [getattr(look, part) for look in looks]
        if _ends_with(told, False, limits.silent_looks):
            return Verdict(BACK, f"{words}, {limits.silent_looks} times in a row", len(looks), rate)
        if _ends_with(told, None, limits.silent_looks):
            return Verdict(UNKNOWN, f"it could not be asked {limits.silent_looks} times in a row ({part})", len(looks), rate)
    allowed = max(limits.error_percent, before_percent * limits.worse_by)
    if rate is not None and rate > allowed:
        return Verdict(BACK, f"{rate:.1f} % of requests fail, and {before_percent:.1f} % did before", len(looks), rate)
    if not looks or looks[-1].at < limits.watch_seconds:
        return Verdict(PENDING, "it has not been watched for long enough", len(looks), rate)
    if not (looks[-1].ready and looks[-1].edge):        # a silence that is younger than the limit is waited out, not passed over
        return Verdict(PENDING, "the last look was no good one", len(looks), rate)
    return Verdict(GOOD, f"it answered for {looks[-1].at:.0f} s", len(looks), rate)


def error_percent(looks: Sequence[Look], limits: Limits) -> float | None:
    """How many percent of requests failed, our own and those of users, whichever is worse; None where too few tell."""
    pairs = [(sum(look.asked for look in looks), sum(look.wrong for look in looks)),
             (sum(look.users or 0 for look in looks), sum(look.user_errors or 0 for look in looks))]
    rates = [wrong / asked * 100 for asked, wrong in pairs if asked >= limits.least_requests]
    return max(rates) if rates else None


def _ends_with(told: Sequence[bool | None], value: bool | None, times: int) -> bool:
    return len(told) >= times and all(one is value for one in told[-times:])
