# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is refused of a gateway's plan, and what charon's own lines say of a tunnel that does not come up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from ansible_collections.multicloud.dr.plugins.filter.vpn import FilterModule
from ansible_collections.multicloud.dr.plugins.module_utils.vpn.plan import LEAST, gateway_faults
from ansible_collections.multicloud.dr.plugins.module_utils.vpn.refusals import read_journal, refusals

A = {"name": "a", "outside_address": "198.51.100.200", "inside_address": "169.254.11.1", "customer_inside_address": "169.254.11.2",
     "psk": "CANARY.key.a"}
B = {"name": "b", "outside_address": "198.51.100.201", "inside_address": "169.254.12.1", "customer_inside_address": "169.254.12.2",
     "psk": "CANARY.key.b"}
C = {"name": "c", "outside_address": "198.51.100.202", "inside_address": "169.254.13.1", "customer_inside_address": "169.254.13.2",
     "psk": "CANARY.key.c"}
PLAN = {"tunnels": [A, B], "local_address": "192.168.0.10", "public_address": "198.51.100.100", "local_cidr": "192.168.0.0/16",
        "remote_cidr": "10.0.0.0/16"}


def test_a_plan_that_can_work_has_no_fault():
    assert FilterModule().filters()["vpn_gateway_faults"](PLAN) == []


def test_the_roles_own_times_have_no_fault_and_each_is_asked_about():
    role = Path(__file__).resolve().parents[4] / "roles/vpn_gateway"
    defaults = yaml.safe_load((role / "defaults/main.yml").read_text(encoding="utf-8"))
    assert gateway_faults({**PLAN, **{name: defaults[f"vpn_gateway_{name}"] for name in LEAST}}) == []
    asked = (role / "tasks/assert.yml").read_text(encoding="utf-8")
    assert all(f"'{name}': vpn_gateway_{name}" in asked for name in LEAST)


@pytest.mark.parametrize("plane", ["auto", "kernel"])
def test_what_only_the_host_can_tell_is_not_refused_before_it_is_asked(plane):
    assert gateway_faults({**PLAN, "data_plane": plane, "esp_proposals": ["aes256gcm16-modp2048"]}) == []


@pytest.mark.parametrize(("change", "fault"), [
    ({"tunnels": []}, "vpn_gateway_tunnels: exactly two tunnels are needed, got 0"),
    ({"tunnels": [A, B, C]}, "vpn_gateway_tunnels: exactly two tunnels are needed, got 3"),
    ({"tunnels": [A, {**B, "name": "a"}]}, "vpn_gateway_tunnels: the two must be named a and b, got 'a' and 'a'"),
    ({"tunnels": [A, {**B, "outside_address": A["outside_address"]}]},
     "vpn_gateway_tunnels[1].outside_address: 198.51.100.200 is the other tunnel's too; one lost address would take both"),
    ({"tunnels": [A, {**B, "inside_address": "169.254.11.2", "customer_inside_address": "169.254.11.1"}]},
     "vpn_gateway_tunnels[1].inside_address: 169.254.11.0/30 is already used by the other tunnel"),
    ({"tunnels": [A, {**B, "inside_address": "169.254.169.253", "customer_inside_address": "169.254.169.254"}]},
     "vpn_gateway_tunnels[1].inside_address: 169.254.169.252/30 is kept by AWS for itself"),
    ({"tunnels": [A, {**B, "inside_address": "10.9.0.1", "customer_inside_address": "10.9.0.2"}]},
     "vpn_gateway_tunnels[1].inside_address: 10.9.0.1 is not in 169.254.0.0/16"),
    ({"tunnels": [A, {**B, "customer_inside_address": "169.254.12.9"}]},
     "vpn_gateway_tunnels[1].customer_inside_address: 169.254.12.9 is not the other address of 169.254.12.0/30"),
    ({"tunnels": [A, {**B, "psk": "0CANARY.key"}]}, "vpn_gateway_tunnels[1].psk: must be 8 to 64 letters, digits, '.' or '_', not beginning with 0"),
    ({"tunnels": [A, {**B, "psk": A["psk"]}]}, "vpn_gateway_tunnels: both tunnels have the same psk; each needs its own"),
    ({"remote_cidr": "192.168.4.0/24"},
     "vpn_gateway_local_cidr, vpn_gateway_remote_cidr: 192.168.0.0/16 and 192.168.4.0/24 overlap; packets between the sites could not be routed"),
    ({"remote_cidr": "10.0.0.0/33"}, "vpn_gateway_remote_cidr: '10.0.0.0/33' is not an IPv4 range"),
    ({"tunnels": [A, {**B, "customer_inside_address": "169.254.12.3"}]},
     "vpn_gateway_tunnels[1].customer_inside_address: 169.254.12.3 is not the other address of 169.254.12.0/30"),
    ({"tunnels": [A, {**B, "inside_address": "169.254.12.0"}]}, "vpn_gateway_tunnels[1].inside_address: 169.254.12.0 is no address of a host in "
     "169.254.12.0/30; those are 169.254.12.1 and 169.254.12.2"),
    ({"tunnels": [{**A, "outside_address": "203.0.113.200"}, B], "remote_cidr": "203.0.113.0/24"},
     "vpn_gateway_remote_cidr: 203.0.113.0/24 holds tunnel a's outside address, 203.0.113.200; "
     "encrypted packets would be led into the tunnels again"),
    ({"remote_cidr": "198.51.100.100/32"}, "vpn_gateway_remote_cidr: 198.51.100.100/32 holds vpn_gateway_public_address, 198.51.100.100; "
     "encrypted packets would be led into the tunnels again"),
    ({"remote_cidr": "169.254.0.0/20"}, "vpn_gateway_remote_cidr: 169.254.0.0/20 holds addresses inside the tunnels (169.254.0.0/16)"),
    ({"data_plane": "userspace", "esp_proposals": ["aes256gcm16-modp2048"]}, "vpn_gateway_esp_proposals: AES-GCM alone is nothing to offer where "
     "strongSwan encrypts itself; add aes256-sha256-modp2048"),
    ({"probe_interval_seconds": 0}, "vpn_gateway_probe_interval_seconds: 0 is less than 0.05 s; each question is a packet through each tunnel"),
    ({"probe_interval_seconds": 0.25, "probe_silence_seconds": 0.4}, "vpn_gateway_probe_silence_seconds: 0.4 is less than two of "
     "vpn_gateway_probe_interval_seconds (0.25); one lost packet, or none, would move traffic"),
    ({"rollback_seconds": "0"}, "vpn_gateway_rollback_seconds: 0 is less than 10 s; the change would be taken back before the controller has come by "
     "a connection of its own"),
    ({"dpd_delay_seconds": 0}, "vpn_gateway_dpd_delay_seconds: 0 is less than 1 s; 0 turns it off, and what went silent is never built anew"),
    ({"up_seconds": -1}, "vpn_gateway_up_seconds: -1 is less than 1 s; a tunnel that is being built would be called down"),
    ({"up_seconds": "soon"}, "vpn_gateway_up_seconds: 'soon' is no number of seconds"),
    ({"probe_silence_seconds": float("nan")}, "vpn_gateway_probe_silence_seconds: nan is no number of seconds"),
    ({"local_address": "172.16.0.1"}, "vpn_gateway_local_address: 172.16.0.1 is not in vpn_gateway_local_cidr (192.168.0.0/16)"),
])
def test_each_fault_is_told_with_its_path(change, fault):
    assert gateway_faults({**PLAN, **change}) == [fault]


