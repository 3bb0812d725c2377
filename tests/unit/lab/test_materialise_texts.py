# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Specs in the words of nftables, strongSwan and HAProxy, and what the latter two answer."""

from __future__ import annotations

import dataclasses
import re

from lab.materialise import balancing, observe, routing, strongswan
from lab.materialise.specs import Listener, LoadBalancer, Nat, Route, Router, Target, TargetGroup, Tunnel, Vgw

ROUTER = Router("r", "nhn", "vpc", "lab-nhn-1", "192.168.0.0/16", "192.168.0.1", "198.51.100.20", True,
                (Nat("198.51.100.100", "192.168.0.10"),), (Route("10.0.0.0/16", "192.168.0.10"),))
ONE = Tunnel("vpn-1-1", "198.51.100.200", "198.51.100.100", "169.254.11.1", "169.254.11.2", "key-one", "aes128-sha1-modp1024",
             "aes128-sha1", 28800, 3600, 10, 30)
TWO = dataclasses.replace(ONE, name="vpn-1-2", outside="198.51.100.201", inside="169.254.12.1", peer_inside="169.254.12.2", psk="key-two")
GATEWAY = Vgw("lab-vgw-1", "aws", "vgw-1", "lab-aws-1", "10.0.255.250", "10.0.0.0/16", ("192.168.0.0/16",), (ONE, TWO))
GROUP = TargetGroup("arn:tg", "edge", (Target("i-1", "10.0.0.10", 80), Target("i-2", "10.0.0.11", 80)), "/edgez", None, "200-299", 10, 5, 2, 3)
BALANCER = LoadBalancer("lb", "aws", "arn:lb", "lab-aws-1", "10.0.255.200", "198.51.100.220", "t.elb", (Listener(80, "edge"),), (GROUP,))

SAS = """list-sa event {vpn-1-2 {uniqueid=2 version=2 state=ESTABLISHED local-host=198.51.100.201 \
remote-host=198.51.100.100 child-sas {inside-3 {name=inside uniqueid=3 state=INSTALLED mode=TUNNEL}}}}
list-sa event {vpn-1-1 {uniqueid=1 version=2 state=CONNECTING local-host=198.51.100.200 child-sas {}}}
list-sas reply {}
"""
STAT = """# pxname,svname,status,check_status
port-80,FRONTEND,OPEN,
edge,i-1_80,UP,L7OK
edge,i-2_80,DOWN,L4CON
edge,open_i-1_80,no check,
"""


def test_a_balancer_ends_tls_with_the_certificate_beside_it_and_sends_plain_requests_elsewhere() -> None:
    balancer = dataclasses.replace(BALANCER, listeners=(Listener(80, "", "https 443 HTTP_301"), Listener(443, "edge", "", "pem\n")))
    text = balancing.haproxy(balancer)
    assert "bind :443 ssl crt /etc/lab/certificate-443.pem " in text and balancing.files(balancer) == {"certificate-443.pem": "pem\n"}
    plain, _, tls = text.partition("frontend port-443")
    assert "redirect code 301 location https://%[req.hdr(host),field(1,:)]:443%[capture.req.uri]" in plain and "default_backend" not in plain
    assert "X-Forwarded" not in plain and "X-Forwarded-Proto https\n" in tls and "default_backend edge" in tls
    assert "X-Forwarded-Proto http\n" in balancing.haproxy(BALANCER)
    assert balancing.files(BALANCER) == {}


def test_open_router_translates_both_ways_and_masquerades_the_rest() -> None:
    rules = routing.rules(ROUTER)
    assert "ip daddr 198.51.100.100 dnat to 192.168.0.10" in rules
    assert rules.index("ip saddr 192.168.0.10 snat to 198.51.100.100") < rules.index("ip saddr 192.168.0.0/16 masquerade")
    assert "reject" not in rules


def test_closed_router_lets_questions_to_the_dns_out_and_nothing_else() -> None:
    rules = routing.rules(dataclasses.replace(ROUTER, open=False, nat=()))
    assert rules.index("th dport 53 accept") < rules.index("reject with icmp type net-unreachable")


def test_a_range_behind_a_nat_gateway_leaves_by_its_address_and_one_without_a_way_does_not_leave():
    router = dataclasses.replace(ROUTER, shared=(Nat("198.51.100.160", "192.168.10.0/24"),), shut=("192.168.11.0/24",))
    rules = routing.rules(router)
    assert "oifname $outside ip saddr 192.168.10.0/24 snat to 198.51.100.160\n" in rules and "daddr 198.51.100.160" not in rules
    assert "oifname $outside ip saddr 192.168.11.0/24 reject with" in rules and rules.count("reject") == 1
    assert 'wanted_addresses="198.51.100.100 198.51.100.160"' in routing.script(router)


def test_router_script_adds_what_is_wanted_and_drops_what_is_not() -> None:
    script = routing.script(ROUTER)
    assert 'wanted_addresses="198.51.100.100"' in script and 'wanted_routes="10.0.0.0/16"' in script
    assert "ip route replace 10.0.0.0/16 via 192.168.0.10 proto 99\n" in script
    assert routing.script(dataclasses.replace(ROUTER, routes=())).count("route replace") == 0


