# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The verdict on one row that the old server and the writer do not hold alike. Pure.

What the writer's own log says since it became the writer decides: a row that is not there because nobody ever brought it is a loss to
be made good; a row that is not there because the writer deleted it is history.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .cells import OPAQUE

REPLAY, CONFLICT, SUPERSEDED = "replay", "conflict", "superseded"
VERDICTS = (REPLAY, CONFLICT, SUPERSEDED)

Row = Mapping[str, Any]     # {column: text, bytes or None}


@dataclass(frozen=True)
class Touch:
    """What the writer itself did to a key since it became the writer. first: its first change (insert, update, delete); before: the row
    as it was then, None when it was not there or cannot be read."""

    first: str
    before: Row | None = None
    last: str = ""


@dataclass(frozen=True)
class Case:
    """ours: the row on the old server, theirs: under the same key on the writer, None where there is none. clash: {index: the writer's
    row} where another of its rows stands in the way. complete: the writer's log is there from the moment it became the writer.
    unread: why the log says nothing about this table's rows, "" when it does. numbered: see shape.py.
    behind: the old server is a copy that had not received everything when its source failed over. unclear: what the writer has not touched may
    be older there or on the old server."""

    ours: Row | None
    theirs: Row | None
    touch: Touch | None
    clash: Mapping[str, Row]
    complete: bool = True
    unread: str = ""
    numbered: bool = False
    behind: bool = False
    unclear: bool = False


@dataclass(frozen=True)
class Verdict:
    """change: what a replay would do on the writer: insert, update or delete. renumber: under a new number, because the old one is taken."""

    verdict: str
    change: str
    because: str
    renumber: bool = False


def judge(case: Case) -> Verdict | None:
    """The verdict; None when there is nothing to say: both hold the same, or the writer simply made a row of its own."""
    if case.ours is None:
        return _nobody_knows(case, "delete") if case.unread and case.theirs is not None else _gone_here(case)
    if case.theirs is not None and same(case.ours, case.theirs):
        return None
    change = "update" if case.theirs is not None else "insert"
    touch = case.touch
    if case.unread:
        return _nobody_knows(case, change)
    if not case.complete and (touch is None or touch.first == "insert"):      # what it made anew may have been there before
        return Verdict(CONFLICT, change, "The writer's log does not reach back to where it became the writer: nobody can tell whether this row "
                       "never came over or was changed there since.")
    if touch is not None and touch.first == "insert":
        return _number_taken(case)
    if touch is not None:
        return _writer_went_on(case, touch, change)
    if case.behind:
        return Verdict(SUPERSEDED, change, "This copy was behind when its source failed over, and the source is not: it had gone on from here.")
    if case.unclear:
        return _older(change, "Not alike" if change == "update" else "Not there")
    if case.clash:
        return _clash(case, change)
    if case.theirs is not None:
        return Verdict(REPLAY, "update", "Changed here and never brought over; nobody has touched it there since.")
    return Verdict(REPLAY, "insert", "Never brought over, and nothing stands in its way.")


def _nobody_knows(case: Case, change: str) -> Verdict:
    return Verdict(CONFLICT, change, f"{case.unread}: nobody can tell whether this row never came over or was changed there since.")


def _older(change: str, seen: str) -> Verdict:
    return Verdict(CONFLICT, change, f"{seen}, and the writer has not touched it since it took over: one of the two is older, and nothing "
                   "tells which.")


def _gone_here(case: Case) -> Verdict | None:
    if case.theirs is None or (case.touch is not None and case.touch.first == "insert") or case.behind:
        return None
    if case.touch is not None:
        return Verdict(CONFLICT, "delete", "Deleted here and never brought over, and the writer has changed it since.")
    if not case.complete:
        return Verdict(CONFLICT, "delete", "Not here, and the writer's log does not reach back to where it became the writer: it may be new "
                       "there or have been deleted here.")
    if case.unclear:
        return _older("delete", "Not here")
    return Verdict(REPLAY, "delete", "Deleted here and never brought over; nobody has touched it there since.")


def _number_taken(case: Case) -> Verdict:
    """The writer made a row of its own under the same key: a different fact, whatever became of it."""
    if case.clash:
        return _clash(case, "insert")
    if case.numbered:
        return Verdict(REPLAY, "insert", "Never brought over. Its number belongs to another row there by now, so it gets a new one.", renumber=True)
    gone = "" if case.theirs is not None else " and has deleted it since"
    return Verdict(CONFLICT, "update" if case.theirs is not None else "insert", f"The writer has made another row under the same key{gone}.")


def _writer_went_on(case: Case, touch: Touch, change: str) -> Verdict:
    if case.ours is None:
        raise AssertionError
    did = "changed" if case.theirs is not None else "deleted"
    if touch.before is not None and same(case.ours, touch.before):
        return Verdict(SUPERSEDED, change, f"The writer had this very row and has {did} it since.")
    if case.theirs is None and (touch.before is None or same(case.ours, touch.before, unread=True)):
        return Verdict(SUPERSEDED, change, "The writer had a row under this key and has deleted it since.")
    return Verdict(CONFLICT, change, f"Changed here and never brought over, and the writer has {did} it since.")


def _clash(case: Case, change: str) -> Verdict:
    did = "Changed here and never brought over" if change == "update" else "Never brought over"
    return Verdict(CONFLICT, change, f"{did}, but another row there holds what must be unique: " + ", ".join(sorted(case.clash)) + ".")


def same(one: Row, other: Row, *, unread: bool = False) -> bool:
    """The same row, in the canonical form of rows.py. A value nobody could read is equal to nothing, or with `unread` to anything."""
    return all(other.get(name) == value or (unread and other.get(name) == OPAQUE) for name, value in one.items())
