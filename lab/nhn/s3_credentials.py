# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keys for the S3-compatible side of Object Storage: the EC2 credential calls of the identity service, at most three for a user and tenant."""

from __future__ import annotations

import secrets

from .calls import Answer, Call, Routes
from .errors import Refused
from .store import Record

routes = Routes("/identity/v2.0/users/<user>/credentials/OS-EC2")

LIMIT = 3


@routes.on("GET", "")
def list_s3_credentials(call: Call) -> Answer:
    """All of them, secrets included, as the service does."""
    tenant = _asking(call)
    return {"credentials": [kept for kept in call.store.s3_credentials.values() if kept["tenant_id"] == tenant]}


@routes.on("POST", "")
def create_s3_credential(call: Call) -> Answer:
    """A new pair. That a fourth is refused is documented, the status of the refusal is not: 403 is what Keystone says of a full quota."""
    asking = _asking(call)
    tenant = call.fields(None, ("tenant_id",))["tenant_id"]
    if tenant != asking:
        raise Refused(401, "The request you have made requires authentication.")
    if sum(kept["tenant_id"] == tenant for kept in call.store.s3_credentials.values()) >= LIMIT:
        raise Refused(403, f"The number of credentials has reached its limit, {LIMIT}.")
    made: Record = {"access": secrets.token_hex(16), "secret": secrets.token_hex(16), "user_id": call.store.user_id, "tenant_id": tenant,
                    "created_at": call.store.zulu(), "accessed_at": None}
    call.store.s3_credentials[made["access"]] = made
    return {"credential": made}


@routes.on("DELETE", "/<access>")
def delete_s3_credential(call: Call) -> Answer:
    _asking(call)
    if call.store.s3_credentials.pop(call.path["access"], None) is None:
        raise Refused(404, f"Could not find credential: {call.path['access']}.")
    return 204, None


def _asking(call: Call) -> str:
    """The tenant of the caller's token; 401 without a good one, 403 when it asks about another user."""
    token = call.request.headers.get("X-Auth-Token", "")
    if call.store.tokens.get(token, 0.0) <= call.store.now():
        raise Refused(401, "The request you have made requires authentication.")
    if call.path["user"] != call.store.user_id:
        raise Refused(403, "You are not authorized to perform the requested action.")
    return call.store.scopes[token]
