# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The network service: NHN's VPC family and the Neutron calls it kept, all below /network/v2.0."""

from __future__ import annotations

from . import compat, floating_ips, gateways, load_balancers, nat_gateways, ports, routing, security_groups, subnets, vpcs

ALL = (vpcs.routes, subnets.routes, routing.routes, gateways.routes, nat_gateways.routes, floating_ips.routes, security_groups.routes,
       ports.routes, load_balancers.routes, compat.routes)
