# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the lab adds to moto for instances that AWS starts by itself: groups that look after them, refreshes, roles' credentials, certificates."""

from __future__ import annotations

import base64
import datetime
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.aws.web import find_web
from botocore.exceptions import ClientError

from lab import secrets, world
from lab.aws import autoscaling, certificates, instance_refresh
from tests.contract.aws_cloud import ONE_TRY, AwsCloud
from tests.contract.aws_live import certificate

DATA: dict[str, Any] = {
    "ImageId": "ami-1", "InstanceType": "t3.small", "UserData": base64.b64encode(b"#!/bin/sh\n").decode(), "KeyName": "ops",
    "MetadataOptions": {"HttpTokens": "required"}, "IamInstanceProfile": {"Name": "tickets-app"},
    "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True, "VolumeSize": 16, "DeleteOnTermination": True}}],
    "TagSpecifications": [{"ResourceType": kind, "Tags": [{"Key": "service", "Value": "tickets"}]} for kind in ("instance", "volume")]}


class Group:
    """A group of two in two zones, behind a target group; `real` says what has become of its instances."""

    def __init__(self, aws: AwsCloud) -> None:
        self.aws, ec2, iam = aws, aws.client("ec2"), aws.client("iam")
        self.scaling = aws.client("autoscaling")
        there = aws.network()
        other = ec2.create_subnet(VpcId=there["vpc"], CidrBlock="10.0.1.0/24", AvailabilityZone="ap-northeast-2c")["Subnet"]["SubnetId"]
        iam.create_instance_profile(InstanceProfileName="tickets-app")
        iam.create_role(RoleName="tickets-app", AssumeRolePolicyDocument="{}")
        iam.add_role_to_instance_profile(InstanceProfileName="tickets-app", RoleName="tickets-app")
        self.target_group = aws.client("elbv2").create_target_group(
            Name="tickets-edge", Protocol="HTTP", Port=80, VpcId=there["vpc"], TargetType="instance")["TargetGroups"][0]["TargetGroupArn"]
        ec2.create_launch_template(LaunchTemplateName="tickets", LaunchTemplateData=DATA)
        self.scaling.create_auto_scaling_group(
            AutoScalingGroupName="tickets", MinSize=2, MaxSize=3, DesiredCapacity=2, VPCZoneIdentifier=f"{there['subnet']},{other}",
            TargetGroupARNs=[self.target_group], HealthCheckType="ELB", HealthCheckGracePeriod=1,
            LaunchTemplate={"LaunchTemplateName": "tickets", "Version": "1"})

    def instances(self) -> dict[str, dict[str, Any]]:
        [group] = self.scaling.describe_auto_scaling_groups()["AutoScalingGroups"]
        return {instance["InstanceId"]: instance for instance in group["Instances"]}

    def real(self, **health: str) -> bool:
        """They all run, and are healthy where nothing else is said. Says whether AWS did something when it heard that they run."""
        ids = list(self.instances())
        answer = self.aws.lab("PUT", "/_lab/observed", {"instances": dict.fromkeys(ids, "running")})
        self.aws.lab("PUT", "/_lab/observed", {"target_health": {self.target_group: {name: health.get(name, "healthy") for name in ids}}})
        return bool(answer["went_on"])


@pytest.fixture
def group() -> Iterator[Group]:
    with AwsCloud() as aws:
        yield Group(aws)


def test_instances_lie_in_both_zones_as_their_template_says_and_get_requests_once_they_run(group: Group) -> None:
    elb, ec2 = group.aws.client("elbv2"), group.aws.client("ec2")
    assert Counter(each["AvailabilityZone"] for each in group.instances().values()) == {"ap-northeast-2a": 1, "ap-northeast-2c": 1}
    assert {each["LifecycleState"] for each in group.instances().values()} == {"Pending"}
    assert elb.describe_target_health(TargetGroupArn=group.target_group)["TargetHealthDescriptions"] == []
    assert group.real() and not group.real()
    assert {each["LifecycleState"] for each in group.instances().values()} == {"InService"}
    health = elb.describe_target_health(TargetGroupArn=group.target_group)["TargetHealthDescriptions"]
    assert {each["Target"]["Id"]: each["TargetHealth"]["State"] for each in health} == dict.fromkeys(group.instances(), "healthy")
    for instance in (each for reservation in ec2.describe_instances()["Reservations"] for each in reservation["Instances"]):
        assert instance["MetadataOptions"]["HttpTokens"] == "required" and instance["IamInstanceProfile"]["Arn"].endswith("/tickets-app")
    assert all(volume["Encrypted"] and volume["Tags"] for volume in ec2.describe_volumes()["Volumes"])


