# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A site-to-site VPN connection with its customer gateway, static routes and tunnel options.

amazon.aws.ec2_vpc_vpn sends the tunnel options one leaves out as nulls, which boto3 refuses, and never compares them afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..engine import Field, Plan, as_set
from ..faults import Ambiguous
from ..waiting import FAILED, PENDING, READY, Clock, wait
from .errors import asking
from .network import find_network

PAUSE_SECONDS = 2.0

TUNNEL_OPTIONS: dict[str, dict[str, Any]] = {
    "inside_cidr": {"type": "str", "required": True},
    "psk": {"type": "str", "required": True, "no_log": True},
    "dpd_timeout_seconds": {"type": "int"},
    "dpd_timeout_action": {"type": "str", "choices": ["clear", "none", "restart"]},
    "startup_action": {"type": "str", "choices": ["add", "start"]},
    "ike_versions": {"type": "list", "elements": "str", "choices": ["ikev1", "ikev2"]},
}
# Our words to AWS's, and what AWS does when it says nothing.
_SENT = {"inside_cidr": "TunnelInsideCidr", "psk": "PreSharedKey", "dpd_timeout_seconds": "DPDTimeoutSeconds",
         "dpd_timeout_action": "DPDTimeoutAction", "startup_action": "StartupAction"}
_READ = {**_SENT, "dpd_timeout_seconds": "DpdTimeoutSeconds", "dpd_timeout_action": "DpdTimeoutAction"}
_DEFAULTS = {"dpd_timeout_seconds": 30, "dpd_timeout_action": "clear", "startup_action": "add", "ike_versions": ["ikev1", "ikev2"]}


def read_tunnel(options: Mapping[str, Any]) -> dict[str, Any]:
    """One of AWS's TunnelOptions in our words, with its outside_address."""
    described = {name: options[theirs] for name, theirs in _READ.items() if options.get(theirs) is not None}
    versions = [version["Value"] for version in options.get("IkeVersions", [])]
    return {**_DEFAULTS, **described, **({"ike_versions": versions} if versions else {}), "outside_address": options["OutsideIpAddress"]}


def sent_tunnel(tunnel: Mapping[str, Any]) -> dict[str, Any]:
    """A tunnel in the words that CreateVpnConnection and ModifyVpnTunnelOptions take; what is not given is left out."""
    sent = {theirs: tunnel[name] for name, theirs in _SENT.items() if tunnel.get(name) is not None}
    return {**sent, **({"IKEVersions": [{"Value": version} for version in tunnel["ike_versions"]]} if tunnel.get("ike_versions") else {})}


