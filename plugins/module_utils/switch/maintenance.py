# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A site into maintenance and out of it: a flag on its agent's host. While it stands the agent there does nothing, and where it holds the
record it keeps it and shuts the gate. Decides and waits; the flag, the agent and time are handed in.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from .journal import OVERRIDDEN, Busy, Journal

ACCEPT_NO_SALES = "accept_no_sales"                     # begin although this site writes: nothing can be sold until it ends
ACCEPT_NO_STANDBY = "accept_no_standby"                 # begin although the other site is in maintenance as well
OVERRIDES = (ACCEPT_NO_SALES, ACCEPT_NO_STANDBY)
BUSY_FOR = 3.0              # seconds for which whoever holds the journal is waited for: an agent writes a line, a switch takes longer
AGAIN = r"(\.[2-9]|\.[1-9][0-9]+)?"                      # after the epoch: the second time in it, the third, and so on


class Refused(Exception):
    """Maintenance may not begin, or not now. `override`: what a person may name to do it all the same, if anything. Nothing was touched."""

    def __init__(self, because: str, override: str | None = None) -> None:
        hint = f" An operator may override this by name, once: {override}." if override else ""
        super().__init__(because + hint)
        self.override = override


class Unheard(Exception):
    """The flag was changed, and the agent has not followed in time; the message says what it said last."""


