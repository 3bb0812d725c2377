# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The health unit: asks each tunnel four times a second and leads packets into one that answers. One process, no library but Python's own.

python3 -m multicloud_dr.vpn.daemon /etc/multicloud-vpn-health.json
{"plane": "kernel" or "userspace", "remote_cidr", "local_address", "interval_seconds", "silence_seconds", "tunnels": [planes.Tunnel]}
What it knows stands in state.json of its RUNTIME_DIRECTORY, for all to read; its moves are in the journal.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from ..aloud import aloud
from .echo import Echo
from .health import Pair, Pulse
from .place import digest
from .planes import Failed, Plane, plane_of, tunnels_of

LOOK_SECONDS = 0.5              # between two looks at what carries while a tunnel is down; a move that failed is tried again then
WELL_SECONDS = 2.0              # and while both are up: an interface that was made anew has lost its routes, and answers all the same
RENEW_SECONDS = 15.0            # of silence after which a tunnel that IKE holds to be well is built anew, and until that is done again
WRITE_SECONDS = 2.0
# How often what should be there of a tunnel is looked for and built: of one that misses answers, and of one that seems well, as in the userspace
# plane its child for the sites may be gone while it answers.
REVIVE_SECONDS, CHECK_SECONDS = 1.0, 10.0
MISSED = 2                      # answers that are missed until it is looked
CODE = digest(Path(__file__).parent)        # what runs; what lies here may be newer


def tell_systemd(words: str) -> None:
    """sd_notify; nothing without systemd."""
    address = os.environ.get("NOTIFY_SOCKET")
    if address:
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:     # systemd may be restarting
            notify.sendto(words.encode(), "\0" + address[1:] if address.startswith("@") else address)


class Beside:
    """Does one thing at a time beside the loop: charon may let wait who asks it, and a tunnel that dies meanwhile is to be left all the same."""

    def __init__(self) -> None:
        self.thread: threading.Thread | None = None

    def __call__(self, what: Callable[[], None]) -> bool:
        """Begin it; False while the last one has not ended."""
        if self.thread is not None and self.thread.is_alive():
            return False
        self.thread = threading.Thread(target=what, daemon=True)
        self.thread.start()
        return True


def at_once(what: Callable[[], None]) -> bool:
    """Like Beside, for who can wait."""
    what()
    return True


