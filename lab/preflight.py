# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looks at the machine before anything is touched: what is missing, what is in the way, and what an earlier lab has left.

`observe` looks and changes nothing; everything else here is a pure function of what it saw.
"""

from __future__ import annotations

import datetime
import ipaddress
import json
import os
import re
import shutil
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from lab import listeners, network, ownership, processes
from lab.images.build import MIRROR
from lab.listeners import Listener
from lab.ownership import Owner
from lab.podman import podman, runs
from lab.world import INTERNET_CIDR, LABEL, MACHINE, ROOT

TOPOLOGY = ROOT / "inventories/lab/group_vars/all/topology.yml"
TUN = Path("/dev/net/tun")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
TOOLS = {       # what must be installed: {program: Debian package}
    "podman": "podman", "runc": "runc", "debootstrap": "debootstrap", "nft": "nftables", "ip": "iproute2", "iptables": "iptables",
    "apt-cacher-ng": "apt-cacher-ng",
}
PODMAN_MINIMUM = (4, 3)
DISK_MINIMUM = 10 * 10**9      # bytes


@dataclass(frozen=True)
class Lab:
    """What there is of one clone's lab: names of its processes and containers."""

    clone: str
    processes: frozenset[str] = frozenset()
    running: frozenset[str] = frozenset()       # containers
    stopped: frozenset[str] = frozenset()       # containers
    networks: frozenset[str] = frozenset()

    @property
    def living(self) -> bool:
        return bool(self.processes or self.running)


@dataclass(frozen=True)
class Machine:
    """What was seen. missing: programs that are not installed; ranges: {what: CIDR} the lab needs; routes: (CIDR, device).

    podman_networks: (name, CIDR) of those that are no lab's; one without containers takes its range without a route.
    needed: (what, address) that this machine must go on reaching while the lab is up: its name servers, the package mirror.
    listeners: sockets on the lab's ports that no lab has opened.
    """

    clone: str = str(ROOT)
    root: bool = True
    tun: bool = True
    missing: Sequence[str] = ()
    keyring: bool = True
    podman_version: tuple[int, ...] = PODMAN_MINIMUM
    store: str = "/var/lib/containers/storage"
    free_bytes: int = DISK_MINIMUM
    ranges: Mapping[str, str] = field(default_factory=dict)
    topology_fault: str | None = None
    routes: Sequence[tuple[str, str]] = ()
    podman_networks: Sequence[tuple[str, str]] = ()
    needed: Sequence[tuple[str, str]] = ()
    listeners: Sequence[Listener] = ()
    lab_bridges: frozenset[str] = frozenset()
    labs: Mapping[str, Lab] = field(default_factory=dict)
    owner: Owner | None = None

    @property
    def own(self) -> Lab:
        return self.labs.get(self.clone, Lab(self.clone))


def faults(machine: Machine) -> list[str]:
    """Everything that keeps a lab from coming up here, each as one sentence that says what to do. Empty: go ahead."""
    found = []
    if not machine.root:
        found.append(ownership.NEEDS_ROOT)
    if not machine.tun:
        found.append(f"{TUN} is missing, and the VPN's tunnels need it: load it with `modprobe tun` (in a virtual machine or container, "
                     "ask its host for the device).")
    if machine.missing:
        packages = " ".join(sorted({TOOLS[name] for name in machine.missing}))
        found.append(f"Not installed: {', '.join(machine.missing)}. Run `make setup`, or `apt-get install {packages}`.")
    if "podman" not in machine.missing and machine.podman_version < PODMAN_MINIMUM:
        found.append(f"podman {_dotted(machine.podman_version)} is too old: the lab needs {_dotted(PODMAN_MINIMUM)} or newer, as in Debian 12.")
    if not machine.keyring:
        found.append(f"{KEYRING} is missing, so Debian's packages cannot be verified: run `apt-get install debian-archive-keyring`.")
    if machine.free_bytes < DISK_MINIMUM and not machine.own.living:
        found.append(f"Only {machine.free_bytes / 1e9:.1f} GB are free where podman stores its images ({machine.store}); the lab needs "
                     f"{DISK_MINIMUM / 1e9:.0f} GB: make room, or move podman's graphroot (storage.conf).")
    if machine.topology_fault:
        found.append(machine.topology_fault)
    found += _range_faults(machine)
    found += _port_faults(machine)
    found += [_living_elsewhere(lab, machine.owner) for lab in machine.labs.values() if lab.living and lab.clone != machine.clone]
    return found


