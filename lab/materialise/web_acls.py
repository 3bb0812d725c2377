# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Web ACLs of AWS WAF as specs, from the API's words. Pure. What the lab cannot make real is refused, never passed over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lab.materialise.specs import Condition, FirewallRule, WebAcl

POSITIONS = ("EXACTLY", "STARTS_WITH", "ENDS_WITH", "CONTAINS")
MOST_RATES = 3                      # HAProxy follows no more counters for one request


def by_balancer(acls: Sequence[Mapping[str, Any]], ip_sets: Mapping[str, Sequence[str]]) -> dict[str, WebAcl]:
    """{load balancer's ARN: its web ACL}. acls: [{"acl": the API's WebACL, "resources": ARNs}]; ip_sets: {ARN: addresses}.

    Raises ValueError for one that the lab cannot make real.
    """
    return {arn: web_acl(held["acl"], ip_sets) for held in acls for arn in held["resources"]}


def web_acl(acl: Mapping[str, Any], ip_sets: Mapping[str, Sequence[str]]) -> WebAcl:
    """One web ACL. Raises ValueError."""
    rules = tuple(_rule(rule, ip_sets) for rule in sorted(acl.get("Rules", ()), key=lambda rule: rule["Priority"]))
    managed = [bool(rule.group) for rule in rules]
    if managed != sorted(managed):
        raise ValueError(f"web ACL {acl['Name']}: the lab asks managed groups after all other rules, and one of these comes later")
    if sum("rate" in rule.condition.kinds() for rule in rules if rule.condition) > MOST_RATES:
        raise ValueError(f"web ACL {acl['Name']}: the lab follows {MOST_RATES} rates at most")
    return WebAcl(acl["ARN"], acl["Name"], rules, default="Allow" if "Allow" in acl["DefaultAction"] else "Block")


def _rule(rule: Mapping[str, Any], ip_sets: Mapping[str, Sequence[str]]) -> FirewallRule:
    group = rule["Statement"].get("ManagedRuleGroupStatement")
    if group:
        if group.get("ScopeDownStatement"):
            raise ValueError(f"rule {rule['Name']}: the lab knows no managed group for some requests only")
        counted = tuple(sorted(each["Name"] for each in group.get("RuleActionOverrides", ()) if "Block" not in each["ActionToUse"]))
        return FirewallRule(rule["Name"], "Count" if "Count" in rule["OverrideAction"] else "Block", group=group["Name"], counted=counted)
    [action] = rule["Action"]
    if action not in ("Allow", "Block", "Count"):
        raise ValueError(f"rule {rule['Name']}: the lab knows no action {action}")
    return FirewallRule(rule["Name"], action, _condition(rule["Statement"], ip_sets))


def _condition(statement: Mapping[str, Any], ip_sets: Mapping[str, Sequence[str]]) -> Condition:
    [(kind, given)] = statement.items()
    if kind == "IPSetReferenceStatement" and not given.get("IPSetForwardedIPConfig"):
        return Condition("addresses", tuple(sorted(ip_sets[given["ARN"]])))
    if kind == "GeoMatchStatement" and not given.get("ForwardedIPConfig"):
        return Condition("countries", tuple(sorted(given["CountryCodes"])))
    if kind == "NotStatement":
        return Condition("not", inner=(_condition(given["Statement"], ip_sets),))
    if kind in ("AndStatement", "OrStatement"):
        return Condition("and" if kind == "AndStatement" else "or", inner=tuple(_condition(each, ip_sets) for each in given["Statements"]))
    if kind == "RateBasedStatement" and given["AggregateKeyType"] == "IP" and not given.get("ScopeDownStatement"):
        return Condition("rate", limit=given["Limit"], seconds=given["EvaluationWindowSec"])
    if kind == "ByteMatchStatement" and "UriPath" in given["FieldToMatch"] and given["PositionalConstraint"] in POSITIONS \
            and all(each["Type"] == "NONE" for each in given["TextTransformations"]):
        text = given["SearchString"]
        return Condition("path", (given["PositionalConstraint"], text.decode() if isinstance(text, bytes) else text))
    raise ValueError(f"the lab cannot make this statement real: {kind} {sorted(given)}")
