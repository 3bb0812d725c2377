# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The S3 side of Object Storage, driven by boto3, which nobody here wrote, with keys that nhn_s3_credential issued; and what becomes of those."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.client import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from botocore.httpchecksum import AwsChunkedWrapper, Crc32Checksum

from tests.contract.nhn_cloud import NhnCloud, Outcome


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return tmp_path / "below" / "credentials"


@pytest.fixture
def clean(nhn: NhnCloud) -> Iterator[NhnCloud]:
    """The cloud without a key pair or container."""
    nhn.store.s3_credentials.clear()
    nhn.store.containers.clear()
    yield nhn


def client(resource: dict[str, Any], keys: Path, **other: Any) -> Any:
    """boto3 with what the module wrote and told."""
    pair = dict(line.split(" = ") for line in keys.read_text().splitlines() if " = " in line)
    return boto3.session.Session(**{**pair, "region_name": resource["region"], **other}).client(
        "s3", endpoint_url=resource["endpoint"], config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}))


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_boto3_keeps_objects_in_a_container_that_a_module_made(clean: NhnCloud, keys: Path) -> None:
    clean.make("object_container", name="tickets-backups")
    s3 = client(clean.make("s3_credential", credentials_file=str(keys)), keys)
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["tickets-backups"]
    for name in ("daily/one & two.txt", "daily/three", "four"):
        s3.put_object(Bucket="tickets-backups", Key=name, Body=name.encode(), Metadata={"made-by": "boto3"}, ContentType="text/plain")
    got = s3.get_object(Bucket="tickets-backups", Key="daily/one & two.txt")
    assert (got["Body"].read(), got["Metadata"], got["ContentType"]) == (b"daily/one & two.txt", {"made-by": "boto3"}, "text/plain")
    assert s3.get_object(Bucket="tickets-backups", Key="four", Range="bytes=1-2")["Body"].read() == b"ou"
    assert s3.head_object(Bucket="tickets-backups", Key="four")["ContentLength"] == 4
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket="tickets-backups")["Contents"]] == ["daily/one & two.txt", "daily/three", "four"]
    assert clean.run("object_container", name="tickets-backups").resource["objects"] == 3
    with pytest.raises(ClientError) as refused:
        s3.delete_bucket(Bucket="tickets-backups")
    assert code(refused) == "BucketNotEmpty"
    for name in ("daily/one & two.txt", "daily/three", "four", "never was"):
        s3.delete_object(Bucket="tickets-backups", Key=name)
    with pytest.raises(ClientError) as refused:
        s3.get_object(Bucket="tickets-backups", Key="four")
    assert code(refused) == "NoSuchKey"
    s3.delete_bucket(Bucket="tickets-backups")


def test_boto3_pages_through_a_container_and_its_folders(clean: NhnCloud, keys: Path) -> None:
    s3 = client(clean.make("s3_credential", credentials_file=str(keys)), keys)
    s3.create_bucket(Bucket="pages")
    names = [f"{folder}/{number}" for folder in "abc" for number in range(3)] + ["top"]
    for name in names:
        s3.put_object(Bucket="pages", Key=name, Body=b"")
    for call in ("list_objects_v2", "list_objects"):
        pages = list(s3.get_paginator(call).paginate(Bucket="pages", PaginationConfig={"PageSize": 4}))
        assert [entry["Key"] for page in pages for entry in page["Contents"]] == names and len(pages) == 3
        pages = list(s3.get_paginator(call).paginate(Bucket="pages", Delimiter="/", PaginationConfig={"PageSize": 2}))
        assert [folder["Prefix"] for page in pages for folder in page.get("CommonPrefixes", [])] == ["a/", "b/", "c/"]
        assert [entry["Key"] for page in pages for entry in page.get("Contents", [])] == ["top"]
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket="pages", Prefix="b/")["Contents"]] == ["b/0", "b/1", "b/2"]


def test_a_body_in_chunks_with_a_trailer_arrives_whole(clean: NhnCloud, keys: Path) -> None:
    """What botocore sends over TLS, and here by its own hands over plain HTTP: aws-chunked with a checksum at the end."""
    resource = clean.make("s3_credential", credentials_file=str(keys))
    s3 = client(resource, keys)
    s3.create_bucket(Bucket="chunks")
    large = bytes(range(256)) * 12_000
    body = AwsChunkedWrapper(io.BytesIO(large), checksum_cls=Crc32Checksum, checksum_name="x-amz-checksum-crc32", chunk_size=1 << 16).read()
    asked = AWSRequest("PUT", f"{resource['endpoint']}/chunks/large", headers={"X-Amz-Trailer": "x-amz-checksum-crc32"}, data=body)
    asked.context["checksum"] = {"request_algorithm": {"in": "trailer"}}
    keypair = clean.store.s3_credentials[resource["access"]]
    S3SigV4Auth(Credentials(keypair["access"], keypair["secret"]), "s3", "KR1").add_auth(asked)
    assert asked.headers["X-Amz-Content-SHA256"] == "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    requests.put(asked.url, data=body, headers=dict(asked.headers), timeout=5).raise_for_status()
    assert s3.get_object(Bucket="chunks", Key="large")["Body"].read() == large


