# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role aws_web against the control plane alone: foretold, built, built again without a write, altered, replaced one after the other, removed."""

from __future__ import annotations

import base64
import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.aws_cloud import AwsCloud
from tests.contract.aws_inventory import inventory
from tests.contract.aws_live import certificate, made_real
from tests.contract.aws_play import SUBNETS, Play

ROLE = "aws_web"
DIGEST = "sha256:" + "a" * 64
REGISTRY = "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com"
MANIFEST: dict[str, Any] = {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
                            "config": {"digest": DIGEST, "size": 1}, "layers": []}
BUILD: dict[str, Any] = {
    "aws_web_name": "tickets", "aws_web_network": "tickets", "aws_web_subnets": ["public-a", "public-c"],
    "aws_web_app_subnets": ["private-a", "private-c"], "aws_web_instance_image": "ami-785db401", "aws_web_instance_profile": "tickets-app",
    "aws_web_app_security_groups": ["tickets-app"], "aws_web_balancer_security_groups": ["tickets-balancer"],
    "aws_web_inner_security_groups": ["tickets-inner"], "aws_web_container_image": f"{REGISTRY}/tickets@{DIGEST}",
    "aws_web_settings": {"SITE": "aws"}, "aws_web_secrets": {"SESSION_KEYS": "CANARY-91-long-enough"}, "aws_web_secrets_parameter": "/tickets/app",
    "aws_web_edge": {"site": "aws", "agent_address": "10.0.0.10", "peer_address": "192.168.0.10"},
    "aws_web_certificate_domain": "tickets.lab.test", "aws_web_grace_seconds": 60, "aws_web_wait_seconds": 120,
    "aws_web_tags": {"service": "tickets"}}


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    with AwsCloud() as aws:
        network(aws)
        iam = aws.client("iam")
        iam.create_instance_profile(InstanceProfileName="tickets-app")
        iam.create_role(RoleName="tickets-app", AssumeRolePolicyDocument="{}")
        iam.add_role_to_instance_profile(InstanceProfileName="tickets-app", RoleName="tickets-app")
        certificate(aws, "tickets.lab.test")
        aws.take_writes()
        yield Play(aws, tmp_path)


def network(aws: AwsCloud) -> None:
    """What role aws_network leaves, as far as this role looks for it."""
    ec2 = aws.client("ec2")

    def tags(kind: str, name: str) -> list[dict[str, Any]]:
        return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}]}]
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tags("vpc", "tickets-vpc"))["Vpc"]["VpcId"]
    for subnet in SUBNETS:
        ec2.create_subnet(VpcId=vpc, CidrBlock=subnet["cidr"], AvailabilityZone=subnet["zone"],
                          TagSpecifications=tags("subnet", f"tickets-{subnet['name']}"))
    for name in ("tickets-app", "tickets-balancer", "tickets-inner"):
        ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)


def running(aws: AwsCloud) -> list[dict[str, Any]]:
    return [instance for reservation in aws.client("ec2").describe_instances()["Reservations"] for instance in reservation["Instances"]
            if instance["State"]["Name"] in ("pending", "running")]


def judged_by(aws: AwsCloud) -> str:
    """What the group asks about its instances' health."""
    [group] = aws.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    return str(group["HealthCheckType"])


def told(aws: AwsCloud) -> str:
    """What instances are told by the newest template."""
    [version] = aws.client("ec2").describe_launch_template_versions(LaunchTemplateName="tickets", Versions=["$Latest"])["LaunchTemplateVersions"]
    return base64.b64decode(version["LaunchTemplateData"]["UserData"]).decode()


