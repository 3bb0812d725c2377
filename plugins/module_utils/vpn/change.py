# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a new configuration of the gateway comes into force, and is taken back when it cuts the host off. Runs on the gateway, as root.

The role lays what is wanted down below WANTED, in the paths it will have. `begin` arms a way back and starts `load`, which brings it into force
one tunnel after the other: the one that carries is left alone until the other answers. Whoever then comes by a connection of his own and says
`keep` has reached the host with all of it in force, and the way back is called off; when nobody does, what was kept before comes back by itself.
A load that fails, or was ended, is taken back whole. The last tunnel that carries is not touched before the other one is up, whatever
an earlier run left; ACCEPT (1) is the word of whoever can do without both. `begin`, `load`, `keep` and `back` exclude each other (Place.alone).

python3 -m multicloud_dr.vpn.change differs [TUNNEL] | begin SECONDS BACK [ACCEPT] [TUNNEL] | load SECONDS BACK [ACCEPT] | result SECONDS |
                                         keep | back | prove SECONDS | lead TUNNEL [ACCEPT]
differs, begin, result and keep print one JSON document. With a TUNNEL only that one is changed; the other stays as it is in force.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..aloud import aloud
from .place import ALONE_SECONDS, DAEMONS, DROP_IN, FILES, FILTER, GONE, HEALTH, NETWORK, PAUSE, PLANE, SETTINGS, SWANCTL, TUNNELS, UNIT, Place
from .planes import Failed, Plane, plane_of, tunnels_of
from .refusals import read_journal, refusals
from .taking_back import arm, disarm, let_go, run_here, take_back, withdraw

LOADER = "multicloud-vpn-load"
LEAD_SECONDS, REVIVE_SECONDS = 10.0, 1.0
LOOKS = 4                       # that see no loader, one after the other, until it is held to be gone


class NotTouched(Failed):
    """A change that was not begun."""


class Change:
    """One change, from what is in force to what is wanted."""

    def __init__(self, place: Place, seconds: float, accept: bool = False, below: Path | None = None) -> None:
        """below: whose ends and ranges to go by, what is wanted when left out."""
        self.place, self.seconds, self.accept = place, seconds, accept
        below = below or place.wanted
        config = place.config(below)
        if config is None:
            raise Failed(f"{below / HEALTH}: is missing; role vpn_gateway brings it (site.yml --tags vpn_gateway)")
        self.config = config
        self.ends = {tunnel.name: tunnel for tunnel in tunnels_of(config)}
        self.plane: Plane = plane_of(config, list(self.ends.values()), place.run)
        self.done: list[str] = []
        self.loaded: list[str] = []         # tunnels
        self.left = ""                      # why a tunnel was left as it was after another was loaded

    def load(self) -> dict[str, Any]:
        """Bring it into force: {"done": [what was done], "down": {tunnel: why it carries nothing}}, and "left": why a tunnel was left as it was.
        Raises NotTouched, or Failed half way."""
        place = self.place
        before = place.config(place.root)
        place.put_back()
        stale = place.stale()
        first = before is None or before["plane"] != self.config["plane"] or not place.active("strongswan.service") or "daemon" in stale
        changed = {name for name in FILES if place.text(place.wanted, name) != place.text(place.root, name)}
        again = [name for name in TUNNELS if SWANCTL.format(name) in changed or name in place.unloaded()]
        if not first:
            self._refuse_the_last(again)
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
            for name in self._order(again):
                if not self._one(name):
                    break
            if "tunnels" in stale:
                self._do("reload", "strongswan.service")
        self._put(HEALTH, UNIT)
        if changed & {HEALTH, UNIT} or not place.active(DAEMONS[2]) or place.code() != place.running():
            self._do("restart", DAEMONS[2])
        let_go(place, [before, place.config(place.kept)], self.config)      # last: until here the health unit of before would set it again
        place.run(["systemctl", "enable", "--quiet", *DAEMONS], 30.0)
        return {"done": self.done, "down": self.down(self.seconds), **({"left": self.left} if self.left else {})}

    def _put(self, *names: str) -> None:
        for name in names:
            self.place.put(self.place.wanted, self.place.root, name)

    def _do(self, verb: str, unit: str) -> None:
        self.place.run(["systemctl", verb, unit], 60.0)
        self.done.append(f"{unit} {verb}ed")

    def _refuse_the_last(self, names: Sequence[str]) -> None:
        """A tunnel that carries is changed only while the other one is up, or can be made so by this very change. A run before this one may have
        changed the other in vain."""
        for name in names:
            other = next(each for each in TUNNELS if each != name)
            if self.accept or other in names or not self._carries(name):
                continue
            if down := self.down(self.seconds, (other,)):
                raise NotTouched(last_one(name, other, down[other]))

    def _order(self, names: list[str]) -> list[str]:
        """Those that carry nothing first, then the one that stands by, then the one that carries."""
        try:
            carrying = self.plane.carrying()
        except Failed:
            carrying = None
        return sorted(names, key=lambda name: (self._carries(name), name == carrying))

    def _one(self, name: str) -> bool:
        """Load one tunnel's new description. What it carried goes by the other before it is touched; False when it does not come up and the
        other is all there is, or when that other was loaded before and this one cannot be let go: what was loaded stays, as AWS may have its key
        alone."""
        other = next(each for each in TUNNELS if each != name)
        try:
            self._free(name, other)
        except Failed as error:
            if not self.loaded:
                raise
            self.left = f"tunnel {name} was left as it was, and tunnel {other} is loaded: {error}"
            return False
        self._put(SWANCTL.format(name))
        self.place.run(["systemctl", "reload", "strongswan.service"], 30.0)
        with suppress(Failed):              # it may not have been up; what is up was agreed upon with the description before
            self.place.run(["swanctl", "--terminate", "--ike", f"multicloud-{name}", "--force", "--timeout", "2"], 10.0)
        with suppress(Failed):
            self.plane.revive(name)
        self.done.append(f"tunnel {name} loaded")
        self.loaded.append(name)
        came = name not in self.down(self.seconds, (name,))
        return came or not self._carries(other)

    def _free(self, name: str, other: str) -> None:
        """What a tunnel carries goes by the other one, which has its time to come up: one look may have missed it. Raises Failed."""
        if not self._carries(name):
            return
        if not self._carries(other):
            if self.accept:
                return
            if down := self.down(self.seconds, (other,)):
                raise Failed(last_one(name, other, down[other]))
        self.lead(other)

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


