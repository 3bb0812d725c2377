# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A cloud's private network: a podman network with no way out, and this machine's own address on its bridge.

Every network gets a gateway address nobody needs, its last one: podman never lets a container have the gateway's address, and
the clouds hand out the first ones.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping
from typing import Any

from lab.podman import PodmanError, podman
from lab.world import LABEL, LABEL_SITE, ROOT


def create(name: str, site: str, cidr: str, gateway: str, more_labels: Mapping[str, str] | None = None) -> None:
    """Create an isolated network. Raises PodmanError when its addresses overlap with another network's."""
    labels = {LABEL: str(ROOT), LABEL_SITE: site, **(more_labels or {})}
    podman("network", "create", "--internal", "--disable-dns", f"--subnet={cidr}", f"--gateway={gateway}",
           *(f"--label={key}={value}" for key, value in labels.items()), name)


def listed() -> list[dict[str, Any]]:
    """This clone's networks: [{name, bridge, cidr, labels}]."""
    rows = json.loads(podman("network", "ls", "--format=json", f"--filter=label={LABEL}={ROOT}") or "[]")
    return [{"name": row["name"], "bridge": row["network_interface"], "cidr": row["subnets"][0]["subnet"], "labels": row["labels"]}
            for row in rows]


def address_bridges(wanted: Iterable[tuple[str, str]]) -> None:
    """Give this machine its address on each bridge: [(bridge, address with prefix)]. A bridge exists once a container is on it."""
    shown = json.loads(_ip("-json", "-4", "address", "show"))
    have = {link["ifname"]: {f"{entry['local']}/{entry['prefixlen']}" for entry in link["addr_info"]} for link in shown}
    links = {link["ifname"] for link in json.loads(_ip("-json", "link", "show"))}
    for bridge, address in wanted:
        if bridge in links and address not in have.get(bridge, set()):
            _ip("address", "replace", address, "dev", bridge)


def _ip(*args: str) -> str:
    done = subprocess.run(["ip", *args], capture_output=True, text=True, check=False, timeout=10)
    if done.returncode:
        raise PodmanError(f"ip {' '.join(args)}: {done.stderr.strip()}")
    return done.stdout
