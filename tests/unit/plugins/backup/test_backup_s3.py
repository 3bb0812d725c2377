# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A stream into S3 in as many parts as S3 takes, however large it is, and what it does not take refused before anything is sent."""

from __future__ import annotations

import base64
import hashlib
import io
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.backup import s3
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault

pytest.importorskip("botocore")
TIB = 1 << 40


class Client:
    """S3 as far as uploads go: parts from 1 to 10,000."""

    def __init__(self) -> None:
        self.parts: list[int] = []
        self.digest, self.ended = hashlib.sha256(), ""

    def list_multipart_uploads(self, **_given: Any) -> dict[str, Any]:
        return {}

    def create_multipart_upload(self, **_given: Any) -> dict[str, Any]:
        self.ended = "begun"
        return {"UploadId": "u"}

    def upload_part(self, PartNumber: int, Body: Any, ContentLength: int, ContentMD5: str, **_given: Any) -> dict[str, Any]:
        if PartNumber > 10_000:
            raise OSError("InvalidArgument: Part number must be an integer between 1 and 10000, inclusive")
        size, md5 = 0, hashlib.md5(usedforsecurity=False)
        while block := Body.read(1 << 16):
            size += len(block)
            md5.update(block)
            self.digest.update(block)
        assert (size, base64.b64encode(md5.digest()).decode()) == (ContentLength, ContentMD5)
        self.parts.append(size)
        return {"ETag": "e"}

    def complete_multipart_upload(self, **_given: Any) -> dict[str, Any]:
        self.ended = "complete"
        return {}

    def abort_multipart_upload(self, **_given: Any) -> dict[str, Any]:
        self.ended = "abandoned"
        return {}

    def head_object(self, **_given: Any) -> dict[str, Any]:
        return {"ContentLength": sum(self.parts)}


@pytest.fixture
def store(tmp_path: Path) -> s3.S3:
    made = s3.S3("backups", {}, str(tmp_path))
    made._made = Client()
    return made


def stream(size: int, block: int = 1000) -> Iterator[bytes]:
    for _ in range(size // block):
        yield b"x" * block


@pytest.mark.parametrize("expected", [0, 3_000_000, 30_000_000, 900_000_000])
def test_parts_grow_so_that_there_are_never_too_many(store: s3.S3, monkeypatch: pytest.MonkeyPatch, expected: int) -> None:
    """Of 8 MiB each they ended at 78 GiB, after all of these had been sent, and were sent again by the next run."""
    monkeypatch.setattr(s3, "PART", 1024)
    told = store.put("dump", stream(30_000_000), expected)
    assert told["bytes"] == 30_000_000 and told["sha256"] == store.client.digest.hexdigest() and store.client.ended == "complete"
    assert len(store.client.parts) <= 10_000 and all(size >= 1024 for size in store.client.parts[:-1])


@pytest.mark.parametrize("expected", [0, 100 << 30, TIB, 5 * TIB])
def test_an_object_as_large_as_s3_takes_fits_into_its_parts(expected: int) -> None:
    sent = parts = 0
    while sent < s3.LARGEST:
        size = s3.part_bytes(sent, expected)
        assert 5 << 20 <= size <= 5 << 30
        sent, parts = sent + size, parts + 1
    assert parts <= 10_000
    assert s3.part_bytes(0, 39 << 30) == s3.PART and s3.part_bytes(TIB // 2, TIB) <= 210 << 20, "a part waits on the disk"


def test_what_s3_does_not_take_is_refused_before_anything_is_sent(store: s3.S3, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Fault, match=r"s3://backups/dump(?s:.*)S3 takes no object beyond 5120 GiB"):
        store.put("dump", stream(1000), 5 * TIB + 1)
    assert store.client.ended == "" and store.client.parts == []
    monkeypatch.setattr(s3, "LARGEST", 10_000)
    monkeypatch.setattr(s3, "PART", 1024)
    with pytest.raises(Fault, match="S3 takes no object beyond"):
        store.put("dump", stream(20_000))
    assert store.client.ended == "abandoned" and sum(store.client.parts) <= 10_000


def test_an_empty_stream_is_an_object_too(store: s3.S3) -> None:
    assert store.put("empty", iter(()))["bytes"] == 0 and store.client.parts == [0]


def test_memory_does_not_grow_with_the_parts(store: s3.S3, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A part of 200 MiB, as a TiB has them, was held in memory whole."""
    monkeypatch.setattr(s3, "PART", 1 << 16)
    peaks = []
    for expected in (1 << 20, 1 << 36):             # parts of 64 KiB, and of 13 MiB
        store.client.parts.clear()
        tracemalloc.start()
        assert store.put("dump", stream(32_000_000), expected)["bytes"] == 32_000_000
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert max(store.client.parts) > 10_000_000 and peaks[1] < 2 * peaks[0], peaks
    assert list(tmp_path.iterdir()) == []


def test_a_disk_without_room_for_a_part_is_told_and_the_upload_taken_back(store: s3.S3, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "PART", 1024)
    monkeypatch.setattr(store, "_folder", "/dev/full/no-folder")
    with pytest.raises(Fault, match=r"s3://backups/dump(?s:.*)/dev/full/no-folder takes no more"):
        store.put("dump", stream(20_000), 1 << 36)
    assert store.client.ended == "abandoned"


def test_a_last_block_that_the_disk_does_not_take_is_told_too(store: s3.S3, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is in a buffer, and went to the disk when the part was turned back to its beginning."""
    monkeypatch.setattr(s3.tempfile, "SpooledTemporaryFile", lambda **_given: io.BufferedWriter(io.FileIO("/dev/full", "wb")))
    with pytest.raises(Fault, match=r"s3://backups/dump(?s:.*)takes no more: No space left"):
        store.put("dump", stream(1000))
    assert store.client.ended == "abandoned"


def test_what_went_wrong_is_told_though_the_half_cannot_be_taken_back(store: s3.S3, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next run takes it away."""
    def call(doing: str, key: str, *_given: Any, **_more: Any) -> dict[str, Any]:
        if doing in ("upload", "abandon"):
            raise Fault(doing, key, left=f"{doing} went wrong.")
        return {"UploadId": "u"}

    monkeypatch.setattr(store, "_call", call)
    with pytest.raises(Fault, match=r"upload went wrong\."):
        store.put("dump", stream(1000))
