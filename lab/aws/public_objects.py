# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the public may read in S3. moto gives every object to everybody; AWS gives what a bucket policy opens, and says 403 to the rest.

403 also for an open key that holds nothing: who may not list a bucket is not told what is missing ("GetObject" in the S3 API Reference).
"""

from __future__ import annotations

import fnmatch
import json
from typing import Any
from urllib.parse import unquote

from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends


def may_read(path: str) -> bool:
    """May anybody read the object at /bucket/key (as in the request's path)?"""
    name, _, key = unquote(path).lstrip("/").partition("/")
    bucket = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets.get(name)
    if bucket is None or not key or key not in bucket.keys:
        return False
    block = bucket.public_access_block
    if block is not None and str(block.restrict_public_buckets).lower() == "true":
        return False
    policy = json.loads(bucket.policy) if bucket.policy else {}
    return any(_opens(statement, f"arn:aws:s3:::{name}/{key}") for statement in _many(policy.get("Statement")))


def _opens(statement: dict[str, Any], resource: str) -> bool:
    """Only the plain form counts: a condition could mean anything, and the lab must not be kinder than AWS."""
    return (statement.get("Effect") == "Allow" and statement.get("Principal") in ("*", {"AWS": "*"}) and not statement.get("Condition")
            and any(fnmatch.fnmatchcase("s3:GetObject", action) for action in _many(statement.get("Action")))
            and any(fnmatch.fnmatchcase(resource, pattern) for pattern in _many(statement.get("Resource"))))


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
