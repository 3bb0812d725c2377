# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""AWS Signature Version 4 as a service checks it: who signed a request, or why nobody did. Written from AWS's published description.

Bodies may be signed whole, or not at all (UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER); chunks that are signed one by one are refused.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime
from typing import IO
from urllib.parse import quote, unquote

from werkzeug.wrappers import Request

from .errors import Refused
from .store import Table

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<access>[^/]+)/(?P<day>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request,\s*"
    r"SignedHeaders=(?P<headers>[^,]+),\s*Signature=(?P<signature>[0-9a-f]{64})")
SKEW_SECONDS = 15 * 60
UNSIGNED = "UNSIGNED-PAYLOAD"
CHUNKED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"


def check(request: Request, credentials: Table, region: str, now: float) -> None:
    """Refuse a request that is not signed by one of the credentials, for this region and about now (epoch seconds)."""
    told = AUTHORIZATION.fullmatch(request.headers.get("Authorization", ""))
    if not told:
        raise Refused(403, "Access Denied.", "AccessDenied")
    if told["access"] not in credentials:
        raise Refused(403, "The AWS Access Key Id you provided does not exist in our records.", "InvalidAccessKeyId")
    if (told["region"], told["service"]) != (region, "s3"):
        raise Refused(400, f"The authorization header is malformed; the region '{told['region']}' is wrong; expecting '{region}'",
                      "AuthorizationHeaderMalformed")
    stamp = request.headers.get("X-Amz-Date", "")
    if not re.fullmatch(r"\d{8}T\d{6}Z", stamp) or not stamp.startswith(told["day"]):
        raise Refused(403, "AWS authentication requires a valid Date or x-amz-date header", "AccessDenied")
    if abs(datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp() - now) > SKEW_SECONDS:
        raise Refused(403, "The difference between the request time and the current time is too large.", "RequestTimeTooSkewed")
    scope = f"{told['day']}/{told['region']}/s3/aws4_request"
    hashed = hashlib.sha256(_canonical(request, told["headers"].split(";")).encode()).hexdigest()
    text = "\n".join(("AWS4-HMAC-SHA256", stamp, scope, hashed))
    key = ("AWS4" + credentials[told["access"]]["secret"]).encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    if not hmac.compare_digest(hmac.digest(key, text.encode(), "sha256").hex(), told["signature"]):
        raise Refused(403, "The request signature we calculated does not match the signature you provided.", "SignatureDoesNotMatch")


def body(request: Request) -> IO[bytes]:
    """The request's body as it was meant: what came in chunks with a trailer is put together as it is read."""
    signed = request.headers.get("X-Amz-Content-Sha256", UNSIGNED)
    if signed == CHUNKED:
        return _Chunks(request.stream)      # type: ignore[return-value]
    if signed.startswith("STREAMING-"):
        raise Refused(501, "Chunks that are signed one by one are not handled here.", "NotImplemented")
    return request.stream


def signed_digest(request: Request) -> str | None:
    """The SHA-256 the body must have, None when it is not signed."""
    told = request.headers.get("X-Amz-Content-Sha256", UNSIGNED)
    return told if re.fullmatch(r"[0-9a-f]{64}", told) else None


def _canonical(request: Request, names: list[str]) -> str:
    path, _, query = request.environ["RAW_URI"].partition("?")
    pairs = sorted((quote(unquote(name), safe="-_.~"), quote(unquote(value), safe="-_.~"))
                   for name, _, value in (part.partition("=") for part in query.split("&") if part))
    headers = "".join(f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in names)
    return "\n".join((request.method, path, "&".join(f"{name}={value}" for name, value in pairs), headers, ";".join(names),
                      request.headers.get("X-Amz-Content-Sha256", UNSIGNED)))


class _Chunks:
    """aws-chunked: "<size in hex>\\r\\n<bytes>\\r\\n" again and again, a chunk of size 0, then trailing headers."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream, self.left, self.over = stream, 0, False
        self.trailers: dict[str, str] = {}

    def read(self, size: int) -> bytes:
        """Up to size bytes; b"" at the end."""
        if not self.left and not self.over:
            self.left = int(self.stream.readline().split(b";")[0].strip() or b"0", 16)
            self.over = self.left == 0
        if self.over:
            while line := self.stream.readline().strip():
                name, _, value = line.decode("latin-1").partition(":")
                self.trailers[name.lower()] = value.strip()
            return b""
        block = self.stream.read(min(size, self.left))
        self.left -= len(block)
        if not self.left:
            self.stream.readline()
        if not block:
            raise Refused(400, "The request body terminated unexpectedly.", "IncompleteBody")
        return block
