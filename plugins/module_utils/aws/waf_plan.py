# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a web ACL is to be like, before anything is asked of AWS: its faults, its rules in AWS's words, and the capacity they need. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

ROLE = "aws_waf"
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")
LOG_GROUP = re.compile(r"aws-waf-logs-[\w./#-]{1,499}")
COUNTRY = re.compile(r"[A-Z]{2}")
PATH = re.compile(r"/[\w./~-]{0,49}")                           # a byte match takes 50 characters
RULE = re.compile(r"[\w-]{1,128}")
WINDOWS = (60, 120, 300, 600)
DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1827, 3653)     # what CloudWatch Logs keeps
MOST_COUNTRIES = 50                                             # in one geographic match
# Capacity units of AWS's groups, as "AWS Managed Rules rule groups list" in the AWS WAF Developer Guide has them.
CAPACITY = {
    "AWSManagedRulesCommonRuleSet": 700, "AWSManagedRulesAdminProtectionRuleSet": 100, "AWSManagedRulesKnownBadInputsRuleSet": 200,
    "AWSManagedRulesSQLiRuleSet": 200, "AWSManagedRulesLinuxRuleSet": 200, "AWSManagedRulesUnixRuleSet": 100, "AWSManagedRulesWindowsRuleSet": 200,
    "AWSManagedRulesPHPRuleSet": 100, "AWSManagedRulesWordPressRuleSet": 100, "AWSManagedRulesAmazonIpReputationList": 25,
    "AWSManagedRulesAnonymousIpList": 50}
MOST_CAPACITY = 5000
CHECKERS, COUNTRIES, RATE = "health-checkers", "countries", "rate"          # our own rules


def faults(plan: Mapping[str, Any]) -> list[str]:
    """Every reason why this cannot be built, as "path: what is wrong"; empty when it can. plan: the role's variables, those that are known."""
    return [*_names(plan), *_requests(plan), *_groups(plan)]


def rules(plan: Mapping[str, Any], ip_set: str) -> list[dict[str, Any]]:
    """The rules, in AWS's words and in the order of their priority. plan: the role's variables; ip_set: ARN of the checkers' ranges."""
    made = [
        *_checkers(plan[f"{ROLE}_checked_paths"], ip_set), *_countries(plan[f"{ROLE}_countries"]),
        *_rate(plan[f"{ROLE}_rate_limit"], plan[f"{ROLE}_rate_seconds"]), *map(_group, plan[f"{ROLE}_rule_groups"])]
    return [{"Priority": place, **rule, "VisibilityConfig": visibility(f"{plan[f'{ROLE}_name']}-{rule['Name']}")} for place, rule in enumerate(made)]