class Flag:
    """The file. Its being there is what counts; what is in it is for people."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def up(self) -> bool:
        return self.path.exists()

    def raise_(self, since: float, by: str, reason: str) -> None:
        fresh = self.path.with_suffix(".new")
        with open(fresh, "w", encoding="utf-8") as file:
            json.dump({"since": round(since), "by": by, "reason": reason}, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.chmod(0o644)
        fresh.replace(self.path)

    def lower(self) -> None:
        self.path.unlink(missing_ok=True)


@dataclass
class Change:
    """`status`: what the agent here answers to /status, None when it gives no answer. `limit`: seconds it may take to follow the flag.
    `steady`: seconds for which the gate must then have been seen shut, as another agent host of the site, with a flag of its own, opens it again.
    `clock` and `sleep` in monotonic seconds, `wall` in epoch seconds. `journal`: where overrides that were used are kept.
    """

    site: str
    begins: bool
    flag: Flag
    status: Callable[[], dict[str, Any] | None]
    limit: float
    clock: Callable[[], float]
    wall: Callable[[], float]
    sleep: Callable[[float], None]
    journal: Journal
    by: str = ""
    reason: str = ""
    overrides: Collection[str] = ()
    steady: float = 0.0
    _named: list[str] = field(default_factory=list, init=False)

    def plan(self) -> list[dict[str, Any]]:
        """What `run` would do now: [{name, changed, detail}]. Reads only. Raises Refused."""
        here = self.site.upper()
        if self.begins == self.flag.up():
            return [{"name": "judge", "changed": False, "detail": f"{here} is {'' if self.begins else 'not '}in maintenance."}]
        found = self._judge()
        verb, then = ("Raise", "does nothing more, and its gate is shut") if self.begins else ("Lower", "takes part again")
        return [{"name": "judge", "changed": False, "detail": found},
                {"name": "flag", "changed": True, "detail": f"{verb} the flag {self.flag.path} on the agent's host."},
                {"name": "followed", "changed": False, "detail": f"Wait until the agent says that {here} {then}."}]

    def run(self) -> Iterator[dict[str, Any]]:
        """Do it, yielding each step as `plan` names it. Raises Refused before anything was touched, and Unheard."""
        with ExitStack() as held:
            if self.begins and not self.flag.up():
                self._hold(held)
            rows = self.plan()
            if len(rows) > 1:
                if self._named:
                    self._use()
                if self.begins:
                    self.flag.raise_(self.wall(), self.by, self.reason)
                else:
                    self.flag.lower()
        yield rows[0]
        if len(rows) == 1:
            return
        yield {**rows[1], "detail": f"The flag {self.flag.path} is {'up' if self.begins else 'down'}."}
        yield {**rows[2], "detail": self._followed()}

    def _hold(self, held: ExitStack) -> None:
        """No switch to this site begins or runs while it is judged and the flag goes up: it would end at a site that may not sell. One that comes
        after that finds the flag.
        """
        end = self.clock() + BUSY_FOR
        while True:
            try:
                held.enter_context(self.journal.alone())
                return
            except Busy as error:           # or the agent writes a line
                if self.clock() >= end:
                    raise Refused(f"A switch to {self.site.upper()} is running: in maintenance it could not sell. Wait for it to end, then judge "
                                  f"again ({error})") from error
            self.sleep(0.5)

    @staticmethod
    def _names(name: str, epoch: object, unknown: int) -> Iterator[str]:
        """What an override is called the first time in a reign, the second, and so on. `unknown`: how many may have been used already."""
        yield from (f"{name}:{epoch}" if time == 1 else f"{name}:{epoch}.{time}" for time in count(unknown + 1))

    def _judge(self) -> str:
        here, status = self.site.upper(), self.status()
        if not self.begins:
            return f"{here} is in maintenance and comes out of it."
        if status is None:
            raise Refused(f"The agent of {here} gives no answer, so nobody knows whether {here} writes. Start it first.")
        seen = status.get("observations") or {}
        record, peer = seen.get("record") or {}, seen.get("peer") or {}
        if unknown := next((record[name] for name in ("no_answer", "not_looked") if name in record), None):
            raise Refused(f"The agent of {here} does not know who writes ({unknown}), so nobody knows whether {here} does. Once it knows, judge "
                          "again.")
        if "writer" not in record:
            raise Refused(f"The agent of {here} does not say who writes: it is of another release, or has just started. Judge again once it does.")
        epoch, used = record.get("epoch"), []
        against = []
        if record.get("writer") == self.site:
            against.append((ACCEPT_NO_SALES, f"{here} writes: nothing could be sold until maintenance ends, and nobody would take over. Move the "
                            "service to the other site first (planned switch)."))
        if "not_looked" in peer:
            against.append((ACCEPT_NO_STANDBY, f"Nobody has looked whether the other site is in maintenance as well ({peer['not_looked']}); if it "
                            "is, nobody would do anything about a loss."))
        elif peer.get("maintenance"):
            against.append((ACCEPT_NO_STANDBY, "The other site is in maintenance too: nobody would do anything about a loss."))
        before, unknown = self.journal.overridden(), self.journal.unknown()
        for name, because in against:
            wanted = next(each for each in self._names(name, epoch, unknown) if each not in before)
            if wanted not in self.overrides:
                raise Refused(because, wanted)
            used.append(wanted)
        self._named = used
        return f"{here} goes into maintenance." + (f" Overridden by name: {', '.join(used)}." if used else "")

    def _use(self) -> None:
        """Write down what was overridden before anything is done on it: once written, none of it counts again. The journal is held."""
        self.journal.write(f"maintenance-{self.wall():.3f}", OVERRIDDEN, "after", overrides=self._named,
                           detail=f"{self.site.upper()} goes into maintenance. {self.by or 'Somebody'}: {self.reason or 'no reason given'}.")

    def _followed(self) -> str:
        end, shut_since, opened = self.clock() + self.limit, self.clock(), False
        while True:
            status = self.status()
            gate = ((status or {}).get("observations") or {}).get("gate") or {}
            if self.begins and gate.get("open"):
                shut_since, opened = self.clock(), True
            if status is not None and status["maintenance"] == self.begins:
                mine = (status.get("record") or {}).get("writer") == self.site
                rests = not self.begins or not mine or self.clock() - shut_since >= self.steady
                if rests and status["writer"] == (mine and not self.begins):
                    now = "open" if status["writer"] else "shut"
                    return f"The agent of {self.site.upper()} says {status['verdict']['verdict']}; its gate is {now}."
            if self.clock() >= end and opened and status is not None and status["maintenance"] == self.begins and not status["writer"]:
                raise Unheard(f"The flag is up and the agent here follows it, but the gate of {self.site.upper()} was open again within the last "
                              f"{self.steady:g} s: another agent host of this site opens it. Put every one of them into maintenance, together "
                              "(playbooks/maintenance.yml does).")
            if self.clock() >= end:
                said = f"{status['verdict']['verdict']}: {status['verdict']['because']}" if status else "no answer"
                raise Unheard(f"The flag is {'up' if self.begins else 'down'}, but for {self.limit:g} s the agent of {self.site.upper()} has not "
                              f"followed it (last: {said}). See `journalctl -u multicloud-dr-agent`; run this again once it does.")
            self.sleep(0.5)
