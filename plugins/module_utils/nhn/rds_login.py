# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How the two versions of the RDS API are told who asks: v3.0 by an access key in every request, v4.0 by a token it is exchanged for."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from ..absent import absent
from ..faults import Refused
from ..waiting import Clock
from .auth import OAUTH_URL
from .told import told
from .wire import Wire

try:
    import requests
except ImportError:
    requests = absent("requests")

CHECK = "Check auth.appkey, auth.access_key_id and auth.access_key_secret."


class AccessKey:
    """v3.0. A key does not run out, so a refusal is final."""

    def __init__(self, auth: Mapping[str, Any]) -> None:
        self._sent = {"X-TC-APP-KEY": auth["appkey"], "X-TC-AUTHENTICATION-ID": auth["access_key_id"],
                      "X-TC-AUTHENTICATION-SECRET": auth["access_key_secret"]}

    def headers(self) -> Mapping[str, str]:
        """What every request carries."""
        return self._sent

    def renew(self) -> bool:
        """There is nothing to renew."""
        return False


class AccessToken:
    """v4.0. The key's owner decides how long a token lasts (60 s to a day), so one may run out at any time."""

    def __init__(self, auth: Mapping[str, Any], clock: Clock, session: requests.Session | None) -> None:
        self._auth = auth
        self._wire = Wire(dict, check=CHECK, clock=clock, session=session)
        self._token = ""

    def headers(self) -> Mapping[str, str]:
        """What every request carries; the first one fetches the token."""
        if not self._token:
            self.renew()
        return {"X-TC-APP-KEY": self._auth["appkey"], "X-NHN-AUTHORIZATION": f"Bearer {self._token}"}

    def renew(self) -> bool:
        """Exchange the key for a token. That changes nothing, so it may be repeated as a read may."""
        basic = b64encode(f"{self._auth['access_key_id']}:{self._auth['access_key_secret']}".encode()).decode()
        url = str(self._auth.get("oauth_url") or OAUTH_URL).rstrip("/") + "/oauth2/token/create"
        try:
            reply = self._wire.send("POST", url, doing="exchange the access key", to="for a token", form={"grant_type": "client_credentials"},
                                    headers={"Authorization": f"Basic {basic}"}, harmless=True)
        except Refused as fault:
            fault.then = CHECK
            raise
        self._token = str(told(reply, "exchange the access key", "for a token", wrote=False)["access_token"])
        return bool(self._token)
