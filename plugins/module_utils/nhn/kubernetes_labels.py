# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""More labels of a cluster or node group, each in the type that the service documents: text, but for two lists and one number. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any

from . import kubernetes_autoscaler as autoscaler

LISTS: dict[str, dict[str, type]] = {
    "extra_security_groups": {"target_subnet": str, "security_group_ids": str},
    "extra_volumes": {"volume_type": str, "volume_size": int, "volume_key_id": str, "volume_appkey": str, "volume_mount_path": str},
}
NUMBERS = ("pods_network_subnet",)
# What an option says, or the collection itself. Beside the option, a label would quietly be another truth.
OPTIONS = {"kube_tag": "version", "availability_zone": "zone", "node_image": "image", "boot_volume_type": "volume_type",
           "boot_volume_size": "volume_gb", "master_lb_floating_ip_enabled": "public_endpoint", "clusterautoscale": "autoscaler",
           **dict.fromkeys(autoscaler.API.values(), "autoscaler")}
# Ranges unless given, those that the service refuses or keeps to itself, and the longest prefix it takes.
USUAL = {"pods_network_cidr": "10.100.0.0/16", "service_cluster_ip_range": "10.254.0.0/16"}
LINK_LOCAL, OWN = IPv4Network("169.254.0.0/16"), IPv4Network("198.18.0.0/19")
SMALLEST = 24
PODS_OF_A_NODE = (20, 28)
# Documented for clusters and not for node groups.
OF_CLUSTERS = (
    "control_plane_log", "external_network_id", "external_subnet_id_list", "ncr_sgw", "obs_sgw", "pods_network_cidr", "pods_network_subnet",
    "service_cluster_ip_range", "skm", "strict_sg_rules")

# What a label holds that is nobody else's: scripts (user data by another name), keys, and two whose inside may name some.
SECRET = ("user_script", "user_script_v2", "skm", "control_plane_log")
SECRET_ENDS = ("appkey", "key_id", "password", "secret")


def secrets(labels: Any, among: bool = False) -> Iterator[str]:
    """Each text within the labels that is not to be shown, as it was given. among: whether they are within one that is none of anybody's affair."""
    if isinstance(labels, Mapping):
        for name, value in labels.items():
            yield from secrets(value, among or name in SECRET or str(name).endswith(SECRET_ENDS))
    elif isinstance(labels, list):
        for value in labels:
            yield from secrets(value, among)
    elif among and labels not in (None, ""):
        yield str(labels)


def harmless(labels: Any) -> set[str]:
    """The texts within the labels that may be shown."""
    return set(secrets(labels, among=True)) - set(secrets(labels))


def typed(labels: Mapping[str, Any]) -> dict[str, Any]:
    """The labels as they are sent: True is "True", and what has an inside is JSON text where text is documented. Raises ValueError with the path of
    each that cannot be."""
    wrong = [f".{name}: is what option {OPTIONS[name]} says" for name in labels if name in OPTIONS]
    wrong += [".cert_manager_api: is always True"] if str(labels.get("cert_manager_api", True)).lower() != "true" else []
    sent = {name: _label(name, value, wrong) for name, value in labels.items()}
    if wrong:
        raise ValueError(*wrong)
    return sent


def typed_of_group(labels: Mapping[str, Any]) -> dict[str, Any]:
    """The same for a node group, which has fewer."""
    if wrong := [f".{name}: is a label of clusters, and none of node groups" for name in labels if name in OF_CLUSTERS]:
        raise ValueError(*wrong)
    return typed(labels)


def range_faults(labels: Mapping[str, Any], subnet: str) -> list[str]:
    """What cannot be of the ranges of a new cluster's pods and services, by the rules that the service documents. subnet: the range of its own."""
    try:
        ranges = {"subnet": IPv4Network(subnet), **{name: IPv4Network(labels.get(name, usual)) for name, usual in USUAL.items()}}
    except ValueError as no:
        return [f"labels: {no}"]
    wrong = []
    for number, (name, there) in enumerate(ranges.items()):
        path = name if name == "subnet" else f"labels.{name}"
        if there.subnet_of(LINK_LOCAL) or there.overlaps(OWN):
            wrong.append(f"{path}: {there} is within {LINK_LOCAL}, or overlaps {OWN}, which the service has for itself")
        if there.prefixlen > SMALLEST:
            wrong.append(f"{path}: {there} is smaller than a /{SMALLEST}")
        wrong += [f"{path}: {there} overlaps {other} of {before}" for before, other in list(ranges.items())[:number] if there.overlaps(other)]
    part, whole = int(labels.get("pods_network_subnet", 24)), ranges["pods_network_cidr"].prefixlen
    if not PODS_OF_A_NODE[0] <= part <= PODS_OF_A_NODE[1] or part < whole + 2:
        wrong.append(f"labels.pods_network_subnet: {part} is not from 20 to 28 and at least 2 more than the /{whole} of the pods")
    return wrong


def _label(name: str, value: Any, wrong: list[str]) -> Any:
    if value is None:
        wrong.append(f".{name}: has no value")
    elif name in LISTS:
        return _list(name, value, wrong)
    elif name in NUMBERS:
        return _as(int, value, f".{name}", wrong)
    return _text(value)


def _list(name: str, value: Any, wrong: list[str]) -> Any:
    inside = LISTS[name]
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        wrong.append(f".{name}: must be a list of mappings with {', '.join(inside)}")
        return value
    wrong += [f".{name}[{number}].{key}: not among {', '.join(inside)}" for number, each in enumerate(value) for key in each if key not in inside]
    return [{key: _as(inside[key], given, f".{name}[{number}].{key}", wrong) for key, given in each.items() if key in inside}
            for number, each in enumerate(value)]


def _as(kind: type, value: Any, path: str, wrong: list[str]) -> Any:
    """Of that type. Templates make text of numbers, so text with a number in it is one."""
    if kind is int:
        if isinstance(value, bool) or not str(value).isdecimal():
            wrong.append(f"{path}: {value!r} is no whole number")
            return value
        return int(value)
    if value is None or isinstance(value, Mapping | list):
        wrong.append(f"{path}: must be text")
    return str(value)


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, Mapping | list) else str(value)
