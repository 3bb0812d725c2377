# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an instance is told about itself, the credentials of its role among it ("Instance metadata" in the EC2 User Guide). moto's instances have
nobody to ask. The materialiser hands this to each host, whose own service at 169.254.169.254 answers with it.

A role's credentials are taken like any others, with their session token ("Temporary security credentials in IAM"). They last as long as this
process. As for everybody in the lab, what they may be used for is not checked here: tests hold the policies against what was really asked.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends

from lab import world

_SEED = secrets.token_bytes(32)


def roles(instances: Iterable[Any]) -> dict[str, dict[str, str]]:
    """{instance id: {"role", "access_key", "secret_key", "token"}} of those that have an instance profile with a role in it."""
    held = ec2_backends[DEFAULT_ACCOUNT_ID][world.AWS_REGION].iam_instance_profile_associations
    found = {}
    for instance in instances:
        association = held.get(instance.id)
        for role in association.iam_instance_profile.roles if association else ():
            found[instance.id] = {"role": role.name, **_credentials(role.name)}
    return found


def keys() -> dict[str, str]:
    """{access key id: secret access key} of every role that there is."""
    return {made["access_key"]: made["secret_key"] for made in _all()}


def token(access_key: str) -> str | None:
    """The session token that goes with a role's key; None for the key of somebody else."""
    return next((made["token"] for made in _all() if made["access_key"] == access_key), None)


def _all() -> list[Mapping[str, str]]:
    return [_credentials(role.name) for role in list(iam_backends[DEFAULT_ACCOUNT_ID]["aws"].roles.values())]


def _credentials(role: str) -> dict[str, str]:
    def made(part: str) -> str:
        return base64.b32encode(hmac.new(_SEED, f"{part} {role}".encode(), hashlib.sha256).digest()).decode().rstrip("=")
    return {"access_key": f"ASIA{made('key')[:16]}", "secret_key": made("secret")[:40], "token": made("token")}
