# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which side refused a tunnel, and why, in charon's own words. Pure: reads what strongSwan (5.9, 6.0) logs, and guesses nothing.

What the other side does not say cannot be known here: a peer that answers AUTHENTICATION_FAILED found either the key or the identity wrong.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

OURS, THEIRS, NOBODY = "this side refused", "the other side refused", "nobody answered"


@dataclass(frozen=True)
class Refusal:
    """tunnel: its connection's name; side: who refused; about: what; words: charon's line, unaltered."""

    tunnel: str
    side: str
    about: str
    words: str

    def __str__(self) -> str:
        return f"{self.side}: {self.about} (charon: \"{self.words}\")"


# First match wins; the last line of a kind that a tunnel's log has is what is told. From src/libcharon/sa/ikev2 of strongSwan 5.9.8.
SAID: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (re.compile(r"tried \d+ shared keys? for .*, but MAC mismatched"), OURS, "the other side's pre-shared key is not the one this side has"),
    (re.compile(r"no shared key found for"), OURS, "this side has no pre-shared key for the other"),
    (re.compile(r"received IDr .*, but require|IDr? .* does not match to|no matching peer config found|constraint check failed: identity"), OURS,
     "the other side's identity is not the one expected"),
    (re.compile(r"received proposals? (un|in)acceptable|no acceptable proposal found|received invalid proposal"), OURS,
     "none of the other side's proposals is accepted here"),
    (re.compile(r"no acceptable traffic selectors found"), OURS, "the ranges that the other side offers are not those of this side"),
    (re.compile(r"received AUTHENTICATION_FAILED notify"), THEIRS, "the pre-shared key or the identity of this side; it does not say which"),
    (re.compile(r"received (NO_PROPOSAL_CHOSEN|INVALID_KE_PAYLOAD) notify, no CHILD_SA built"), THEIRS, "every ESP proposal of this side"),
    (re.compile(r"received NO_PROPOSAL_CHOSEN notify"), THEIRS, "every IKE proposal of this side"),
    (re.compile(r"received TS_UNACCEPTABLE notify"), THEIRS, "the ranges that this side offers"),
    (re.compile(r"received (INVALID_SYNTAX|NO_ADDITIONAL_SAS)\b.* notify"), THEIRS, "the request as it was made"),
    (re.compile(r"giving up after \d+ retransmits|peer not responding"), NOBODY, "no packet came back from the other side's outside address"),
)
FINE = re.compile(r"CHILD_SA (\S+)\{\d+\} established|IKE_SA \S+ established between")


def read_journal(lines: Iterable[str]) -> list[tuple[str, str]]:
    """(connection, message) of each entry of `journalctl --output=json`; connection is "" where charon names none."""
    found = []
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        message = entry.get("MESSAGE")
        if isinstance(message, str):
            found += [(str(entry.get("IKE_SA_NAME", "")), part.strip()) for part in message.splitlines() if part.strip()]
    return found


def refusals(said: Iterable[tuple[str, str]]) -> dict[str, Refusal]:
    """{connection: the last refusal since it was last established}. said: (connection, message), oldest first."""
    found: dict[str, Refusal] = {}
    for tunnel, words in said:
        if FINE.search(words):
            found.pop(tunnel, None)
        for pattern, side, about in SAID:
            if pattern.search(words):
                if not (side == NOBODY and tunnel in found and found[tunnel].side != NOBODY):   # a reason is worth more than silence after it
                    found[tunnel] = Refusal(tunnel, side, about, words)
                break
    return found
