# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can be broken on purpose, and how it is mended. Which faults are in force is in build/lab/faults.json, for all to read."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab import cuts, files
from lab.hosts.mysql.failover import fail_over
from lab.hosts.systemd import wait_for_ssh
from lab.podman import containers, podman
from lab.world import FAULTS, LABEL_KIND

START_ORDER = ("router", "vgw", "mysql", "host", "lb", "pod", "sibling")     # who is needed by others comes first
KILL_LIMIT = 30.0       # seconds


class UnknownFault(LookupError):
    """There is no such fault; the message lists those there are."""


class NotBroken(RuntimeError):
    """A site did not go down within the limit; the message names what still ran."""


@dataclass(frozen=True)
class Fault:
    """name: as in faults.json; sentence: what it does to the world. This kind is only announced: the emulators act on it."""

    name: str
    sentence: str

    def strike(self) -> None:
        """Make the world worse, after the fault was announced."""

    def cure(self) -> None:
        """Make the world better, while the fault is still announced."""

    def settle(self) -> None:
        """What follows once the fault is no longer announced."""


class CutFault(Fault):
    """Packets stop passing between two groups of addresses."""

    def strike(self) -> None:
        cuts.apply(in_force())

    def settle(self) -> None:
        cuts.apply(in_force())


class SiteLost(Fault):
    """Everything of one site dies at once, as if its power went; mending is the power coming back, disks intact."""

    def strike(self) -> None:
        deadline = time.monotonic() + KILL_LIMIT
        # Again and again: one may just be starting.
        while running := [row["name"] for row in containers(site=self.name) if row["state"] == "running"]:
            podman("kill", *running, check=False)
            if time.monotonic() > deadline:
                raise NotBroken(f"{self.name}: still running after {KILL_LIMIT:.0f} s: {', '.join(running)}")

    def cure(self) -> None:
        stopped = [row for row in containers(site=self.name) if row["state"] != "running"]
        for kind in START_ORDER:
            names = [row["name"] for row in stopped if row["labels"].get(LABEL_KIND) == kind]
            if names:
                podman("start", *names)
            if kind == "host":
                for name in names:
                    wait_for_ssh(name)


class FailedOver(Fault):
    """NHN's database becomes its own successor, at once and for good: mending it only forgets that it happened."""

    lose_rows = 0

    def strike(self) -> None:
        for row in containers(site="nhn", kind="mysql"):
            if row["state"] == "running":
                fail_over(row["name"], lose_rows=self.lose_rows)


class FailedOverBehind(FailedOver):
    """The same, onto a candidate that had not received the last rows."""

    lose_rows = 3


TABLE: Mapping[str, Fault] = {fault.name: fault for fault in (
    SiteLost("nhn", "NHN Cloud is gone: every machine of the site dies at once and its control plane answers 503."),
    SiteLost("aws", "AWS is gone: every machine of the site dies at once and its control plane answers 503."),
    SiteLost("third", "The third place is gone: the host that holds the deciding vote dies."),
    Fault("nhn_control_plane", "NHN Cloud's APIs answer 503; what runs goes on running."),
    Fault("aws_control_plane", "AWS's APIs answer 503; what runs goes on running."),
    FailedOver("nhn_ha", "NHN's database fails over to its candidate: another server uuid, and every binary log deleted. Done once and for good."),
    FailedOverBehind("nhn_ha_behind", "The same, and the last rows of each numbered table never reached the candidate."),
    CutFault("tunnel_a", "The VPN's first tunnel carries nothing."),
    CutFault("tunnel_b", "The VPN's second tunnel carries nothing."),
    CutFault("tunnel_a_to_aws", "What NHN Cloud sends through the VPN's first tunnel is lost; what AWS sends still arrives."),
    CutFault("tunnel_a_from_aws", "What AWS sends through the VPN's first tunnel is lost; what NHN Cloud sends still arrives."),
    CutFault("tunnel_b_to_aws", "What NHN Cloud sends through the VPN's second tunnel is lost; what AWS sends still arrives."),
    CutFault("tunnel_b_from_aws", "What AWS sends through the VPN's second tunnel is lost; what NHN Cloud sends still arrives."),
    CutFault("link", "Both VPN tunnels carry nothing; each cloud still reaches the internet."),
    CutFault("nhn_from_aws", "The two clouds do not reach each other at all, by VPN or by public address; clients reach both."),
    CutFault("internet_from_nhn", "NHN Cloud runs, but nothing outside reaches it and it reaches nothing outside."),
    CutFault("internet_from_aws", "AWS runs, but nothing outside reaches it and it reaches nothing outside."),
    CutFault("third_from_nhn", "NHN Cloud and the third place do not reach each other."),
    CutFault("third_from_aws", "AWS and the third place do not reach each other."),
    CutFault("nhn_to_aws", "What NHN Cloud sends to AWS is lost, by VPN and by public address; what AWS sends still arrives."),
    CutFault("aws_to_nhn", "What AWS sends to NHN Cloud is lost, by VPN and by public address; what NHN Cloud sends still arrives."),
    CutFault("nhn_to_third", "What NHN Cloud sends to the third place is lost; what comes from there still arrives."),
    CutFault("aws_to_third", "What AWS sends to the third place is lost; what comes from there still arrives."),
)}


def find(name: str) -> Fault:
    """A fault by its name; `tunnel-a` and `tunnel_a` are the same. Raises UnknownFault."""
    found = TABLE.get(name.replace("-", "_"))
    if found is None:
        raise UnknownFault(f"there is no fault `{name}`; there are: {', '.join(spelled(name) for name in TABLE)}")
    return found


def spelled(name: str) -> str:
    """As one types it."""
    return name.replace("_", "-")


def in_force() -> dict[str, Any]:
    """The faults in force: {name: {"since": epoch seconds}}."""
    found: dict[str, Any] = files.read_json(FAULTS, {})
    return found


def break_(fault: Fault) -> bool:
    """Announce the fault, then make it true. False when it was in force; it is made true again all the same."""
    before = in_force()
    files.write_json(FAULTS, {**before, fault.name: before.get(fault.name, {"since": time.time()})})
    fault.strike()
    return fault.name not in before


def mend(fault: Fault) -> bool:
    """Undo the fault; False when it was not in force. Until everything is back the fault stays announced."""
    if fault.name not in in_force():
        return False
    fault.cure()
    files.write_json(FAULTS, {name: details for name, details in in_force().items() if name != fault.name})
    fault.settle()
    return True
