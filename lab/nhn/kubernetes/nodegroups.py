# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Node groups: 406 without the version header, 403 for the control plane's own group."""

from __future__ import annotations

from ..calls import Answer, Call, Routes, checked
from ..compute import FLAVORS
from ..errors import Refused
from ..image import WORKER
from ..store import Record, Store, new_id, ripe
from .clusters import HEADER, NODES, find_cluster, refuse_while_busy
from .request import NAME, check_node_labels

routes = Routes("/kubernetes/v1/clusters/<id>/nodegroups")

LABELS = ("availability_zone", "boot_volume_type", "boot_volume_size", "ca_enable")
BRIEF = ("uuid", "name", "cluster_id", "flavor_id", "image_id", "labels", "node_count", "min_node_count", "max_node_count", "project_id",
         "role", "links")


@routes.on("GET", "")
def list_node_groups(call: Call) -> Answer:
    cluster = _cluster(call)
    groups = [_default_worker(cluster), *(_looked_at(group) for group in list(cluster["_groups"].values()))]
    return {"nodegroups": [{key: group[key] for key in (*BRIEF, "status", "is_default")} for group in groups if group]}


@routes.on("GET", "/<group>")
def get_node_group(call: Call) -> Answer:
    cluster = _cluster(call)
    if call.path["group"] == "default-worker":
        return _default_worker(cluster)
    if seen := _looked_at(_group(cluster, call.path["group"])):
        return seen
    raise Refused(404, f"Nodegroup {call.path['group']} could not be found.")


@routes.on("POST", "")
def create_node_group(call: Call) -> Answer:
    store, cluster = call.store, _cluster(call)
    refuse_while_busy(cluster)
    want = checked(call.json(), ("name", "flavor_id", "image_id", "labels"), ("node_count",))
    if not NAME.fullmatch(want["name"]) or want["name"] in ("default-worker", "default-master", *(
            group["name"] for group in cluster["_groups"].values())):
        raise Refused(409 if NAME.fullmatch(want["name"]) else 400, f"A node group cannot be named {want['name']}.")
    if want["flavor_id"] not in FLAVORS or want["image_id"] != WORKER["id"]:
        raise Refused(400, "Unable to find the flavor or the worker image.")
    if want.get("node_count", 1) not in NODES:
        raise Refused(400, f"Invalid input for field/attribute node_count. Value: '{want['node_count']}'. Value should be 1 to 10.")
    check_node_labels(want["labels"], LABELS)
    group = _new_group(store, cluster, want)
    cluster["_groups"][group["uuid"]] = group
    return 202, {key: group[key] for key in BRIEF}


@routes.on("DELETE", "/<group>")
def delete_node_group(call: Call) -> Answer:
    cluster = _cluster(call)
    if call.path["group"] == "default-worker":
        raise Refused(400, "Deleting the default node group default-worker is not supported.")
    _group(cluster, call.path["group"]).update(status="DELETE_IN_PROGRESS", _looks=0, _gone_from=cluster["_groups"])
    return 204, None


def _cluster(call: Call) -> Record:
    if call.request.headers.get("OpenStack-API-Version") != HEADER:
        raise Refused(406, "Version headers are missing or name no version of node groups; send 'OpenStack-API-Version: container-infra latest'.")
    return find_cluster(call)


def _group(cluster: Record, wanted: str) -> Record:
    if wanted == "default-master":
        raise Refused(403, "Policy doesn't allow nodegroup:get of default-master to be performed.")
    for group in cluster["_groups"].values():
        if wanted in (group["uuid"], group["name"]):
            return group
    raise Refused(404, f"Nodegroup {wanted} could not be found.")


def _looked_at(group: Record) -> Record | None:
    if group["status"].endswith("_IN_PROGRESS") and ripe(group):
        if group["status"].startswith("DELETE"):
            del group["_gone_from"][group["uuid"]]
            return None
        group["status"] = group["status"].replace("_IN_PROGRESS", "_COMPLETE")
    return {key: value for key, value in group.items() if not key.startswith("_")}


def _default_worker(cluster: Record) -> Record:
    return {"uuid": cluster["stack_id"], "name": "default-worker", "cluster_id": cluster["uuid"], "flavor_id": cluster["flavor_id"],
            "image_id": cluster["_image"], "labels": cluster["labels"], "node_count": cluster["node_count"], "min_node_count": 1,
            "max_node_count": 10, "project_id": cluster["project_id"], "role": "worker", "links": [], "status": cluster["status"],
            "status_reason": cluster["status_reason"], "node_addresses": cluster["node_addresses"], "stack_id": cluster["stack_id"],
            "is_default": True, "id": 1, "version": cluster["coe_version"], "created_at": cluster["created_at"],
            "updated_at": cluster["updated_at"]}


def _new_group(store: Store, cluster: Record, want: Record) -> Record:
    return {"uuid": new_id(), "name": want["name"], "cluster_id": cluster["uuid"], "flavor_id": want["flavor_id"],
            "image_id": want["image_id"], "labels": want["labels"], "node_count": want.get("node_count", 1), "min_node_count": 1,
            "max_node_count": 10, "project_id": cluster["project_id"], "role": "worker", "links": [], "status": "CREATE_IN_PROGRESS",
            "status_reason": None, "node_addresses": [], "stack_id": cluster["stack_id"], "is_default": False,
            "id": len(cluster["_groups"]) + 2, "version": cluster["coe_version"], "created_at": store.zulu(), "updated_at": None}
