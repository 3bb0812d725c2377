# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each actor's policy allows what the actor really asks of AWS, which the journal tells, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2
import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.backup.s3 import S3
from ansible_collections.multicloud.dr.plugins.module_utils.rehearsal.parts import ecr_pass
from ansible_collections.multicloud.dr.plugins.module_utils.switch.apart import Apart
from ansible_collections.multicloud.dr.plugins.module_utils.switch.capacity import AutoScaling
from ansible_collections.multicloud.dr.plugins.module_utils.switch.latch import S3Latch

from lab import world
from lab.journal import entries
from tests.contract.aws_cloud import KEYS, AwsCloud
from tests.contract.aws_play import Play
from tests.contract.iam import allows, needed, unused
from tests.contract.test_backup_instances import instances
from tests.contract.test_cloud_figures import reader, standby

__all__ = ["standby"]

ROLE = "aws_access"
ROLES = Path(__file__).parents[2] / "roles"
TEMPLATES = ROLES / ROLE / "templates"
SCRIPT = ROLES / "aws_web" / "files" / "application_environment.py"
NAMES: dict[str, Any] = {
    "aws_access_name": "tickets", "aws_access_host_role": "tickets-standby", "aws_access_app_role": "tickets-app",
    "aws_access_app_parameter": "/tickets/app", "aws_access_app_repository": "tickets", "aws_access_marker_bucket": "tickets-latch",
    "aws_access_marker_key": "taken-over", "aws_access_backup_bucket": "tickets-backups", "aws_access_database": "live",
    "aws_access_scaling_group": "tickets-app", "aws_access_tags": {"service": "tickets"}}
DATABASE = "arn:aws:rds:ap-northeast-2:123456789012:db:"


@pytest.fixture
def aws() -> Iterator[AwsCloud]:
    with AwsCloud() as cloud:
        yield cloud


def policy(name: str, **other: Any) -> dict[str, Any]:
    """A policy as the role renders it."""
    text = jinja2.Template((TEMPLATES / f"{name}.json.j2").read_text(encoding="utf-8")).render({**NAMES, **other})
    return dict(json.loads(text))


def arguments(aws: AwsCloud) -> dict[str, Any]:
    return {"region_name": world.AWS_REGION, "endpoint_url": aws.url, **KEYS}


def asked(aws: AwsCloud) -> set[tuple[str, str]]:
    """What has been asked for since the last call."""
    found = needed(list(entries(aws.journal)))
    aws.journal.unlink()
    return found


def holds(name: str, used: set[tuple[str, str]]) -> None:
    """A policy allows all of it, and names nothing besides."""
    assert used and {need for need in used if not allows(policy(name), *need)} == set()
    assert unused(policy(name), used) == set()


@pytest.mark.parametrize("file", sorted([*TEMPLATES.glob("*.json.j2"), *(ROLES / ROLE / "files").glob("builder*.json")]), ids=lambda file: file.name)
def test_a_policy_is_no_longer_than_one_may_be(file: Path) -> None:
    text = jinja2.Template(file.read_text(encoding="utf-8")).render(NAMES)
    assert json.loads(text) and len("".join(text.split())) <= 6144, '"IAM and AWS STS quotas" in the IAM User Guide; whitespace is not counted'


def test_the_site_agent_says_that_it_has_taken_over_and_widens_one_group(aws: AwsCloud) -> None:
    aws.client("s3").create_bucket(Bucket="tickets-latch", CreateBucketConfiguration={"LocationConstraint": world.AWS_REGION})
    subnet = aws.network()["subnet"]
    scaling = aws.client("autoscaling")
    scaling.create_launch_configuration(LaunchConfigurationName="c", ImageId="ami-1", InstanceType="t3.small")
    scaling.create_auto_scaling_group(AutoScalingGroupName="tickets-app", LaunchConfigurationName="c", MinSize=0, MaxSize=3, DesiredCapacity=0,
                                      VPCZoneIdentifier=subnet)
    asked(aws)
    latch, capacity = S3Latch("aws", "tickets-latch", "taken-over", arguments(aws)), AutoScaling("tickets-app", 1, arguments(aws))
    assert latch.epoch() is None
    Apart(S3Latch("aws", "tickets-latch", "taken-over", arguments(aws))).set(7)     # as an agent does
    assert latch.epoch() == 7 and capacity.now() == 0
    latch.clear()           # on the way home
    capacity.widen()
    used = asked(aws)
    # AWS tells whoever may not list a bucket that he may not read, where nothing is to be read.
    holds("site_agent", used | {("s3:ListBucket", "arn:aws:s3:::tickets-latch")})
    assert not allows(policy("site_agent"), "s3:PutObject", "arn:aws:s3:::tickets-latch/another")
    assert not allows(policy("site_agent"), "s3:DeleteObject", "arn:aws:s3:::tickets-latch/another")
    assert not allows(policy("site_agent"), "s3:DeleteObjectVersion", "arn:aws:s3:::tickets-latch/taken-over")
    assert not allows(policy("site_agent", aws_access_scaling_group=""), "autoscaling:SetDesiredCapacity")