def last_one(name: str, other: str, reason: str) -> str:
    """Why a tunnel is left alone."""
    return (f"tunnel {other} carries nothing ({reason}), and tunnel {name} is all there is, so it was not touched. Tunnel {other} must come up "
            f"first; who can do without both for a while says -e vpn_gateway_accept_both_down=true")


def why(place: Place, name: str) -> str:
    """Which side refused a tunnel and why, from charon's journal."""
    try:
        lines = place.run(["journalctl", "--unit=strongswan.service", "--output=json", "--no-pager", "--since=-5min"], 20.0).splitlines()
    except Failed as error:
        return f"charon's journal could not be read: {error}"
    found = refusals(read_journal(lines)).get(f"multicloud-{name}")
    return str(found) if found else "charon says of no refusal; nothing came back through the tunnel"


def begin(place: Place, seconds: float, back_after: float, accept: float = 0.0, *, only: Sequence[str] = ()) -> dict[str, Any]:
    """Arm the way back, then start loading beside this: the answer to this call must get through whatever the change does. only: the tunnels that are
    changed, where not both."""
    with place.alone():
        place.change_only(only)
        for name in ("rolled-back", "result.json"):
            (place.state / name).unlink(missing_ok=True)
        arm(place, 4 * seconds + back_after)
        (place.state / "loading").touch()
        loading = run_here("load", *map(str, (seconds, back_after, accept)))
        place.run(["systemd-run", "--quiet", "--collect", "--no-block", f"--unit={LOADER}", *loading], 30.0)
    return {"armed": back_after}


def load(place: Place, seconds: float, back_after: float, accept: float = 0.0) -> bool:
    """Bring what is wanted into force and leave word of it for `result`. From then on the controller has `back_after` seconds to come by. What
    fails is taken back whole, at once."""
    with place.alone():
        return _load(place, seconds, back_after, accept)


def _load(place: Place, seconds: float, back_after: float, accept: float) -> bool:
    told: dict[str, Any]
    try:
        told = Change(place, seconds, bool(accept)).load()
        arm(place, back_after)
    except NotTouched as error:
        told = {"failed": str(error)}
    except Failed as error:
        told = {"failed": f"{error}; {take_back(place)}"}
    if "failed" in told:
        disarm(place)               # it would start everything anew, and what is in force is what was
        (place.state / "loading").unlink(missing_ok=True)
    fresh = place.state / "result.new"
    fresh.write_text(json.dumps(told), encoding="utf-8")
    fresh.replace(place.state / "result.json")
    return "failed" not in told


