# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter vpn_tunnels: AWS's VPN configuration document as plain tunnels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.multicloud.dr.plugins.module_utils.aws.vpn_configuration import tunnels, with_keys
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.vpn.plan import gateway_faults

DOCUMENTATION = """
name: vpn_tunnels
short_description: The two tunnels in AWS's VPN configuration document
version_added: 0.1.0
description:
  - Reads the XML that AWS gives for a site-to-site VPN connection (C(customer_gateway_configuration)).
  - The result holds the tunnels' keys; use it with C(no_log).
options:
  _input:
    description: The document.
    type: str
    required: true
"""

EXAMPLES = """
- ansible.builtin.set_fact:
    tunnels: "{{ connection.customer_gateway_configuration | multicloud.dr.vpn_tunnels }}"
  no_log: true
"""

RETURN = """
_value:
  description:
    - Two dictionaries, named a and b in AWS's order, with C(name), C(outside_address), C(customer_outside_address), C(inside_address),
      C(customer_inside_address), C(inside_prefix), C(psk), C(ike) and C(esp).
  type: list
  elements: dict
"""


def vpn_tunnels(document: str) -> list[dict[str, Any]]:
    """The tunnels; raises AnsibleFilterError with every fault of the document and its path."""
    try:
        return tunnels(document)
    except Fault as fault:
        raise AnsibleFilterError(fault.told()) from fault


def vpn_keys(found: list[dict[str, Any]], keyed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Tunnels looked up at AWS, with the keys that the vault holds for them; raises AnsibleFilterError for a tunnel without a key."""
    try:
        return with_keys(found, keyed)
    except Fault as fault:
        raise AnsibleFilterError(fault.told()) from fault


def vpn_gateway_faults(plan: dict[str, Any]) -> list[str]:
    """Every reason why a gateway with these tunnels cannot work, as "path: what is wrong", without any key. plan: see gateway_faults."""
    return gateway_faults(plan)


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name to function."""
        return {"vpn_tunnels": vpn_tunnels, "vpn_keys": vpn_keys, "vpn_gateway_faults": vpn_gateway_faults}
