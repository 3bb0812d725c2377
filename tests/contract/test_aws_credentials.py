# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab's AWS takes only requests signed with its own keys, in every wire format, and says no as the service asked would."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import boto3
import pytest
from botocore.exceptions import ClientError

from lab import world
from tests.contract.aws_cloud import KEYS, ONE_TRY, AwsCloud

CALLS = {
    "ec2": lambda client: client.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["한글 a+b/~*"]}]),
    "rds": lambda client: client.describe_db_instances(),
    "route53": lambda client: client.list_hosted_zones_by_name(DNSName="a b.example.com."),
    "ecr": lambda client: client.describe_repositories(),
    "s3": lambda client: client.list_objects_v2(Bucket="tickets", Prefix="a b/é+"),
}
CODES = {
    "ec2": ("AuthFailure", "AuthFailure"), "rds": ("InvalidClientTokenId", "SignatureDoesNotMatch"),
    "route53": ("InvalidClientTokenId", "SignatureDoesNotMatch"), "ecr": ("UnrecognizedClientException", "InvalidSignatureException"),
    "s3": ("InvalidAccessKeyId", "SignatureDoesNotMatch"),
}


@pytest.fixture
def aws():
    with AwsCloud() as cloud:
        cloud.client("s3").create_bucket(Bucket="tickets", CreateBucketConfiguration={"LocationConstraint": world.AWS_REGION})
        cloud.client("s3").put_object(Bucket="tickets", Key="a b/é+~(1).txt", Body=b"x" * 100_000)
        yield cloud


def code(aws, service, **keys):
    client = boto3.client(service, region_name=world.AWS_REGION, endpoint_url=aws.url, config=ONE_TRY, **KEYS | keys)
    try:
        CALLS[service](client)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


@pytest.mark.parametrize("service", CALLS)
def test_only_its_own_keys_are_taken(aws, service):
    unknown, wrong = CODES[service]
    assert code(aws, service) is None
    assert code(aws, service, aws_access_key_id="AKIASOMEBODY") == unknown
    assert code(aws, service, aws_secret_access_key="guessed") == wrong


def test_an_object_with_an_awkward_name_comes_back(aws):
    assert len(aws.client("s3").get_object(Bucket="tickets", Key="a b/é+~(1).txt")["Body"].read()) == 100_000


def test_a_request_without_a_signature_may_not_write(aws):
    request = urllib.request.Request(f"{aws.url}/tickets/marker", data=b"aws", method="PUT")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code == 403


def test_the_public_reads_only_what_is_public(aws):
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{aws.url}/tickets/marker")
    assert refused.value.code == 403                      # nothing says so, but nobody may read it either
    policy = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::tickets/marker"}]}
    aws.client("s3").put_bucket_policy(Bucket="tickets", Policy=json.dumps(policy))
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{aws.url}/tickets/marker")
    assert refused.value.code == 403                      # everybody may read it, nobody is told that it is not there
    aws.client("s3").put_object(Bucket="tickets", Key="marker", Body=b"aws")
    aws.client("s3").put_object(Bucket="tickets", Key="secret", Body=b"aws")
    assert urllib.request.urlopen(f"{aws.url}/tickets/marker").read() == b"aws"
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{aws.url}/tickets/secret")
    assert refused.value.code == 403


@pytest.mark.parametrize(("restricted", "status"), [(False, 200), (True, 403)])
def test_a_bucket_that_restricts_public_policies_opens_nothing(aws, restricted, status):
    s3, world_may = aws.client("s3"), {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::tickets/marker"}
    s3.put_object(Bucket="tickets", Key="marker", Body=b"aws")
    s3.put_bucket_policy(Bucket="tickets", Policy=json.dumps({"Statement": [world_may]}))
    s3.put_public_access_block(Bucket="tickets", PublicAccessBlockConfiguration={"RestrictPublicBuckets": restricted})
    try:
        seen = urllib.request.urlopen(f"{aws.url}/tickets/marker").status
    except urllib.error.HTTPError as refused:
        seen = refused.code
    assert seen == status


def test_a_body_changed_on_the_way_is_refused(aws):
    client = aws.client("ec2")

    def change(request, **_):
        request.body = request.body.replace("10.9.0.0", "10.8.0.0")

    client.meta.events.register_last("before-send.ec2.CreateVpc", change)
    with pytest.raises(ClientError, match="AuthFailure"):
        client.create_vpc(CidrBlock="10.9.0.0/16")
    assert client.describe_vpcs()["Vpcs"] == client.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
