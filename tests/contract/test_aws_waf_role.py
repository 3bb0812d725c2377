# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role aws_waf against the control plane alone: foretold, built, built again without a write, altered, removed, within what whoever builds may do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab import world
from lab.journal import entries
from tests.contract.aws_cloud import AwsCloud
from tests.contract.aws_inventory import inventory
from tests.contract.aws_play import Play
from tests.contract.iam import allows, needed, unused
from tests.contract.test_aws_web_acl import balancer

ROLE = "aws_waf"
FILES = Path(__file__).parents[2] / "roles" / "aws_access" / "files"
BUILD: dict[str, Any] = {"aws_waf_name": "tickets", "aws_waf_load_balancer": "tickets", "aws_waf_countries": ["KR"],
                         "aws_waf_tags": {"service": "tickets"}}
# What requests need besides the action of their own name: "Actions that require additional permissions settings" and "Permissions to publish logs to
# CloudWatch Logs" in the AWS WAF Developer Guide.
BESIDES = {"elasticloadbalancing:SetWebACL", "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeResourcePolicies",
           "logs:PutResourcePolicy"}


class Recorded:
    """A play of this role, of which it is kept what it asked of AWS."""

    def __init__(self, aws: AwsCloud, folder: Path) -> None:
        self.aws, self._play = aws, Play(aws, folder)
        self.needed: set[tuple[str, str]] = {(action, "") for action in BESIDES}

    def __call__(self, entry: str = "main", *, check: bool = False, fails: bool = False, **variables: Any) -> str:
        before = len(list(entries(self.aws.journal)))
        said = self._play(ROLE, entry, check=check, fails=fails, **variables)
        self.needed |= needed(list(entries(self.aws.journal))[before:])
        return said


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Recorded]:
    with AwsCloud() as aws:
        yield Recorded(aws, tmp_path)


def tags(aws: AwsCloud, arn: str) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in aws.client("wafv2").list_tags_for_resource(ResourceARN=arn)["TagInfoForResource"]["TagList"]}


def built(aws: AwsCloud) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The web ACL, the checkers' ranges (each as the API tells it) and the log group."""
    waf = aws.client("wafv2")
    [acl] = waf.list_web_acls(Scope="REGIONAL")["WebACLs"]
    [held] = waf.list_ip_sets(Scope="REGIONAL")["IPSets"]
    [group] = aws.client("logs").describe_log_groups()["logGroups"]
    return (waf.get_web_acl(Name="tickets", Scope="REGIONAL", Id=acl["Id"])["WebACL"],
            waf.get_ip_set(Name="tickets-checkers", Scope="REGIONAL", Id=held["Id"]), group)


@pytest.mark.long
def test_the_web_acl_is_foretold_built_and_removed(play: Recorded) -> None:
    aws = play.aws
    balancer(aws)
    before = inventory(aws.client)
    foretold = play(check=True, **BUILD)
    assert "changed=3" in foretold and "tickets needs log group aws-waf-logs-tickets first" in foretold
    assert aws.take_writes() == [] and inventory(aws.client) == before
    play(**BUILD)
    aws.take_writes()
    assert "changed=0" in play(**BUILD) and "changed=0" in play(check=True, **BUILD)
    assert aws.take_writes() == []

    acl, held, group = built(aws)
    assert [rule["Name"] for rule in acl["Rules"]] == ["health-checkers", "countries", "rate", *(f"AWSManagedRules{name}RuleSet" for name in (
        "AdminProtection", "Common", "Linux", "SQLi"))]
    assert acl["DefaultAction"] == {"Allow": {}} and acl["Capacity"] == 1208
    assert held["IPSet"]["Addresses"] == [f"{world.CHECKERS}/32"]
    assert acl["Rules"][0]["Statement"]["AndStatement"]["Statements"][0]["IPSetReferenceStatement"]["ARN"] == held["IPSet"]["ARN"]
    assert (group["logGroupName"], group["retentionInDays"]) == ("aws-waf-logs-tickets", 30)
    logged = aws.client("wafv2").get_logging_configuration(ResourceArn=acl["ARN"])["LoggingConfiguration"]
    assert logged["LogDestinationConfigs"] == [group["arn"].removesuffix(":*")] and logged["LoggingFilter"]["DefaultBehavior"] == "DROP"
    assert tags(aws, acl["ARN"]) == {"service": "tickets", "Name": "tickets"}
    assert tags(aws, held["IPSet"]["ARN"]) == {"service": "tickets", "Name": "tickets-checkers"}
    held_tags = aws.client("logs").list_tags_log_group(logGroupName="aws-waf-logs-tickets")["tags"]
    assert held_tags == {"service": "tickets", "Name": "aws-waf-logs-tickets"}

    assert "changed=3" in play("destroy", check=True, **BUILD)
    assert aws.take_writes() == []
    play("destroy", **BUILD)
    assert inventory(aws.client) == before
    aws.take_writes()
    assert "changed=0" in play("destroy", **BUILD)
    assert aws.take_writes() == []


