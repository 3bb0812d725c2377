# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose request is this? AWS Signature Version 4, checked: moto by itself takes any key and any signature.

The rules are those of "Signature Version 4 for API requests" in the IAM User Guide. Requests without a signature are let through only
where AWS serves the public: S3 objects that a bucket policy opens.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote

from lab.aws.actions import is_data_plane, service_of
from lab.aws.public_objects import may_read
from lab.journal import Environ, body_of

_HEADER = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/]+)/((\d{8})/([^/]+)/([^/]+)/aws4_request), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})")

UNKNOWN_KEY = {"ec2": ("AuthFailure", 401), "s3": ("InvalidAccessKeyId", 403), "json": ("UnrecognizedClientException", 400)}
WRONG_SECRET = {"ec2": ("AuthFailure", 401), "json": ("InvalidSignatureException", 400)}
UNSIGNED = {"ec2": ("AuthFailure", 401), "s3": ("AccessDenied", 403), "json": ("MissingAuthenticationTokenException", 400)}


class Credentials:
    """WSGI middleware. keys: access key id -> secret access key, asked anew for each request; token: the session token that a key needs, or None."""

    def __init__(self, app: Callable[..., Iterable[bytes]], keys: Callable[[], Mapping[str, str]],
                 token: Callable[[str], str | None] = lambda _: None):
        self.app = app
        self.keys = keys
        self.token = token

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        refused = self.refusal(environ)
        if refused is None:
            return self.app(environ, start_response)
        code, status, message = refused
        kind, body = _worded(environ, code, message)
        start_response(f"{status} Refused", [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]

    def refusal(self, environ: Environ) -> tuple[str, int, str] | None:
        """(code, status, message) in the words of the asked service, None for a request that may pass."""
        style = "json" if environ.get("HTTP_X_AMZ_TARGET") else service_of(environ)
        signed = _HEADER.fullmatch(environ.get("HTTP_AUTHORIZATION", ""))
        if signed is None:
            if is_data_plane(environ) and environ["REQUEST_METHOD"] in ("GET", "HEAD"):
                return None if may_read(environ["PATH_INFO"]) else ("AccessDenied", 403, "Access Denied")
            return *UNSIGNED.get(style, ("MissingAuthenticationToken", 403)), "Request is missing Authentication Token"
        secret = self.keys().get(signed[1])
        needed = self.token(signed[1])
        if secret is None or (needed is not None and not hmac.compare_digest(needed, environ.get("HTTP_X_AMZ_SECURITY_TOKEN", ""))):
            return *UNKNOWN_KEY.get(style, ("InvalidClientTokenId", 403)), "The security token included in the request is invalid."
        if not hmac.compare_digest(signature(environ, secret, *signed.group(2, 3, 4, 5, 6)), signed[7]):
            return *WRONG_SECRET.get(style, ("SignatureDoesNotMatch", 403)), (
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.")
        return None


def signature(environ: Environ, secret: str, scope: str, day: str, region: str, service: str, signed_headers: str) -> str:
    """What the Authorization header must end in."""
    canonical = "\n".join((
        environ["REQUEST_METHOD"], _path(environ, service), _query(environ),
        *(f"{name}:{_header(environ, name)}" for name in signed_headers.split(";")), "", signed_headers,
        environ.get("HTTP_X_AMZ_CONTENT_SHA256") or hashlib.sha256(body_of(environ)).hexdigest()))
    to_sign = "\n".join(("AWS4-HMAC-SHA256", environ.get("HTTP_X_AMZ_DATE", ""), scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = _hmac(key, part)
    return _hmac(key, to_sign).hex()


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _path(environ: Environ, service: str) -> str:
    """The path as it was sent; every service but S3 encodes it once more."""
    sent = (environ.get("REQUEST_URI") or environ.get("RAW_URI") or quote(environ.get("PATH_INFO", "/"))).split("?", 1)[0] or "/"
    return sent if service == "s3" else quote(sent, safe="/-_.~")


def _query(environ: Environ) -> str:
    pairs = parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    return "&".join(f"{name}={value}" for name, value in sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in pairs))


def _header(environ: Environ, name: str) -> str:
    key = name.upper().replace("-", "_")
    value = environ.get(key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}", "")
    return " ".join(str(value).split())


def _worded(environ: Environ, code: str, message: str) -> tuple[str, bytes]:
    if environ.get("HTTP_X_AMZ_TARGET"):
        return "application/x-amz-json-1.1", json.dumps({"__type": code, "message": message}).encode()
    error = f"<Code>{code}</Code><Message>{message}</Message>"
    service = service_of(environ)
    if service == "s3":
        text = f"<Error>{error}</Error>"
    elif service == "ec2":
        text = f"<Response><Errors><Error>{error}</Error></Errors><RequestID>lab</RequestID></Response>"
    else:
        text = f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error><RequestId>lab</RequestId></ErrorResponse>"
    return "text/xml", f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()
