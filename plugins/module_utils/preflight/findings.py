# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was found missing, and everything that a judge may look at. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..shape import Unset


@dataclass(frozen=True)
class Finding:
    """Where, what is wrong there, and what mends it. advice: a build would work all the same."""

    path: str
    wrong: str
    mend: str
    advice: bool = False

    def told(self) -> str:
        """One sentence after the other, behind the path."""
        return f"{self.path}: {self.wrong}. {self.mend}"


@dataclass(frozen=True)
class Seen:
    """What one cloud was heard to say.

    answers: {question: answer}; silent: {question: {"kind": "refused", "silent" or "unsaid", "words"}}, why there is no answer. "unsaid" is what
    could not be asked, because the inventory lacks what it takes to ask, which is told there.
    """

    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    silent: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __getitem__(self, question: str) -> Mapping[str, Any] | None:
        return self.answers.get(question)


@dataclass(frozen=True)
class World:
    """Everything there is to judge.

    values: the inventory's variables by name, with an `Unset` for each that stands on something undefined; faults: those of the plan, as
    "path: what is wrong"; third: what the third place said; key: of the SSH key's file; now: seconds since 1970.
    """

    values: Mapping[str, Any]
    nhn: Seen = field(default_factory=Seen)
    aws: Seen = field(default_factory=Seen)
    faults: Sequence[str] = ()
    third: Mapping[str, Any] = field(default_factory=dict)
    key: Mapping[str, Any] = field(default_factory=dict)
    now: float = 0.0

    def __getitem__(self, name: str) -> Any:
        """A variable, None when it has no value."""
        return None if isinstance(value := self.values.get(name), Unset) else value

    def site(self, name: str) -> Mapping[str, Any]:
        """A site's part of the topology, empty when it is not one."""
        found = (self["topology_sites"] or {}).get(name)
        return found if isinstance(found, Mapping) else {}

    def mappings(self, name: str) -> list[Mapping[str, Any]]:
        """A list of mappings; what is none is left out, as the plan's own checks name it."""
        return [item for item in self[name] or () if isinstance(item, Mapping)]


def ordered(found: Iterable[Finding]) -> list[Finding]:
    """What stops a build first, then advice; each once, in the order in which it was found."""
    return sorted(dict.fromkeys(found), key=lambda finding: finding.advice)


def some(names: Iterable[Any], most: int = 12) -> str:
    """A few of many names, for a message."""
    every = sorted({str(name) for name in names})
    return ", ".join(every[:most]) + (", ..." if len(every) > most else "") or "nothing"
