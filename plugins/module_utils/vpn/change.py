# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a new configuration of the gateway comes into force, and is taken back when it cuts the host off. Runs on the gateway, as root.

The role lays what is wanted down below WANTED, in the paths it will have. `begin` arms a way back and starts `load`, which brings it into force
one tunnel after the other: the one that carries is left alone until the other answers. Whoever then comes by a connection of his own and says
`keep` has reached the host with all of it in force, and the way back is called off; when nobody does, what was kept before comes back by itself.

python3 -m multicloud_dr.vpn.change differs | begin SECONDS BACK | load SECONDS BACK | result SECONDS | keep | back |
                                         prove SECONDS | lead TUNNEL
differs, begin and result print one JSON document.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..aloud import aloud
from .echo import Echo
from .planes import Failed, Plane, plane_of, run, tunnels_of
from .refusals import read_journal, refusals
from .traces import left_over

STATE = Path("/var/lib/multicloud-vpn")
SWANCTL, HEALTH = "etc/swanctl/conf.d/multicloud-{}.conf", "etc/multicloud-vpn-health.json"
SETTINGS, PLANE = "etc/strongswan.d/zz-multicloud.conf", "etc/strongswan.d/zz-multicloud-plane.conf"
DROP_IN = "etc/systemd/system/strongswan.service.d/multicloud.conf"
NETWORK, FILTER = "etc/systemd/system/multicloud-vpn-network.service", "etc/multicloud-vpn.nft"
UNIT = "etc/systemd/system/multicloud-vpn-health.service"
TUNNELS = ("a", "b")
FILES = (*(SWANCTL.format(name) for name in TUNNELS), HEALTH, SETTINGS, PLANE, DROP_IN, NETWORK, FILTER, UNIT)
GONE = ("etc/swanctl/conf.d/multicloud.conf",)      # of earlier versions
DAEMONS = ("multicloud-vpn-network.service", "strongswan.service", "multicloud-vpn-health.service")
# What each service runs with, as it noted when it was started or loaded: somebody may have changed files and started nothing, or the other way round.
NOTES = {"network": "/run/multicloud-vpn-network/sums", "daemon": "/run/multicloud-vpn/daemon", "tunnels": "/run/multicloud-vpn/tunnels"}
BACK_TIMER, LOADER = "multicloud-vpn-back", "multicloud-vpn-load"
PAUSE, LEAD_SECONDS, REVIVE_SECONDS = 0.25, 10.0, 1.0


def digest(folder: Path) -> str:
    """A short name for the Python files of a folder."""
    found = hashlib.sha256()
    for path in sorted(folder.glob("*.py")):
        found.update(path.name.encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:12]


class Place:
    """Where everything lies; tests hand in another root. run: as planes.run; carries: does a tunnel answer now?"""

    def __init__(self, root: Path = Path("/"), run: Callable[[Sequence[str], float], str] = run,
                 carries: Callable[[str, str], bool] | None = None, clock: Callable[[], float] = time.monotonic,
                 sleep: Callable[[float], None] = time.sleep) -> None:
        self.root, self.run, self.clock, self.sleep = root, run, clock, sleep
        self.carries = carries or answers_now
        self.state = root / STATE.relative_to("/")
        self.wanted, self.kept = self.state / "wanted", self.state / "kept"

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

    def differs(self) -> list[str]:
        """Files that are wanted otherwise than they are in force, or that an interrupted run had put in place and not loaded."""
        wanted = [name for name in FILES if self.text(self.wanted, name) != self.text(self.root, name)]
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


