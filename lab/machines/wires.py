# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The machines' network: a namespace that is the internet and NHN Cloud's gateway at once, and has no way out.

internet   a bridge with AWS's end on it; this namespace has the controller's address, and answers for the floating one of NHN's host
nhn        a bridge with NHN's host on it, behind the address translation that a floating address is
aws        a bridge with AWS's host on it and nobody else
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Collection
from pathlib import Path

from lab import cuts
from lab.machines import place
from lab.materialise.routing import FORGET
from lab.network import tool

INSIDE = ("nsenter", f"--net=/run/netns/{place.NAMESPACE}")
TAPS = {"nhn": (("tap-nhn", "nhn"),), "aws": (("tap-internet", "internet"), ("tap-aws", "aws"))}     # machine: (tap, bridge), eth0 first


def there() -> bool:
    """Is there a namespace?"""
    return Path(f"/run/netns/{place.NAMESPACE}").exists()


def up(floating: str) -> None:
    """Make what is missing. Raises NetworkError."""
    if not there():
        tool("ip", "netns", "add", place.NAMESPACE)
    links = {row["ifname"] for row in json.loads(tool(*INSIDE, "ip", "-json", "link", "show"))}
    lines = ["link set lo up"]
    for bridge in ("internet", "nhn", "aws"):
        lines += [f"link add {bridge} type bridge"] * (bridge not in links) + [f"link set {bridge} up"]
    for tap, bridge in (pair for pairs in TAPS.values() for pair in pairs):
        lines += [f"tuntap add dev {tap} mode tap"] * (tap not in links) + [f"link set {tap} master {bridge} up"]
    prefix = ipaddress.ip_network(place.INTERNET).prefixlen
    lines += [f"address replace {place.CONTROLLER}/{prefix} dev internet", f"address replace {place.NHN_GATE}/24 dev nhn",
              f"route replace {place.AWS_HOST}/32 via {place.STANDBY}"]       # past the tunnels, for who measures what they cost
    tool(*INSIDE, "ip", "-batch", "-", stdin="\n".join(lines) + "\n")
    tool(*INSIDE, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.send_redirects=0", "net.ipv4.conf.nhn.send_redirects=0",
         "net.ipv4.conf.internet.send_redirects=0")
    # Where bridges ask iptables too, what comes from AWS is translated before the cuts see it, and none of them is one for it.
    tool(*INSIDE, "sh", "-c", "test ! -e /proc/sys/net/bridge/bridge-nf-call-iptables || sysctl -q -w net.bridge.bridge-nf-call-iptables=0")
    float_at(floating)


def float_at(address: str) -> None:
    """Have NHN's host be known by this address outside, and by no other."""
    for line in tool(*INSIDE, "ip", "route", "show", "dev", "nhn", "proto", "static").splitlines():
        old = line.split()[0]
        tool(*INSIDE, "ip", "route", "del", old, "dev", "nhn")
        tool(*INSIDE, "ip", "neigh", "del", "proxy", old, "dev", "internet")
    tool(*INSIDE, "ip", "route", "replace", f"{address}/32", "dev", "nhn", "src", place.CONTROLLER, "proto", "static")
    tool(*INSIDE, "ip", "neigh", "replace", "proxy", address, "dev", "internet")
    tool(*INSIDE, "nft", "-f", "-", stdin=translation(address))
    tool(*INSIDE, "python3", "-c", FORGET)      # a flow that is known would go on being translated as it was


def translation(address: str) -> str:
    """The nft script of a floating address. What goes past the tunnels to AWS's host is left as it is; what NHN's host sends the controller through a
    tunnel is lost, as AWS leads it nowhere."""
    return f"""\
table ip floating
delete table ip floating
table ip floating {{
  chain prerouting {{
    type nat hook prerouting priority dstnat;
    ip daddr {address} dnat to {place.NHN_HOST}
  }}
  chain input {{
    type filter hook input priority filter;
    iifname "internet" ip saddr {place.NHN_CIDR} drop
  }}
  chain output {{
    type nat hook output priority -100;
    ip daddr {address} dnat to {place.NHN_HOST}
  }}
  chain postrouting {{
    type nat hook postrouting priority srcnat;
    ip saddr {place.NHN_HOST} ip daddr {place.INTERNET} ip daddr != {place.CONTROLLER} snat to {address}
  }}
}}
"""


def cut(names: Collection[str]) -> None:
    """Make exactly these of the lab's cuts, none with none."""
    table = f"table {cuts.TABLE}\ndelete table {cuts.TABLE}\n"
    tool(*INSIDE, "nft", "-f", "-", stdin=cuts.rules(names) if names else table)


def pids() -> list[int]:
    """Every process in there: emulators, and connections that ssh keeps open."""
    return [int(word) for word in tool("ip", "netns", "pids", place.NAMESPACE).split()] if there() else []


def remove() -> None:
    """Take it all away."""
    if there():
        tool("ip", "netns", "delete", place.NAMESPACE)
