# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The journal's copy in etcd: survives the disk, and shows what somebody did to the journal there.

A line is put once and never changed. A switch never waits for a store that is silent: what could not be copied is copied with a later line,
or by the agent. The disk decides what happened; the copy decides nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from . import chain
from .chain import Chain
from .record import Unanswered

QUIET = 5.0             # seconds in which a store that was silent is left alone


class Ledger(Protocol):
    """Texts by name, in the order of names. Calls raise record.Unanswered when the outcome is not known."""

    def add(self, name: str, text: str) -> bool:
        """Put it if there is nothing by that name; False when there is, and nothing was written then."""

    def under(self, prefix: str) -> list[tuple[str, str]]:
        """(name, text) of everything whose name begins so."""


@dataclass(frozen=True)
class JournalView:
    """The journal of this host. `lines`: on disk; `copied`: how many of its chain are in etcd as they are here, None when etcd gave no
    answer; `faults`: what does not hold, on disk or between the two.
    """

    lines: int
    copied: int | None
    faults: tuple[str, ...]


class Mirror:
    """`node`: whose journal it is, a name that no other host of the site has; the copy of another one stands beside it. `clock`: monotonic seconds.
    `machine`: which one this is, whatever it is called; each line says so. Empty where nobody knows.
    """

    def __init__(self, ledger: Ledger, node: str, clock: Callable[[], float], machine: str = "") -> None:
        self._ledger, self._node, self._clock, self.machine = ledger, node, clock, machine
        self._copied: tuple[str, int] | None = None     # segment, and up to which number it is known to be there
        self._silent_at = float("-inf")
        self.said: str | None = None                    # why the latest copy came to nothing

    def copy(self, of: Chain) -> None:
        """Put what is not there yet. Never raises for a store that does not answer."""
        if of.segment is None or self._clock() - self._silent_at < QUIET:
            return
        try:
            self._copy(of, of.segment)
            self.said = None
        except Unanswered as error:
            self._silent_at, self.said = self._clock(), str(error)

    def _copy(self, of: Chain, segment: str) -> None:
        if self._copied is None or self._copied[0] != segment:
            there = [name for name, _text in self._ledger.under(self._name(segment))]
            self._copied = (segment, len(there))
        for line, text in zip(of.lines, of.texts, strict=True):
            number = line.get("number", 0)
            if number > self._copied[1]:
                self._ledger.add(self._name(segment, number), text)     # what is there already is compared, and never changed
                self._copied = (segment, number)

    def history(self) -> tuple[str, ...]:
        """The texts of the chain of this host whose last line is the newest, for a disk that has lost it; () when there is none or it does
        not hold. Raises Unanswered.
        """
        return _newest(self._segments().values())

    def beside(self) -> list[tuple[str, ...]]:
        """Likewise for every other host of the same site that ever kept one. Raises Unanswered."""
        site = self._node.partition(".")[0]
        nodes: dict[str, dict[str, list[str]]] = {}
        for name, text in self._ledger.under(f"{site}."):
            node, _unused, rest = name.partition("/")
            segment, _unused, number = rest.partition("/")
            if not number:
                continue                    # no journal's: somebody else put it there
            nodes.setdefault(node, {}).setdefault(segment, []).append(text)
        return [texts for node, segments in nodes.items() if node != self._node and (texts := _newest(segments.values()))]

    def compared(self, with_: Chain) -> JournalView:
        """Both, line by line, and whatever else etcd keeps of this host: a journal that was replaced or emptied is not continued here. Never
        raises for a store that does not answer.
        """
        faults, here = list(with_.faults), with_.texts
        try:
            kept = self._segments()
        except Unanswered as error:
            self.said = str(error)
            return JournalView(len(here), None, tuple(faults))
        mine = kept.pop(with_.segment or "", [])
        if self._copied and len(mine) < self._copied[1]:
            self._copied = None             # the store has forgotten some, as after it was restored or made anew: they are put again
        strangers = self._strangers([*mine[len(here):], *(copy for line, copy in zip(here, mine, strict=False) if line != copy)])
        differ = next((number for number, (line, copy) in enumerate(zip(here, mine, strict=False), 1) if line != copy), None)
        if differ:
            faults.append(f"number {differ} here is not the one that etcd keeps")
        if len(mine) > len(here) and not strangers:
            faults.append(f"etcd keeps {len(mine) - len(here)} lines more: the end of the journal here was cut off")
        for texts in kept.values():
            if found := self._strangers(texts):
                strangers += found
            else:
                faults.append(f"etcd keeps {len(texts)} lines of a journal of this host that is not the one here")
        faults += [f"etcd keeps {count} lines that another machine ({machine}) wrote by the name {self._node}: two agent hosts of a site share a "
                   "name (site_agent_host), or this one was made anew and had begun another journal before it got its own back"
                   for machine, count in sorted(strangers.items())]
        return JournalView(len(here), min(len(mine), len(here)), tuple(faults))

    def _strangers(self, texts: Sequence[str]) -> Counter[str]:
        """Which other machines say that they wrote these, and how many."""
        said = (line.get("machine") for line in chain.read(texts).lines)
        return Counter(machine for machine in said if isinstance(machine, str) and self.machine and machine != self.machine)

    def _segments(self) -> dict[str, list[str]]:
        """Every chain that this host ever began, by its name. Raises Unanswered."""
        segments: dict[str, list[str]] = {}
        for name, text in self._ledger.under(f"{self._node}/"):
            segments.setdefault(name.split("/")[1], []).append(text)
        return segments

    def _name(self, segment: str, number: int | None = None) -> str:
        return f"{self._node}/{segment}/" + ("" if number is None else f"{number:08d}")


def _newest(segments: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """The texts of the chain whose last line is the newest, of those that hold; () when none does."""
    held = [found for found in map(chain.read, segments) if found.lines and not found.faults]
    newest = max(held, key=lambda found: float(found.lines[-1].get("time", 0.0)), default=None)
    return newest.texts if newest else ()


def in_words(lines: int, copied: int | None, faults: Sequence[str]) -> str:
    """What is known of the journal, as one sentence."""
    if faults:
        return f"THE JOURNAL OF SWITCHES DOES NOT HOLD: {'; '.join(faults)}. Somebody changed it, or a disk did: compare it with etcd's copy."
    copy = "whether etcd has them is not known" if copied is None else f"{copied} of them in etcd as well"
    return f"The journal of switches holds: {lines} lines, {copy}." if lines else "No switch to this site has ever been made from this host."