class Watch:
    """The loop, with everything it touches handed in. say: one line for the journal; state: a file or None; beside: as Beside."""

    def __init__(self, config: dict[str, Any], plane: Plane, echoes: dict[str, Any], clock: Callable[[], float], say: Callable[[str], None],
                 state: Path | None = None, beside: Callable[[Callable[[], None]], bool] = at_once) -> None:
        now = clock()
        self.plane, self.echoes, self.clock, self.say, self.state, self.beside = plane, echoes, clock, say, state, beside
        self.interval, silence = config["interval_seconds"], config["silence_seconds"]
        self.pair = Pair(tuple(echoes), {name: Pulse(silence, now) for name in echoes})
        self.carrying: str | None = None
        self.looked = self.wrote = float("-inf")
        self.revived, self.renewed = dict.fromkeys(echoes, now), dict.fromkeys(echoes, now)

    def ask(self) -> None:
        """One question through each tunnel."""
        for echo in self.echoes.values():
            echo.ask()

    def take(self) -> None:
        """Take answers in, judge, and move what has to be moved."""
        now = self.clock()
        before = {name: pulse.up for name, pulse in self.pair.pulses.items()}
        for name, echo in self.echoes.items():
            for _unused in echo.answers():
                self.pair.pulses[name].answered(now)
            self.pair.pulses[name].passed(now)
        after = {name: pulse.up for name, pulse in self.pair.pulses.items()}
        for name, up in after.items():
            if up != before[name]:
                self.say(f"tunnel {name} {'carries packets' if up else 'carries nothing'}")
        changed = after != before
        if changed or now - self.looked >= (WELL_SECONDS if all(after.values()) else LOOK_SECONDS):
            self._lead(now, after)
        self._revive(now)
        if changed or now - self.wrote >= WRITE_SECONDS:
            self._write(now)
        if (end := self.clock()) - now > self.interval:         # charon let us wait, and nobody asked meanwhile; `serve` asks at once
            for pulse in self.pair.pulses.values():
                pulse.spare(end + 2 * self.interval)

    def _lead(self, now: float, up: dict[str, bool]) -> None:
        try:
            self.carrying = self.plane.carrying()
            to = self.pair.should_carry(self.carrying)
            if to is not None:
                self.plane.lead(to)
                left = self.pair.pulses.get(self.carrying or "")
                self.pair.moves.append({"at": round(time.time(), 3), "from": self.carrying, "to": to,
                                        "silent_seconds": round(now - left.since, 3) if left else None})
                self.say(f"traffic moved from tunnel {self.carrying} to tunnel {to}")
                self.carrying = to
            self.plane.settle(up)
        except Failed as error:
            self.say(f"could not move traffic: {error}")
        self.looked = self.clock()      # its end: of one slow look right after the other no question would be left between them

    def _revive(self, now: float) -> None:
        """The other end may have deleted it, as AWS does when it maintains one; charon begins only what went silent."""
        for name in sorted(self.revived, key=self.revived.__getitem__):         # the one that waited longest first: it may be one at a time
            silent = now - self.pair.pulses[name].since
            due = now - self.revived[name] >= (REVIVE_SECONDS if silent > MISSED * self.interval else CHECK_SECONDS)
            if due and self.beside(partial(self._build, name, now, silent)):
                self.revived[name] = now

    def _build(self, name: str, now: float, silent: float) -> None:
        try:
            self.plane.revive(name)
            if min(silent, now - self.renewed[name]) > RENEW_SECONDS:
                self.renewed[name] = now
                if self.plane.renew(name):
                    self.say(f"tunnel {name} says nothing although IKE holds it to be well; it is built anew")
        except Failed as error:
            self.say(f"could not see what is missing of tunnel {name}: {error}")

    def _write(self, now: float) -> None:
        self.wrote = now
        if self.state is not None:
            fresh = self.state.with_suffix(".new")
            told = {**self.pair.told(), "carrying": self.carrying, "code": CODE, "at": round(time.time(), 3)}
            fresh.write_text(json.dumps(told) + "\n", encoding="utf-8")
            fresh.replace(self.state)


def serve(watch: Watch, stopped: Callable[[], bool]) -> None:
    """Until told to stop."""
    tell_systemd("READY=1")
    due = watch.clock()
    while not stopped():
        now = watch.clock()
        if now >= due:
            watch.ask()
            tell_systemd("WATCHDOG=1")
            due = max(due + watch.interval, now)
        waiting = [echo.socket for echo in watch.echoes.values() if echo.socket is not None]
        select.select(waiting, [], [], max(0.0, min(due - watch.clock(), watch.interval)))
        watch.take()


def main(argv: list[str]) -> int:
    """Entry point. Exit code 2 for a configuration that cannot be read."""
    try:
        config = json.loads(Path(argv[1]).read_text(encoding="utf-8"))
        tunnels = tunnels_of(config)
    except (IndexError, OSError, ValueError, KeyError, TypeError) as error:
        aloud(f"configuration: {error}", to=sys.stderr)
        return 2
    stop: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_unused: stop.append(1))
    home = os.environ.get("RUNTIME_DIRECTORY")
    watch = Watch(config, plane_of(config, tunnels), {tunnel.name: Echo(tunnel.here, tunnel.there) for tunnel in tunnels}, time.monotonic,
                  aloud, Path(home) / "state.json" if home else None, Beside())
    serve(watch, lambda: bool(stop))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv))
