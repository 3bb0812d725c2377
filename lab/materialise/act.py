# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does what the plan says. Each function returns when the thing is real, or raises with the words of what refused."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

from lab.hosts import haproxy, mysql, networks, router, systemd, vgw
from lab.images import current
from lab.materialise import balancing, filtering, routing, strongswan
from lab.materialise.actual import LABEL_HOST, more_labels
from lab.materialise.plan import Action
from lab.materialise.specs import KINDS, Database, Host, LoadBalancer, Network, Router, Spec, Vgw
from lab.network import remove_network
from lab.podman import PodmanError, execute, labels, podman, remove
from lab.world import HOSTS, INTERNET_NETWORK

# A host knows its own name without asking anybody, as cloud-init arranges it: sudo looks it up, and the DNS may be what is broken.
_OWN_NAME = 'grep -qs "^127.0.1.1 $1$" /etc/hosts || printf "127.0.0.1 localhost\\n127.0.1.1 %s\\n" "$1" >> /etc/hosts'
DATABASE_LIMIT = 90.0               # seconds a MySQL server may take to answer


def act(action: Action) -> None:
    """One action of a plan. Raises PodmanError, NetworkError, HostNotReady, OSError or ValueError."""
    if action.verb == "remove":
        _remove(action.name)
    elif action.verb == "start" and action.spec:
        podman("start", action.name)
        _filter(action.spec)
    elif action.verb == "stop":
        podman("stop", "--time=20", action.name)
    elif action.verb == "create" and action.spec:
        _create(action.spec)
        _filter(action.spec)
    elif action.verb == "update" and action.spec:
        _filter(action.spec)
        _update(action.spec)


def _create(spec: Spec) -> None:
    more = more_labels(spec)
    match spec:
        case Network():
            networks.create(spec.name, spec.site, spec.cidr, spec.machine_address, more)
        case Router():
            router.start_router(spec.name, spec.site, _both_networks(spec), _router_texts(spec), more)
        case Host():
            systemd.start_host(
                spec.name, spec.site, spec.network, spec.address, current("host"), public_key=spec.public_key, user=spec.user,
                hostname=spec.hostname, default_route=spec.gateway, forwarding=True, more_labels=more, user_data=spec.user_data or None,
                metadata=spec.metadata or None)
        case Vgw():
            addresses = [(INTERNET_NETWORK, spec.tunnels[0].outside), (spec.network, spec.address)]
            vgw.start_vgw(spec.name, spec.site, addresses, _vgw_texts(spec), more)
        case Database():
            mysql.start(
                spec.name, spec.network, spec.address, spec.port, flavour=spec.site, admin_user=spec.admin_user,
                admin_password=spec.admin_password, parameters=dict(spec.parameters), labels=labels(spec.site, KINDS[Database], more),
                image=current("mysql"), restore=Path(spec.restore.archive) if spec.restore else None)
        case LoadBalancer():
            haproxy.start_lb(spec.name, spec.site, _both_networks(spec), balancing.haproxy(spec), more, more_files=balancing.files(spec))


def _update(spec: Spec) -> None:
    match spec:
        case Router():
            router.apply(spec.name, _router_texts(spec))
        case Host():
            if spec.metadata:
                systemd.tell(spec.name, spec.metadata)
            execute(spec.name, ["sh", "-c", _OWN_NAME, "own-name", spec.hostname])
            systemd.install_key(spec.name, spec.user, spec.public_key)
            systemd.trust(spec.name, spec.address, *spec.public)
        case Vgw():
            vgw.apply(spec.name, _vgw_texts(spec))
        case Database():
            _default_route(spec.name, spec.gateway)
            _wait_for_database(spec.name)
            if spec.restore and spec.restore.replay:
                mysql.replay(spec.name, spec.restore.source, dict(spec.restore.replay))
            if spec.restore and spec.restore.adopt:
                return
            mysql.sync_users(spec.name, [{"name": user.name, "password": user.password, "host": user.host, "authority": user.authority}
                                         for user in spec.users])
            mysql.sync_schemas(spec.name, [{"name": schema.name} for schema in spec.schemas])
        case LoadBalancer():
            haproxy.reload_lb(spec.name, balancing.haproxy(spec), balancing.files(spec))


def _remove(name: str) -> None:
    """A network, or a container with the siblings that live in its network, and its files."""
    if podman("network", "ls", "--quiet", f"--filter=name=^{name}$").strip():
        remove_network(name)
        return
    remove(*podman("ps", "--all", "--quiet", f"--filter=label={LABEL_HOST}={name}").split())
    remove(name)
    shutil.rmtree(HOSTS / name, ignore_errors=True)


def _both_networks(spec: Router | LoadBalancer) -> list[tuple[str, str]]:
    internet = [(INTERNET_NETWORK, spec.internet_address)] if spec.internet_address else []
    return [*internet, (spec.network, spec.address)]


def _router_texts(spec: Router) -> dict[str, str]:
    return {"apply": routing.script(spec), "router.nft": routing.rules(spec)}


def _vgw_texts(spec: Vgw) -> dict[str, str]:
    return {"network": "".join(f"{line}\n" for line in strongswan.addresses(spec)), "swanctl.conf": strongswan.swanctl(spec),
            "strongswan.conf": strongswan.charon(spec)}


def _filter(spec: Spec) -> None:
    """Put a port's security groups into force. Before anything else is done to what runs, as a cloud has no port without them."""
    if isinstance(spec, Host | Database | LoadBalancer):
        _inside(spec.name, ["nft", "--file", "-"], filtering.ruleset(spec.filter))


def _default_route(name: str, gateway: str) -> None:
    _inside(name, ["ip", "route", "replace", "default", "via", gateway])


def _inside(name: str, command: list[str], stdin: str = "") -> None:
    """Run a command of this machine in a container's network: from outside, as not every container has a right to change its own."""
    pid = podman("inspect", "--format={{.State.Pid}}", name).strip()
    done = subprocess.run(["nsenter", f"--net=/proc/{pid}/ns/net", *command], input=stdin, capture_output=True, text=True, check=False, timeout=10)
    if done.returncode:
        raise PodmanError(f"`{' '.join(command)}` in the network of {name}: {done.stderr.strip()}")


def _wait_for_database(name: str) -> None:
    deadline = time.monotonic() + DATABASE_LIMIT
    while not mysql.ready(name):
        if time.monotonic() > deadline:
            state = podman("inspect", "--format={{.State.Status}} (exit code {{.State.ExitCode}})", name, check=False).strip()
            raise TimeoutError(f"MySQL in {name} did not answer within {DATABASE_LIMIT:.0f} s; container: {state}. See `podman logs {name}`.")
        time.sleep(0.2)
