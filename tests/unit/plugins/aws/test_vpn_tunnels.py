# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tunnel options in both languages, what is refused before AWS is asked, and what may be told of a key."""

from __future__ import annotations

import boto3
import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.aws import vpn_tunnels
from ansible_collections.multicloud.dr.plugins.module_utils.aws.vpn_connection import may_touch, telemetry_of, tunnel_pair
from ansible_collections.multicloud.dr.plugins.module_utils.aws.vpn_tunnels import (
    differing,
    read_tunnel,
    route_faults,
    sent_tunnel,
    tunnel_faults,
    without_keys,
)

A = {"inside_cidr": "169.254.11.0/30", "psk": "CANARY.key.a"}
B = {"inside_cidr": "169.254.12.0/30", "psk": "CANARY.key.b"}
WHOLE = {**A, "ike_versions": ["ikev2"], "phase1_encryption": ["AES256-GCM-16"], "phase1_integrity": ["SHA2-256"], "phase1_dh_groups": [14, 19],
         "phase1_lifetime_seconds": 14400, "phase2_encryption": ["AES256-GCM-16"], "phase2_integrity": ["SHA2-256"], "phase2_dh_groups": [19],
         "phase2_lifetime_seconds": 1800, "rekey_margin_seconds": 300, "rekey_fuzz_percent": 50, "replay_window_packets": 512,
         "dpd_timeout_seconds": 30, "dpd_timeout_action": "restart", "startup_action": "start"}


def members(operation: str) -> set[str]:
    """The names of a tunnel's options as boto3 knows them."""
    client = boto3.client("ec2", region_name="ap-northeast-2", aws_access_key_id="AKIATESTED", aws_secret_access_key="tested")
    shape = client.meta.service_model.operation_model(operation).input_shape.members
    options = shape["TunnelOptions"] if "TunnelOptions" in shape else shape["Options"].members["TunnelOptions"].member
    return set(options.members)


@pytest.mark.parametrize("operation", ["CreateVpnConnection", "ModifyVpnTunnelOptions"])
def test_every_option_is_sent_under_a_name_that_boto3_knows(operation):
    sent = sent_tunnel(WHOLE)
    assert len(sent) == len(vpn_tunnels.TUNNEL_OPTIONS) == len(WHOLE)
    assert set(sent) <= members(operation)
    untouched = members(operation) - set(sent)
    assert untouched <= {"TunnelInsideIpv6Cidr", "LogOptions", "EnableTunnelLifecycleControl", "Phase1AdditionalKeyExchanges",
                         "Phase2AdditionalKeyExchanges"}, untouched


def test_what_was_sent_is_read_back_the_same():
    told = {**sent_tunnel(WHOLE), "OutsideIpAddress": "x"}
    told |= {name.replace("DPD", "Dpd").replace("IKE", "Ike"): value for name, value in told.items()}
    assert read_tunnel(told) == {**WHOLE, "outside_address": "x"}
    assert differing([read_tunnel(told)], [WHOLE]) == []


@pytest.mark.parametrize("name", sorted(set(WHOLE) - {"inside_cidr"}))
def test_drift_in_any_option_is_seen(name):
    other = {**WHOLE, name: {"psk": "CANARY.other", "dpd_timeout_action": "clear", "startup_action": "add", "ike_versions": ["ikev1", "ikev2"],
                             "phase1_encryption": ["AES128"], "phase2_encryption": ["AES128"], "phase1_integrity": ["SHA1"],
                             "phase2_integrity": ["SHA1"], "phase1_dh_groups": [2], "phase2_dh_groups": [2]}.get(name, 900)}
    assert differing([{**other, "outside_address": "x"}], [WHOLE]) == [("x", {name: WHOLE[name]})]


def test_an_option_that_aws_does_not_tell_is_its_default_but_for_the_timeout_of_which_its_pages_disagree():
    silent = {"OutsideIpAddress": "x", "TunnelInsideCidr": A["inside_cidr"], "PreSharedKey": A["psk"]}
    asked = {**A, **vpn_tunnels.DEFAULTS}
    assert differing([read_tunnel(silent)], [asked]) == []
    assert differing([read_tunnel(silent)], [{**asked, "dpd_timeout_seconds": 40}]) == [("x", {"dpd_timeout_seconds": 40})]


def test_a_key_that_aws_keeps_in_its_secrets_manager_is_not_compared():
    assert differing([{"outside_address": "x", **A, "psk": None}], [A]) == []


