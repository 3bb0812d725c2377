# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a service says when it will not: one exception, and the shape each family of services gives it on the wire."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import Any
from xml.sax.saxutils import escape

SUCCESS = {"resultCode": 0, "resultMessage": "SUCCESS", "isSuccessful": True}

# NHN publishes 80401 and 80403; the others follow the same pattern and are our guess.
RDS_CODES = {400: 80400, 401: 80401, 403: 80403, 404: 80404, 409: 80409}
RDS_BUSY = 7008
REGISTRY_SUCCESS = {"isSuccessful": True, "resultCode": 200, "resultMessage": "SUCCESS"}

NOVA_FAULTS = {400: "badRequest", 401: "unauthorized", 403: "forbidden", 404: "itemNotFound", 405: "badMethod", 409: "conflictingRequest",
               413: "overLimit", 429: "overLimit", 500: "computeFault", 503: "serviceUnavailable"}


class Refused(Exception):
    """A request the service answers with an error.

    `status` is the HTTP status; `kind` the machine-readable type where a family has one; `code` an RDS result code that overrides
    the one derived from the status.
    """

    def __init__(self, status: int, message: str, kind: str = "", code: int | None = None):
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind or HTTPStatus(status).phrase.title().replace(" ", "")
        self.code = code


def busy(message: str = "Job is fail to register") -> Refused:
    """RDS has another job in flight on the same resource."""
    return Refused(409, message, code=RDS_BUSY)


def keystone(refused: Refused) -> tuple[int, Any]:
    return refused.status, {"error": {"code": refused.status, "title": HTTPStatus(refused.status).phrase, "message": refused.message}}


def neutron(refused: Refused) -> tuple[int, Any]:
    return refused.status, {"NeutronError": {"type": refused.kind, "message": refused.message, "detail": ""}}


def nova(refused: Refused) -> tuple[int, Any]:
    return refused.status, {NOVA_FAULTS.get(refused.status, "computeFault"): {"code": refused.status, "message": refused.message}}


def glance(refused: Refused) -> tuple[int, Any]:
    phrase = HTTPStatus(refused.status).phrase
    return refused.status, {"message": refused.message, "code": f"{refused.status} {phrase}", "title": phrase}


def magnum(refused: Refused) -> tuple[int, Any]:
    error: dict[str, Any] = {"request_id": f"req-{uuid.uuid4()}", "code": "client" if refused.status < 500 else "server", "status": refused.status,
             "title": refused.message, "detail": refused.message, "links": []}
    return refused.status, {"errors": [error]}


def swift(refused: Refused) -> tuple[int, Any]:
    """Swift says it in HTML, which no client reads; what counts is the status."""
    return refused.status, Html(f"<html><h1>{HTTPStatus(refused.status).phrase}</h1><p>{refused.message}</p></html>")


class Html(str):
    """A body that is not JSON."""

    __slots__ = ()


def s3(refused: Refused) -> tuple[int, Any]:
    """S3 names its errors: NoSuchKey, SignatureDoesNotMatch, ..."""
    return refused.status, Xml(f"<Error><Code>{refused.kind}</Code><Message>{escape(refused.message)}</Message>"
                               f"<RequestId>{uuid.uuid4().hex}</RequestId></Error>")


class Xml(str):
    """A body that is XML."""

    __slots__ = ()


def oauth(refused: Refused) -> tuple[int, Any]:
    """RFC 6749, section 5.2."""
    return refused.status, {"error": refused.kind, "error_description": refused.message}


def rds(refused: Refused) -> tuple[int, Any]:
    """RDS answers HTTP 200 and tells the truth in the envelope; only what never reached the service has another HTTP status."""
    if refused.status >= 500 or refused.status == 429 or refused.kind == "HTTPNotFound":
        return refused.status, {"timestamp": "", "status": refused.status, "error": HTTPStatus(refused.status).phrase}
    code = refused.code if refused.code is not None else RDS_CODES.get(refused.status, 80400)
    return 200, {"header": {"resultCode": code, "resultMessage": refused.message, "isSuccessful": False}}


def registry(refused: Refused) -> tuple[int, Any]:
    """NCR answers HTTP 200 too, but its good code is 200. Only that bad ones are 10000 and above is published; which is which is our guess."""
    if refused.status >= 500 or refused.status == 429 or refused.kind == "HTTPNotFound":
        return refused.status, {"timestamp": "", "status": refused.status, "error": HTTPStatus(refused.status).phrase}
    code = refused.code if refused.code is not None else 10000 + refused.status
    return 200, {"header": {"isSuccessful": False, "resultCode": code, "resultMessage": refused.message}}


def dns_plus(refused: Refused) -> tuple[int, Any]:
    """DNS Plus answers HTTP 200 as well, good code 0. 4010001 is published; that the others are an HTTP status and a number is our guess."""
    if refused.status >= 500 or refused.status == 429 or refused.kind == "HTTPNotFound":
        return refused.status, {"timestamp": "", "status": refused.status, "error": HTTPStatus(refused.status).phrase}
    code = refused.code if refused.code is not None else refused.status * 10000 + 1
    return 200, {"header": {"isSuccessful": False, "resultCode": code, "resultMessage": refused.message}}
