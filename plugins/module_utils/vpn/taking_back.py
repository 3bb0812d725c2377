# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was kept comes into force again: by itself when its time is over, gently, or by starting everything anew. Runs on the gateway, as root."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..aloud import aloud
from .place import DAEMONS, DROP_IN, FILES, FILTER, HEALTH, NETWORK, PLANE, UNIT, Place
from .planes import Failed
from .traces import left_over

BACK_TIMER = "multicloud-vpn-back"
BEFORE = "the one before it is in force again"


def run_here(*words: str) -> list[str]:
    """What `systemd-run` is given to run a verb of change.py with this code."""
    return [f"--setenv=PYTHONPATH={Path(__file__).resolve().parents[2]}", sys.executable, "-m", f"{__package__}.change", *words]


def arm(place: Place, after: float) -> None:
    """Whatever happens, `back` is done after that many seconds, unless `disarm` comes first."""
    disarm(place)
    place.run(["systemd-run", "--quiet", "--collect", f"--unit={BACK_TIMER}", f"--on-active={after:.0f}", "--timer-property=AccuracySec=1s",
               *run_here("back")], 30.0)


def disarm(place: Place) -> None:
    """Call the way back off; it may have been gone, or never been."""
    with suppress(Failed):
        place.run(["systemctl", "stop", f"{BACK_TIMER}.timer"], 30.0)


def let_go(place: Place, were: Sequence[dict[str, Any] | None], wanted: dict[str, Any] | None) -> None:
    """Take away what configurations before set on this host and the wanted one does not; of that, what is there."""
    for command in left_over(were, wanted):
        with suppress(Failed):
            place.run(command, 5.0)


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
