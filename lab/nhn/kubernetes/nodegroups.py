# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Node groups: 406 without the version header, 403 for the control plane's own group, no resizing by hand while an autoscaler is on."""

from __future__ import annotations

from ..calls import Answer, Call, Routes, checked
from ..compute import FLAVORS
from ..errors import Refused
from ..image import WORKER
from ..store import Record
from .clusters import HEADER, find_cluster, refuse_while_busy
from .groups import AUTOSCALE, DEFAULT, NODES, autoscaler, change, find_group, look, new_group, refuse_while_changing
from .labels import OPTIONAL_LABELS, check_node_labels
from .request import NAME

routes = Routes("/kubernetes/v1/clusters/<id>/nodegroups")

LABELS = ("availability_zone", "boot_volume_type", "boot_volume_size", "ca_enable")
LISTED = ("uuid", "name", "flavor_id", "image_id", "node_count", "min_node_count", "max_node_count", "role", "stack_id", "status", "is_default")
MADE = ("uuid", "name", "cluster_id", "flavor_id", "image_id", "labels", "node_count", "min_node_count", "max_node_count", "project_id",
        "role", "links")


@routes.on("GET", "")
def list_node_groups(call: Call) -> Answer:
    cluster = _cluster(call)
    groups = [look(cluster, group) for group in list(cluster["_groups"].values())]
    return {"nodegroups": [{key: group[key] for key in LISTED} for group in groups if group]}


@routes.on("GET", "/<group>")
def get_node_group(call: Call) -> Answer:
    cluster = _cluster(call)
    if seen := look(cluster, find_group(cluster, call.path["group"])):
        return seen
    raise Refused(404, f"Nodegroup {call.path['group']} could not be found.")


@routes.on("POST", "")
def create_node_group(call: Call) -> Answer:
    store, cluster = call.store, _cluster(call)
    refuse_while_busy(cluster)
    want = checked(call.json(), ("name", "flavor_id", "image_id", "labels"), ("node_count",))
    if not NAME.fullmatch(want["name"]) or want["name"] in ("default-master", *(group["name"] for group in cluster["_groups"].values())):
        raise Refused(409 if NAME.fullmatch(want["name"]) else 400, f"A node group cannot be named {want['name']}.")
    if want["flavor_id"] not in FLAVORS or want["image_id"] != WORKER["id"]:
        raise Refused(400, "Unable to find the flavor or the worker image.")
    if want.get("node_count", 1) not in NODES:
        raise Refused(400, f"Invalid input for field/attribute node_count. Value: '{want['node_count']}'. Value should be 1 to 10.")
    check_node_labels(want["labels"], LABELS, OPTIONAL_LABELS)
    group = new_group(store, cluster, want["name"], want["flavor_id"], want["image_id"], want["labels"], want.get("node_count", 1))
    return 202, {key: group[key] for key in MADE}


@routes.on("DELETE", "/<group>")
def delete_node_group(call: Call) -> Answer:
    cluster = _cluster(call)
    group = find_group(cluster, call.path["group"])
    if group["is_default"]:
        raise Refused(400, f"Deleting the default node group {DEFAULT} is not supported.")
    group.update(status="DELETE_IN_PROGRESS", _looks=0)
    return 204, None


@routes.on("PATCH", "/<group>")
def change_node_group(call: Call) -> Answer:
    """Of the documented kinds of change only the flavor: nodes are replaced one after another."""
    group = _changeable(call)
    want = checked(call.json(), ("type",), ("flavor_id", "num_buffer_nodes", "num_max_unavailable_nodes"))
    if want["type"] != "flavor_id":
        raise Refused(501, f"The emulator knows no change of type {want['type']}.")
    if want.get("flavor_id") not in FLAVORS:
        raise Refused(400, f"Unable to find flavor {want.get('flavor_id')}.")
    group["flavor_id"] = want["flavor_id"]
    if group["is_default"]:
        find_cluster(call)["flavor_id"] = want["flavor_id"]
    change(call.store, group)
    return 202, {"uuid": group["uuid"]}


@routes.on("GET", "/<group>/autoscale")
def get_autoscaler(call: Call) -> Answer:
    return {**find_group(_cluster(call), call.path["group"])["_autoscale"], "clusterautoscale": "nodegroupfeature"}


@routes.on("POST", "/<group>/autoscale")
def set_autoscaler(call: Call) -> Answer:
    group = _changeable(call)
    group["_autoscale"] = now = autoscaler(checked(call.json(), ("ca_enable",), AUTOSCALE), group["_autoscale"])
    group["labels"].update({name: str(value) for name, value in now.items()})
    group.update(min_node_count=now["ca_min_node_count"], max_node_count=now["ca_max_node_count"])
    change(call.store, group)
    return 202, {"uuid": group["uuid"]}


def _changeable(call: Call) -> Record:
    cluster = _cluster(call)
    refuse_while_busy(cluster)
    group = find_group(cluster, call.path["group"])
    refuse_while_changing(group)
    return group


def _cluster(call: Call) -> Record:
    if call.request.headers.get("OpenStack-API-Version") != HEADER:
        raise Refused(406, "Version headers are missing or name no version of node groups; send 'OpenStack-API-Version: container-infra latest'.")
    return find_cluster(call)
