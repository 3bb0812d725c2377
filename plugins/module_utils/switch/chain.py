# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lines that hold on to each other: each carries its number and a hash over itself and the line before. Whoever changes, takes out or adds a
line in the middle is found out; who cuts off the end is found out by a copy elsewhere (mirror.py). Pure.

It is no signature: who can write here can make a whole new chain. Against that stands the copy, which never changes a line that it has.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

START = "0" * 64        # the link before the first line


@dataclass(frozen=True)
class Chain:
    """What was read. `lines`: those that are whole, oldest first; `texts`: the same as they are written; `faults`: a sentence for each place
    where the chain does not hold; `number`, `link`: of the last line, 0 and START when there is none.
    """

    lines: tuple[dict[str, Any], ...]
    texts: tuple[str, ...]
    faults: tuple[str, ...]
    number: int
    link: str

    @property
    def segment(self) -> str | None:
        """A name for this very chain: the beginning of its first link. None before there is one."""
        return next((str(line["link"])[:16] for line in self.lines if line.get("number") == 1), None)


def seal(chain: Chain, line: Mapping[str, Any]) -> str:
    """`line` as the next one of the chain, as text."""
    body = {**line, "number": chain.number + 1}
    return _text({**body, "link": _link(chain.link, body)})


def read(texts: Iterable[str]) -> Chain:
    """What the lines say and whether they hold. A torn line, as a kill leaves it, was promised to nobody and is skipped; one without a link is
    none of ours: it counts for nothing, and is told.
    """
    lines: list[dict[str, Any]] = []
    whole: list[str] = []
    faults: list[str] = []
    number, link = 0, START
    for place, text in enumerate(texts, 1):
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if not isinstance(line, dict) or not {"switch", "step", "phase"} <= line.keys():
            continue
        if "link" not in line:
            faults.append(f"line {place} carries no link, so it counts for nothing")
            continue
        lines.append(line)
        whole.append(text)
        body = {name: value for name, value in line.items() if name != "link"}
        if line.get("number") != number + 1:
            faults.append(f"line {place} says that it is number {line.get('number')}, and {number + 1} was to come")
        elif line["link"] != _link(link, body):
            faults.append(f"line {place} (number {number + 1}) is not what was written, or the one before it is not")
        number, link = int(line.get("number") or 0), str(line["link"])
    return Chain(tuple(lines), tuple(whole), tuple(faults), number, link)


def _link(before: str, body: Mapping[str, Any]) -> str:
    return hashlib.sha256(f"{before}\n{_text(body)}".encode()).hexdigest()


def _text(line: Mapping[str, Any]) -> str:
    return json.dumps(line, sort_keys=True)
