# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How packets for the other site are led into one tunnel or the other, in each data plane. Edges: runs `ip` and `swanctl`.

kernel: an XFRM interface a tunnel, and two routes; that with the lower metric carries, and each tunnel can have it. The other stands by.
userspace: strongSwan's libipsec sends by whichever child of the shared number (reqid) was built last, at both ends. So a tunnel is made the one
that carries by building its child anew: a rekeying, of which no packet is lost.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Run = Callable[[Sequence[str], float], str]
LOST = 500                      # metric of the route that leads nowhere
_CHILD = re.compile(r"\bsites-(\w+?)-\d+ \{(.*?)\}", re.DOTALL)


class Failed(RuntimeError):
    """A command refused or hung; the message is its own words."""


def run(argv: Sequence[str], timeout: float) -> str:
    """What a command prints. Raises Failed."""
    try:
        done = subprocess.run(list(argv), capture_output=True, text=True, check=False, timeout=timeout)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failed(f"{argv[0]}: {error}") from error
    if done.returncode:
        raise Failed(f"{' '.join(argv)}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


@dataclass(frozen=True)
class Tunnel:
    """here, there: the inside addresses of this end and the other; interface, metric: of the kernel's data plane, the metric as it begins."""

    name: str
    here: str
    there: str
    interface: str = ""
    metric: int = 100


class Plane(Protocol):
    """carrying: the tunnel by which packets for the other site leave now, None when by none; lead: make it this one; settle: what follows of which
    are up; revive: have built what should be there of a tunnel and is not; renew: end and build anew what seems to be there of one that carries
    nothing; whole: could it carry packets of the sites, if it answers?"""

    def carrying(self) -> str | None: ...
    def lead(self, name: str) -> None: ...
    def settle(self, up: Mapping[str, bool]) -> None: ...
    def revive(self, name: str) -> None: ...
    def renew(self, name: str) -> bool: ...
    def whole(self, name: str) -> bool: ...


def missing(listing: str, name: str, kinds: Sequence[str]) -> list[str]:
    """Of `swanctl --list-sas --raw`: a tunnel's children that are not there and that nobody is about to build.

    strongSwan builds by itself what silence took away (dpd_action), and nothing that a peer deleted; and a child that is asked for while its IKE SA
    is being deleted, as when a changed connection is loaded, is forgotten (5.9.8). What is being built is not asked for twice.
    """
    blocks = [block for block in listing.split("list-sa event ") if block.startswith(f"{{multicloud-{name} {{")]
    if any(not re.search(r"\bstate=ESTABLISHED\b", block) or "CHILD_CREATE" in block for block in blocks):
        return []
    return [f"{kind}-{name}" for kind in kinds if not any(f"name={kind}-{name} " in block for block in blocks)]


def build_missing(run: Run, name: str, kinds: Sequence[str]) -> None:
    """Ask for them, without waiting for an answer."""
    for child in missing(run(["swanctl", "--list-sas", "--raw"], 2.0), name, kinds):
        run(["swanctl", "--initiate", "--child", child, "--timeout", "-1"], 2.0)


def end_what_seems_whole(run: Run, name: str, kinds: Sequence[str]) -> bool:
    """End a tunnel that IKE holds to be well: established, all children there, nobody building. Whether there was one to end.

    Two ends that begin at once, after both gave the other up, can leave a child whose policy went with the one that lost (5.9.8, libipsec).
    """
    listing = run(["swanctl", "--list-sas", "--raw"], 2.0)
    blocks = [block for block in listing.split("list-sa event ") if block.startswith(f"{{multicloud-{name} {{")]
    busy = any(not re.search(r"\bstate=ESTABLISHED\b", block) or "CHILD_CREATE" in block for block in blocks)
    if not blocks or busy or missing(listing, name, kinds):
        return False
    run(["swanctl", "--terminate", "--ike", f"multicloud-{name}", "--force", "--timeout", "-1"], 2.0)
    return True


class Userspace:
    """libipsec: the newest child carries."""

    def __init__(self, run: Run = run) -> None:
        self.run = run

    def carrying(self) -> str | None:
        """The tunnel whose child for the sites was installed last."""
        return newest(self.run(["swanctl", "--list-sas", "--raw"], 2.0))

    def lead(self, name: str) -> None:
        """Build its child for the sites anew, or build it when there is none."""
        try:
            self.run(["swanctl", "--rekey", "--child", f"sites-{name}"], 2.0)
        except Failed:
            self.run(["swanctl", "--initiate", "--child", f"sites-{name}", "--timeout", "-1"], 2.0)

    def settle(self, up: Mapping[str, bool]) -> None:
        """Nothing to do: a child that comes back leads by itself."""

    def whole(self, name: str) -> bool:
        """It answers by a child of its own; that for the sites may have been refused all the same."""
        return name in installed(self.run(["swanctl", "--list-sas", "--raw"], 2.0))

    def revive(self, name: str) -> None:
        """Both children."""
        build_missing(self.run, name, ("sites", "probe"))

    def renew(self, name: str) -> bool:
        """Both children."""
        return end_what_seems_whole(self.run, name, ("sites", "probe"))


def installed(listing: str) -> dict[str, int]:
    """Of `swanctl --list-sas --raw`: {tunnel: the highest number of its children for the sites that are installed}."""
    found: dict[str, int] = {}
    for name, inside in _CHILD.findall(listing):
        number = re.search(r"\buniqueid=(\d+)", inside)
        if number and re.search(r"\bstate=(INSTALLED|REKEYED|REKEYING)\b", inside):
            found[name] = max(found.get(name, 0), int(number.group(1)))
    return found


def newest(listing: str) -> str | None:
    """The tunnel whose child for the sites was built last, None without any."""
    found = installed(listing)
    return max(found, key=found.__getitem__) if found else None


class Kernel:
    """XFRM interfaces: the route with the least metric carries. A tunnel that comes back gets the other one, never a better one."""

    def __init__(self, remote: str, source: str, tunnels: Sequence[Tunnel], run: Run = run) -> None:
        self.remote, self.source, self.run = remote, source, run
        self.tunnels = {tunnel.name: tunnel for tunnel in tunnels}
        self.carries, *self.stands_by = sorted({tunnel.metric for tunnel in tunnels})
        self.seen: dict[int, str] | None = None         # the routes of the look that is going on, for `settle`

    def _routes(self) -> dict[int, str]:
        """{metric: tunnel}"""
        found = {}
        for line in self.run(["ip", "route", "show", "exact", self.remote], 2.0).splitlines():
            words = line.split()
            for tunnel in self.tunnels.values():
                if tunnel.interface in words:
                    found[int(words[words.index("metric") + 1]) if "metric" in words else 0] = tunnel.name
        return found

    def carrying(self) -> str | None:
        """The tunnel with the least metric."""
        self.seen = routes = self._routes()
        return routes[min(routes)] if routes else None

    def lead(self, name: str) -> None:
        """Put it in the place of the one that carries, in one step."""
        self.seen = None
        self._route(name, self.carries)
        self._stand_by(name)

    def settle(self, up: Mapping[str, bool]) -> None:
        """What somebody took away is there again, as with an interface that was made anew, all of its routes; which tunnel carries stays as it is.
        With no route left it is the first one that is up. By what `carrying` has just seen, where nothing was moved since."""
        routes, self.seen = self._routes() if self.seen is None else self.seen, None
        carrying = routes[min(routes)] if routes else next((name for name in self.tunnels if up.get(name)), None)
        if carrying is None:
            return
        if routes.get(self.carries) != carrying:
            self._route(carrying, self.carries)
        if set(routes.values()) != set(self.tunnels):
            self._stand_by(carrying)

    def _stand_by(self, carrying: str) -> None:
        others = [name for name in self.tunnels if name != carrying]
        for name, metric in zip(others, self.stands_by, strict=False):
            self._route(name, metric)

    def whole(self, name: str) -> bool:
        """What answers goes by the same child as everything."""
        return True

    def revive(self, name: str) -> None:
        """Its one child."""
        build_missing(self.run, name, ("sites",))

    def renew(self, name: str) -> bool:
        """Its one child."""
        return end_what_seems_whole(self.run, name, ("sites",))

    def _route(self, name: str, metric: int) -> None:
        self.run(["ip", "route", "replace", self.remote, "dev", self.tunnels[name].interface, "src", self.source, "metric", str(metric)], 2.0)


def plane_of(config: Mapping[str, Any], tunnels: Sequence[Tunnel], run: Run = run) -> Plane:
    """The data plane that a gateway's configuration names."""
    return Kernel(config["remote_cidr"], config["local_address"], tunnels, run) if config["plane"] == "kernel" else Userspace(run)


def tunnels_of(config: Mapping[str, Any]) -> list[Tunnel]:
    """The tunnels of a configuration: [{"name", "here", "there", "interface", "metric"}]."""
    return [Tunnel(**tunnel) for tunnel in config["tunnels"]]
