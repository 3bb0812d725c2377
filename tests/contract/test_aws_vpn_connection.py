# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A VPN connection from nothing to gone, with what crossed the wire at each step."""

from __future__ import annotations

import moto.ec2.models.vpn_connections
import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.aws.vpn_configuration import tunnels as tunnels_in
from ansible_collections.multicloud.dr.plugins.module_utils.aws.vpn_connection import PENDING, READY, VpnConnection, differing, may_touch
from ansible_collections.multicloud.dr.plugins.module_utils.engine import converge, plan
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Absent, BadInput, Refused, TimedOut

import lab.aws.vpn
from tests.contract.aws_cloud import AwsCloud
from tests.unit.plugins.still_clock import StillClock

A = {"inside_cidr": "169.254.11.0/30", "psk": "CANARY.key.a", "startup_action": "add", "ike_versions": ["ikev2"]}
B = {"inside_cidr": "169.254.12.0/30", "psk": "CANARY.key.b", "startup_action": "add", "ike_versions": ["ikev2"]}
WANT = {"customer_address": "198.51.100.100", "routes": ["192.168.0.0/16"], "tunnels": [A, B]}


@pytest.fixture(scope="module")
def aws():
    with AwsCloud() as cloud:
        cloud.network()
        yield cloud


@pytest.fixture(autouse=True)
def changes_are_quick(monkeypatch):
    monkeypatch.setattr(lab.aws.vpn, "MODIFY_SECONDS", 0.0)


def connection(aws, network="tickets", **more):
    return VpnConnection(aws.client("ec2"), {"name": "tickets-vpn", "network": network, "wait_seconds": 10, **more}, more.pop("clock", None))


def ensure(aws, want):
    """(action, writes) of one run."""
    kind = connection(aws)
    step = plan(kind.fields, kind.find(), want)
    assert aws.take_writes() == []          # a plan only reads
    converge(kind, step.needing(kind.needs) if step.action == "create" else step, want)
    return step.action, aws.take_writes()


def test_the_walk(aws):
    assert ensure(aws, WANT) == ("create", ["ec2:CreateCustomerGateway", "ec2:CreateVpnConnection", "ec2:CreateVpnConnectionRoute"])
    assert ensure(aws, WANT) == ("none", [])
    assert ensure(aws, {**WANT, "tunnels": [B, A]}) == ("none", [])                     # order is AWS's affair
    document = aws.client("ec2").describe_vpn_connections()["VpnConnections"][0]["CustomerGatewayConfiguration"]
    assert [(found["outside_address"], found["psk"]) for found in tunnels_in(document)] == [
        ("198.51.100.200", "CANARY.key.a"), ("198.51.100.201", "CANARY.key.b")]
    other_key = {**WANT, "tunnels": [A, {**B, "psk": "CANARY.new.b"}]}      # no telemetry yet: nothing carries, so nothing is waited for
    assert ensure(aws, other_key) == ("update", ["ec2:ModifyVpnTunnelOptions"])
    assert ensure(aws, other_key) == ("none", [])
    assert ensure(aws, {**other_key, "routes": ["172.16.0.0/12"]}) == (
        "update", ["ec2:CreateVpnConnectionRoute", "ec2:DeleteVpnConnectionRoute"])
    assert ensure(aws, None) == ("delete", ["ec2:DeleteVpnConnection", "ec2:DeleteCustomerGateway"])
    assert ensure(aws, None) == ("none", [])


def test_without_a_network_it_says_what_is_needed(aws):
    kind = connection(aws, network="nowhere")
    step = plan(kind.fields, kind.find(), WANT).needing(kind.needs)
    assert step.needs == ("VPN gateway of network nowhere",)
    with pytest.raises(Absent, match="VPN gateway of network nowhere"):
        converge(kind, step, WANT)
    assert aws.take_writes() == []


def test_a_key_that_aws_refuses_is_told_in_its_words_without_the_key(aws):
    with pytest.raises(Refused, match=r"AWS answered 400 InvalidParameterValue") as caught:
        ensure(aws, {**WANT, "tunnels": [{**A, "psk": "0CANARY-short"}, B]})
    assert "CANARY" not in str(caught.value)