@pytest.mark.parametrize(("wrong", "told"), [
    ({"aws_secret_access_key": "0" * 32}, "SignatureDoesNotMatch"), ({"aws_access_key_id": "0" * 32}, "InvalidAccessKeyId"),
    ({"region_name": "KR2"}, "AuthorizationHeaderMalformed")])
def test_who_signs_wrongly_is_refused_by_name(clean: NhnCloud, keys: Path, wrong: dict[str, str], told: str) -> None:
    s3 = client(clean.make("s3_credential", credentials_file=str(keys)), keys, **wrong)
    with pytest.raises(ClientError) as refused:
        s3.list_buckets()
    assert code(refused) == told


def test_a_key_pair_that_is_removed_signs_no_more(clean: NhnCloud, keys: Path) -> None:
    s3 = client(clean.make("s3_credential", credentials_file=str(keys)), keys)
    clean.make("s3_credential", credentials_file=str(keys), state="absent")
    with pytest.raises(ClientError) as refused:
        s3.list_buckets()
    assert code(refused) == "InvalidAccessKeyId" and not keys.exists()


def test_the_secret_is_in_the_file_and_nowhere_else(clean: NhnCloud, keys: Path) -> None:
    outcomes = [clean.run("s3_credential", credentials_file=str(keys), check=check) for check in (True, False, True, False)]
    secret = next(iter(clean.store.s3_credentials.values()))["secret"]
    assert [outcome.result["action"] for outcome in outcomes] == ["create", "create", "none", "none"]
    assert not any(secret in outcome.everything for outcome in outcomes)
    assert secret in keys.read_text() and keys.stat().st_mode & 0o777 == 0o600


def test_a_file_that_lost_the_keys_or_shows_them_gets_them_anew_without_a_write_at_the_service(clean: NhnCloud, keys: Path) -> None:
    first = clean.make("s3_credential", credentials_file=str(keys))
    clean.requests()
    for spoil in (keys.unlink, lambda: keys.chmod(0o644), lambda: keys.write_text("[default]\naws_access_key_id = other\n")):
        spoil()
        outcome = clean.run("s3_credential", credentials_file=str(keys))
        assert outcome.result["action"] == "update" and outcome.resource["access"] == first["access"]
        assert keys.stat().st_mode & 0o777 == 0o600 and clean.take_writes() == []
    assert "[default]\naws_access_key_id = other" in keys.read_text()


def test_an_exchange_leaves_no_gap(clean: NhnCloud, keys: Path) -> None:
    old = clean.make("s3_credential", credentials_file=str(keys))["access"]
    new = clean.make("s3_credential", credentials_file=str(keys), other_than=old)["access"]
    assert new != old and new in keys.read_text() and set(clean.store.s3_credentials) == {old, new}
    assert not clean.run("s3_credential", credentials_file=str(keys), other_than=old).changed
    assert clean.run("s3_credential", access=old, state="absent").result["action"] == "delete"
    assert not clean.run("s3_credential", credentials_file=str(keys)).changed and set(clean.store.s3_credentials) == {new}


def test_a_pair_of_ones_own_is_nobody_elses_and_is_made_once(clean: NhnCloud, keys: Path, tmp_path: Path) -> None:
    theirs = clean.make("s3_credential", credentials_file=str(keys))["access"]
    mine: dict[str, Any] = {"credentials_file": str(tmp_path / "mine"), "own": True}
    clean.unkind("POST /identity/v2.0/users/*/credentials/OS-EC2", status=504, after=True)
    own = clean.make("s3_credential", **mine)["access"]
    assert own != theirs and own in (tmp_path / "mine").read_text() and set(clean.store.s3_credentials) == {theirs, own}
    clean.requests()
    assert not clean.run("s3_credential", **mine).changed and clean.take_writes() == []
    clean.make("s3_credential", **mine, state="absent")
    assert set(clean.store.s3_credentials) == {theirs} and not clean.run("s3_credential", credentials_file=str(keys)).changed
    assert "own: only with credentials_file" in clean.run("s3_credential", own=True).result["msg"]


