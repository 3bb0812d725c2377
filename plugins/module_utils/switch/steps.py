# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The steps that make a site the writer after the other one fell silent, or has stopped because it was asked to (planned.py).

Each asks first whether anything is left to do, so a run that was killed anywhere converges when it is run again; each is journalled
before and after. Order is safety: the record before the promotion (nobody else may write), a shut gate and nobody at work before it (what
a repair or an earlier reign has begun here must not end beside new sales), the promotion before the gate (no purchase beside rows that
still arrive), the gate before the latch (users are sent where sales work), and both before what can wait. Nothing here calls a cloud's
control plane: what does, and whatever else users need not wait for, follows in afterwards.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import Any

from . import afterwards, record, verdict
from .drain import Drained, StillRunning, drain
from .gate import GateLook, GateSilent, refuse_others
from .journal import Busy
from .observations import Observations, Saw
from .planned import AskHolder, CatchUp
from .remembered import Known
from .switching import Step, StepFailed, Switch, SwitchRefused

__all__ = ["PLANNED_STEPS", "READS_ONLY", "STEPS", "StepFailed", "Switch", "SwitchRefused", "judge", "plan", "plan_if_lost", "run"]


# Once sales are on here, they are the truth: the only way back is forward.
_SELLING = "There is nothing to abort: this site sells. Bring the service home by a planned switch from the other site, once that follows this one."
_UNOPENED = ("Nothing was sold here yet, but nobody elsewhere can know that. Finish the switch, then bring the service home by a planned one; where "
             "it cannot be finished, docs/runbooks/nobody-writes.md says how the other site takes the record back.")


def _gate(on: Switch) -> GateLook:
    """One look at the gate here. Raises GateSilent, as well where the server that answers is another site's: it may be the one that sells."""
    return refuse_others(on.gate.look(), on.site)


def _refuse_unfinished(on: Switch) -> None:
    """Somebody may have begun to fill the database here since it was judged. Raises StepFailed, GateSilent."""
    if why := on.database.unfinished():
        raise StepFailed(f"The database of {on.site} {why}: it holds part of the rows, and nobody may sell by them. The gate stays shut. Let that "
                         "come to its end, or restore the last backup (playbooks/restore.yml); then run the switch again.")


def _refuse_another_reign(on: Switch, what: str) -> None:
    """This process may have slept since it took the record: the service may have gone home, and this database be a copy again. `what`: was to be
    done. Where the record gives no answer a gate that is valid at this epoch says the same. Raises StepFailed, record.Unanswered, GateSilent.
    """
    try:
        seen = on.store.read()
    except record.Unanswered:
        look = on.gate.look()
        if look.own is not None and look.own.epoch == on.epoch and look.valid_for > 0:
            return
        raise
    held = seen.record
    if held is None or (held.writer, held.epoch, held.offer) != (on.site, on.epoch, None):
        raise StepFailed(f"{on.site} took the record at epoch {on.epoch}, and by now it says {record.describe(seen)}: {what}. Look at status.yml "
                         "before anything else.")


class _TakeRecord(Step):
    name = "take_record"
    abort = _UNOPENED

    def pending(self, on: Switch) -> str | None:
        held = on.store.read().record
        if held is not None and held.writer == on.site:
            on.epoch = held.epoch
            return None
        return f"Take the record for {on.site} (now: writer {held.writer}, epoch {held.epoch})." if held else "Take the record."

    def apply(self, on: Switch) -> str:
        on.refuse_maintenance("nothing was taken")
        _refuse_unfinished(on)
        known = Known(on.remembers(), _gate(on).rows)
        sight = on.freshest()
        if sight is None:
            raise record.Refused("The record was never watched from here.")
        taken = record.take(on.store, sight, on.site, on.timing, on.clock, on.arrived, known)
        if taken.record is None:
            raise AssertionError
        on.epoch = taken.record.epoch
        return f"{on.site} holds the record at epoch {on.epoch}."


class _CloseGate(Step):
    """Nothing that was begun here before this reign may end in it: a purchase under an earlier one, a repair by the account that the
    gate lets pass. Only transactions that have written count; people who read are left in peace.
    """

    name = "close_gate"
    abort = _UNOPENED

    def pending(self, on: Switch) -> str | None:
        look = _gate(on)
        if look.own is not None and look.own.epoch == on.epoch:
            return None                 # opened already in this reign: what is written now is what shall be
        if look.valid_for:
            return f"Close the gate of database server {look.server_uuid}, and end what is being written there."
        if on.sessions is None:
            return None
        writers = [each for each in on.sessions.running() if each.rows and not each.prepared]
        return f"End what is being written here by {', '.join(sorted({each.user for each in writers}))}." if writers else None

    def apply(self, on: Switch) -> str:
        _gate(on)
        closed = on.gate.close()
        said = "The gate was open and is shut" if closed else "The gate is shut"
        if on.sessions is None:
            return f"{said}."
        try:
            done: Drained = drain(on.sessions, on.clock, on.sleep, on.timing.renew if closed else 0.0,
                                  concerns=lambda each: not each.prepared and (closed or each.rows > 0))      # a replica has its source's
        except StillRunning as error:
            raise StepFailed(f"{said}, but {error}. Run the switch again once it has ended.") from error
        return f"{said}; {done}."


