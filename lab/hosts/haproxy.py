# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A load balancer: a container that runs HAProxy in the foreground. The caller writes the configuration; this starts and reloads it.

HAProxy's statistics socket must be at SOCKET for `statistics` to work: "stats socket /run/haproxy/admin.sock mode 600 level admin".
What HAProxy logs to its standard output is in the container's folder `run`, as LOG. A configuration may come with a firewall (`modsecurity`).
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence

from lab import images
from lab.hosts import files, modsecurity
from lab.podman import execute, labels, podman

CONFIG = "/etc/lab/haproxy.cfg"
SOCKET = "/run/haproxy/admin.sock"
LOG = "haproxy.log"
_START = f'test -z "$1" || ip route replace default via "$1"; {modsecurity.START}; exec haproxy -W -db -f {CONFIG} >> /run/haproxy/{LOG}'


def start_lb(
    name: str, site: str, networks: Sequence[tuple[str, str]], config_text: str, more_labels: Mapping[str, str] | None = None, *,
    default_route: str | None = None, kind: str = "lb", more_files: Mapping[str, str] | None = None,
) -> None:
    """Start a load balancer with the given addresses, [(network, address)], eth0 being the first.

    default_route: its VPC's router, for clients beyond the VPC. more_files: {name: text} of what the configuration names in /etc/lab.
    Raises PodmanError when podman refuses; a configuration HAProxy refuses ends the container, so ask `check_config` first when the text is not
    your own.
    """
    files.write(name, {**(more_files or {}), "haproxy.cfg": config_text})
    podman(
        "run", "--detach", f"--name={name}", f"--hostname={name}", "--cap-add=NET_ADMIN", "--stop-signal=KILL", "--no-hosts",
        *labels(site, kind, more_labels),
        *(f"--network={network}:ip={address}" for network, address in networks),
        f"--volume={files.folder(name)}:/etc/lab:ro", f"--volume={files.folder(name, 'run')}:/run/haproxy",
        images.current("appliance"), "/bin/sh", "-c", _START, "start", default_route or "",
    )


def check_config(name: str, config_text: str) -> None:
    """Raises PodmanError with HAProxy's words when the running load balancer would refuse this configuration."""
    execute(name, ["haproxy", "-c", "-q", "-f", "/dev/stdin"], stdin=config_text)


def reload_lb(name: str, config_text: str, more_files: Mapping[str, str] | None = None) -> bool:
    """Put a new configuration into force without dropping a connection; False when it is the one in force already.

    more_files: as for `start_lb`; they are there before it is asked whether the configuration is a good one.
    Raises PodmanError with HAProxy's words, the old configuration staying in force, when it is refused.
    """
    others = files.write(name, more_files or {})
    if files.read(name, "haproxy.cfg") == config_text and not others:
        return False
    check_config(name, config_text)
    guarded = modsecurity.CONFIG in (more_files or {})
    if guarded:
        modsecurity.apply(name)
    files.write(name, {"haproxy.cfg": config_text})
    podman("kill", "--signal=USR2", name)
    if not guarded:
        modsecurity.end(name)
    return True


def statistics(name: str) -> str:
    """HAProxy's `show stat`: CSV with a header line. Raises OSError when HAProxy does not answer."""
    # Through the directory's descriptor: a unix socket's path may have 107 characters, a clone's may be longer.
    directory = os.open(files.folder(name, "run"), os.O_PATH | os.O_DIRECTORY)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(2)
            connection.connect(f"/proc/self/fd/{directory}/admin.sock")
            connection.sendall(b"show stat\n")
            return b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    finally:
        os.close(directory)
