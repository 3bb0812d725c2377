# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Doing what a schedule says to the lab's real processes, and undoing all of it."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from lab import faults, ownership
from lab.podman import ENVIRONMENT, PodmanError, execute

from .history import History
from .home import mend_all, switch_command, told
from .hosts import SITES, World
from .schedule import Strike

AGENT, ETCD = "multicloud-dr-agent.service", "etcd.service"
MAINTENANCE = "/var/lib/multicloud-dr/maintenance"
WIRE, WIRE_UNIT, WIRE_PORT = "/run/multicloud-wire.py", "multicloud-wire.service", 12379
WIRE_DELAY, WIRE_CUT = 0.15, 6      # seconds at most for each piece; one connection in so many
# The agent's way to the quorum alone: what it opens to a member goes to the wire first, and what it has open already is reset, as an address is
# translated only once for each connection. The wire runs as root, so its own way is free.
REDIRECT = f"""table ip multicloud_wire
delete table ip multicloud_wire
table ip multicloud_wire {{
  chain output {{
    type nat hook output priority -100
    meta skuid "multicloud-dr" tcp dport 2379 redirect to :{WIRE_PORT}
  }}
  chain kept {{
    type filter hook output priority 0
    meta skuid "multicloud-dr" tcp dport 2379 reject with tcp reset
  }}
}}
"""
PATIENCE = 5.0          # seconds an operator's switch goes on judging
WAIT = 90.0             # seconds in which operators must have ended


class Striker:
    """Plays schedules on one world. Whatever it has done is undone by `heal`, however it came to that."""

    def __init__(self, world: World, history: History, seed: int) -> None:
        self._world, self._history, self._seed = world, history, seed
        self._lab = threading.Lock()            # one lab command at a time
        self._operators: list[tuple[str, subprocess.Popen[str]]] = []
        self._failed: list[BaseException] = []
        self._over = threading.Event()          # nothing more is struck
        self._threads: list[threading.Thread] = []

    def play(self, strikes: Sequence[Strike]) -> None:
        """Returns when the last one is undone. Raises what one of them raised."""
        began = time.monotonic()
        self._threads = [threading.Thread(target=self._one, args=(strike, began), daemon=True) for strike in strikes]
        for thread in self._threads:
            thread.start()
        for thread in self._threads:
            thread.join()
        if self._failed:
            raise self._failed[0]

    def heal(self) -> None:
        """Undo everything, once more where it was undone, and wait for people who are still at it. Whoever was interrupted ends here as well."""
        self._over.set()
        for thread in self._threads:
            thread.join(WAIT)
        with self._lab:
            mend_all()
        for place in (*SITES, "third"):
            self._unit("CONT", ETCD, place)
            self._on(place, "systemctl", "start", ETCD)
        for site in SITES:
            self._unit("CONT", AGENT, site)
            self._on(site, "rm", "-f", MAINTENANCE)
            self._straighten(site)
        for name, operator in self._operators:
            try:
                said = operator.communicate(timeout=WAIT)[0]
            except subprocess.TimeoutExpired:
                operator.kill()
                raise
            steps, refused = told(said)
            self._history.event("an operator has ended", operator=name, steps=[step["name"] for step in steps], refused=refused,
                                code=operator.returncode)
        self._operators.clear()

    def _one(self, strike: Strike, began: float) -> None:
        try:
            if self._over.wait(max(0.0, began + strike.at - time.monotonic())):
                return
            self._history.event("strike", what=str(strike))
            undo = self._do(strike)
            if undo:
                self._over.wait(strike.seconds)
                undo()
                self._history.event("undone", what=str(strike))
        except BaseException as error:
            self._failed.append(error)

    def _do(self, strike: Strike) -> Callable[[], None] | None:
        kind, where = strike.kind, strike.where
        if kind in faults.TABLE:
            fault = faults.find(kind)
            self._with_lab("break", lambda: faults.break_(fault))
            return (lambda: self._with_lab("mend", lambda: faults.mend(fault))) if strike.seconds else None
        if kind in ("pause_agent", "pause_etcd"):
            unit = AGENT if kind == "pause_agent" else ETCD
            self._unit("STOP", unit, where)
            return lambda: self._unit("CONT", unit, where)
        if kind == "kill_agent":
            self._unit("KILL", AGENT, where)
        elif kind == "stop_etcd":
            self._on(where, "systemctl", "stop", ETCD)
            return lambda: self._on(where, "systemctl", "start", ETCD)
        elif kind == "slow_etcd":
            self._bend(where)
            return lambda: self._straighten(where)
        elif kind == "maintenance":
            self._on(where, "touch", MAINTENANCE)
            return lambda: self._on(where, "rm", "-f", MAINTENANCE)
        elif kind == "kill_switch":
            number = self._operate(where, planned=True)
            return lambda: self._on(where, "sh", "-c", f"kill -9 $(cat /run/multicloud-operator-{number}.pid)")
        elif kind == "two_operators":
            for site in where.split():
                self._operate(site, planned=True)
        elif kind == "impatient_operator":
            self._operate(where, planned=False)
        else:
            raise ValueError(f"nobody knows how to do {kind}")
        return None

    def _with_lab(self, command: str, do: Callable[[], object]) -> None:
        with self._lab, ownership.lock(command):
            do()

    def _container(self, place: str) -> str:
        return self._world.third if place == "third" else self._world.sites[place].host

    def _on(self, place: str, *argv: str, stdin: str | None = None) -> None:
        """A command on a host; one that is dead at the moment is beyond it, and whatever it was it is undone with it."""
        try:
            execute(self._container(place), argv, stdin=stdin, check=False, timeout=30)
        except (PodmanError, subprocess.TimeoutExpired) as error:
            self._history.event("not done", place=place, argv=list(argv), why=str(error)[:300])

    def _unit(self, signal: str, unit: str, place: str) -> None:
        self._on(place, "systemctl", "kill", "--kill-whom=main", f"--signal={signal}", unit)

    def _bend(self, site: str) -> None:
        self._on(site, "sh", "-c", f"cat > {WIRE}", stdin=Path(__file__).with_name("wire.py").read_text(encoding="utf-8"))
        told = [str(each) for each in (WIRE_PORT, WIRE_DELAY, WIRE_CUT, self._seed)]
        self._on(site, "systemd-run", f"--unit={WIRE_UNIT}", "--collect", "python3", WIRE, *told)
        self._on(site, "nft", "-f", "-", stdin=REDIRECT)

    def _straighten(self, site: str) -> None:
        self._on(site, "nft", "delete", "table", "ip", "multicloud_wire")
        self._on(site, "systemctl", "stop", WIRE_UNIT)

    def _operate(self, site: str, planned: bool) -> int:
        number = len(self._operators)
        command = ["sh", "-c", f'echo $$ > /run/multicloud-operator-{number}.pid; exec "$@"', "operator", *switch_command(planned, PATIENCE)]
        process = subprocess.Popen(["podman", "exec", self._container(site), *command], env=ENVIRONMENT, text=True, start_new_session=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self._operators.append((f"{number} at {site}", process))
        return number
