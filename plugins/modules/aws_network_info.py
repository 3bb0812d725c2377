#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module aws_network_info."""

from __future__ import annotations

DOCUMENTATION = r"""
module: aws_network_info
version_added: 0.1.0
short_description: Look up the ids of a network built by role aws_network
description:
  - Finds the VPC tagged C(<name>-vpc) and what is inside in one go, so that other roles need not ask for each thing.
  - Never changes anything.
options:
  name:
    description: Name of the network, the prefix of all its resources.
    type: str
    required: true
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author:
  - The multicloud.dr contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: See what there is
  multicloud.dr.aws_network_info:
    name: tickets
  register: seen

- name: Stop unless there is a network
  ansible.builtin.assert:
    that: seen.network.vpc_id is not none
"""

RETURN = r"""
network:
  description: What there is; values are null and collections empty where there is nothing.
  returned: always
  type: dict
  contains:
    vpc_id: {description: The VPC., type: str, sample: vpc-0a1b}
    cidr: {description: Its range., type: str, sample: 10.0.0.0/16}
    subnets: {description: "Name (without the network's), cidr, zone and public of each subnet.", type: list, elements: dict}
    subnet_ids: {description: Subnet name to id., type: dict, sample: {public-a: subnet-0a1b}}
    security_group_ids: {description: Security group name to id., type: dict, sample: {tickets-host: sg-0a1b}}
    vpn_gateway_id: {description: The virtual private gateway., type: str, sample: vgw-0a1b}
    nat_gateways:
      description: Name of the subnet a NAT gateway is in, to its C(id) and the C(allocation_id) of its public address.
      type: dict
      sample: {public-a: {id: nat-0a1b, allocation_id: eipalloc-0a1b}}
    route_table_ids: {description: Route table name to id; the VPC's own main table has no name of ours., type: dict, sample: {private: rtb-0a1b}}
    s3_endpoint: {description: "The gateway endpoint for S3, its C(id) and its C(route_table_ids).", type: dict}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.multicloud.dr.plugins.module_utils.ansible_glue import told_plainly
from ansible_collections.multicloud.dr.plugins.module_utils.aws.network import find_network


def main() -> None:
    """Read and tell."""
    module = AnsibleAWSModule(argument_spec={"name": {"type": "str", "required": True}}, supports_check_mode=True)
    with told_plainly(module):
        module.exit_json(changed=False, network=find_network(module.client("ec2"), module.params["name"]))


if __name__ == "__main__":
    main()
