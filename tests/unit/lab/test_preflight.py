# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What keeps a lab from coming up, and what is cleared away first: pure functions of what was seen."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lab import preflight
from lab.listeners import Listener
from lab.ownership import Owner
from lab.preflight import TOPOLOGY, Lab, Machine, address_ranges, dead_labs, faults, parse_version
from lab.world import LABEL

HERE = "/srv/clone"
RANGES = {"the lab's internet": "198.51.100.0/24", "site nhn": "192.168.0.0/16", "site aws": "10.0.0.0/16"}


def machine(**seen: Any) -> Machine:
    return Machine(**{"clone": HERE, "ranges": RANGES, "routes": [("10.88.0.0/16", "cni-podman0"), ("192.0.2.0/24", "eth0")], **seen})


def test_a_fit_machine_has_no_fault() -> None:
    assert faults(machine()) == []
    assert dead_labs(machine()) == {}


@pytest.mark.parametrize(("seen", "says"), [
    ({"root": False}, "run the same command with sudo"),
    ({"tun": False}, "modprobe tun"),
    ({"missing": ["runc", "nft"]}, "apt-get install nftables runc"),
    ({"podman_version": (3, 4, 4)}, "podman 3.4.4 is too old: the lab needs 4.3 or newer"),
    ({"keyring": False}, "apt-get install debian-archive-keyring"),
    ({"free_bytes": 9_999_999_999, "store": "/srv/store"}, "10.0 GB are free where podman stores its images (/srv/store)"),
    ({"topology_fault": "topology.yml: restore the file."}, "restore the file"),
    ({"routes": [("192.168.178.0/24", "wlan0")]}, "192.168.0.0/16 (site nhn) is already routed on this machine (192.168.178.0/24 by wlan0)"),
    ({"routes": [("10.0.0.0/8", "tun0")]}, "10.0.0.0/16 (site aws) is already routed"),
    ({"routes": [("198.51.100.0/24", "eth1")]}, "already routed on this machine (198.51.100.0/24 by eth1): stop what uses it."),
    ({"podman_networks": [("blog", "10.0.3.0/24")]}, "podman network rm blog"),
    ({"needed": [("the package mirror deb.debian.org", "198.51.100.80")]}, "would be out of reach"),
    ({"needed": [("a name server", "10.0.0.53")]}, "choose another range in inventories/lab"),
    ({"listeners": [Listener("tcp", "0.0.0.0", 3142, "apt-cacher-ng (pid 7)", 7)]},
     "apt-cacher-ng (pid 7) listens at 0.0.0.0:3142, and lab.apt must listen at 198.51.100.254:3142: end it, or let it listen at"),
    ({"listeners": [Listener("tcp", "*", 4566)]}, "something listens at *:4566, and lab.aws must"),
    ({"listeners": [Listener("tcp", "198.51.100.254", 6443)]}, "something listens at 198.51.100.254:6443, and lab.kubernetes must"),
    ({"listeners": [Listener(protocol, "0.0.0.0", 53, "dnsmasq (pid 7)", 7) for protocol in ("udp", "tcp")]}, "dnsmasq (pid 7) listens at"),
])
def test_each_fault_is_one_sentence_that_says_what_to_do(seen: dict[str, Any], says: str) -> None:
    (fault,) = faults(machine(**seen))
    assert says in fault
    assert fault.endswith(".") and "\n" not in fault


def test_all_faults_are_told_at_once() -> None:
    assert len(faults(machine(root=False, tun=False, missing=["podman"], free_bytes=0, routes=[("10.0.0.0/24", "eth9")]))) == 5


def test_a_podman_that_is_missing_is_not_called_too_old() -> None:
    assert [fault for fault in faults(machine(missing=["podman"], podman_version=())) if "too old" in fault] == []


@pytest.mark.parametrize("listener", [
    Listener("tcp", "127.0.0.1", 3142), Listener("udp", "127.0.0.53", 53), Listener("tcp", "[::]", 5000), Listener("tcp", "198.51.100.20", 5000),
    Listener("udp", "0.0.0.0", 3142),
])
def test_who_listens_elsewhere_is_not_in_the_way(listener: Listener) -> None:
    assert faults(machine(listeners=[listener])) == []


