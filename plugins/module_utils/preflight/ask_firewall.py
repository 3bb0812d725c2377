# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the account has of web ACLs, what AWS says of its own rule groups, and who may write to CloudWatch Logs. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

SCOPE = "REGIONAL"
WRITER = "delivery.logs.amazonaws.com"          # in whose name AWS WAF writes its log


def held(waf: Any) -> dict[str, Any]:
    """{web_acls, ip_sets}: names."""
    return {"web_acls": _names(waf.list_web_acls, "WebACLs"), "ip_sets": _names(waf.list_ip_sets, "IPSets")}


def units(waf: Any, groups: Iterable[str]) -> dict[str, Any]:
    """{managed rule group: capacity units that it takes, None where AWS has none of that name}."""
    # Which of these an unknown name is answered with, AWS does not document.
    none_of_that_name = (waf.exceptions.WAFNonexistentItemException, waf.exceptions.WAFInvalidParameterException,
                         waf.exceptions.WAFInvalidResourceException)
    found: dict[str, int | None] = {}
    for name in groups:
        try:
            found[name] = int(waf.describe_managed_rule_group(VendorName="AWS", Name=name, Scope=SCOPE)["Capacity"])
        except none_of_that_name:
            found[name] = None
    return found


def log_policies(logs: Any) -> dict[str, Any]:
    """{names: of the account's resource policies, delivery: whether one of them lets AWS's log delivery write}."""
    there = [policy for page in logs.get_paginator("describe_resource_policies").paginate() for policy in page["resourcePolicies"]]
    return {"names": [policy["policyName"] for policy in there], "delivery": any(WRITER in policy.get("policyDocument", "") for policy in there)}


def _names(ask: Any, key: str) -> list[str]:
    """Page by page: boto3 has no paginators for AWS WAF."""
    found: list[str] = []
    marker: dict[str, str] = {}
    while True:
        page = ask(Scope=SCOPE, Limit=100, **marker)
        found += [each["Name"] for each in page[key]]
        if not page.get("NextMarker") or not page[key]:
            return found
        marker = {"NextMarker": page["NextMarker"]}
