# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lines that hold on to each other: each carries its number and a hash over itself and the line before. Whoever changes, takes out or adds a
line in the middle is found out; who cuts off the end is found out by a copy elsewhere (mirror.py). Pure.

It is no signature: who can write here can make a whole new chain. Against that stands the copy, which never changes a line that it has.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

START = "0" * 64        # the link before the first line
MOST = 10**15           # nothing that a switch counts is as large, be it microseconds; what is would be no float
FARTHEST = 62135596800  # seconds from 1970 back to the year 1, the first that a calendar of ours tells; as far ahead is far enough


@dataclass(frozen=True)
class Chain:
    """What was read. `lines`: those that are whole, oldest first; `texts`: the same as they are written; `faults`: a sentence for each place
    where the chain does not hold; `number`, `link`: of the last line, 0 and START when there is none; `found`: how many lines there were, of
    whatever kind.
    """

    lines: tuple[dict[str, Any], ...]
    texts: tuple[str, ...]
    faults: tuple[str, ...]
    number: int
    link: str
    found: int

    @property
    def segment(self) -> str | None:
        """A name for this very chain: the beginning of its first link. None before there is one."""
        return next((str(line["link"])[:16] for line in self.lines if line.get("number") == 1), None)


def seal(chain: Chain, line: Mapping[str, Any]) -> str:
    """`line` as the next one of the chain, as text."""
    body = {**line, "number": chain.number + 1}
    return _text({**body, "link": _link(chain.link, body)})


def read(texts: Iterable[str]) -> Chain:
    """What the lines say and whether they hold. A torn line, as a kill leaves it, was promised to nobody and is skipped; one without a link, or
    that says nothing of a switch, is none of ours: it counts for nothing, and is told. So is what a disk has made of one of ours; the rest of such
    a line is used (`_mended`). Whatever a file holds, this raises nothing.
    """
    lines: list[dict[str, Any]] = []
    whole: list[str] = []
    faults: list[str] = []
    number, link, place = 0, START, 0
    for place, text in enumerate(texts, 1):
        try:
            line = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if not isinstance(line, dict):
            continue
        if not all(isinstance(line.get(name), str) for name in ("switch", "step", "phase")):
            faults.append(f"line {place} does not say which step of which switch it is about, so it counts for nothing")
            continue
        if "link" not in line:
            faults.append(f"line {place} carries no link, so it counts for nothing")
            continue
        whole.append(text)
        body = {name: value for name, value in line.items() if name != "link"}
        doubted = len(faults)
        if line.get("number") != number + 1:
            faults.append(f"line {place} says that it is number {line.get('number')}, and {number + 1} was to come")
        elif line["link"] != _link(link, body):
            faults.append(f"line {place} (number {number + 1}) is not what was written, or the one before it is not")
        if len(faults) > doubted:
            line = {name: value for name, value in line.items() if name not in _COUNTED}
        lines.append(_mended(line, number + 1, lines[-1]["time"] if lines else 0.0))
        number, link = lines[-1]["number"], str(line["link"])
    return Chain(tuple(lines), tuple(whole), tuple(faults), number, link, place)


def _mended(line: dict[str, Any], number: int, time: float) -> dict[str, Any]:
    """`line` with every part that is of another kind than what a switch writes left out; its `number` and `time` as they follow from the line before:
    lines stand in the order in which they were written.
    """
    kept = {name: readable(value) if isinstance(value, str) else value
            for name, value in line.items() if name not in _KINDS or _KINDS[name](value)}
    return {"number": number, "time": time, **kept}


def readable(text: str) -> str:
    """As it can be written anywhere: JSON may hold half of a surrogate pair, on which printing ends a process."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < MOST     # which NaN is not


def _is_time(value: Any) -> bool:
    """Of a clock that counts in seconds, such as a calendar tells."""
    return _is_number(value) and bool(abs(value) < FARTHEST)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < MOST


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


# What alarms and limits go by: of a line that is not what was written it is as good as lost, as another value would end them.
_COUNTED = frozenset({"epoch", "verdict"})
# What those who read a journal go by, and of which kind each is.
_KINDS: dict[str, Callable[[Any], bool]] = {
    "number": _is_count, "epoch": lambda value: value is None or _is_count(value), "time": _is_time, "started": _is_time, "seconds": _is_number,
    "detail": _is_text, "verdict": _is_text, "changed": lambda value: isinstance(value, bool),
    "overrides": lambda value: isinstance(value, list) and all(map(_is_text, value))}


def _link(before: str, body: Mapping[str, Any]) -> str:
    return hashlib.sha256(f"{before}\n{_text(body)}".encode()).hexdigest()


def _text(line: Mapping[str, Any]) -> str:
    return json.dumps(line, sort_keys=True)