def result(place: Place, seconds: float) -> dict[str, Any]:
    """What `load` has to say, waited for: its own words, {"failed": why} or {"rolled_back": why}."""
    mark, path, end = place.state / "rolled-back", place.state / "result.json", place.clock() + seconds
    looks = 0                   # of one after the other that saw no loader: it is started beside the caller
    while looks < LOOKS and not path.exists() and not mark.exists() and place.clock() < end:
        place.sleep(PAUSE)
        looks = 0 if place.active(f"{LOADER}.service") else looks + 1       # asked before the file is looked for: it writes that and ends
    if mark.exists():
        return {"rolled_back": mark.read_text(encoding="utf-8").strip()}
    if not path.exists() and looks >= LOOKS:
        return {"failed": f"loading was ended before it was done; see `journalctl -u {LOADER}`"}
    if not path.exists():
        return {"failed": f"loading has not ended within {seconds:.0f} s; see `journalctl -u {LOADER}`"}
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return told


def keep(place: Place) -> dict[str, Any]:
    """Who says this has reached the host with the new configuration in force: it is the one that is come back to from now on. Returns what `load` had
    to say; after {"failed": why} nothing is kept, as what lies there may be what a run before it put and never loaded. A loader that is still at work
    is waited for. Raises Failed; what was not loaded to its end, as the loader was killed, is not kept but taken back."""
    if _unfinished(place):
        result(place, ALONE_SECONDS)
    if _unfinished(place):
        _end_loader(place)
    with place.alone():
        if (place.state / "rolled-back").exists():
            raise Failed((place.state / "rolled-back").read_text(encoding="utf-8").strip())
        if _unfinished(place):
            said = f"loading was ended before it was done; {take_back(place)}"
            disarm(place)
            (place.state / "loading").unlink(missing_ok=True)
            raise Failed(said)
        disarm(place)
        path = place.state / "result.json"
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        for name in FILES if "failed" not in told else ():
            place.put(place.root, place.kept, name)
        (place.state / "loading").unlink(missing_ok=True)
    return told


def _unfinished(place: Place) -> bool:
    return (place.state / "loading").exists() and not (place.state / "result.json").exists()


def _end_loader(place: Place) -> None:
    with suppress(Failed):              # it may have ended
        place.run(["systemctl", "stop", f"{LOADER}.service"], 30.0)


def back(place: Place) -> None:
    """Nobody has reached this host since the change: bring what was kept before into force, or nothing when nothing ever was. Nothing is done where
    nothing is on probation any more: `keep` came first."""
    with place.alone(lambda: _end_loader(place)):
        if not (place.state / "loading").exists():
            return
        # First: whoever reaches the host half way must not take this for a change that was loaded and may be kept.
        _mark(place, "it is being taken back")
        _mark(place, withdraw(place))
        (place.state / "loading").unlink(missing_ok=True)


def _mark(place: Place, told: str) -> None:
    fresh = place.state / "rolled-back.new"
    fresh.write_text(f"nobody reached this host after the new configuration came into force; {told}\n", encoding="utf-8")
    fresh.replace(place.state / "rolled-back")


def main(argv: Sequence[str]) -> int:
    """Entry point. 0: done; 1: what was asked for is not so, and says why; 2: no such verb."""
    place = Place()
    verb = argv[1] if len(argv) > 1 else ""
    try:
        if verb == "lead":
            return _lead(place, argv[2], len(argv) > 3 and bool(float(argv[3])))
        only = [word for word in argv[2:] if word in TUNNELS]
        numbers = [float(word) for word in argv[2:] if word not in only]
        if verb == "differs":
            aloud(json.dumps({"differs": place.differs(only)}))
        elif verb == "begin":
            aloud(json.dumps(begin(place, *numbers, only=only)))
        elif verb == "load":
            return 0 if load(place, *numbers) else 1
        elif verb == "result":
            aloud(json.dumps(result(place, *numbers)))
        elif verb == "keep":
            aloud(json.dumps(keep(place)))
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


def _lead(place: Place, name: str, accept: bool) -> int:
    """By what is in force, and while nobody changes that: what is wanted may be what was taken back, of another range."""
    with place.alone():
        change = Change(place, 0.0, below=place.root)
        before = change.plane.carrying()
        other = next(each for each in TUNNELS if each != name)
        # Whoever leads takes the other away next.
        if not accept and (down := change.down(LEAD_SECONDS, (name,))):
            raise NotTouched(last_one(other, name, down[name]))
        if before != name or not accept:    # also where it leads already: the health unit must believe in it, or it leads traffic out again
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
