# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can go wrong, told with four facts: what we were doing, to what, what the other side answered, what is left and what to do next.

Pure: no Ansible, no HTTP. Clients raise these and nobody above rephrases them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """The other side's own words.

    who: "NHN Cloud", "AWS", ...; status: HTTP status or None when nothing came back; code: the service's own code ("7008",
    "NeutronError"); words: its message, unaltered; request: the request id it gave, for its support desk.
    """

    who: str
    status: int | None = None
    code: str = ""
    words: str = ""
    request: str = ""

    def __str__(self) -> str:
        told = " ".join(part for part in (str(self.status) if self.status is not None else "", self.code) if part)
        line = f"{self.who} answered {told}" if told else f"{self.who} answered"
        if self.words:
            line += f': "{self.words}"' if told else f' "{self.words}"'
        return line + (f" (request {self.request})." if self.request else ".")


class Fault(Exception):
    """The base of all faults, and good enough by itself.

    doing: infinitive, fits after "Could not" ("create the subnet"); to: the thing, by name ("edge in tickets-vpc");
    answer: what came back; left: what state the world is in; then: the next step, an imperative sentence.
    """

    def __init__(self, doing: str, to: str = "", *, answer: Answer | None = None, left: str = "", then: str = "") -> None:
        self.doing, self.to, self.answer, self.left, self.then = doing, to, answer, left, then
        super().__init__(self.told())

    def say(self, *, left: str, then: str) -> None:
        """The same fault with another end, by who knows more about it."""
        self.left, self.then = left, then
        self.args = (self.told(),)

    def after(self, done: Iterable[str]) -> None:
        """Add to what is left what was accepted before it, in words ("create vpc tickets")."""
        if told := ", ".join(dict.fromkeys(done)):
            self.left = f"{self.left} Accepted from this run before, and not taken back: {told}.".strip()
            self.args = (self.told(),)

    def told(self) -> str:
        """The whole message, one fact a line."""
        lines = [f"Could not {self.doing}{' ' + self.to if self.to else ''}."]
        if self.answer:
            lines.append(str(self.answer))
        if rest := " ".join(part for part in (self.left, self.then) if part):
            lines.append(rest)
        return "\n".join(lines)

    def facts(self) -> dict[str, Any]:
        """The same four facts for a machine: keys doing, to, answer (status, code, words, request), left, next."""
        answer = self.answer
        return {
            "kind": type(self).__name__, "doing": self.doing, "to": self.to, "left": self.left, "next": self.then,
            "answer": {"who": answer.who, "status": answer.status, "code": answer.code, "words": answer.words, "request": answer.request}
            if answer else None,
        }


class Refused(Fault):
    """The other side heard us and said no; asking again as we are will not help."""


class ReplyLost(Fault):
    """A write was sent and its outcome is unknown (no reply, or a 5xx). Whoever catches it must look before writing again."""


class Unreachable(Fault):
    """Nothing that reads answered within the allowed attempts; nothing was changed."""


class NotUnderstood(Fault):
    """Something answered a read, but not what the service's documents say; nothing may be concluded from it."""


class Damaged(Fault):
    """What was read is not what was once put there; nothing may be made of it."""


class TimedOut(Fault):
    """A bounded wait ran out."""


class WentWrong(Fault):
    """What we waited for ended in a state it does not leave by itself."""


class Absent(Fault):
    """Something this step stands on does not exist."""


class Ambiguous(Fault):
    """A name fits more than one thing."""


class Unchangeable(Fault):
    """Fields that can only be set when the thing is made differ from what is wanted.

    names: those fields; have, want: both sides, from which the values are quoted. Secret values must not be put in here.
    """

    def __init__(self, names: Iterable[str], have: Mapping[str, Any], want: Mapping[str, Any]) -> None:
        self.names = tuple(names)
        told = "; ".join(f"{name} is {have.get(name)!r}, wanted {want[name]!r}" for name in self.names)
        super().__init__("change " + ", ".join(self.names), f"of {have.get('name') or have.get('id') or 'it'}: {told}",
                         left="It can be set only when the thing is made, so nothing was touched.",
                         then="Ask for the value it has, or remove the thing and make it anew.")


class BadInput(Fault):
    """Values refused before anything was touched. faults: one "path: what is wrong" each, all of them at once."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("start, the input cannot work:", "\n  " + "\n  ".join(self.faults), left="Nothing was touched.",
                         then="Correct that, then run again.")
