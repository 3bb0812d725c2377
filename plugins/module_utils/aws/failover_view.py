# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a name leads now, and why: what resolvers answer beside what the failover pair and its checkers would have them answer.

The resolvers are the data plane and tell what users get. Route 53's own view is a hint beside it: nothing that decides about a switch asks it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .errors import asking
from .failover_record import EDGE, MARKER, PRIMARY

HEALTHY_SHARE = 0.18        # more than this share of checkers must succeed: AWS's published rule


@dataclass(frozen=True)
class Answered:
    """What one resolver said. `said`: why there is no answer, None when there is one; `ttl` in seconds."""

    resolver: str
    addresses: tuple[str, ...] = ()
    ttl: int | None = None
    said: str | None = None


@dataclass(frozen=True)
class Checked:
    """One check by its checkers. `healthy`: as Route 53 counts it, inversion included; None when no checker has reported yet (Route 53 takes
    that for healthy, and for unhealthy where the check is inverted). `checkers`, `succeeding`: how many have looked, and how many were answered
    with 2xx or 3xx. `last`: one of their reports.
    """

    healthy: bool | None
    checkers: int
    succeeding: int
    last: str | None = None


def judged(check: Mapping[str, Any], reports: Sequence[str]) -> Checked:
    """A check that looks at an endpoint. check: in the words of health_checks.described. reports: "Success: HTTP Status Code 200, OK" or
    "Failure: …" of each checker. AWS does not say whether those of an inverted check are told inverted; they are taken as what was seen.
    """
    if not reports:
        return Checked(None, 0, 0)
    good = [report for report in reports if report.lower().startswith("success")]
    seen = len(good) / len(reports) > HEALTHY_SHARE
    bad = next((report for report in reports if report not in good), None)
    return Checked(seen != bool(check.get("inverted")), len(reports), len(good), (good[0] if seen or not bad else bad))


def look_at_checks(route53: Any, checks: Mapping[str, Mapping[str, Any]]) -> dict[str, Checked]:
    """Every check of the pair. The calculated one cannot be asked for (AWS's API refuses); it is counted from the two below it."""
    seen: dict[str, Checked] = {}
    for name in (EDGE, MARKER):
        if name in checks:
            with asking("read what the checkers see of", name):
                found = route53.get_health_check_status(HealthCheckId=checks[name]["id"])["HealthCheckObservations"]
            seen[name] = judged(checks[name], [entry["StatusReport"]["Status"] for entry in found])
    if PRIMARY in checks and len(seen) == 2:
        both = [not checks[name].get("inverted") if check.healthy is None else check.healthy for name, check in seen.items()]
        seen[PRIMARY] = Checked(all(both), len(both), sum(both))
    return seen


def ask(name: str, resolvers: Iterable[str], query: Callable[[str, str], tuple[Sequence[str], int]]) -> list[Answered]:
    """What each says. query: (name, resolver) to (addresses, ttl); raises OSError or ValueError with the reason."""
    found = []
    for resolver in resolvers:
        try:
            addresses, ttl = query(name, resolver)
            found.append(Answered(resolver, tuple(sorted(addresses)), ttl))
        except (OSError, ValueError) as error:
            found.append(Answered(resolver, said=str(error) or type(error).__name__))
    return found


def leads_to(answer: Answered, pair: Mapping[str, Any] | None, alias: Sequence[str] = ()) -> str | None:
    """primary, secondary, elsewhere, or None without an answer. alias: where the secondary's load balancer answers, when it is one."""
    if answer.said:
        return None
    shown = pair or {}
    if answer.addresses and set(answer.addresses) <= set((shown.get("primary") or {}).get("addresses", ())):
        return "primary"
    second = shown.get("secondary") or {}
    if answer.addresses and set(answer.addresses) <= set(second.get("addresses", alias)):
        return "secondary"
    return "elsewhere"


def why(pair: Mapping[str, Any] | None, checks: Mapping[str, Checked], answers: Sequence[Answered], leads: Sequence[str | None]) -> list[str]:
    """Sentences for a person: where the name should lead and for what reason, then every resolver that says otherwise."""
    if not pair or not pair.get("primary") or not pair.get("secondary"):
        return ["There is no whole failover pair of that name, so nothing chooses between the sites.", *_silent(answers)]
    edge, marker = checks.get(EDGE), checks.get(MARKER)
    wanted, because = "primary", "its edge answers the checkers and the standby has not taken over"
    if marker is not None and marker.healthy is False:
        wanted, because = "secondary", f"the standby has taken over: {marker.succeeding} of {marker.checkers} checkers see its marker"
    elif edge is not None and edge.healthy is False:
        wanted = "secondary"
        because = f"the primary's edge answers {edge.succeeding} of {edge.checkers} checkers ({edge.last})"
    elif marker is not None and marker.healthy is None:
        wanted, because = "secondary", "no checker has reported on the marker yet, and Route 53 takes a new inverted check for unhealthy"
    elif edge is None or marker is None:
        because = "a check of the pair is missing, and Route 53 takes that for healthy"
    elif edge.healthy is None:
        because = "no checker has reported yet, and Route 53 takes that for healthy"
    told = [f"By the checkers the name leads to the {wanted}: {because}."]
    for answer, lead in zip(answers, leads, strict=True):
        if lead is not None and lead != wanted:
            where = f"the {lead}" if lead != "elsewhere" else "neither site"
            told.append(f"{answer.resolver} still answers {', '.join(answer.addresses) or 'nothing'} ({where}): it keeps what it knew for "
                        f"{answer.ttl} s, or was not asked the same question.")
    return [*told, *_silent(answers)]


def _silent(answers: Sequence[Answered]) -> list[str]:
    return [f"{answer.resolver} gives no answer: {answer.said}." for answer in answers if answer.said]


def view(name: str, pair: Mapping[str, Any] | None, checks: Mapping[str, Checked], answers: Sequence[Answered],
         alias: Sequence[str] = ()) -> dict[str, Any]:
    """The whole answer as plain data."""
    leads = [leads_to(answer, pair, alias) for answer in answers]
    agreed = {lead for lead in leads if lead is not None}
    marker = checks.get(MARKER)
    return {
        "pinned": marker is not None and marker.healthy is not True,
        "name": name, "pair": dict(pair) if pair else None, "checks": {each: asdict(seen) for each, seen in checks.items()},
        "answers": [{**asdict(answer), "addresses": list(answer.addresses), "leads_to": lead} for answer, lead in zip(answers, leads, strict=True)],
        "leads_to": agreed.pop() if len(agreed) == 1 else None, "why": why(pair, checks, answers, leads),
    }
