# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Clusters. One asked for without addons or the version header is accepted and fails later, as a client of the real cloud met it."""

from __future__ import annotations

import base64

import yaml

from ..calls import Answer, Call, Routes, checked
from ..errors import Refused
from ..store import Record, Store, new_id, ripe
from .groups import DEFAULT, NODES, change, find_group, new_group, place_nodes
from .labels import K8S_VERSIONS
from .request import check_cluster

routes = Routes("/kubernetes/v1")

QUOTA = 3
TEMPLATE = "a8e1a4a8-3b0e-4b7b-8d0c-2c8f2b6f9a10"
HEADER = "container-infra latest"
BRIEF = ("uuid", "name", "status", "keypair", "node_count", "flavor_id", "cluster_template_id", "stack_id", "create_timeout", "health_status",
         "labels", "docker_volume_size", "links")


@routes.on("GET", "/clusters")
def list_clusters(call: Call) -> Answer:
    seen = [_looked_at(call.store, cluster) for cluster in list(call.store.clusters.values())]
    return {"clusters": [{key: cluster[key] for key in BRIEF} for cluster in seen if cluster]}


@routes.on("GET", "/clusters/<id>")
def get_cluster(call: Call) -> Answer:
    if seen := _looked_at(call.store, find_cluster(call)):
        return seen
    raise Refused(404, f"Cluster {call.id} could not be found.")


@routes.on("POST", "/clusters")
def create_cluster(call: Call) -> Answer:
    store = call.store
    want = check_cluster(store, call.json())
    if len(store.clusters) >= QUOTA:
        raise Refused(403, f"You have reached the maximum clusters per project, {QUOTA}. You may delete a cluster to make room for a new one.")
    whole = bool(want.get("addons")) and call.request.headers.get("OpenStack-API-Version") == HEADER
    cluster = {"uuid": new_id(), "name": want["name"], "status": "CREATE_IN_PROGRESS", "status_reason": None, "health_status": None,
               "health_status_reason": {}, "api_address": None, "project_id": store.settings.credentials.tenant_id, "user_id": store.user_id,
               "keypair": want["keypair"], "flavor_id": want["flavor_id"], "node_count": 0, "node_addresses": [],
               "fixed_network": want["fixed_network"], "fixed_subnet": want["fixed_subnet"],
               "floating_ip_enabled": want["labels"]["master_lb_floating_ip_enabled"].lower() == "true", "cluster_template_id": TEMPLATE,
               "stack_id": new_id(), "create_timeout": int(want.get("create_timeout", 60)), "coe_version": want["labels"]["kube_tag"],
               "container_version": "1.12.6", "docker_volume_size": None, "created_at": store.zulu(), "updated_at": None, "links": [],
               "labels": {**want["labels"], "kube_version_status": "LATEST", "platform_version": "1.202511.0", "login_username": "debian",
                          "term_of_validity": "5", "cni_driver": "calico"},
               "_doomed": "" if whole else "default-worker failed", "_deleting": False, "_looks": 0, "_groups": {}, "_access": {},
               "_addons": [{"name": addon["name"], "version": addon["version"], "status": "CREATE_COMPLETE"} for addon in want.get("addons") or []]}
    store.clusters[cluster["uuid"]] = cluster
    new_group(store, cluster, DEFAULT, want["flavor_id"], want["labels"]["node_image"], want["labels"], int(want["node_count"]))
    return 202, {"uuid": cluster["uuid"]}


@routes.on("DELETE", "/clusters/<id>")
def delete_cluster(call: Call) -> Answer:
    cluster = find_cluster(call)
    if not cluster["_deleting"]:
        cluster.update(_deleting=True, status="DELETE_IN_PROGRESS", _looks=0)
    return 204, None


