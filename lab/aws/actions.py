# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an AWS request is: its service, its action, and whether it would change anything. Knows the three wire formats."""

from __future__ import annotations

import re
from urllib.parse import parse_qs

from lab.aws.operations import SERVICES, named
from lab.journal import Environ, body_of

READ_VERBS = ("Describe", "List", "Get", "Head", "Lookup", "Search", "Check", "Test", "Simulate", "AssumeRole", "Validate")
_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/[^/]+/([^/]+)/aws4_request")


def service_of(environ: Environ) -> str:
    """The service the request is signed for; unsigned requests are S3's, as nothing else here takes them."""
    signed = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    return signed.group(1).lower() if signed else "s3"


def classify(environ: Environ) -> tuple[str, bool]:
    """(service:Action, write) of a request, for the journal."""
    service = service_of(environ)
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:                                                      # JSON protocols: ECR, Secrets Manager, WAFv2
        action = target.rsplit(".", 1)[-1]
    elif environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):   # query: EC2, RDS, ELB, IAM, STS
        action = parse_qs(body_of(environ).decode(errors="replace")).get("Action", [""])[0]
    else:                                                           # REST: S3 and Route 53 speak by method, path and query
        method = environ.get("REQUEST_METHOD", "GET")
        headers = {name.removeprefix("HTTP_").replace("_", "-").lower() for name in environ if name.startswith("HTTP_")}
        told = named(service, method, environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", ""), headers) if service in SERVICES else None
        return f"{service}:{told or method}", method not in ("GET", "HEAD", "OPTIONS")
    return f"{service}:{action}", not action.startswith(READ_VERBS)


def is_data_plane(environ: Environ) -> bool:
    """True for S3 objects: they are served where the data is and go on working when control planes do not."""
    path = environ.get("PATH_INFO", "").strip("/")
    return service_of(environ) == "s3" and "/" in path
