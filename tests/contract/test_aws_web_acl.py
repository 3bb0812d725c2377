# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A web ACL against a control plane as strict as AWS's: made, altered by us and by others, and removed from behind what it stands in front of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.aws import waf_plan
from ansible_collections.multicloud.dr.plugins.module_utils.aws.web_acl import WebAcl
from ansible_collections.multicloud.dr.plugins.module_utils.engine import converge, plan, tidied, wanted
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Absent, BadInput, Refused, TimedOut
from botocore.exceptions import ClientError

from lab import world
from lab.materialise import firewall, modsecurity, read, web_acls
from tests.contract.aws_cloud import KEYS, AwsCloud, Watched

GROUPS = [{"name": "AWSManagedRulesCommonRuleSet", "counted": ["SizeRestrictions_BODY"]}, {"name": "AWSManagedRulesSQLiRuleSet"}]
PLAN: dict[str, Any] = {"aws_waf_name": "tickets", "aws_waf_rule_groups": GROUPS, "aws_waf_rate_limit": 500, "aws_waf_rate_seconds": 300,
                        "aws_waf_countries": ["KR"], "aws_waf_checked_paths": ["/edgez", "/readyz"]}
LOG = "aws-waf-logs-tickets"


@pytest.fixture
def aws() -> Iterator[AwsCloud]:
    with AwsCloud() as cloud:
        yield cloud


