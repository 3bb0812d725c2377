# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Route propagation: a route table that learns the static routes of the VPN connections behind a virtual private gateway."""

from __future__ import annotations

from typing import Any

from moto.core.responses import EmptyResult
from moto.ec2.models.route_tables import RouteTable
from moto.ec2.responses.route_tables import RouteTables

from lab.aws.extend import graft
from lab.aws.vpn import live


class _Table:
    @property
    def propagating_vgws(self: Any) -> list[dict[str, str]]:
        return [{"GatewayId": gateway_id} for gateway_id in getattr(self, "propagating", [])]

    @property
    def routes(self: Any) -> list[Any]:
        own = list(self._routes.values())
        known = {route.destination_cidr_block for route in own}     # a static route wins over a propagated one of the same length
        learned = {cidr: connection.vpn_gateway_id for connection in live(self.ec2_backend)
                   if connection.vpn_gateway_id in getattr(self, "propagating", []) for cidr in connection.static_cidrs}
        return own + [{"DestinationCidrBlock": cidr, "GatewayId": gateway_id, "Origin": "EnableVgwRoutePropagation", "State": "active"}
                      for cidr, gateway_id in learned.items() if cidr not in known]


class _Actions:
    def enable_vgw_route_propagation(self: Any) -> EmptyResult:
        table = self.ec2_backend.get_route_table(self._get_param("RouteTableId"))
        gateway = self.ec2_backend.get_vpn_gateway(self._get_param("GatewayId"))
        table.propagating = list(dict.fromkeys([*getattr(table, "propagating", []), gateway.id]))
        return EmptyResult()

    def disable_vgw_route_propagation(self: Any) -> EmptyResult:
        table = self.ec2_backend.get_route_table(self._get_param("RouteTableId"))
        gateway_id = self._get_param("GatewayId")
        table.propagating = [kept for kept in getattr(table, "propagating", []) if kept != gateway_id]
        return EmptyResult()


def install() -> None:
    """Put propagation in place."""
    graft(RouteTable, _Table)
    graft(RouteTables, _Actions)
