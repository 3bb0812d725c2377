# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The cloud's end of a VPN: a strongSwan host on the internet's network and in the VPC, configured by the files it is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lab import images
from lab.hosts import files
from lab.hosts.router import SYSCTLS
from lab.materialise import strongswan
from lab.podman import execute, labels, podman

# charon first, then the configuration; the container lives and dies with charon.
_LOAD = "swanctl --load-all --noprompt --file /etc/lab/swanctl.conf"
_START = f"""\
ip -batch /etc/lab/network
/usr/sbin/charon-systemd & charon=$!
tries=50
until {_LOAD} >/dev/null 2>&1; do
  tries=$((tries - 1)); test $tries -gt 0 || exit 1
  sleep 0.1
done
wait $charon
"""


def start_vgw(
    name: str, site: str, networks: Sequence[tuple[str, str]], texts: Mapping[str, str], more_labels: Mapping[str, str] | None = None,
) -> None:
    """Start a VPN endpoint with the given addresses, [(network, address)], eth0 being the internet's.

    `texts`: its files `network` (lines of `ip -batch`), `swanctl.conf` and `strongswan.conf`.
    """
    files.write(name, texts)
    podman(
        "run", "--detach", f"--name={name}", f"--hostname={name}", "--cap-add=NET_ADMIN,NET_RAW", "--device=/dev/net/tun",
        "--stop-signal=KILL", "--no-hosts", *labels(site, "vgw", more_labels),
        *(f"--sysctl={key}={value}" for key, value in SYSCTLS.items()),
        *(f"--network={network}:ip={address}" for network, address in networks),
        f"--volume={files.folder(name)}:/etc/lab:ro", "--env=STRONGSWAN_CONF=/etc/lab/strongswan.conf",
        images.current("appliance"), "/bin/sh", "-c", _START,
    )


def apply(name: str, texts: Mapping[str, str]) -> None:
    """Put changed files into force. Tunnels that are up and did not change stay up, one that did is taken down."""
    before = files.read(name, "swanctl.conf") or ""
    if files.write(name, texts):
        execute(name, ["sh", "-c", f"ip -batch /etc/lab/network && swanctl --reload-settings && {_LOAD} --clear"])
        for tunnel in strongswan.modified(before, texts["swanctl.conf"]):
            execute(name, ["sh", "-c", 'swanctl --terminate --ike "$1" --force --timeout 2 || true', "terminate", tunnel])  # it may not be up


def list_sas(name: str) -> str:
    """`swanctl --list-sas --raw`: one line per IKE SA with its children."""
    return execute(name, ["swanctl", "--list-sas", "--raw"], timeout=10)
