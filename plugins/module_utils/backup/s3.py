# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The copies in S3. An object is there whole or not at all: it is uploaded in parts, each with its MD5, and completed at the end."""

from __future__ import annotations

import base64
import hashlib
import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ..faults import Absent, Answer, Damaged, Fault

PART = 8 << 20                  # bytes; S3 allows parts of at least 5 MiB
PARTS, LARGEST_PART, LARGEST = 10_000, 5 << 30, 5 << 40         # and no more, no larger ones, no larger object
BLOCK = 1 << 18
LIMITS = {"connect_timeout": 10, "read_timeout": 60, "retries": {"max_attempts": 5, "mode": "standard"}}


@dataclass(frozen=True)
class Part:
    """A piece of an upload. file: to be read from its beginning; md5: in base64, as S3 wants it."""

    file: Any
    bytes: int
    md5: str


class S3:
    """One bucket. client: arguments for boto3 (region_name, endpoint_url, keys; without keys the host's own role); folder: on a disk, for a part of
    an upload that is larger than PART, None for the system's own for such things."""

    def __init__(self, bucket: str, client: dict[str, Any], folder: str | None = None) -> None:
        self.bucket, self._arguments, self._folder = bucket, client, folder
        self._made: Any = None

    @property
    def client(self) -> Any:
        """The boto3 client, made on first use."""
        if self._made is None:
            import boto3
            from botocore.config import Config
            self._made = boto3.client("s3", config=Config(**LIMITS), **self._arguments)
        return self._made

    def put(self, key: str, body: Iterable[bytes], expected: int = 0) -> dict[str, Any]:
        """Upload a stream: {key, bytes, sha256}. expected: bytes, as far as anybody knows; 0 for not at all. What an earlier run left half is taken
        away first. Raises Fault, for what S3 would not take before anything is sent, and what `body` raises."""
        if expected > LARGEST:
            raise self._too_large(key, expected)
        self.forget_halves(key)
        upload = self._call("begin", key, "create_multipart_upload", Key=key, ServerSideEncryption="AES256")["UploadId"]
        digest, count, done = hashlib.sha256(), 0, []
        try:
            for number, part in enumerate(self._in_parts(key, body, expected, digest), 1):
                count += part.bytes
                if count > LARGEST:
                    raise self._too_large(key, count)
                answer = self._call("upload", key, "upload_part", Key=key, UploadId=upload, PartNumber=number, Body=part.file,
                                    ContentLength=part.bytes, ContentMD5=part.md5)
                done.append({"PartNumber": number, "ETag": answer["ETag"]})
            self._call("complete", key, "complete_multipart_upload", Key=key, UploadId=upload, MultipartUpload={"Parts": done})
        except BaseException:
            with suppress(Fault):           # what went wrong is told, and the next run takes a half away
                self._call("abandon", key, "abort_multipart_upload", Key=key, UploadId=upload)
            raise
        there = self._call("look at", key, "head_object", Key=key)["ContentLength"]
        if there != count:
            raise Fault("upload", self._at(key), left=f"{count} bytes were sent, {there} are there.", then="Run again.")
        return {"key": key, "bytes": count, "sha256": digest.hexdigest()}

    def get(self, part: dict[str, Any]) -> Iterator[bytes]:
        """An object as a manifest names it. Raises Damaged at its end unless size and checksum are right: nothing may be trusted before."""
        key, digest, count = part["key"], hashlib.sha256(), 0
        body = self._call("read", key, "get_object", Key=key)["Body"]
        try:
            for block in body.iter_chunks(BLOCK):
                digest.update(block)
                count += len(block)
                yield block
        except _failures() as error:
            raise self._fault("read", key, error) from error
        if (count, digest.hexdigest()) != (part["bytes"], part["sha256"]):
            raise Damaged("use", self._at(key), left=f"It has {count} bytes and another checksum than its manifest says ({part['bytes']} bytes): "
                          "it was changed or cut short. It was not used.", then="Use another backup, or an earlier version of the object.")

    def put_json(self, key: str, value: Any) -> None:
        """A small object, in one request."""
        body = (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
        self._call("write", key, "put_object", Key=key, Body=body, ContentType="application/json", ServerSideEncryption="AES256")

    def get_json(self, key: str) -> Any:
        """Its value. Raises Absent, Damaged when it is no JSON, Fault."""
        answer = self._call("read", key, "get_object", Key=key)
        try:
            return json.loads(answer["Body"].read())
        except _failures() as error:
            raise self._fault("read", key, error) from error
        except ValueError as error:
            raise Damaged("read", self._at(key), left="It is not JSON.", then="Restore an earlier version of the object.") from error

    def keys(self, prefix: str) -> list[str]:
        """Names of all objects that begin so."""
        found: list[str] = []
        more: dict[str, str] = {}
        while True:
            page = self._call("list", prefix, "list_objects_v2", Prefix=prefix, **more)
            found += [entry["Key"] for entry in page.get("Contents", ())]
            if not page.get("IsTruncated"):
                return found
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def delete(self, key: str) -> None:
        """Remove; the bucket keeps versions. Gone already is fine."""
        self._call("remove", key, "delete_object", Key=key)

    def forget_halves(self, prefix: str) -> int:
        """Abort uploads that a killed run left behind; how many."""
        found = self._call("list uploads below", prefix, "list_multipart_uploads", Prefix=prefix).get("Uploads", ())
        for upload in found:
            self._call("abandon", upload["Key"], "abort_multipart_upload", Key=upload["Key"], UploadId=upload["UploadId"])
        return len(found)

    def _in_parts(self, key: str, body: Iterable[bytes], expected: int, digest: Any) -> Iterator[Part]:
        """The stream in pieces, the last one shorter; one empty piece for an empty stream. Each is gone when the next is asked for: whatever its
        size, no more than PART of it is in memory. digest: told of every byte."""
        blocks, sent, ended = iter(body), 0, False
        while not ended:
            with tempfile.SpooledTemporaryFile(max_size=PART, dir=self._folder) as file:
                size, md5, wanted = 0, hashlib.md5(usedforsecurity=False), part_bytes(sent, expected)
                while size < wanted:
                    block = next(blocks, None)
                    if block is None:
                        ended = True
                        break
                    digest.update(block)
                    md5.update(block)
                    self._keep(key, file, block, size)
                    size += len(block)
                sent += size
                if size or not sent:
                    file.seek(0)
                    yield Part(file, size, base64.b64encode(md5.digest()).decode())

    def _keep(self, key: str, file: Any, block: bytes, size: int) -> None:
        try:
            file.write(block)
            file.flush()                # what does not fit is told here, not where it is sent
        except OSError as error:
            with suppress(OSError):     # it would try once more
                file.close()
            raise Fault("upload", self._at(key), left=f"A part of it waits on this host's disk until it is sent, and at {size >> 20} MiB "
                        f"{self._folder or tempfile.gettempdir()} takes no more: {error.strerror}. Nothing of the upload counts.",
                        then="Make room there (a TiB needs 210 MiB), then run again.") from error

    def _too_large(self, key: str, size: int) -> Fault:
        return Fault("upload", self._at(key), left=f"It has {size >> 30} GiB or more, and S3 takes no object beyond {LARGEST >> 30} GiB.",
                     then="Back up these schemas each by itself, or by snapshots of their provider.")

    def _at(self, key: str) -> str:
        return f"s3://{self.bucket}/{key}"

    def _call(self, doing: str, key: str, method: str, **arguments: Any) -> Any:
        try:
            return getattr(self.client, method)(Bucket=self.bucket, **arguments)
        except _failures() as error:
            raise self._fault(doing, key, error) from error

    def _fault(self, doing: str, key: str, error: Exception) -> Fault:
        told = getattr(error, "response", None)
        if not isinstance(told, dict):
            return Fault(doing, self._at(key), answer=Answer("S3", None, type(error).__name__, str(error)), then="Run again when S3 answers.")
        what, status = told.get("Error", {}), told.get("ResponseMetadata", {}).get("HTTPStatusCode")
        kind = Absent if what.get("Code") in ("NoSuchKey", "NoSuchBucket", "404") else Fault
        return kind(doing, self._at(key), answer=Answer("S3", status, what.get("Code", ""), what.get("Message", "")))


def _failures() -> tuple[type[Exception], ...]:
    from botocore.exceptions import BotoCoreError, ClientError
    return (BotoCoreError, ClientError, OSError)


def part_bytes(sent: int, expected: int) -> int:
    """How large the next part is, so that there are never more than S3 takes: half of them for what is expected, and when there is more, parts that
    grow with it. A part waits on the disk until it is sent, so it is no larger than it has to be: 8 MiB, which are held in memory, up to 39 GiB,
    210 MiB for a TiB."""
    return min(LARGEST_PART, max(PART, 2 * expected // PARTS, sent // 1200 if sent > expected else 0))
