# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a service told, which must be what its documents say it tells. From anything else (a page of a proxy, a notice of maintenance, an envelope
without its list) nothing is concluded: not that there is nothing, and not that a write was taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..faults import Answer, NotUnderstood, ReplyLost
from .wire import WHO, Reply


class Told(dict[str, Any]):
    """The body of a good answer. What the documents say is in it is asked for with told[key] and told.listed(key), and a body without it is a
    fault; told.get(key) is for what may be missing. wrote: whether it answers a write, whose outcome is unknown then."""

    def __init__(self, body: Mapping[str, Any], reply: Reply, doing: str, to: str, wrote: bool) -> None:
        super().__init__(body)
        self._reply, self._doing, self._to, self._wrote = reply, doing, to, wrote

    @property
    def date(self) -> str | None:
        """What time it was there, as its Date header says."""
        return self._reply.headers.get("Date")

    def __missing__(self, key: str) -> Any:
        raise not_understood(self._reply, self._doing, self._to, self._wrote, f"no {key}")

    def listed(self, key: str) -> list[dict[str, Any]]:
        """The list under a key. null is none: no document shows it, and whoever takes it for "there is nothing" makes a second one."""
        items = self[key]
        if not isinstance(items, list):
            raise not_understood(self._reply, self._doing, self._to, self._wrote, f"no list of {key}")
        return items


def told(reply: Reply, doing: str, to: str, wrote: bool) -> Told:
    """A good reply's body. Raises when it holds something else than JSON, or a read's holds nothing."""
    if not reply.understood or not (wrote or reply.body):
        raise not_understood(reply, doing, to, wrote, "no JSON object")
    return Told(reply.body, reply, doing, to, wrote)


def not_understood(reply: Reply, doing: str, to: str, wrote: bool, lacks: str) -> NotUnderstood | ReplyLost:
    """The fault. The body is described and not quoted, as nobody knows what stands in it."""
    kind = str(reply.headers.get("Content-Type", "")).split(";", maxsplit=1)[0] or "nothing that says what it is"
    holds = f"JSON with {', '.join(sorted(map(str, reply.body))[:8])}" if reply.body else f"{len(reply.text)} characters of {kind}"
    answer = Answer(WHO, reply.status, "", f"{holds}; {lacks} in it", reply.request)
    if wrote:
        return ReplyLost(doing, to, answer=answer, left="Whether it took effect is unknown.", then="Run again: it looks before it writes.")
    return NotUnderstood(doing, to, answer=answer, left="That is not what the service documents, so nothing was concluded from it, and nothing done.",
                         then="See what answers at that address (a proxy, a notice of maintenance, another service), then run again.")