def test_backups_are_kept_in_one_bucket_and_versions_are_nobody_s(aws: AwsCloud) -> None:
    aws.client("s3").create_bucket(Bucket="tickets-backups", CreateBucketConfiguration={"LocationConstraint": world.AWS_REGION})
    aws.client("s3").create_multipart_upload(Bucket="tickets-backups", Key="left/half")
    asked(aws)
    bucket = S3("tickets-backups", arguments(aws))
    part = bucket.put("left/half", [b"rows"])
    assert b"".join(bucket.get(part)) == b"rows"
    bucket.put_json("manifest.json", {"a": 1})
    assert bucket.get_json("manifest.json") == {"a": 1} and len(bucket.keys("")) == 2
    bucket.delete("left/half")
    holds("backup", asked(aws))
    assert not any(allows(policy("backup"), f"s3:{action}", "arn:aws:s3:::tickets-backups/a")
                   for action in ("DeleteObjectVersion", "GetObjectVersion", "PutObjectAcl"))
    assert not any(allows(policy("backup"), action, "arn:aws:s3:::tickets-backups") for action in ("s3:PutBucketVersioning", "s3:DeleteBucket"))


def test_a_restore_makes_and_removes_instances_beside_the_live_one(aws: AwsCloud, tmp_path: Path) -> None:
    subnet, rds = aws.network()["subnet"], aws.client("rds")
    rds.create_db_subnet_group(DBSubnetGroupName="live", DBSubnetGroupDescription="d", SubnetIds=[subnet])
    rds.create_db_instance(DBInstanceIdentifier="live", Engine="mysql", EngineVersion="8.4.8", DBInstanceClass="db.t3.medium", AllocatedStorage=20,
                           StorageType="gp3", MasterUsername="admin", MasterUserPassword="secret-secret", DBSubnetGroupName="live")
    asked(aws)
    there = instances(aws, tmp_path)
    aws.lab("PUT", "/_lab/observed", {"databases": {"live-restore-test": {"status": "available", "address": "db.lab"}}})
    assert there.quotas()       # a rehearsal asks whether there is room
    there.refuse("live-restore-test", None)
    there.make("live-restore-test", None, "made by us")
    made = there.seen("live-restore-test")
    assert made
    there.server(made)
    there.remove(made)
    assert ecr_pass(arguments(aws))[0] == "AWS"      # a rehearsal pulls the application's image, which takes what an instance's pull takes
    # Making with tags needs the first, says the Service Authorization Reference.
    holds("restore", asked(aws) | {("rds:AddTagsToResource", ""), ("ecr:BatchGetImage", ""), ("ecr:GetDownloadUrlForLayer", "")})
    assert not allows(policy("restore"), "ecr:BatchGetImage", "arn:aws:ecr:ap-northeast-2:123456789012:repository/another")
    assert allows(policy("restore"), "rds:DeleteDBInstance", f"{DATABASE}live-restore-test")
    assert not allows(policy("restore"), "rds:DeleteDBInstance", f"{DATABASE}live")
    assert not allows(policy("restore"), "rds:ModifyDBInstance")


def test_what_watches_only_reads_and_finds_the_instances_of_the_moment(standby: AwsCloud) -> None:
    asked(standby)
    for ask in reader(standby).asks().values():
        ask()
    ec2 = standby.client("ec2")         # what ec2_sd_config asks, says "Configuration" in Prometheus's documentation
    ec2.describe_availability_zones()
    ec2.describe_instances(Filters=[{"Name": "tag:aws:autoscaling:groupName", "Values": ["tickets"]}])
    holds("watch", asked(standby))