@routes.on("POST", "/clusters/<id>/actions/resize")
def resize_cluster(call: Call) -> Answer:
    store, cluster = call.store, find_cluster(call)
    want = checked(call.json(), ("nodegroup", "node_count"), ("nodes_to_remove",))
    refuse_while_busy(cluster)
    if not isinstance(want["node_count"], int) or want["node_count"] not in NODES:
        raise Refused(400, f"Invalid input for field/attribute node_count. Value: '{want['node_count']}'. Value should be 1 to 10.")
    group = find_group(cluster, want["nodegroup"])
    if group["_autoscale"]["ca_enable"]:
        raise Refused(400, f"Nodegroup {group['name']} is resized by its autoscaler; it cannot be resized by hand.")
    place_nodes(store, cluster, group, want["node_count"])
    change(store, group)
    cluster.update(status="UPDATE_IN_PROGRESS", updated_at=store.zulu(), _looks=0)
    return 202, {"uuid": cluster["uuid"]}


@routes.on("GET", "/clusters/<id>/config")
def get_cluster_config(call: Call) -> Answer:
    """The kubeconfig. NHN's holds a client certificate; the lab's Kubernetes knows its user by a token."""
    store, cluster = call.store, find_cluster(call)
    if not cluster["api_address"]:
        raise Refused(400, f"Cluster {cluster['uuid']} is {cluster['status']}; it has no API address yet.")
    kube = store.settings.kube
    try:
        authority, token = (kube / "ca.crt").read_text(encoding="utf-8"), (kube / "token").read_text(encoding="utf-8").strip()
    except FileNotFoundError as error:
        raise Refused(500, f"The lab has no {error.filename}; `lab up` makes it.") from error
    authority = base64.b64encode(authority.encode()).decode()
    return {"config": yaml.safe_dump({
        "apiVersion": "v1", "kind": "Config", "preferences": {}, "current-context": "default",
        "clusters": [{"name": cluster["name"], "cluster": {"server": cluster["api_address"], "certificate-authority-data": authority}}],
        "contexts": [{"name": "default", "context": {"cluster": cluster["name"], "user": "admin"}}],
        "users": [{"name": "admin", "user": {"token": token}}]})}


@routes.on("GET", "/supports")
def list_supports(_: Call) -> Answer:
    return {"supported_k8s": dict(K8S_VERSIONS),
            "supported_event_type": {"cluster_events": {"CLUSTER_CREATE": "cluster create", "CLUSTER_DELETE": "cluster delete"},
                                     "nodegroup_events": {"CLUSTER_RESIZE": "resize", "NODEGROUP_CREATE": "node group create"}}}


def find_cluster(call: Call) -> Record:
    """A cluster by uuid or, when only one has it, by name."""
    found = [cluster for cluster in call.store.clusters.values() if call.id in (cluster["uuid"], cluster["name"])]
    if not found:
        raise Refused(404, f"Cluster {call.id} could not be found.")
    if len(found) > 1:
        raise Refused(409, f"Multiple clusters exist with same name {call.id}. Please use the cluster uuid instead.")
    return found[0]


def refuse_while_busy(cluster: Record) -> None:
    if not cluster["status"].endswith("_COMPLETE"):
        raise Refused(400, f"Cluster {cluster['uuid']} is {cluster['status']}: it cannot be changed now.")


def _looked_at(store: Store, cluster: Record) -> Record | None:
    """The cluster as a client sees it, one look further along; None once it is gone."""
    if cluster["_deleting"]:
        if ripe(cluster):
            del store.clusters[cluster["uuid"]]
            return None
    elif cluster["status"] == "CREATE_IN_PROGRESS":
        seen = "CREATE_FAILED" if cluster["_doomed"] else store.observation("clusters", cluster["uuid"], "CREATE_COMPLETE")
        if ripe(cluster) and seen:
            cluster.update(status=seen, status_reason=cluster["_doomed"] or None, updated_at=store.zulu())
            find_group(cluster, DEFAULT).update(status=seen, status_reason=cluster["_doomed"] or None)
            if seen == "CREATE_COMPLETE":
                cluster.update(health_status="HEALTHY", api_address=f"{store.settings.kubernetes_url}/clusters/{cluster['uuid']}")
    elif cluster["status"] == "UPDATE_IN_PROGRESS" and ripe(cluster):
        cluster["status"] = "UPDATE_COMPLETE"
    return {key: value for key, value in cluster.items() if not key.startswith("_")}