class Change:
    """One change, from what is in force to what is wanted."""

    def __init__(self, place: Place, seconds: float) -> None:
        self.place, self.seconds = place, seconds
        config = place.config(place.wanted)
        if config is None:
            raise Failed(f"{place.wanted / HEALTH}: is missing; the role lays it down")
        self.config = config
        self.ends = {tunnel.name: tunnel for tunnel in tunnels_of(config)}
        self.plane: Plane = plane_of(config, list(self.ends.values()), place.run)
        self.done: list[str] = []

    def load(self) -> dict[str, Any]:
        """Bring it into force: {"done": [what was done], "down": {tunnel: why it carries nothing}}."""
        place = self.place
        before = place.config(place.root)
        stale = place.stale()
        first = before is None or before["plane"] != self.config["plane"] or not place.active("strongswan.service") or "daemon" in stale
        changed = {name for name in FILES if place.text(place.wanted, name) != place.text(place.root, name)}
        for name in GONE:
            (place.root / name).unlink(missing_ok=True)
        if changed & {NETWORK, DROP_IN, UNIT}:
            self._put(NETWORK, DROP_IN, UNIT)
            place.run(["systemctl", "daemon-reload"], 30.0)
        if changed & {NETWORK, FILTER} or not place.active(DAEMONS[0]) or "network" in stale:
            self._put(NETWORK, FILTER)
            self._do("restart", DAEMONS[0])
        if first or PLANE in changed:
            self._put(*(SWANCTL.format(name) for name in TUNNELS), SETTINGS, PLANE)
            self._do("restart", "strongswan.service")
        else:
            if SETTINGS in changed:
                self._put(SETTINGS)
                self._do("reload", "strongswan.service")
            for name in self._order([name for name in TUNNELS if SWANCTL.format(name) in changed]):
                if not self._one(name):
                    break
            if "tunnels" in stale:
                self._do("reload", "strongswan.service")
        self._put(HEALTH, UNIT)
        if changed & {HEALTH, UNIT} or not place.active(DAEMONS[2]) or place.code() != place.running():
            self._do("restart", DAEMONS[2])
        let_go(place, [before, place.config(place.kept)], self.config)      # last: until here the health unit of before would set it again
        place.run(["systemctl", "enable", "--quiet", *DAEMONS], 30.0)
        return {"done": self.done, "down": self.down(self.seconds)}

    def _put(self, *names: str) -> None:
        for name in names:
            self.place.put(self.place.wanted, self.place.root, name)

    def _do(self, verb: str, unit: str) -> None:
        self.place.run(["systemctl", verb, unit], 60.0)
        self.done.append(f"{unit} {verb}ed")

    def _order(self, names: list[str]) -> list[str]:
        """Those that carry nothing first, then the one that stands by, then the one that carries."""
        try:
            carrying = self.plane.carrying()
        except Failed:
            carrying = None
        return sorted(names, key=lambda name: (self._carries(name), name == carrying))

    def _one(self, name: str) -> bool:
        """Load one tunnel's new description. What it carried goes by the other before it is touched; False when it does not come up and the
        other is all there is."""
        other = next(each for each in TUNNELS if each != name)
        if self._carries(name) and self._carries(other):
            self.lead(other)
        self._put(SWANCTL.format(name))
        self.place.run(["systemctl", "reload", "strongswan.service"], 30.0)
        with suppress(Failed):              # it may not have been up; what is up was agreed upon with the description before
            self.place.run(["swanctl", "--terminate", "--ike", f"multicloud-{name}", "--force", "--timeout", "2"], 10.0)
        with suppress(Failed):
            self.plane.revive(name)
        self.done.append(f"tunnel {name} loaded")
        came = name not in self.down(self.seconds, (name,))
        return came or not self._carries(other)

    def lead(self, name: str) -> None:
        """Traffic by this tunnel, and seen to be; and the health unit calls it up, or it would lead traffic back out of a tunnel just built."""
        place, end = self.place, self.place.clock() + LEAD_SECONDS
        while not (self._believed(name) and self.plane.carrying() == name):
            if place.clock() >= end:
                raise Failed(f"tunnel {name} answers, but traffic could not be led into it within {LEAD_SECONDS:.0f} s; the other was not touched")
            if self.plane.carrying() != name:
                self.plane.lead(name)
            wait = place.clock() + 1.0
            while not (self._believed(name) and self.plane.carrying() == name) and place.clock() < wait:
                place.sleep(PAUSE / 5)
        self.done.append(f"traffic led by tunnel {name}")

    def _believed(self, name: str) -> bool:
        tunnel = self.place.health().get("tunnels", {}).get(name)
        return tunnel is None or bool(tunnel["up"])

    def _whole(self, name: str) -> bool:
        try:
            return self.plane.whole(name)
        except Failed:
            return False

    def _carries(self, name: str) -> bool:
        return self.place.carries(self.ends[name].here, self.ends[name].there)

    def down(self, seconds: float, names: Sequence[str] = TUNNELS) -> dict[str, str]:
        """{tunnel: why} of those that carry nothing after that long."""
        end, left, revived = self.place.clock() + seconds, list(names), self.place.clock()
        while left := [name for name in left if not (self._carries(name) and self._whole(name))]:
            now = self.place.clock()
            if now >= end:
                break
            if now - revived >= REVIVE_SECONDS:
                revived = now
                for name in left:
                    with suppress(Failed):          # charon may be starting; what it says is read at the end
                        self.plane.revive(name)
            self.place.sleep(PAUSE)
        return {name: why(self.place, name) for name in left}


def let_go(place: Place, were: Sequence[dict[str, Any] | None], wanted: dict[str, Any] | None) -> None:
    """Take away what configurations before set on this host and the wanted one does not; of that, what is there."""
    for command in left_over(were, wanted):
        with suppress(Failed):
            place.run(command, 5.0)


def why(place: Place, name: str) -> str:
    """Which side refused a tunnel and why, from charon's journal."""
    try:
        lines = place.run(["journalctl", "--unit=strongswan.service", "--output=json", "--no-pager", "--since=-5min"], 20.0).splitlines()
    except Failed as error:
        return f"charon's journal could not be read: {error}"
    found = refusals(read_journal(lines)).get(f"multicloud-{name}")
    return str(found) if found else "charon says of no refusal; nothing came back through the tunnel"


def begin(place: Place, seconds: float, back_after: float) -> dict[str, Any]:
    """Arm the way back, then start loading beside this: the answer to this call must get through whatever the change does."""
    for name in ("rolled-back", "result.json"):
        (place.state / name).unlink(missing_ok=True)
    arm(place, 4 * seconds + back_after)
    (place.state / "loading").touch()
    place.run(["systemd-run", "--quiet", "--collect", "--no-block", f"--unit={LOADER}", *_me("load", str(seconds), str(back_after))], 30.0)
    return {"armed": back_after}