def test_an_instance_reads_its_own_secrets_and_asks_for_a_pass_to_the_registry(aws: AwsCloud, tmp_path: Path) -> None:
    ssm = aws.client("ssm")
    for name, value in (("/tickets/app", '{"SESSION_KEYS": "first"}'), ("/tickets/other", "{}")):
        ssm.put_parameter(Name=name, Value=value, Type="SecureString")
    ssm.put_parameter(Name="/tickets/app", Value='{"SESSION_KEYS": "CANARY-94"}', Type="SecureString", Overwrite=True)
    asked(aws)
    registry = "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com"
    told, environment, podman = tmp_path / "application.json", tmp_path / "environment", tmp_path / "podman"
    told.write_text(json.dumps({"region": world.AWS_REGION, "endpoint_url": aws.url, "parameter": "/tickets/app", "version": 2, "registry": registry,
                                "settings": {"SITE": "aws"}}), encoding="utf-8")
    podman.write_text(f"#!/bin/sh\necho \"$@\" > {tmp_path}/said\ncat > {tmp_path}/heard\n", encoding="utf-8")
    podman.chmod(0o755)
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(told), str(environment)], check=False, capture_output=True, text=True, timeout=60,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "AWS_ACCESS_KEY_ID": KEYS["aws_access_key_id"],
             "AWS_SECRET_ACCESS_KEY": KEYS["aws_secret_access_key"]})
    assert done.returncode == 0 and "CANARY" not in done.stdout + done.stderr, done.stderr
    assert environment.read_text(encoding="utf-8") == "SESSION_KEYS=CANARY-94\nSITE=aws\n" and environment.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "said").read_text(encoding="utf-8") == f"login --username AWS --password-stdin {registry}\n"
    assert (tmp_path / "heard").read_text(encoding="utf-8")
    # Whoever has the pass pulls with it, from the registry itself: "Private repository policies" in the Amazon ECR User Guide names what that takes.
    holds("app", asked(aws) | {("ecr:BatchGetImage", ""), ("ecr:GetDownloadUrlForLayer", "")})
    assert allows(policy("app"), "ssm:GetParameter", "arn:aws:ssm:ap-northeast-2:123456789012:parameter/tickets/app")
    assert not allows(policy("app"), "ssm:GetParameter", "arn:aws:ssm:ap-northeast-2:123456789012:parameter/tickets/other")
    assert not allows(policy("app"), "ecr:BatchGetImage", "arn:aws:ecr:ap-northeast-2:123456789012:repository/another")


@pytest.mark.long
def test_the_actors_are_made_made_again_and_removed(aws: AwsCloud, tmp_path: Path) -> None:
    play, iam = Play(aws, tmp_path), aws.client("iam")
    assert "need the policies first" in play(ROLE, check=True, **NAMES)
    assert aws.take_writes() == []
    play(ROLE, **NAMES)
    made = {each["PolicyName"]: each for each in iam.list_policies(Scope="Local")["Policies"]}
    assert set(made) == {"tickets-site-agent", "tickets-backup", "tickets-restore", "tickets-watch", "tickets-app"}
    assert iam.get_policy_version(PolicyArn=made["tickets-restore"]["Arn"], VersionId="v1")["PolicyVersion"]["Document"] == policy("restore")

    def carried(kind: str, name: str) -> set[str]:
        answer = getattr(iam, f"list_attached_{kind}_policies")(**{f"{kind.title()}Name": name})
        return {each["PolicyName"] for each in answer["AttachedPolicies"]}
    assert carried("role", "tickets-standby") == set(made) - {"tickets-app"} and carried("role", "tickets-app") == {"tickets-app"}
    assert carried("user", "tickets-backup") == {"tickets-backup"}
    profiles = {each["InstanceProfileName"]: [role["RoleName"] for role in each["Roles"]]
                for each in iam.list_instance_profiles()["InstanceProfiles"]}
    assert profiles == {"tickets-standby": ["tickets-standby"], "tickets-app": ["tickets-app"]}
    assert iam.list_access_keys(UserName="tickets-backup")["AccessKeyMetadata"] == []
    aws.take_writes()
    assert "changed=0" in play(ROLE, **NAMES)
    assert aws.take_writes() == []

    iam.attach_user_policy(UserName="tickets-backup", PolicyArn=made["tickets-site-agent"]["Arn"])
    play(ROLE, **NAMES)
    assert carried("user", "tickets-backup") == {"tickets-backup"}
    play(ROLE, "destroy", **NAMES)
    assert not iam.list_policies(Scope="Local")["Policies"] and not iam.list_roles()["Roles"] and not iam.list_users()["Users"]
    assert not iam.list_instance_profiles()["InstanceProfiles"]
    aws.take_writes()
    assert "changed=0" in play(ROLE, "destroy", **NAMES)
    assert aws.take_writes() == []