def test_a_tunnel_with_a_new_inside_network_takes_the_place_left():
    have = [{"outside_address": "x", **A}, {"outside_address": "y", **B}]
    moved = {**A, "inside_cidr": "169.254.13.0/30"}
    assert differing(have, [B, moved]) == [("x", {"inside_cidr": "169.254.13.0/30"})]
    assert differing(have, [{**B, "ike_versions": None}, A]) == []


def test_all_bad_input_is_refused_before_aws_is_asked_anything(aws):
    class Nobody:
        def __getattr__(self, name):
            raise AssertionError(f"AWS was asked: {name}")

    given = {"name": "x", "network": "tickets", "wait_seconds": 1, "state": "present", "customer_address": "home", "routes": ["192.168.0.0"],
             "tunnels": [{**A, "inside_cidr": "169.254.0.0/30", "psk": "CANARY"}], "only": ["169.254.9.0/30"]}
    with pytest.raises(BadInput) as caught:
        VpnConnection(Nobody(), {**given, "routes": ["192.168.0.0/33"]})
    assert [fault.partition(": ")[0] for fault in caught.value.faults] == [
        "tunnels", "tunnels[0].psk", "tunnels[0].inside_cidr", "routes[0]", "customer_address", "only[0]"]
    assert "CANARY" not in str(caught.value)
    with pytest.raises(BadInput, match=r"routes\[0\]: 10[.]0[.]8[.]0/24 and the network's own 10[.]0[.]0[.]0/16 overlap"):
        connection(aws, state="present", customer_address="198.51.100.100", routes=["10.0.8.0/24"], tunnels=[A, B])


class Gateways:
    """Both ends seen by AWS: a clock on which time passes only by waiting, and what the lab's observer reports while it does."""

    def __init__(self, aws, connection_id):
        self.aws, self.id, self.slept, self.script = aws, connection_id, StillClock(), []
        self.at_change = {}         # so from the first change on: by itself a tunnel is back at once, seen or not as seconds turn

    def report(self, **status):
        self.aws.lab("PUT", "/_lab/observed", {"vpn_telemetry": {self.id: [
            {"outside_ip": f"198.51.100.20{'ab'.index(name)}", "status": seen} for name, seen in status.items()]}})

    def now(self):
        return self.slept.now()

    def sleep(self, seconds):
        self.slept.sleep(seconds)
        if self.script:
            self.report(**self.script.pop(0))


@pytest.fixture
def pair(aws):
    """A connection as wanted, both tunnels up; gone afterwards."""
    aws.take_writes()
    ensure(aws, WANT)
    gateways = Gateways(aws, connection(aws).find()["id"])
    gateways.report(a="UP", b="UP")
    yield gateways
    aws.take_writes()
    ensure(aws, None)


def changed(aws, pair, want, **more):
    """Bring both tunnels to other options on the pair's clock; the addresses in the order in which they were modified."""
    kind, order = connection(aws, clock=pair, **more), []
    modify = kind.ec2.modify_vpn_tunnel_options

    class Spy:
        def __getattr__(self, name):
            return getattr(aws.client("ec2"), name)

        def modify_vpn_tunnel_options(self, **given):
            order.append((given["VpnTunnelOutsideIpAddress"], kind.telemetry))
            answer = modify(**given)
            if pair.at_change:
                pair.report(**pair.at_change)
                pair.at_change = {}
            return answer

    kind.ec2 = Spy()
    have = kind.find()
    want = kind.wish(want, have)
    try:
        converge(kind, plan(kind.fields, have, want), want, clock=pair)
    finally:
        pair.order = order
    return [address for address, _ in order]


def restarting(want):
    return {**want, "tunnels": [{**tunnel, "dpd_timeout_action": "restart"} for tunnel in want["tunnels"]]}


def test_options_of_both_change_one_after_the_other_and_the_second_when_the_first_is_up_again(aws, pair):
    pair.at_change = {"a": "DOWN", "b": "UP"}
    pair.script = [{"a": "DOWN", "b": "UP"}, {"a": "DOWN", "b": "UP"}, {"a": "UP", "b": "UP"}]
    pair.report(a="UP", b="UP")
    assert changed(aws, pair, restarting(WANT)) == ["198.51.100.200", "198.51.100.201"]
    second = pair.order[1][1]
    assert second["198.51.100.200"]["status"] == "UP" and pair.script == [] and pair.now() >= 6
    aws.take_writes()
    assert ensure(aws, restarting(WANT)) == ("none", [])


