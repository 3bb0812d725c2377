# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Web ACLs' logs: what load balancers have blocked, in the form and at the place that AWS WAF has for it.

"Log fields for web ACL traffic" and "Sending web ACL traffic logs to a CloudWatch Logs log group" in the AWS WAF Developer Guide; LoggingFilter and
RedactedFields of LoggingConfiguration in the AWS WAFV2 API Reference. The lab's load balancers tell of blocked requests only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.logs.models import logs_backends
from moto.wafv2.models import wafv2_backends

from lab import world
from lab.aws.wafv2 import LOG_GROUP


def take(balancer: str, records: Iterable[Mapping[str, Any]]) -> None:
    """Keep what a load balancer (by its ARN) has blocked, where its web ACL's logs go; nowhere without a web ACL or without logs.

    Each: {"time": milliseconds, "rule": name of the web ACL's rule, "type": REGULAR, RATE_BASED or MANAGED_RULE_GROUP, "group": the managed group or
    "", "client", "country", "method", "uri": path, "args": query, "version", "headers": {name: value}, "id"}.
    """
    waf = wafv2_backends[DEFAULT_ACCOUNT_ID][world.AWS_REGION]
    acl = waf.get_web_acl_for_resource(balancer)
    logged = waf.logging_configurations.get(acl.arn) if acl else None
    if acl is None or logged is None or not _kept(logged.logging_filter):
        return
    destination = LOG_GROUP.fullmatch(logged.log_destination_configs[0])
    logs, group = logs_backends[DEFAULT_ACCOUNT_ID][world.AWS_REGION], destination.group(1) if destination else ""
    if group not in logs.groups:
        return                                      # it was removed behind the web ACL's back, and what would have come there is lost
    fields: Any = logged.redacted_fields or ()
    redacted = {field["SingleHeader"]["Name"].lower() for field in fields if "SingleHeader" in field}
    stream = f"{world.AWS_REGION}_{acl.name}_0"
    logs.ensure_log_stream(group, stream)
    events = [{"timestamp": record["time"], "message": json.dumps(line(acl.arn, balancer, record, redacted))} for record in records]
    logs.put_log_events(group, stream, sorted(events, key=lambda event: event["timestamp"]))


def line(acl: str, balancer: str, record: Mapping[str, Any], redacted: set[str]) -> dict[str, Any]:
    """A record as AWS WAF writes it."""
    group = f"AWS#{record['group']}" if record["group"] else ""
    headers = [{"name": name, "value": "REDACTED" if name.lower() in redacted else value} for name, value in record["headers"].items()]
    return {
        "timestamp": record["time"], "formatVersion": 1, "webaclId": acl, "terminatingRuleId": record["rule"], "terminatingRuleType": record["type"],
        "action": "BLOCK", "terminatingRuleMatchDetails": [], "httpSourceName": "ALB",
        "httpSourceId": f"{DEFAULT_ACCOUNT_ID}-{balancer.partition('loadbalancer/')[2]}",
        "ruleGroupList": [{"ruleGroupId": group, "terminatingRule": {"ruleId": record["rule"], "action": "BLOCK"}}] if group else [],
        "rateBasedRuleList": [{"rateBasedRuleName": record["rule"], "limitKey": "IP"}] if record["type"] == "RATE_BASED" else [],
        "nonTerminatingMatchingRules": [],
        "httpRequest": {"clientIp": record["client"], "country": record["country"], "headers": headers, "uri": record["uri"], "args": record["args"],
                        "httpVersion": record["version"], "httpMethod": record["method"], "requestId": record["id"]}}


def _kept(logging_filter: Mapping[str, Any] | None) -> bool:
    """Whether a blocked request is logged: the first filter that names its action decides, and else what is done by default."""
    if not logging_filter:
        return True
    for each in logging_filter["Filters"]:
        actions = {condition["ActionCondition"]["Action"] for condition in each["Conditions"] if "ActionCondition" in condition}
        if "BLOCK" in actions and (each["Requirement"] == "MEETS_ANY" or actions == {"BLOCK"}):
            return bool(each["Behavior"] == "KEEP")
    return bool(logging_filter["DefaultBehavior"] == "KEEP")
