# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What has become real, in the words each control plane wants to hear."""

from __future__ import annotations

import logging
import subprocess
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from lab.hosts import haproxy, vgw
from lab.materialise import balancing, blocked, strongswan
from lab.materialise.specs import Database, Host, LoadBalancer, Spec, Vgw
from lab.podman import PodmanError

log = logging.getLogger("lab.materialise")
VPN_EVERY, HEALTH_EVERY, BLOCKED_EVERY = 2.0, 1.0, 1.0         # seconds between looks
Seen = dict[str, dict[str, Any]]


def nhn(real: Collection[Spec]) -> Seen:
    """Report for NHN's emulator: the specs that are in force as they are wanted now. (Clusters report themselves.)"""
    seen: Seen = {"servers": {}, "rds_instances": {}, "rds_users": {}, "rds_schemas": {}}
    for spec in real:
        if isinstance(spec, Host) and spec.site == "nhn":
            seen["servers"][spec.resource] = "ACTIVE"
        elif isinstance(spec, Database) and spec.site == "nhn":
            seen["rds_instances"][spec.resource] = "AVAILABLE"
            seen["rds_users"].update({user.id: "STABLE" for user in spec.users})
            seen["rds_schemas"].update({schema.id: "STABLE" for schema in spec.schemas})
    return seen


def aws(real: Collection[Spec], telemetry: Mapping[str, Mapping[str, str]], health: Mapping[str, Mapping[str, str]]) -> Seen:
    """Report for AWS. `telemetry`: {tunnel name: {outside address: status}} by gateway; `health`: {target group: {target: state}}."""
    seen: Seen = {"instances": {}, "databases": {}, "vpn_telemetry": {}, "target_health": dict(health)}
    for spec in real:
        if isinstance(spec, Host) and spec.site == "aws":
            seen["instances"][spec.resource] = "running"
        elif isinstance(spec, Database) and spec.site == "aws":
            seen["databases"][spec.resource] = {"status": "available", "address": spec.domain}
        elif isinstance(spec, Vgw) and spec.name in telemetry:
            for tunnel in spec.tunnels:
                connection = seen["vpn_telemetry"].setdefault(tunnel.name.rpartition("-")[0], [])
                connection.append({"outside_ip": tunnel.outside, "status": telemetry[spec.name].get(tunnel.outside, "DOWN")})
    return seen


class Watch:
    """Looks at tunnels and targets, and at what was blocked, beside the loop, so that a slow answer holds nothing up.

    tell: takes {load balancer: what it has blocked} and says whether anybody listened.
    """

    def __init__(self, tell: Callable[[Mapping[str, list[blocked.Record]]], bool], clock: Callable[[], float] = time.monotonic):
        self._tell = tell
        self._clock = clock
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="watch")
        self._jobs: dict[str, Future[Any]] = {}
        self._due: dict[str, float] = {}
        self.telemetry: dict[str, dict[str, str]] = {}
        self.health: dict[str, dict[str, str]] = {}

    def look(self, real: Collection[Spec], gone: Collection[Spec]) -> None:
        """Start what is due. `gone`: wanted things that do not run."""
        for spec in gone:
            if isinstance(spec, Vgw):
                self.telemetry[spec.name] = {tunnel.outside: "DOWN" for tunnel in spec.tunnels}
        gateways = [spec for spec in real if isinstance(spec, Vgw)]
        balancers = [spec for spec in real if isinstance(spec, LoadBalancer)]
        self._start("vpn", VPN_EVERY, lambda: self._tunnels(gateways), bool(gateways))
        self._start("health", HEALTH_EVERY, lambda: self._targets(balancers), bool(balancers))
        self._start("blocked", BLOCKED_EVERY, lambda: blocked.ship(balancers, self._tell), any(each.web_acl for each in balancers))

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _start(self, job: str, every: float, look: Callable[[], None], wanted: bool) -> None:
        before, now = self._jobs.get(job), self._clock()
        if before and not before.done():
            return
        if before and (error := before.exception()):
            log.warning("%s: %s", job, error)
            self._jobs.pop(job)
        if wanted and now >= self._due.get(job, 0.0):
            self._due[job] = now + every
            self._jobs[job] = self._pool.submit(look)

    def _tunnels(self, gateways: Collection[Vgw]) -> None:
        for gateway in gateways:
            try:
                listing = vgw.list_sas(gateway.name)
            except (PodmanError, subprocess.TimeoutExpired):    # charon has just gone or come; the next look says more
                listing = ""
            self.telemetry[gateway.name] = dict(strongswan.telemetry(gateway, listing))

    def _targets(self, balancers: Collection[LoadBalancer]) -> None:
        for balancer in balancers:
            self.health.update(balancing.health(balancer, haproxy.statistics(balancer.name)))
