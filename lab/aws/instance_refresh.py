# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Instance refresh: a group's instances replaced by such of its template's version of today. moto has none of it.

The rules are those of "How an instance refresh works" in the Amazon EC2 Auto Scaling User Guide, for its rolling strategy with skip matching: what
was started from the version of the moment it begins is left, and so is whatever it starts itself; with a maximum above 100 percent a new one is in
service before an old one goes, else an old one goes first; one at a time. StartInstanceRefresh, DescribeInstanceRefreshes and
CancelInstanceRefresh answer as the API Reference says.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.autoscaling.exceptions import AutoscalingClientError
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult
from moto.core.utils import utcnow

from lab.aws import autoscaling
from lab.aws.extend import graft


@dataclass
class Refresh:
    """One of a group's refreshes; the newest stands first in `of`."""

    preferences: dict[str, Any]
    old: frozenset[str]                         # ids of those that it has to replace
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "Pending"
    began: datetime = field(default_factory=utcnow)
    ended: datetime | None = None

    @property
    def over(self) -> bool:
        return self.status in ("Successful", "Cancelled")


def of(group: Any) -> list[Refresh]:
    """The group's refreshes, newest first."""
    if not hasattr(group, "lab_refreshes"):
        group.lab_refreshes = []
    return list(group.lab_refreshes)


def step() -> None:
    """Go on with every refresh that is under way, by one instance at most."""
    for group in autoscaling.groups():
        for refresh in of(group):
            if not refresh.over:
                _step(group, refresh)


def _step(group: Any, refresh: Refresh) -> None:
    if refresh.status == "Cancelling":
        refresh.status, refresh.ended = "Cancelled", utcnow()
        autoscaling.take_away_too_many(group)
        return
    refresh.status = "InProgress"
    old, new = _old(group, refresh), [state for state in group.instance_states if state.instance.id not in refresh.old]
    if not all(autoscaling.is_in_service(group, state) for state in new):
        return
    if not old:
        refresh.status, refresh.ended = "Successful", utcnow()
    elif len(group.instance_states) > group.desired_capacity:
        autoscaling.take_away(group, old[0])
    elif int(refresh.preferences.get("MaxHealthyPercentage") or 100) > 100:
        autoscaling.launch(group, group.get_propagated_tags())
    else:
        autoscaling.take_away(group, old[0])
        autoscaling.launch(group, group.get_propagated_tags())


def _old(group: Any, refresh: Refresh) -> list[Any]:
    return [state for state in group.instance_states if state.instance.id in refresh.old]


def _not_of_today(group: Any) -> frozenset[str]:
    version = autoscaling.group_version(group)
    return frozenset(state.instance.id for state in group.instance_states if autoscaling.version_of(state) != version)


class _Actions:
    def start_instance_refresh(self: Any) -> ActionResult:
        group = _group(self)
        if any(not refresh.over for refresh in of(group)):
            raise AutoscalingClientError("InstanceRefreshInProgress", "An Instance Refresh is already in progress and blocks the execution of this "
                                         "Instance Refresh.")
        begun = Refresh(self._get_param("Preferences", {}) or {}, _not_of_today(group))
        group.lab_refreshes.insert(0, begun)
        return ActionResult({"InstanceRefreshId": begun.id})

    def describe_instance_refreshes(self: Any) -> ActionResult:
        group, ids = _group(self), self._get_param("InstanceRefreshIds", []) or []
        return ActionResult({"InstanceRefreshes": [_told(group, refresh) for refresh in of(group) if not ids or refresh.id in ids]})

    def cancel_instance_refresh(self: Any) -> ActionResult:
        for refresh in of(_group(self)):
            if refresh.status in ("Pending", "InProgress"):
                refresh.status = "Cancelling"
                return ActionResult({"InstanceRefreshId": refresh.id})
        raise AutoscalingClientError("ActiveInstanceRefreshNotFound", "No in progress or pending Instance Refresh found.")


def _group(response: Any) -> Any:
    name = response._get_param("AutoScalingGroupName")
    found = response.autoscaling_backend.autoscaling_groups.get(name)
    if found is None:
        raise AutoscalingClientError("ValidationError", f"AutoScalingGroup name not found - AutoScalingGroup '{name}' not found")
    return found


def _told(group: Any, refresh: Refresh) -> dict[str, Any]:
    left, count = 0 if refresh.over else len(_old(group, refresh)), len(refresh.old)
    return {
        "InstanceRefreshId": refresh.id, "AutoScalingGroupName": group.name, "Status": refresh.status, "StartTime": refresh.began,
        **({"EndTime": refresh.ended} if refresh.ended else {}), "InstancesToUpdate": left,
        "PercentageComplete": 100 if not count else int(100 * (count - left) / count),
        "Preferences": refresh.preferences}


def install() -> None:
    """Put the actions in place."""
    graft(AutoScalingResponse, _Actions)
