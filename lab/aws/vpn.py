# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Site-to-site VPN connections with two real tunnels: options, static routes, telemetry and the gateway's configuration document.

moto knows the connection only; tunnel options are dropped there, static routes and telemetry do not exist. Followed are the EC2 API's
CreateVpnConnection, ModifyVpnConnection, ModifyVpnTunnelOptions, CreateCustomerGateway, and of the Site-to-Site VPN user guide
"Tunnel endpoint replacements": a tunnel that is modified is down meanwhile, with another customer gateway both are, and comes up again when somebody
begins to talk. What is in use is not deleted.
"""

from __future__ import annotations

import ipaddress
import secrets
import time
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.vpn_connections import VPNConnection
from moto.ec2.responses.customer_gateways import CustomerGateways
from moto.ec2.responses.virtual_private_gateways import VirtualPrivateGateways
from moto.ec2.responses.vpn_connections import VPNConnections

from lab import world
from lab.aws.addresses import lowest_free
from lab.aws.extend import graft
from lab.aws.observed import OBSERVED
from lab.aws.vpn_configuration import configuration
from lab.aws.vpn_options import PSK_CHARACTERS, as_described, checked_tunnels

DEFAULT_INSIDE = ipaddress.IPv4Network("169.254.64.0/18")
MODIFY_SECONDS = 3.0            # how long a change of one tunnel takes; minutes at AWS


def live(ec2: Any) -> list[Any]:
    """Connections that exist; moto keeps deleted ones on its list, as AWS does for an hour."""
    return [connection for connection in list(ec2.vpn_connections.values()) if connection.state != "deleted"]


def filled_tunnels(given: list[dict[str, Any]], others: list[Any]) -> list[dict[str, Any]]:
    """Two complete tunnels: outside addresses from the lab's range, and AWS-style defaults for what the caller left out."""
    taken = {options["OutsideIpAddress"] for other in others for options in other.tunnel_options}
    used = {options.get("TunnelInsideCidr") for options in (*given, *(options for other in others for options in other.tunnel_options))}
    free = (str(network) for network in DEFAULT_INSIDE.subnets(new_prefix=30) if str(network) not in used)
    tunnels = []
    for outside, options in zip(lowest_free(world.VPN_OUTSIDE, taken, 2), [*given, {}, {}], strict=False):
        psk = "k" + "".join(secrets.choice(PSK_CHARACTERS) for _ in range(31))
        inside = options.get("TunnelInsideCidr") or next(free)
        tunnels.append({"PreSharedKey": psk, **options, "OutsideIpAddress": outside, "TunnelInsideCidr": inside})
    return tunnels


_moto_filter = VPNConnection.get_filter_value


class _Connection:
    """What a VPNConnection is to moto's serializer, which reads attributes by the API's member names."""

    @property
    def state(self: Any) -> str:
        busy = self._state == "available" and any(until > time.monotonic() for until in getattr(self, "modified_until", {}).values())
        return "modifying" if busy else self._state

    @state.setter
    def state(self: Any, state: str) -> None:
        self._state = state

    @property
    def options(self: Any) -> dict[str, Any]:
        return {"StaticRoutesOnly": self.static_routes_only, "LocalIpv4NetworkCidr": "0.0.0.0/0", "RemoteIpv4NetworkCidr": "0.0.0.0/0",
                "TunnelInsideIpVersion": "ipv4", "TunnelOptions": self.tunnel_options}

    @options.setter
    def options(self: Any, _: None) -> None:
        """moto's constructor sets None."""

    @property
    def routes(self: Any) -> list[dict[str, str]]:
        return [{"DestinationCidrBlock": cidr, "State": "available"} for cidr in self.static_cidrs]

    @property
    def category(self: Any) -> str:
        return "VPN"

    @property
    def vgw_telemetry(self: Any) -> list[dict[str, Any]]:
        seen = {tunnel["outside_ip"]: tunnel["status"] for tunnel in OBSERVED.get("vpn_telemetry", self.id, [])}
        telemetry = []
        for options in self.tunnel_options:
            address = options["OutsideIpAddress"]
            status = "DOWN" if self.modified_until.get(address, 0.0) > time.monotonic() else seen.get(address, "DOWN")
            if self.last_status.get(address, ("", None))[0] != status:
                self.last_status[address] = (status, utcnow())
            telemetry.append({"OutsideIpAddress": address, "Status": status, "LastStatusChange": self.last_status[address][1],
                              "StatusMessage": "" if status == "UP" else "IPSEC IS DOWN",
                              "AcceptedRouteCount": len(self.static_cidrs) if status == "UP" else 0})
        return telemetry

    @property
    def customer_gateway_configuration(self: Any) -> str:
        gateway = self.ec2_backend.get_customer_gateway(self.customer_gateway_id)
        return configuration(
            self.tunnel_options, connection_id=self.id, customer_gateway_id=self.customer_gateway_id,
            vpn_gateway_id=self.vpn_gateway_id or "", customer_outside=gateway.ip_address, static=self.static_routes_only)

    def get_filter_value(self: Any, name: str, method_name: str | None = None) -> Any:
        own = {"vpn-connection-id": self.id, "customer-gateway-id": self.customer_gateway_id, "route.destination-cidr-block": self.static_cidrs,
               "option.static-routes-only": str(self.static_routes_only).lower()}
        return own[name] if name in own else _moto_filter(self, name, "DescribeVpnConnections")


