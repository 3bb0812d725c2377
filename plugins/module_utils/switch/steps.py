# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The steps that make a site the writer after the other one fell silent. Each asks first whether anything is left to do, so a run that
was killed anywhere converges when it is run again; each is journalled before and after.

Order is safety: the record before the promotion (nobody else may write), a shut gate and nobody at work before it (what a repair or an
earlier reign has begun here must not end beside new sales), the promotion before the gate (no purchase beside rows that still arrive),
the gate before the latch (users are sent where sales work). Nothing here calls a cloud's control plane.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from . import record, verdict
from .drain import LOOK_EVERY, Drained, Sessions, StillRunning, drain
from .gate import GateSilent, GateTable
from .journal import Journal
from .observations import Look, Observations, Saw
from .timing import Timing


class StepFailed(Exception):
    """A step could not be finished; the message says which, why, what state is left and what to do next."""


class SwitchRefused(Exception):
    """The verdict does not allow a switch. Nothing was touched."""

    def __init__(self, found: verdict.Verdict) -> None:
        hint = f" An operator may override this by name: {found.override}." if found.override else ""
        super().__init__(f"{found.verdict}: {found.because}{hint}")
        self.found = found


class Database(Protocol):
    """The database at this site as a copy of another. Calls raise GateSilent when it gives no answer."""

    def follows(self) -> str | None:
        """The source it is set up to copy from, None when it stands alone."""

    def promote(self) -> str:
        """Apply what has arrived, stop copying and forget the source. Says what it did. Safe to repeat."""


class Latch(Protocol):
    """The marker that tells health checkers where the service is. Calls raise OSError with the reason."""

    def epoch(self) -> int | None:
        """The epoch the marker carries, None when there is no marker."""

    def set(self, epoch: int) -> None:
        """Write the marker."""


@dataclass
class Switch:
    """Everything a switch to `site` touches. `look` returns what is known now, with the site's own sight of the record when it has one.
    `writer_answers`: does the agent here answer /writer? `sessions`: who is at work in the database here; None where
    nobody can tell. `sleep` and `clock` in monotonic seconds, `wall` in epoch seconds.
    """

    site: str
    timing: Timing
    store: record.Store
    gate: GateTable
    database: Database
    latch: Latch | None
    look: Callable[[], tuple[Observations, record.Sight | None]]
    sessions: Sessions | None
    writer_answers: Callable[[], Look[bool]]
    journal: Journal
    clock: Callable[[], float]
    wall: Callable[[], float]
    sleep: Callable[[float], None]
    limits: verdict.Limits = field(default_factory=verdict.Limits)
    overrides: frozenset[str] = frozenset()
    sight: record.Sight | None = None
    epoch: int | None = None        # of the record once it is held here


class _Step:
    name: str

    def pending(self, on: Switch) -> str | None:
        """What is left to do, as a sentence; None when it is done already."""
        raise NotImplementedError

    def apply(self, on: Switch) -> str:
        """Do it and say what was done."""
        raise NotImplementedError


class _TakeRecord(_Step):
    name = "take_record"

    def pending(self, on: Switch) -> str | None:
        held = on.store.read().record
        if held is not None and held.writer == on.site:
            on.epoch = held.epoch
            return None
        return f"Take the record for {on.site} (now: writer {held.writer}, epoch {held.epoch})." if held else "Take the record."

    def apply(self, on: Switch) -> str:
        if on.sight is None:
            raise record.Refused("The record was never watched from here.")
        taken = record.take(on.store, on.sight, on.site, on.timing, on.clock)
        assert taken.record is not None
        on.epoch = taken.record.epoch
        return f"{on.site} holds the record at epoch {on.epoch}."


