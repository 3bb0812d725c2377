# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a worker group is, be it the cluster's first or a later one: its nodes, its autoscaler, and how far along it is. No calls here."""

from __future__ import annotations

from typing import Any

from ..errors import Refused
from ..store import Record, Store, new_id, ripe

DEFAULT = "default-worker"
NODES = range(1, 11)
# Of the console's guide: what each may be, and what it is unless given. The times are minutes, the threshold is percent.
AUTOSCALE: dict[str, tuple[Any, Any]] = {
    "ca_enable": ((True, False), False), "ca_pod_replicas": (range(1, 11), 1), "ca_max_node_count": (NODES, 10), "ca_min_node_count": (NODES, 1),
    "ca_scale_down_enable": ((True, False), True), "ca_scale_down_unneeded_time": (range(1, 1441), 10),
    "ca_scale_down_util_thresh": (range(1, 101), 50), "ca_scale_down_delay_after_add": (range(10, 1441), 10)}


def new_group(store: Store, cluster: Record, name: str, flavor: str, image: str, labels: Record, count: int) -> Record:
    """A group with its nodes, already in its cluster."""
    autoscale = autoscaler({key: value for key, value in labels.items() if key in AUTOSCALE}, {})
    group = {"uuid": new_id(), "name": name, "cluster_id": cluster["uuid"], "flavor_id": flavor, "image_id": image, "labels": dict(labels),
             "node_count": 0, "min_node_count": autoscale["ca_min_node_count"], "max_node_count": autoscale["ca_max_node_count"],
             "project_id": cluster["project_id"], "role": "worker", "links": [], "status": "CREATE_IN_PROGRESS", "status_reason": None,
             "node_addresses": [], "stack_id": new_id(), "is_default": name == DEFAULT, "id": len(cluster["_groups"]) + 1,
             "version": cluster["coe_version"], "created_at": store.zulu(), "updated_at": None, "_autoscale": autoscale, "_looks": 0}
    cluster["_groups"][group["uuid"]] = group
    place_nodes(store, cluster, group, count)
    return group


def place_nodes(store: Store, cluster: Record, group: Record, count: int) -> None:
    """Give a group's nodes addresses of the cluster's subnet, or take the last ones back."""
    del group["node_addresses"][count:]
    tally(cluster)
    while len(group["node_addresses"]) < count:
        group["node_addresses"].append(store.free_address(cluster["fixed_subnet"]))
        tally(cluster)
    group["node_count"] = count
    tally(cluster)


def tally(cluster: Record) -> None:
    """A cluster counts the workers of all its groups."""
    groups = cluster["_groups"].values()
    cluster["node_count"] = sum(group["node_count"] for group in groups)
    cluster["node_addresses"] = [node for group in groups for node in group["node_addresses"]]


def find_group(cluster: Record, wanted: str) -> Record:
    """By uuid or name; the control plane's own group is nobody's to see."""
    if wanted == "default-master":
        raise Refused(403, "Policy doesn't allow nodegroup:get of default-master to be performed.")
    for group in cluster["_groups"].values():
        if wanted in (group["uuid"], group["name"]):
            return group
    raise Refused(404, f"Nodegroup {wanted} could not be found.")


def change(store: Store, group: Record) -> None:
    """Something is being done to it."""
    group.update(status="UPDATE_IN_PROGRESS", updated_at=store.zulu(), _looks=0)


def refuse_while_changing(group: Record) -> None:
    if not group["status"].endswith("_COMPLETE"):
        raise Refused(400, f"Nodegroup {group['name']} is {group['status']}: it cannot be changed now.")


def look(cluster: Record, group: Record) -> Record | None:
    """The group as a client sees it, one look further along; None once it is gone."""
    if group["status"].endswith("_IN_PROGRESS") and not (group["is_default"] and group["status"].startswith("CREATE")) and ripe(group):
        if group["status"].startswith("DELETE"):
            del cluster["_groups"][group["uuid"]]
            tally(cluster)
            return None
        group["status"] = group["status"].replace("_IN_PROGRESS", "_COMPLETE")
    return {key: value for key, value in group.items() if not key.startswith("_")}


def autoscaler(given: Record, before: Record) -> Record:
    """The autoscaler's settings after a change, whether it came as strings (labels, the table of the documents) or as what they stand for
    (the example there)."""
    now = {name: before.get(name, usual) for name, (_, usual) in AUTOSCALE.items()}
    for name, value in given.items():
        allowed = AUTOSCALE[name][0]
        meant = {"true": True, "false": False}.get(str(value).lower()) if allowed == (True, False) else int(value) if str(value).isdigit() else None
        if meant is None or meant not in allowed:
            raise Refused(400, f"Invalid value for {name}: '{value}'.")
        now[name] = meant
    if now["ca_min_node_count"] > now["ca_max_node_count"]:
        raise Refused(400, "ca_min_node_count must not be greater than ca_max_node_count.")
    return now
