# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One picture for one plan: while a plan is made, a client does not ask again what it has been told. Pure: no HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

Body = TypeVar("Body")


class Looking:
    """What a client of NHN Cloud is made of that a Resource plans with."""

    def __init__(self) -> None:
        self._seen: dict[str, Any] | None = None      # answers of the look that is going on
        self.accepted: list[str] = []                   # writes that the service took, in words ("create vpc tickets")

    def took(self, method: str, doing: str, to: str) -> None:
        """Note a request that was answered well, when it wrote: whoever fails later tells what was done before."""
        if method not in ("GET", "HEAD"):
            self.accepted.append(f"{doing} {to}".strip())

    @contextmanager
    def one_look(self) -> Iterator[None]:
        """While planning, what was read once is not read again: the plan is made of one picture, and with fewer requests."""
        self._seen = {}
        try:
            yield
        finally:
            self._seen = None

    @property
    def looking(self) -> bool:
        """Whether a plan is being made, so that a whole list that several questions can be answered from costs one request."""
        return self._seen is not None

    def look_anew(self) -> None:
        """Forget the picture, for what is waited for while planning."""
        if self._seen is not None:
            self._seen = {}

    def once(self, asked: str, read: Callable[[], Body]) -> Body:
        """What `read` answers; during one look, what it answered to the same question before."""
        if self._seen is None:
            return read()
        if asked not in self._seen:
            self._seen[asked] = read()
        return cast("Body", self._seen[asked])