def test_who_is_unhealthy_after_its_time_to_start_is_replaced_and_who_is_ended_as_well(group: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    group.real()
    [first, second] = group.instances()
    group.scaling.update_auto_scaling_group(AutoScalingGroupName="tickets", HealthCheckGracePeriod=600)
    group.real(**{first: "unhealthy"})
    assert set(group.instances()) == {first, second}, "it may still be starting"
    group.scaling.update_auto_scaling_group(AutoScalingGroupName="tickets", HealthCheckGracePeriod=0)
    group.real(**{first: "unhealthy"})
    [kept, new] = sorted(group.instances(), key=lambda name: name != second)
    assert kept == second and new != first
    assert Counter(each["AvailabilityZone"] for each in group.instances().values()) == {"ap-northeast-2a": 1, "ap-northeast-2c": 1}
    group.aws.client("ec2").terminate_instances(InstanceIds=[second])
    assert second not in group.instances() and len(group.instances()) == 2


def test_a_group_that_looks_at_machines_alone_replaces_nobody_for_a_target_group_and_waits_for_none(group: Group) -> None:
    """A database that is away makes every target unhealthy; the group of role aws_web lets its instances be."""
    group.real()
    first = set(group.instances())
    group.scaling.update_auto_scaling_group(AutoScalingGroupName="tickets", HealthCheckType="EC2", HealthCheckGracePeriod=0)
    for _ in range(3):
        group.real(**dict.fromkeys(first, "unhealthy"))
    assert set(group.instances()) == first
    group.aws.client("ec2").create_launch_template_version(LaunchTemplateName="tickets", SourceVersion="1",
                                                              LaunchTemplateData={"InstanceType": "t3.large"})
    group.scaling.update_auto_scaling_group(AutoScalingGroupName="tickets", LaunchTemplate={"LaunchTemplateName": "tickets", "Version": "2"})
    group.scaling.start_instance_refresh(AutoScalingGroupName="tickets", Preferences={"MaxHealthyPercentage": 200, "SkipMatching": True})
    for _ in range(12):
        group.real(**{name: "unhealthy" for name in group.instances() if name not in first})
    assert not first & set(group.instances()), "so the role has the target groups asked while it replaces"


def test_a_refresh_brings_new_ones_before_old_ones_go(group: Group) -> None:
    group.real()
    old = set(group.instances())
    group.aws.client("ec2").create_launch_template_version(LaunchTemplateName="tickets", SourceVersion="1",
                                                              LaunchTemplateData={"InstanceType": "t3.large"})
    group.scaling.update_auto_scaling_group(AutoScalingGroupName="tickets", LaunchTemplate={"LaunchTemplateName": "tickets", "Version": "2"})
    assert set(find_web(group.aws.client, "tickets")["behind"]) == old
    asked = {"AutoScalingGroupName": "tickets", "Preferences": {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 200, "SkipMatching": True}}
    group.scaling.start_instance_refresh(**asked)
    with pytest.raises(ClientError, match="InstanceRefreshInProgress"):
        group.scaling.start_instance_refresh(**asked)
    serving = []
    for _ in range(12):
        group.real()
        serving.append(find_web(group.aws.client, "tickets")["healthy"]["tickets-edge"])
    assert min(serving) == 2 and not old & set(group.instances()) and find_web(group.aws.client, "tickets")["behind"] == []
    [version] = group.aws.client("ec2").describe_launch_template_versions(LaunchTemplateName="tickets", Versions=["2"])["LaunchTemplateVersions"]
    assert version["LaunchTemplateData"] == {**DATA, "InstanceType": "t3.large"}
    [told] = group.scaling.describe_instance_refreshes(AutoScalingGroupName="tickets")["InstanceRefreshes"]
    assert (told["Status"], told["PercentageComplete"], told["InstancesToUpdate"]) == ("Successful", 100, 0)
    assert Counter(each["AvailabilityZone"] for each in group.instances().values()) == {"ap-northeast-2a": 1, "ap-northeast-2c": 1}


def test_a_refresh_that_waits_for_a_new_instance_can_be_cancelled(group: Group) -> None:
    group.real()
    old = set(group.instances())
    group.aws.client("ec2").create_launch_template_version(LaunchTemplateName="tickets", LaunchTemplateData=DATA)
    group.scaling.update_auto_scaling_group(AutoScalingGroupName="tickets", LaunchTemplate={"LaunchTemplateName": "tickets", "Version": "2"})
    group.scaling.start_instance_refresh(AutoScalingGroupName="tickets", Preferences={"MinHealthyPercentage": 100, "MaxHealthyPercentage": 200})
    for _ in range(5):
        group.aws.lab("PUT", "/_lab/observed", {})
    assert old < set(group.instances()) and len(group.instances()) == 3, "the new one is not in service, so no old one goes"
    seen = find_web(group.aws.client, "tickets")
    assert seen["refreshing"] and not seen["outdated"]
    [refresh] = instance_refresh.of(next(autoscaling.groups()))
    refresh.began -= datetime.timedelta(seconds=1)              # AWS tells both times in whole seconds
    group.aws.client("ec2").create_launch_template_version(LaunchTemplateName="tickets", LaunchTemplateData=DATA)
    group.scaling.update_auto_scaling_group(AutoScalingGroupName="tickets", LaunchTemplate={"LaunchTemplateName": "tickets", "Version": "3"})
    assert find_web(group.aws.client, "tickets")["outdated"], "it leaves whom it has started itself"
    group.scaling.cancel_instance_refresh(AutoScalingGroupName="tickets")
    seen = find_web(group.aws.client, "tickets")
    assert seen["refreshing"] and not seen["outdated"], "it takes a moment"
    group.aws.lab("PUT", "/_lab/observed", {})
    assert not find_web(group.aws.client, "tickets")["refreshing"]
    assert Counter(each["AvailabilityZone"] for each in group.instances().values()) == {"ap-northeast-2a": 1, "ap-northeast-2c": 1}
    with pytest.raises(ClientError, match="ActiveInstanceRefreshNotFound"):
        group.scaling.cancel_instance_refresh(AutoScalingGroupName="tickets")


def test_nothing_is_left_of_a_group(group: Group) -> None:
    ec2 = group.aws.client("ec2")
    group.real()
    holds: dict[str, Any] = {"TargetValue": 50.0, "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"}}
    policy: dict[str, Any] = {"AutoScalingGroupName": "tickets", "PolicyName": "tickets-cpu", "PolicyType": "TargetTrackingScaling"}
    group.scaling.put_scaling_policy(**policy, EstimatedInstanceWarmup=120, TargetTrackingConfiguration=holds)
    assert find_web(group.aws.client, "tickets")["policy"] == {"cpu_percent": 50.0, "warmup_seconds": 120, "scales_in": True}
    group.scaling.put_scaling_policy(**policy, EstimatedInstanceWarmup=999, TargetTrackingConfiguration={**holds, "DisableScaleIn": True})
    assert find_web(group.aws.client, "tickets")["policy"] == {"cpu_percent": 50.0, "warmup_seconds": 999, "scales_in": False}
    group.scaling.delete_auto_scaling_group(AutoScalingGroupName="tickets", ForceDelete=True)
    assert group.scaling.describe_policies()["ScalingPolicies"] == [] and find_web(group.aws.client, "tickets")["group"] is None
    assert ec2.describe_network_interfaces()["NetworkInterfaces"] == [] and ec2.describe_volumes()["Volumes"] == []


