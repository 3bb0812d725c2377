# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When is an endpoint healthy? Route 53's published rules as pure functions; threads, sockets and clocks are elsewhere.

Each checker judges by itself (consecutive results against the threshold); the check is healthy while more than 18 % of the
checkers say so. Then inversion, disabling and calculated checks, which stand on other checks' results.
Rules: docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html, as published in full at
github.com/awsdocs/amazon-route53-docs (doc_source, same name): there also what a new check counts as until there is data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

CHECKERS = 16               # "about 15" checkers look at an endpoint; they do not coordinate
HEALTHY_SHARE = 0.18        # more than this share of checkers must say healthy


@dataclass(frozen=True)
class Checker:
    """One checker's view. healthy: its verdict, None until it has looked once; streak: consecutive results that contradict it."""

    healthy: bool | None = None
    streak: int = 0

    def saw(self, success: bool, threshold: int) -> Checker:
        """The view after one more probe: the verdict turns after `threshold` consecutive results the other way."""
        if self.healthy is None:
            return Checker(healthy=success)
        if success == self.healthy:
            return replace(self, streak=0)
        return Checker(healthy=success) if self.streak + 1 >= threshold else replace(self, streak=self.streak + 1)


@dataclass(frozen=True)
class Health:
    """A check's status. share: of its checkers (children, for a calculated one) that say healthy, before inversion; 0 to 1."""

    healthy: bool
    share: float
    checkers: int


def share_of(checkers: Iterable[Checker]) -> tuple[float, int]:
    """(share that says healthy, how many have looked). Nobody has looked: (0.0, 0)."""
    verdicts = [checker.healthy for checker in checkers if checker.healthy is not None]
    return (sum(verdicts) / len(verdicts) if verdicts else 0.0, len(verdicts))


def statuses(checks: Mapping[str, Mapping[str, Any]], views: Mapping[str, Iterable[Checker]]) -> dict[str, Health]:
    """Every check's status. checks: {id: HealthCheckConfig as Route 53 lists it}; views: {id: its checkers}."""
    known: dict[str, Health] = {}
    for check_id in checks:
        _status(check_id, checks, views, known, ())
    return known


def _status(
    check_id: str, checks: Mapping[str, Mapping[str, Any]], views: Mapping[str, Iterable[Checker]], known: dict[str, Health],
    asked_by: tuple[str, ...],
) -> Health:
    if check_id in known:
        return known[check_id]
    config = checks[check_id]
    if config["Type"] == "CALCULATED":
        # A child that no longer exists, or that leads back here, counts as healthy: Route 53 does not fail over for want of a check.
        children = config.get("ChildHealthChecks") or []
        healthy_children = sum(
            child not in checks or child in (*asked_by, check_id)
            or _status(child, checks, views, known, (*asked_by, check_id)).healthy for child in children)
        share, count = (healthy_children / len(children) if children else 0.0), len(children)
        healthy = healthy_children >= config.get("HealthThreshold", len(children))
    else:
        share, count = share_of(views.get(check_id, ()))
        healthy = not count or share > HEALTHY_SHARE        # a new check is healthy until there is data, and so an inverted one unhealthy
    if config.get("Disabled"):
        healthy = True
    known[check_id] = Health(healthy != bool(config.get("Inverted")), share, count)
    return known[check_id]
