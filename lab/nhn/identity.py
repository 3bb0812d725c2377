# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keystone v2.0: one account, one tenant, tokens that expire. There is no v3 and no version list, as on NHN Cloud."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from lab import world

from .calls import Answer, Call, Routes
from .errors import Refused
from .store import Store

routes = Routes("/identity/v2.0")

# (type, name, path below the emulator's own address); `container-infra` is what clients of NKS look up.
SERVICES = (("compute", "nova", "/compute/v2/{tenant}"), ("network", "neutron", "/network"), ("image", "glance", "/image"),
            ("volumev2", "cinderv2", "/volume/v2/{tenant}"),
            ("identity", "keystone", "/identity/v2.0"), ("container-infra", "magnum", "/kubernetes/v1"))
OBJECTS = (("object-store", "swift", "/objects/v1/AUTH_{tenant}"),)     # told only to who logs in to the tenant of Object Storage
SAME_TOKEN_SHARE = 0.1      # asking again answers the same token until less than this share of its life is left


@routes.on("POST", "/tokens")
def issue_token(call: Call) -> Answer:
    """The token call. A second call within a token's life answers the same token, with less time left."""
    store, want = call.store, call.store.settings.credentials
    auth = call.json().get("auth")
    if not isinstance(auth, dict) or not isinstance(given := auth.get("passwordCredentials"), dict):
        raise Refused(400, "Expecting to find passwordCredentials in auth. The server could not comply with the request.")
    if (given.get("username"), given.get("password")) != (want.username, want.password):
        raise Refused(401, "The request you have made requires authentication.")
    if (tenant := auth.get("tenantId")) not in (want.tenant_id, want.object_tenant_id):
        raise Refused(401, f"User {want.username} is unauthorized for tenant {tenant}")
    now, lifetime = store.now(), store.settings.token_seconds
    token = next((known for known, end in store.tokens.items()
                  if end - now > lifetime * SAME_TOKEN_SHARE and store.scopes[known] == tenant), None)
    if token is None:
        token = uuid.uuid4().hex
        store.tokens = {known: end for known, end in store.tokens.items() if end > now} | {token: now + lifetime}
        store.scopes[token] = tenant
    return {"access": {
        "token": {"id": token, "issued_at": datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f"),
                  "expires": datetime.fromtimestamp(store.tokens[token], UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                  "tenant": {"id": tenant, "name": "c_lab", "groupId": "lab", "description": "", "enabled": True,
                             "project_domain": "NORMAL"}},
        "serviceCatalog": catalog(call.request.host_url.rstrip("/"), tenant, OBJECTS if tenant == want.object_tenant_id else SERVICES),
        "user": {"id": store.user_id, "username": str(uuid.UUID(store.user_id)), "name": str(uuid.UUID(store.user_id)),
                 "roles": [{"name": "project_admin"}], "roles_links": []},
        "metadata": {"roles": [uuid.UUID(store.user_id).hex], "is_admin": 0}}}


def catalog(base: str, tenant: str, services: Sequence[tuple[str, str, str]] = SERVICES) -> list[dict]:
    """The service catalog: public addresses only, no ids, no versions where NHN has none."""
    return [{"type": kind, "name": name, "endpoints_links": [],
             "endpoints": [{"region": world.NHN_REGION, "publicURL": base + path.format(tenant=tenant)}]} for kind, name, path in services]


def authenticate(store: Store, call: Call) -> None:
    """401 unless the request carries a token of the compute tenant that is still good."""
    _check(store, call, store.settings.credentials.tenant_id)


def authenticate_objects(store: Store, call: Call) -> None:
    """The same for Object Storage, which knows tokens of its own tenant only."""
    _check(store, call, store.settings.credentials.object_tenant_id)


def _check(store: Store, call: Call, tenant: str) -> None:
    token = call.request.headers.get("X-Auth-Token", "")
    if store.tokens.get(token, 0.0) <= store.now() or store.scopes.get(token) != tenant:
        raise Refused(401, "The request you have made requires authentication.", "Unauthorized")