def test_the_only_tunnel_that_carries_is_not_touched_and_what_was_last_seen_is_told(aws, pair):
    pair.report(a="UP", b="DOWN")
    with pytest.raises(TimedOut) as caught:
        changed(aws, pair, {**WANT, "tunnels": [{**A, "dpd_timeout_action": "restart"}, B]})
    said = str(caught.value)
    assert "198.51.100.200 of tickets-vpn, which was not touched" in said and "198.51.100.201 DOWN (IPSEC IS DOWN)" in said and pair.order == []
    assert pair.now() <= 10                                                 # wait_seconds


def test_a_first_tunnel_that_does_not_come_back_keeps_the_second_from_being_touched(aws, pair):
    """As with another key at both of AWS's ends while the gateway still holds the old ones."""
    pair.at_change = {"a": "DOWN", "b": "UP"}
    with pytest.raises(TimedOut, match=r"198[.]51[.]100[.]200 has been changed and AWS does not call it up again"):
        changed(aws, pair, {**WANT, "tunnels": [{**A, "psk": "CANARY.new.a"}, {**B, "psk": "CANARY.new.b"}]})
    assert [address for address, _ in pair.order] == ["198.51.100.200"]


def test_a_run_after_one_whose_first_tunnel_did_not_come_back_leaves_the_second_alone(aws, pair):
    """Each run begins anew: that the first was changed is known by its being down, and by nothing else."""
    both = {**WANT, "tunnels": [{**A, "psk": "CANARY.new.a"}, {**B, "psk": "CANARY.new.b"}]}
    pair.at_change = {"a": "DOWN", "b": "UP"}
    with pytest.raises(TimedOut):
        changed(aws, pair, both)
    for _ in range(2):
        with pytest.raises(TimedOut) as caught:
            changed(aws, pair, both)
        said = str(caught.value)
        assert pair.order == [] and "198.51.100.200 must come up first" in said and "-e aws_vpn_accept_both_down=true" in said
    assert [tunnel["psk"] for tunnel in connection(aws).find()["tunnels"]] == ["CANARY.new.a", "CANARY.key.b"]
    assert changed(aws, pair, both, accept_both_down=True) == ["198.51.100.201"]


def test_while_a_change_of_an_earlier_run_goes_on_nothing_that_is_told_of_its_tunnel_is_believed(aws, pair):
    """AWS takes the tunnel away at a moment of its own: killed between both, the next run still hears that it is up."""
    def seen(state, a, b, since="then"):
        return {"state": state, "tunnels": {"a": {"status": a, "since": since}, "b": {"status": b, "since": "then"}}}

    assert may_touch(seen("modifying", "UP", "UP"), "b", {}) == may_touch(seen("modifying", "UP", "DOWN"), "b", {}) == PENDING
    assert may_touch(seen("available", "UP", "UP"), "b", {}) == READY
    assert may_touch(seen("available", "UP", "UP"), "b", {"a": "then"}) == PENDING
    assert may_touch(seen("available", "UP", "UP", "now"), "b", {"a": "then"}) == READY

    kind = connection(aws, clock=pair)
    have = kind.find()
    modified = differing(have["tunnels"], [{**B, "dpd_timeout_action": "restart"}])
    describe, states = kind.ec2.describe_vpn_connections, ["modifying"]

    class StillGoing:
        def __getattr__(self, name):
            return getattr(aws.client("ec2"), name)

        def describe_vpn_connections(self, **given):
            answer = describe(**given)
            answer["VpnConnections"][0]["State"] = states.pop() if states else "available"
            return answer

    kind.ec2 = StillGoing()
    with pytest.raises(TimedOut, match=r"198[.]51[.]100[.]201 of tickets-vpn, which was not touched; 198[.]51[.]100[.]200 has been changed"):
        kind._change_tunnels(have["id"], modified)


def test_a_change_whose_reply_was_lost_counts_as_one(aws, pair):
    """Another round of the same run remembers that the first tunnel was taken down, and does not believe what AWS said before."""
    kind = connection(aws, clock=pair)
    have = kind.find()
    kind._change_tunnels(have["id"], differing(have["tunnels"], [{**A, "dpd_timeout_action": "restart"}]))
    pair.report(a="UP", b="UP")
    stale = {address: tunnel["since"] for address, tunnel in kind.telemetry.items()}
    kind.touched = {"198.51.100.200": stale["198.51.100.200"]}
    with pytest.raises(TimedOut, match=r"198[.]51[.]100[.]201 of tickets-vpn, which was not touched"):
        kind._change_tunnels(have["id"], differing(kind.find()["tunnels"], [{**B, "dpd_timeout_action": "restart"}]))


