# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Parts of objects that are made of lists an operator gives. Pure."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

Object = dict[str, Any]
DNS = 53
SCRATCH = "scratch"         # the name of the volume that all folders to write into are parts of


def mounts(paths: Sequence[str]) -> list[Object]:
    """Each path as a folder of the scratch volume, of its own unless there is but one."""
    if len(paths) == 1:
        return [{"name": SCRATCH, "mountPath": str(paths[0])}]
    return [{"name": SCRATCH, "mountPath": str(path), "subPath": f"{at}-{re.sub(r'[^A-Za-z0-9.]+', '-', str(path)).strip('-.')}"}
            for at, path in enumerate(paths)]


def spread(keys: Sequence[str], labels: Mapping[str, str], strictly: bool) -> list[Object]:
    """Pods spread evenly over nodes, zones or whatever `keys` name. Only those of one version count, or a rollout would end lopsided."""
    return [{"topologyKey": str(key), "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule" if strictly else "ScheduleAnyway",
             "labelSelector": {"matchLabels": dict(labels)}, "matchLabelKeys": ["pod-template-hash"]} for key in keys]


def border(labels: Mapping[str, str], port: int, allowed: Sequence[str], egress: Sequence[Mapping[str, Any]]) -> Object:
    """A NetworkPolicy's spec: in at `port` alone, from `allowed` or from everywhere; out to names and to `egress`, or to everywhere."""
    way_in: Object = {"ports": [{"port": int(port), "protocol": "TCP"}]}
    if allowed:
        way_in["from"] = [{"ipBlock": {"cidr": str(cidr)}} for cidr in allowed]
    spec: Object = {"podSelector": {"matchLabels": dict(labels)}, "policyTypes": ["Ingress"], "ingress": [way_in]}
    if egress:
        names = {"ports": [{"port": DNS, "protocol": protocol} for protocol in ("UDP", "TCP")]}     # wherever the cluster's resolver is
        spec["policyTypes"].append("Egress")
        spec["egress"] = [names, *({"to": [{"ipBlock": {"cidr": str(rule["cidr"])}}], "ports": [{"port": int(rule["port"]), "protocol": "TCP"}]}
                                   for rule in egress)]
    return spec


def pull_login(registry: Mapping[str, Any]) -> str:
    """What `podman login` would keep for a registry, in base64 as a Secret's data wants it; "" for no registry."""
    if not registry:
        return ""
    login = _base64(f"{registry['user']}:{registry['password']}")
    return _base64(json.dumps({"auths": {str(registry["host"]): {"auth": login}}}))


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