@pytest.mark.parametrize(("tunnels", "faults"), [
    ([A, B], []),
    ([A], ["tunnels: exactly two tunnels are needed, got 1"]),
    ([], ["tunnels: exactly two tunnels are needed, got 0"]),
    ([A, {**B, "inside_cidr": A["inside_cidr"]}], ["tunnels[1].inside_cidr: 169.254.11.0/30 is already used by the other tunnel"]),
    ([A, {**B, "inside_cidr": "169.254.169.252/30"}], ["tunnels[1].inside_cidr: 169.254.169.252/30 is kept by AWS for itself"]),
    ([A, {**B, "inside_cidr": "169.254.12.1/30"}], ["tunnels[1].inside_cidr: '169.254.12.1/30' must be a /30 in 169.254.0.0/16"]),
    ([A, {**B, "psk": "0CANARY-bad"}, ], ["tunnels[1].psk: must be 8 to 64 letters, digits, '.' or '_', not beginning with 0"]),
    ([A, {**B, "psk": "C" * 65}], ["tunnels[1].psk: must be 8 to 64 letters, digits, '.' or '_', not beginning with 0"]),
    ([A, {**B, "psk": A["psk"]}], ["tunnels: both tunnels have the same psk; each needs its own"]),
    ([A, {**B, "ike_versions": ["ikev1"], "startup_action": "start"}],
     ["tunnels[1].startup_action: AWS starts a tunnel by IKEv2 only, which ike_versions does not hold"]),
    ([A, {**B, "dpd_timeout_seconds": 29}], ["tunnels[1].dpd_timeout_seconds: 29 is not 30 or more"]),
    ([A, {**B, "phase1_lifetime_seconds": 900, "phase2_lifetime_seconds": 900}],
     ["tunnels[1].phase2_lifetime_seconds: 900 must be less than phase1_lifetime_seconds (900)"]),
    ([A, {**B, "rekey_margin_seconds": 901, "phase2_lifetime_seconds": 1800}],
     ["tunnels[1].rekey_margin_seconds: 901 is not 60 to half of phase2_lifetime_seconds (900)"]),
])
def test_what_aws_would_refuse_is_refused(tunnels, faults):
    assert tunnel_faults(tunnels) == faults


def test_all_faults_are_told_at_once_each_with_its_path_and_no_key():
    said = tunnel_faults([{"inside_cidr": "169.254.5.0/30", "psk": "CANARY!", "replay_window_packets": 1, "ike_versions": []},
                          {"inside_cidr": "10.0.0.0/30", "psk": "0CANARY", "rekey_fuzz_percent": 101}, B])
    assert [fault.partition(": ")[0] for fault in said] == [
        "tunnels", "tunnels[0].psk", "tunnels[0].inside_cidr", "tunnels[0].replay_window_packets", "tunnels[0].ike_versions",
        "tunnels[1].psk", "tunnels[1].inside_cidr", "tunnels[1].rekey_fuzz_percent"]
    assert "CANARY" not in str(said)


@pytest.mark.parametrize(("routes", "own", "faults"), [
    (["192.168.0.0/16"], "10.0.0.0/16", []),
    (["10.0.3.0/24"], "10.0.0.0/16",
     ["routes[0]: 10.0.3.0/24 and the network's own 10.0.0.0/16 overlap; packets between the sites could not be routed"]),
    (["10.0.0.0/8"], "10.0.0.0/16",
     ["routes[0]: 10.0.0.0/8 and the network's own 10.0.0.0/16 overlap; packets between the sites could not be routed"]),
    (["192.168.0.0/16", "192.168.3.0/24", "here"], None,
     ["routes[1]: 192.168.3.0/24 overlaps 192.168.0.0/16", "routes[2]: 'here' is not an IPv4 range"]),
])
def test_ranges_that_could_not_be_routed_are_refused(routes, own, faults):
    assert route_faults(routes, own) == faults


def test_a_diff_says_of_a_key_only_whether_it_is_the_one_asked_for():
    have = [{"outside_address": "x", **A, "psk": "CANARY.old"}, {"outside_address": "y", **B}]
    before, after = without_keys(have, [{**A, "startup_action": "start"}, B])
    assert [tunnel["psk"] for tunnel in before] == ["another key", "the key asked for"]
    assert after[0] == {**A, "psk": "the key asked for", "startup_action": "start", "outside_address": "x"}
    assert "CANARY" not in str((before, after, without_keys([], [A, B])))


# -- both tunnels' telemetry -----------------------------------------------------------------------------------------------------------


def seen(a, b, state="available", since=("1", "1")):
    return {"state": state, "tunnels": {"x": {"status": a, "message": "", "since": since[0]}, "y": {"status": b, "message": "", "since": since[1]}}}


@pytest.mark.parametrize(("what", "verdict"), [
    (seen("UP", "UP"), "ready"), (seen("UP", "DOWN"), "pending"), (seen("UP", "UP", "deleting"), "failed"),
    ({"state": "available", "tunnels": {}}, "pending")])
def test_a_pair_is_ready_when_both_are_up(what, verdict):
    assert tunnel_pair(what) == verdict


@pytest.mark.parametrize(("what", "touched", "verdict"), [
    (seen("UP", "UP"), {}, "ready"),
    (seen("UP", "DOWN"), {}, "pending"),                                    # the only one that carries
    (seen("DOWN", "UP"), {}, "ready"),
    (seen("DOWN", "DOWN"), {}, "ready"),                                    # nothing is carried, nothing can be lost
    (seen("UP", "UP"), {"y": "1"}, "pending"),                              # y was changed, and AWS has not looked since
    (seen("UP", "DOWN", since=("1", "2")), {"y": "1"}, "pending"),
    (seen("UP", "UP", since=("1", "2")), {"y": "1"}, "ready"),
    (seen("DOWN", "DOWN", since=("1", "2")), {"y": "1"}, "pending"),        # y carried before it was changed: let it come back first
    (seen("UP", "UP", "deleted"), {}, "failed"),
])
def test_a_tunnel_is_touched_only_while_the_other_is_up(what, touched, verdict):
    assert may_touch(what, "x", touched) == verdict


def test_telemetry_is_read_by_outside_address():
    assert telemetry_of({"VgwTelemetry": [{"OutsideIpAddress": "x", "Status": "UP", "LastStatusChange": 5}, {"OutsideIpAddress": "y"}]}) == {
        "x": {"status": "UP", "message": "", "since": "5"}, "y": {"status": "DOWN", "message": "", "since": ""}}
