# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""get -> plan -> apply, once for every resource.

A resource is a tuple of fields. `plan` compares what is there with what is wanted and answers with a value that can be printed,
weighed and refused; `converge` carries it out and looks again until nothing is left to do. Check mode, diff and idempotence all
come from the plan. Pure: no Ansible, no HTTP.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from .faults import Absent, BadInput, Fault, ReplyLost, Unchangeable
from .waiting import Clock, SystemClock

ROUNDS = 6                      # applies before we say that the other side does not keep what it is told
LOOK_AGAIN_SECONDS = (2.0, 3.0, 5.0, 10.0, 20.0, 20.0)  # after a lost reply: a minute for a write that worked to become visible


def unseen(_have: Any, _want: Any) -> bool:
    """For fields that are sent when a thing is made and cannot, or need not, be read back: never drift."""
    return True


def as_set(have: Iterable[Any] | None, want: Iterable[Any] | None) -> bool:
    """Equal as collections without order: duplicates and order do not matter; elements may be dicts or lists."""
    return {_frozen(item) for item in have or ()} == {_frozen(item) for item in want or ()}


def includes(have: Mapping[str, Any] | None, want: Mapping[str, Any]) -> bool:
    """Every wanted key has the wanted value, compared as text; other keys are somebody else's."""
    return all(str((have or {}).get(key)) == str(value) for key, value in want.items())


def plainly(value: Any) -> Any:
    """For fields whose values have one spelling only."""
    return value


def _frozen(value: Any) -> Any:
    if isinstance(value, Mapping):
        return frozenset((key, _frozen(item)) for key, item in value.items() if item is not None)
    if isinstance(value, list | tuple | set | frozenset):
        return tuple(_frozen(item) for item in value)
    return value


@dataclass(frozen=True)
class Field:
    """One property of a resource.

    fixed: cannot change once the thing exists; same(have, want): when two values mean the same; secret: never shown;
    needed: must be given to make one; tidy(value): the value in the one spelling that is compared and sent, raising ValueError with what is wrong
    with it; option: the Ansible option that carries it (type, required, choices, ... as plain data), None
    when it is not an option.
    """

    name: str
    fixed: bool = False
    same: Callable[[Any, Any], bool] = operator.eq
    secret: bool = False
    needed: bool = False
    tidy: Callable[[Any], Any] = plainly
    option: Mapping[str, Any] | None = field(default_factory=lambda: {"type": "str"})


def wanted(fields: Iterable[Field], params: Mapping[str, Any]) -> dict[str, Any] | None:
    """The fields the caller gave, or None for state=absent. An option left out is not ours to touch."""
    if params.get("state") == "absent":
        return None
    return {f.name: params[f.name] for f in fields if params.get(f.name) is not None}


def at(path: str, fault: str) -> str:
    """A fault behind the path of what it is about; one that begins with "." or "[" goes on with the path."""
    return f"{path}{fault}" if fault[:1] in (".", "[") else f"{path}: {fault}"


def tidied(fields: Iterable[Field], params: Mapping[str, Any]) -> dict[str, Any]:
    """params with every field's value in its one spelling. Raises BadInput with all that cannot be, before anything is touched; what is to be
    absent is not hindered by it."""
    done, wrong = dict(params), []
    for each in fields:
        if params.get(each.name) is not None:
            try:
                done[each.name] = each.tidy(params[each.name])
            except ValueError as faults:
                wrong += [at(each.name, str(fault)) for fault in faults.args]
    if wrong and params.get("state") != "absent":
        raise BadInput(wrong)
    return done


