# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Clients: they find the service by its public name as anybody does, respect the age a DNS answer may have, want one seat after the other and
keep a wish's key until it is answered for good. All of them at once write one history.

The first answer of each is some way through its time, as those of a resolver that many share are; all of them asking anew in one moment would
make an outage longer or shorter by chance.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from ansible_collections.multicloud.dr.plugins.module_utils.proof.buyer import Board, interrupted, order, shop, wanted
from ansible_collections.multicloud.dr.plugins.module_utils.proof.names import Resolver, lookup
from ansible_collections.multicloud.dr.plugins.module_utils.proof.visitor import Visitor

from .history import History

CLIENTS = 4
EVERY = 0.2             # seconds between two wishes of one client
TIMEOUT = 3.0           # seconds a client waits for an answer
REACH = 1.0             # seconds it tries to reach an address
RETRY = 0.25            # seconds before it asks again


def aged(share: float) -> Callable[[str, str | None], tuple[str, float]]:
    """A lookup whose first answer has passed `share` of its time already."""
    passed = [share]

    def ask(name: str, nameserver: str | None) -> tuple[str, float]:
        address, keep = lookup(name, nameserver)
        return address, keep * (1 - (passed.pop() if passed else 0.0))
    return ask


class Crowd:
    """A block in which they buy. Each has a resolver of its own, so some know of a change of address before others do."""

    def __init__(self, history: History, domain: str, nameserver: str, event_id: int, seats: Sequence[str], clients: int = CLIENTS) -> None:
        self._history, self._domain, self._nameserver = history, domain, nameserver
        self._event_id, self._seats, self._clients = event_id, seats, clients
        self._stop, self._lock, self._board = threading.Event(), threading.Lock(), Board()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Crowd:
        self._history.event("buyers come", clients=self._clients)
        for number in range(self._clients):
            thread = threading.Thread(target=self._buy, args=(number,), daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(self, *_: object) -> None:
        self.home()

    def home(self) -> None:
        """They have enough; returns when the last answer is written down."""
        self._stop.set()
        for thread in self._threads:
            thread.join(TIMEOUT * 2)
        self._history.event("buyers go home")

    def _buy(self, number: int) -> None:
        visitor = Visitor(Resolver(self._nameserver, aged(number / self._clients)), self._domain, reach=REACH)
        wishes = shop(interrupted(wanted(self._seats, number, self._clients), self._again),
                      lambda key, seat: order(visitor, key, self._event_id, seat, f"client-{number}", TIMEOUT), self._stop.wait, EVERY, RETRY)
        for attempt in wishes:
            self._history.attempt(number, attempt)
            with self._lock:
                self._board.note(attempt)

    def _again(self) -> str | None:
        with self._lock:
            return self._board.again()
