# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which three members may keep the record, with which etcd, and by which ways."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.filter.quorum import quorum_client_faults, quorum_detours, quorum_page_faults, quorum_too_old
from ansible_collections.multicloud.dr.plugins.module_utils.quorum import plan

SITES = ["192.168.0.0/16", "10.0.0.0/16"]


def three(**changed: Any) -> list[dict[str, Any]]:
    members = [{"name": "nhn", "site": "nhn", "address": "203.0.113.1"}, {"name": "aws", "site": "aws", "address": "203.0.113.2"},
               {"name": "third", "site": "", "address": "203.0.113.3"}]
    members[2].update(changed)
    return members


def test_three_in_three_places_are_faultless() -> None:
    assert plan.faults(three(), SITES) == [] and plan.warnings(three()) == []


@pytest.mark.parametrize(("changed", "told"), [
    ({"address": "10.0.0.10"}, "quorum_members[2].address: 10.0.0.10 lies in 10.0.0.0/16, which only the VPN leads to"),
    ({"address": "203.0.113.1"}, "quorum_members[2].address: 203.0.113.1 is that of another member as well"),
    ({"address": ""}, "quorum_members[2].address: is missing"),
    ({"address": "third.example"}, "quorum_members[2].address: 'third.example' is not an IPv4 address"),
    ({"name": "aws"}, "quorum_members[2].name: aws is that of another member as well"),
])
def test_what_cannot_work_is_told_with_its_path(changed: dict[str, Any], told: str) -> None:
    found = plan.faults(three(**changed), SITES)
    assert len(found) == 1 and found[0].startswith(told)


@pytest.mark.parametrize("cidrs", [[], ["203.0.113.9", "198.51.100.0/24"], ["10.0.0.0/8"], ["192.0.2.7/32", "192.0.2.7"]])
def test_clients_are_addresses_and_networks(cidrs: list[str]) -> None:
    assert quorum_client_faults(cidrs) == []


@pytest.mark.parametrize(("cidr", "meant"), [
    ("2001:db8::/32", ""), ("10.0.0.0/33", ""), ("10.0.0.0/-1", ""), ("prometheus.example", ""), ("", ""), (10, ""), ("10.0.0.0/255.0.0.0", ""),
    ("10.0.0.1-10.0.0.9", ""), ("010.0.0.1", ""), ("10.0.0.0/16 ", ""), ("10.0.0.5/24", "; 10.0.0.0/24 is meant?"), ("10.0.0.0/١٦", "")])
def test_what_the_firewall_would_not_load_is_no_client(cidr: Any, meant: str) -> None:
    """It is loaded before every start of etcd, on all three: one such, and none of them starts again."""
    found = quorum_client_faults(["198.51.100.7", cidr])
    assert found == [f"quorum_client_cidrs[1]: {str(cidr)!r} is not an IPv4 address or network such as 10.0.0.0/16{meant}"]


@pytest.mark.parametrize("cidrs", [["0.0.0.0/0"], ["0.0.0.0/1", "128.0.0.0/1"], ["1.2.3.4", "0.0.0.0/7"], [f"{each}.0.0.0/8" for each in range(256)]])
def test_not_everybody_may_ask(cidrs: list[str]) -> None:
    (found,) = quorum_client_faults(cidrs)
    assert found.startswith("quorum_client_cidrs: ") and "who can write the record decides which cloud sells" in found


def test_every_fault_is_told_at_once() -> None:
    assert len(quorum_client_faults(["a", "::1", "10.0.0.0/8", "0.0.0.0/0"])) == 3
    assert plan.faults(three(address=""), ["10.0.0.5/16", "x"])[:2] == [
        "quorum_site_cidrs[0]: '10.0.0.5/16' is not an IPv4 address or network such as 10.0.0.0/16; 10.0.0.0/16 is meant?",
        "quorum_site_cidrs[1]: 'x' is not an IPv4 address or network such as 10.0.0.0/16"]


def test_two_members_are_none() -> None:
    assert plan.faults(three()[:2], SITES) == ["quorum_members: 2 of them; three are needed, so that any two can decide"]


def test_a_third_place_inside_a_cloud_is_warned_of() -> None:
    said = plan.warnings(three(site="aws"))
    assert len(said) == 1 and said[0].startswith("quorum_members: aws and third both stand in aws. When aws is lost, so is the quorum")


@pytest.mark.parametrize(("version", "oldest"), [
    ("3.4.23", None), ("3.4.22", None), ("3.4.21", "3.4.22"), ("3.3.25", "3.4.22"), ("3.5.5", "3.5.6"), ("3.5.6", None), ("3.6.0", None),
    ("4.0.0", None), ("3.4.23-4", None), ("3.4.9+dfsg", "3.4.22")])
def test_an_etcd_older_than_it_may_be_is_refused_with_the_reason(version: str, oldest: str | None) -> None:
    said = quorum_too_old(f"etcd Version: {version}\nGit SHA: Not provided\nGo Version: go1.19.8\n")
    assert (said == "") == (oldest is None)
    assert oldest is None or (f"etcd {version} is older than {oldest}" in said and "14355" in said)


def test_a_version_that_nobody_understands_is_refused() -> None:
    assert quorum_too_old("etcd Version: main\n") == "etcd says that it is version 'main', which nobody here understands"


@pytest.mark.parametrize(("kind", "told"), [("", 0), ("veth", 0), ("bond", 0), ("tun", 1), ("xfrm", 1), ("wireguard", 1)])
def test_a_way_through_a_tunnel_is_told_in_words(kind: str, told: int) -> None:
    links = [{"ifname": "lo"}, {"ifname": "out", **({"linkinfo": {"info_kind": kind}} if kind else {})}]
    way = {"item": {"name": "third", "address": "203.0.113.3"}, "stdout": json.dumps([{"dst": "203.0.113.3", "dev": "out"}])}
    found = quorum_detours([way], json.dumps(links))
    assert len(found) == told
    assert not told or found[0].startswith(f"third (203.0.113.3) is reached through out, which is a tunnel ({kind}). A link that is")


@pytest.mark.parametrize("address", ["999.1.1.1", "10.0.0.0/24", "10.0.0.1/32", "page.example", "10.0.0.1\n10.0.0.2", "::1", ""])
def test_a_certificate_of_a_page_names_addresses_of_hosts(address: str) -> None:
    assert quorum_page_faults(["10.0.0.1", "127.0.0.1"]) == []
    told = quorum_page_faults(["127.0.0.1", address])
    assert len(told) == 1 and told[0].startswith(f"quorum_page_addresses[1]: {address!r} is not ")
