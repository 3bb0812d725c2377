# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looking up clusters with their node groups and addons, and the versions that can be made. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..faults import Refused
from . import kubernetes_addons as addons
from .iaas import Iaas, fitting, segment
from .kubernetes_node_group import CONTROL_PLANE

CLUSTER = {"id": "uuid", "name": "name", "status": "status", "status_reason": "status_reason", "health": "health_status", "vpc": "fixed_network",
           "subnet": "fixed_subnet", "flavor": "flavor_id", "keypair": "keypair", "node_count": "node_count", "addresses": "node_addresses",
           "api_address": "api_address", "created_at": "created_at"}
GROUP = {"id": "uuid", "name": "name", "status": "status", "flavor": "flavor_id", "image": "image_id", "node_count": "node_count",
         "min_nodes": "min_node_count", "max_nodes": "max_node_count"}


def clusters(cloud: Iaas, params: Mapping[str, Any]) -> dict[str, Any]:
    """{"resources": [...], "versions": [...]}: clusters in order of name, all or that of a name or id; versions newest first, told with all."""
    told = [_told(cloud, raw) for raw in sorted(_meant(cloud, params.get("name")), key=lambda raw: (raw["name"], raw["uuid"]))]
    return {"resources": told, **({} if params.get("name") else {"versions": _versions(cloud)})}


def _meant(cloud: Iaas, given: str | None) -> list[dict[str, Any]]:
    """The clusters as they are read one by one. The service takes a name in place of an id, unless several are called so."""
    if given is not None:
        try:
            one = _read(cloud, f"/clusters/{segment(given)}")
            return fitting([{"id": one["uuid"], **one}], given) if one else []
        except Refused as no:
            if not (no.answer and no.answer.status == 409):
                raise
    there = [{"id": raw["uuid"], **raw} for raw in cloud.list("kubernetes", "/clusters", "clusters")]
    found = [_read(cloud, f"/clusters/{raw['uuid']}") for raw in (there if given is None else fitting(there, given))]
    return [raw for raw in found if raw]        # one may go between the list and the look


def _versions(cloud: Iaas) -> list[str]:
    supported = _read(cloud, "/supports").get("supported_k8s") or {}
    return sorted((version for version, good in supported.items() if str(good).lower() == "true"), key=_number, reverse=True)


def _told(cloud: Iaas, raw: Mapping[str, Any]) -> dict[str, Any]:
    at = f"/clusters/{raw['uuid']}"
    groups = sorted(_read(cloud, f"{at}/nodegroups").get("nodegroups") or (), key=lambda group: str(group["name"]))
    return {**{ours: raw.get(theirs) for ours, theirs in CLUSTER.items()}, "version": (raw.get("labels") or {}).get("kube_tag"),
            "node_groups": [{ours: group.get(theirs) for ours, theirs in GROUP.items()} for group in groups if group["name"] != CONTROL_PLANE],
            "addons": addons.shape(_read(cloud, f"{at}/addons").get("addons") or ())}


def _read(cloud: Iaas, path: str) -> dict[str, Any]:
    return cloud.call("GET", "kubernetes", path, doing="read", to=f"kubernetes{path}", gone_is_fine=True)


def _number(version: str) -> list[int]:
    return [int(part) for part in version.lstrip("v").split(".") if part.isdigit()]