def differing(have: Iterable[Mapping[str, Any]], want: Iterable[Mapping[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """What to change: (outside address, wanted options that differ) of each tunnel that is not as wanted.

    AWS keeps tunnels in an order of its own: they are told apart by their inside network, and one with a new network takes a place left.
    """
    wanted = {tunnel["inside_cidr"]: tunnel for tunnel in want}
    places = list(have)
    left = [tunnel for cidr, tunnel in wanted.items() if cidr not in {place["inside_cidr"] for place in places}]
    changes = []
    for place in places:
        tunnel = wanted.get(place["inside_cidr"]) or (left.pop(0) if left else None)
        drift = {name: value for name, value in (tunnel or {}).items() if value is not None and not _same_option(place.get(name), value)}
        if drift:
            changes.append((place["outside_address"], drift))
    return changes


def _same_option(have: Any, want: Any) -> bool:
    return as_set(have, want) if isinstance(want, list) else have == want


class VpnConnection:
    """The engine's view of a connection, found by its Name tag at the network's VPN gateway. ec2: a boto3 client."""

    fields = (
        Field("customer_address", fixed=True, option={"type": "str", "required": True}),
        Field("routes", same=as_set, option={"type": "list", "elements": "str", "required": True}),
        Field("tunnels", same=lambda have, want: not differing(have or (), want), secret=True,
              option={"type": "list", "elements": "dict", "required": True, "options": TUNNEL_OPTIONS}),
    )

    def __init__(self, ec2: Any, params: Mapping[str, Any], clock: Clock | None = None):
        self.ec2 = ec2
        self.name, self.network, self.wait_seconds = params["name"], params["network"], params["wait_seconds"]
        self.clock = clock
        self.gateway_id: str | None = find_network(ec2, self.network)["vpn_gateway_id"]

    @property
    def needs(self) -> list[str]:
        """What must exist before it can be made."""
        return [] if self.gateway_id else [f"VPN gateway of network {self.network}"]

    def find(self) -> dict[str, Any] | None:
        """The connection: {name, id, customer_address, routes, tunnels}, None when there is none. Raises Ambiguous."""
        if not self.gateway_id:
            return None
        filters = [{"Name": "tag:Name", "Values": [self.name]}, {"Name": "vpn-gateway-id", "Values": [self.gateway_id]}]
        with asking("look for the VPN connection", self.name):
            found = self.ec2.describe_vpn_connections(Filters=filters)["VpnConnections"]
            live = [connection for connection in found if connection["State"] not in ("deleting", "deleted")]
            if len(live) > 1:
                raise Ambiguous("tell which VPN connection is meant by", self.name,
                                left=f"{', '.join(connection['VpnConnectionId'] for connection in live)} all carry it.",
                                then="Delete those that carry no traffic.")
            return self._described(live[0]) if live else None

    def _described(self, connection: Mapping[str, Any]) -> dict[str, Any]:
        customer = self.ec2.describe_customer_gateways(CustomerGatewayIds=[connection["CustomerGatewayId"]])["CustomerGateways"][0]
        return {
            "name": self.name, "id": connection["VpnConnectionId"], "customer_address": customer["IpAddress"],
            "routes": sorted(route["DestinationCidrBlock"] for route in connection.get("Routes", []) if route["State"] != "deleting"),
            "tunnels": [read_tunnel(options) for options in connection["Options"]["TunnelOptions"]],
        }

    def apply(self, step: Plan) -> dict[str, Any]:
        """Carry one plan out and read the connection back. Tunnels are changed one after the other: each is down while it is changed."""
        connection_id = step.before.get("id") or ""
        if step.action == "create":
            connection_id = self._create(step.after)
        if step.action == "delete":
            with asking("delete the VPN connection", self.name, writes=True):
                self.ec2.delete_vpn_connection(VpnConnectionId=connection_id)
            return {}
        for address, drift in differing(step.before.get("tunnels", ()), step.after["tunnels"]) if "tunnels" in step.drift else ():
            with asking("change the tunnel", f"{address} of {self.name}", writes=True):
                self.ec2.modify_vpn_tunnel_options(
                    VpnConnectionId=connection_id, VpnTunnelOutsideIpAddress=address, TunnelOptions=sent_tunnel(drift))
            self._settle(connection_id)
        self._route(connection_id, set(step.before.get("routes", ())), set(step.after["routes"]))
        return self.find() or {}

    def _create(self, want: Mapping[str, Any]) -> str:
        with asking("create the VPN connection", self.name, writes=True):
            tags = [{"ResourceType": "vpn-connection", "Tags": [{"Key": "Name", "Value": self.name}]}]
            made = self.ec2.create_vpn_connection(
                Type="ipsec.1", CustomerGatewayId=self._customer_gateway(want["customer_address"]), VpnGatewayId=self.gateway_id,
                Options={"StaticRoutesOnly": True, "TunnelOptions": [sent_tunnel(tunnel) for tunnel in want["tunnels"]]},
                TagSpecifications=tags)["VpnConnection"]
        self._settle(made["VpnConnectionId"])
        return made["VpnConnectionId"]

    def _customer_gateway(self, address: str) -> str:
        """The customer gateway of an address; AWS allows one, so it may be another connection's too."""
        filters = [{"Name": "ip-address", "Values": [address]}, {"Name": "state", "Values": ["available"]}]
        found = self.ec2.describe_customer_gateways(Filters=filters)["CustomerGateways"]
        if found:
            return found[0]["CustomerGatewayId"]
        tags = [{"ResourceType": "customer-gateway", "Tags": [{"Key": "Name", "Value": self.name}]}]
        # The number is not used, as routes are static, but AWS wants one.
        made = self.ec2.create_customer_gateway(Type="ipsec.1", PublicIp=address, BgpAsn=65000, TagSpecifications=tags)
        return made["CustomerGateway"]["CustomerGatewayId"]

    def _route(self, connection_id: str, have: set[str], want: set[str]) -> None:
        for cidr in sorted(want - have):
            with asking("add a static route", f"{cidr} to {self.name}", writes=True):
                self.ec2.create_vpn_connection_route(VpnConnectionId=connection_id, DestinationCidrBlock=cidr)
        for cidr in sorted(have - want):
            with asking("remove a static route", f"{cidr} from {self.name}", writes=True):
                self.ec2.delete_vpn_connection_route(VpnConnectionId=connection_id, DestinationCidrBlock=cidr)

    def settled(self, now: dict[str, Any]) -> dict[str, Any]:
        """Wait until AWS is done with it."""
        self._settle(now["id"])
        return now

    def _settle(self, connection_id: str) -> None:
        def look() -> str:
            with asking("look at the VPN connection", self.name):
                return self.ec2.describe_vpn_connections(VpnConnectionIds=[connection_id])["VpnConnections"][0]["State"]

        def judge(state: str) -> str:
            return {"available": READY, "deleting": FAILED, "deleted": FAILED}.get(state, PENDING)

        wait(look, judge, self.wait_seconds, PAUSE_SECONDS, self.clock, doing="see the VPN connection become available", to=self.name)
