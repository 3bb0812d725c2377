# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What encryption costs: TCP from one site's host to the other's through a tunnel, and along the same machines and wires without IPsec.

For the plain way the gateway's packets for that one address go to NHN's router and on to AWS's end of the VPN in the clear, and come back the same
way: rules of this measurement's own, in tables of its own, taken away afterwards.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.vpn.gateway import Gateway

PORT, SECONDS = 8008, 10       # a port that the standby's security groups let the other site in by


def measure(gateway: Gateway, rounds: int = 3) -> dict[str, float]:
    """{"tunnel", "plain": megabits per second, the best of some rounds}."""
    for run in (gateway.run, gateway.other):
        run(["sh", "-c", "command -v iperf3 >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -y -q iperf3"], timeout=180)
    gateway.other(["systemd-run", "--quiet", "--collect", "--unit=multicloud-vpn-iperf", "iperf3", "--server", "--port", str(PORT)])
    try:
        tunnel = max(_once(gateway) for _ in range(rounds))
        with gateway.plain_way():
            plain = max(_once(gateway) for _ in range(rounds))
    finally:
        gateway.other(["systemctl", "stop", "multicloud-vpn-iperf.service"])
    return {"tunnel": tunnel, "plain": plain}


def _once(gateway: Gateway) -> float:
    told = json.loads(gateway.run(["iperf3", "--client", gateway.target, "--port", str(PORT), "--bind", gateway.source, "--time", str(SECONDS),
                                   "--json"], timeout=SECONDS + 30))
    return round(float(told["end"]["sum_received"]["bits_per_second"]) / 1e6, 1)