def tags(listed: list[dict[str, Any]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in listed}


@pytest.mark.long
def test_the_application_is_built_and_built_again_without_a_write(play: Play) -> None:
    aws = play.aws
    before = inventory(aws.client)
    foretold = play(ROLE, check=True, **BUILD)
    assert "repository tickets would be made" in foretold and "target group tickets-edge would be made" in foretold
    assert aws.take_writes() == [] and inventory(aws.client) == before
    with made_real(aws):
        printed = play(ROLE, **BUILD)
    assert "CANARY" not in printed + told(aws) and "/tickets/app" in told(aws)
    assert subprocess.run(["bash", "-n"], input=told(aws), text=True, check=False, capture_output=True).stderr == ""
    assert re.findall(r"^put 0\d+ (\S+)", told(aws), re.MULTILINE) == [
        "/usr/local/sbin/application-environment", "/etc/application.json", "/etc/systemd/system/application.service",
        "/usr/local/sbin/application-watch", "/etc/systemd/system/application-watch.service",
        "/etc/haproxy/await_writer.lua", "/etc/haproxy/errors/multicloud-unsure.html", "/etc/haproxy/errors/multicloud-waiting.http",
        "/etc/haproxy/haproxy.cfg", "/etc/systemd/system/haproxy.service.d/multicloud.conf"]
    assert "server here 127.0.0.1:8000 check" in told(aws) and f"tickets@{DIGEST}" in told(aws)

    [repository] = aws.client("ecr").describe_repositories()["repositories"]
    assert repository["imageScanningConfiguration"]["scanOnPush"] and repository["imageTagMutability"] == "IMMUTABLE"
    kept = json.loads(aws.client("ecr").get_lifecycle_policy(repositoryName="tickets")["lifecyclePolicyText"])["rules"]
    assert [rule["selection"]["tagStatus"] for rule in kept] == ["untagged"]

    elb = aws.client("elbv2")
    balancers = {each["LoadBalancerName"]: each for each in elb.describe_load_balancers()["LoadBalancers"]}
    assert {name: each["Scheme"] for name, each in balancers.items()} == {"tickets": "internet-facing", "tickets-inner": "internal"}
    listeners = {each["Port"]: each for each in elb.describe_listeners(LoadBalancerArn=balancers["tickets"]["LoadBalancerArn"])["Listeners"]}
    assert listeners[80]["DefaultActions"][0]["RedirectConfig"]["Protocol"] == "HTTPS"
    assert listeners[443]["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06" and listeners[443]["Certificates"]
    groups = {each["TargetGroupName"]: each for each in elb.describe_target_groups()["TargetGroups"]}
    assert {name: (each["Port"], each["HealthCheckPort"], each["HealthCheckPath"]) for name, each in groups.items()} == {
        "tickets-edge": (80, "8081", "/readyz"), "tickets-app": (8000, "traffic-port", "/readyz")}

    [group] = aws.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    assert (group["MinSize"], group["DesiredCapacity"], group["MaxSize"], group["HealthCheckType"]) == (2, 2, 3, "EC2")
    assert sorted(group["TargetGroupARNs"]) == sorted(each["TargetGroupArn"] for each in groups.values())
    assert Counter(instance["AvailabilityZone"] for instance in group["Instances"]) == {"ap-northeast-2a": 1, "ap-northeast-2c": 1}
    [policy] = aws.client("autoscaling").describe_policies()["ScalingPolicies"]
    assert policy["TargetTrackingConfiguration"]["TargetValue"] == 50
    for instance in running(aws):
        assert instance["MetadataOptions"]["HttpTokens"] == "required" and instance["IamInstanceProfile"]["Arn"].endswith("/tickets-app")
        assert tags(instance["Tags"])["service"] == "tickets" and not instance.get("PublicIpAddress")
    for volume in aws.client("ec2").describe_volumes()["Volumes"]:
        assert volume["Encrypted"] and tags(volume["Tags"])["service"] == "tickets"

    aws.take_writes()
    assert "changed=0" in play(ROLE, **BUILD)
    assert aws.take_writes() == []
    assert "changed=0" in play(ROLE, check=True, **BUILD)
    assert aws.take_writes() == []
    # Who wants more instances, as the site's agent does, gets them, and a run takes none away.
    aws.client("autoscaling").set_desired_capacity(AutoScalingGroupName="tickets", DesiredCapacity=3)
    aws.take_writes()
    with made_real(aws):
        assert "changed=0" in play(ROLE, **BUILD)
    assert aws.take_writes() == [] and len(running(aws)) == 3

    aws.client("autoscaling").set_desired_capacity(AutoScalingGroupName="tickets", DesiredCapacity=2)
    with made_real(aws):
        play(ROLE, "destroy", **BUILD)
    assert inventory(aws.client) == before
    aws.take_writes()
    assert "changed=0" in play(ROLE, "destroy", **BUILD)
    assert aws.take_writes() == []


@pytest.mark.long
def test_a_change_replaces_the_instances_one_after_the_other(play: Play) -> None:
    aws = play.aws
    with made_real(aws):
        play(ROLE, **BUILD)
    first = {instance["InstanceId"] for instance in running(aws)}
    scaling = aws.client("autoscaling")         # and by hand somebody has seen to it that nothing scales in
    [policy] = scaling.describe_policies()["ScalingPolicies"]
    scaling.put_scaling_policy(AutoScalingGroupName="tickets", PolicyName="tickets-cpu", PolicyType="TargetTrackingScaling",
                               TargetTrackingConfiguration={**policy["TargetTrackingConfiguration"], "DisableScaleIn": True})
    aws.take_writes()
    play(ROLE, **BUILD)
    assert aws.take_writes() == ["autoscaling:PutScalingPolicy"]
    altered = {**BUILD, "aws_web_secrets": {"SESSION_KEYS": "CANARY-92-long-enough"}, "aws_web_plain_http": "forward", "aws_web_cpu_percent": 60}
    aws.take_writes()
    foretold = play(ROLE, check=True, **altered)
    assert aws.take_writes() == [] and "policy tickets-cpu would be made" in foretold
    # The secret, the listener, the template, the group, the policy, that instances are replaced, and the group again.
    assert "changed=7" in foretold
    with made_real(aws) as seen:
        assert "changed=7" in play(ROLE, **altered)
    second = {instance["InstanceId"] for instance in running(aws)}
    assert len(second) == 2 and not first & second and judged_by(aws) == "EC2"
    assert all(count >= 2 for count in seen), "two could serve pages at every moment"
    writes = aws.take_writes()
    assert Counter(writes) == Counter({"ssm:PutParameter": 1, "elasticloadbalancing:ModifyListener": 1, "ec2:CreateLaunchTemplateVersion": 1,
                                       "ec2:ModifyLaunchTemplate": 1, "autoscaling:UpdateAutoScalingGroup": 2,
                                       "autoscaling:EnableMetricsCollection": 2, "autoscaling:PutScalingPolicy": 1,
                                       "autoscaling:StartInstanceRefresh": 1})
    assert "changed=0" in play(ROLE, **altered)
    assert aws.take_writes() == []


@pytest.mark.long
def test_what_cannot_be_built_is_refused_at_once_with_paths(play: Play) -> None:
    wrong = {**BUILD, "aws_web_container_image": "tickets:latest", "aws_web_min": 1, "aws_web_app_subnets": ["private-a"],
             "aws_web_secrets": {"SITE": "CANARY-93\nx"}}
    said = play(ROLE, fails=True, **wrong)
    for fault in ("aws_web_container_image: tickets:latest must name its image by digest", "aws_web_min: 1 must be 2 or more",
                  "aws_web_app_subnets: two at least", "aws_web_secrets.SITE: has a line break", "aws_web_secrets.SITE: is among the settings"):
        assert fault in said
    assert "CANARY" not in said
    said = play(ROLE, fails=True, **{**BUILD, "aws_web_certificate_domain": "another.test"})
    assert "ACM in this region has no issued certificate for another.test" in said
    said = play(ROLE, fails=True, **{**BUILD, "aws_web_app_subnets": ["private-a", "nowhere"]})
    assert "nowhere not found in network tickets; run role aws_network first" in said
    assert play.aws.take_writes() == []


@pytest.mark.long
def test_images_are_not_lost_by_mistake(play: Play) -> None:
    ecr = play.aws.client("ecr")
    ecr.create_repository(repositoryName="tickets")
    ecr.put_image(repositoryName="tickets", imageTag="one", imageManifest=json.dumps(MANIFEST))
    play.aws.take_writes()
    assert "holds 1 images, and none was touched" in play(ROLE, "destroy", fails=True, **BUILD)
    assert play.aws.take_writes() == []
    play(ROLE, "destroy", **BUILD, aws_web_confirm_images="tickets")
    assert ecr.describe_repositories()["repositories"] == []


@pytest.mark.whole
def test_a_replacement_by_what_never_becomes_well_is_given_up_for_the_next_description(play: Play) -> None:
    aws = play.aws
    with made_real(aws):
        play(ROLE, **BUILD)
    first = {instance["InstanceId"] for instance in running(aws)}
    room = 16384 - len(told(aws).encode())
    aws.take_writes()
    # Letters of several bytes are among what is told, so that it has fewer than AWS takes.
    said = play(ROLE, fails=True, **{**BUILD, "aws_web_settings": {"SITE": "aws", "PAD": "x" * room}})
    assert "bytes, and AWS takes 16384" in said and aws.take_writes() == []

    play(ROLE, **{**BUILD, "aws_web_settings": {"SITE": "broken"}, "aws_web_wait_seconds": 0})       # nobody makes it real
    assert judged_by(aws) == "ELB", "an older instance goes when a new one can serve pages, not when its machine runs"
    aws.lab("PUT", "/_lab/observed", {})
    aws.take_writes()
    mended = {**BUILD, "aws_web_settings": {"SITE": "mended"}}
    assert "changed=5" in play(ROLE, check=True, **mended) and aws.take_writes() == []
    with made_real(aws, broken="2"):
        assert "changed=5" in play(ROLE, **mended)
    assert aws.take_writes()[-4:] == ["autoscaling:CancelInstanceRefresh", "autoscaling:StartInstanceRefresh",
                                      "autoscaling:UpdateAutoScalingGroup", "autoscaling:EnableMetricsCollection"]
    assert judged_by(aws) == "EC2"
    [group] = aws.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    assert len(group["Instances"]) == 2 and {each["LaunchTemplate"]["Version"] for each in group["Instances"]} == {"3"}
    assert not first & {instance["InstanceId"] for instance in running(aws)}