def test_a_role_s_credentials_are_taken_with_their_token_only(group: Group) -> None:
    roles = group.aws.lab("GET", "/_lab/secrets")["roles"]
    assert set(roles) == set(group.instances())
    role = roles[next(iter(roles))]

    def who(token: str | None) -> str:
        client = boto3.client("sts", region_name=world.AWS_REGION, endpoint_url=group.aws.url, config=ONE_TRY, aws_access_key_id=role["access_key"],
                              aws_secret_access_key=role["secret_key"], aws_session_token=token)
        return str(client.get_caller_identity()["Account"])
    assert who(role["token"]) == "123456789012"
    for wrong in ("another", None):
        with pytest.raises(ClientError, match="InvalidClientTokenId"):
            who(wrong)


def test_the_lab_knows_what_a_load_balancer_needs_of_a_certificate(group: Group) -> None:
    arn = certificate(group.aws, "tickets.lab.test")
    whole = group.aws.lab("GET", "/_lab/secrets")["certificates"][arn]
    assert whole.startswith("-----BEGIN CERTIFICATE-----") and "PRIVATE KEY-----" in whole


def test_the_account_has_a_certificate_for_the_name_that_users_know(group: Group, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for module in (secrets, world):
        monkeypatch.setattr(module, "TLS", tmp_path)
    secrets.ensure_certificate()
    certificates.give()
    acm = group.aws.client("acm")
    [held] = acm.list_certificates()["CertificateSummaryList"]
    told = acm.describe_certificate(CertificateArn=held["CertificateArn"])["Certificate"]
    assert (told["DomainName"], told["Status"]) == (world.PUBLIC_NAME, "ISSUED")
    before = (tmp_path / "server.crt").read_text(encoding="utf-8")
    secrets.ensure_certificate()
    assert (tmp_path / "server.crt").read_text(encoding="utf-8") == before
