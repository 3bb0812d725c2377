# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The cloud's end of a VPN in strongSwan's words: what a virtual private gateway is configured with, and what it says it has.

AWS starts nothing by itself unless told to (StartupAction, DPDTimeoutAction); then it speaks to the customer gateway's address.
Its customer may sit behind address translation, so any remote address is welcome that knows the key. Secrets are found by *our*
outside address alone: a secret that also named the peer would be found for both tunnels, and the second would be refused.
"""

from __future__ import annotations

import re
from typing import Literal

from lab.materialise.specs import Tunnel, Vgw

_CONNECTION = """\
  {name} {{
    # options {options}
    version = {version}
    local_addrs = {outside}
    remote_addrs = {peer_id},%any
    encap = yes
    mobike = no
    unique = replace
    proposals = {ike_proposals}
    rekey_time = {ike_seconds}s
    dpd_delay = {dpd_interval}s
    local {{
      auth = psk
      id = {outside}
    }}
    remote {{
      auth = psk
      id = {peer_id}
    }}
    children {{
{children}    }}
  }}
"""

_CHILD = """\
      {name} {{
        reqid = {number}
        local_ts = {local}
        remote_ts = {remote}
        esp_proposals = {proposals}
        rekey_time = {seconds}s
        dpd_action = {dpd}
        start_action = {start}
      }}
"""

_SECRET = """\
  ike-{name} {{
    id = {outside}
    secret = "{psk}"
  }}
"""

RETRIES = 3
_BLOCK = re.compile(r"^  (?:ike-)?(\S+) \{\n.*?^  \}\n", re.MULTILINE | re.DOTALL)


def swanctl(gateway: Vgw, *, kernel: bool = False) -> str:
    """swanctl.conf of a gateway: per tunnel one child for the networks and one for its inside address, which tests that tunnel alone.

    kernel: where the kernel has ESP, one child for everything instead, as AWS has it, behind an interface whose number is the tunnel's.
    """
    connections = "".join(_connection(gateway, tunnel, kernel=kernel) for tunnel in gateway.tunnels)
    secrets = "".join(_SECRET.format(name=tunnel.name, outside=tunnel.outside, psk=tunnel.psk) for tunnel in gateway.tunnels)
    return f"connections {{\n{connections}}}\nsecrets {{\n{secrets}}}\n"


def _connection(gateway: Vgw, tunnel: Tunnel, *, kernel: bool) -> str:
    # Numbered here: what strongSwan chooses by itself may be the same for two children after both tunnels were lost at once.
    def child(name: str, number: int, local: str, remote: str) -> str:
        return _CHILD.format(name=name, number=number, local=local, remote=remote, proposals=tunnel.esp_proposals, seconds=tunnel.esp_seconds,
                             dpd="restart" if tunnel.restarts else "clear", start="start" if tunnel.starts else "none")

    if kernel:
        number = gateway.tunnels.index(tunnel) + 1
        everything = child("everything", number, "0.0.0.0/0", "0.0.0.0/0")
        numbers = f"if_id_in = {number}\n        if_id_out = {number}\n        "
        return _CONNECTION.format(**vars(tunnel), children=everything.replace("reqid =", f"{numbers}reqid ="))
    children = child("inside", gateway.tunnels.index(tunnel) + 2, f"{tunnel.inside}/32", f"{tunnel.peer_inside}/32")
    if gateway.remote:
        children = child("networks", 1, gateway.local, ",".join(gateway.remote)) + children
    return _CONNECTION.format(**vars(tunnel), children=children)


def charon(gateway: Vgw, *, kernel: bool = False) -> str:
    """strongswan.conf: ESP in user space unless the kernel has it, and a peer declared dead after the shortest DPD timeout asked for."""
    first = min(gateway.tunnels, key=lambda tunnel: tunnel.dpd_timeout)
    pause = max(1.0, (first.dpd_timeout - first.dpd_interval) / (RETRIES + 1))
    included, plane = ("", "  install_routes = no\n") if kernel else (
        "include /etc/strongswan.conf\n", "  plugins {\n    kernel-libipsec {\n      load = yes\n    }\n  }\n")
    return (
        f"{included}charon-systemd {{\n"
        f"  retransmit_tries = {RETRIES}\n  retransmit_base = 1.0\n  retransmit_timeout = {pause:.1f}\n"
        f"{plane}}}\n"
    )


def addresses(gateway: Vgw) -> tuple[str, ...]:
    """`ip -batch` lines for the addresses beyond the container's own: further outside ones, and the inside ones, which answer pings."""
    outside = [f"address replace {tunnel.outside}/32 dev eth0" for tunnel in gateway.tunnels[1:]]
    return (*outside, *(f"address replace {tunnel.inside}/32 dev lo" for tunnel in gateway.tunnels))


def telemetry(gateway: Vgw, listing: str) -> dict[str, Literal["UP", "DOWN"]]:
    """{outside address: status} from `swanctl --list-sas --raw`: a tunnel is up when it has an installed child."""
    up: set[str] = set()
    for event in listing.split("list-sa event")[1:]:
        local = re.search(r"\blocal-host=(\S+)", event)
        if local and re.search(r"\bstate=INSTALLED\b", event):
            up.add(local.group(1))
    return {tunnel.outside: "UP" if tunnel.outside in up else "DOWN" for tunnel in gateway.tunnels}


def modified(before: str, after: str) -> list[str]:
    """Connections that are in both texts of `swanctl` and differ: as AWS does, such a tunnel is taken down, and its peer builds it anew."""
    def blocks(text: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for block in _BLOCK.finditer(text):
            found[block.group(1)] = found.get(block.group(1), "") + block.group(0)
        return found

    old, new = blocks(before), blocks(after)
    return [name for name in new if name in old and old[name] != new[name]]
