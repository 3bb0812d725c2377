# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What follows a switch that is finished: more machines here, a look that nobody writes at the other site, a backup of what now exists once.

Users are served by then, so nothing here may hold them up: a step that fails is told and journalled, the switch stays finished, and the
agent tries again as long as this site writes in that reign. Where it writes and the switch cannot be finished, the agent does not wait for
that. Each step asks first whether anything is left to do. What writes to a cloud's control plane waits until users have found their way
here: names may lead to the dead site for as long as checks and resolvers take.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ..mysql.transactions import Transaction
from . import record
from .drain import StillRunning, drain
from .gate import GateSilent
from .journal import FOLLOWING
from .switching import NotYet, OtherDatabase, Step, StepFailed, Switch


class _Widen(Step):
    """A site that stood by serves everybody now."""

    name = "widen"
    abort = "Raise the capacity by hand, or leave it as it is: nothing else waits for it."

    def pending(self, on: Switch) -> str | None:
        if on.capacity is None or (now := on.capacity.now()) >= on.capacity.wanted:
            return None
        return _once_users_came(on, f"Widen {on.capacity} from {now} to {on.capacity.wanted}.")

    def apply(self, on: Switch) -> str:
        if on.capacity is None:
            raise AssertionError
        on.capacity.widen()
        return f"{on.capacity} is to have {on.capacity.wanted}."

    def idle(self, on: Switch) -> str:
        return "Nobody has named a group of machines to widen." if on.capacity is None else f"{on.capacity} is as wide as it shall be."


class _Later(Exception):
    """The other site writes in a reign later than ours."""


class _Earlier:
    """Who is at work at the other site, as long as its reign is no later than `epoch`: looked at before each answer and before anybody is ended,
    because this process may have been stopped since. Raises _Later, GateSilent.
    """

    def __init__(self, other: OtherDatabase, epoch: int) -> None:
        self._other, self._epoch = other, epoch

    def running(self) -> tuple[Transaction, ...]:
        self._look()
        return self._other.running()

    def kill(self, thread: int) -> bool:
        self._look()
        return self._other.kill(thread)

    def _look(self) -> None:
        own = self._other.look().own
        if own is not None and own.epoch > self._epoch:
            raise _Later


class _Fence(Step):
    """The gate keeps the other database from selling. This is for what a gate cannot do: it shuts early one that still runs out, and
    ends whoever is still at work there. A reign later than ours is left alone, whatever this process has slept through.
    """

    name = "fence"
    abort = ("See that the application there is stopped, and detach its database's security group by hand if it cannot be reached: the gate has "
             "shut by itself either way.")

    def pending(self, on: Switch) -> str | None:
        if on.epoch is None:
            return None                         # asked before the switch
        if source := on.database.follows():
            raise StepFailed(f"The database of {on.site}, which writes, follows {source} again: somebody started that, or its server was started "
                             "anew before the switch had made it stand alone. Stop it, and compare both.")
        if on.other is None:
            return None
        try:
            look = on.other.look()
            if look.own is not None and (look.own.epoch > on.epoch or (look.own.epoch == on.epoch and look.valid_for)):
                return None                     # it writes later; shut at our own epoch it had let go for a release that came to nothing
            if look.valid_for:
                return f"Shut the gate of database server {look.server_uuid} at the other site, and end who writes there."
            return self._at_work(on)
        except GateSilent as error:
            said = " ".join(str(error).split()).rstrip(".")
            raise NotYet(f"The other site's database gives no answer ({said}). Its gate has run out by itself; once it answers it is looked at "
                         "again.") from error

    def apply(self, on: Switch) -> str:
        if on.other is None or on.epoch is None:
            raise AssertionError
        shut = on.other.fence(on.epoch)
        try:
            done = drain(_Earlier(on.other, on.epoch), on.clock, on.sleep, 0.0, concerns=lambda each: each.rows > 0 and not each.prepared)
        except StillRunning as error:
            raise StepFailed(f"At the other site {error}.") from error
        except _Later:
            return "The other site is a later writer by now; nothing there was touched."
        return f"The gate of the other site {'was open and is shut' if shut else 'is shut'}; {done}."

    def idle(self, on: Switch) -> str:
        if on.other is None:
            return "Nobody has said how to reach the other site's database; its gate shuts by itself."
        return "Nobody writes at the other site." if on.epoch is not None else "See that nobody writes at the other site any more."

    def _at_work(self, on: Switch) -> str | None:
        if on.other is None:
            raise AssertionError
        writers = sorted({each.user or "somebody" for each in on.other.running() if each.rows and not each.undoing and not each.prepared})
        return f"End what is being written at the other site by {', '.join(writers)}." if writers else None


