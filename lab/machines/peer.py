# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""AWS's end of both tunnels in a machine: what it is asked for, as the customer gives it to AWS, in strongSwan's words and the kernel's.

As in the container lab, and kinder than AWS, its way back follows the gateway: what a host of NHN's is sent goes by the tunnel that its last packet
came by. AWS stays with a tunnel of its own choice until its detection calls that one dead.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
from collections.abc import Mapping
from typing import Any

from lab import files
from lab.machines import place, vm
from lab.materialise import strongswan
from lab.materialise.specs import Tunnel, Vgw

NAMES = ("a", "b")
# What role aws_vpn asks for: AES256 and AES256-GCM-16, SHA2-256, group 14; perfect forward secrecy is not insisted on.
IKE = "aes256-sha256-modp2048,aes256gcm16-prfsha256-modp2048"
ESP = "aes256-sha256-modp2048,aes256gcm16-modp2048,aes256-sha256,aes256gcm16"
LIFETIMES = {"ike_seconds": 28800, "esp_seconds": 3600}
DPD_INTERVAL, DPD_TIMEOUT = 10, 30

SETUP = f"""\
set -e
sysctl -q -w net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
number=0
for name in a b; do
  number=$((number + 1))
  ip link show vpn-$name >/dev/null 2>&1 || ip link add vpn-$name type xfrm dev lo if_id $number
  ip link set vpn-$name mtu 1400 up
  sysctl -q -w net.ipv4.conf.vpn-$name.rp_filter=0 net.ipv4.conf.vpn-$name.disable_policy=1
done
ip address replace {{inside_a}}/30 dev vpn-a
ip address replace {{inside_b}}/30 dev vpn-b
ip route replace {place.NHN_CIDR} dev vpn-a src {place.AWS_HOST}
ip route replace {place.NHN_CIDR} dev vpn-b src {place.AWS_HOST} table 2
ip rule show pref 100 | grep -q . || ip rule add fwmark 2 pref 100 lookup 2
nft -f - <<'END'
table ip lab_follow
delete table ip lab_follow
table ip lab_follow {{{{
  set by_b {{{{
    type ipv4_addr
    size 1024
    flags dynamic
  }}}}
  chain prerouting {{{{
    type filter hook prerouting priority mangle
    ip saddr {place.NHN_CIDR} iifname "vpn-a" delete @by_b {{{{ ip saddr }}}}
    ip saddr {place.NHN_CIDR} iifname "vpn-b" add @by_b {{{{ ip saddr }}}}
  }}}}
  chain output {{{{
    type route hook output priority mangle
    ip daddr @by_b meta mark set 2
  }}}}
}}}}
END
"""
LOAD = "swanctl --load-all --noprompt --clear"


def wanted(customer: str, tunnels: list[Mapping[str, Any]]) -> dict[str, Any]:
    """What AWS's end is asked for. tunnels: [{"inside_cidr", "psk", "dpd_timeout_seconds" or nothing}]."""
    return {"customer": customer, "tunnels": [dict(tunnel) for tunnel in tunnels]}


def changed(before: Mapping[str, Any], after: Mapping[str, Any], only: list[str]) -> dict[str, Any]:
    """`after`, but for tunnels whose inside range is not in `only` ([]: all of them are): those stay as they were."""
    old = {tunnel["inside_cidr"]: tunnel for tunnel in before.get("tunnels", [])}
    return {**after, "tunnels": [old.get(tunnel["inside_cidr"], tunnel) if only and tunnel["inside_cidr"] not in only else tunnel
                                 for tunnel in after["tunnels"]]}


def inside(cidr: str) -> tuple[str, str]:
    """AWS's address in a tunnel, and its customer's: the first two of the range."""
    first = ipaddress.ip_network(cidr).network_address
    return str(first + 1), str(first + 2)


def gateway(state: Mapping[str, Any]) -> Vgw:
    """The gateway that such a state describes."""
    found = []
    for name, outside, tunnel in zip(NAMES, place.OUTSIDE, state["tunnels"], strict=True):
        here, there = inside(tunnel["inside_cidr"])
        options = {key: value for key, value in tunnel.items() if key != "psk"}
        found.append(Tunnel(
            name=f"vpn-{name}", outside=outside, peer_id=state["customer"], inside=here, peer_inside=there, psk=tunnel["psk"],
            ike_proposals=IKE, esp_proposals=ESP, **LIFETIMES, dpd_interval=DPD_INTERVAL,
            dpd_timeout=int(tunnel.get("dpd_timeout_seconds", DPD_TIMEOUT)), version=2, starts=True, restarts=True,
            options=hashlib.sha256(repr(sorted(options.items())).encode()).hexdigest()[:12]))
    return Vgw("aws", "aws", "vpn", "", place.AWS_HOST, place.AWS_CIDR, (place.NHN_CIDR,), tuple(found))


def world(state: Mapping[str, Any]) -> dict[str, Any]:
    """What people find when they look at both clouds, without keys."""
    tunnels = []
    for name, outside, tunnel in zip(NAMES, place.OUTSIDE, state["tunnels"], strict=True):
        here, there = inside(tunnel["inside_cidr"])
        tunnels.append({"name": name, "outside_address": outside, "inside_address": here, "customer_inside_address": there,
                        "inside_cidr": tunnel["inside_cidr"], "customer_outside_address": state["customer"]})
    return {"nhn": {"host": {"public": state["customer"]}},
            "aws": {"host": {"public": place.STANDBY}, "vpn": {"id": "vpn-machines", "tunnels": tunnels}}}


def apply(state: Mapping[str, Any]) -> list[str]:
    """Put it into force, as AWS does: a tunnel that is modified is taken down, the other stays. Returns the connections that were."""
    wants = gateway(state)
    text = strongswan.swanctl(wants, kernel=True)
    last = place.HOSTS / "aws" / "swanctl.conf"
    before = last.read_text(encoding="utf-8") if last.exists() else ""
    if text == before:
        return []
    modified = strongswan.modified(before, text)
    vm.ssh("aws", ["sh", "-c", "umask 077; cat > /etc/swanctl/conf.d/lab.conf"], stdin=text)
    vm.ssh("aws", ["sh", "-c", "cat > /etc/strongswan.d/zz-lab.conf"], stdin=strongswan.charon(wants, kernel=True))
    vm.ssh("aws", ["sh", "-s"], stdin=SETUP.format(inside_a=wants.tunnels[0].inside, inside_b=wants.tunnels[1].inside))
    vm.ssh("aws", ["sh", "-c", loading(modified)])
    files.write(last, text)
    files.write_json(place.STATE, state)
    files.write_json(place.WORLD, world(state), mode=0o644)
    return modified


def loading(modified: list[str]) -> str:
    """The shell script that loads what lies there and takes these connections down."""
    ends = "".join(f"  swanctl --terminate --ike {name} --force --timeout 2 || true\n" for name in modified)        # it may not be up
    return ("set -e\nif systemctl is-active --quiet strongswan; then\n"
            f"  swanctl --reload-settings\n  {LOAD}\n{ends}else systemctl start strongswan; fi")


def state() -> dict[str, Any]:
    """What it was asked for last."""
    found: dict[str, Any] = json.loads(place.STATE.read_text(encoding="utf-8"))
    return found


def telemetry() -> dict[str, str]:
    """{outside address: UP or DOWN}, as AWS tells it."""
    return dict(strongswan.telemetry(gateway(state()), vm.ssh("aws", ["swanctl", "--list-sas", "--raw"])))
