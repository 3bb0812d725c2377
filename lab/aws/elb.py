# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Load balancer targets whose health is what the materialised load balancer sees, `initial` until it has looked; and the attributes that a load
balancer has from the outset (LoadBalancerAttribute in the ELB API Reference), of which moto tells few."""

from __future__ import annotations

from typing import Any

from moto.elbv2.models import FakeHealthStatus, FakeLoadBalancer, FakeTargetGroup

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


_moto_balancer_init = FakeLoadBalancer.__init__
ATTRIBUTES = {
    "access_logs.s3.enabled": "false", "idle_timeout.timeout_seconds": "60", "load_balancing.cross_zone.enabled": "true",
    "routing.http.desync_mitigation_mode": "defensive", "routing.http.drop_invalid_header_fields.enabled": "false",
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false", "routing.http.xff_client_port.enabled": "false",
    "routing.http2.enabled": "true", "waf.fail_open.enabled": "false"}


class _Balancer:
    def __init__(self: Any, *given: Any, **named: Any) -> None:
        _moto_balancer_init(self, *given, **named)
        if self.type == "application":
            self.attrs |= ATTRIBUTES


def install() -> None:
    """Put real health, and whole attributes, in place."""
    graft(FakeTargetGroup, _TargetGroup)
    graft(FakeLoadBalancer, _Balancer)
