# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What there is of an application built by role aws_web, found by its names. Reads only.

Modules of community.aws cannot say what they would change in a group, a policy or a repository, and write to a group on every run; the role
holds this against its wish and asks them only when something differs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from .errors import ClientError, asking

MISSING = ("TargetGroupNotFound", "RepositoryNotFoundException", "LifecyclePolicyNotFoundException",
           "InvalidLaunchTemplateName.NotFoundException", "InvalidLaunchTemplateId.NotFound")
RUNNING = ("Pending", "InProgress", "Cancelling", "RollbackInProgress")         # states of an instance refresh that is not over


def find_web(client: Callable[[str], Any], name: str) -> dict[str, Any]:
    """Everything called `name`. client: service name -> boto3 client.

    {"repository": {"uri", "scan_on_push", "immutable", "lifecycle", "images": how many} or None, "target_groups": {name: see `_target_group`},
    "template_version": 0 for none, "group": see `_group` or None, "capacity": desired number of instances, "behind": ids of instances that were
    started from another version than the group's, "refreshing": whether instances are being replaced, "outdated": whether that was begun before there
    was the version that the group names, "policy": see `_policy` or None, "healthy": {name of a target group: how many of its targets are}}. Raises
    Refused or Unreachable as AWS answers.
    """
    scaling, elb = client("autoscaling"), client("elbv2")
    with asking("look for the application", name):
        template = _first(lambda: client("ec2").describe_launch_templates(LaunchTemplateNames=[name])["LaunchTemplates"])
        groups = {part: group for part in (f"{name}-edge", f"{name}-app") if (group := _named(elb, part))}
        found = _first(lambda: scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"])
        seen: dict[str, Any] = {
            "repository": _repository(client("ecr"), name),
            "target_groups": {part: _target_group(group) for part, group in groups.items()},
            "healthy": {part: _healthy(elb, group["TargetGroupArn"]) for part, group in groups.items()},
            "template_version": template["LatestVersionNumber"] if template else 0,
            "group": None, "capacity": 0, "behind": [], "refreshing": False, "outdated": False,
            "policy": None}
        if found:
            refreshes = scaling.describe_instance_refreshes(AutoScalingGroupName=name)["InstanceRefreshes"]
            under_way = next((refresh for refresh in refreshes if refresh["Status"] in RUNNING), None)
            policies = scaling.describe_policies(AutoScalingGroupName=name, PolicyNames=[f"{name}-cpu"])["ScalingPolicies"]
            seen |= {
                "group": _group(found), "capacity": found["DesiredCapacity"], "behind": _behind(found),
                "refreshing": under_way is not None, "outdated": under_way is not None and _outdated(client("ec2"), found, under_way),
                "policy": next((_policy(policy) for policy in policies), None)}
        return seen


def _first(ask: Callable[[], list[dict[str, Any]]]) -> dict[str, Any] | None:
    """The first of what AWS answers, None where it says that there is none."""
    try:
        found = ask()
    except ClientError as error:
        if error.response["Error"]["Code"] not in MISSING:
            raise
        return None
    return found[0] if found else None


def _named(elb: Any, name: str) -> dict[str, Any] | None:
    return _first(lambda: elb.describe_target_groups(Names=[name])["TargetGroups"])


def _repository(ecr: Any, name: str) -> dict[str, Any] | None:
    found = _first(lambda: ecr.describe_repositories(repositoryNames=[name])["repositories"])
    if found is None:
        return None
    policy = _first(lambda: [ecr.get_lifecycle_policy(repositoryName=name)])
    pages = ecr.get_paginator("list_images").paginate(repositoryName=name)
    return {
        "uri": found["repositoryUri"], "scan_on_push": found["imageScanningConfiguration"]["scanOnPush"],
        "immutable": found["imageTagMutability"] == "IMMUTABLE",
        "lifecycle": json.loads(policy["lifecyclePolicyText"]) if policy else None,
        "images": sum(len(page["imageIds"]) for page in pages)}


def _target_group(group: Mapping[str, Any]) -> dict[str, Any]:
    """As the role wishes for one. Where it is checked: a port, or 0 for the one that gets requests."""
    port = group["HealthCheckPort"]
    return {
        "arn": group["TargetGroupArn"], "port": group["Port"], "check_port": 0 if port == "traffic-port" else int(port),
        "check_path": group["HealthCheckPath"], "codes": group["Matcher"]["HttpCode"], "interval": group["HealthCheckIntervalSeconds"],
        "timeout": group["HealthCheckTimeoutSeconds"], "rise": group["HealthyThresholdCount"], "fall": group["UnhealthyThresholdCount"]}


def _healthy(elb: Any, arn: str) -> int:
    return sum(target["TargetHealth"]["State"] == "healthy"
               for target in elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"])


def _group(group: Mapping[str, Any]) -> dict[str, Any]:
    """As the role wishes for it; how many instances there are is the policy's business and the agent's."""
    return {
        "template_version": (group.get("LaunchTemplate") or {}).get("Version", ""), "min": group["MinSize"], "max": group["MaxSize"],
        "subnet_ids": sorted(group.get("VPCZoneIdentifier", "").split(",")), "target_group_arns": sorted(group.get("TargetGroupARNs", ())),
        "health_check": group["HealthCheckType"], "grace_seconds": group["HealthCheckGracePeriod"],
        "tags": {tag["Key"]: tag["Value"] for tag in group.get("Tags", ())}}


def _behind(group: Mapping[str, Any]) -> list[str]:
    version = (group.get("LaunchTemplate") or {}).get("Version", "")
    return sorted(instance["InstanceId"] for instance in group["Instances"]
                  if (instance.get("LaunchTemplate") or {}).get("Version") != version and not instance["LifecycleState"].startswith("Terminat"))


def _outdated(ec2: Any, group: Mapping[str, Any], refresh: Mapping[str, Any]) -> bool:
    """A refresh replaces who was of another version when it began, and leaves whom it has started since. One being cancelled ends by itself."""
    template, began = group.get("LaunchTemplate"), refresh.get("StartTime")
    if not template or not began or refresh["Status"] not in ("Pending", "InProgress"):
        return False
    [version] = ec2.describe_launch_template_versions(
        LaunchTemplateId=template["LaunchTemplateId"], Versions=[template["Version"]])["LaunchTemplateVersions"]
    return bool(version["CreateTime"] > began)


def _policy(policy: Mapping[str, Any]) -> dict[str, Any]:
    """As the role wishes for it. Its percent of CPU is None where it measures something else."""
    wish = policy.get("TargetTrackingConfiguration") or {}
    is_cpu = (wish.get("PredefinedMetricSpecification") or {}).get("PredefinedMetricType") == "ASGAverageCPUUtilization"
    return {"cpu_percent": float(wish["TargetValue"]) if is_cpu else None, "warmup_seconds": policy.get("EstimatedInstanceWarmup"),
            "scales_in": not wish.get("DisableScaleIn", False)}