def balancer(aws: AwsCloud, name: str = "tickets") -> str:
    """A load balancer; its ARN."""
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{third}.0/24", AvailabilityZone=f"ap-northeast-2{zone}")["Subnet"]["SubnetId"]
               for third, zone in enumerate("ac")]
    arn = aws.client("elbv2").create_load_balancer(Name=name, Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    aws.take_writes()
    return str(arn)


def ip_set(aws: AwsCloud, name: str = "tickets-checkers") -> str:
    made = aws.client("wafv2").create_ip_set(Name=name, Scope="REGIONAL", IPAddressVersion="IPV4", Addresses=["198.51.100.250/32"], Tags=[
        {"Key": "Name", "Value": name}])
    aws.take_writes()
    return str(made["Summary"]["ARN"])


class Acl:
    """The module's way from options to what is there, with a clock of its own."""

    def __init__(self, aws: AwsCloud, **params: Any) -> None:
        self.aws, self.clock = aws, Watched()
        self.params = tidied(WebAcl.fields, {**{field.name: None for field in WebAcl.fields}, "name": "tickets", "state": "present",
                                             "wait_seconds": 300, **params})
        self.kind = WebAcl(aws.client, self.params, self.clock)
        self.want = self.kind.wish(wanted(WebAcl.fields, self.params))

    def step(self) -> Any:
        return plan(WebAcl.fields, self.kind.find(), self.want)

    def make(self) -> dict[str, Any]:
        step = self.step()
        return converge(self.kind, step.needing(self.kind.needs) if step.changes else step, self.want, self.clock)


def whole(aws: AwsCloud, arn: str, **more: Any) -> Acl:
    return Acl(aws, **{
        "description": "In front of tickets", "default_action": "allow", "rules": waf_plan.rules(PLAN, arn), "load_balancers": ["tickets"],
        "metric_name": "tickets", "sampled_requests": False,
        "log_group": LOG, "logged": "blocked", "redacted_headers": ["authorization", "cookie"], "tags": {"service": "tickets"}, **more})


@pytest.fixture
def there(aws: AwsCloud) -> str:
    """A load balancer, its log group, and the ARN of the checkers' ranges."""
    balancer(aws)
    aws.client("logs").create_log_group(logGroupName=LOG)
    return ip_set(aws)


def test_it_is_made_in_front_of_its_balancer_and_a_second_run_writes_nothing(aws: AwsCloud, there: str) -> None:
    made = whole(aws, there).make()
    assert made["load_balancers"] == ["tickets"] and made["log_group"] == LOG and made["logged"] == "blocked"
    assert made["capacity"] == 5 + 1 + 2 + 700 + 200 == waf_plan.capacity(PLAN)
    assert made["tags"] == {"service": "tickets"} and made["redacted_headers"] == ["authorization", "cookie"]
    assert set(aws.take_writes()) == {"wafv2:CreateWebACL", "wafv2:PutLoggingConfiguration", "wafv2:AssociateWebACL"}
    assert not whole(aws, there).step().changes
    assert whole(aws, there).make() == made and aws.take_writes() == []
    # In another order, and with what AWS fills in left out.
    again = [{key: value for key, value in rule.items() if key} for rule in reversed(waf_plan.rules(PLAN, there))]
    next(rule for rule in again if rule["Name"] == "rate")["Statement"]["RateBasedStatement"].pop("EvaluationWindowSec")
    assert not whole(aws, there, rules=again, redacted_headers=["Cookie", "Authorization"]).step().changes


def test_what_differs_is_changed_and_nothing_else(aws: AwsCloud, there: str) -> None:
    whole(aws, there).make()
    aws.take_writes()
    for more, writes in (({"logged": "all"}, ["wafv2:PutLoggingConfiguration"]), ({"tags": {"a": "b"}}, ["wafv2:UntagResource", "wafv2:TagResource"]),
                         ({"rules": waf_plan.rules({**PLAN, "aws_waf_rate_limit": 600}, there)}, ["wafv2:UpdateWebACL"]),
                         ({"description": "Another one"}, ["wafv2:UpdateWebACL"]), ({"metric_name": "other"}, ["wafv2:UpdateWebACL"]),
                         ({"load_balancers": []}, ["wafv2:DisassociateWebACL"]), ({"log_group": ""}, ["wafv2:DeleteLoggingConfiguration"])):
        altered = whole(aws, there, **more)
        assert set(altered.step().drift) == set(more) and aws.take_writes() == []
        altered.make()
        assert aws.take_writes() == writes, more
        assert not whole(aws, there, **more).step().changes
        whole(aws, there).make()
        aws.take_writes()


def test_an_option_that_is_left_out_is_left_alone_and_so_is_what_it_has_no_option_for(aws: AwsCloud, there: str) -> None:
    whole(aws, there).make()
    waf = aws.client("wafv2")
    [summary] = waf.list_web_acls(Scope="REGIONAL")["WebACLs"]
    held = waf.get_web_acl(Name="tickets", Scope="REGIONAL", Id=summary["Id"])
    waf.update_web_acl(Name="tickets", Scope="REGIONAL", Id=summary["Id"], LockToken=held["LockToken"], TokenDomains=["lab.test"],
                       **{key: held["WebACL"][key] for key in ("DefaultAction", "Rules", "VisibilityConfig", "Description")})
    assert not Acl(aws).step().changes
    only = Acl(aws, sampled_requests=True)
    assert only.step().drift == ("sampled_requests",)
    now = only.make()
    assert now["load_balancers"] == ["tickets"] and now["log_group"] == LOG and len(now["rules"]) == 5
    assert waf.get_web_acl(Name="tickets", Scope="REGIONAL", Id=summary["Id"])["WebACL"]["TokenDomains"] == ["lab.test"]


def test_who_was_faster_is_not_undone(aws: AwsCloud, there: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole(aws, there).make()
    waf, altered = aws.client("wafv2"), whole(aws, there, metric_name="ours")
    step, genuine, faster = altered.step(), waf.update_web_acl, iter([True])

    def update(**given: Any) -> Any:
        if next(faster, False):
            genuine(**{**given, "TokenDomains": ["lab.test"]})
        return genuine(**given)
    monkeypatch.setattr(waf, "update_web_acl", update)
    now = converge(altered.kind, step, altered.want, altered.clock)
    assert now["metric_name"] == "ours"
    assert waf.get_web_acl(Name="tickets", Scope="REGIONAL", Id=now["id"])["WebACL"]["TokenDomains"] == ["lab.test"]


def test_what_must_exist_first_is_named(aws: AwsCloud) -> None:
    arn = ip_set(aws)
    missing = whole(aws, arn)
    assert missing.kind.needs == ["load balancer tickets", f"log group {LOG}"]
    with pytest.raises(Absent, match=f"load balancer tickets, log group {LOG}"):
        missing.make()
    assert aws.take_writes() == []


def test_rules_that_cannot_be_are_refused_at_once(aws: AwsCloud) -> None:
    with pytest.raises(BadInput) as refused:
        Acl(aws, rules=[{"Name": "a", "Priority": 0}, {"Name": "a", "Priority": 0, "Statement": {}, "VisibilityConfig": {}, "Action": {},
                                                       "OverrideAction": {}}])
    with pytest.raises(BadInput, match="logged: is said of a log, and log_group names none"):
        Acl(aws, logged="all")
    for fault in ("rules[0].Statement: is missing", "rules[0].Action: either this or OverrideAction", "rules[1].Name: 'a' is there already",
                  "rules[1].Priority: 0 is there already", "rules[1].Action: either this"):
        assert fault in str(refused.value)


def test_it_goes_with_its_log_and_its_place(aws: AwsCloud, there: str) -> None:
    whole(aws, there).make()
    waf = aws.client("wafv2")
    [held] = waf.list_ip_sets(Scope="REGIONAL")["IPSets"]
    with pytest.raises(ClientError, match="WAFAssociatedItemException"):
        waf.delete_ip_set(Name=held["Name"], Scope="REGIONAL", Id=held["Id"], LockToken=held["LockToken"])
    aws.take_writes()
    assert Acl(aws, state="absent").make() == {}
    assert aws.take_writes() == ["wafv2:DisassociateWebACL", "wafv2:DeleteLoggingConfiguration", "wafv2:DeleteWebACL"]
    assert not Acl(aws, state="absent").step().changes and waf.list_web_acls(Scope="REGIONAL")["WebACLs"] == []
    assert waf.list_logging_configurations(Scope="REGIONAL")["LoggingConfigurations"] == []


def test_what_it_cannot_be_taken_away_from_is_waited_for_and_told(aws: AwsCloud, there: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = whole(aws, there).make()
    aws.client("elbv2").delete_load_balancer(LoadBalancerArn=balancer(aws, "other"))
    monkeypatch.setattr(aws.client("wafv2"), "disassociate_web_acl", lambda **_: {})
    with pytest.raises(TimedOut, match="WAF couldn't perform the operation because your resource is being used"):
        Acl(aws, state="absent").make()
    monkeypatch.undo()
    # A balancer that is removed takes the association with it.
    [arn] = aws.client("wafv2").list_resources_for_web_acl(WebACLArn=made["arn"])["ResourceArns"]
    aws.client("elbv2").delete_load_balancer(LoadBalancerArn=arn)
    assert aws.client("wafv2").list_resources_for_web_acl(WebACLArn=made["arn"])["ResourceArns"] == []
    assert Acl(aws, state="absent").make() == {}


def test_the_control_plane_is_as_strict_as_aws(aws: AwsCloud, there: str) -> None:
    waf, rules = aws.client("wafv2"), waf_plan.rules(PLAN, there)
    shown = waf_plan.visibility("m")

    def create(name: str = "other", **more: Any) -> Any:
        return waf.create_web_acl(**{
            "Name": name, "Scope": "REGIONAL", "DefaultAction": {"Allow": {}}, "VisibilityConfig": shown, "Rules": [], **more})
    bytes_of = json.loads(json.dumps(rules))
    for rule in bytes_of[:1]:
        for match in rule["Statement"]["AndStatement"]["Statements"][1]["OrStatement"]["Statements"]:
            match["ByteMatchStatement"]["SearchString"] = match["ByteMatchStatement"]["SearchString"].encode()
    create("tickets", Rules=bytes_of)
    group = rules[-1]
    many = [{**group, "Name": str(number), "Priority": number} for number in range(26)]
    for code, given in (
            ("WAFDuplicateItemException", {"name": "tickets"}), ("WAFInvalidParameterException", {"name": "a b"}),
            ("WAFInvalidParameterException", {"Description": "x"}), ("WAFInvalidParameterException", {"Rules": [group, group]}),
            ("WAFInvalidParameterException", {"Rules": [{key: value for key, value in group.items() if key != "OverrideAction"}]}),
            ("WAFInvalidParameterException", {"Rules": [
                {**group, "Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "None"}}}]}),
            ("WAFLimitsExceededException", {"Rules": many})):
        with pytest.raises(ClientError, match=code):
            create(**given)
    made = create()["Summary"]
    arn = aws.client("elbv2").describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    with pytest.raises(ClientError, match="WAFNonexistentItemException"):
        waf.associate_web_acl(WebACLArn=made["ARN"], ResourceArn=arn[:-1])
    with pytest.raises(ClientError, match="WAFUnavailableEntityException"):
        waf.associate_web_acl(WebACLArn=made["ARN"], ResourceArn=arn)
    waf.associate_web_acl(WebACLArn=made["ARN"], ResourceArn=arn)
    with pytest.raises(ClientError, match="WAFAssociatedItemException"):
        waf.delete_web_acl(Name="other", Scope="REGIONAL", Id=made["Id"], LockToken=made["LockToken"])
    waf.disassociate_web_acl(ResourceArn=arn)
    with pytest.raises(ClientError, match="WAFOptimisticLockException"):
        waf.delete_web_acl(Name="other", Scope="REGIONAL", Id=made["Id"], LockToken="0" * 36)
    for group_name in ("other", f"{LOG}-none"):
        destinations = [f"arn:aws:logs:ap-northeast-2:123456789012:log-group:{group_name}"]
        with pytest.raises(ClientError, match="LOG_DESTINATION"):
            waf.put_logging_configuration(LoggingConfiguration={"ResourceArn": made["ARN"], "LogDestinationConfigs": destinations})
    told = aws.client("route53").get_checker_ip_ranges()["CheckerIpRanges"]
    assert f"{world.CHECKERS}/32" in told and any(":" in each for each in told)


def test_what_was_blocked_is_logged_where_and_as_the_web_acl_says(aws: AwsCloud, there: str) -> None:
    whole(aws, there).make()
    logs = aws.client("logs")
    arn = aws.client("elbv2").describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    now = int(logs.describe_log_groups()["logGroups"][0]["creationTime"])
    record = {"time": now, "rule": "AWSManagedRulesSQLiRuleSet", "type": "MANAGED_RULE_GROUP", "group": "AWSManagedRulesSQLiRuleSet",
              "client": "198.51.100.254", "country": "KR", "method": "GET", "uri": "/events", "args": "q=1", "version": "HTTP/1.1",
              "headers": {"Host": "tickets.lab.test", "Cookie": "CANARY-95"}, "id": "1-2"}
    aws.lab("PUT", "/_lab/blocked", {arn: [record], "arn:another": [record]})
    [stream] = logs.describe_log_streams(logGroupName=LOG)["logStreams"]
    assert stream["logStreamName"] == "ap-northeast-2_tickets_0"
    [event] = logs.get_log_events(logGroupName=LOG, logStreamName=stream["logStreamName"])["events"]
    told = json.loads(event["message"])
    assert (told["action"], told["terminatingRuleId"], told["terminatingRuleType"]) == ("BLOCK", record["rule"], "MANAGED_RULE_GROUP")
    assert told["ruleGroupList"][0]["ruleGroupId"] == "AWS#AWSManagedRulesSQLiRuleSet" and told["httpSourceName"] == "ALB"
    assert told["httpRequest"]["clientIp"] == "198.51.100.254" and told["httpRequest"]["country"] == "KR"
    assert {"name": "Cookie", "value": "REDACTED"} in told["httpRequest"]["headers"] and "CANARY" not in event["message"]


def test_the_materialiser_reads_it_as_it_is(aws: AwsCloud, there: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole(aws, there).make()
    monkeypatch.setattr(world, "AWS_URL", aws.url)
    monkeypatch.setattr(read, "aws_keys", lambda: KEYS)
    seen = read.Aws(aws.journal).read()
    assert seen
    [(arn, acl)] = web_acls.by_balancer(seen["web_acls"], seen["ip_sets"]).items()
    assert arn == aws.client("elbv2").describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    assert [rule.name for rule in acl.rules] == [rule["Name"] for rule in waf_plan.rules(PLAN, there)]
    assert modsecurity.rules(acl) and firewall.files(acl)["addresses-0.lst"] == "198.51.100.250/32\n"


def test_a_refusal_is_told_in_aws_s_words(aws: AwsCloud, there: str) -> None:
    rules = waf_plan.rules({**PLAN, "aws_waf_rule_groups": [{"name": "AWSManagedRulesNone"}]}, there)
    with pytest.raises(Refused, match="The managed rule group is not known"):
        whole(aws, there, rules=rules).make()