class _Protect(Step):
    """What is sold now exists once until a copy follows. That alarm stands in the agent's status; this asks for a backup meanwhile."""

    name = "protect"
    abort = ("Make a backup by hand (systemctl start multicloud-dr-backup.service, which site.yml --tags db_backup puts on a site's host), and give "
             "this site a copy.")

    def pending(self, on: Switch) -> str | None:
        if on.backups is None or (on.epoch is not None and on.backups.asked() == on.epoch):
            return None
        return _once_users_came(on, f"Ask for a backup of {on.site}'s database.")

    def apply(self, on: Switch) -> str:
        if on.backups is None or on.epoch is None:
            raise AssertionError
        on.backups.ask(on.epoch)
        return f"A backup of {on.site}'s database is asked for. What is sold exists once until a copy follows."

    def idle(self, on: Switch) -> str:
        return "This host makes no backups." if on.backups is None else "The backup is asked for."


STEPS: tuple[Step, ...] = (_Widen(), _Fence(), _Protect())
NAMES = FOLLOWING
_FAILURES = (StepFailed, record.Unanswered, record.Refused, GateSilent, OSError)


def plan(on: Switch) -> Iterator[dict[str, Any]]:
    """What `run` would do, as far as it can be known before the switch."""
    on = replace(on, epoch=None)
    for step in STEPS:
        try:
            todo = step.pending(on)
        except NotYet as error:
            yield {"name": step.name, "changed": False, "detail": str(error)}
        except _FAILURES as error:
            yield {"name": step.name, "changed": False, "detail": f"Not known yet: {error}"}
        else:
            yield {"name": step.name, "changed": bool(todo), "detail": todo or step.idle(on)}


def run(on: Switch, switch: str) -> Iterator[dict[str, Any]]:
    """All of it once, after the switch of that name was finished. Whoever calls holds the journal. Never raises for what a step meets."""
    on.sells_since = on.wall()
    for step in STEPS:
        on.journal.write(switch, step.name, "before")
        if row := _one(step, on, switch, "before"):
            yield row


def tend(on: Switch) -> Iterator[dict[str, Any]]:
    """What is left of the switch by which this site came to sell, while it still writes by it: what failed, was put off, or was cut off by a
    kill; and all of it where the switch itself cannot be finished, as when nobody takes the marker. Yields what came of it where that is news.
    A reign that another host of this site has begun is told by nothing in this journal, so the gate is asked: until it is open in this very reign
    nobody buys here, and until then nothing is written to a control plane. Raises Busy, record.Unanswered, GateSilent.
    """
    if not on.journal.left(NAMES):
        return
    held = on.store.read().record
    with on.journal.alone():
        made, left = on.journal.made(), on.journal.left(NAMES)
        if made is None or held is None or held.writer != on.site or held.offer or made["epoch"] is None or held.epoch < made["epoch"]:
            return
        if (unfinished := on.journal.unfinished()) and unfinished["switch"] != made["switch"]:
            return                              # this reign is a later switch's, and what follows it comes after it
        look = on.gate.look()
        if look.own is None or look.own.epoch != held.epoch or not look.valid_for:
            return
        on.epoch, on.sells_since = held.epoch, made["since"] if held.epoch == made["epoch"] else on.seen_selling(held.epoch)
        for step in STEPS:
            if step.name in left and (row := _one(step, on, made["switch"], left[step.name])):
                yield row


def _once_users_came(on: Switch, todo: str) -> str:
    """`todo`, when it is time for it; asked before the switch, all of that time is still to come. Raises NotYet."""
    since = on.sells_since if on.epoch is not None and on.sells_since is not None else on.wall()
    if (left := since + on.users_first - on.wall()) > 0:
        raise NotYet(f"Users come first: for {min(left, on.users_first):.0f} s more no control plane is written to. Then: {todo}")
    return todo


def _one(step: Step, on: Switch, switch: str, latest: str | None) -> dict[str, Any] | None:
    """One try. `latest`: the phase of the one before. None when this one came to the same: a journal is not filled with one sentence for as
    long as a site is away.
    """
    started, began, todo = on.wall(), on.clock(), None
    try:
        todo = step.pending(on)
        phase, detail = "after", step.apply(on) if todo else step.idle(on)
    except NotYet as error:
        phase, detail = "waits", str(error)
    except _FAILURES as error:
        phase, detail = "failed", f"NOT DONE, although {on.site} sells: {error} The agent tries again. {step.abort}"
    if phase == latest:
        return None
    changed = bool(todo) and phase == "after"
    on.journal.write(switch, step.name, phase, changed=changed, detail=detail, epoch=on.epoch)
    return {"name": step.name, "started": started, "seconds": round(on.clock() - began, 3), "changed": changed, "detail": detail}
