# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a new configuration of the gateway comes into force, and is taken back when it cuts the host off. Runs on the gateway, as root.

The role lays what is wanted down below WANTED, in the paths it will have. `begin` arms a way back and starts `load`, which brings it into force
one tunnel after the other: the one that carries is left alone until the other answers. Whoever then comes by a connection of his own and says
`keep` has reached the host with all of it in force, and the way back is called off; when nobody does, what was kept before comes back by itself.
A load that fails, or was ended, is taken back whole. The last tunnel that carries is not touched before the other one is up, whatever
an earlier run left; ACCEPT (1) is the word of whoever can do without both.

python3 -m multicloud_dr.vpn.change differs | begin SECONDS BACK [ACCEPT] | load SECONDS BACK [ACCEPT] | result SECONDS | keep | back |
                                         prove SECONDS | lead TUNNEL [ACCEPT]
differs, begin and result print one JSON document.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..aloud import aloud
from .place import DAEMONS, DROP_IN, FILES, FILTER, GONE, HEALTH, NETWORK, PLANE, SETTINGS, SWANCTL, TUNNELS, UNIT, Place
from .planes import Failed, Plane, plane_of, tunnels_of
from .refusals import read_journal, refusals
from .traces import left_over

BACK_TIMER, LOADER = "multicloud-vpn-back", "multicloud-vpn-load"
PAUSE, LEAD_SECONDS, REVIVE_SECONDS = 0.25, 10.0, 1.0
BEFORE = "the one before it is in force again"
LOOKS = 4                       # that see no loader, one after the other, until it is held to be gone


class NotTouched(Failed):
    """A change that was not begun."""


class Change:
    """One change, from what is in force to what is wanted."""

    def __init__(self, place: Place, seconds: float, accept: bool = False) -> None:
        self.place, self.seconds, self.accept = place, seconds, accept
        config = place.config(place.wanted)
        if config is None:
            raise Failed(f"{place.wanted / HEALTH}: is missing; the role lays it down")
        self.config = config
        self.ends = {tunnel.name: tunnel for tunnel in tunnels_of(config)}
        self.plane: Plane = plane_of(config, list(self.ends.values()), place.run)
        self.done: list[str] = []

    def load(self) -> dict[str, Any]:
        """Bring it into force: {"done": [what was done], "down": {tunnel: why it carries nothing}}. Raises NotTouched, or Failed half way."""
        place = self.place
        before = place.config(place.root)
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
        return {"done": self.done, "down": self.down(self.seconds)}

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
        other is all there is."""
        other = next(each for each in TUNNELS if each != name)
        if self._carries(name) and self._carries(other):
            self.lead(other)
        elif self._carries(name) and not self.accept:
            raise Failed(last_one(name, other, why(self.place, other)))
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


def last_one(name: str, other: str, reason: str) -> str:
    """Why a tunnel is left alone."""
    return (f"tunnel {other} carries nothing ({reason}), and tunnel {name} is all there is, so it was not touched. Tunnel {other} must come up "
            f"first; who can do without both for a while says -e vpn_gateway_accept_both_down=true")


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


def begin(place: Place, seconds: float, back_after: float, accept: float = 0.0) -> dict[str, Any]:
    """Arm the way back, then start loading beside this: the answer to this call must get through whatever the change does."""
    for name in ("rolled-back", "result.json"):
        (place.state / name).unlink(missing_ok=True)
    arm(place, 4 * seconds + back_after)
    (place.state / "loading").touch()
    loading = _me("load", *map(str, (seconds, back_after, accept)))
    place.run(["systemd-run", "--quiet", "--collect", "--no-block", f"--unit={LOADER}", *loading], 30.0)
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


def load(place: Place, seconds: float, back_after: float, accept: float = 0.0) -> bool:
    """Bring what is wanted into force and leave word of it for `result`. From then on the controller has `back_after` seconds to come by. What
    fails is taken back whole, at once."""
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


def take_back(place: Place) -> str:
    """What was kept is in force again as a whole, with as little as that takes: a load that failed half way leaves connections, secrets and pools
    of both. Returns what is in force, in words."""
    was, had = place.config(place.kept), place.config(place.root)
    if was is None or had is None:
        return withdraw(place)
    changed = {name for name in FILES if place.text(place.kept, name) != place.text(place.root, name)}
    for name in FILES:
        place.put(place.kept, place.root, name)
    try:
        if changed & {NETWORK, DROP_IN, UNIT}:
            place.run(["systemctl", "daemon-reload"], 30.0)
        if changed & {NETWORK, FILTER} or not place.active(DAEMONS[0]):
            place.run(["systemctl", "restart", DAEMONS[0]], 60.0)
        anew = PLANE in changed or "daemon" in place.stale() or not place.active(DAEMONS[1])
        place.run(["systemctl", "restart" if anew else "reload", DAEMONS[1]], 60.0)      # the whole set: what is not in it is let go
        if changed & {HEALTH, UNIT} or not place.active(DAEMONS[2]):
            place.run(["systemctl", "restart", DAEMONS[2]], 60.0)
    except Failed:
        return withdraw(place)
    let_go(place, [had, place.config(place.wanted)], was)
    return BEFORE


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


def keep(place: Place) -> None:
    """Who says this has reached the host with the new configuration in force: it is the one that is come back to from now on. Raises Failed; what
    was not loaded to its end, as the loader was killed, is not kept but taken back."""
    if (place.state / "rolled-back").exists():
        raise Failed((place.state / "rolled-back").read_text(encoding="utf-8").strip())
    if (place.state / "loading").exists() and not (place.state / "result.json").exists():
        _end_loader(place)
        told = f"loading was ended before it was done; {take_back(place)}"
        disarm(place)
        (place.state / "loading").unlink(missing_ok=True)
        raise Failed(told)
    disarm(place)
    for name in FILES:
        place.put(place.root, place.kept, name)
    (place.state / "loading").unlink(missing_ok=True)


def _end_loader(place: Place) -> None:
    with suppress(Failed):              # it may have ended
        place.run(["systemctl", "stop", f"{LOADER}.service"], 30.0)


def back(place: Place) -> None:
    """Nobody has reached this host since the change: bring what was kept before into force, or nothing when nothing ever was."""
    _end_loader(place)
    told = withdraw(place)
    (place.state / "loading").unlink(missing_ok=True)
    (place.state / "rolled-back").write_text(f"nobody reached this host after the new configuration came into force; {told}\n", encoding="utf-8")


def withdraw(place: Place) -> str:
    """What was kept is in force again, by starting everything anew; what is in force then, in words."""
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
    return BEFORE if was else "nothing of it is in force"


def main(argv: Sequence[str]) -> int:
    """Entry point. 0: done; 1: what was asked for is not so, and says why; 2: no such verb."""
    place = Place()
    verb = argv[1] if len(argv) > 1 else ""
    try:
        if verb == "lead":
            return _lead(place, argv[2], len(argv) > 3 and bool(float(argv[3])))
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


def _lead(place: Place, name: str, accept: bool) -> int:
    change = Change(place, 0.0)
    before = change.plane.carrying()
    other = next(each for each in TUNNELS if each != name)
    # Whoever leads takes the other away next.
    if not accept and (down := change.down(LEAD_SECONDS, (name,))):
        raise NotTouched(last_one(other, name, down[name]))
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