class _CloseGate(_Step):
    """Nothing that was begun here before this reign may end in it: a purchase under an earlier one, a repair by the account that the
    gate lets pass. Only transactions that have written count; people who read are left in peace.
    """

    name = "close_gate"

    def pending(self, on: Switch) -> str | None:
        look = on.gate.look()
        if look.own is not None and look.own.epoch == on.epoch:
            return None                 # opened already in this reign: what is written now is what shall be
        if look.valid_for:
            return f"Close the gate of database server {look.server_uuid}, and end what is being written there."
        if on.sessions is None:
            return None
        for again in (True, False):
            if writers := [each for each in on.sessions.running() if each.rows]:
                return f"End what is being written here by {', '.join(sorted({each.user for each in writers}))}."
            if again:
                on.sleep(LOOK_EVERY)
        return None

    def apply(self, on: Switch) -> str:
        closed = on.gate.close()
        said = "The gate was open and is shut" if closed else "The gate is shut"
        if on.sessions is None:
            return f"{said}."
        try:
            done: Drained = drain(on.sessions, on.clock, on.sleep, on.timing.renew if closed else 0.0,
                                  concerns=lambda each: closed or each.rows > 0)
        except StillRunning as error:
            raise StepFailed(f"{said}, but {error}. Run the switch again once it has ended.") from error
        return f"{said}; {done}."


class _Promote(_Step):
    name = "promote"

    def pending(self, on: Switch) -> str | None:
        source = on.database.follows()
        return f"Apply what has arrived from {source}, then stop following it." if source else None

    def apply(self, on: Switch) -> str:
        return on.database.promote()


class _OpenGate(_Step):
    name = "open_gate"

    def pending(self, on: Switch) -> str | None:
        look = on.gate.look()
        if on.epoch is not None and look.own is not None and look.own.epoch == on.epoch and look.valid_for > 0:
            return None
        return f"Open the gate of database server {look.server_uuid}."

    def apply(self, on: Switch) -> str:
        assert on.epoch is not None
        before = on.gate.look()
        record.keep(on.store, on.site, on.epoch)
        on.gate.open(on.site, on.epoch, before.now + on.timing.gate_valid)
        after = on.gate.look()
        if after.own is None or after.own.epoch != on.epoch or not after.valid_for:
            raise StepFailed(f"The gate of server {after.server_uuid} is still shut: its row is {after.own}. "
                             "If its epoch is newer than the record's, the record was set back and must not be trusted.")
        return f"The gate of server {after.server_uuid} is open at epoch {on.epoch} for {after.valid_for:.1f} s."


class _SetLatch(_Step):
    name = "latch"

    def pending(self, on: Switch) -> str | None:
        if on.latch is None:
            return None
        return None if on.epoch is not None and on.latch.epoch() == on.epoch else f"Write the marker that sends users to {on.site}."

    def apply(self, on: Switch) -> str:
        assert on.latch is not None and on.epoch is not None
        on.latch.set(on.epoch)
        return f"The marker says {on.site} at epoch {on.epoch}."


class _Prove(_Step):
    name = "prove"

    def pending(self, on: Switch) -> str | None:
        return f"Prove that {on.site} takes writes and that its agent says so."

    def apply(self, on: Switch) -> str:
        assert on.epoch is not None
        if on.gate.beat(on.epoch) is None:
            raise StepFailed(f"The gate is shut at epoch {on.epoch}. Is the agent on this host running? See `systemctl status "
                             "multicloud-dr-agent`; run the switch again once it is.")
        limit = on.timing.ttl
        deadline = on.clock() + limit
        while True:
            seen = on.writer_answers()
            if isinstance(seen, Saw) and seen.value:
                return f"The database of {on.site} takes writes and the agent answers /writer."
            if on.clock() >= deadline:
                said = "503: not the writer" if isinstance(seen, Saw) else seen.reason
                raise StepFailed(f"The gate is open, but for {limit:g} s the agent here has not answered /writer with 200 (last: {said}). "
                                 "See `journalctl -u multicloud-dr-agent`; run the switch again once it does.")
            on.sleep(on.timing.beat)


STEPS: tuple[_Step, ...] = (_TakeRecord(), _CloseGate(), _Promote(), _OpenGate(), _SetLatch(), _Prove())
READS_ONLY = ("judge", "prove")     # steps that never change anything that lasts


