# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Everything that is missing, all at once: the plan's own faults, and what each judge finds. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from ..shape import Unset
from . import access, application, cost, firewall, offers, outside, quotas, ranges, taken, vaulted
from .findings import Finding, World, ordered

JUDGES = (vaulted, access, offers, application, firewall, ranges, quotas, taken, outside, cost)
PLAN_MENDS = "Put that right in the inventory."
FOLLOWS = "UndefinedMarker"         # in the reason of what merely stands on something else that is undefined


def findings(world: World) -> list[Finding]:
    """What stops a build first, then advice; empty when nothing is missing."""
    unset = list(_unset(world))
    told = {finding.wrong for finding in unset}
    found = [finding for finding in (_of_the_plan(fault) for fault in world.faults) if finding.wrong not in told] + unset
    known = {path for finding in found for path in finding.path.split(", ")}
    for judge in JUDGES:
        found += [finding for finding in judge.judge(world) if finding.path not in known]
    return ordered(found)


def _of_the_plan(fault: str) -> Finding:
    path, _unused, wrong = fault.partition(": ")
    return Finding(path, _reason(wrong), PLAN_MENDS)


def _unset(world: World) -> Iterable[Finding]:
    """Variables that stand on something undefined: one finding for each reason, however many share it. Where secrets are among them, it is these
    that have to be filled in, and the rest follows."""
    reasons: dict[str, list[str]] = {}
    for name, value in world.values.items():
        if isinstance(value, Unset) and FOLLOWS not in value.why:
            reasons.setdefault(_reason(value.why), []).append(name)
    return [Finding(", ".join([name for name in names if name.startswith("vault_")] or names), why, PLAN_MENDS) for why, names in reasons.items()]


def _reason(why: str) -> str:
    return why.removeprefix("A captured exception marker was tripped: ").rstrip(".")
