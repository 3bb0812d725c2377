# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Health check observations that are true: what the lab's checkers saw last, instead of moto's constant success. And where checkers come from
(GetCheckerIpRanges in the Route 53 API Reference), which moto lacks: the lab's, and a range of IPv6 as AWS has as well."""

from __future__ import annotations

import json
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.route53.responses import Route53
from moto.route53.urls import url_paths

from lab import world
from lab.aws.extend import graft


class _Actions:
    def get_health_check_status(self: Any) -> ActionResult:
        check_id = self._get_param("HealthCheckId")
        self.backend.get_health_check(check_id)                     # raises NoSuchHealthCheck
        seen = json.loads(world.HEALTH.read_text()) if world.HEALTH.exists() else {}
        if not seen.get(check_id, {}).get("checkers"):              # nobody has looked yet
            return ActionResult({"HealthCheckObservations": []})
        report = {"Status": seen[check_id]["last"], "CheckedTime": utcnow()}
        return ActionResult({"HealthCheckObservations": [{"Region": "ap-northeast-1", "IPAddress": world.CHECKERS, "StatusReport": report}]})

    def get_checker_ip_ranges(self: Any) -> ActionResult:
        return ActionResult({"CheckerIpRanges": [f"{world.CHECKERS}/32", "2001:db8:53::/48"]})


def install() -> None:
    """Put both in place."""
    graft(Route53, _Actions)
    url_paths[r"{0}/(?P<api_version>[\d_-]+)/checkeripranges$"] = Route53.dispatch