class _Promote(Step):
    name = "promote"
    abort = _UNOPENED

    def pending(self, on: Switch) -> str | None:
        own = _gate(on).own
        if own is not None and own.epoch == on.epoch:
            return None                 # opened already in this reign: nothing of the source's may be applied beside what is sold; see stand_alone
        source = on.database.applies()
        return f"Apply what has arrived from {source}, and nothing that would arrive later." if source else None

    def apply(self, on: Switch) -> str:
        _refuse_another_reign(on, "nothing was promoted")
        said = on.database.promote()
        _refuse_another_reign(on, "its database was promoted nevertheless, in between. If it had been made a copy again, it follows nobody any more")
        return said


class _OpenGate(Step):
    name = "open_gate"
    abort = _UNOPENED

    def pending(self, on: Switch) -> str | None:
        look = _gate(on)
        if on.epoch is not None and look.own is not None and look.own.epoch == on.epoch and look.valid_for > 0:
            return None
        return f"Open the gate of database server {look.server_uuid}."

    def apply(self, on: Switch) -> str:
        if on.epoch is None:
            raise AssertionError
        on.refuse_maintenance("its gate stays shut, although it holds the record")
        before = _gate(on)
        record.keep(on.store, on.site, on.epoch, on.timing)
        _refuse_unfinished(on)          # what had begun before the gate was shut has been ended, and its mark has stayed
        on.gate.open(on.site, on.epoch, before.now + on.timing.gate_valid)
        after = on.gate.look()
        if after.own is None or after.own.epoch != on.epoch or not after.valid_for:
            raise StepFailed(f"The gate of server {after.server_uuid} is still shut: its row is {after.own}. "
                             "If its epoch is newer than the record's, the record was set back and must not be trusted.")
        return f"The gate of server {after.server_uuid} is open at epoch {on.epoch} for {after.valid_for:.1f} s."


class _SetLatch(Step):
    name = "latch"
    abort = _SELLING

    def pending(self, on: Switch) -> str | None:
        if on.latch is None:
            return None
        return None if on.epoch is not None and on.latch.epoch() == on.epoch else f"Write the marker that sends users to {on.site}."

    def apply(self, on: Switch) -> str:
        if on.latch is None or on.epoch is None:
            raise AssertionError
        _refuse_another_reign(on, "no marker was written")
        on.latch.set(on.epoch)
        return f"The marker says {on.site} at epoch {on.epoch}."


class _StandAlone(Step):
    """What is not needed in order to sell, and takes MySQL seconds while the source does not answer. Until it is done a database that is
    started anew would follow again, so the switch is not finished without it.
    """

    name = "stand_alone"
    abort = _SELLING

    def pending(self, on: Switch) -> str | None:
        source = on.database.follows()
        return f"Forget {source} as a source." if source else None

    def apply(self, on: Switch) -> str:
        _refuse_another_reign(on, "its database was left to follow whom it follows")
        return on.database.stand_alone()


class _Prove(Step):
    name = "prove"
    abort = _SELLING

    def pending(self, on: Switch) -> str | None:
        return f"Prove that {on.site} takes writes and that its agent says so."

    def apply(self, on: Switch) -> str:
        if on.epoch is None:
            raise AssertionError
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


STEPS: tuple[Step, ...] = (_TakeRecord(), _CloseGate(), _Promote(), _OpenGate(), _SetLatch(), _StandAlone(), _Prove())
PLANNED_STEPS: tuple[Step, ...] = (AskHolder(), CatchUp(), *STEPS)
READS_ONLY = ("judge", "prove", "catch_up")     # steps that never change anything that lasts


def judge(on: Switch, patience: float = 0.0) -> verdict.Verdict:
    """Look and judge until the verdict allows the switch, or there is nothing left to switch.

    A record that is only being waited for is watched to the end of that wait; any other refusal is final after `patience` seconds.
    Raises SwitchRefused.
    """
    began = on.clock()
    while True:
        seen, on.sight = on.look()
        found = (verdict.judge_planned if on.planned else verdict.judge)(seen, on.timing, on.limits, on.overrides)
        if found.action != verdict.NONE or found.writes:
            return found
        allowed = max(patience, _takeover(on) + on.timing.ttl) if found.verdict == verdict.WAITING else patience
        if on.clock() - began >= allowed:
            raise SwitchRefused(found)
        on.sleep(on.timing.watch / 2)


def _takeover(on: Switch) -> float:
    held = on.sight.seen.record if on.sight else None
    return record.needed(held, on.timing) if held else on.timing.takeover


