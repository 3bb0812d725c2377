# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a cluster may be asked to be: the create call's rules, each refused by name."""

from __future__ import annotations

import re
from typing import Any

from ..calls import checked
from ..compute import FLAVORS, VOLUME_TYPES
from ..errors import Refused
from ..image import WORKER
from ..store import PUBLIC_NETWORK, PUBLIC_SUBNET, ZONES, Record, Store, ripe

K8S_VERSIONS = {"v1.33.4": True, "v1.32.3": True, "v1.31.4": True, "v1.30.3": False, "v1.29.3": False}
CALICO = ("calico", "v3.28.2-nks1")
COREDNS = ("coredns", "1.8.4-nks1")
# What can be installed, and its type, as the user guide lists it (March 2026). Its two CSI plugins are left out.
ADDONS = {CALICO: "cni", COREDNS: "kube-dns", ("calico", "v3.28.2-nks2"): "cni", ("calico", "v3.30.2-nks1"): "cni", ("calico", "v3.30.2-nks2"): "cni",
          ("coredns", "1.8.4-nks2"): "kube-dns", ("metrics_server", "v0.4.4-nks1"): "metrics-server",
          ("metrics_server", "v0.4.4-nks2"): "metrics-server", ("snapshot_controller", "v4.1.1-nks1"): "snapshot-controller",
          ("snapshot_controller", "v4.1.1-nks2"): "snapshot-controller"}
MANDATORY = ("cni", "kube-dns")
NAME = re.compile(r"[a-z][a-z0-9-]{0,18}[a-z0-9]")
KEYPAIR_SECONDS = 30    # how long one that was just made may be unknown to this service: for a call, here
REQUIRED = ("cluster_template_id", "name", "keypair", "node_count", "flavor_id", "fixed_network", "fixed_subnet", "labels")
OPTIONAL = ("create_timeout", "addons")
LABELS = ("availability_zone", "node_image", "boot_volume_type", "boot_volume_size", "cert_manager_api", "ca_enable", "kube_tag",
          "master_lb_floating_ip_enabled")
OPTIONAL_LABELS = (
    "external_network_id", "external_subnet_id_list", "clusterautoscale", "ca_pod_replicas", "ca_max_node_count", "ca_min_node_count",
    "ca_scale_down_enable", "ca_scale_down_unneeded_time", "ca_scale_down_util_thresh", "ca_scale_down_delay_after_add", "mba_scale_out",
    "mba_scale_in", "boot_volume_key_id", "boot_volume_appkey", "user_script", "user_script_v2", "strict_sg_rules",
    "additional_network_id_list", "additional_subnet_id_list", "service_cluster_ip_range", "pods_network_cidr", "pods_network_subnet",
    "ncr_sgw", "obs_sgw", "extra_security_groups", "extra_volumes", "control_plane_log", "skm", "fip_auto_bind_enable", "fip_bind_subnet",
    "fip_selector", "k8s_node_labels")
NOT_STRINGS = ("extra_security_groups", "extra_volumes", "pods_network_subnet")


def check_cluster(store: Store, body: dict[str, Any]) -> Record:
    """The create call's body, or the refusal it earns."""
    want = checked(body, REQUIRED, OPTIONAL)
    if want["cluster_template_id"] != "iaas_console":
        raise Refused(400, f"ClusterTemplate {want['cluster_template_id']} could not be found.")
    if not NAME.fullmatch(want["name"]):
        raise Refused(400, f"Invalid cluster name '{want['name']}': at most 20 of a-z, 0-9 and -, from a letter to a letter or digit.")
    keypair = store.keypairs.get(want["keypair"])
    if keypair is None or (store.now() - keypair["_made"] < KEYPAIR_SECONDS and not ripe(keypair)):
        raise Refused(403, f"Unable to find keypair {want['keypair']}.")
    if want["flavor_id"] not in FLAVORS:
        raise Refused(400, f"Unable to find flavor {want['flavor_id']}.")
    if not str(want["node_count"]).isdigit() or not 1 <= int(want["node_count"]) <= 10:
        raise Refused(400, f"Invalid input for field/attribute node_count. Value: '{want['node_count']}'. Value should be 1 to 10.")
    if want["fixed_network"] not in store.vpcs:
        raise Refused(400, f"Unable to find fixed network {want['fixed_network']}.")
    if store.subnets.get(want["fixed_subnet"], {}).get("vpc_id") != want["fixed_network"]:
        raise Refused(400, f"Unable to find fixed subnet {want['fixed_subnet']} in network {want['fixed_network']}.")
    for addon in want.get("addons") or []:
        if (addon.get("name"), addon.get("version")) not in ADDONS:
            raise Refused(400, f"Addon {addon.get('name')} {addon.get('version')} could not be found.")
    kinds = [ADDONS[addon["name"], addon["version"]] for addon in want.get("addons") or []]
    if kinds and any(kinds.count(kind) != 1 for kind in MANDATORY):
        raise Refused(400, "A cluster needs exactly one cni and one kube-dns addon.")
    _check_labels(store, want)
    return want


def check_node_labels(labels: Any, required: tuple[str, ...]) -> None:
    """The labels that clusters and node groups share; all values are strings."""
    if not isinstance(labels, dict):
        raise Refused(400, "Invalid input for field/attribute labels. It must be an object.")
    checked(labels, required, (*LABELS, *OPTIONAL_LABELS))
    if wrong := [name for name, value in labels.items() if name not in NOT_STRINGS and not isinstance(value, str)]:
        raise Refused(400, f"Invalid input for field/attribute labels. '{wrong[0]}' must be a string.")
    if labels["availability_zone"] not in ZONES:
        raise Refused(400, f"Unable to find availability zone {labels['availability_zone']}.")
    if labels["boot_volume_type"] not in VOLUME_TYPES:
        raise Refused(400, f"Volume type {labels['boot_volume_type']} could not be found.")
    if not labels["boot_volume_size"].isdigit() or int(labels["boot_volume_size"]) < 20:
        raise Refused(400, "The boot volume must have at least 20 GB.")
    for name in ("ca_enable", "cert_manager_api", "master_lb_floating_ip_enabled"):
        if labels.get(name, "true").lower() not in ("true", "false"):
            raise Refused(400, f"Invalid value for label {name}: '{labels[name]}' is neither True nor False.")


def _check_labels(store: Store, want: Record) -> None:
    labels = want["labels"]
    check_node_labels(labels, LABELS)
    if labels["node_image"] != WORKER["id"]:
        raise Refused(400, f"Image {labels['node_image']} is not a Kubernetes worker image.")
    if labels["cert_manager_api"].lower() != "true":
        raise Refused(400, "Label cert_manager_api must be True.")
    if not K8S_VERSIONS.get(labels["kube_tag"]):
        raise Refused(400, f"Kubernetes {labels['kube_tag']} cannot be created; see /supports.")
    external = (labels.get("external_network_id"), labels.get("external_subnet_id_list"))
    if store.table_of(want["fixed_subnet"]).get("gateway_id") or labels["master_lb_floating_ip_enabled"].lower() == "true":
        if external != (PUBLIC_NETWORK, PUBLIC_SUBNET):
            raise Refused(400, "Labels external_network_id and external_subnet_id_list must name the external network and its subnets.")
    elif external == (None, None) and not (labels.get("ncr_sgw") and labels.get("obs_sgw")):
        raise Refused(400, "Without an internet gateway, labels ncr_sgw and obs_sgw must name service gateways.")
