# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who builds at AWS may do what the roles ask about the things of a service, nothing that no role can ask, and nothing to another's things."""

from __future__ import annotations

import json
import re
from pathlib import Path

import ansible_collections.amazon.aws
import ansible_collections.community.aws
import pytest

from tests.contract.iam import ABOUT_TOO, DEFAULT_OPTIONS, S3, allows, statements

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "roles" / "aws_access" / "files").glob("builder*.json"))
BUILDER = {"Statement": [statement for file in FILES for statement in json.loads(file.read_text(encoding="utf-8"))["Statement"]]}
ACTIONS = sorted({action for actions, _ in statements(BUILDER) for action in actions})
COLLECTIONS = [Path(next(iter(package.__path__))) for package in (ansible_collections.amazon.aws, ansible_collections.community.aws)]

# What no client asks for by itself: AWS wants it of whoever asks for something else. By the Service Authorization Reference, the RDS, ELB and
# Auto Scaling User Guides (service-linked roles), and "Logging AWS WAF protection pack (web ACL) traffic" in AWS WAF's Developer Guide.
IMPLIED = {"iam:PassRole", "iam:CreateServiceLinkedRole", "s3:DeleteObjectVersion", "elasticloadbalancing:SetWebACL", "logs:CreateLogDelivery",
           "logs:DeleteLogDelivery", "logs:PutResourcePolicy",
           # "IAM permissions for pushing an image" in the ECR User Guide: skopeo pushes, and looks at what is there, by the registry's own API.
           "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload",
           "ecr:PutImage", "ecr:UploadLayerPart"}
# The service gives each of these a role of its own when it makes its first thing in an account, in the builder's name.
LINKED = {"autoscaling.amazonaws.com", "elasticloadbalancing.amazonaws.com", "rds.amazonaws.com"}


def arns(action: str, name: str) -> list[str]:
    """What an action is about in a service called `name`, where the policies tell by names; [""] where they do not."""
    service, _, operation = action.partition(":")
    rds, iam, waf = f"arn:aws:rds:ap-northeast-2:123456789012:{{}}:{name}-db", f"arn:aws:iam::123456789012:{{}}/{name}-{{}}", \
        f"arn:aws:wafv2:ap-northeast-2:123456789012:regional/{{}}/{name}{{}}/1"
    if service == "rds":
        kinds = {"DBInstance": "db", "DBParameterGroup": "pg", "DBSubnetGroup": "subgrp"}
        if action in ABOUT_TOO:         # a database is made, and changed, with what it stands on
            return [*(rds.format(kind) for kind in kinds.values()), ABOUT_TOO[action]]
        return [rds.format(kind) for noun, kind in kinds.items() if noun in operation] or [rds.format(kind) for kind in kinds.values()]
    if operation in ("CreateServiceLinkedRole", "ListInstanceProfiles", "ListPolicies", "ListRoles", "ListUsers"):
        return [""]
    if service == "iam":
        kinds_of = {"InstanceProfile": ("instance-profile", ("app", "standby")), "Role": ("role", ("app", "standby")), "User": ("user", ("backup",)),
                    "AccessKey": ("user", ("backup",)),
                    "Policy": ("policy", ("app", "backup", "restore", "site-agent", "watch"))}
        found = [kind for noun, kind in kinds_of.items() if noun in operation][:1] or list(kinds_of.values())
        return [iam.format(kind, end) for kind, ends in found for end in ends]
    if service == "wafv2" or operation == "SetWebACL":
        ipset, acl = waf.format("ipset", "-checkers"), waf.format("webacl", "")
        balancer = f"arn:aws:elasticloadbalancing:ap-northeast-2:123456789012:loadbalancer/app/{name}/1"
        return [ipset] if "IPSet" in operation else [balancer] if operation == "SetWebACL" else [acl]
    if (service == "logs" and "LogGroup" in operation) or operation == "PutRetentionPolicy":
        return [f"arn:aws:logs:ap-northeast-2:123456789012:log-group:aws-waf-logs-{name}"]
    if service == "s3" and operation != "ListAllMyBuckets":
        return [f"arn:aws:s3:::{name}-{kind}{'/a' if 'Object' in operation and 'Lock' not in operation else ''}" for kind in ("backups", "latch")]
    if service == "ssm" and operation not in ("DescribeParameters", "ListTagsForResource"):
        return [f"arn:aws:ssm:ap-northeast-2:123456789012:parameter/{name}/app"]
    return [""]


def test_every_action_reaches_the_things_it_is_for() -> None:
    cut_off = {(action, arn) for action in ACTIONS if "*" not in action and not action.startswith(("rds:ListTags", "logs:Describe", "wafv2:List",
               "wafv2:DescribeManaged")) for arn in arns(action, "tickets") if not allows(BUILDER, action, arn)}
    assert cut_off == set()


