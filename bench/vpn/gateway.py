# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab's gateway and what is at its other end, reached from this machine. Nothing here decides anything."""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import ip_address, ip_interface
from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils.vpn.planes import plane_of, tunnels_of

from bench.site import play
from lab import faults
from lab.podman import containers, execute
from lab.world import NHN_ROUTER

STATE = "/run/multicloud-vpn-health/state.json"
CONFIG = "/etc/multicloud-vpn-health.json"
PAUSE = 0.1
TABLE = "77"


class NotReady(RuntimeError):
    """Something did not become as it must be; the message says what was last seen."""


class Gateway:
    """NHN's management host with its two tunnels, and AWS's standby host and virtual private gateway."""

    def __init__(self) -> None:
        self.here = self._one("nhn", "host")
        self.there = self._one("aws", "host")
        self.peer = self._one("aws", "vgw")
        self.config: dict[str, Any] = json.loads(self.run(["cat", CONFIG]))
        self.source: str = self.config["local_address"]
        self.target = self._address(self.there)

    @staticmethod
    def _one(site: str, kind: str) -> str:
        found = [row["name"] for row in containers(site=site, kind=kind) if row["state"] == "running"]
        if len(found) != 1:
            raise NotReady(f"{site} has {len(found)} running containers of kind {kind}, not one; build the lab with both tunnels first")
        return str(found[0])

    @staticmethod
    def _address(host: str) -> str:
        return execute(host, ["hostname", "-I"]).split()[0]

    def run(self, argv: Sequence[str], timeout: float = 60) -> str:
        """A command on the gateway."""
        return execute(self.here, list(argv), timeout=timeout)

    def other(self, argv: Sequence[str], timeout: float = 60) -> str:
        """A command on the other site's host."""
        return execute(self.there, list(argv), timeout=timeout)

    def cut(self, name: str) -> None:
        """Make a fault of the lab true."""
        faults.break_(faults.find(name))

    def mend(self, name: str) -> None:
        """And undo it."""
        faults.mend(faults.find(name))

    def change(self, options: Mapping[str, Any]) -> None:
        """Give both of AWS's ends these options, as people do it."""
        play("site.yml", "--tags", "aws_vpn", "-e", json.dumps({"aws_vpn_tunnel_options": options}))

    @contextlib.contextmanager
    def plain_way(self) -> Iterator[None]:
        """For a while the two hosts speak to each other past the tunnels."""
        router = next(row["name"] for row in containers(site="nhn", kind="router"))
        gate = self.run(["sh", "-c", "ip -4 route show default | awk '{print $3; exit}'"]).strip()
        # Which of its two interfaces leads there is not told by their names.
        ends = (ip_interface(word) for word in re.findall(r"inet (\S+)", execute(self.peer, ["ip", "-4", "-o", "addr", "show"])))
        peer = next(str(end.ip) for end in ends if ip_address(NHN_ROUTER) in end.network)

        def set_up(verb: str) -> None:
            for host, line in (*past(verb, self.here, self.target, gate), *past(verb, router, self.target, peer),
                               *past(verb, self.peer, self.source, NHN_ROUTER)):
                execute(host, line.split(), check=verb == "add")

        try:
            set_up("add")
            # Untranslated, as packets are that come out of a tunnel: the answers must find their way back.
            execute(router, ["nft", "insert", "rule", "ip", "lab_router", "postrouting", "ip", "daddr", self.target, "accept"])
            yield
        finally:
            set_up("del")
            execute(router, ["sh", "/etc/lab/apply"])

    def up(self) -> dict[str, bool]:
        """{tunnel: does it carry packets}, as the health unit sees it."""
        told = json.loads(self.run(["cat", STATE]))
        return {name: bool(each["up"]) for name, each in told["tunnels"].items()}

    def carrying(self) -> str | None:
        """The tunnel that carries now, in whichever data plane."""
        return plane_of(self.config, tunnels_of(self.config), lambda argv, _: self.run(argv)).carrying()

    def both_up(self, seconds: float = 60) -> None:
        """Wait until both carry packets and there is a child for the sites in each. Raises NotReady."""
        self._until(lambda: all(self.up().values()) and self._children() >= {"a", "b"}, seconds, "both tunnels up")

    def one_up(self, seconds: float = 30) -> None:
        """Wait until one carries packets and the other does not, and traffic is in the one that does. Raises NotReady."""
        self._until(lambda: [name for name, up in self.up().items() if up] == [self.carrying()], seconds, "traffic in the one tunnel that is up")

    def _children(self) -> set[str]:
        listing = self.run(["swanctl", "--list-sas", "--raw"])
        return {name for name in "ab" if f"{{name=sites-{name} " in listing}

    def _until(self, true: Callable[[], bool], seconds: float, what: str) -> None:
        end = time.monotonic() + seconds
        while not true():
            if time.monotonic() > end:
                raise NotReady(f"{what}: not within {seconds:.0f} s; last seen {self.up()}, carrying {self.carrying()}")
            time.sleep(PAUSE)


def past(verb: str, host: str, target: str, gate: str) -> list[tuple[str, str]]:
    """(host, command) that leads packets for one address past the tunnels, or with `del` no more."""
    return [(host, f"ip route {verb} {target}/32 via {gate} table {TABLE}"), (host, f"ip rule {verb} to {target}/32 pref {TABLE} lookup {TABLE}")]
