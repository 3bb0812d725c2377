# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The S3 calls that NHN lists beyond the plain ones (copies, many removals at once, parts), and those that are refused and never answered as if
they were done: by boto3."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from tests.contract.nhn_cloud import NhnCloud
from tests.contract.test_nhn_s3 import client, code

LARGE = bytes(range(256)) * (9 << 12)       # 9 MiB: boto3 sends it in two parts


@pytest.fixture
def s3(nhn: NhnCloud, tmp_path: Path) -> Iterator[Any]:
    """A client with one bucket, `bucket`, that holds `small`."""
    keys = tmp_path / "credentials"
    nhn.store.containers.clear()
    nhn.store.s3_uploads.clear()
    made = client(nhn.make("s3_credential", credentials_file=str(keys)), keys)
    made.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "KR1"})
    made.put_object(Bucket="bucket", Key="small", Body=b"0123456789", Metadata={"by": "boto3"}, ContentType="text/plain")
    yield made
    nhn.store.containers.clear()


def files(nhn: NhnCloud) -> int:
    """How many bodies the emulator keeps."""
    return len(list(nhn.store.settings.objects.iterdir()))


def test_a_large_file_goes_up_in_parts_and_is_one_object(s3: Any, nhn: NhnCloud, tmp_path: Path) -> None:
    file, kept = tmp_path / "large", files(nhn)
    file.write_bytes(LARGE)
    s3.upload_file(str(file), "bucket", "large", ExtraArgs={"Metadata": {"by": "parts"}, "ContentType": "text/plain"})
    got = s3.get_object(Bucket="bucket", Key="large")
    assert got["Body"].read() == LARGE and (got["Metadata"], got["ContentType"]) == ({"by": "parts"}, "text/plain")
    sums = b"".join(hashlib.md5(part, usedforsecurity=False).digest() for part in (LARGE[:8 << 20], LARGE[8 << 20:]))
    assert got["ETag"] == f'"{hashlib.md5(sums, usedforsecurity=False).hexdigest()}-2"'
    assert s3.get_object(Bucket="bucket", Key="large", Range="bytes=8388606-8388609")["Body"].read() == LARGE[8388606:8388610]
    s3.copy({"Bucket": "bucket", "Key": "large"}, "bucket", "again", Config=TransferConfig(multipart_threshold=6 << 20, multipart_chunksize=5 << 20))
    assert s3.get_object(Bucket="bucket", Key="again")["Body"].read() == LARGE
    assert nhn.store.s3_uploads == {} and files(nhn) == kept + 2        # no part is left lying


def test_parts_are_nothing_before_they_are_completed_and_gone_when_they_are_given_up(s3: Any, nhn: NhnCloud) -> None:
    kept = files(nhn)
    upload = {"Bucket": "bucket", "Key": "parted", "UploadId": s3.create_multipart_upload(Bucket="bucket", Key="parted")["UploadId"]}
    etags = [s3.upload_part(**upload, PartNumber=number, Body=body)["ETag"] for number, body in ((1, b"too small"), (2, b"last"))]
    assert [(part["PartNumber"], part["Size"]) for part in s3.list_parts(**upload)["Parts"]] == [(1, 9), (2, 4)]
    assert [each["Key"] for each in s3.list_multipart_uploads(Bucket="bucket")["Uploads"]] == ["parted"]
    one, two = ({"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1))
    for parts, told in (([one, two], "EntityTooSmall"), ([two, one], "InvalidPartOrder"), ([{**one, "ETag": '"other"'}], "InvalidPart"),
                        ([{**one, "PartNumber": 3}], "InvalidPart")):
        with pytest.raises(ClientError) as refused:
            s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
        assert code(refused) == told
    assert [each["Key"] for each in s3.list_objects_v2(Bucket="bucket")["Contents"]] == ["small"]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [two]})
    assert s3.get_object(Bucket="bucket", Key="parted")["Body"].read() == b"last"
    given_up = {**upload, "UploadId": s3.create_multipart_upload(Bucket="bucket", Key="parted")["UploadId"]}
    s3.upload_part(**given_up, PartNumber=1, Body=b"x")
    s3.abort_multipart_upload(**given_up)
    with pytest.raises(ClientError) as refused:
        s3.upload_part(**given_up, PartNumber=1, Body=b"x")
    assert code(refused) == "NoSuchUpload" and files(nhn) == kept + 1


def test_a_copy_says_what_its_source_says_or_something_else(s3: Any) -> None:
    s3.copy_object(Bucket="bucket", Key="a copy & more", CopySource={"Bucket": "bucket", "Key": "small"})
    got = s3.get_object(Bucket="bucket", Key="a copy & more")
    assert (got["Body"].read(), got["Metadata"], got["ContentType"]) == (b"0123456789", {"by": "boto3"}, "text/plain")
    other = {"MetadataDirective": "REPLACE", "Metadata": {"by": "me"}}
    s3.copy_object(Bucket="bucket", Key="small", CopySource="bucket/small", **other)
    assert s3.head_object(Bucket="bucket", Key="small")["Metadata"] == {"by": "me"}
    for source, key, told in (("bucket/none", "x", "NoSuchKey"), ("none/small", "x", "NoSuchBucket"), ("bucket/small", "small", "InvalidRequest")):
        with pytest.raises(ClientError) as refused:
            s3.copy_object(Bucket="bucket", Key=key, CopySource=source)
        assert code(refused) == told
    with pytest.raises(ClientError) as refused:
        s3.copy_object(Bucket="bucket", Key="x", CopySource="bucket/small", CopySourceIfMatch='"other"')
    assert code(refused) == "PreconditionFailed"


