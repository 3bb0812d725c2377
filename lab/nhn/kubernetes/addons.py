# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Addons of clusters: what there is to install, and installing, changing and removing it. A CNI and a DNS a cluster never goes without."""

from __future__ import annotations

from ..calls import Answer, Call, Routes, checked
from ..errors import Refused
from ..store import Record, ripe
from .clusters import find_cluster, refuse_while_busy
from .labels import K8S_VERSIONS
from .request import ADDONS, MANDATORY

routes = Routes("/kubernetes/v1")
CONFLICTS = ("none", "overwrite", "preserve")


@routes.on("GET", "/addons")
def list_addons(_: Call) -> Answer:
    return {"addons": [{"uuid": f"{number:08x}-0000-4000-8000-000000000000", "type": kind, "name": name, "version": version, "option_schemas": [],
                        "k8s_min_version": min(K8S_VERSIONS), "k8s_max_version": max(K8S_VERSIONS)}
                       for number, ((name, version), kind) in enumerate(ADDONS.items(), 1)]}


@routes.on("GET", "/clusters/<id>/addons")
def list_cluster_addons(call: Call) -> Answer:
    addons = find_cluster(call)["_addons"]
    seen = [_looked_at(addons, addon) for addon in list(addons)]
    return {"addons": [addon for addon in seen if addon]}


@routes.on("POST", "/clusters/<id>/addons")
def install_addon(call: Call) -> Answer:
    cluster = find_cluster(call)
    refuse_while_busy(cluster)
    want = checked(call.json(), ("name", "version"), ("resolve_conflicts",))
    kind = _kind(want)
    if any(addon["name"] == want["name"] or (kind in MANDATORY and _kind(addon) == kind) for addon in cluster["_addons"]):
        raise Refused(409, f"Addon {want['name']}, or another of type {kind}, is installed already.")
    cluster["_addons"].append({"name": want["name"], "version": want["version"], "status": "CREATE_IN_PROGRESS", "_looks": 0})
    return 202, {"uuid": cluster["uuid"]}


@routes.on("PATCH", "/clusters/<id>/addons/<addon>")
def change_addon(call: Call) -> Answer:
    cluster = find_cluster(call)
    refuse_while_busy(cluster)
    addon = _installed(call, cluster)
    want = checked(call.json(), ("version",), ("resolve_conflicts",))
    _kind({**want, "name": addon["name"]})
    addon.update(version=want["version"], status="UPDATE_IN_PROGRESS", _looks=0)
    return 202, {"uuid": cluster["uuid"]}


@routes.on("DELETE", "/clusters/<id>/addons/<addon>")
def remove_addon(call: Call) -> Answer:
    cluster = find_cluster(call)
    refuse_while_busy(cluster)
    addon = _installed(call, cluster)
    if (kind := _kind(addon)) in MANDATORY:
        raise Refused(400, f"Addon {addon['name']} is of type {kind}, which is mandatory.")
    addon.update(status="DELETE_IN_PROGRESS", _looks=0)
    return 202, {"uuid": cluster["uuid"]}


def _kind(want: Record) -> str:
    """The type of an addon in the catalogue."""
    if want.get("resolve_conflicts", "none") not in CONFLICTS:
        raise Refused(400, f"resolve_conflicts must be one of {', '.join(CONFLICTS)}.")
    if (want["name"], want["version"]) not in ADDONS:
        raise Refused(400, f"Addon {want['name']} {want['version']} could not be found.")
    return ADDONS[want["name"], want["version"]]


def _installed(call: Call, cluster: Record) -> Record:
    for addon in cluster["_addons"]:
        if addon["name"] == call.path["addon"]:
            if addon["status"].endswith("_IN_PROGRESS"):
                raise Refused(409, f"Addon {addon['name']} is {addon['status']}.")
            return addon
    raise Refused(404, f"Addon {call.path['addon']} could not be found.")


def _looked_at(addons: list[Record], addon: Record) -> Record | None:
    if addon["status"].endswith("_IN_PROGRESS") and ripe(addon):
        if addon["status"].startswith("DELETE"):
            addons.remove(addon)
            return None
        addon["status"] = addon["status"].replace("_IN_PROGRESS", "_COMPLETE")
    return {key: value for key, value in addon.items() if not key.startswith("_")}
