# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A lab host: a container that behaves like a small virtual machine, with systemd, sshd and its own network settings.

What a container forgets at every restart (routes, further addresses) is kept in a file that the image's `lab-network.service`
applies at each boot. What a cloud would tell its instance (user data) is run once by `lab-user-data.service`.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Mapping, Sequence

from lab import files
from lab.podman import PodmanError, execute, labels, podman
from lab.world import HOSTS, MACHINE, SSH_KEY

CAPABILITIES = ("NET_ADMIN", "NET_RAW", "SYS_ADMIN")   # SYS_ADMIN: without it systemd's sandboxing is silently void
ORDINARY = {"net.ipv4.ping_group_range": "0 2147483647"}       # a machine lets its users ping, and a container does not
FORWARDING = {"net.ipv4.ip_forward": "1", "net.ipv4.conf.all.rp_filter": "0", "net.ipv4.conf.default.rp_filter": "0"}


class HostNotReady(RuntimeError):
    """The container runs, but sshd did not; the message says what systemd last answered."""


def start_host(
    name: str, site: str, network: str, ip: str, image: str, *, public_key: str, user: str = "debian", kind: str = "host",
    more_networks: Sequence[tuple[str, str]] = (), hostname: str | None = None, default_route: str | None = None,
    network_lines: Sequence[str] = (), forwarding: bool = False, dns: str = MACHINE, more_labels: Mapping[str, str] | None = None,
    more_capabilities: Sequence[str] = (), more_flags: Sequence[str] = (), user_data: str | None = None, metadata: str | None = None,
    limit: float = 60,
) -> None:
    """Create and boot the host `name` at `ip` and return once its sshd listens.

    more_networks: (network, address) of further interfaces, eth1 on. network_lines: lines of `ip -batch` applied at every boot
    after the default route, e.g. "address replace 198.51.100.100/24 dev eth1". forwarding: let it route (a sysctl can only be
    set at creation). more_flags: further `podman run` flags. metadata: see `tell`. limit: seconds for the boot.
    Raises PodmanError when the container cannot be created, HostNotReady when it does not boot.
    """
    folder = HOSTS / name
    (folder / "containers").mkdir(parents=True, exist_ok=True)
    write_network(name, default_route, network_lines)
    if user_data is not None:
        files.write(folder / "config" / "user-data", user_data, mode=0o700)
    if metadata is not None:
        tell(name, metadata)
    flags = [
        f"--name={name}", f"--hostname={hostname or name}", "--systemd=always", "--device=/dev/net/tun", f"--dns={dns}",
        "--dns-option=timeout:1", "--dns-option=attempts:2", "--no-hosts", "--log-driver=none",
        *(f"--cap-add={capability}" for capability in (*CAPABILITIES, *more_capabilities)),
        *(f"--network={where}:ip={address}" for where, address in ((network, ip), *more_networks)),
        *(f"--sysctl={key}={value}" for key, value in {**ORDINARY, **(FORWARDING if forwarding else {})}.items()),
        f"--volume={folder / 'config'}:/etc/lab:ro", f"--volume={folder / 'containers'}:/run/lab-containers",
        *labels(site, kind, more_labels), *more_flags,
    ]
    podman("run", "--detach", *flags, image, "/sbin/init")
    wait_for_ssh(name, limit)
    install_key(name, user, public_key)


def tell(name: str, metadata: str) -> None:
    """Keep what the host's metadata service answers from, as the image's `lab-metadata` reads it. One that had nothing begins at its next boot."""
    files.write(HOSTS / name / "config" / "metadata.json", metadata)


def write_network(name: str, default_route: str | None, lines: Sequence[str] = ()) -> None:
    """Keep the host's routes and further addresses for its next boot; `apply_network` puts them into force now."""
    route = [f"route replace default via {default_route}"] if default_route else []
    files.write(HOSTS / name / "config" / "network", "".join(f"{line}\n" for line in (*route, *lines)))


def apply_network(name: str) -> None:
    """Put the file of `write_network` into force in a running host, through the same unit a boot uses."""
    execute(name, ["systemctl", "restart", "lab-network.service"])


def install_key(name: str, user: str, public_key: str) -> None:
    """Let `public_key` log in as `user`; replaces what was there, as a cloud does when it creates an instance."""
    script = 'install -d -m 700 -o "$1" -g "$1" "/home/$1/.ssh" && umask 077 && cat > "/home/$1/.ssh/authorized_keys" ' \
             '&& chown "$1:$1" "/home/$1/.ssh/authorized_keys"'
    execute(name, ["sh", "-c", script, "install-key", user], stdin=public_key.strip() + "\n")


def host_key(name: str) -> str:
    """The host's own public SSH key ("ssh-ed25519 AAAA..."), read from inside, so nobody has to trust the first answer."""
    return " ".join(execute(name, ["cat", "/etc/ssh/ssh_host_ed25519_key.pub"]).split()[:2])


def trust(name: str, *addresses: str) -> None:
    """Write the host's key to the lab's known_hosts under each address, replacing older keys of these addresses.

    Safe to call from several processes at once.
    """
    known = SSH_KEY.with_name("known_hosts")
    key = host_key(name)
    known.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(known.with_name(".known_hosts.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        others = [line for line in known.read_text().splitlines() if line.split(" ", 1)[0] not in addresses] if known.exists() else []
        files.write(known, "".join(f"{line}\n" for line in (*others, *(f"{address} {key}" for address in addresses))))


def wait_for_ssh(name: str, limit: float = 60) -> None:
    """Return once the host has its network settings and its sshd listens. Raises HostNotReady after `limit` seconds."""
    deadline = time.monotonic() + limit
    seen = "nothing"
    while time.monotonic() < deadline:
        try:
            seen = execute(name, ["systemctl", "is-active", "lab-network.service", "ssh.service"], check=False, timeout=10).strip()
        except PodmanError as error:
            seen = str(error)
        if seen.split() == ["active", "active"]:
            return
        time.sleep(0.1)
    raise HostNotReady(f"{name} did not boot within {limit:.0f} s; its network and ssh units last said: {seen or 'nothing'}. "
                       f"See `podman exec {name} systemctl --failed`.")
