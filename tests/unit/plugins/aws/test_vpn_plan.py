# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What role aws_vpn refuses: all of it at once, under the names of its variables, and only what is true."""

from __future__ import annotations

from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils.aws.vpn_plan import faults

A, B = {"inside_cidr": "169.254.11.0/30", "psk": "CANARY.key.a"}, {"inside_cidr": "169.254.12.0/30", "psk": "CANARY.key.b"}
GOOD: dict[str, Any] = {
    "aws_vpn_tunnels": [A, B], "aws_vpn_tunnel_options": {"phase1_lifetime_seconds": 28800}, "aws_vpn_peer_cidrs": ["192.168.0.0/16"],
    "aws_vpn_customer_address": "198.51.100.100", "aws_vpn_only": [A["inside_cidr"]]}


def paths(found: list[str]) -> list[str]:
    return [fault.partition(": ")[0] for fault in found]


def test_what_can_be_built_has_no_fault() -> None:
    assert faults(GOOD, "10.0.0.0/16") == []
    assert faults(GOOD) == [], "a network that is not there yet has no range"


def test_everything_is_told_at_once_and_no_key() -> None:
    found = faults({**GOOD, "aws_vpn_tunnels": [{"inside_cidr": "169.254.0.0/30", "psk": "0CANARY"}, B], "aws_vpn_peer_cidrs": ["10.0.0.0/8", "x"],
                    "aws_vpn_customer_address": "home", "aws_vpn_tunnel_options": {"dpd_timeout_seconds": 5}}, "10.0.0.0/16")
    assert paths(found) == ["aws_vpn_tunnels[0].psk", "aws_vpn_tunnels[0].inside_cidr", "aws_vpn_tunnel_options.dpd_timeout_seconds",
                            "aws_vpn_peer_cidrs[0]", "aws_vpn_peer_cidrs[1]", "aws_vpn_customer_address", "aws_vpn_only[0]"]
    assert "CANARY" not in " ".join(found)


def test_a_wrong_number_of_tunnels_hides_nothing_and_says_nothing_untrue() -> None:
    found = faults({**GOOD, "aws_vpn_tunnels": [{**A, "psk": "0CANARY"}]}, "10.0.0.0/16")
    assert paths(found) == ["aws_vpn_tunnels", "aws_vpn_tunnels[0].psk"]


def test_an_address_that_is_not_known_yet_is_forgiven_where_it_is_only_foreseen() -> None:
    nobody = {**GOOD, "aws_vpn_customer_address": ""}
    assert faults(nobody) == ["aws_vpn_customer_address: is empty; build the other site's host first"]
    assert faults(nobody, None, True) == [] and faults({**GOOD, "aws_vpn_customer_address": None}, None, True) == []