def judge(on: Switch, patience: float = 0.0) -> tuple[verdict.Verdict, str | None]:
    """Look and judge until the verdict allows the switch, or there is nothing left to switch. Returns it with the name of the
    override that was used, if one was.

    A record that is only being waited for is watched to the end of that wait; any other refusal is final after `patience` seconds.
    Raises SwitchRefused.
    """
    began = on.clock()
    while True:
        seen, on.sight = on.look()
        found = verdict.judge(seen, on.timing, on.limits)
        if found.action != verdict.NONE or found.verdict == verdict.WRITER_HERE:
            return found, None
        if found.override is not None and found.override in on.overrides:
            return found, found.override
        allowed = max(patience, on.timing.takeover + on.timing.ttl) if found.verdict == "WAITING" else patience
        if on.clock() - began >= allowed:
            raise SwitchRefused(found)
        on.sleep(on.timing.watch / 2)


def plan(on: Switch, patience: float = 0.0) -> list[dict[str, Any]]:
    """What a run would do now: [{name, changed, detail}]. Reads only. Raises SwitchRefused like a run."""
    found, _override = judge(on, patience)
    rows: list[dict[str, Any]] = [{"name": "judge", "changed": False, "detail": f"{found.verdict}: {found.because}"}]
    if found.verdict == verdict.WRITER_HERE:
        return rows
    for step in STEPS:
        todo = _told(step, on, partial(step.pending, on))
        rows.append({"name": step.name, "changed": bool(todo) and step.name not in READS_ONLY, "detail": todo or "Nothing left to do."})
    return rows


def run(on: Switch, patience: float = 0.0) -> Iterator[dict[str, Any]]:
    """Make `on.site` the writer. Yields each step when it is done: {name, started (epoch s), seconds, changed, detail}.

    Raises SwitchRefused before anything was touched, Busy when another switch runs, StepFailed in between; run it again then.
    """
    with on.journal.alone():
        started, began = on.wall(), on.clock()
        found, override = judge(on, patience)
        judged = {"name": "judge", "started": started, "seconds": round(on.clock() - began, 3), "changed": False,
                  "detail": f"{found.verdict}: {found.because}" + (f" Overridden by name: {override}." if override else "")}
        if found.verdict == verdict.WRITER_HERE:
            yield judged
            return
        unfinished = on.journal.unfinished() if found.action == verdict.RESUME else None
        switch = unfinished["switch"] if unfinished else f"{on.site}-{started:.3f}"
        on.journal.write(switch, "judge", "begun", verdict=found.verdict, because=found.because, override=override)
        yield judged
        for step in STEPS:
            yield _one(step, on, switch)
        on.journal.write(switch, "end", "finished", epoch=on.epoch)


def _one(step: _Step, on: Switch, switch: str) -> dict[str, Any]:
    started, began = on.wall(), on.clock()
    on.journal.write(switch, step.name, "before")
    try:
        todo = _told(step, on, partial(step.pending, on))
        detail = _told(step, on, partial(step.apply, on)) if todo else "Nothing left to do."
    except StepFailed as error:
        on.journal.write(switch, step.name, "failed", detail=str(error))
        raise
    changed = bool(todo) and step.name not in READS_ONLY
    on.journal.write(switch, step.name, "after", changed=changed, detail=detail, epoch=on.epoch)
    return {"name": step.name, "started": started, "seconds": round(on.clock() - began, 3), "changed": changed, "detail": detail}


def _told(step: _Step, on: Switch, do: Callable[[], Any]) -> Any:
    """Run one part of a step; what goes wrong comes out as StepFailed with the step, the cause and what to do."""
    try:
        return do()
    except (record.Unanswered, record.Refused, GateSilent, OSError) as error:
        raise StepFailed(f"Could not finish step '{step.name}' for {on.site}: {error} "
                         "Steps before it are done and are not repeated; run the switch again when the cause is gone.") from error