def test_a_machine_without_the_file_is_told_of_the_pairs_that_it_passes_over(clean: NhnCloud, keys: Path, tmp_path: Path) -> None:
    def own(name: str, **more: Any) -> Outcome:
        return clean.run("s3_credential", credentials_file=str(tmp_path / name), own=True, **more)

    def told(outcome: Outcome, name: str) -> str:
        """Of this file: warnings of one process add up, in results or, where Ansible's controller is in it as well, on the terminal."""
        return outcome.everything if f"{tmp_path / name} holds" in outcome.everything else ""

    first = own("first")
    access = first.resource["access"]
    assert told(first, "first") == told(own("first"), "first") == ""
    second, gone = own("second", check=True), own("third", state="absent")
    assert second.result["action"] == "create" and f"S3 credentials {access};" in told(second, "second")
    assert "second holds none, so another one is issued" in told(second, "second")
    assert gone.result["action"] == "none" and access in told(gone, "third") and "third holds none, so none is removed" in told(gone, "third")
    assert own("first", state="absent").result["action"] == "delete" and told(own("first", state="absent"), "first") == ""


def test_what_cannot_be_is_told_before_anything_is_touched(clean: NhnCloud, keys: Path) -> None:
    assert "access: required" in clean.run("s3_credential", state="absent").result["msg"]
    outcome = clean.run("s3_credential", access="nobody")
    assert outcome.result["failure"]["kind"] == "Absent" and "There are: none" in outcome.result["msg"]
    keys.parent.mkdir()
    keys.write_text("CANARY-57 is no credentials file")
    outcome = clean.run("s3_credential", credentials_file=str(keys))
    assert outcome.failed and "was not touched" in outcome.result["msg"] and "CANARY" not in outcome.everything
    assert clean.take_writes() == [] and keys.read_text() == "CANARY-57 is no credentials file"


def test_a_fourth_pair_is_refused_with_four_facts(clean: NhnCloud, keys: Path) -> None:
    user, tenant = clean.store.user_id, clean.store.settings.credentials.object_tenant_id
    for number in range(3):
        clean.store.s3_credentials[f"other{number}"] = {"access": f"other{number}", "secret": "s", "user_id": user, "tenant_id": tenant,
                                                       "created_at": f"2026-01-0{number + 1}T00:00:00Z", "accessed_at": None}
    assert clean.run("s3_credential").resource["access"] == "other0"
    assert clean.run("s3_credential", other_than="other0").resource["access"] == "other1"
    told = clean.run("s3_credential_info")
    assert [each["access"] for each in told.result["resources"]] == ["other0", "other1", "other2"] and "secret" not in told.result["resources"][0]
    for check in (True, False):         # before it is asked for, and with all that are known
        refused = clean.run("s3_credential", check=check, credentials_file=str(keys), own=True)
        assert "The user has other0, other1, other2, and may have 3" in refused.result["msg"] and f"{keys} holds none" in refused.result["msg"]
        assert "with one of them is" in refused.result["failure"]["next"]
    assert clean.take_writes() == [] and not keys.exists()
    clean.store.s3_credentials = {"other0": clean.store.s3_credentials["other0"]}
    clean.unkind("POST /identity/v2.0/users/*/credentials/OS-EC2", status=403, message="The number of credentials has reached its limit, 3.")
    failure = clean.run("s3_credential", other_than="other0").result["failure"]
    assert failure["doing"] == "create S3 credential" and "limit" in failure["answer"]["words"] and failure["left"] and failure["next"]


@pytest.mark.parametrize("own", [True, False])
def test_a_file_that_cannot_be_written_costs_no_key_pair(own: bool, clean: NhnCloud, keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise OSError(28, "No space left on device")

    options = {"credentials_file": str(keys), "own": own}
    clean.take_writes()
    with monkeypatch.context() as broken:
        broken.setattr("tempfile.mkstemp", full)
        for _ in range(4):
            outcome = clean.run("s3_credential", **options)
            assert "No space left on device. No credential was asked for." in outcome.result["msg"]
        assert clean.take_writes() == [] and not clean.store.s3_credentials
    # A disk that fills up in between: the pair that nobody could use any more is given back.
    with monkeypatch.context() as broken:
        broken.setattr("os.replace", full)
        for _ in range(4):
            outcome = clean.run("s3_credential", **options)
            assert "The pair that was made for it was removed again" in outcome.result["msg"] and not clean.store.s3_credentials
    assert not list(keys.parent.iterdir())
    assert clean.make("s3_credential", **options)["access"] in clean.store.s3_credentials and len(clean.store.s3_credentials) == 1
