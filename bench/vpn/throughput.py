# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What encryption costs: TCP from one site's host to the other's through a tunnel, and along the same machines and wires without IPsec.

For the plain way the gateway's packets for that one address go to NHN's router and on to AWS's end of the VPN in the clear, and come back the same
way: rules of this measurement's own, in tables of its own, taken away afterwards.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lab.podman import containers, execute
from lab.world import NHN_ROUTER

if TYPE_CHECKING:
    from bench.vpn.gateway import Gateway

PORT, SECONDS, TABLE = 8008, 10, "77"       # a port that the standby's security groups let the other site in by


def measure(gateway: Gateway, rounds: int = 3) -> dict[str, float]:
    """{"tunnel", "plain": megabits per second, the best of some rounds}."""
    for host in (gateway.here, gateway.there):
        execute(host, ["sh", "-c", "command -v iperf3 >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -y -q iperf3"], timeout=180)
    execute(gateway.there, ["systemd-run", "--quiet", "--collect", "--unit=multicloud-vpn-iperf", "iperf3", "--server", "--port", str(PORT)])
    try:
        tunnel = max(_once(gateway) for _ in range(rounds))
        with plain_way(gateway):
            plain = max(_once(gateway) for _ in range(rounds))
    finally:
        execute(gateway.there, ["systemctl", "stop", "multicloud-vpn-iperf.service"])
    return {"tunnel": tunnel, "plain": plain}


def _once(gateway: Gateway) -> float:
    told = json.loads(gateway.run(["iperf3", "--client", gateway.target, "--port", str(PORT), "--bind", gateway.source, "--time", str(SECONDS),
                                   "--json"], timeout=SECONDS + 30))
    return round(float(told["end"]["sum_received"]["bits_per_second"]) / 1e6, 1)


@contextlib.contextmanager
def plain_way(gateway: Gateway) -> Iterator[None]:
    """For a while the two hosts speak to each other past the tunnels."""
    router = next(row["name"] for row in containers(site="nhn", kind="router"))
    gate = gateway.run(["sh", "-c", "ip -4 route show default | awk '{print $3; exit}'"]).strip()
    peer = next(word.partition("/")[0] for word in execute(gateway.peer, ["ip", "-4", "-o", "addr", "show", "dev", "eth0"]).split() if "." in word)

    def set_up(verb: str) -> None:
        steps = [(gateway.here, f"ip route {verb} {gateway.target}/32 via {gate} table {TABLE}"),
                 (gateway.here, f"ip rule {verb} to {gateway.target}/32 pref 77 lookup {TABLE}"),
                 (router, f"ip route {verb} {gateway.target}/32 via {peer} table {TABLE}"),
                 (router, f"ip rule {verb} to {gateway.target}/32 pref 77 lookup {TABLE}"),
                 (gateway.peer, f"ip route {verb} {gateway.source}/32 via {NHN_ROUTER} table {TABLE}"),
                 (gateway.peer, f"ip rule {verb} to {gateway.source}/32 pref 77 lookup {TABLE}")]
        for host, line in steps:
            execute(host, line.split(), check=verb == "add")

    set_up("add")
    # Untranslated, as packets are that come out of a tunnel: the answers must find their way back.
    execute(router, ["nft", "insert", "rule", "ip", "lab_router", "postrouting", "ip", "daddr", gateway.target, "accept"])
    try:
        yield
    finally:
        set_up("del")
        execute(router, ["sh", "/etc/lab/apply"])
