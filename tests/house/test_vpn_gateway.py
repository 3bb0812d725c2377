# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The customer's end of the VPN as role vpn_gateway describes it: numbers, what is done when a tunnel goes, and no way around the tunnels."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, StrictUndefined

ROLE = Path(__file__).resolve().parents[2] / "roles" / "vpn_gateway"
TUNNEL = {"outside_address": "198.51.100.200", "inside_address": "169.254.11.1", "customer_inside_address": "169.254.11.2", "psk": "key"}


def rendered(name: str) -> str:
    """A template of the role for two tunnels."""
    given: dict[str, Any] = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text(encoding="utf-8"))
    return Environment(undefined=StrictUndefined, trim_blocks=True).from_string((ROLE / "templates" / name).read_text(encoding="utf-8")).render(
        given, ansible_managed="here", vpn_gateway_tunnels=[{**TUNNEL, "name": "a"}, {**TUNNEL, "name": "b"}],
        vpn_gateway_local_address="192.168.0.10", vpn_gateway_public_address="198.51.100.100", vpn_gateway_local_cidr="192.168.0.0/16",
        vpn_gateway_remote_cidr="10.0.0.0/16")


def test_children_of_both_tunnels_have_numbers_of_their_own_but_for_those_that_carry_the_sites() -> None:
    """Left to strongSwan (5.9.8), two children got the same one after both tunnels had been lost at once, and nothing was carried any more."""
    assert re.findall(r"(\w+-\w) \{\n +reqid = (\d+)\n", rendered("tunnels.conf.j2")) == [
        ("sites-a", "1"), ("probe-a", "2"), ("sites-b", "1"), ("probe-b", "3")]


def test_every_child_comes_up_by_itself_and_comes_back_whoever_took_it_down() -> None:
    """start_action: at load; dpd_action: the other end went silent; close_action: the other end deleted it, as AWS does when it maintains one."""
    children = re.findall(r"(?:sites|probe)-\w \{(.+?)\}", rendered("tunnels.conf.j2"), re.DOTALL)
    assert len(children) == 4
    for child in children:
        assert {"start_action = start", "dpd_action = restart", "close_action = start"} <= {line.strip() for line in child.splitlines()}


def test_with_both_tunnels_down_nothing_leaves_in_clear_text() -> None:
    """The route that leads nowhere covers all of the other site and is worse than any that strongSwan installs (metric 0)."""
    route = re.search(r"^ExecStart=/usr/sbin/ip route replace (\S+) (\S+) metric (\d+)$", rendered("network.service.j2"), re.MULTILINE)
    assert route and route[1] == "blackhole" and route[2] == "10.0.0.0/16" and int(route[3]) > 0
