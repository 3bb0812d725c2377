# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Placement: groups whose servers run on different hardware, the only policy NHN has. In the lab all hardware is one."""

from __future__ import annotations

from typing import Any

from .calls import Answer, Call, Routes, checked
from .errors import Refused
from .store import Record, Store, find, new_id, shown

routes = Routes("/compute/v2/<tenant>")

POLICIES = ["anti-affinity"]


@routes.on("GET", "/os-server-groups")
def list_server_groups(call: Call) -> Answer:
    return {"server_groups": [_told(call.store, group) for group in call.store.server_groups.values()]}


@routes.on("GET", "/os-server-groups/<id>")
def get_server_group(call: Call) -> Answer:
    return {"server_group": _told(call.store, find(call.store.server_groups, call.id, "ServerGroup"))}


@routes.on("POST", "/os-server-groups")
def create_server_group(call: Call) -> Answer:
    want = call.fields("server_group", ("name", "policies"))
    if want["policies"] != POLICIES:
        raise Refused(400, f"Invalid input for field/attribute policies. Value: {want['policies']}. It must be {POLICIES}.")
    group: Record = {"id": new_id(), "name": want["name"], "policies": POLICIES, "metadata": {}, "_members": []}
    call.store.server_groups[group["id"]] = group
    return {"server_group": _told(call.store, group)}


@routes.on("DELETE", "/os-server-groups/<id>")
def delete_server_group(call: Call) -> Answer:
    del call.store.server_groups[find(call.store.server_groups, call.id, "ServerGroup")["id"]]
    return 204, None


def company_of(store: Store, hints: Any) -> Record | None:
    """The group that a server is to be made in, as the hints beside its body name it."""
    group = checked(hints, (), ("group",)).get("group") if isinstance(hints, dict) else None
    if group and group not in store.server_groups:
        raise Refused(400, f"Server group {group} could not be found.")
    return store.server_groups[group] if group else None


def _told(store: Store, group: Record) -> Record:
    return {**shown(group), "members": [member for member in group["_members"] if member in store.servers]}
