# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Health check observations that are true: what the lab's checkers saw last, instead of moto's constant success. And two actions of the Route 53 API
Reference that moto lacks: where checkers come from (GetCheckerIpRanges; the lab's, and a range of IPv6 as AWS has as well), and what is answered now
(TestDNSAnswer), from the zone's records and what the checkers saw, as the lab's DNS answers it."""

from __future__ import annotations

import json
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.route53.responses import Route53
from moto.route53.urls import url_paths

from lab import world
from lab.aws.extend import graft
from lab.dns.answers import World, answer, plain


class _Actions:
    def get_health_check_status(self: Any) -> ActionResult:
        check_id = self._get_param("HealthCheckId")
        self.backend.get_health_check(check_id)                     # raises NoSuchHealthCheck
        seen = _seen()
        if not seen.get(check_id, {}).get("checkers"):              # nobody has looked yet
            return ActionResult({"HealthCheckObservations": []})
        report = {"Status": seen[check_id]["last"], "CheckedTime": utcnow()}
        return ActionResult({"HealthCheckObservations": [{"Region": "ap-northeast-1", "IPAddress": world.CHECKERS, "StatusReport": report}]})

    def get_checker_ip_ranges(self: Any) -> ActionResult:
        return ActionResult({"CheckerIpRanges": [f"{world.CHECKERS}/32", "2001:db8:53::/48"]})


    def test_dns_answer(self: Any) -> ActionResult:
        zone = self.backend.get_hosted_zone(self._get_param("HostedZoneId"))            # raises NoSuchHostedZone
        name, kind, seen = self._get_param("RecordName"), self._get_param("RecordType"), _seen()
        names = json.loads(world.NAMES.read_text()) if world.NAMES.exists() else {}
        known = World({plain(zone.name): [_record(each) for each in zone.get_record_sets(None, None)]}, names)
        told = answer(known, lambda check: seen.get(check or "", {}).get("healthy", True), name, kind)
        return ActionResult({"Nameserver": zone.delegation_set.name_servers[0], "RecordName": name, "RecordType": kind,
                             "RecordData": [value for *_, value in told.records], "ResponseCode": told.code, "Protocol": "UDP"})


def _seen() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(world.HEALTH.read_text()) if world.HEALTH.exists() else {}
    return found


def _record(record: Any) -> dict[str, Any]:
    """One of moto's record sets as the API lists it, of what an answer is made of."""
    return {"Name": record.name, "Type": record.type, "TTL": record.ttl or 300, "ResourceRecords": record.resource_records or [],
            "AliasTarget": record.alias_target, "HealthCheckId": record.health_check_id, "Failover": record.failover}


def install() -> None:
    """Put all in place."""
    graft(Route53, _Actions)
    url_paths[r"{0}/(?P<api_version>[\d_-]+)/checkeripranges$"] = Route53.dispatch
    url_paths[r"{0}/(?P<api_version>[\d_-]+)/testdnsanswer$"] = Route53.dispatch