def visibility(metric: str) -> dict[str, Any]:
    """Counted, never sampled: a sample shows whole requests, with the cookies of whoever sent them."""
    return {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": True, "MetricName": metric}


def capacity(plan: Mapping[str, Any]) -> int:
    """Capacity units (WCU) that the rules need. A group whose capacity nobody has told counts as none; `faults` names it."""
    paths = len(plan.get(f"{ROLE}_checked_paths") or ())
    own = (1 + 2 * paths if paths else 0) + bool(plan.get(f"{ROLE}_countries")) + 2
    return own + sum(group.get("capacity") or CAPACITY.get(group.get("name", ""), 0) for group in plan.get(f"{ROLE}_rule_groups") or ())


def count(plan: Mapping[str, Any]) -> int:
    """How many rules that are: AWS asks for each."""
    return 1 + bool(plan.get(f"{ROLE}_checked_paths")) + bool(plan.get(f"{ROLE}_countries")) + len(plan.get(f"{ROLE}_rule_groups") or ())


def _checkers(paths: Sequence[str], ip_set: str) -> Iterator[dict[str, Any]]:
    """Checkers come first, and past everything, but to these paths only: whoever has an account at AWS can have a checker ask for any path."""
    matches = [{"ByteMatchStatement": {
        "SearchString": path, "FieldToMatch": {"UriPath": {}}, "PositionalConstraint": "EXACTLY",
        "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}} for path in dict.fromkeys(paths)]
    if matches:
        among = matches[0] if len(matches) == 1 else {"OrStatement": {"Statements": matches}}
        yield {"Name": CHECKERS, "Action": {"Allow": {}},
               "Statement": {"AndStatement": {"Statements": [{"IPSetReferenceStatement": {"ARN": ip_set}}, among]}}}


def _countries(codes: Sequence[str]) -> Iterator[dict[str, Any]]:
    if codes:
        yield {"Name": COUNTRIES, "Action": {"Block": {}},
               "Statement": {"NotStatement": {"Statement": {"GeoMatchStatement": {"CountryCodes": sorted(set(codes))}}}}}


def _rate(limit: int, seconds: int) -> Iterator[dict[str, Any]]:
    yield {"Name": RATE, "Action": {"Block": {}},
           "Statement": {"RateBasedStatement": {"Limit": limit, "EvaluationWindowSec": seconds, "AggregateKeyType": "IP"}}}


def _group(group: Mapping[str, Any]) -> dict[str, Any]:
    counted = [{"Name": name, "ActionToUse": {"Count": {}}} for name in sorted(set(group.get("counted") or ()))]
    return {"Name": group["name"], "OverrideAction": {"Count" if group.get("count_all") else "None": {}},
            "Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": group["name"],
                                                        **({"RuleActionOverrides": counted} if counted else {})}}}


def _number(plan: Mapping[str, Any], name: str, otherwise: int) -> int:
    """A whole number of the plan; one that is none is -1, which is nowhere allowed."""
    value = plan.get(f"{ROLE}_{name}")
    return otherwise if value is None else value if isinstance(value, int) and not isinstance(value, bool) else -1


def _names(plan: Mapping[str, Any]) -> Iterator[str]:
    name, group = plan.get(f"{ROLE}_name"), plan.get(f"{ROLE}_log_group")
    if name is not None and not NAME.fullmatch(str(name)):
        yield f"{ROLE}_name: {name} must be up to 32 of a-z, 0-9 and '-'"
    if group and not LOG_GROUP.fullmatch(str(group)):
        yield f"{ROLE}_log_group: {group} must begin with aws-waf-logs-, which AWS WAF asks for"
    if _number(plan, "log_days", 30) not in DAYS:
        yield f"{ROLE}_log_days: {plan[f'{ROLE}_log_days']} is none of {', '.join(map(str, DAYS))}"


def _requests(plan: Mapping[str, Any]) -> Iterator[str]:
    for index, code in enumerate(plan.get(f"{ROLE}_countries") or ()):
        if not COUNTRY.fullmatch(str(code)):
            yield f"{ROLE}_countries[{index}]: {code} is not a country's two letters, such as KR"
    if len(plan.get(f"{ROLE}_countries") or ()) > MOST_COUNTRIES:
        yield f"{ROLE}_countries: {len(plan[f'{ROLE}_countries'])} are more than the {MOST_COUNTRIES} that a rule takes"
    for index, path in enumerate(plan.get(f"{ROLE}_checked_paths") or ()):
        if not PATH.fullmatch(str(path)):
            yield f"{ROLE}_checked_paths[{index}]: {path} must be a path of up to 50 characters, without a query"
    if not 10 <= _number(plan, "rate_limit", 2000) <= 2_000_000_000:
        yield f"{ROLE}_rate_limit: {plan[f'{ROLE}_rate_limit']} is not between 10 and 2000000000"
    if _number(plan, "rate_seconds", 300) not in WINDOWS:
        yield f"{ROLE}_rate_seconds: {plan[f'{ROLE}_rate_seconds']} is none of {', '.join(map(str, WINDOWS))}"


def _groups(plan: Mapping[str, Any]) -> Iterator[str]:
    names = [str(group.get("name")) for group in plan.get(f"{ROLE}_rule_groups") or ()]
    for index, group in enumerate(plan.get(f"{ROLE}_rule_groups") or ()):
        here, name = f"{ROLE}_rule_groups[{index}]", names[index]
        if not RULE.fullmatch(name) or name in (CHECKERS, COUNTRIES, RATE):
            yield f"{here}.name: {name} is not the name of a rule group"
        elif name in names[:index]:
            yield f"{here}.name: {name} is there already"
        elif name not in CAPACITY and not group.get("capacity"):
            yield f"{here}.capacity: how many units {name} takes is not known here; `aws wafv2 describe-managed-rule-group` tells it"
        for place, rule in enumerate(group.get("counted") or ()):
            if not RULE.fullmatch(str(rule)):
                yield f"{here}.counted[{place}]: {rule} is not the name of a rule"
    most = _number(plan, "capacity_limit", 1500)
    if not 1 <= most <= MOST_CAPACITY:
        yield f"{ROLE}_capacity_limit: {plan[f'{ROLE}_capacity_limit']} is not between 1 and the {MOST_CAPACITY} units that a web ACL can have"
    elif (needed := capacity(plan)) > most:
        yield f"{ROLE}_rule_groups: with the other rules they need {needed} units, {ROLE}_capacity_limit is {most}"
