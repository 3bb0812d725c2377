# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The latch: one object in the standby site's own bucket that says "the service has moved here". Health checkers read it, inverted.

Setting it is an S3 PUT, taking it away (unlatch.py) an S3 DELETE: the data plane of one region; nothing here calls a control plane.
"""

from __future__ import annotations

import json
from typing import Any


class S3Latch:
    """`bucket` and `key` name the object; `client` arguments go to boto3 as they are (region_name, endpoint_url, keys).
    Without keys boto3 uses the instance's own role.
    """

    def __init__(self, site: str, bucket: str, key: str, client: dict[str, Any], timeout: float = 3.0) -> None:
        self._site, self._bucket, self._key = site, bucket, key
        self._arguments, self._timeout = client, timeout
        self._made: Any = None

    def __str__(self) -> str:
        return f"s3://{self._bucket}/{self._key}"

    def stands(self) -> bool:
        """Whether there is a marker, whoever wrote it: checkers ask no more. Raises OSError when S3 does not answer."""
        return self._read() is not None

    def epoch(self) -> int | None:
        """The epoch in the marker, None when there is none. Raises OSError when S3 does not answer."""
        body = self._read()
        if body is None:
            return None
        try:
            return int(json.loads(body)["epoch"])
        except (KeyError, TypeError, ValueError):
            return None                 # a marker without an epoch was not written by us: write ours

    def set(self, epoch: int) -> None:
        """Write the marker. Raises OSError when S3 does not take it."""
        body = json.dumps({"site": self._site, "epoch": epoch}, sort_keys=True).encode()
        try:
            self._client().put_object(Bucket=self._bucket, Key=self._key, Body=body, ContentType="application/json",
                                      CacheControl="no-store")
        except Exception as error:
            raise OSError(self._told("write", error)) from error

    def clear(self) -> None:
        """Take the marker away. Raises OSError when S3 does not do it."""
        try:
            self._client().delete_object(Bucket=self._bucket, Key=self._key)
        except Exception as error:
            raise OSError(self._told("remove", error)) from error

    def _read(self) -> bytes | None:
        try:
            body: bytes = self._client().get_object(Bucket=self._bucket, Key=self._key)["Body"].read()
            return body
        except Exception as error:      # boto3 makes its exception classes at run time; all of them are told apart below
            if _code(error) in ("NoSuchKey", "404"):
                return None
            raise OSError(self._told("read", error)) from error

    def _client(self) -> Any:
        if self._made is None:
            import boto3  # only the standby site has it
            from botocore.config import Config
            config = Config(connect_timeout=self._timeout, read_timeout=self._timeout, retries={"max_attempts": 3, "mode": "standard"})
            self._made = boto3.client("s3", config=config, **self._arguments)
        return self._made

    def _told(self, verb: str, error: Exception) -> str:
        return f"Could not {verb} {self}: {error}"


def _code(error: Exception) -> str:
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""