def dead_labs(machine: Machine) -> dict[str, str]:
    """Labs to clear away before a new one is made: {clone: why}, in words for the person who waits.

    A lab cut short while it was being built is not among them: `lab up` goes on where it stopped.
    """
    found = {}
    for lab in machine.labs.values():
        if lab.clone != machine.clone:
            if not lab.living:
                found[lab.clone] = f"what a dead lab of {lab.clone} left ({_contents(lab)})"
        elif not lab.living and (lab.stopped or lab.networks):
            found[lab.clone] = f"a half-built or dead lab of this clone ({_contents(lab)}, nothing of it runs)"
        elif lost := _lost(lab, machine.owner):
            found[lab.clone] = f"this clone's lab: {', '.join(f'lab.{name}' for name in lost)} died, and what it knew died with it"
    return found


def observe() -> Machine:
    """Look at this machine."""
    missing = [name for name in TOOLS if not _which(name)]
    root = os.geteuid() == 0
    store, free = _store() if root and "podman" not in missing else ("/var/lib", shutil.disk_usage("/var/lib").free)
    see_podman = root and "podman" not in missing
    try:
        ranges, topology_fault = address_ranges(), None
    except (OSError, KeyError, TypeError, ValueError, yaml.YAMLError) as error:
        ranges, topology_fault = {}, f"{TOPOLOGY} does not tell the sites' address ranges ({type(error).__name__}: {error}): restore the file."
    return Machine(
        root=root, tun=TUN.exists(), missing=missing, keyring=KEYRING.exists(),
        podman_version=parse_version(podman("--version")) if see_podman else PODMAN_MINIMUM, store=store, free_bytes=free,
        ranges=ranges, topology_fault=topology_fault, routes=network.routes() if "ip" not in missing else (),
        podman_networks=network.other_networks() if see_podman else (), needed=needed_addresses(),
        listeners=foreign_listeners() if "ip" not in missing else (),
        lab_bridges=frozenset(row["bridge"] for row in network.lab_networks()) if see_podman else frozenset(),
        labs=labs() if see_podman else {}, owner=ownership.owner())


def address_ranges(path: Path = TOPOLOGY) -> dict[str, str]:
    """The ranges the lab takes: {"the lab's internet": "198.51.100.0/24", "site nhn": ...}. Raises when the file is not as it should be."""
    sites = yaml.safe_load(path.read_text())["topology_sites"]
    return {"the lab's internet": INTERNET_CIDR,
            **{f"site {name}": str(ipaddress.ip_network(site["cidr"])) for name, site in sites.items()}}


def needed_addresses(resolv_conf: Path = Path("/etc/resolv.conf")) -> list[tuple[str, str]]:
    """(what, IPv4 address) of the name servers and of the package mirror; what cannot be resolved is left for the build to tell."""
    words = [line.split() for line in resolv_conf.read_text().splitlines()] if resolv_conf.exists() else []
    found = [("a name server", line[1]) for line in words if len(line) > 1 and line[0] == "nameserver" and ":" not in line[1]]
    host = urlsplit(MIRROR).hostname
    try:
        answers = socket.getaddrinfo(host, 80, socket.AF_INET, socket.SOCK_STREAM)
    except OSError:
        answers = []
    return found + [(f"the package mirror {host}", str(answer[4][0])) for answer in answers]


def foreign_listeners() -> list[Listener]:
    """Who waits on one of the lab's ports and is no process of a lab's, whichever clone's."""
    own = {process.pid for process in processes.running(clone=None)}
    return [listener for listener in listeners.listeners(processes.PORTS.values()) if listener.pid not in own]


