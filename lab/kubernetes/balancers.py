# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Services of type LoadBalancer, as HAProxy containers in front of the pods that are ready.

NHN's load balancer would reach pods through node ports; here it reaches them directly. Ports are balanced as TCP, as a Service asks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lab.hosts import haproxy
from lab.kubernetes.addresses import Addresses
from lab.kubernetes.engine import Place
from lab.kubernetes.podspec import Unrunnable
from lab.kubernetes.rollout import condition, set_condition
from lab.kubernetes.store import Store
from lab.podman import PodmanError, containers, podman, remove

Object = dict[str, Any]
HEAD = """\
global
  stats socket /run/haproxy/admin.sock mode 600 level admin
defaults
  mode tcp
  retries 3
  option redispatch 1
  timeout connect 2s
  timeout client 60s
  timeout server 60s
"""


def config(service: Object, pods: list[Object]) -> str:
    """haproxy.cfg of a Service over its pods. Servers are checked by TCP, so a pod that dies between two probes gets nothing new."""
    parts = [HEAD]
    balance = "source" if service["spec"]["sessionAffinity"] == "ClientIP" else "roundrobin"
    for port in service["spec"].get("ports", ()):
        parts.append(f"listen port-{port['port']}\n  bind :{port['port']}\n  balance {balance}\n"
                     "  default-server check inter 1s fall 2 rise 1 on-marked-down shutdown-sessions\n")
        parts += [f"  server {pod['metadata']['name']} {pod['status']['podIP']}:{target_port(port, pod)}\n" for pod in pods]
    return "".join(parts)


def target_port(port: Object, pod: Object) -> int:
    """The pod's port behind a Service's; a name is looked up in the pod."""
    target = port["targetPort"]
    if isinstance(target, int):
        return target
    named = {entry.get("name"): entry["containerPort"] for container in pod["spec"]["containers"] for entry in container.get("ports", ())}
    return int(named.get(target) or port["port"])


def endpoints(service: Object, pods: list[Object]) -> list[Object]:
    """The pods of a Service that may get traffic: ready and not on their way out."""
    labels = service["spec"].get("selector", {})
    return [pod for pod in pods if labels and labels.items() <= pod["metadata"].get("labels", {}).items()
            and "deletionTimestamp" not in pod["metadata"] and condition(pod, "Ready").get("status") == "True"]


class Balancers:
    """The load balancers of one cluster."""

    def __init__(self, store: Store, place: Place, addresses: Addresses, present: Callable[[], dict[str, str]] | None = None):
        self.store, self.place, self.addresses = store, place, addresses
        self._present = present or (lambda: {item["name"]: item["state"] for item in containers(kind="lb", cluster=place.cluster)})
        self._known: dict[str, tuple[str, str, str]] = {}     # container name -> (service uid, address, wish)

    def run(self) -> None:
        """One pass: start, reload and remove balancers, and show their addresses in the Services' status."""
        services = {self._name(service): service for service in self.store.all("Service") if service["spec"]["type"] == "LoadBalancer"}
        for name, (uid, _address, wish) in list(self._known.items()):
            service = services.get(name)
            if service is None or service["metadata"]["uid"] != uid or _wish(service) != wish:
                self._remove(name)
        for name, service in services.items():
            self._one(name, service)

    def check(self) -> None:
        """Start again what ended although it should run."""
        if not self._known:
            return
        present = self._present()
        for name in list(self._known):
            if present.get(name) == "exited":
                podman("start", name)
            elif name not in present:
                self._remove(name)

    def discard(self) -> None:
        """The cluster is gone."""
        for name in list(self._known):
            self._remove(name)

    def _one(self, name: str, service: Object) -> None:
        text = config(service, endpoints(service, self.store.all("Pod", service["metadata"]["namespace"])))
        try:
            if name in self._known:
                haproxy.reload_lb(name, text)
            else:
                self._start(name, service, text)
        except (PodmanError, Unrunnable) as problem:
            self._show(service, {"type": "Ready", "status": "False", "reason": "SyncLoadBalancerFailed", "message": str(problem)})
            return
        address = self._known[name][1]
        status = {key: value for key, value in service.get("status", {}).items() if key != "conditions"}
        self.store.set_status(service, {**status, "loadBalancer": {"ingress": [{"ip": address, "ipMode": "VIP"}]}})

    def _start(self, name: str, service: Object, text: str) -> None:
        address = self.addresses.take(_wish(service))
        try:
            remove(name)
            haproxy.start_lb(name, "nhn", [(self.place.network, address)], text, {"mcdr.cluster": self.place.cluster},
                             default_route=self.place.router or None)
        except PodmanError:
            self.addresses.give(address)
            raise
        self._known[name] = (service["metadata"]["uid"], address, _wish(service))

    def _remove(self, name: str) -> None:
        remove(name)
        self.addresses.give(self._known.pop(name)[1])

    def _show(self, service: Object, new: Object) -> None:
        status = service.get("status", {})
        conditions = set_condition(status.get("conditions", []), new, self.store.now(), update_time=False)
        self.store.set_status(service, {**status, "loadBalancer": {}, "conditions": conditions})

    def _name(self, service: Object) -> str:
        return f"lab-lb-{self.place.cluster[:8]}-{service['metadata']['namespace']}-{service['metadata']['name']}"


def _wish(service: Object) -> str:
    return service["spec"].get("loadBalancerIP", "")
