# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Policies of IAM held against requests that were really made. Knows Allow statements with patterns, which is all that ours have.

Which action a request of S3 needs is what "Actions, resources, and condition keys for Amazon S3" in the Service Authorization Reference says; for
the other services it is the operation's own name.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

S3 = {
    "HeadBucket": "ListBucket", "ListObjects": "ListBucket", "ListObjectsV2": "ListBucket", "ListObjectVersions": "ListBucketVersions",
    "ListBuckets": "ListAllMyBuckets", "ListMultipartUploads": "ListBucketMultipartUploads", "HeadObject": "GetObject",
    "DeleteObjects": "DeleteObject",
    "CreateMultipartUpload": "PutObject", "UploadPart": "PutObject", "CompleteMultipartUpload": "PutObject",
    "GetBucketEncryption": "GetEncryptionConfiguration", "PutBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketEncryption": "PutEncryptionConfiguration", "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration", "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock", "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration", "GetBucketInventoryConfiguration": "GetInventoryConfiguration",
    "ListBucketInventoryConfigurations": "GetInventoryConfiguration", "DeleteBucketTagging": "PutBucketTagging",
}

# Beside what a request names, these are about the group of options that AWS gives every database of an engine: "Permission policies to create, modify
# and delete resources in Amazon RDS" in the RDS User Guide. The journal tells of no names, so the others of a request are held by the caller.
DEFAULT_OPTIONS = "arn:aws:rds:ap-northeast-2:123456789012:og:default:mysql-8-4"
ABOUT_TOO = {"rds:CreateDBInstance": DEFAULT_OPTIONS, "rds:ModifyDBInstance": DEFAULT_OPTIONS}

SIGNED_FOR = {"monitoring": "cloudwatch", "service-quotas": "servicequotas"}       # what requests are signed for, where actions are called otherwise


def needed(requests: Iterable[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """{(action, ARN, or "" where the journal does not tell)} that the journal's requests needed; whoever is nobody needs none."""
    found = set()
    for request in requests:
        service, _, operation = request["action"].partition(":")
        if service == "s3":
            found.add((f"s3:{S3.get(operation, operation)}", f"arn:aws:s3:::{request['path'].strip('/')}"))
        elif service != "sts":                          # GetCallerIdentity is everybody's
            action = f"{SIGNED_FOR.get(service, service)}:{operation}"
            found |= {(action, ""), (action, ABOUT_TOO.get(action, ""))}
    return found


def statements(policy: Mapping[str, Any]) -> Iterator[tuple[set[str], set[str]]]:
    """(patterns of actions, patterns of ARNs) of each statement."""
    for statement in policy["Statement"]:
        assert statement["Effect"] == "Allow" and statement["Sid"].isalnum()
        yield _many(statement["Action"]), _many(statement["Resource"])


def allows(policy: Mapping[str, Any], action: str, resource: str = "") -> bool:
    """Whether some statement allows it. Without a resource: for some resource."""
    return any(any(fnmatch.fnmatchcase(action, pattern) for pattern in actions)
               and (not resource or any(fnmatch.fnmatchcase(resource, pattern) for pattern in resources))
               for actions, resources in statements(policy))


def unused(policy: Mapping[str, Any], used: Iterable[tuple[str, str]]) -> set[str]:
    """Actions that a policy names and nobody needed: nobody should have them."""
    return {action for actions, _ in statements(policy) for action in actions} - {action for action, _ in used}


def _many(value: Any) -> set[str]:
    return {value} if isinstance(value, str) else set(value)