def labs() -> dict[str, Lab]:
    """Everything on this machine that carries a lab's mark: {clone: Lab}."""
    alive = processes.running(clone=None)
    rows = json.loads(podman("ps", "--all", "--format=json", f"--filter=label={LABEL}") or "[]")
    networks = network.lab_networks()
    clones = {process.clone for process in alive} | {row["Labels"][LABEL] for row in rows} | {row["clone"] for row in networks}
    return {clone: Lab(
        clone,
        processes=frozenset(process.name for process in alive if process.clone == clone),
        running=frozenset(row["Names"][0] for row in rows if row["Labels"][LABEL] == clone and runs(row)),
        stopped=frozenset(row["Names"][0] for row in rows if row["Labels"][LABEL] == clone and not runs(row)),
        networks=frozenset(row["name"] for row in networks if row["clone"] == clone),
    ) for clone in sorted(clones)}


def parse_version(text: str) -> tuple[int, ...]:
    """`podman version 4.3.1` -> (4, 3, 1)."""
    match = re.search(r"\d+(?:\.\d+)+", text)
    return tuple(int(part) for part in match[0].split(".")) if match else ()


def _range_faults(machine: Machine) -> list[str]:
    found = []
    for what, cidr in machine.ranges.items():
        for routed, device in machine.routes:
            if device not in machine.lab_bridges and ipaddress.ip_network(cidr).overlaps(ipaddress.ip_network(routed)):
                cure = "stop what uses it" if cidr == INTERNET_CIDR else f"choose another range in {TOPOLOGY.relative_to(ROOT)}, or stop what uses it"
                found.append(f"{cidr} ({what}) is already routed on this machine ({routed} by {device}): {cure}.")
        for name, taken in machine.podman_networks:
            if ipaddress.ip_network(cidr).overlaps(ipaddress.ip_network(taken)):
                found.append(f"{cidr} ({what}) is taken by the podman network {name} ({taken}): if nobody needs it, run "
                             f"`podman network rm {name}`.")
        for needed, address in machine.needed:
            if ipaddress.ip_address(address) in ipaddress.ip_network(cidr):
                cure = "reach it by another address" if cidr == INTERNET_CIDR else f"choose another range in {TOPOLOGY.relative_to(ROOT)}"
                found.append(f"{cidr} ({what}) holds {address}, which is {needed} of this machine and would be out of reach: {cure}.")
    return found


def _port_faults(machine: Machine) -> list[str]:
    """One sentence for each service in the way; where a process of this clone's lab listens already, nobody else can be."""
    found = {}
    for name, port in processes.PORTS.items():
        for seen in machine.listeners:
            taken = seen.port == port and seen.address in (*listeners.EVERYWHERE, MACHINE) and (seen.protocol == "tcp" or name == "dns")
            if taken and name not in machine.own.processes:
                found[seen.who, seen.address, port] = (
                    f"{seen.who} listens at {seen.address}:{port}, and lab.{name} must listen at {MACHINE}:{port}: end it, or let it listen at "
                    f"addresses of its own (`ss -lntup 'sport = :{port}'` shows it).")
    return list(found.values())


def _living_elsewhere(lab: Lab, owner: Owner | None) -> str:
    since = f", up since {datetime.datetime.fromtimestamp(owner.started):%Y-%m-%d %H:%M}" if owner and owner.clone == lab.clone else ""
    return (f"The lab of another clone is alive: {lab.clone} ({len(lab.processes)} processes, {len(lab.running)} containers{since}). "
            f"Take it down first: `cd {lab.clone} && .venv/bin/python -m lab down`.")


def _lost(lab: Lab, owner: Owner | None) -> list[str]:
    """Processes that had state, were up, and are not any more."""
    if owner is None or owner.clone != lab.clone or owner.state != "up":
        return []
    return sorted((processes.STATEFUL & set(owner.processes)) - lab.processes)


def _contents(lab: Lab) -> str:
    return f"{len(lab.running | lab.stopped)} containers, {len(lab.networks)} networks"


def _dotted(version: Sequence[int]) -> str:
    return ".".join(str(part) for part in version)


def _which(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def _store() -> tuple[str, int]:
    info: dict[str, Any] = json.loads(podman("info", "--format=json"))
    store = info["store"]["graphRoot"]
    return store, shutil.disk_usage(store).free