def plan_if_lost(on: Switch, patience: float = 0.0) -> list[dict[str, Any]]:
    """What a run would do if the writer were lost now: `plan`, on what would be seen then. For whoever rehearses; nothing can be done on it."""
    def look() -> tuple[Observations, record.Sight | None]:
        seen, sight = on.look()
        return verdict.lost(seen, on.timing), sight
    return plan(replace(on, look=look), patience)


def plan(on: Switch, patience: float = 0.0) -> list[dict[str, Any]]:
    """What a run would do now: [{name, changed, detail}]. Reads only. Raises SwitchRefused like a run."""
    found = judge(on, patience)
    rows: list[dict[str, Any]] = [{"name": "judge", "changed": False, "detail": f"{found.verdict}: {found.because}"}]
    if found.writes:
        return rows
    for step in _steps(found):
        todo = _told(step, on, partial(step.pending, on))
        rows.append({"name": step.name, "changed": bool(todo) and step.name not in READS_ONLY, "detail": todo or "Nothing left to do."})
    return [*rows, *afterwards.plan(on)]


def run(on: Switch, patience: float = 0.0) -> Iterator[dict[str, Any]]:
    """Make `on.site` the writer. Yields each step when it is done: {name, started (epoch s), seconds, changed, detail}.

    Whoever is running a switch here already is waited for within `patience` seconds. Raises SwitchRefused before anything was touched,
    Busy when another switch still runs then, StepFailed in between; run it again then.
    """
    started, began = on.wall(), on.clock()
    with ExitStack() as held:
        while True:
            found = judge(on, max(0.0, began + patience - on.clock()))
            if found.writes:
                break
            try:
                held.enter_context(on.journal.alone())
                break
            except Busy:
                if on.clock() >= began + patience:
                    raise
                on.sleep(on.timing.beat)
        named = f" Overridden by name: {', '.join(found.overridden)}." if found.overridden else ""
        judged = {"name": "judge", "started": started, "seconds": round(on.clock() - began, 3), "changed": False,
                  "detail": f"{found.verdict}: {found.because}{named}"}
        if found.writes:
            yield from on.journal.told(since=started) or [judged]      # somebody else made it the writer while this run was judging
            return
        unfinished = on.journal.unfinished() if found.action == verdict.RESUME else None
        switch = unfinished["switch"] if unfinished else f"{on.site}-{started:.3f}"
        mine = [line for line in on.journal.lines() if line["switch"] == switch] if unfinished else []
        begun: Mapping[str, Any] = next((line for line in reversed(mine) if line["phase"] == "begun"), {})
        if (begun.get("verdict"), begun.get("overrides")) != (found.verdict, list(found.overridden)):
            on.journal.write(switch, "judge", "begun", verdict=found.verdict, overrides=list(found.overridden),
                             **{name: judged[name] for name in ("started", "seconds", "detail")})
        latest = {line["step"]: line for line in mine}
        yield judged
        for step in _steps(found):
            yield _one(step, on, switch, latest.get(step.name, {}))
        on.journal.write(switch, "end", "finished", epoch=on.epoch)
        yield from afterwards.run(on, switch)


def _steps(found: verdict.Verdict) -> tuple[Step, ...]:
    return PLANNED_STEPS if found.verdict == verdict.PLANNED else STEPS


def _one(step: Step, on: Switch, switch: str, latest: Mapping[str, Any]) -> dict[str, Any]:
    """`latest`: the last line about this step of a run that did not come to its end. What that says already is not written again: whoever tries
    again and again must not fill the disk.
    """
    started, began = on.wall(), on.clock()
    done, failed = latest.get("phase") == "after", latest.get("phase") == "failed"
    if not done and not failed:
        on.journal.write(switch, step.name, "before")
    try:
        todo = _told(step, on, partial(step.pending, on))
        if todo and done:
            on.journal.write(switch, step.name, "before")
        detail = _told(step, on, partial(step.apply, on)) if todo else "Nothing left to do."
    except StepFailed as error:
        if not failed or str(error) != latest.get("detail"):
            on.journal.write(switch, step.name, "failed", detail=str(error))
        raise
    changed = bool(todo) and step.name not in READS_ONLY
    if todo or not done:
        on.journal.write(switch, step.name, "after", changed=changed, detail=detail, epoch=on.epoch)
    return {"name": step.name, "started": started, "seconds": round(on.clock() - began, 3), "changed": changed, "detail": detail}


def _told(step: Step, on: Switch, do: Callable[[], Any]) -> Any:
    """Run one part of a step; what goes wrong comes out as StepFailed with the step, the cause and what to do."""
    try:
        return do()
    except (record.Unanswered, record.Refused, GateSilent, OSError) as error:
        raise StepFailed(f"Could not finish step '{step.name}' for {on.site}: {error} "
                         "Steps before it are done and are not repeated; run the switch again when the cause is gone. "
                         f"To abort instead: {step.abort}") from error
