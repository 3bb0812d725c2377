# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a gateway's configuration lies: what is wanted, what is in force, what was kept, and what its services run with. Runs on the gateway."""

from __future__ import annotations

import fcntl
import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .echo import Echo
from .planes import Failed, run

STATE = Path("/var/lib/multicloud-vpn")
SWANCTL, HEALTH = "etc/swanctl/conf.d/multicloud-{}.conf", "etc/multicloud-vpn-health.json"
SETTINGS, PLANE = "etc/strongswan.d/zz-multicloud.conf", "etc/strongswan.d/zz-multicloud-plane.conf"
DROP_IN = "etc/systemd/system/strongswan.service.d/multicloud.conf"
NETWORK, FILTER = "etc/systemd/system/multicloud-vpn-network.service", "etc/multicloud-vpn.nft"
UNIT = "etc/systemd/system/multicloud-vpn-health.service"
TUNNELS = ("a", "b")
ALONE_SECONDS, PAUSE = 300.0, 0.25     # longer than a configuration takes to be taken back, its services started anew
FILES = (*(SWANCTL.format(name) for name in TUNNELS), HEALTH, SETTINGS, PLANE, DROP_IN, NETWORK, FILTER, UNIT)
GONE = ("etc/swanctl/conf.d/multicloud.conf",)      # of earlier versions
DAEMONS = ("multicloud-vpn-network.service", "strongswan.service", "multicloud-vpn-health.service")
# What each service runs with, as it noted when it was started or loaded: somebody may have changed files and started nothing, or the other way round.
NOTES = {"network": "/run/multicloud-vpn-network/sums", "daemon": "/run/multicloud-vpn/daemon", "tunnels": "/run/multicloud-vpn/tunnels"}


def digest(folder: Path) -> str:
    """A short name for the Python files of a folder."""
    found = hashlib.sha256()
    for path in sorted(folder.glob("*.py")):
        found.update(path.name.encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:12]


