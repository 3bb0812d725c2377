# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can be done to a server that is there: security groups on all its ports, and metadata, one key at a time.

NHN stops, starts, shelves, reboots and resizes servers by the same call. Nothing in the lab does that to a host, so it is refused.
"""

from __future__ import annotations

from collections.abc import Callable

from .calls import Answer, Call, Routes
from .errors import Refused
from .store import Record, find, named

routes = Routes("/compute/v2/<tenant>/servers/<id>")

KNOWN = ("os-start", "os-stop", "shelve", "unshelve", "reboot", "resize", "createImage")


@routes.on("POST", "/action")
def act_on_server(call: Call) -> Answer:
    server, asked = find(call.store.servers, call.id, "Instance"), call.json()
    if len(asked) != 1 or (action := next(iter(asked))) not in (*KNOWN, *ACTIONS):
        raise Refused(400, f"There is no such action: {', '.join(asked)}")
    if action in KNOWN:
        raise Refused(501, f"This emulator does not stop, start, shelve, reboot, resize or copy its hosts: {action}")
    name = (asked[action] or {}).get("name", "")
    group = named(call.store.security_groups.values(), "name", name) or call.store.security_groups.get(name)
    if group is None:
        raise Refused(404, f"Security group {name} not found for project {call.store.settings.credentials.tenant_id}.")
    ACTIONS[action]([port for port in call.store.ports.values() if port["device_id"] == server["id"] and port["port_security_enabled"]], group)
    return 202, None


@routes.on("GET", "/metadata")
def list_metadata(call: Call) -> Answer:
    return {"metadata": find(call.store.servers, call.id, "Instance")["metadata"]}


@routes.on("GET", "/metadata/<key>")
def get_metadata(call: Call) -> Answer:
    return {"meta": {call.path["key"]: find(_metadata(call), call.path["key"], "Metadata item")}}


@routes.on("PUT", "/metadata/<key>")
def put_metadata(call: Call) -> Answer:
    key, given = call.path["key"], call.fields("meta", (call.path["key"],))
    if not isinstance(given[key], str):
        raise Refused(400, f"Invalid input for field/attribute {key}. It must be a string.")
    _metadata(call)[key] = given[key]
    return {"meta": given}


@routes.on("DELETE", "/metadata/<key>")
def delete_metadata(call: Call) -> Answer:
    find(_metadata(call), call.path["key"], "Metadata item")
    del _metadata(call)[call.path["key"]]
    return 204, None


def _metadata(call: Call) -> Record:
    held: Record = find(call.store.servers, call.id, "Instance")["metadata"]
    return held


def _add(ports: list[Record], group: Record) -> None:
    for port in ports:
        port["security_groups"] = [*port["security_groups"], *([] if group["id"] in port["security_groups"] else [group["id"]])]


def _remove(ports: list[Record], group: Record) -> None:
    if not any(group["id"] in port["security_groups"] for port in ports):
        raise Refused(404, f"Security group {group['name']} is not associated with the instance.")
    for port in ports:
        port["security_groups"] = [held for held in port["security_groups"] if held != group["id"]]


ACTIONS: dict[str, Callable[[list[Record], Record], None]] = {"addSecurityGroup": _add, "removeSecurityGroup": _remove}
