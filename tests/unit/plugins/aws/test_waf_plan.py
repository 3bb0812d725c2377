# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan of a web ACL: rules in order, what they take, and every fault at once with its path."""

from __future__ import annotations

from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils.aws import waf_plan

from lab.aws import wafv2_rules

GROUPS = [{"name": "AWSManagedRulesAdminProtectionRuleSet"}, {"name": "AWSManagedRulesCommonRuleSet", "counted": ["B", "A", "A"]},
          {"name": "AWSManagedRulesLinuxRuleSet", "count_all": True}]
GOOD: dict[str, Any] = {
    "aws_waf_name": "tickets", "aws_waf_rule_groups": GROUPS, "aws_waf_capacity_limit": 1500, "aws_waf_rate_limit": 2000, "aws_waf_rate_seconds": 60,
    "aws_waf_countries": ["KR"], "aws_waf_checked_paths": ["/edgez"], "aws_waf_log_group": "aws-waf-logs-tickets", "aws_waf_log_days": 30}


def test_checkers_come_first_then_countries_the_rate_and_the_groups() -> None:
    rules = waf_plan.rules(GOOD, "arn:set")
    assert [(rule["Priority"], rule["Name"]) for rule in rules] == [
        (0, "health-checkers"), (1, "countries"), (2, "rate"), (3, GROUPS[0]["name"]), (4, GROUPS[1]["name"]), (5, GROUPS[2]["name"])]
    assert [next(iter(rule.get("Action") or rule["OverrideAction"])) for rule in rules] == ["Allow", "Block", "Block", "None", "None", "Count"]
    both = rules[0]["Statement"]["AndStatement"]["Statements"]
    assert both[0] == {"IPSetReferenceStatement": {"ARN": "arn:set"}} and both[1]["ByteMatchStatement"]["SearchString"] == "/edgez"
    assert rules[4]["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"] == [
        {"Name": "A", "ActionToUse": {"Count": {}}}, {"Name": "B", "ActionToUse": {"Count": {}}}]
    assert {rule["VisibilityConfig"]["SampledRequestsEnabled"] for rule in rules} == {False}
    assert rules[2]["VisibilityConfig"]["MetricName"] == "tickets-rate"


def test_several_paths_are_either_and_none_is_no_rule() -> None:
    either = waf_plan.rules({**GOOD, "aws_waf_checked_paths": ["/a", "/b", "/a"]}, "x")[0]["Statement"]["AndStatement"]["Statements"][1]
    assert [each["ByteMatchStatement"]["SearchString"] for each in either["OrStatement"]["Statements"]] == ["/a", "/b"]
    assert waf_plan.rules({**GOOD, "aws_waf_checked_paths": [], "aws_waf_countries": []}, "x")[0]["Name"] == "rate"


def test_capacity_is_what_the_control_plane_reckons() -> None:
    for plan in (GOOD, {**GOOD, "aws_waf_checked_paths": []}, {**GOOD, "aws_waf_countries": []}, {**GOOD, "aws_waf_checked_paths": ["/a", "/b"]}):
        assert waf_plan.count(plan) == len(waf_plan.rules(plan, "x"))
        assert waf_plan.capacity(plan) == wafv2_rules.capacity(waf_plan.rules(plan, "x"))
    assert waf_plan.CAPACITY == wafv2_rules.MANAGED
    assert waf_plan.faults(GOOD) == []


def test_every_fault_at_once_with_its_path() -> None:
    wrong = {
        "aws_waf_name": "No Name", "aws_waf_log_group": "waf", "aws_waf_log_days": 2, "aws_waf_countries": ["KR", "Korea"], "aws_waf_rate_limit": 9,
        "aws_waf_rate_seconds": 30, "aws_waf_checked_paths": ["edgez", "/readyz?x=1"], "aws_waf_capacity_limit": 700,
        "aws_waf_rule_groups": [*GROUPS, {"name": "AWSManagedRulesCommonRuleSet", "counted": ["a b"]}, {"name": "Mine"}, {"name": "rate"}]}
    told = waf_plan.faults(wrong)
    for path in ("aws_waf_name: No Name", "aws_waf_log_group: waf must begin", "aws_waf_log_days: 2 is none of", "aws_waf_countries[1]: Korea",
                 "aws_waf_rate_limit: 9", "aws_waf_rate_seconds: 30", "aws_waf_checked_paths[0]: edgez", "aws_waf_checked_paths[1]: /readyz?x=1",
                 "aws_waf_rule_groups[3].name: AWSManagedRulesCommonRuleSet is there already", "aws_waf_rule_groups[3].counted[0]: a b",
                 "aws_waf_rule_groups[4].capacity:", "aws_waf_rule_groups[5].name: rate is not",
                 "aws_waf_rule_groups: with the other rules they need"):
        assert any(fault.startswith(path) for fault in told), path
    assert waf_plan.faults({}) == []
    assert waf_plan.faults({"aws_waf_rate_limit": "many"}) == ["aws_waf_rate_limit: many is not between 10 and 2000000000"]
    assert "aws_waf_capacity_limit: 5001 is not" in waf_plan.faults({**GOOD, "aws_waf_capacity_limit": 5001})[0]
    assert waf_plan.faults({**GOOD, "aws_waf_rule_groups": [{"name": "Mine", "capacity": 50}]}) == []
