# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The marker in S3, against moto."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.switch.latch import S3Latch
from moto import mock_aws

CLIENT = {"region_name": "ap-northeast-2", "aws_access_key_id": "testing", "aws_secret_access_key": "testing"}


@pytest.fixture
def bucket() -> Iterator[str]:
    with mock_aws():
        boto3.client("s3", **CLIENT).create_bucket(
            Bucket="tickets-latch", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
        yield "tickets-latch"


def test_set_and_read(bucket: str) -> None:
    latch = S3Latch("aws", bucket, "taken-over", CLIENT)
    assert latch.epoch() is None
    latch.set(2)
    assert latch.epoch() == 2
    boto3.client("s3", **CLIENT).put_object(Bucket=bucket, Key="taken-over", Body=b"by hand")
    assert latch.epoch() is None, "what somebody wrote by hand is written again"


def test_a_missing_bucket_is_told(bucket: str) -> None:
    latch = S3Latch("aws", "no-such-bucket", "taken-over", CLIENT)
    with pytest.raises(OSError, match=r"Could not write s3://no-such-bucket/taken-over: .*NoSuchBucket"):
        latch.set(2)
    with pytest.raises(OSError, match="Could not read"):
        latch.epoch()


def test_it_goes_whoever_wrote_it(bucket: str) -> None:
    latch = S3Latch("aws", bucket, "taken-over", CLIENT)
    latch.clear()
    assert not latch.stands(), "what is not there can be taken away"
    boto3.client("s3", **CLIENT).put_object(Bucket=bucket, Key="taken-over", Body=b"by hand")
    assert latch.stands()
    latch.clear()
    assert not latch.stands() and latch.epoch() is None
    with pytest.raises(OSError, match=r"Could not remove s3://no-such-bucket/taken-over"):
        S3Latch("aws", "no-such-bucket", "taken-over", CLIENT).clear()
