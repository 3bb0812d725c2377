# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""By what each subnet of a VPC goes out to the internet. Pure: the world is what `read.aws` collected from the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ANYWHERE = "0.0.0.0/0"


def out(aws: Mapping[str, Any], vpc_id: str) -> dict[str, str]:
    """{range of a subnet: id of its internet or NAT gateway, "" for none}. A subnet that no table names goes by the VPC's main table."""
    tables = [table for table in aws["route_tables"] if table["VpcId"] == vpc_id]
    links = [(link, table) for table in tables for link in table.get("Associations", [])]
    of_subnet = {link["SubnetId"]: _way(table) for link, table in links if link.get("SubnetId")}
    main = next((_way(table) for link, table in links if link.get("Main")), "")
    return {subnet["CidrBlock"]: of_subnet.get(subnet["SubnetId"], main) for subnet in aws["subnets"] if subnet["VpcId"] == vpc_id}


def _way(table: Mapping[str, Any]) -> str:
    return next((route.get("NatGatewayId") or route.get("GatewayId") or "" for route in table.get("Routes", [])
                 if route.get("DestinationCidrBlock") == ANYWHERE and route.get("State", "active") == "active"), "")
