# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A VPC's router: a container between the internet's network and the VPC's that applies its own files at every start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lab import images
from lab.hosts import files
from lab.hosts.systemd import FORWARDING
from lab.podman import execute, labels, podman

# Without redirects: the VPN gateway sits in the same network as those who send to it, and hosts must keep asking the router.
SYSCTLS = {**FORWARDING, "net.ipv4.conf.all.send_redirects": "0", "net.ipv4.conf.default.send_redirects": "0"}
APPLY = ["/bin/sh", "/etc/lab/apply"]


def start_router(
    name: str, site: str, networks: Sequence[tuple[str, str]], texts: Mapping[str, str], more_labels: Mapping[str, str] | None = None,
) -> None:
    """Start a router with the given addresses, [(network, address)], eth0 being the first. `texts` are its files; `apply` is run."""
    files.write(name, texts)
    podman(
        "run", "--detach", f"--name={name}", f"--hostname={name}", "--cap-add=NET_ADMIN,NET_RAW", "--stop-signal=KILL", "--no-hosts",
        *labels(site, "router", more_labels),
        *(f"--sysctl={key}={value}" for key, value in SYSCTLS.items()),
        *(f"--network={network}:ip={address}" for network, address in networks),
        f"--volume={files.folder(name)}:/etc/lab:ro",
        images.current("host"), "/bin/sh", "-c", "sh /etc/lab/apply; exec sleep infinity",
    )


def apply(name: str, texts: Mapping[str, str]) -> None:
    """Bring a running router into the state its files describe; safe to repeat. Raises PodmanError with the words of what failed."""
    files.write(name, texts)
    execute(name, APPLY)