def test_what_the_lab_listens_at_already_cannot_be_taken() -> None:
    late = [Listener("tcp", "0.0.0.0", 5000)]
    assert faults(machine(listeners=late, labs={HERE: Lab(HERE, processes=frozenset({"nhn"}))})) == []
    assert len(faults(machine(listeners=late, labs={HERE: Lab(HERE, processes=frozenset({"aws"}))}))) == 1


def test_ranges_on_a_labs_own_bridges_are_no_fault() -> None:
    seen = machine(routes=[("198.51.100.0/24", "cni-podman3"), ("10.0.0.0/16", "cni-podman4")],
                   lab_bridges=frozenset({"cni-podman3", "cni-podman4"}))
    assert faults(seen) == []


def test_a_full_disk_does_not_stop_a_lab_that_is_up() -> None:
    assert faults(machine(free_bytes=0, labs={HERE: Lab(HERE, processes=frozenset({"aws"}))})) == []


def test_a_living_lab_of_another_clone_is_named_and_refused() -> None:
    other = Lab("/opt/clone", processes=frozenset({"aws", "nhn"}), running=frozenset({"lab-third"}))
    (fault,) = faults(machine(labs={other.clone: other}, owner=Owner(other.clone, "up", 0.0)))
    assert "/opt/clone (2 processes, 1 containers, up since" in fault
    assert "`cd /opt/clone && .venv/bin/python -m lab down`" in fault
    assert dead_labs(machine(labs={other.clone: other})) == {}


def test_a_dead_lab_of_another_clone_is_cleared_away() -> None:
    other = Lab("/opt/clone", stopped=frozenset({"lab-third"}), networks=frozenset({"lab-internet"}))
    seen = machine(labs={other.clone: other}, owner=Owner(other.clone, "up", 0.0))
    assert faults(seen) == []
    assert dead_labs(seen) == {other.clone: "what a dead lab of /opt/clone left (1 containers, 1 networks)"}


def test_an_own_lab_of_which_nothing_runs_is_cleared_away() -> None:
    assert HERE in dead_labs(machine(labs={HERE: Lab(HERE, stopped=frozenset({"lab-third"}))}))
    assert HERE in dead_labs(machine(labs={HERE: Lab(HERE, networks=frozenset({"lab-internet"}))}))


def test_an_own_lab_that_was_interrupted_goes_on() -> None:
    cut_short = Lab(HERE, processes=frozenset({"apt"}), running=frozenset({"lab-third"}), networks=frozenset({"lab-internet"}))
    assert dead_labs(machine(labs={HERE: cut_short}, owner=Owner(HERE, "building", 0.0, ("apt", "aws")))) == {}


@pytest.mark.parametrize(("gone", "dead"), [("aws", True), ("nhn", True), ("kubernetes", True), ("dns", False), ("materialise", False)])
def test_only_a_process_that_took_its_memory_along_kills_the_lab(gone: str, dead: bool) -> None:
    everything = frozenset({"apt", "aws", "nhn", "kubernetes", "dns", "materialise"})
    seen = machine(labs={HERE: Lab(HERE, processes=everything - {gone})}, owner=Owner(HERE, "up", 0.0, tuple(everything)))
    assert (HERE in dead_labs(seen)) is dead
    if dead:
        assert f"lab.{gone} died" in dead_labs(seen)[HERE]


def test_ranges_come_from_the_inventory() -> None:
    assert set(address_ranges(TOPOLOGY)) == {"the lab's internet", "site nhn", "site aws"}


@pytest.mark.parametrize(("text", "version"), [("podman version 4.3.1\n", (4, 3, 1)), ("podman version 5.0.0-rc1", (5, 0, 0)), ("?", ())])
def test_versions(text: str, version: tuple[int, ...]) -> None:
    assert parse_version(text) == version


def test_a_lab_that_was_killed_with_everything_else_is_dead_though_podman_says_running(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"Names": ["lab-third"], "Labels": {LABEL: "/srv/other"}, "State": "running", "Pid": 2**22 + 1}        # no process has such a number
    monkeypatch.setattr(preflight, "podman", lambda *_: json.dumps([row]))
    monkeypatch.setattr(preflight.network, "lab_networks", list)
    monkeypatch.setattr(preflight.processes, "running", lambda clone: [])
    seen = machine(labs=preflight.labs())
    assert faults(seen) == [] and list(dead_labs(seen)) == ["/srv/other"]
