# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A plan that cannot work is refused with every fault and its path; the lab's own plan has none."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.multicloud.dr.plugins.module_utils.topology import faults

LAB = yaml.safe_load((Path(__file__).parents[3] / "inventories/lab/group_vars/all/topology.yml").read_text())


def plan(**changes: Any) -> dict[str, Any]:
    """The lab's plan with changes given as dotted paths."""
    made = {key.removeprefix("topology_"): copy.deepcopy(value) for key, value in LAB.items()}
    made["tunnels"] = [{"psk": "first.key_1", "inside_cidr": "169.254.11.0/30"}, {"psk": "second.key_2", "inside_cidr": "169.254.12.0/30"}]
    made |= {"asked_tags": ["vpn_gateway"], "skipped_tags": ["molecule-notest", "notest", "molecule-idempotence-notest"],
             "known_tags": ["vpn_gateway", "site_edge"]}
    for path, value in changes.items():
        *steps, last = path.split("__")
        at: Any = made
        for step in steps:
            at = at[int(step) if step.isdigit() else step]
        at[int(last) if last.isdigit() else last] = value
    return made


def test_the_labs_plan_can_work():
    assert faults(plan()) == []


@pytest.mark.parametrize(("changes", "path"), [
    ({"name": "Tickets!"}, "topology_name:"),
    ({"domain": "shop.example.com"}, "topology_domain:"),
    ({"standby": "nhn"}, "topology_primary, topology_standby:"),
    ({"sites__aws__cidr": "192.168.0.0/16"}, "topology_sites.nhn.cidr, topology_sites.aws.cidr:"),
    ({"sites__nhn__cidr": "8.8.0.0/16"}, "topology_sites.nhn.cidr: 8.8.0.0/16 is not private"),
    ({"sites__aws__cidr": "10.0.0.0/8"}, "topology_sites.aws.cidr:"),
    ({"sites__nhn__cidr": "not a range"}, "topology_sites.nhn.cidr:"),
    ({"sites__nhn__region": "KR3"}, "topology_sites.nhn.region:"),
    ({"sites__aws__region": "ap-northeast"}, "topology_sites.aws.region:"),
    ({"sites__aws__subnets__1__zone": "us-east-1a"}, "topology_sites.aws.subnets[1].zone:"),
    ({"sites__aws__subnets__1__cidr": "10.0.0.128/25"}, "topology_sites.aws.subnets[1].cidr: 10.0.0.128/25 overlaps subnet public-a"),
    ({"sites__nhn__subnets__0__cidr": "172.16.0.0/24"}, "topology_sites.nhn.subnets[0].cidr:"),
    ({"sites__nhn__subnets": []}, "topology_sites.nhn.subnets: is empty"),
    ({"sites__nhn__host_address": "192.168.0.2"}, "topology_sites.nhn.host_address:"),
    ({"sites__aws__app_addresses__1": "10.9.9.9"}, "topology_sites.aws.app_addresses[1]:"),
    ({"tunnels__1__psk": ""}, "aws_vpn_tunnels[1].psk: is missing"),
    ({"tunnels__1__psk": "first.key_1"}, "aws_vpn_tunnels: both tunnels have the same psk"),
    ({"tunnels__0__psk": "0short"}, "aws_vpn_tunnels[0].psk:"),
    ({"tunnels__1__inside_cidr": "169.254.11.0/30"}, "aws_vpn_tunnels[1].inside_cidr: 169.254.11.0/30 is already used"),
    ({"tunnels__0__inside_cidr": "169.254.169.252/30"}, "aws_vpn_tunnels[0].inside_cidr:"),
    ({"tunnels": []}, "aws_vpn_tunnels: exactly two"),
    ({"timing__renew": 5}, "topology_timing.renew:"),
    ({"timing__check_interval": 15}, "topology_timing.check_interval:"),
    ({"timing__ttl": "10"}, "topology_timing.ttl:"),
    ({"asked_tags": ["vpn_gatway"]}, "--tags vpn_gatway: is not known; there are:"),
    ({"skipped_tags": ["site_egde"]}, "--skip-tags site_egde: is not known; there are:"),
])
def test_each_fault_is_named_with_its_path(changes, path):
    found = faults(plan(**changes))
    assert [fault for fault in found if fault.startswith(path)], found


def test_all_faults_at_once_and_no_key_in_any_of_them():
    found = faults(plan(sites__aws__region="mars", sites__nhn__region="moon", tunnels__0__psk="0bad-key!", asked_tags=["x"]))
    assert len([f for f in found if not f.startswith("topology_sites.aws.subnets")]) == 4
    assert "bad-key" not in " ".join(found)


def test_empty_plan_is_refused_not_crashed_on():
    assert len(faults({})) >= 6