def test_a_tunnel_that_is_down_is_mended_first(aws, pair):
    pair.report(a="UP", b="DOWN")
    pair.script = [{"a": "UP", "b": "UP"}]
    assert changed(aws, pair, restarting(WANT)) == ["198.51.100.201", "198.51.100.200"]


def test_a_peer_with_another_address_is_taken_over_and_everything_else_stays(aws, pair):
    before, moved = connection(aws).find(), {**WANT, "customer_address": "198.51.100.101"}
    aws.take_writes()
    assert ensure(aws, moved) == ("update", ["ec2:CreateCustomerGateway", "ec2:ModifyVpnConnection", "ec2:DeleteCustomerGateway"])
    now = connection(aws).find()
    assert (now["customer_address"], now["id"], now["routes"], now["tunnels"]) == (
        "198.51.100.101", before["id"], before["routes"], before["tunnels"])
    document = aws.client("ec2").describe_vpn_connections(VpnConnectionIds=[before["id"]])["VpnConnections"][0]["CustomerGatewayConfiguration"]
    assert {found["customer_outside_address"] for found in tunnels_in(document)} == {"198.51.100.101"}
    assert ensure(aws, moved) == ("none", [])


def test_a_customer_gateway_that_another_made_is_left_to_it(aws):
    """Of the same address; and one that two connections have is not deleted with the first."""
    ec2 = aws.client("ec2")
    theirs = ec2.create_customer_gateway(Type="ipsec.1", PublicIp="198.51.100.100", BgpAsn=65000)["CustomerGateway"]["CustomerGatewayId"]
    aws.take_writes()
    ensure(aws, WANT)
    ours = connection(aws).find()["customer_gateway"]
    assert ours != theirs
    second = ec2.create_vpn_connection(Type="ipsec.1", CustomerGatewayId=ours, VpnGatewayId=connection(aws).gateway_id,
                                       Options={"StaticRoutesOnly": True})["VpnConnection"]["VpnConnectionId"]
    aws.take_writes()
    assert ensure(aws, None) == ("delete", ["ec2:DeleteVpnConnection"])
    ec2.delete_vpn_connection(VpnConnectionId=second)
    for gateway in (ours, theirs):
        ec2.delete_customer_gateway(CustomerGatewayId=gateway)


def test_a_route_that_is_gone_or_going_is_not_there(aws, pair, monkeypatch):
    monkeypatch.setattr(moto.ec2.models.vpn_connections.VPNConnection, "routes", property(lambda self: [
        {"DestinationCidrBlock": cidr, "State": state} for cidr, state in (
            ("10.8.0.0/16", "deleted"), ("10.9.0.0/16", "deleting"), ("192.168.0.0/16", "available"))]))
    assert connection(aws).find()["routes"] == ["192.168.0.0/16"]


def test_the_labs_aws_gives_up_nothing_that_is_in_use(aws, pair):
    ec2, now = aws.client("ec2"), connection(aws)
    with pytest.raises(ec2.exceptions.ClientError, match="IncorrectState"):
        ec2.delete_customer_gateway(CustomerGatewayId=now.find()["customer_gateway"])
    with pytest.raises(ec2.exceptions.ClientError, match="IncorrectState"):
        ec2.delete_vpn_gateway(VpnGatewayId=now.gateway_id)
    with pytest.raises(ec2.exceptions.ClientError, match="InvalidParameterValue"):
        ec2.create_vpn_connection_route(VpnConnectionId=pair.id, DestinationCidrBlock="not-a-cidr")


def test_the_labs_aws_knows_one_customer_gateway_by_its_address_and_its_device(aws):
    ec2, given = aws.client("ec2"), {"Type": "ipsec.1", "PublicIp": "198.51.100.109", "BgpAsn": 65000}
    ids = [ec2.create_customer_gateway(**given, **more)["CustomerGateway"]["CustomerGatewayId"] for more in ({}, {}, {"DeviceName": "another"})]
    assert ids[0] == ids[1] != ids[2]


