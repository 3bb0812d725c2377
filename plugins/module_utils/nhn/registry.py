# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The container registry (NCR): the appkey in the path, success in the body, and another good code (200) than RDS has (0)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..absent import absent
from ..engine import Field, as_set
from ..faults import Fault, Refused
from ..waiting import Clock, SystemClock
from .auth import base_url, require
from .iaas import only
from .looking import Looking
from .resource import Resource
from .told import Told, not_understood, told
from .wire import MEND, Reply, Wire

try:
    import requests
except ImportError:
    requests = absent("requests")

GOOD = 200                      # header.resultCode; 10000 and above is an error
PAGE = 100
CHECK = "Check auth.registry_appkey, auth.access_key_id and auth.access_key_secret."
FLAGS = {"scan_on_push": "auto_scan", "block_vulnerable": "prevent_vul", "system_cve_allowlist": "reuse_sys_cve_allowlist",
         "require_signature": "enable_content_trust_cosign"}
SEVERITIES = ["critical", "high", "medium", "low", "none"]


class Ncr(Looking):
    """The registries of one appkey: auth.registry_appkey, or auth.appkey when that is the project's integrated one."""

    def __init__(self, auth: dict[str, Any], clock: Clock | None = None, session: requests.Session | None = None) -> None:
        super().__init__()
        appkey = auth.get("registry_appkey") or auth.get("appkey")
        require({**auth, "registry_appkey": appkey}, "registry_appkey", "access_key_id", "access_key_secret")
        self.clock = clock or SystemClock()
        self._base = f"{base_url('registry', auth)}/appkeys/{appkey}"
        login = {"X-TC-AUTHENTICATION-ID": auth["access_key_id"], "X-TC-AUTHENTICATION-SECRET": auth["access_key_secret"]}
        self._wire = Wire(lambda: login, check=CHECK, clock=self.clock, session=session)

    def call(self, method: str, path: str, *, doing: str, to: str = "", json: Any = None, params: Mapping[str, Any] | None = None) -> Told:
        """One request; what was told beside the header. Raises Refused when the header says that it is not good."""
        reply, wrote = self._wire.send(method, self._base + path, doing=doing, to=to, json=json, params=params), method != "GET"
        header = told(reply, doing, to, wrote)["header"] or {}
        if header.get("isSuccessful") is True and header.get("resultCode") == GOOD:
            self.took(method, doing, to)
            return Told({key: value for key, value in reply.body.items() if key != "header"}, reply, doing, to, wrote)
        if "resultCode" not in header:
            raise not_understood(reply, doing, to, wrote, "no result code")
        raise Refused(doing, to, answer=reply.answer(), left="This request changed nothing.", then=_advice(reply))


def registries(params: Mapping[str, Any]) -> Ncr:
    """From a module's options to the client."""
    return Ncr(params["auth"])


class Registry(Resource):
    """Fields: name, scan_on_push, block_vulnerable, severity, system_cve_allowlist, cve_allowlist, require_signature. Also read: id, images
    (how many), bytes, uri, private_uri."""

    noun, path = "registry", "/registries"
    ids = False
    fields = (
        Field("name", option={"type": "str", "required": True}),
        Field("scan_on_push", option={"type": "bool"}),
        Field("block_vulnerable", option={"type": "bool"}),
        Field("severity", option={"type": "str", "choices": SEVERITIES}),
        Field("system_cve_allowlist", option={"type": "bool"}),
        Field("cve_allowlist", same=as_set, option={"type": "list", "elements": "str"}),
        Field("require_signature", option={"type": "bool"}),
    )
    cloud: Ncr                                  # type: ignore[assignment]

    def __init__(self, cloud: Ncr, params: Mapping[str, Any]) -> None:
        super().__init__(cloud, params)         # type: ignore[arg-type]

    def refuse_removal(self, have: dict[str, Any]) -> None:
        """One that holds images is never removed: no image is lost by a wrong variable."""
        if have["images"]:
            raise Fault("remove registry", self.name, left=f"It holds {have['images']} images, and none was touched.",
                        then="Remove the images first, by whoever decides that nobody needs them.")

    def every(self) -> list[dict[str, Any]]:
        """All registries, page by page."""
        every: list[dict[str, Any]] = []
        while len(every) % PAGE == 0:
            page = self.cloud.call("GET", self.path, doing="list", to="registries", params={"page": len(every) // PAGE + 1, "page_size": PAGE})
            if page["registries"] is None:          # how a service in Go writes an empty list; a second one of a name is refused by it
                break
            every += (got := page.listed("registries"))
            if not got:
                break
        return every

    def find(self) -> dict[str, Any] | None:
        raw = only([{"id": each["project_id"], **each} for each in self.every() if each["name"] == self.name], self.noun, self.name)
        return self.shape(raw) if raw else None

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        said = raw.get("metadata") or {}        # what was never set may be missing
        allowed = (raw.get("cve_allowlist") or {}).get("items") or []
        return {"id": str(raw["project_id"]), "name": raw["name"], **{ours: said.get(api) == "true" for ours, api in FLAGS.items()},
                "severity": said.get("severity"), "cve_allowlist": [item["cve_id"] for item in allowed], "images": raw.get("repo_count") or 0,
                "bytes": raw.get("usage") or 0, "uri": raw.get("uri"), "private_uri": raw.get("private_uri")}

    def body(self, values: Mapping[str, Any]) -> dict[str, Any]:
        said = {api: str(values[ours]).lower() for ours, api in FLAGS.items() if values.get(ours) is not None}
        return {"metadata": {**said, **({"severity": values["severity"]} if values.get("severity") else {})}}

    def create(self, want: dict[str, Any]) -> dict[str, Any]:
        """An allowlist cannot be given at birth: it differs afterwards, and so is set by an update."""
        self.cloud.call("POST", self.path, doing="create registry", to=self.name, json={"project_name": self.name, **self.body(want)})
        return self._found_again()

    def update(self, have: dict[str, Any], want: dict[str, Any], drift: tuple[str, ...]) -> dict[str, Any]:
        """All settings are sent: whether those left out would stay is not documented, and an allowlist that was set must be sent along."""
        now = {**have, **want}
        body = self.body(now)
        if now["cve_allowlist"] or "cve_allowlist" in drift:
            body["cve_allowlist"] = {"items": [{"cve_id": each} for each in now["cve_allowlist"]]}
        self.cloud.call("PUT", f"{self.path}/{have['id']}", doing=f"change {', '.join(drift)} of registry", to=self.name, json=body)
        return self._found_again()

    def delete(self, have: dict[str, Any]) -> None:
        self.cloud.call("DELETE", f"{self.path}/{have['id']}", doing="remove registry", to=self.name)

    def _found_again(self) -> dict[str, Any]:
        return self.once_shown(self.find)


def _advice(reply: Reply) -> str:
    words = reply.answer().words.lower()
    return CHECK if "unauthorized" in words else MEND