@pytest.mark.parametrize("service", ["rds", "iam", "s3", "ssm", "logs", "ec2"])
def test_nothing_of_somebody_else_is_reached(service: str) -> None:
    """Names say whose a thing is, where AWS tells them with the request."""
    rds = [f"arn:aws:rds:ap-northeast-2:123456789012:{kind}:payroll" for kind in ("db", "pg", "subgrp", "og")]
    foreign = {"rds": rds, "iam": [f"arn:aws:iam::123456789012:{kind}" for kind in (
        "role/admin", "user/boss", "policy/boss", "instance-profile/admin")], "s3": ["arn:aws:s3:::payroll", "arn:aws:s3:::payroll/a"],
        "ssm": ["arn:aws:ssm:ap-northeast-2:123456789012:parameter/payroll"], "logs": ["arn:aws:logs:ap-northeast-2:123456789012:log-group:payroll"],
        "ec2": []}[service]
    reads = ("Describe", "List", "Get")
    implied = {"logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:PutResourcePolicy"}       # AWS knows no resource for these
    writes = [action for action in ACTIONS if action.startswith(f"{service}:") and not action.partition(":")[2].startswith(reads)]
    if service == "rds":        # what every database is made with is nobody's, and is only given to ours
        assert {action for action in writes if allows(BUILDER, action, DEFAULT_OPTIONS)} == set(ABOUT_TOO)
    assert writes and {(action, arn) for action in writes for arn in foreign if action not in implied and allows(BUILDER, action, arn)} == set()
    ended = [statement for statement in BUILDER["Statement"] if {"ec2:TerminateInstances", "ec2:StopInstances"} & set(statement["Action"])]
    assert [statement["Condition"] for statement in ended] == [{"StringLike": {"ec2:ResourceTag/Name": ["*-app", "*-standby"]}}]


def test_keys_that_were_made_for_backups_go_with_their_user_and_no_others() -> None:
    """The owner makes them (the threat model says so), and a user who has some cannot be removed."""
    assert allows(BUILDER, "iam:DeleteAccessKey", "arn:aws:iam::123456789012:user/tickets-backup")
    assert allows(BUILDER, "iam:ListAccessKeys", "arn:aws:iam::123456789012:user/tickets-backup")
    assert not allows(BUILDER, "iam:DeleteAccessKey", "arn:aws:iam::123456789012:user/boss")


def test_whole_families_are_for_looking_only() -> None:
    wide = [action for action in ACTIONS if "*" in action]
    assert wide and [action for action in wide if not re.fullmatch(r"[a-z0-9-]+:(Describe|Get|List)\*", action)] == []
    assert not allows(BUILDER, "s3:GetObject") and not allows(BUILDER, "iam:CreateAccessKey") and not allows(BUILDER, "s3:PutObject")


def test_nothing_is_allowed_that_no_role_can_ask() -> None:
    """By the source of the modules that roles name, what those share, and our own."""
    tasks = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "roles").glob("*/tasks/*.yml"))
    named = {(collection, module) for collection, module in re.findall(r"\b(amazon|community)\.aws\.([a-z0-9_]+)", tasks)}
    sources = [path / "plugins" / "modules" / f"{module}.py" for collection, module in named for path in COLLECTIONS
               if path.parent.name == collection]
    sources += [file for path in COLLECTIONS for file in (path / "plugins" / "module_utils").rglob("*.py")] + list((ROOT / "plugins").rglob("*.py"))
    asked = "".join(file.read_text(encoding="utf-8") for file in sources)
    of_s3 = {action: [operation for operation, meant in S3.items() if meant == action] for action in S3.values()}
    nobody = {action for action in ACTIONS if "*" not in action and action not in IMPLIED and not any(
        re.search(rf"\b{_python(operation)}\b", asked) for operation in [action.partition(":")[2], *of_s3.get(action.removeprefix("s3:"), ())])}
    assert nobody == set()


def test_services_may_have_the_roles_that_they_make_for_themselves_and_no_other() -> None:
    [linking] = [statement for statement in BUILDER["Statement"] if statement["Action"] == "iam:CreateServiceLinkedRole"]
    assert set(linking["Condition"]["StringEquals"]["iam:AWSServiceName"]) == LINKED
    assert linking["Resource"] == "arn:aws:iam::*:role/aws-service-role/*"


def _python(operation: str) -> str:
    """An operation of AWS as boto3 calls it."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", operation.replace("ACLs", "Acls").replace("IPSets", "IpSets")).lower()
