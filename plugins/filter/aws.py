# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters that judge and shape the plan of a network, and of an application, at AWS."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils.aws import network_plan, vpn_plan, waf_plan, web_plan

DOCUMENTATION = """
name: aws_network_faults
short_description: Every reason why a network at AWS cannot be built
version_added: 0.1.0
description:
  - Looks at the plan only, and returns a sentence for each fault, with its path.
  - Beside it, C(aws_route_tables) takes the subnets and the names of those with a NAT gateway, and returns the route tables, each with C(name),
    C(public), C(nat) and C(cidrs).
  - For an application, C(aws_web_faults) takes the variables of role aws_web and returns its faults, C(aws_differing) marks wishes that differ from
    what was seen, C(aws_registry) names the ECR registry of an image, and C(aws_group_tags) shapes tags for an Auto Scaling group.
  - For a VPN connection, C(aws_vpn_faults) takes the variables of role aws_vpn, the network's range and whether the other end may have no address
    yet, and returns its faults.
  - For a web ACL, C(aws_waf_faults) takes the variables of role aws_waf and returns its faults, and C(aws_waf_rules) takes them and the ARN of the
    checkers' ranges, and returns the rules in AWS's words.
options:
  _input:
    description: The subnets, with C(name), C(cidr), C(zone) and C(public).
    type: list
    elements: dict
    required: true
  nat_gateways:
    description: Names of the subnets that have a NAT gateway.
    type: list
    elements: str
    required: true
  groups:
    description: The security groups, with C(name) and C(rules).
    type: list
    elements: dict
    required: true
"""

EXAMPLES = """
- ansible.builtin.assert:
    that: (aws_network_subnets | multicloud.dr.aws_network_faults([], [])) == []
"""

RETURN = """
_value:
  description: Sentences; empty when it can be built.
  type: list
  elements: str
"""


def aws_network_faults(subnets: Sequence[Mapping[str, Any]], nat_gateways: Sequence[str], groups: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every fault of the plan, as "path: what is wrong"."""
    return network_plan.faults(list(subnets), list(nat_gateways), list(groups))


def aws_route_tables(subnets: Sequence[Mapping[str, Any]], nat_gateways: Sequence[str]) -> list[dict[str, Any]]:
    """The route tables: [{"name", "public", "nat", "cidrs"}]."""
    return network_plan.route_tables(list(subnets), list(nat_gateways))


class FilterModule:
    """What Ansible asks a filter plugin for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        return {"aws_network_faults": aws_network_faults, "aws_route_tables": aws_route_tables, "aws_web_faults": web_plan.faults,
                "aws_differing": web_plan.differing, "aws_registry": web_plan.registry, "aws_group_tags": web_plan.group_tags,
                "aws_vpn_faults": vpn_plan.faults, "aws_waf_faults": waf_plan.faults, "aws_waf_rules": waf_plan.rules}
