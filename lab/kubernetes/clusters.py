# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which clusters there are: follows the NHN control plane and tells it which of them answer."""

from __future__ import annotations

import json
import logging
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from lab.kubernetes.cluster import Cluster
from lab.kubernetes.engine import Place
from lab.podman import containers, podman, remove
from lab.world import FAULTS

Object = dict[str, Any]
log = logging.getLogger(__name__)
EVERY = 1.0             # seconds between looks at the control plane


def network_of(vpc: str) -> str:
    """The podman network that stands for a VPC."""
    return f"lab-nhn-{vpc[:8]}"


def router_of(cidr: str) -> str:
    """A VPC's router: the first address of its range."""
    return str(IPv4Network(cidr)[1])


class Faults:
    """The faults in force, read again whenever the file has changed."""

    def __init__(self, path: Path = FAULTS):
        self._path = path
        self._stamp = -1
        self._names: set[str] = set()

    def __contains__(self, name: object) -> bool:
        try:
            stamp = self._path.stat().st_mtime_ns
        except FileNotFoundError:
            self._stamp, self._names = -1, set()
            return False
        if stamp != self._stamp:
            self._names, self._stamp = set(json.loads(self._path.read_text() or "{}")), stamp
        return name in self._names


class Clusters:
    """The clusters being served, by uuid.

    Only an answer of the control plane adds or removes one: while it is silent everything stays as it is, since a control plane that
    is down deletes nothing.
    """

    def __init__(self, control_plane: str, make: Callable[[Place, str], Cluster]):
        self.control_plane = control_plane
        self._make = make
        self.serving: dict[str, Cluster] = {}
        self._ended = threading.Event()
        self._told = ""

    def run(self) -> None:
        """Follow the control plane until `end`."""
        while not self._ended.wait(EVERY):
            try:
                self.follow(self._ask("GET", "/_lab/world?onlooker=kubernetes"))
                self._told = ""
            except (urllib.error.URLError, OSError, ValueError) as error:
                if str(error) != self._told:                      # once per trouble, not once per second
                    self._told = str(error)
                    log.warning("the NHN control plane at %s does not tell its clusters: %s", self.control_plane, error)

    def end(self) -> None:
        """Stop following. Pods stay as they are."""
        self._ended.set()

    def follow(self, world: Object) -> None:
        """Serve the clusters the control plane has, and no others; report those that wait for it."""
        cidrs = {vpc["id"]: vpc["cidrv4"] for vpc in world["vpcs"]}
        wanted = {cluster["id"]: cluster for cluster in world["clusters"]}
        for uuid in [uuid for uuid in self.serving if uuid not in wanted]:
            log.info("cluster %s is gone: removing what it ran", uuid)
            self.serving.pop(uuid).discard()
        for uuid, cluster in wanted.items():
            network = network_of(cluster["fixed_network"])
            if uuid not in self.serving and cluster["fixed_network"] in cidrs and self._exists(network):
                cidr = cidrs[cluster["fixed_network"]]
                self.serving[uuid] = self._make(Place(uuid, network, router_of(cidr)), cidr)
                self.serving[uuid].start()
                log.info("serving cluster %s (%s) on %s", cluster["name"], uuid, network)
        for uuid, served in self.serving.items():
            served.has(wanted[uuid].get("addons", ()))
        waiting = [uuid for uuid in wanted if uuid in self.serving and wanted[uuid].get("status", "CREATE_IN_PROGRESS") == "CREATE_IN_PROGRESS"]
        if waiting:
            self._ask("PUT", "/_lab/observed", {"clusters": dict.fromkeys(waiting, "CREATE_COMPLETE")})

    @staticmethod
    def _exists(network: str) -> bool:
        """Whether the materialiser has made the VPC real; before that no cluster can run anything."""
        return network in podman("network", "ls", "--format={{.Name}}").split()

    def _ask(self, method: str, path: str, body: Object | None = None) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.control_plane + path, data=data, method=method, headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=5) as answer:
            text = answer.read()
        return json.loads(text) if text else None


def clear_leftovers() -> None:
    """Remove pods and balancers of an earlier run of this process: their objects were in its memory."""
    left = [item["name"] for kind in ("pod", "lb") for item in containers(kind=kind, site="nhn") if "mcdr.cluster" in item["labels"]]
    if left:
        log.info("removing what an earlier run left: %s", ", ".join(left))
        remove(*left)