def test_only_the_tunnel_named_is_changed(aws, pair):
    both = {**WANT, "tunnels": [{**A, "psk": "CANARY.new.a"}, {**B, "psk": "CANARY.new.b"}]}
    assert changed(aws, pair, both, only=[B["inside_cidr"]]) == ["198.51.100.201"]
    assert [tunnel["psk"] for tunnel in connection(aws).find()["tunnels"]] == ["CANARY.key.a", "CANARY.new.b"]


def test_the_other_tunnel_is_left_alone_also_when_both_have_another_inside_network(aws, pair):
    moved = [{**A, "inside_cidr": "169.254.21.0/30"}, {**B, "inside_cidr": "169.254.22.0/30"}]
    kind = connection(aws)
    step = plan(kind.fields, kind.find(), {**WANT, "tunnels": moved})
    assert kind.turns(step) == [{"inside_cidr": "169.254.21.0/30", "outside_address": "198.51.100.200", "status": "UP"},
                                {"inside_cidr": "169.254.22.0/30", "outside_address": "198.51.100.201", "status": "UP"}]
    assert changed(aws, pair, {**WANT, "tunnels": moved}, only=["169.254.21.0/30"]) == ["198.51.100.200"]
    assert [tunnel["inside_cidr"] for tunnel in connection(aws).find()["tunnels"]] == ["169.254.21.0/30", B["inside_cidr"]]


def test_turns_are_taken_only_while_something_carries_and_the_peer_stays(aws, pair):
    both = restarting(WANT)
    for status, want, turns in (({"a": "UP", "b": "DOWN"}, both, ["198.51.100.201", "198.51.100.200"]), ({"a": "DOWN", "b": "DOWN"}, both, []),
                                ({"a": "UP", "b": "UP"}, {**both, "customer_address": "198.51.100.101"}, []), ({"a": "UP", "b": "UP"}, WANT, [])):
        pair.report(**status)
        kind = connection(aws)
        assert [turn["outside_address"] for turn in kind.turns(plan(kind.fields, kind.find(), want))] == turns


def test_aws_is_waited_for_until_it_calls_both_up(aws, pair):
    kind = connection(aws, clock=pair)
    pair.report(a="DOWN", b="UP")
    pair.script = [{"a": "DOWN", "b": "UP"}, {"a": "UP", "b": "UP"}]
    kind.both_up(kind.find())
    assert pair.now() == 4
    pair.report(a="DOWN", b="UP")
    with pytest.raises(TimedOut, match=r"198[.]51[.]100[.]200 DOWN \(IPSEC IS DOWN\); 198[.]51[.]100[.]201 UP"):
        kind.both_up(kind.find())


def test_nothing_that_is_told_holds_a_key(aws, pair):
    kind = connection(aws)
    step = plan(kind.fields, kind.find(), {**WANT, "tunnels": [{**A, "psk": "CANARY.new.a"}, B]})
    shown, told = kind.shown(step), kind.told(kind.find())
    assert shown.before["tunnels"][0]["psk"] == "another key" and shown.after["tunnels"][0]["psk"] == "the key asked for"
    assert [tunnel["status"] for tunnel in told["tunnels"]] == ["UP", "UP"]
    assert "CANARY" not in repr((shown, told))


def test_the_labs_aws_takes_a_modified_tunnel_down_and_one_at_a_time(aws, pair, monkeypatch):
    monkeypatch.setattr(lab.aws.vpn, "MODIFY_SECONDS", 60.0)
    ec2 = aws.client("ec2")
    given = {"VpnConnectionId": pair.id, "TunnelOptions": {"StartupAction": "start"}}
    ec2.modify_vpn_tunnel_options(VpnTunnelOutsideIpAddress="198.51.100.200", **given)
    now = ec2.describe_vpn_connections(VpnConnectionIds=[pair.id])["VpnConnections"][0]
    assert now["State"] == "modifying"
    assert {seen["OutsideIpAddress"]: seen["Status"] for seen in now["VgwTelemetry"]} == {"198.51.100.200": "DOWN", "198.51.100.201": "UP"}
    with pytest.raises(ec2.exceptions.ClientError, match="IncorrectState"):
        ec2.modify_vpn_tunnel_options(VpnTunnelOutsideIpAddress="198.51.100.201", **given)
    with pytest.raises(ec2.exceptions.ClientError, match="DPDTimeoutSeconds"):
        ec2.modify_vpn_tunnel_options(VpnTunnelOutsideIpAddress="198.51.100.201", **{**given, "TunnelOptions": {"DPDTimeoutSeconds": 5}})
