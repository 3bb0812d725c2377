# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Load balancer targets whose health is what the materialised load balancer sees, `initial` until it has looked."""

from __future__ import annotations

from typing import Any

from moto.elbv2.models import FakeHealthStatus, FakeTargetGroup

from lab.aws.extend import graft
from lab.aws.observed import OBSERVED

_moto_health = FakeTargetGroup.health_for
_WHY = {"initial": ("Elb.RegistrationInProgress", "Target registration is in progress"),
        "unhealthy": ("Target.FailedHealthChecks", "Health checks failed")}


class _TargetGroup:
    def health_for(self: Any, target: dict[str, Any], ec2_backend: Any) -> FakeHealthStatus:
        health = _moto_health(self, target, ec2_backend)
        if health.status == "healthy":                              # moto's answer for any registered target
            health.status = OBSERVED.get("target_health", self.arn, {}).get(target["Id"], "initial")
            health.reason, health.description = _WHY.get(health.status, (None, None))
        return health


def install() -> None:
    """Put real health in place."""
    graft(FakeTargetGroup, _TargetGroup)
