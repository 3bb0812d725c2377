# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who asks RDS: v3.0 by appkey and access key, v4.0 by appkey and a token that the access key is exchanged for, below /oauth2."""

from __future__ import annotations

import secrets

from ..calls import Answer, Call, Routes
from ..errors import Refused
from ..store import Store

routes = Routes("/oauth2")

TOKEN_SECONDS = 86400


@routes.on("POST", "/token/create")
def create_access_token(call: Call) -> Answer:
    """The key comes as HTTP Basic; in the form it is answered 400."""
    mine, given = call.store.settings.credentials, call.request.authorization
    if call.request.form.get("grant_type") != "client_credentials" or given is None or given.type != "basic":
        raise Refused(400, "grant_type=client_credentials with HTTP Basic is needed.", "invalid_request")
    if (given.username, given.password) != (mine.access_key_id, mine.access_key_secret):
        raise Refused(401, "The access key is not known.", "invalid_client")
    token = secrets.token_hex(16)
    call.store.access_tokens[token] = call.store.now() + TOKEN_SECONDS
    return {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS}


def authenticate(store: Store, call: Call) -> None:
    """80401 unless all headers of the version that is spoken are right."""
    want, given = store.settings.credentials, call.request.headers
    known = given.get("X-TC-APP-KEY") == want.appkey
    if call.request.path.startswith("/rds/v4.0/"):
        token = given.get("X-NHN-AUTHORIZATION", "").removeprefix("Bearer ")
        known = known and store.access_tokens.get(token, 0) > store.now()
    else:
        known = known and (given.get("X-TC-AUTHENTICATION-ID"), given.get("X-TC-AUTHENTICATION-SECRET")) == (
            want.access_key_id, want.access_key_secret)
    if not known:
        raise Refused(401, "Unauthorized")
