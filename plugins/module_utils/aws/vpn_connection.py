# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A site-to-site VPN connection with its customer gateway, static routes and tunnel options.

amazon.aws.ec2_vpc_vpn sends the tunnel options one leaves out as nulls, which boto3 refuses, and never compares them afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv4Address
from typing import Any

from ..engine import Field, Plan, as_set
from ..faults import Ambiguous, BadInput, TimedOut
from ..waiting import FAILED, PENDING, READY, Clock, wait
from .errors import asking
from .network import find_network
from .vpn_tunnels import TUNNEL_OPTIONS, differing, paired, read_tunnel, route_faults, sent_tunnel, tunnel_faults, without_keys

PAUSE_SECONDS = 2.0
GOING = ("deleting", "deleted")
SEEN_DOWN = "seen down"         # in place of a moment: times are told in whole seconds, and a tunnel may be back within one


def telemetry_of(connection: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """{outside address: {"status": "UP" or "DOWN", "message", "since"}} of one of AWS's VPN connections."""
    return {seen["OutsideIpAddress"]: {"status": seen.get("Status", "DOWN"), "message": seen.get("StatusMessage", ""),
                                       "since": str(seen.get("LastStatusChange", ""))}
            for seen in connection.get("VgwTelemetry", ())}


def tunnel_pair(seen: Mapping[str, Any]) -> str:
    """The judge of a connection whose tunnels should both be up. seen: {"state", "tunnels": telemetry}."""
    if seen["state"] in GOING:
        return FAILED
    return READY if [tunnel["status"] for tunnel in seen["tunnels"].values()] == ["UP", "UP"] else PENDING


def brief(seen: Mapping[str, Any]) -> str:
    """What AWS last said, in one line."""
    tunnels = [" ".join(filter(None, (address, tunnel["status"], tunnel["message"] and f"({tunnel['message']})")))
               for address, tunnel in seen["tunnels"].items()]
    return "; ".join([f"connection {seen['state']}", *tunnels])


def may_touch(seen: Mapping[str, Any], address: str, touched: Mapping[str, str]) -> str:
    """The judge of whether a tunnel may be changed now: while the other is up, or when it carries nothing itself.

    touched: of those that were up and have been changed by this run, or by one before it whose change goes on, {outside address: when its status
    had last changed before}. AWS takes a changed tunnel down and lets it come up again, so one whose status has not changed since is not believed
    to be up.
    """
    if seen["state"] in GOING:
        return FAILED
    if seen["state"] != "available":        # somebody's change, as that of an earlier run, which takes a tunnel down at a moment of AWS's own
        return PENDING
    others = {other: tunnel for other, tunnel in seen["tunnels"].items() if other != address}
    up = [other for other, tunnel in others.items() if tunnel["status"] == "UP" and tunnel["since"] != touched.get(other)]
    if up or (seen["tunnels"].get(address, {}).get("status", "DOWN") == "DOWN" and not any(other in touched for other in others)):
        return READY
    return PENDING


def refuse_input(params: Mapping[str, Any]) -> None:
    """Raise BadInput with everything that AWS would refuse, before it is asked anything."""
    faults = [*tunnel_faults(params["tunnels"]), *route_faults(params["routes"])]
    try:
        IPv4Address(params["customer_address"])
    except ValueError:
        faults.append(f"customer_address: {params['customer_address']!r} is not an IPv4 address")
    known = [tunnel.get("inside_cidr") for tunnel in params["tunnels"]]
    faults += [f"only[{index}]: {cidr!r} is no tunnel's inside_cidr" for index, cidr in enumerate(params.get("only") or ()) if cidr not in known]
    if faults:
        raise BadInput(faults)


class VpnConnection:
    """The engine's view of a connection, found by its Name tag at the network's VPN gateway. ec2: a boto3 client."""

    fields = (
        Field("customer_address"),
        Field("routes", same=as_set, option={"type": "list", "elements": "str"}),
        Field("tunnels", same=lambda have, want: not differing(have or (), want),        # shown by `shown`, never as it is
              option={"type": "list", "elements": "dict", "options": TUNNEL_OPTIONS}),
    )

    def __init__(self, ec2: Any, params: Mapping[str, Any], clock: Clock | None = None):
        self.ec2 = ec2
        self.name, self.network, self.wait_seconds = params["name"], params["network"], params["wait_seconds"]
        self.only, self.clock = params.get("only") or (), clock
        if params.get("state") == "present":
            refuse_input(params)
        network = find_network(ec2, self.network)
        self.gateway_id: str | None = network["vpn_gateway_id"]
        if params.get("state") == "present" and network["vpc_id"]:
            with asking("read the range of", self.network):
                own = ec2.describe_vpcs(VpcIds=[network["vpc_id"]])["Vpcs"][0]["CidrBlock"]
            if faults := route_faults(params["routes"], own):
                raise BadInput(faults)
        self.telemetry: dict[str, dict[str, Any]] = {}
        self.touched: dict[str, str] = {}       # see may_touch
        self.foreign = ""                       # of what was found last: a customer gateway that is not ours
        self.leaving = params.get("state") == "absent"
        self.accept_both_down = bool(params.get("accept_both_down"))

    def wish(self, want: dict[str, Any] | None, have: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """What is wanted in this run: with `only`, the other tunnel stays as it is."""
        if want is None or have is None or not self.only:
            return want
        return {**want, "tunnels": [tunnel if tunnel["inside_cidr"] in self.only else {name: place.get(name) for name in tunnel}
                                    for place, tunnel in paired(have["tunnels"], want["tunnels"]) if tunnel is not None]}

    @property
    def needs(self) -> list[str]:
        """What must exist before it can be made."""
        return [] if self.gateway_id else [f"VPN gateway of network {self.network}"]

    def find(self) -> dict[str, Any] | None:
        """The connection: {name, id, customer_address, customer_gateway, routes, tunnels}, None when there is none. Raises Ambiguous.

        Of one that is to go, also a customer gateway of ours that is all that is left of it; it has no id then, no routes and no tunnels.
        """
        if not self.gateway_id:
            return self._rest()
        filters = [{"Name": "tag:Name", "Values": [self.name]}, {"Name": "vpn-gateway-id", "Values": [self.gateway_id]}]
        with asking("look for the VPN connection", self.name):
            found = self.ec2.describe_vpn_connections(Filters=filters)["VpnConnections"]
            live = [connection for connection in found if connection["State"] not in GOING]
            if len(live) > 1:
                raise Ambiguous("tell which VPN connection is meant by", self.name,
                                left=f"{', '.join(connection['VpnConnectionId'] for connection in live)} all carry it.",
                                then="Delete those that carry no traffic.")
            return self._described(live[0]) if live else self._rest()

    def _rest(self) -> dict[str, Any] | None:
        if not self.leaving:
            return None
        filters = [{"Name": "tag:Name", "Values": [self.name]}, {"Name": "state", "Values": ["pending", "available"]}]
        with asking("look for customer gateways of", self.name):
            found = [gateway for gateway in self.ec2.describe_customer_gateways(Filters=filters)["CustomerGateways"] if self._ours(gateway)
                     and not self._users(gateway["CustomerGatewayId"])]
        if not found:
            return None
        return {"name": self.name, "id": "", "customer_address": found[0]["IpAddress"], "customer_gateway": found[0]["CustomerGatewayId"],
                "routes": [], "tunnels": []}

    def _described(self, connection: Mapping[str, Any]) -> dict[str, Any]:
        customer = self.ec2.describe_customer_gateways(CustomerGatewayIds=[connection["CustomerGatewayId"]])["CustomerGateways"][0]
        self.telemetry = telemetry_of(connection)
        self.foreign = "" if self._ours(customer) else f"{customer['CustomerGatewayId']} ({customer['IpAddress']})"
        return {
            "name": self.name, "id": connection["VpnConnectionId"], "customer_address": customer["IpAddress"],
            "customer_gateway": customer["CustomerGatewayId"],
            "routes": sorted(route["DestinationCidrBlock"] for route in connection.get("Routes", []) if route["State"] not in GOING),
            "tunnels": [read_tunnel(options) for options in connection["Options"]["TunnelOptions"]],
        }

    def turns(self, step: Plan) -> list[dict[str, str]]:
        """[{"inside_cidr", "outside_address", "status"}] of tunnels to be changed, in the order in which they may be, as long as one carries."""
        up = {address for address, tunnel in self.telemetry.items() if tunnel["status"] == "UP"}
        if not up or "tunnels" not in step.drift or "customer_address" in step.drift:
            return []
        pairs = {place["outside_address"]: tunnel for place, tunnel in paired(step.before["tunnels"], step.after["tunnels"]) if tunnel}
        changes = sorted((one[0] for one in differing(step.before["tunnels"], step.after["tunnels"])), key=lambda address: address in up)
        return [{"inside_cidr": pairs[address]["inside_cidr"], "outside_address": address, "status": "UP" if address in up else "DOWN"}
                for address in changes]

    def shown(self, step: Plan) -> Plan:
        """The plan as it may be told: of its tunnels everything but the keys."""
        before, after = without_keys(step.before.get("tunnels", ()), step.after.get("tunnels") if step.changes else None)
        if "tunnels" not in step.drift and step.action == "update":
            after = before
        return replace(step, before={**step.before, "tunnels": before} if "tunnels" in step.before else step.before,
                       after={**step.after, "tunnels": after} if "tunnels" in step.after else step.after)

    def told(self, now: Mapping[str, Any]) -> dict[str, Any]:
        """A connection as it may be told: without keys, each tunnel with the status AWS last gave it."""
        tunnels, _unused = without_keys(now.get("tunnels", ()), None)
        return {**now, "tunnels": [{**{name: value for name, value in tunnel.items() if name != "psk"},
                                    "status": self.telemetry.get(tunnel["outside_address"], {}).get("status", "DOWN")} for tunnel in tunnels]}

    def apply(self, step: Plan) -> dict[str, Any]:
        """Carry one plan out and read the connection back. Tunnels are changed one after the other, each only while the other is up or when it
        carries nothing itself: AWS takes a tunnel down while it is changed."""
        connection_id = step.before.get("id") or ""
        if step.action == "create":
            connection_id = self._create(step.after)
        if step.action == "delete":
            if connection_id:
                with asking("delete the VPN connection", self.name, writes=True):
                    self.ec2.delete_vpn_connection(VpnConnectionId=connection_id)
            self._release(connection_id, step.before["customer_gateway"])
            return {}
        if "customer_address" in step.drift:
            self._move(connection_id, step.before["customer_gateway"], step.after["customer_address"])
        if "tunnels" in step.drift:
            self._change_tunnels(connection_id, differing(step.before.get("tunnels", ()), step.after["tunnels"]))
        self._route(connection_id, set(step.before.get("routes", ())), set(step.after["routes"]))
        return self.find() or {}

    def _change_tunnels(self, connection_id: str, changes: list[tuple[str, dict[str, Any]]]) -> None:
        touched = self.touched
        if self._look(connection_id)["state"] == "modifying":
            going_on = set(self.telemetry) - {address for address, _unused in changes}        # that has been asked for, so it differs no more
            touched.update({address: self.telemetry[address]["since"] for address in going_on if self.telemetry[address]["status"] == "UP"})
        carrying = {address for address, tunnel in self.telemetry.items() if tunnel["status"] == "UP"}
        for address, drift in sorted(changes, key=lambda change: change[0] in carrying):       # those that carry nothing first
            seen = self._look(connection_id) if self.accept_both_down else self._other_up(connection_id, address)
            if seen["tunnels"].get(address, {}).get("status") == "UP":
                touched[address] = seen["tunnels"][address]["since"]        # before it is asked for, as the reply may be lost
            with asking("change the tunnel", f"{address} of {self.name}", writes=True):
                self.ec2.modify_vpn_tunnel_options(
                    VpnConnectionId=connection_id, VpnTunnelOutsideIpAddress=address, TunnelOptions=sent_tunnel(drift))
            self._settle(connection_id)

    def _other_up(self, connection_id: str, address: str) -> dict[str, Any]:
        """What is seen once a tunnel may be changed. Raises TimedOut, naming the tunnel that must come up first."""
        others = ", ".join(other for other in self.telemetry if other != address)
        said = f"; {', '.join(self.touched)} has been changed and AWS does not call it up again" if self.touched else ""
        try:
            return wait(lambda: self._look(connection_id), lambda seen: may_touch(seen, address, self.touched), self.wait_seconds, PAUSE_SECONDS,
                        self.clock, show=brief, doing="see the other tunnel up before changing",
                        to=f"{address} of {self.name}, which was not touched{said}")
        except TimedOut as fault:
            fault.say(left=fault.left, then=f"{others} must come up first; see why it does not at the other end, and run again. Who can do without "
                                            "both for a while says accept_both_down (of role aws_vpn: -e aws_vpn_accept_both_down=true).")
            raise

    def _look(self, connection_id: str) -> dict[str, Any]:
        """{"state", "tunnels": telemetry} as AWS says now."""
        with asking("look at the VPN connection", self.name):
            found = self.ec2.describe_vpn_connections(VpnConnectionIds=[connection_id])["VpnConnections"][0]
        self.telemetry = telemetry_of(found)
        for address in self.touched:
            if self.telemetry.get(address, {}).get("status") == "DOWN":
                self.touched[address] = SEEN_DOWN
        return {"state": found["State"], "tunnels": self.telemetry}

    def both_up(self, now: Mapping[str, Any]) -> None:
        """Wait until AWS calls both tunnels up. now: the connection. Raises TimedOut with what it last said of each."""
        wait(lambda: self._look(now["id"]), tunnel_pair, self.wait_seconds, PAUSE_SECONDS, self.clock, show=brief,
             doing="see both tunnels up", to=f"of {self.name}")

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
        """Our customer gateway of an address, made where there is none. Another connection's is left to it: AWS tells two of one address apart by
        their devices' names."""
        filters = [{"Name": "ip-address", "Values": [address]}, {"Name": "state", "Values": ["available"]}]
        with asking("look for the customer gateway", address):
            found = [gateway for gateway in self.ec2.describe_customer_gateways(Filters=filters)["CustomerGateways"] if self._ours(gateway)]
        if found:
            return str(found[0]["CustomerGatewayId"])
        tags = [{"ResourceType": "customer-gateway", "Tags": [{"Key": "Name", "Value": self.name}]}]
        # The number is not used, as routes are static, but AWS wants one.
        with asking("create the customer gateway", address, writes=True):
            made = self.ec2.create_customer_gateway(Type="ipsec.1", PublicIp=address, BgpAsn=65000, DeviceName=self.name, TagSpecifications=tags)
        return str(made["CustomerGateway"]["CustomerGatewayId"])

    def _ours(self, gateway: Mapping[str, Any]) -> bool:
        return gateway["State"] == "available" and {"Key": "Name", "Value": self.name} in gateway.get("Tags", [])

    def _move(self, connection_id: str, before: str, address: str) -> None:
        """Give it a peer of another address. AWS keeps the tunnels' outside addresses and options, and takes both down for as long as it takes."""
        gateway = self._customer_gateway(address)
        with asking("give another peer to", self.name, writes=True):
            self.ec2.modify_vpn_connection(VpnConnectionId=connection_id, CustomerGatewayId=gateway)
        self._settle(connection_id)
        self._release(connection_id, before)

    def _release(self, connection_id: str, gateway_id: str) -> None:
        """Delete a customer gateway of ours that its connection no longer has, unless another connection has it."""
        def rid(seen: Mapping[str, Any]) -> str:
            return PENDING if seen["state"] == "deleting" else READY

        if connection_id:
            wait(lambda: self._look(connection_id), rid, self.wait_seconds, PAUSE_SECONDS, self.clock, show=lambda seen: seen["state"],
                 doing="see the VPN connection deleted", to=self.name)
        with asking("look who uses the customer gateway", gateway_id):
            users = self._users(gateway_id)
            found = self.ec2.describe_customer_gateways(CustomerGatewayIds=[gateway_id])["CustomerGateways"]
        if not users and any(self._ours(gateway) for gateway in found):
            with asking("delete the customer gateway", gateway_id, writes=True):
                self.ec2.delete_customer_gateway(CustomerGatewayId=gateway_id)

    def _users(self, gateway_id: str) -> list[str]:
        """The connections that have a customer gateway."""
        filters = [{"Name": "customer-gateway-id", "Values": [gateway_id]}]
        return [user["VpnConnectionId"] for user in self.ec2.describe_vpn_connections(Filters=filters)["VpnConnections"]
                if user["State"] not in GOING]

    def stays(self, step: Plan) -> str:
        """What a plan leaves although its connection lets go of it, in words; "" when there is nothing."""
        if self.foreign and (step.action == "delete" or "customer_address" in step.drift):
            return f"customer gateway {self.foreign} is not tagged Name={self.name}, so it is not ours and was left; whoever made it may delete it"
        return ""

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
        def judge(seen: Mapping[str, Any]) -> str:
            return {"available": READY, "deleting": FAILED, "deleted": FAILED}.get(seen["state"], PENDING)

        wait(lambda: self._look(connection_id), judge, self.wait_seconds, PAUSE_SECONDS, self.clock, show=lambda seen: seen["state"],
             doing="see the VPN connection become available", to=self.name)
