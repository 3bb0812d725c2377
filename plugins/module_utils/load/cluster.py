# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How an application on Kubernetes is while it is under load: replicas, what the scaler wants, processor time. Each is null where nobody tells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

UNITS = {"n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0}
QUANTITY = re.compile(r"(\d+(?:\.\d+)?)([num]?)")


class Cluster:
    """One Deployment and its scaler of the same name. `get(path)`: the answer of the API as a mapping; raises OSError or ValueError for none."""

    def __init__(self, get: Any, namespace: str, name: str, selector: str) -> None:
        self.get, self.namespace, self.name, self.selector = get, namespace, name, selector

    def read(self) -> dict[str, Any]:
        """One reading."""
        space = f"namespaces/{self.namespace}"
        status = self._asked(f"/apis/apps/v1/{space}/deployments/{self.name}").get("status", {})
        scaler = self._asked(f"/apis/autoscaling/v2/{space}/horizontalpodautoscalers/{self.name}").get("status", {})
        used = self._asked(f"/apis/metrics.k8s.io/v1beta1/{space}/pods?labelSelector={self.selector}").get("items")
        there = bool(status)
        return {"replicas": status.get("replicas", 0) if there else None, "ready": status.get("readyReplicas", 0) if there else None,
                "wanted": scaler.get("desiredReplicas"), "cpu_cores": cores(used) if used else None}

    def _asked(self, path: str) -> Mapping[str, Any]:
        try:
            told = self.get(path)
        except (OSError, ValueError):
            return {}
        return told if isinstance(told, Mapping) else {}


def cores(items: Any) -> float:
    """Processor time of all containers together."""
    return round(sum(quantity(container["usage"]["cpu"]) for pod in items for container in pod["containers"]), 4)


def quantity(text: str) -> float:
    """Cores of 250m or 250000000n; 0 of what is no quantity."""
    found = QUANTITY.fullmatch(str(text))
    return float(found[1]) * UNITS[found[2]] if found else 0.0
