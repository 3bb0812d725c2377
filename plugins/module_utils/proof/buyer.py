# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A buyer who wants one seat after the other and writes down every answer.

The rules of a good client: one idempotency key for each wish, kept until the wish is answered for good; short time limits;
a new connection to wherever the name points now. Nothing here knows about sites: the service says who served it.

Buyers compete, or nothing could ever be promised twice: some seats are wanted by all of them, and when the service has moved they
ask the new site for the seats that were promised last by the old one.
"""

from __future__ import annotations

import json
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from time import time
from typing import Any

from .visitor import NoAnswer, Visitor


@dataclass(frozen=True)
class Attempt:
    """One request and its answer: one line of the log. `sent` and `t` (answered) are seconds since the epoch; status 0: no answer.

    `site` and `epoch`: who sold the seat; `by_site` and `by_epoch`: who gave this answer's promise. They differ where the key of a
    purchase was repeated after the service moved.
    """

    t: float
    sent: float
    key: str
    event_id: int
    seat: str
    status: int
    site: str | None = None
    epoch: int | None = None
    ack: str | None = None
    ticket: str | None = None
    address: str | None = None
    error: str | None = None
    by_site: str | None = None
    by_epoch: int | None = None

    @property
    def acknowledged(self) -> bool:
        """The buyer was told: this seat is yours."""
        return self.status in (200, 201)

    @property
    def final(self) -> bool:
        """No use in asking again for this seat."""
        return self.acknowledged or self.status in (404, 409, 422)

    def line(self) -> str:
        """As one line of JSON."""
        return json.dumps(asdict(self), separators=(",", ":"))


def order(
    visitor: Visitor, key: str, event_id: int, seat: str, buyer: str, timeout: float = 3.0, clock: Callable[[], float] = time,
) -> Attempt:
    """Ask once for a seat; whatever happens becomes an Attempt."""
    sent = clock()
    body = json.dumps({"event_id": event_id, "seat": seat, "buyer": buyer})
    try:
        answer = visitor.ask("/api/purchases", method="POST", body=body, timeout=timeout, most=65536,
                             headers={"Content-Type": "application/json", "Idempotency-Key": key})
    except NoAnswer as silence:
        return Attempt(clock(), sent, key, event_id, seat, 0, address=silence.address, error=str(silence))
    said = _json(answer.body)
    by = said.get("acknowledged_by") or {}
    return Attempt(
        clock(), sent, key, event_id, seat, answer.status, said.get("site"), said.get("epoch"), said.get("ack"), said.get("ticket"),
        answer.address, said.get("error") if answer.status >= 400 else None, by.get("site"), by.get("epoch"),
    )


def _json(text: bytes) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except ValueError:
        return {}                       # a waiting page: people read it, programs see the status
    return said if isinstance(said, dict) else {}


def wanted(seats: Sequence[str], number: int, buyers: int) -> Iterator[str]:
    """Seats that buyer `number` (from 0) of `buyers` wants, in order: in every buyers + 1 seats the first is everybody's, one is its own.

    All come to a common seat at about the same time: one gets it, the others must hear that it is taken.
    """
    for start in range(0, len(seats), buyers + 1):
        yield from seats[start:start + 1]
        yield from seats[start + 1 + number:start + 2 + number]


class Board:
    """What the buyers tell each other: the seats promised last, and, once another site promises, the seats to ask it for again.

    Another site that does not know of a promise sells the seat a second time; that is what asking shows. Not locked: `note` and
    `again` are called under the caller's lock.
    """

    def __init__(self, depth: int = 20) -> None:
        self._site: str | None = None
        self._last: deque[str] = deque(maxlen=depth)
        self._again: deque[str] = deque()

    def note(self, attempt: Attempt) -> None:
        """Take in an answer."""
        if not attempt.acknowledged:
            return
        if self._site not in (None, attempt.by_site):
            self._again.extend(self._last)
            self._last.clear()
        self._site = attempt.by_site
        self._last.append(attempt.seat)

    def again(self) -> str | None:
        """The next seat that somebody has to ask for again; None when there is none."""
        return self._again.popleft() if self._again else None


def interrupted(seats: Iterable[str], again: Callable[[], str | None]) -> Iterator[str]:
    """`seats`, but before each whatever `again()` gives."""
    for seat in seats:
        while (doubtful := again()) is not None:
            yield doubtful
        yield seat


def shop(
    seats: Iterable[str], ask: Callable[[str, str], Attempt], pause: Callable[[float], bool], every: float, retry: float = 0.5,
) -> Iterator[Attempt]:
    """Want one seat after the other; yields every attempt. Stops when the seats run out or `pause(seconds)` says true: enough.

    ask(key, seat) -> Attempt. A wish that was not answered for good is repeated with the same key after `retry` seconds.
    """
    for seat in seats:
        key = str(uuid.uuid4())
        while True:
            attempt = ask(key, seat)
            yield attempt
            if pause(every if attempt.final else retry):
                return
            if attempt.final:
                break