@pytest.mark.long
def test_what_differs_is_changed_within_what_whoever_builds_may_do(play: Recorded) -> None:
    aws = play.aws
    balancer(aws)
    play(**BUILD)
    _, held, _ = built(aws)
    # Checkers come from elsewhere, and other things are asked for.
    aws.client("wafv2").update_ip_set(Name="tickets-checkers", Scope="REGIONAL", Id=held["IPSet"]["Id"], Addresses=["192.0.2.0/24"],
                                      LockToken=held["LockToken"])
    altered = {**BUILD, "aws_waf_countries": [], "aws_waf_rate_limit": 100, "aws_waf_log_days": 60, "aws_waf_logged": "all",
               "aws_waf_tags": {"a": "b"}, "aws_waf_rule_groups": [
                   {"name": "AWSManagedRulesPHPRuleSet"}, {"name": "AWSManagedRulesCommonRuleSet", "counted": ["NoUserAgent_HEADER"]}]}
    aws.take_writes()
    assert "changed=3" in play(check=True, **altered)
    only_longer = play(check=True, **BUILD, aws_waf_log_days=60)
    assert "aws_waf: the log aws-waf-logs-tickets would be kept for 60 days" in only_longer and "changed=2" in only_longer, "and the ranges"
    assert aws.take_writes() == []
    assert "changed=3" in play(**altered)
    assert set(aws.take_writes()) == {"wafv2:UpdateIPSet", "wafv2:UpdateWebACL", "wafv2:PutLoggingConfiguration", "logs:PutRetentionPolicy",
                                      "wafv2:TagResource", "wafv2:UntagResource", "logs:TagLogGroup", "logs:UntagLogGroup"}
    assert "changed=0" in play(**altered)
    assert aws.take_writes() == []
    play("destroy", **BUILD)

    builder = {"Statement": [statement for file in FILES.glob("builder*.json") for statement in json.loads(file.read_text())["Statement"]]}
    assert {need for need in play.needed if not allows(builder, *need)} == set()
    firewall = json.loads((FILES / "builder_firewall.json").read_text(encoding="utf-8"))
    assert unused(firewall, play.needed) == {"wafv2:DescribeManagedRuleGroup"}, "which playbooks/preflight.yml asks, and this role does not"


@pytest.mark.long
def test_what_cannot_be_is_refused_before_anything_is_asked(play: Recorded) -> None:
    wrong = {**BUILD, "aws_waf_countries": ["Korea"], "aws_waf_rate_limit": 1, "aws_waf_log_group": "logs", "aws_waf_checked_paths": ["x"],
             "aws_waf_rule_groups": [{"name": "AWSManagedRulesCommonRuleSet"}] * 2, "aws_waf_capacity_limit": 1000}
    said = play(fails=True, **wrong)
    for fault in ("aws_waf_countries[0]: Korea is not", "aws_waf_rate_limit: 1 is not between",
                  "aws_waf_log_group: logs must begin with aws-waf-logs-", "aws_waf_checked_paths[0]: x must be",
                  "aws_waf_rule_groups[1].name: AWSManagedRulesCommonRuleSet is there already",
                  "they need 1406 units"):
        assert fault in said, said
    assert not play.aws.journal.exists() or list(entries(play.aws.journal)) == []


@pytest.mark.long
def test_without_its_balancer_nothing_stands_anywhere_and_that_is_said(play: Recorded) -> None:
    assert "Could not create it before there is load balancer tickets" in play(fails=True, **BUILD)
    assert play.aws.client("wafv2").list_web_acls(Scope="REGIONAL")["WebACLs"] == []