def others(only: Sequence[str]) -> list[str]:
    """The tunnels that are to stay as they are, of those that alone are described anew; none where both are (empty)."""
    return [name for name in TUNNELS if only and name not in only]


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Place:
    """Where everything lies; tests hand in another root. run: as planes.run; carries: does a tunnel answer now?"""

    def __init__(self, root: Path = Path("/"), run: Callable[[Sequence[str], float], str] = run,
                 carries: Callable[[str, str], bool] | None = None, clock: Callable[[], float] = time.monotonic,
                 sleep: Callable[[float], None] = time.sleep) -> None:
        self.root, self.run, self.clock, self.sleep = root, run, clock, sleep
        self.carries = carries or answers_now
        self.state = root / STATE.relative_to("/")
        self.wanted, self.kept = self.state / "wanted", self.state / "kept"

    @contextmanager
    def alone(self, meanwhile: Callable[[], None] = lambda: None) -> Iterator[None]:
        """While nobody else changes, keeps or takes back; who is killed leaves no lock. meanwhile: done before each try. Raises Failed."""
        self.state.mkdir(parents=True, exist_ok=True)
        (self.state / "lock").touch(mode=0o600)         # nobody else may hold it
        end = self.clock() + ALONE_SECONDS
        with (self.state / "lock").open("w", encoding="utf-8") as held:
            while True:
                meanwhile()
                try:
                    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError as error:
                    if self.clock() >= end:
                        raise Failed(f"another change of this host has been going on for {ALONE_SECONDS:.0f} s; run this again when it is over, see "
                                     "`journalctl -u multicloud-vpn-load -u multicloud-vpn-back`") from error
                self.sleep(PAUSE)
            yield

    def text(self, below: Path, name: str) -> str | None:
        """A file's text, None when there is none."""
        path = below / name
        return path.read_text(encoding="utf-8") if path.is_file() else None

    def put(self, below: Path, to: Path, name: str) -> None:
        """Copy a file in one step, or remove it where there is none; keys stay root's."""
        target = to / name
        if (text := self.text(below, name)) is None:
            target.unlink(missing_ok=True)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(f".{target.name}.new")
        fresh.touch(mode=0o600)
        fresh.write_text(text, encoding="utf-8")
        fresh.chmod((below / name).stat().st_mode & 0o777)
        fresh.replace(target)

    def differs(self, only: Sequence[str] = ()) -> list[str]:
        """Files that are wanted otherwise than they are in force, or that an interrupted run had put in place and not loaded. only: tunnels that were
        described now, where not both; of another one what is in force is wanted."""
        left = [SWANCTL.format(name) for name in others(only)]
        wanted = [name for name in FILES if name not in left and self.text(self.wanted, name) != self.text(self.root, name)]
        unfinished = [unit for unit in DAEMONS if not self.active(unit)] + [f"{name} in force" for name in self.stale()]
        unfinished += (["code"] if self.code() != self.running() else [])
        unfinished += [str(mark.relative_to(self.state)) for mark in (self.state / "loading", self.state / "rolled-back") if mark.exists()]
        return wanted + [name for name in GONE if (self.root / name).exists()] + unfinished

    def active(self, unit: str) -> bool:
        """Does systemd say it runs?"""
        return self._true("systemctl", "is-active", "--quiet", unit)

    def _true(self, *argv: str) -> bool:
        try:
            self.run(argv, 10.0)
        except Failed:
            return False
        return True

    def stale(self) -> list[str]:
        """Of NOTES, those whose services run with other files than those that are there."""
        return [name for name, note in NOTES.items() if not self._true("sha256sum", "--check", "--status", note)]

    def unloaded(self) -> list[str]:
        """Tunnels whose file is another than the one that was loaded last, by what the daemon noted; none where it noted nothing."""
        return [name for name, was in self._noted().items() if (text := self.text(self.root, SWANCTL.format(name))) and _sum(text) != was]

    def put_back(self) -> None:
        """A tunnel's file that was put and not loaded, by a run that was killed, is again what was kept, where that is what was loaded: a reload for
        the other tunnel loads all files."""
        noted = self._noted()
        for name in self.unloaded():
            if _sum(self.text(self.kept, SWANCTL.format(name)) or "") == noted[name]:
                self.put(self.kept, self.root, SWANCTL.format(name))

    def change_only(self, names: Sequence[str]) -> None:
        """What is wanted of another tunnel is what is in force: what lies there may be what a run before this one wanted of it. Empty for both."""
        if names:
            self.put_back()
        for name in others(names):
            if self.text(self.root, SWANCTL.format(name)):
                self.put(self.root, self.wanted, SWANCTL.format(name))

    def _noted(self) -> dict[str, str]:
        """{tunnel: the sum of its file that was loaded last}, by what the daemon noted."""
        note = self.root / NOTES["tunnels"].lstrip("/")
        lines = note.read_text(encoding="utf-8").splitlines() if note.is_file() else []
        noted = {line.split()[-1]: line.split()[0] for line in lines}
        return {name: noted[path] for name in TUNNELS if (path := f"/{SWANCTL.format(name)}") in noted}

    def code(self) -> str:
        """A short name for the code that lies here."""
        return digest(Path(__file__).parent)

    def running(self) -> str:
        """The same, of what the health unit runs."""
        return str(self.health().get("code", ""))

    def health(self) -> dict[str, Any]:
        """What the health unit says, {} when it says nothing."""
        path = self.root / "run/multicloud-vpn-health/state.json"
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        return found

    def config(self, below: Path) -> dict[str, Any] | None:
        """The health unit's configuration, which also names the plane and both tunnels' ends."""
        text = self.text(below, HEALTH)
        return json.loads(text) if text else None


def answers_now(here: str, there: str) -> bool:
    """Does an echo come back within a second?"""
    echo, until = Echo(here, there), time.monotonic() + 1.0
    try:
        while time.monotonic() < until:
            echo.ask()
            step = time.monotonic() + 0.2
            while time.monotonic() < step:
                if echo.answers():
                    return True
                time.sleep(0.01)
    finally:
        echo.close()
    return False
