# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What there is: this clone's networks and containers, as podman tells them.

Asking podman costs a process, so it is asked when something was done, when a process that was there is gone, and now and then.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.hosts import networks
from lab.materialise.plan import Thing, fingerprint
from lab.materialise.specs import Host, LoadBalancer, Network, Router, Spec, Vgw
from lab.podman import podman
from lab.world import LABEL, LABEL_SITE, ROOT

LABEL_SPEC = "mcdr.spec"            # fingerprint of what it was made from: marks what the materialiser owns
LABEL_ADDRESS = "mcdr.address"      # in its VPC
LABEL_INTERNET = "mcdr.internet"    # on the internet's network
LABEL_NAME = "mcdr.name"            # what its owner calls it
LABEL_HOST = "mcdr.host"            # of a sibling: the host whose network it shares
LABEL_SIBLING = "mcdr.sibling"      # of a sibling: its name inside that host
LABEL_RESTART = "mcdr.restart"      # of a sibling: its restart policy

RESTING = ("created", "exited", "stopped")     # states from which a container can be started; others are on their way to one
REFRESH = 3.0                       # seconds


@dataclass(frozen=True)
class Sibling:
    """A container started from inside a host. `pid` is 0 while it does not run."""

    container: str
    host: str
    site: str
    pid: int
    restart: str
    exit_code: int


@dataclass(frozen=True)
class Actual:
    things: dict[str, Thing] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)          # {name or name/internet: address}
    occupied: frozenset[str] = frozenset()
    bridges: tuple[tuple[str, str], ...] = ()                   # (bridge, this machine's address with prefix)
    pids: dict[str, int] = field(default_factory=dict)          # of running containers, ours
    siblings: tuple[Sibling, ...] = ()


class Eyes:
    """Keeps the last look and knows when it is out of date."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._looked = float("-inf")
        self._seen = Actual()

    def see(self, *, anew: bool) -> tuple[Actual, bool]:
        """(what there is, whether this was a fresh look)."""
        if anew or self._clock() - self._looked > REFRESH or not all(map(_alive, self._pids())):
            self._seen, self._looked = look(), self._clock()
            return self._seen, True
        return self._seen, False

    def _pids(self) -> Iterable[int]:
        return (*self._seen.pids.values(), *(sibling.pid for sibling in self._seen.siblings if sibling.pid))


def look() -> Actual:
    """Ask podman. Raises PodmanError when it does not answer."""
    rows = json.loads(podman("ps", "--all", "--format=json", f"--filter=label={LABEL}={ROOT}") or "[]")
    found = networks.listed()
    return read_rows(rows, found)


def read_rows(rows: list[dict[str, Any]], found: list[dict[str, Any]]) -> Actual:
    """What the rows of `podman ps --format=json` and of `networks.listed` mean."""
    things: dict[str, Thing] = {}
    kept: dict[str, str] = {}
    pids: dict[str, int] = {}
    siblings = []
    for row in rows:
        name, labels, running = row["Names"][0], row.get("Labels") or {}, row["State"] == "running"
        if LABEL_HOST in labels and (running or row["State"] in RESTING):
            siblings.append(Sibling(name, labels[LABEL_HOST], labels[LABEL_SITE], row["Pid"] if running else 0,
                                    labels.get(LABEL_RESTART, "no"), row["ExitCode"]))
        if LABEL_SPEC not in labels:
            continue
        run = f"{row['Pid']} {row['StartedAt']}" if running else ""
        things[name] = Thing(name, labels[LABEL_SITE], labels[LABEL_SPEC], run)
        if running:
            pids[name] = row["Pid"]
        kept |= {key: labels[label] for key, label in ((name, LABEL_ADDRESS), (f"{name}/internet", LABEL_INTERNET)) if label in labels}
    bridges = []
    for network in found:
        if LABEL_SPEC in network["labels"]:
            spec = Network(network["name"], network["labels"][LABEL_SITE], "", network["cidr"])
            things[network["name"]] = Thing(network["name"], spec.site, network["labels"][LABEL_SPEC], is_network=True)
            bridges.append((network["bridge"], f"{spec.machine_address}/{spec.cidr.partition('/')[2]}"))
    occupied = frozenset(network for row in rows for network in row.get("Networks") or ())
    return Actual(things, kept, occupied, tuple(bridges), pids, tuple(siblings))


def more_labels(spec: Spec) -> dict[str, str]:
    """The labels by which a container or network is known again."""
    labels = {LABEL_SPEC: fingerprint(spec), LABEL_NAME: spec.hostname if isinstance(spec, Host) else spec.resource}
    if not isinstance(spec, Network):
        labels[LABEL_ADDRESS] = spec.address
    if isinstance(spec, Router | LoadBalancer) and spec.internet_address:
        labels[LABEL_INTERNET] = spec.internet_address
    if isinstance(spec, Vgw):
        labels[LABEL_INTERNET] = spec.tunnels[0].outside
    return labels


def _alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()
