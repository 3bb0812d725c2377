# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Labels of clusters and node groups: which there are, of what type each is, and which go together."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

from ..calls import checked
from ..compute import VOLUME_TYPES
from ..errors import Refused
from ..image import WORKER
from ..store import PUBLIC_NETWORK, PUBLIC_SUBNET, ZONES, Record, Store

K8S_VERSIONS = {"v1.33.4": True, "v1.32.3": True, "v1.31.4": True, "v1.30.3": False, "v1.29.3": False}
LABELS = ("availability_zone", "node_image", "boot_volume_type", "boot_volume_size", "cert_manager_api", "ca_enable", "kube_tag",
          "master_lb_floating_ip_enabled")
OPTIONAL_LABELS = (
    "clusterautoscale", "ca_pod_replicas", "ca_max_node_count", "ca_min_node_count", "ca_scale_down_enable", "ca_scale_down_unneeded_time",
    "ca_scale_down_util_thresh", "ca_scale_down_delay_after_add", "mba_scale_out", "mba_scale_in", "boot_volume_key_id", "boot_volume_appkey",
    "user_script", "user_script_v2", "additional_network_id_list", "additional_subnet_id_list", "extra_security_groups", "extra_volumes",
    "fip_auto_bind_enable", "fip_bind_subnet", "fip_selector", "k8s_node_labels")
OF_CLUSTERS = (
    *OPTIONAL_LABELS, "external_network_id", "external_subnet_id_list", "strict_sg_rules", "service_cluster_ip_range", "pods_network_cidr",
    "pods_network_subnet", "ncr_sgw", "obs_sgw", "control_plane_log", "skm")
# Those that are no text: two lists, with what each element may hold and of what type it is, and a number.
LISTS: dict[str, dict[str, type]] = {
    "extra_security_groups": {"target_subnet": str, "security_group_ids": str},
    "extra_volumes": {"volume_type": str, "volume_size": int, "volume_key_id": str, "volume_appkey": str, "volume_mount_path": str}}
NUMBER = "pods_network_subnet"
GROUPS_PER_SUBNET = 8
# Ranges of pods and services unless given, and two that the service keeps to itself or refuses.
USUAL = {"pods_network_cidr": "10.100.0.0/16", "service_cluster_ip_range": "10.254.0.0/16"}
LINK_LOCAL, NKS_OWN = IPv4Network("169.254.0.0/16"), IPv4Network("198.18.0.0/19")


def check_node_labels(labels: Any, required: tuple[str, ...], optional: tuple[str, ...]) -> None:
    """The labels that clusters and node groups share; values are strings but for three."""
    if not isinstance(labels, dict):
        raise Refused(400, "Invalid input for field/attribute labels. It must be an object.")
    checked(labels, required, optional)
    for name, value in labels.items():
        if name in LISTS:
            _check_list(name, value)
        elif not isinstance(value, int if name == NUMBER else str):
            raise _invalid(name, value, "It is a number." if name == NUMBER else "It is a string.")
    if labels["availability_zone"] not in ZONES:
        raise Refused(400, f"Unable to find availability zone {labels['availability_zone']}.")
    if labels["boot_volume_type"] not in VOLUME_TYPES:
        raise Refused(400, f"Volume type {labels['boot_volume_type']} could not be found.")
    if not labels["boot_volume_size"].isdigit() or int(labels["boot_volume_size"]) < 20:
        raise Refused(400, "The boot volume must have at least 20 GB.")
    for name in ("ca_enable", "cert_manager_api", "master_lb_floating_ip_enabled"):
        if labels.get(name, "true").lower() not in ("true", "false"):
            raise Refused(400, f"Invalid value for label {name}: '{labels[name]}' is neither True nor False.")


def check_cluster_labels(store: Store, want: Record) -> None:
    """Refuse labels that no cluster of that subnet can have."""
    labels = want["labels"]
    check_node_labels(labels, LABELS, OF_CLUSTERS)
    if labels["node_image"] != WORKER["id"]:
        raise Refused(400, f"Image {labels['node_image']} is not a Kubernetes worker image.")
    if labels["cert_manager_api"].lower() != "true":
        raise Refused(400, "Label cert_manager_api must be True.")
    if not K8S_VERSIONS.get(labels["kube_tag"]):
        raise Refused(400, f"Kubernetes {labels['kube_tag']} cannot be created; see /supports.")
    external = (labels.get("external_network_id"), labels.get("external_subnet_id_list"))
    gateway = store.table_of(want["fixed_subnet"]).get("gateway_id")
    if (gateway or labels["master_lb_floating_ip_enabled"].lower() == "true") and external != (PUBLIC_NETWORK, PUBLIC_SUBNET):
        raise Refused(400, "Labels external_network_id and external_subnet_id_list must name the external network and its subnets.")
    if not gateway and not (labels.get("ncr_sgw") and labels.get("obs_sgw")):
        raise Refused(400, "Without an internet gateway, labels ncr_sgw and obs_sgw must name service gateways.")
    _check_ranges(labels, store.subnets[want["fixed_subnet"]]["cidr"])


def _check_list(name: str, value: Any) -> None:
    inside = LISTS[name]
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise _invalid(name, value, f"It is an array of objects with {', '.join(inside)}.")
    for each in value:
        checked(each, (), inside)
        for key, given in each.items():
            if not isinstance(given, inside[key]):
                raise _invalid(f"{name}.{key}", given, f"It is of type {inside[key].__name__}.")
        if len(str(each.get("security_group_ids", "")).split(",")) > GROUPS_PER_SUBNET:
            raise _invalid(name, value, f"There are at most {GROUPS_PER_SUBNET} security groups for a subnet.")


def _check_ranges(labels: Record, own: str) -> None:
    """The subnet's range, the pods' and the services' keep clear of each other and of what the service uses itself."""
    try:
        told = {"fixed_subnet": IPv4Network(own), **{name: IPv4Network(labels.get(name, usual)) for name, usual in USUAL.items()}}
    except ValueError as error:
        raise Refused(400, f"Invalid input for field/attribute labels. {error}") from error
    for name, there in told.items():
        if there.subnet_of(LINK_LOCAL) or there.overlaps(NKS_OWN) or (name != "fixed_subnet" and there.prefixlen > 24):
            raise _invalid(name, there, f"It is no smaller than a /24, not within {LINK_LOCAL} and clear of {NKS_OWN}.")
        if clash := [other for other in told if other != name and told[other].overlaps(there)]:
            raise _invalid(name, there, f"It overlaps with {clash[0]}.")
    part = labels.get(NUMBER, 24)
    if not 20 <= part <= 28 or part < told["pods_network_cidr"].prefixlen + 2:
        raise _invalid(NUMBER, part, "It is 20 to 28, and at least 2 more than the prefix of pods_network_cidr.")


def _invalid(name: str, value: Any, rule: str) -> Refused:
    return Refused(400, f"Invalid input for field/attribute labels. {name}: '{value}'. {rule}")
