# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What AWS WAF says of a web ACL's rules before it takes them: their form, and the capacity (WCU) they need. Pure.

Capacity: "Web ACL capacity units (WCUs) in AWS WAF" and the pages of the statements and of AWS Managed Rules in the AWS WAF Developer Guide; the form
is that of Rule and Statement in the AWS WAFV2 API Reference. A statement that is not here is refused, as nobody has measured it yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

LIMIT = 5000                        # "AWS WAF quotas": WCUs in a web ACL
MANAGED = {
    "AWSManagedRulesCommonRuleSet": 700, "AWSManagedRulesAdminProtectionRuleSet": 100, "AWSManagedRulesKnownBadInputsRuleSet": 200,
    "AWSManagedRulesSQLiRuleSet": 200, "AWSManagedRulesLinuxRuleSet": 200, "AWSManagedRulesUnixRuleSet": 100, "AWSManagedRulesWindowsRuleSet": 200,
    "AWSManagedRulesPHPRuleSet": 100, "AWSManagedRulesWordPressRuleSet": 100, "AWSManagedRulesAmazonIpReputationList": 25,
    "AWSManagedRulesAnonymousIpList": 50}
TRANSFORMATION = 10                 # each but NONE
MATCHES = {"EXACTLY": 2, "STARTS_WITH": 2, "ENDS_WITH": 2, "CONTAINS": 10, "CONTAINS_WORD": 10}
WINDOWS = (60, 120, 300, 600)       # seconds


class Wrong(ValueError):
    """Rules that AWS would not take; the message is what it says of them."""


def capacity(rules: Sequence[Mapping[str, Any]]) -> int:
    """WCUs of all rules together. Raises Wrong."""
    return sum(_capacity(rule["Statement"], top=True) for rule in rules)


def check(rules: Sequence[Mapping[str, Any]]) -> None:
    """Raises Wrong when rules have not the form that they must have."""
    for key in ("Name", "Priority"):
        if len({rule[key] for rule in rules}) < len(rules):
            raise Wrong(f"Error reason: Two rules have the same {key.lower()}., field: RULE")
    for rule in rules:
        is_group = "ManagedRuleGroupStatement" in rule["Statement"]
        if is_group is bool(rule.get("Action")) or is_group is not bool(rule.get("OverrideAction")):
            raise Wrong(f"Error reason: A reference in your rule statement is not valid., field: RULE, parameter: {rule['Name']}")
        if not rule.get("VisibilityConfig"):
            raise Wrong(f"Error reason: VisibilityConfig is missing., field: RULE, parameter: {rule['Name']}")


def with_defaults(rules: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rules with what AWS fills in for what was left out, and without what was said to be nothing."""
    filled = []
    for rule in rules:
        rate = rule["Statement"].get("RateBasedStatement")
        statement = {"RateBasedStatement": {"EvaluationWindowSec": 300, **rate}} if rate else rule["Statement"]
        filled.append({key: value for key, value in {**rule, "Statement": statement}.items() if value is not None})
    return filled


def ip_sets(rules: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """ARNs of the IP sets that rules refer to."""
    for rule in rules:
        yield from _references(rule["Statement"])


def _references(statement: Mapping[str, Any]) -> Iterator[str]:
    if "IPSetReferenceStatement" in statement:
        yield statement["IPSetReferenceStatement"]["ARN"]
    for inner in _inner(statement):
        yield from _references(inner)


def _inner(statement: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    [(kind, given)] = statement.items()
    if kind == "NotStatement":
        return [given["Statement"]]
    if kind in ("AndStatement", "OrStatement"):
        return list(given["Statements"])
    return [given["ScopeDownStatement"]] if given.get("ScopeDownStatement") else []


def _capacity(statement: Mapping[str, Any], *, top: bool = False) -> int:
    if len(statement) != 1:
        raise Wrong("Error reason: You have used none or multiple values for a field that requires exactly one value., field: STATEMENT")
    [(kind, given)] = statement.items()
    if kind == "ManagedRuleGroupStatement":
        if not top or given.get("VendorName") != "AWS" or given.get("Name") not in MANAGED:
            raise Wrong(f"Error reason: The managed rule group is not known., field: MANAGED_RULE_SET, parameter: {given.get('Name')}")
        return MANAGED[given["Name"]]
    if kind == "RateBasedStatement":
        if not top or not 10 <= given["Limit"] <= 2_000_000_000 or given.get("EvaluationWindowSec", 300) not in WINDOWS:
            raise Wrong(f"Error reason: The rate is not valid., field: RATE_BASED_STATEMENT, parameter: {given['Limit']}")
        return 2 + sum(map(_capacity, _inner(statement)))
    if kind in ("AndStatement", "OrStatement") and len(given["Statements"]) < 2:
        raise Wrong(f"Error reason: Fewer statements than two., field: {kind}")
    if kind in ("NotStatement", "AndStatement", "OrStatement"):
        return sum(map(_capacity, _inner(statement)))
    if kind == "ByteMatchStatement":
        transformed = sum(TRANSFORMATION for each in given["TextTransformations"] if each["Type"] != "NONE")
        return MATCHES[given["PositionalConstraint"]] + transformed
    if kind in ("IPSetReferenceStatement", "GeoMatchStatement"):
        return 1
    raise Wrong(f"Error reason: The lab knows no such statement., field: STATEMENT, parameter: {kind}")