class _Actions:
    """The API actions, by the names moto derives from theirs."""

    def create_vpn_connection(self: Any) -> ActionResult:
        options = self._get_param("Options") or {}
        given = checked_tunnels(options.get("TunnelOptions") or [])
        tunnels = filled_tunnels(given, live(self.ec2_backend))
        tags = {tag["Key"]: tag["Value"] for spec in self._get_param("TagSpecifications", []) for tag in spec.get("Tags", [])}
        connection = self.ec2_backend.create_vpn_connection(
            self._get_param("Type"), self._get_param("CustomerGatewayId"), vpn_gateway_id=self._get_param("VpnGatewayId"), tags=tags)
        connection.static_routes_only = str(options.get("StaticRoutesOnly", False)).lower() == "true"
        connection.tunnel_options = tunnels
        connection.static_cidrs = []
        connection.last_status = {}
        connection.modified_until = {}
        return ActionResult({"VpnConnection": connection})

    def create_vpn_connection_route(self: Any) -> EmptyResult:
        connection = self._one_connection()
        cidr = self._get_param("DestinationCidrBlock")
        try:
            ipaddress.IPv4Network(cidr)
        except ValueError as error:
            raise EC2ClientError("InvalidParameterValue", f"Value ({cidr}) for parameter destinationCidrBlock is invalid.") from error
        if not connection.static_routes_only:
            raise EC2ClientError("InvalidParameterValue", f"{connection.id} does not use static routes only.")
        if cidr not in connection.static_cidrs:
            connection.static_cidrs.append(cidr)
        return EmptyResult()

    def delete_vpn_connection_route(self: Any) -> EmptyResult:
        connection = self._one_connection()
        cidr = self._get_param("DestinationCidrBlock")
        if cidr not in connection.static_cidrs:
            raise EC2ClientError("InvalidRoute.NotFound", f"No static route {cidr} on {connection.id}.")
        connection.static_cidrs.remove(cidr)
        return EmptyResult()

    def modify_vpn_tunnel_options(self: Any) -> ActionResult:
        connection = self._one_connection()
        outside = self._get_param("VpnTunnelOutsideIpAddress")
        wanted = self._get_param("TunnelOptions") or {}
        tunnel = next((options for options in connection.tunnel_options if options["OutsideIpAddress"] == outside), None)
        if tunnel is None:
            raise EC2ClientError("InvalidParameterValue", f"{connection.id} has no tunnel with the outside address {outside}.")
        other = [options for options in connection.tunnel_options if options is not tunnel]
        checked_tunnels([*other, {**tunnel, **as_described(wanted)}])
        self._take_down(connection, outside)
        tunnel.update(as_described(wanted))
        return ActionResult({"VpnConnection": connection})

    def modify_vpn_connection(self: Any) -> ActionResult:
        connection = self._one_connection()
        if self._get_param("TransitGatewayId") or self._get_param("VpnGatewayId"):
            raise EC2ClientError("UnsupportedOperation", "The lab's AWS changes the customer gateway of a connection, not its target.")
        gateway = self.ec2_backend.get_customer_gateway(self._get_param("CustomerGatewayId"))
        self._take_down(connection, *(options["OutsideIpAddress"] for options in connection.tunnel_options))
        connection.customer_gateway_id = gateway.id
        return ActionResult({"VpnConnection": connection})

    def _take_down(self: Any, connection: Any, *outside: str) -> None:
        if connection.state == "modifying":
            raise EC2ClientError("IncorrectState", f"{connection.id} is modifying.")
        for address in outside:
            connection.modified_until[address] = time.monotonic() + MODIFY_SECONDS
            connection.last_status[address] = ("DOWN", utcnow())

    def _one_connection(self: Any) -> Any:
        return self.ec2_backend.describe_vpn_connections([self._get_param("VpnConnectionId")])[0]


_made_customer, _customer_gone = CustomerGateways.create_customer_gateway, CustomerGateways.delete_customer_gateway
_vpn_gateway_gone = VirtualPrivateGateways.delete_vpn_gateway


def refuse_in_use(ec2: Any, said: str, of: str, name: str) -> None:
    """IncorrectState when a connection that exists has it. of: the connection's attribute."""
    if users := [connection.id for connection in live(ec2) if getattr(connection, of) == name]:
        raise EC2ClientError("IncorrectState", f"The {said} {name} is in use by {', '.join(users)}.")


class _CustomerActions:
    """AWS knows a customer gateway by its address, number and device: an identical request is answered with the one there is."""

    def create_customer_gateway(self: Any) -> ActionResult:
        address, device = self._get_param("IpAddress") or self._get_param("PublicIp"), self._get_param("DeviceName")
        for known in self.ec2_backend.customer_gateways.values():
            same = (known.ip_address, str(known.bgp_asn), getattr(known, "device_name", None)) == (address, str(self._get_param("BgpAsn")), device)
            if known.state == "available" and same:
                return ActionResult({"CustomerGateway": known})
        answer = _made_customer(self)
        next(reversed(self.ec2_backend.customer_gateways.values())).device_name = device
        return answer

    def delete_customer_gateway(self: Any) -> ActionResult:
        refuse_in_use(self.ec2_backend, "customer gateway", "customer_gateway_id", self._get_param("CustomerGatewayId"))
        return _customer_gone(self)


class _GatewayActions:
    """What a connection still ends at is not deleted."""

    def delete_vpn_gateway(self: Any) -> ActionResult:
        refuse_in_use(self.ec2_backend, "VPN gateway", "vpn_gateway_id", self._get_param("VpnGatewayId"))
        return _vpn_gateway_gone(self)


def install() -> None:
    """Put tunnels, routes and telemetry in place."""
    graft(VPNConnection, _Connection)
    graft(VPNConnections, _Actions)
    graft(CustomerGateways, _CustomerActions)
    graft(VirtualPrivateGateways, _GatewayActions)