def test_all_faults_are_told_at_once_and_no_key():
    said = gateway_faults({"tunnels": [{**A, "psk": "CANARY", "outside_address": "here"}, {"name": "b"}], "public_address": None,
                           "local_address": "192.168.0.10", "local_cidr": "192.168.0.0/16", "remote_cidr": "192.0.0.0/8"})
    assert [fault.partition(": ")[0] for fault in said] == [
        "vpn_gateway_tunnels[0].outside_address", "vpn_gateway_tunnels[0].psk", "vpn_gateway_tunnels[1].outside_address",
        "vpn_gateway_tunnels[1].inside_address", "vpn_gateway_tunnels[1].customer_inside_address", "vpn_gateway_tunnels[1].psk",
        "vpn_gateway_public_address", "vpn_gateway_local_cidr, vpn_gateway_remote_cidr"]
    assert "CANARY" not in str(said)


@pytest.mark.parametrize(("words", "told"), [
    ("tried 1 shared key for '198.51.100.100' - '198.51.100.200', but MAC mismatched", "this side refused: the other side's pre-shared key"),
    ("no shared key found for '198.51.100.100' - '198.51.100.200'", "this side refused: this side has no pre-shared key"),
    ("received IDr 198.51.100.9, but require 198.51.100.200", "this side refused: the other side's identity"),
    ("received proposals unacceptable", "this side refused: none of the other side's proposals"),
    ("received AUTHENTICATION_FAILED notify error", "the other side refused: the pre-shared key or the identity of this side"),
    ("received NO_PROPOSAL_CHOSEN notify error", "the other side refused: every IKE proposal"),
    ("received NO_PROPOSAL_CHOSEN notify, no CHILD_SA built", "the other side refused: every ESP proposal"),
    ("received TS_UNACCEPTABLE notify, no CHILD_SA built", "the other side refused: the ranges"),
    ("giving up after 2 retransmits", "nobody answered: no packet came back"),
])
def test_what_charon_says_is_told_by_side_and_reason_with_its_words(words, told):
    found = refusals([("multicloud-a", words)])["multicloud-a"]
    assert str(found).startswith(told) and str(found).endswith(f'(charon: "{words}")')


def test_the_last_reason_counts_silence_after_it_does_not_and_success_ends_it():
    log = [("multicloud-a", "received NO_PROPOSAL_CHOSEN notify error"), ("multicloud-a", "received AUTHENTICATION_FAILED notify error"),
           ("multicloud-a", "giving up after 2 retransmits"), ("multicloud-b", "giving up after 2 retransmits"),
           ("multicloud-b", "CHILD_SA sites-b{4} established with SPIs c1 c2 and TS 192.168.0.0/16 === 10.0.0.0/16"), ("", "loaded connection")]
    assert {name: found.about[:18] for name, found in refusals(log).items()} == {"multicloud-a": "the pre-shared key"}


def test_the_journal_is_read_as_it_is_written():
    broken = json.dumps({"MESSAGE": [1, 2]})
    lines = [json.dumps({"IKE_SA_NAME": "multicloud-a", "MESSAGE": "one\ntwo"}), "half a li", broken, json.dumps({"MESSAGE": "x"})]
    assert read_journal(lines) == [("multicloud-a", "one"), ("multicloud-a", "two"), ("", "x")]