def _me(*words: str) -> list[str]:
    return [f"--setenv=PYTHONPATH={Path(__file__).resolve().parents[2]}", sys.executable, "-m", f"{__package__}.change", *words]


def arm(place: Place, after: float) -> None:
    """Whatever happens, `back` is done after that many seconds, unless `disarm` comes first."""
    disarm(place)
    place.run(["systemd-run", "--quiet", "--collect", f"--unit={BACK_TIMER}", f"--on-active={after:.0f}", "--timer-property=AccuracySec=1s",
               *_me("back")], 30.0)


def disarm(place: Place) -> None:
    """Call the way back off; it may have been gone, or never been."""
    with suppress(Failed):
        place.run(["systemctl", "stop", f"{BACK_TIMER}.timer"], 30.0)


def load(place: Place, seconds: float, back_after: float) -> bool:
    """Bring what is wanted into force and leave word of it for `result`. From then on the controller has `back_after` seconds to come by."""
    told: dict[str, Any]
    try:
        told = Change(place, seconds).load()
    except Failed as error:
        told = {"failed": str(error)}
    arm(place, back_after)
    fresh = place.state / "result.new"
    fresh.write_text(json.dumps(told), encoding="utf-8")
    fresh.replace(place.state / "result.json")
    return "failed" not in told


def result(place: Place, seconds: float) -> dict[str, Any]:
    """What `load` has to say, waited for: its own words, {"failed": why} or {"rolled_back": why}."""
    mark, path, end = place.state / "rolled-back", place.state / "result.json", place.clock() + seconds
    while not path.exists() and not mark.exists() and place.clock() < end:
        place.sleep(PAUSE)
    if mark.exists():
        return {"rolled_back": mark.read_text(encoding="utf-8").strip()}
    if not path.exists():
        return {"failed": f"loading has not ended within {seconds:.0f} s; see `journalctl -u {LOADER}`"}
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return told


def keep(place: Place) -> None:
    """Who says this has reached the host with the new configuration in force: it is the one that is come back to from now on. Raises Failed."""
    if (place.state / "rolled-back").exists():
        raise Failed((place.state / "rolled-back").read_text(encoding="utf-8").strip())
    disarm(place)
    for name in FILES:
        place.put(place.root, place.kept, name)
    (place.state / "loading").unlink(missing_ok=True)


def back(place: Place) -> None:
    """Nobody has reached this host since the change: bring what was kept before into force, or nothing when nothing ever was."""
    with suppress(Failed):              # it may have ended
        place.run(["systemctl", "stop", f"{LOADER}.service"], 30.0)
    was = place.config(place.kept)
    with suppress(Failed):              # it would set again what is let go
        place.run(["systemctl", "stop", DAEMONS[2]], 30.0)
    # First: it is what may have cut the host off. What was wanted counts too: a loader that was ended had set it, and not yet said so.
    let_go(place, [place.config(place.root), place.config(place.wanted)], was)
    for name in FILES:
        place.put(place.kept, place.root, name)
    place.run(["systemctl", "daemon-reload"], 30.0)
    for unit in DAEMONS:
        try:
            place.run(["systemctl", "restart" if was else "stop", unit], 60.0)
        except Failed as error:
            aloud(error, to=sys.stderr)
    (place.state / "loading").unlink(missing_ok=True)
    (place.state / "rolled-back").write_text("nobody reached this host after the new configuration came into force; "
                                             f"{'the one before it is in force again' if was else 'nothing of it is in force'}\n", encoding="utf-8")


def main(argv: Sequence[str]) -> int:
    """Entry point. 0: done; 1: what was asked for is not so, and says why; 2: no such verb."""
    place = Place()
    verb = argv[1] if len(argv) > 1 else ""
    try:
        if verb == "lead":
            return _lead(place, argv[2])
        numbers = [float(word) for word in argv[2:]]
        if verb == "differs":
            aloud(json.dumps({"differs": place.differs()}))
        elif verb == "begin":
            aloud(json.dumps(begin(place, *numbers)))
        elif verb == "load":
            return 0 if load(place, *numbers) else 1
        elif verb == "result":
            aloud(json.dumps(result(place, *numbers)))
        elif verb == "keep":
            keep(place)
        elif verb == "back":
            back(place)
        elif verb == "prove":
            return _prove(place, *numbers)
        else:
            aloud(__doc__, to=sys.stderr)
            return 2
    except Failed as error:
        aloud(error, to=sys.stderr)
        return 1
    return 0


def _lead(place: Place, name: str) -> int:
    change = Change(place, 0.0)
    before = change.plane.carrying()
    if before != name:
        change.lead(name)
    aloud(json.dumps({"before": before, "carrying": name}))
    return 0


def _prove(place: Place, seconds: float) -> int:
    down = Change(place, seconds).down(seconds)
    for name in TUNNELS:
        aloud(f"tunnel {name} {'carries nothing; ' + down[name] if name in down else 'carries packets'}")
    return 1 if down else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv))
