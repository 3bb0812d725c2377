# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a cluster hands out: service addresses and node ports. Both are data here; they are found free by looking at what is stored."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network
from itertools import islice
from typing import Any

Object = dict[str, Any]
SERVICE_RANGE = IPv4Network("10.254.0.0/16")       # NKS's default service_cluster_ip_range
NODE_PORTS = range(30000, 32768)


def service(thing: Object, others: Iterable[Object]) -> None:
    """Give a Service its clusterIP and node ports, in place, where it has none; addresses it already has are kept."""
    spec = thing["spec"]
    specs = [other["spec"] for other in others if other["metadata"]["name"] != thing["metadata"]["name"]
             or other["metadata"]["namespace"] != thing["metadata"]["namespace"]]
    if not spec.get("clusterIP"):
        taken = {other.get("clusterIP") for other in specs}
        spec["clusterIP"] = next(str(address) for address in islice(SERVICE_RANGE.hosts(), 9, None) if str(address) not in taken)
    spec["clusterIPs"] = [spec["clusterIP"]]
    if spec["type"] == "ClusterIP" or not spec.get("allocateLoadBalancerNodePorts", True):
        return
    used = {port.get("nodePort") for other in [*specs, spec] for port in other.get("ports", ())}
    for port in spec.get("ports", ()):
        if "nodePort" not in port:
            port["nodePort"] = next(number for number in NODE_PORTS if number not in used)
            used.add(port["nodePort"])
