# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Misbehaviour on order: the next request that matches fails, before it works or, worse, after it has worked.

An order is `{"match": "POST /network/v2.0/vpcs", "status": 504, "after": true, "times": 1}`. `match` may hold shell wildcards;
`after` true means the request takes effect and only its answer is lost; `times` counts down (default 1). Optional: `skip` for how many
requests that match go well first; `expire` true to forget every token just before, instead of failing; `message` for the error's text,
`headers` for e.g. Retry-After, `code` for an RDS result code inside an HTTP 200 envelope, `drop` true to close the connection instead of
answering. Two kinds do not fail: `delay` alone, seconds that the answer takes, and `stale` true, a read that is answered as it was answered
last time, whatever has been written since; of something made meanwhile that is a 404.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import Any

from .errors import Refused


@dataclass
class Order:
    """One piece of misbehaviour still to happen."""

    match: str
    status: int = 503
    after: bool = False
    times: int = 1
    message: str = "The server is unkind on request."
    headers: dict[str, str] = field(default_factory=dict)
    code: int | None = None
    drop: bool = False
    skip: int = 0
    expire: bool = False
    delay: float = 0.0
    stale: bool = False

    def __post_init__(self) -> None:
        HTTPStatus(self.status)     # ValueError for what is no HTTP status

    @property
    def fails(self) -> bool:
        """Whether the request is refused or its answer lost."""
        return not (self.expire or self.delay or self.stale)

    def refusal(self) -> Refused:
        return Refused(409 if self.code is not None else self.status, self.message, code=self.code)


class Orders:
    """The misbehaviour now on order, first come first served."""

    def __init__(self) -> None:
        self._orders: list[Order] = []
        self._lock = threading.Lock()

    def add(self, **order: Any) -> None:
        """Order one; TypeError on an unknown or missing field, ValueError on a status that is none."""
        with self._lock:
            self._orders.append(Order(**order))

    def clear(self) -> None:
        with self._lock:
            self._orders.clear()

    def pending(self) -> list[dict[str, Any]]:
        with self._lock:
            return [{"match": order.match, "status": order.status, "after": order.after, "times": order.times} for order in self._orders]

    def take(self, method: str, path: str) -> Order | None:
        """The order this request fulfils, if any; it counts down."""
        with self._lock:
            for order in self._orders:
                if fnmatchcase(f"{method} {path}", order.match):
                    if order.skip > 0:
                        order.skip -= 1
                        continue
                    order.times -= 1
                    if order.times <= 0:
                        self._orders.remove(order)
                    return order
        return None