def test_many_are_removed_at_once(s3: Any) -> None:
    for name in ("a & b", "c"):
        s3.put_object(Bucket="bucket", Key=name, Body=b"")
    gone = s3.delete_objects(Bucket="bucket", Delete={"Objects": [{"Key": "a & b"}, {"Key": "never was"}]})
    assert [each["Key"] for each in gone["Deleted"]] == ["a & b", "never was"] and "Errors" not in gone
    assert "Deleted" not in s3.delete_objects(Bucket="bucket", Delete={"Objects": [{"Key": "c"}], "Quiet": True})
    assert [each["Key"] for each in s3.list_objects_v2(Bucket="bucket")["Contents"]] == ["small"]


def test_who_reads_on_a_condition_gets_what_it_says(s3: Any) -> None:
    etag = s3.head_object(Bucket="bucket", Key="small")["ETag"]
    assert s3.get_object(Bucket="bucket", Key="small", IfMatch=etag, IfNoneMatch='"other"')["Body"].read() == b"0123456789"
    for read in (s3.get_object, s3.head_object):
        for condition, status in (({"IfMatch": '"other"'}, 412), ({"IfNoneMatch": etag}, 304)):
            with pytest.raises(ClientError) as refused:
                read(Bucket="bucket", Key="small", **condition)
            assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


@pytest.mark.parametrize(("call", "more"), [
    ("put_object", {"IfNoneMatch": "*"}), ("put_object", {"ACL": "public-read"}), ("put_object", {"Tagging": "a=b"}),
    ("put_object", {"ServerSideEncryption": "AES256"}), ("put_object", {"StorageClass": "STANDARD_IA"}), ("put_object", {"CacheControl": "no-store"}),
    ("put_object", {"ObjectLockMode": "GOVERNANCE"}), ("put_object_acl", {"ACL": "public-read"}), ("get_object_acl", {}),
    ("put_object_tagging", {"Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}}), ("get_object", {"VersionId": "1"}),
    ("get_object", {"ResponseContentType": "text/html"}), ("delete_object", {"VersionId": "1"}), ("delete_object", {"IfMatch": '"x"'}),
    ("create_multipart_upload", {"ACL": "public-read"}), ("copy_object", {"CopySource": "bucket/small", "TaggingDirective": "REPLACE"}),
    ("copy_object", {"CopySource": "bucket/small", "CopySourceIfNoneMatch": '"x"'})])
def test_what_is_not_acted_on_is_refused_and_changes_nothing(s3: Any, nhn: NhnCloud, call: str, more: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(s3, call)(Bucket="bucket", Key="small", **more)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501 and code(refused) == "NotImplemented"
    held = nhn.store.containers["bucket"]["objects"]
    assert list(held) == ["small"] and held["small"]["bytes"] == 10 and nhn.store.s3_uploads == {}


@pytest.mark.parametrize(("call", "more"), [
    ("get_bucket_acl", {}), ("get_bucket_policy", {}), ("put_bucket_versioning", {"VersioningConfiguration": {"Status": "Enabled"}}),
    ("list_objects_v2", {"FetchOwner": True}), ("create_bucket", {"ACL": "public-read"}), ("get_bucket_lifecycle_configuration", {})])
def test_what_is_not_acted_on_of_a_bucket_is_refused(s3: Any, call: str, more: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(s3, call)(Bucket="bucket", **more)
    assert code(refused) == "NotImplemented"


def test_a_body_with_another_sum_is_not_taken(s3: Any, nhn: NhnCloud) -> None:
    for more in ({"ContentMD5": base64.b64encode(hashlib.md5(b"other", usedforsecurity=False).digest()).decode()},
                 {"ChecksumCRC32": base64.b64encode(zlib.crc32(b"other").to_bytes(4, "big")).decode()}):
        with pytest.raises(ClientError) as refused:
            s3.put_object(Bucket="bucket", Key="small", Body=b"this", **more)
        assert code(refused) == "BadDigest"
    with pytest.raises(ClientError) as refused:
        s3.put_object(Bucket="bucket", Key="small", Body=b"this", ChecksumSHA256=base64.b64encode(hashlib.sha256(b"this").digest()).decode())
    assert code(refused) == "NotImplemented"
    assert nhn.store.containers["bucket"]["objects"]["small"]["bytes"] == 10
    assert requests.get(f"{nhn.url}/objects/bucket/small", timeout=5).status_code == 403


def test_a_bucket_of_another_region_is_not_made(s3: Any) -> None:
    with pytest.raises(ClientError) as refused:
        s3.create_bucket(Bucket="elsewhere", CreateBucketConfiguration={"LocationConstraint": "KR2"})
    assert code(refused) == "InvalidLocationConstraint"
