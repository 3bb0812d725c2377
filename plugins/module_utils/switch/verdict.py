# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Observations in, one named verdict out, with at most one action. Pure: no clock, no network, no memory.

The rules are asked in order and the first that has an opinion decides.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from . import rules_away, rules_here
from .conclusion import NONE, OVERRIDES, RESUME, TAKE_OVER, Case, Limits, Verdict, override_faults
from .observations import NoAnswer, Observations, Saw
from .rules_away import PLANNED, WAITING
from .rules_here import WRITER_HERE
from .timing import Timing

__all__ = ["NONE", "OVERRIDES", "PLANNED", "RESUME", "TAKE_OVER", "WAITING", "WRITER_HERE", "Limits", "Verdict", "if_lost", "judge", "judge_planned",
           "lost", "override_faults"]

_RULES: tuple[Callable[[Case], Verdict | None], ...] = (
    rules_here.maintenance, rules_here.no_record, rules_here.set_back, rules_here.wrong_database, rules_here.held_here, rules_away.held_elsewhere,
    rules_away.silent_writer)


def judge(seen: Observations, timing: Timing, limits: Limits | None = None, overrides: Collection[str] = ()) -> Verdict:
    """The verdict of the agent at `seen.site`. `overrides`: what a person has named, as `name:epoch`."""
    return _first(Case(seen, timing, limits or Limits(), overrides=overrides))


def judge_planned(seen: Observations, timing: Timing, limits: Limits | None = None, overrides: Collection[str] = ()) -> Verdict:
    """The verdict when somebody asks to move the service to `seen.site` although its writer lives: PLANNED where the copy here follows
    and the writer renews, or has just offered the record. Whatever else is found is found as without asking.
    """
    case = Case(seen, timing, limits or Limits(), planned=True, overrides=overrides)
    found = _first(case)
    return rules_away.planned(case, found) if isinstance(seen.record, Saw) else found


def if_lost(seen: Observations, timing: Timing, limits: Limits | None = None) -> Verdict:
    """What would be concluded at `seen.site` if its writer were lost now and stayed so: whether this site is ready, and if not, why. The
    verdict as it is where this site writes, or where nobody knows who does.
    """
    return judge(lost(seen, timing), timing, limits)


def lost(seen: Observations, timing: Timing) -> Observations:
    """What would be seen if the writer were lost now and stayed so, for whoever rehearses; as it is where there is no other site's to lose."""
    record = seen.record
    if not isinstance(record, Saw) or record.value.writer in (None, seen.site):
        return seen
    gone = replace(record.value, unchanged_seconds=timing.needed(record.value.takeover_seconds), offered=None)
    return replace(seen, record=Saw(gone), writer_edge=NoAnswer("lost"))


def _first(case: Case) -> Verdict:
    for rule in _RULES:
        if (verdict := rule(case)) is not None:
            return verdict
    raise AssertionError("unreachable: the last rule always decides")
