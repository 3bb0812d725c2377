# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""NCR, the container registry, below /registry/ncr/v2.0: HTTP 200 and an envelope whose good code is 200, the appkey in the path, pages of ten."""

from __future__ import annotations

import re
from typing import Any

from lab import world

from .calls import Answer, Call, Routes, checked
from .errors import REGISTRY_SUCCESS, Refused
from .store import Record, Store, shown

PREFIX = "/registry/ncr/v2.0/appkeys/"
routes = Routes(f"{PREFIX}<appkey>/registries")

NAME = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")          # as Harbor's projects, which these are
PAGE, LARGEST_PAGE = 10, 100
SEVERITIES = ("critical", "high", "medium", "low", "none")
FLAGS = ("auto_scan", "prevent_vul", "reuse_sys_cve_allowlist", "enable_content_trust_cosign")


def authenticate(store: Store, call: Call) -> None:
    """Refused unless the path holds the appkey and the headers the access key."""
    want, given = store.settings.credentials, call.request.headers
    appkey = call.request.path.removeprefix(PREFIX).split("/", 1)[0]
    if (appkey, given.get("X-TC-AUTHENTICATION-ID"), given.get("X-TC-AUTHENTICATION-SECRET")) != (
            want.appkey, want.access_key_id, want.access_key_secret):
        raise Refused(401, "Unauthorized")


@routes.on("GET", "")
def list_registries(call: Call) -> Answer:
    page, size = (int(call.request.args.get(name, usual)) for name, usual in (("page", 1), ("page_size", PAGE)))
    if page < 1 or not 1 <= size <= LARGEST_PAGE:
        raise Refused(400, f"page or page_size is out of range: {page}, {size}")
    every = [shown(call.store.registries[key]) for key in sorted(call.store.registries)]
    return _good(registries=every[(page - 1) * size: page * size])


@routes.on("GET", "/<id>")
def get_registry(call: Call) -> Answer:
    return _good(registry=shown(_found(call)))


@routes.on("POST", "")
def create_registry(call: Call) -> Answer:
    """Answers nothing but the envelope: who wants the id has to look."""
    store = call.store
    want = call.fields(None, ("project_name",), ("metadata", "registry_id"))
    name = want["project_name"]
    if not NAME.fullmatch(name):
        raise Refused(400, f"project name {name} is illegal")
    if any(registry["name"] == name for registry in store.registries.values()):
        raise Refused(409, f"The project named {name} already exists")
    number = max(store.registries, default=1) + 1
    host = store.settings.registry or f"{store.settings.credentials.tenant_id[:8]}-{world.NHN_REGION.lower()}-registry.container.nhncloud.com"
    store.registries[number] = {
        "project_id": number, "name": name, "creation_time": store.zulu(), "update_time": store.zulu(), "repo_count": 0,
        "metadata": {"public": "false", **_metadata(want.get("metadata") or {})},
        "cve_allowlist": {"id": number, "project_id": number, "items": []}, "registry_id": want.get("registry_id", 0), "usage": 0,
        "uri": f"{host}/{name}", "private_uri": f"{'' if store.settings.registry else 'private-'}{host}/{name}"}
    return _good()


@routes.on("PUT", "/<id>")
def update_registry(call: Call) -> Answer:
    """Takes what is sent. An allowlist that was set has to be sent along, or it is refused: documented as required then."""
    registry = _found(call)
    want = call.fields(None, (), ("metadata", "cve_allowlist"))
    if registry["cve_allowlist"]["items"] and "cve_allowlist" not in want:
        raise Refused(400, "cve_allowlist is required when it has been set")
    registry["metadata"].update(_metadata(want.get("metadata") or {}))
    if "cve_allowlist" in want:
        registry["cve_allowlist"]["items"] = [checked(item, ("cve_id",), ()) for item in want["cve_allowlist"].get("items") or []]
    registry["update_time"] = call.store.zulu()
    return _good()


@routes.on("DELETE", "/<id>")
def delete_registry(call: Call) -> Answer:
    """One with images is refused, as Harbor does; NHN's own documents do not say."""
    registry = _found(call)
    if registry["repo_count"]:
        raise Refused(412, f"The project {registry['name']} contains repositories, can not be deleted")
    del call.store.registries[registry["project_id"]]
    return _good()


def _found(call: Call) -> Record:
    """By id or name; a name of digits only counts as one when the header says so."""
    named = call.request.headers.get("X-Is-Resource-Name", "").lower() == "true" or not call.id.isdigit()
    for number, registry in call.store.registries.items():
        if call.id == (registry["name"] if named else str(number)):
            return registry
    raise Refused(404, f"project {call.id} not found")


def _metadata(given: dict[str, Any]) -> dict[str, str]:
    for name, value in checked(given, (), (*FLAGS, "severity")).items():
        if value not in (SEVERITIES if name == "severity" else ("true", "false")):
            raise Refused(400, f"metadata.{name}: {value!r} is not allowed")
    return given


def _good(**body: Any) -> dict[str, Any]:
    return {"header": REGISTRY_SUCCESS, **body}
