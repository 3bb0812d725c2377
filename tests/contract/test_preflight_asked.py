# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What both clouds are asked before a build, against their emulators: whichever credential is wrong is told from the others, what one service refuses
or holds back hides no other's answer, and a cloud that hangs holds nobody up."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.auth import NHN_AUTH
from ansible_collections.multicloud.dr.plugins.module_utils.preflight import ask_aws, ask_nhn

from tests.contract.aws_cloud import KEYS, AwsCloud
from tests.contract.aws_live import certificate
from tests.contract.nhn_cloud import NhnCloud
from tests.contract.nhn_walk import DATABASE, NETWORK

pytestmark = pytest.mark.long

SECONDS = 60            # on a machine that others keep busy
NHN_QUESTIONS = {"login", "objects", "rds", "registry", "network", "compute", "images", "volumes", "kubernetes"}
REPOSITORY = "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/tickets"
WANTED: dict[str, Any] = {
    "types": ["t3.small", "t9.huge"], "images": ["ami-785db401", "ami-nobody"], "engine_version": "8.4.8", "database_class": "db.t3.medium",
    "buckets": ["mine-latch", "free-backups"], "zone": "lab.test", "owner": "tickets", "resolvers": [], "certificate_arn": "",
    "certificate_domain": "tickets.lab.test", "container_image": f"{REPOSITORY}@sha256:{'a' * 64}",
    "rule_groups": ["AWSManagedRulesCommonRuleSet", "AWSManagedRulesNobodysRuleSet"]}


def nhn_auth(nhn: NhnCloud, **wrong: Any) -> dict[str, Any]:
    return {name: None for name in NHN_AUTH["auth"]["options"]} | {"region": "KR1"} | nhn.auth | wrong


def aws_auth(url: str, **wrong: Any) -> dict[str, Any]:
    mine = {"access_key": KEYS["aws_access_key_id"], "secret_key": KEYS["aws_secret_access_key"]}
    return {"region": "ap-northeast-2", "endpoint_url": url} | mine | wrong


def refused(told: dict[str, Any]) -> dict[str, str]:
    return {question: why["kind"] for question, why in told["silent"].items()}


@pytest.mark.parametrize(("wrong", "silent"), [
    ({}, {}),
    ({"password": "CANARY"}, {"login": "refused", "objects": "refused"}),
    ({"tenant_id": "CANARY"}, {"login": "refused"}),
    ({"object_tenant_id": "CANARY"}, {"objects": "refused"}),
    ({"appkey": "CANARY"}, {"rds": "refused", "registry": "refused"}),
    ({"access_key_secret": "CANARY"}, {"rds": "refused", "registry": "refused"}),
    ({"access_key_id": ""}, {"rds": "unsaid", "registry": "unsaid"}),
    ({"username": "", "object_tenant_id": ""}, {"login": "unsaid", "objects": "unsaid"}),
    ({"rds_url": "http://127.0.0.1:9"}, {"rds": "silent"}),
])
def test_a_wrong_credential_is_told_from_the_others(nhn: NhnCloud, wrong: dict[str, str], silent: dict[str, str]) -> None:
    told = ask_nhn.look(nhn_auth(nhn, **wrong), SECONDS)
    below = set() if "login" not in silent else {"network", "compute", "images", "volumes", "kubernetes"}
    assert refused(told) == silent and set(told["answers"]) == NHN_QUESTIONS - set(silent) - below
    assert "CANARY" not in str(told).replace("tenant CANARY", "") and nhn.take_writes() == []


def test_a_service_that_is_away_hides_no_other(nhn: NhnCloud) -> None:
    nhn.unkind("GET /network/v2.0/vpcs", times=99)
    told = ask_nhn.look(nhn_auth(nhn), SECONDS)
    nhn.kind()
    assert refused(told) == {"network": "silent"} and "503" in told["silent"]["network"]["words"]


def test_what_the_project_holds_is_counted(nhn: NhnCloud) -> None:
    for kind, options in (*NETWORK, *DATABASE):
        nhn.make(kind, **options)
    nhn.make("server", name="host", flavor="m2.c2m4", image="Debian 12 Bookworm", ports=["port"], keypair="keypair", zone="kr-pub-a",
             root_volume={"size_gb": 20})
    nhn.take_writes()
    told = ask_nhn.look(nhn_auth(nhn), SECONDS)["answers"]
    assert told["compute"]["servers"] == {"host": 2} and told["volumes"]["gigabytes"] == 20 and nhn.take_writes() == []
    assert {vpc["cidr"] for vpc in told["network"]["vpcs"]} == {"192.168.0.0/16"} and told["network"]["external"]
    assert [instance["role"] for instance in told["rds"]["instances"]] == ["MASTER"]
    assert abs(told["login"]["offset_seconds"]) < 5


@pytest.fixture(scope="module")
def aws() -> Iterator[AwsCloud]:
    with AwsCloud() as cloud:
        yield cloud


