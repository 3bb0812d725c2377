# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab's networks on this machine, and the guard that keeps lab packets from ever leaving it.

A network is a podman network without a way out, made with a gateway address nobody needs: podman reserves that address, and
this machine takes it, so the machine reaches every lab host directly. A lab address without such a bridge would be looked for
through the machine's default route, and some stranger might even answer; the guard drops those packets, both ways.
"""

from __future__ import annotations

import ipaddress
import json
import shutil
import subprocess
from collections.abc import Collection
from pathlib import Path
from typing import Any

from lab.podman import PodmanError, podman
from lab.world import CHECKERS, INTERNET_CIDR, INTERNET_NETWORK, LABEL, LABEL_SITE, MACHINE, ROOT

GUARD = "inet multicloud_dr_lab"
LEASES = Path("/var/lib/cni/networks")      # by network, the addresses that podman's CNI has given out


class NetworkError(RuntimeError):
    """A tool that sets up the network said no; the message is the tool's own words."""


def ensure_internet() -> str:
    """Make the network that stands for the internet unless it is there, and give this machine its addresses on it.

    Returns the bridge's interface name. Repeating it repairs: after a reboot podman's network is there, the bridge is not.
    """
    if not (found := _inspect(INTERNET_NETWORK)):
        podman("network", "create", "--internal", "--disable-dns", f"--subnet={INTERNET_CIDR}", f"--gateway={MACHINE}",
               f"--label={LABEL}={ROOT}", f"--label={LABEL_SITE}=internet", INTERNET_NETWORK)
        found = _inspect(INTERNET_NETWORK)
    bridge: str = found["network_interface"]
    if bridge not in _links():
        # podman would make it for its first container, too late for services that want to listen on it.
        tool("ip", "link", "add", bridge, "type", "bridge")
    tool("ip", "link", "set", bridge, "up")
    tool("ip", "address", "replace", f"{MACHINE}/{ipaddress.ip_network(INTERNET_CIDR).prefixlen}", "dev", bridge)
    tool("ip", "address", "replace", f"{CHECKERS}/32", "dev", bridge)          # without a network: nothing is sent from it unasked
    return bridge


def remove_network(name: str) -> None:
    """Remove a network and its bridge; one that is gone already is fine. Raises PodmanError while containers use it."""
    if not (found := _inspect(name)):
        return
    podman("network", "rm", name)
    shutil.rmtree(LEASES / name, ignore_errors=True)            # CNI keeps its book of addresses when the network goes
    if found["network_interface"] in _links():
        tool("ip", "link", "delete", found["network_interface"])


def lab_networks() -> list[dict[str, str]]:
    """Every lab network of this machine, whichever clone owns it: {name, bridge, clone}."""
    return [{"name": row["name"], "bridge": row["network_interface"], "clone": row["labels"][LABEL]}
            for row in _podman_networks() if LABEL in (row.get("labels") or {})]


def other_networks() -> list[tuple[str, str]]:
    """podman's networks that belong to no lab: [(name, IPv4 range)]."""
    return [(row["name"], subnet["subnet"]) for row in _podman_networks() if LABEL not in (row.get("labels") or {})
            for subnet in row.get("subnets") or [] if ":" not in subnet["subnet"]]


def _podman_networks() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(podman("network", "ls", "--format=json") or "[]")
    return found


def guard(ranges: Collection[str]) -> None:
    """Put the guard in force for the lab's address ranges; replaces an older one at once."""
    tool("nft", "-f", "-", stdin=guard_rules(ranges, default_devices()))


def guard_rules(ranges: Collection[str], uplinks: Collection[str]) -> str:
    """The guard as an nft script. uplinks: devices with a default route; without any there is nothing to keep packets from.

    Nothing with a lab address goes out by an uplink, sent by this machine or forwarded for a container, and nothing comes in.
    """
    lab, up = (f"{{ {', '.join(sorted(names))} }}" for names in (ranges, uplinks))
    chains = {
        "forward": (f"ip saddr {lab} oifname {up} drop", f"ip daddr {lab} oifname {up} drop", f"ip daddr {lab} iifname {up} drop"),
        "output": (f"ip daddr {lab} oifname {up} drop", f"ip saddr {lab} oifname {up} drop"),
        "input": (f"ip daddr {lab} iifname {up} drop",),
    }
    lines = [f"table {GUARD}", f"delete table {GUARD}", f"table {GUARD} {{"]
    for hook, rules in chains.items():
        lines += [f"  chain {hook} {{", f"    type filter hook {hook} priority -10", *(f"    {rule}" for rule in rules if uplinks), "  }"]
    return "\n".join([*lines, "}", ""])


def guarded() -> bool:
    """Whether the guard is in force."""
    return subprocess.run(["nft", "list", "table", *GUARD.split()], capture_output=True, check=False).returncode == 0


def remove_guard() -> bool:
    """Take the guard away; says whether there was one."""
    if not guarded():
        return False
    tool("nft", "delete", "table", *GUARD.split())
    return True


def default_devices() -> set[str]:
    """Devices this machine's default routes leave by, IPv4 and IPv6."""
    rows = [row for family in ("-4", "-6") for row in json.loads(tool("ip", "-json", family, "route", "show", "default") or "[]")]
    return {row["dev"] for row in rows if "dev" in row}


def routes() -> list[tuple[str, str]]:
    """Every IPv4 range this machine has a route to, default routes apart: [(cidr, device)]."""
    rows = json.loads(tool("ip", "-json", "-4", "route", "show", "table", "main"))
    return [(str(ipaddress.ip_network(row["dst"])), row.get("dev", "")) for row in rows if row["dst"] != "default"]


def _inspect(name: str) -> dict[str, Any]:
    try:
        found: list[dict[str, Any]] = json.loads(podman("network", "inspect", name))
    except PodmanError as error:
        if "network not found" in str(error) or "unable to find network" in str(error):
            return {}
        raise
    return found[0]


def _links() -> set[str]:
    return {row["ifname"] for row in json.loads(tool("ip", "-json", "link", "show"))}


def tool(*argv: str, stdin: str = "") -> str:
    """What one of the network's tools printed. Raises NetworkError with its words."""
    done = subprocess.run(argv, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NetworkError(f"`{' '.join(argv)}` failed: {done.stderr.strip()}")
    return done.stdout
