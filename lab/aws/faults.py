# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""AWS being away. `lab break aws` silences everything; `lab break aws_control_plane` all but S3 objects (their data plane)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from lab.aws.actions import is_data_plane, service_of
from lab.journal import LAB_PREFIX, Environ

SITE = "aws"
CONTROL_PLANE = "aws_control_plane"

_XML = ('<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>ServiceUnavailable</Code><Message>{0}</Message></Error>'
        "</Errors><RequestID>lab-fault</RequestID></Response>")
_REST_XML = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>ServiceUnavailable</Code><Message>{0}</Message></Error>'
_QUERY_XML = "<ErrorResponse><Error><Type>Receiver</Type><Code>ServiceUnavailable</Code><Message>{0}</Message></Error></ErrorResponse>"


class Faults:
    """WSGI middleware that answers 503 in the asked service's own words while a fault is in force."""

    def __init__(self, app: Callable[..., Iterable[bytes]], path: Path):
        self.app = app
        self.path = path

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        name = self.in_force(environ)
        if name is None:
            return self.app(environ, start_response)
        kind, body = unavailable(environ, f"The lab has broken {name}; `.venv/bin/python -m lab mend {name}` brings it back.")
        start_response("503 Service Unavailable", [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]

    def in_force(self, environ: Environ) -> str | None:
        """The fault that hits this request, or None."""
        if environ.get("PATH_INFO", "").startswith(LAB_PREFIX) or not self.path.exists():
            return None
        faults = json.loads(self.path.read_text() or "{}")
        if SITE in faults:
            return SITE
        return CONTROL_PLANE if CONTROL_PLANE in faults and not is_data_plane(environ) else None


def unavailable(environ: Environ, message: str) -> tuple[str, bytes]:
    """(content type, body) of a ServiceUnavailable error in the protocol of the request."""
    if environ.get("HTTP_X_AMZ_TARGET"):
        return "application/x-amz-json-1.1", json.dumps({"__type": "ServiceUnavailable", "message": message}).encode()
    template = {"ec2": _XML, "s3": _REST_XML}.get(service_of(environ), _QUERY_XML)
    return "text/xml", template.format(message).encode()