@dataclass(frozen=True)
class Plan:
    """What would be done. action: none, create, update or delete; before, after: the resource on both sides of it, {} when there
    is none; drift: names of fields that differ; secret: names never to be shown; needs: what must exist first ("vpc tickets-vpc")."""

    action: str
    before: dict[str, Any]
    after: dict[str, Any]
    drift: tuple[str, ...] = ()
    secret: frozenset[str] = frozenset()
    needs: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether carrying it out writes anything."""
        return self.action != "none"

    def needing(self, needs: Iterable[str]) -> Plan:
        """The same plan, with what must exist before it can be carried out."""
        return replace(self, needs=tuple(dict.fromkeys(needs)))

    def refuse_needs(self) -> None:
        """Raise Absent when something must exist first."""
        if self.needs:
            raise Absent(f"{self.action} it before there is", ", ".join(self.needs), left="Nothing was touched.", then="Make that first.")


def plan(fields: Iterable[Field], have: Mapping[str, Any] | None, want: Mapping[str, Any] | None) -> Plan:
    """Compare. have: the resource as it is, None when it does not exist; want: as it should be, None when it should not exist.

    Fields missing from want are not ours to touch. Raises Unchangeable, naming the fields, when a fixed one
    differs, and BadInput when one that is needed to make it is missing.
    """
    fields = tuple(fields)
    secret = frozenset(f.name for f in fields if f.secret)
    if want is None:
        return Plan("delete" if have is not None else "none", dict(have or {}), {}, secret=secret)
    if have is None:
        if missing := [f.name for f in fields if f.needed and f.name not in want]:
            raise BadInput(f"{name}: required, as it does not exist yet" for name in missing)
        return Plan("create", {}, dict(want), secret=secret)
    drift = [f for f in fields if f.name in want and not f.same(have.get(f.name), want[f.name])]
    if stuck := [f.name for f in drift if f.fixed]:
        hidden = {name: "(hidden)" for name in secret}
        raise Unchangeable(stuck, {**have, **hidden}, {**want, **hidden})
    after = {**have, **{f.name: want[f.name] for f in drift}}
    return Plan("update" if drift else "none", dict(have), after, tuple(f.name for f in drift), secret)


class Kind(Protocol):
    """What a resource gives the engine. find: look it up anew; apply: carry one plan out and return the resource as it is then, {} when
    it is gone; settled: wait until it is usable, given what was last read, and return it."""

    @property
    def fields(self) -> tuple[Field, ...]: ...
    def find(self) -> dict[str, Any] | None: ...
    def apply(self, step: Plan) -> dict[str, Any]: ...
    def settled(self, now: dict[str, Any]) -> dict[str, Any]: ...


def converge(kind: Kind, step: Plan, want: Mapping[str, Any] | None, clock: Clock | None = None) -> dict[str, Any]:
    """Carry a plan out, look, and go on until nothing differs. Returns the resource, {} when it is gone.

    Before anything is made it is looked for once more: what was planned with may lag behind an earlier run, or another one was faster.
    A lost reply is answered by looking, never by writing blindly again: what worked unheard is not built twice. What was to be made and is not
    seen for a minute is asked for once more, and no oftener. What was changed and still reads as it was is looked for a minute as well, before it is
    written once more: what is read may lag behind a change that was accepted.
    """
    clock = clock or SystemClock()
    step.refuse_needs()
    now, lost, unheard, patient = step.before, None, 0, True
    if step.action == "create" and (there := kind.find()):
        now, step = there, plan(kind.fields, there, want)
    for _unused in range(ROUNDS):
        if not step.changes:
            return kind.settled(now) if now else {}
        try:
            now, lost = kind.apply(step), None
        except ReplyLost as fault:
            unheard += step.action == "create"
            now, lost = _look_again(kind, step, clock), fault
            if not now and unheard > 1:
                raise
        done, step = step, plan(kind.fields, now or None, want)
        if patient and not lost and _unchanged(done, step):
            now = _look_for(kind, done, want, clock) or now
            step = plan(kind.fields, now, want)
            patient = not _unchanged(done, step)
    if not step.changes:
        return kind.settled(now) if now else {}
    if lost:
        raise lost
    raise Fault("keep", ", ".join(step.drift) or "it",
                left=f"After {ROUNDS} writes that were accepted, the answer still differs from what was asked.",
                then="Read the diff of a run with --check --diff; somebody else may be changing it back.")


def _unchanged(done: Plan, left: Plan) -> bool:
    """Whether something that an update has written reads as if it had not been."""
    return done.action == "update" and bool(set(done.drift) & set(left.drift))


def _look_for(kind: Kind, done: Plan, want: Mapping[str, Any] | None, clock: Clock) -> dict[str, Any]:
    """The resource once an update shows, or as it was last seen; {} when it was not seen at all."""
    now: dict[str, Any] = {}
    for seconds in LOOK_AGAIN_SECONDS:
        clock.sleep(seconds)
        now = kind.find() or now
        if now and not _unchanged(done, plan(kind.fields, now, want)):
            break
    return now


def _look_again(kind: Kind, step: Plan, clock: Clock) -> dict[str, Any]:
    """What is there after a lost reply. What was to be made is looked for several times: a list may lag behind what was written, and whoever
    believes it too soon builds twice."""
    for seconds in LOOK_AGAIN_SECONDS if step.action == "create" else LOOK_AGAIN_SECONDS[:1]:
        clock.sleep(seconds)
        if now := kind.find():
            return now
    return {}
