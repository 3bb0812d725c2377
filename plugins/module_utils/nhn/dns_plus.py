# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DNS Plus: the appkey in the path, success in the body, lists in pages. Version 1.0 is let in by the appkey alone, 2.0 wants a token as well."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..absent import absent
from ..faults import Refused
from ..waiting import Clock, SystemClock
from .auth import base_url, require
from .looking import Looking
from .rds_login import AccessToken
from .told import Told, not_understood, told
from .wire import MEND, Reply, Wire

try:
    import requests
except ImportError:
    requests = absent("requests")

GOOD = 0                        # header.resultCode
PAGE = 3000                     # the most that a page may have
NOT_LET_IN = "401"              # how codes begin that refuse an appkey or a token: 4010001
CHECK = "Check auth.dns_plus_appkey (or auth.appkey, when that is the project's integrated one)."
CHECK_TOKEN = f"{CHECK[:-1]}, auth.access_key_id and auth.access_key_secret."


class DnsPlus(Looking):
    """The zones, GSLBs, pools and health checks of one appkey: auth.dns_plus_appkey, or auth.appkey when that is the project's integrated one."""

    def __init__(self, auth: dict[str, Any], clock: Clock | None = None, session: requests.Session | None = None) -> None:
        super().__init__()
        appkey, self._v2 = auth.get("dns_plus_appkey") or auth.get("appkey"), auth.get("dns_plus_version") == "v2.0"
        mine = {**auth, "dns_plus_appkey": appkey}
        require(mine, "dns_plus_appkey", *(("access_key_id", "access_key_secret") if self._v2 else ()))
        self.clock = clock or SystemClock()
        self._base = f"{base_url('dns_plus', auth)}/appkeys/{appkey}"
        self._check = CHECK_TOKEN if self._v2 else CHECK
        self._login = AccessToken({**auth, "appkey": appkey}, self.clock, session) if self._v2 else None
        self._wire = Wire(self._headers, self._renew, check=self._check, clock=self.clock, session=session)

    def _headers(self) -> Mapping[str, str]:
        """The appkey stands in the path, and nowhere else."""
        return {name: value for name, value in self._login.headers().items() if name != "X-TC-APP-KEY"} if self._login else {}

    def _renew(self) -> bool:
        return self._login.renew() if self._login else False

    def call(self, method: str, path: str, *, doing: str, to: str = "", json: Any = None, params: Mapping[str, Any] | None = None) -> Told:
        """One request; what was told beside the header. Raises Refused when the header says that it is not good."""
        def send() -> Told:
            return self._heard(method, path, doing, to, json, params)

        return self.once(f"{path} {sorted((params or {}).items())}", send) if method == "GET" else send()

    def _heard(self, method: str, path: str, doing: str, to: str, json: Any, params: Mapping[str, Any] | None) -> Told:
        wrote, renewed = method != "GET", False
        while True:
            reply = self._wire.send(method, self._base + path, doing=doing, to=to, json=json, params=params)
            header = told(reply, doing, to, wrote)["header"] or {}
            if header.get("isSuccessful") is True and header.get("resultCode") == GOOD:
                self.took(method, doing, to)
                return Told({key: value for key, value in reply.body.items() if key != "header"}, reply, doing, to, wrote)
            if "resultCode" not in header:
                raise not_understood(reply, doing, to, wrote, "no result code")
            if _unknown(reply) and not renewed and self._renew():      # a token that ran out may be told with HTTP 200 as well
                renewed = True
                continue
            raise Refused(doing, to, answer=reply.answer(), left="This request changed nothing.", then=self._check if _unknown(reply) else MEND)

    def every(self, path: str, plural: str, **params: Any) -> list[dict[str, Any]]:
        """A whole list, page by page, the oldest first: what is made meanwhile comes last."""
        found: list[dict[str, Any]] = []
        while True:
            page = self.call("GET", path, doing="list", to=plural, params={
                **params, "page": len(found) // PAGE + 1, "limit": PAGE, "sortKey": "CREATED_AT", "sortDirection": "ASC"})
            got, total = page.listed(plural), page["totalCount"]
            found += got
            if len(got) < PAGE or len(found) >= int(total):
                return found

    def remove(self, path: str, plural: str, ids: Iterable[str], *, doing: str, to: str) -> None:
        """Remove these by id, in one request; plural: "poolIdList"."""
        self.call("DELETE", path, doing=doing, to=to, params={plural: ",".join(ids)})


def names(params: Mapping[str, Any]) -> DnsPlus:
    """From a module's options to the client."""
    return DnsPlus(params["auth"])


def _unknown(reply: Reply) -> bool:
    return reply.answer().code.startswith(NOT_LET_IN)
