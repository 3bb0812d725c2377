# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a namespace may have of pods, processor time and memory (ResourceQuota). Pure: quotas and pods in, refusals and sums out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

from lab.kubernetes import quantity

Object = dict[str, Any]


def _sum(part: str, name: str) -> Callable[[Object], Decimal]:
    return lambda pod: sum((Decimal(quantity.parse(container["resources"].get(part, {}).get(name, "0"))) for container in pod["spec"]["containers"]),
                           Decimal(0))


COUNTED: dict[str, Callable[[Object], Decimal]] = {
    "pods": lambda _: Decimal(1), "cpu": _sum("requests", "cpu"), "memory": _sum("requests", "memory"), "requests.cpu": _sum("requests", "cpu"),
    "requests.memory": _sum("requests", "memory"), "limits.cpu": _sum("limits", "cpu"), "limits.memory": _sum("limits", "memory"),
}


def used(quota: Object, pods: Iterable[Object]) -> dict[str, str]:
    """What a namespace's pods have of each thing that the quota bounds, as its status tells it. Pods that ended count no more."""
    alive = [pod for pod in pods if pod["status"]["phase"] not in ("Succeeded", "Failed")]
    return {name: _told(name, sum((COUNTED[name](pod) for pod in alive), Decimal(0))) for name in quota.get("spec", {}).get("hard", {})}


def refusal(quotas: Sequence[Object], pods: Sequence[Object], new: Object) -> str:
    """Why a namespace takes no pod such as `new` any more, in Kubernetes' words; "" when it does."""
    for quota in quotas:
        hard, now = quota.get("spec", {}).get("hard", {}), used(quota, pods)
        over = [name for name in hard if quantity.parse(now[name]) + COUNTED[name](new) > quantity.parse(hard[name])]
        if over:
            shown = [", ".join(f"{name}={amount(name)}" for name in over)
                     for amount in (lambda name: _told(name, COUNTED[name](new)), now.__getitem__, hard.__getitem__)]
            return (f'pods "{new["metadata"]["name"]}" is forbidden: exceeded quota: {quota["metadata"]["name"]}, '
                    f"requested: {shown[0]}, used: {shown[1]}, limited: {shown[2]}")
    return ""


def _told(name: str, amount: Decimal) -> str:
    return quantity.canonical(f"{amount / 1024:f}Ki" if name.endswith("memory") else f"{amount:f}")
