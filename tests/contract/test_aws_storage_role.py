# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role aws_storage against the control plane alone: one key that anybody may read and few may write, and backups that nobody sees or loses."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.aws_cloud import AwsCloud
from tests.contract.aws_play import Play

ROLE = "aws_storage"
WRITER = "arn:aws:iam::*:role/tickets-standby"
BUCKETS: dict[str, Any] = {"aws_storage_bucket": "tickets-latch", "aws_storage_backup_bucket": "tickets-backups",
                           "aws_storage_marker_writers": [WRITER], "aws_storage_tags": {"service": "tickets"}}


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    with AwsCloud() as aws:
        yield Play(aws, tmp_path)


def anybody(url: str) -> int:
    """The status that somebody without credentials gets."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.long
def test_the_buckets_are_built_and_built_again_without_a_write(play: Play) -> None:
    aws, s3 = play.aws, play.aws.client("s3")
    play(ROLE, check=True, **BUCKETS)
    assert aws.take_writes() == []
    # moto judges no conditions, so that nobody could put anything there.
    play(ROLE, **{**BUCKETS, "aws_storage_marker_writers": [], "aws_storage_backup_tls_only": False})
    for bucket in ("tickets-latch", "tickets-backups"):
        [rule] = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
        assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
        assert {tag["Key"]: tag["Value"] for tag in s3.get_bucket_tagging(Bucket=bucket)["TagSet"]} == {"Name": bucket, "service": "tickets"}
        s3.put_object(Bucket=bucket, Key="taken-over", Body=b"{}")
        s3.put_object(Bucket=bucket, Key="another", Body=b"{}")
    play(ROLE, **BUCKETS)
    assert s3.get_bucket_versioning(Bucket="tickets-backups")["Status"] == "Enabled"
    assert set(s3.get_public_access_block(Bucket="tickets-backups")["PublicAccessBlockConfiguration"].values()) == {True}
    [undo] = s3.get_bucket_lifecycle_configuration(Bucket="tickets-backups")["Rules"]
    assert undo["NoncurrentVersionExpiration"]["NoncurrentDays"] == 35 and undo["Status"] == "Enabled" and "Expiration" not in undo

    paths = ("tickets-latch/taken-over", "tickets-latch/another", "tickets-latch", "tickets-backups/taken-over")
    assert [anybody(f"{aws.url}/{path}") for path in paths] == [200, 403, 403, 403]
    statements = {statement["Effect"]: statement for statement in json.loads(s3.get_bucket_policy(Bucket="tickets-latch")["Policy"])["Statement"]}
    assert statements["Deny"]["Condition"] == {"ArnNotLike": {"aws:PrincipalArn": [WRITER]}}
    assert statements["Deny"]["Resource"] == statements["Allow"]["Resource"] == "arn:aws:s3:::tickets-latch/taken-over"
    assert statements["Deny"]["Action"] == ["s3:PutObject", "s3:DeleteObject"]
    [in_clear] = json.loads(s3.get_bucket_policy(Bucket="tickets-backups")["Policy"])["Statement"]
    assert (in_clear["Effect"], in_clear["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})

    aws.take_writes()
    assert "changed=0" in play(ROLE, **BUCKETS)
    assert aws.take_writes() == []