def test_what_aws_offers_and_what_the_account_holds(aws: AwsCloud) -> None:
    aws.network()
    aws.client("s3").create_bucket(Bucket="mine-latch", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
    aws.client("route53").create_hosted_zone(Name="lab.test", CallerReference="once")
    other, ours = certificate(aws, "other.lab.test"), certificate(aws, "tickets.lab.test")
    aws.take_writes()
    told = ask_aws.look(aws_auth(aws.url), WANTED, lambda zone, resolvers: [f"ns.of.{zone}"], SECONDS)
    assert told["silent"] == {} and aws.take_writes() == []
    found = told["answers"]
    assert set(found["certificates"]) == {ours} and found["certificates"][ours]["names"] == ["tickets.lab.test"]
    assert found["certificates"][ours]["state"] == "ISSUED" and 29 < (found["certificates"][ours]["ends"] - time.time()) / 86400 < 31
    assert found["pushed"] == {"digests": []} and found["groups"] == found["templates"] == {"names": []}
    assert found["balancers"] == {"names": [], "target_groups": []}
    assert found["firewall"] == {"web_acls": [], "ip_sets": []} and found["log_policies"] == {"names": [], "delivery": False}
    assert found["rule_groups"] == {"AWSManagedRulesCommonRuleSet": 700, "AWSManagedRulesNobodysRuleSet": None}
    assert set(ask_aws._certificates(aws.client("acm"), other, "tickets.lab.test")) == {other}
    assert ask_aws._certificates(aws.client("acm"), ours[:-1] + "-", "") == {}
    assert set(found["types"]) == {"t3.small"} and found["types"]["t3.small"]["vcpus"] == 2
    assert found["images"] == {"ami-785db401": {"state": "available", "architecture": "x86_64", "root": "/dev/xvda", "root_gib": 8}}
    assert "tickets-vpc" in {vpc["name"] for vpc in found["network"]["vpcs"]} and found["resolvers"]["servers"] == ["ns.of.lab.test"]
    assert found["buckets"] == {"owned": 1, "wanted": {"mine-latch": "mine", "free-backups": "free"}}
    assert found["quotas"]["limits"]["vpcs"] == 5 and None not in found["quotas"]["limits"].values()
    assert len(found["names"]["zones"]) == 1 and found["names"]["zones"][0]["servers"]
    assert "8.4.8" in found["versions"]["mysql"] and "ap-northeast-2a" in found["classes"]["zones"]


def test_what_there_is_of_an_application_is_told_by_name(aws: AwsCloud) -> None:
    vpc = aws.network("web")["vpc"]
    aws.client("elbv2").create_target_group(Name="web-edge", Protocol="HTTP", Port=80, VpcId=vpc)
    aws.client("ec2").create_launch_template(LaunchTemplateName="web", LaunchTemplateData={"ImageId": "ami-785db401", "InstanceType": "t3.small"})
    for number in range(101):           # one page has 100
        aws.client("wafv2").create_ip_set(Name=f"set-{number}", Scope="REGIONAL", IPAddressVersion="IPV4", Addresses=[])
    aws.client("logs").put_resource_policy(policyName="of-aws", policyDocument='{"Service": "delivery.logs.amazonaws.com"}')
    ecr = aws.client("ecr")
    ecr.create_repository(repositoryName="tickets")
    manifest = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "layers": [],
                           "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 1, "digest": f"sha256:{'b' * 64}"}})
    digest = ecr.put_image(repositoryName="tickets", imageManifest=manifest, imageTag="1.0")["image"]["imageId"]["imageDigest"]
    found = ask_aws.look(aws_auth(aws.url), WANTED, lambda zone, resolvers: [], SECONDS)["answers"]
    assert found["balancers"]["target_groups"] == ["web-edge"] and found["templates"] == {"names": ["web"]}
    assert found["pushed"] == {"digests": [digest]} and len(set(found["firewall"]["ip_sets"])) == 101
    assert found["log_policies"] == {"names": ["of-aws"], "delivery": True}
    for elsewhere in ("localhost/ticketing@sha256:" + "a" * 64, f"{REPOSITORY.replace('northeast', 'southeast')}@sha256:{'a' * 64}"):
        told = ask_aws.look(aws_auth(aws.url), WANTED | {"container_image": elsewhere}, lambda zone, resolvers: [], SECONDS)
        assert "pushed" not in told["answers"] and "pushed" not in told["silent"]


@pytest.mark.parametrize(("wrong", "kind"), [
    ({"secret_key": "CANARY"}, "refused"), ({"access_key": "AKIACANARY"}, "refused"), ({"endpoint_url": "http://127.0.0.1:9"}, "silent")])
def test_aws_that_does_not_let_us_in_is_asked_for_nothing_more(aws: AwsCloud, wrong: dict[str, str], kind: str) -> None:
    told = ask_aws.look(aws_auth(aws.url, **wrong), WANTED, lambda zone, resolvers: [], SECONDS)
    assert refused(told) == {"identity": kind} and set(told["answers"]) == {"resolvers"}


def test_a_cloud_that_hangs_holds_nobody_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        auth = {name: None for name in NHN_AUTH["auth"]["options"]} | {
            "region": "KR1", "identity_url": url, "rds_url": url, "registry_url": url, "tenant_id": "t", "object_tenant_id": "o", "username": "u",
            "password": "p", "appkey": "k", "access_key_id": "i", "access_key_secret": "s"}
        began = time.monotonic()
        assert set(refused(ask_nhn.look(auth, 2)).values()) == {"silent"}
        assert refused(ask_aws.look(aws_auth(url), WANTED, lambda zone, resolvers: [], 2)) == {"identity": "silent"}
        assert time.monotonic() - began < 30