def test_a_router_forgets_what_it_translated_when_its_rules_are_others() -> None:
    """A flow that never pauses, as that between two VPN gateways, would leave by the address before for ever."""
    script = routing.script(ROUTER)
    assert script.index("nft --define") < script.index("if ! cmp -s /etc/lab/router.nft /run/lab-router.nft") < script.index("socket.AF_NETLINK")


def test_each_tunnel_s_secret_is_found_by_our_own_address_only() -> None:
    secrets = strongswan.swanctl(GATEWAY).partition("secrets {")[2]
    assert secrets.count("id = ") == 2 and "198.51.100.100" not in secrets
    assert secrets.index("198.51.100.200") < secrets.index("key-one") < secrets.index("198.51.100.201") < secrets.index("key-two")


def test_each_tunnel_has_a_child_of_its_own_inside() -> None:
    text = strongswan.swanctl(GATEWAY)
    assert text.count("local_ts = 10.0.0.0/16") == 2 and text.count("remote_ts = 192.168.0.0/16") == 2
    assert "local_ts = 169.254.11.1/32\n        remote_ts = 169.254.11.2/32" in text
    assert text.count("remote_addrs = 198.51.100.100,%any\n") == 2
    # A dead peer's children go (AWS's default), and the customer's side makes them anew: not ours, unless it is told to.
    assert [text.count(f"        {action}\n") for action in ("dpd_action = clear", "start_action = none")] == [4, 4]


def test_a_tunnel_that_aws_is_to_start_is_started_by_it_and_again_after_silence() -> None:
    text = strongswan.swanctl(dataclasses.replace(GATEWAY, tunnels=(dataclasses.replace(ONE, starts=True, restarts=True, version=2), TWO)))
    assert [text.count(f"        {action}\n") for action in ("dpd_action = restart", "start_action = start")] == [2, 2]
    assert re.findall(r"^    version = (\d)$", text, re.MULTILINE) == ["2", "0"]


def test_children_are_numbered_and_only_those_that_carry_the_networks_share_a_number() -> None:
    numbers = re.findall(r"(networks|inside) \{\n +reqid = (\d+)\n", strongswan.swanctl(GATEWAY))
    assert numbers == [("networks", "1"), ("inside", "2"), ("networks", "1"), ("inside", "3")]


def test_without_static_routes_only_the_inside_is_offered() -> None:
    assert "networks {" not in strongswan.swanctl(dataclasses.replace(GATEWAY, remote=()))


def test_a_dead_peer_is_dead_after_the_dpd_timeout() -> None:
    assert "retransmit_timeout = 5.0" in strongswan.charon(GATEWAY)     # 10 s of silence, then 4 times 5 s
    assert strongswan.addresses(GATEWAY)[0] == "address replace 198.51.100.201/32 dev eth0"


def test_a_tunnel_is_up_when_it_has_an_installed_child() -> None:
    assert strongswan.telemetry(GATEWAY, SAS) == {"198.51.100.200": "DOWN", "198.51.100.201": "UP"}
    assert set(strongswan.telemetry(GATEWAY, "").values()) == {"DOWN"}


def test_balancer_checks_its_targets_and_fails_open() -> None:
    text = balancing.haproxy(BALANCER)
    assert "bind :80\n  default_backend edge" in text
    assert "http-check send meth GET uri /edgez" in text and "http-check expect status 200-299" in text
    assert "server i-1_80 10.0.0.10:80 check\n" in text and "server open_i-1_80 10.0.0.10:80 backup\n" in text
    assert "  option allbackups\n" in text.partition("backend edge\n")[2]        # else the first target alone would get what is left


def test_health_is_what_haproxy_saw() -> None:
    assert balancing.health(BALANCER, STAT) == {"arn:tg": {"i-1": "healthy", "i-2": "unhealthy"}}
    assert balancing.health(BALANCER, STAT.replace("L7OK", "INI")) == {"arn:tg": {"i-2": "unhealthy"}}


def test_aws_hears_of_both_tunnels_of_a_connection_once_somebody_has_looked() -> None:
    assert observe.aws([GATEWAY], {}, {})["vpn_telemetry"] == {}
    assert observe.aws([GATEWAY], {"lab-vgw-1": {"198.51.100.200": "UP"}}, {})["vpn_telemetry"] == {
        "vpn-1": [{"outside_ip": "198.51.100.200", "status": "UP"}, {"outside_ip": "198.51.100.201", "status": "DOWN"}]}


def test_a_tunnel_whose_options_were_modified_is_taken_down_and_the_other_is_not() -> None:
    """AWS: the modified tunnel is unavailable during the update."""
    def text(*tunnels: Tunnel) -> str:
        return strongswan.swanctl(dataclasses.replace(GATEWAY, tunnels=tunnels))

    assert strongswan.modified(text(ONE, TWO), text(ONE, TWO)) == []
    assert strongswan.modified(text(ONE, TWO), text(ONE, dataclasses.replace(TWO, psk="another"))) == ["vpn-1-2"]
    assert strongswan.modified(text(ONE, TWO), text(dataclasses.replace(ONE, options="0a1b"), TWO)) == ["vpn-1-1"]
    assert strongswan.modified("", text(ONE, TWO)) == []
