# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The store in etcd 3.4: one key over the v3 JSON gateway (etcd_wire.py). Reads are linearizable (etcd's default).

The gateway speaks base64 for keys and values, sends int64 as strings, and leaves out fields that are false, zero or empty.
"""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

from .etcd_wire import Access, Etcd
from .observations import MembersView
from .record import Record, Seen, Unanswered
from .wish import Wish


def record_key(topology: str) -> str:
    """Where the record of one topology lives."""
    return f"/multicloud-dr/{topology}/record"


def wish_key(topology: str) -> str:
    """Where wishes of one topology live."""
    return f"/multicloud-dr/{topology}/wish"


def journal_key(topology: str) -> str:
    """Below it, copies of the journals of one topology."""
    return f"/multicloud-dr/{topology}/journal"


class _EtcdKey:
    """One key. `endpoints`: base URLs, tried in turn. `timeout`: seconds per endpoint and request. `access`: how to be let in."""

    def __init__(self, endpoints: Sequence[str], key: str, timeout: float = 1.0, access: Access | None = None) -> None:
        self._etcd = Etcd(endpoints, timeout, access)
        self._key = _encode(key)

    def _range(self) -> list[dict[str, str]] | None:
        """The key's value and revision as etcd gives them; nothing when it is absent."""
        found: list[dict[str, str]] | None = self._etcd.ask("/v3/kv/range", {"key": self._key}).get("kvs")
        return found


class EtcdStore(_EtcdKey):
    """The record."""

    def read(self) -> Seen:
        return _seen(self._range())

    def swap(self, revision: int, record: Record) -> Seen | None:
        # One endpoint only: an answer that was lost may have been a write, and a second try elsewhere would then read as "lost the race".
        answer = self._etcd.ask("/v3/kv/txn", {
            "compare": [{"key": self._key, "target": "MOD", "result": "EQUAL", "mod_revision": str(revision)}],
            "success": [{"request_put": {"key": self._key, "value": _encode(record.to_json())}}],
        }, once=True)
        if not answer.get("succeeded"):
            return None
        return Seen(record, int(answer["header"]["revision"]))


class EtcdWishes(_EtcdKey):
    """Wishes."""

    def read(self) -> Wish | None:
        found = self._range()
        try:
            data = json.loads(base64.b64decode(found[0]["value"])) if found else None
            return Wish(str(data["to"]), int(data["count"])) if data else None
        except (KeyError, TypeError, ValueError, OverflowError):
            return None             # not written by us: nobody's wish

    def put(self, wish: Wish) -> None:
        value = _encode(json.dumps({"to": wish.to, "count": wish.count}, sort_keys=True))
        self._etcd.ask("/v3/kv/put", {"key": self._key, "value": value})


class EtcdNews(_EtcdKey):
    """That the key was written, as soon as the member that is asked knows. A bell and no more: a member may be behind, so it is read after that."""

    def heard(self) -> Iterator[None]:
        """Once for each time, until the stream ends. Raises Unanswered."""
        for told in self._etcd.listen("/v3/watch", {"create_request": {"key": self._key}}):
            if told.get("events"):
                yield None


class EtcdLedger(_EtcdKey):
    """Lines of journals, a key each below `key`."""

    def __init__(self, endpoints: Sequence[str], key: str, timeout: float = 1.0, access: Access | None = None) -> None:
        super().__init__(endpoints, key, timeout, access)
        self._prefix = key

    def add(self, name: str, text: str) -> bool:
        key = _encode(f"{self._prefix}/{name}")
        answer = self._etcd.ask("/v3/kv/txn", {
            "compare": [{"key": key, "target": "CREATE", "result": "EQUAL", "create_revision": "0"}],
            "success": [{"request_put": {"key": key, "value": _encode(text)}}],
        })
        return bool(answer.get("succeeded"))

    def under(self, prefix: str) -> list[tuple[str, str]]:
        start = f"{self._prefix}/{prefix}"
        end = start[:-1] + chr(ord(start[-1]) + 1)          # everything that begins so
        asked = {"key": _encode(start), "range_end": _encode(end), "sort_order": "ASCEND", "sort_target": "KEY"}
        found = self._etcd.ask("/v3/kv/range", asked).get("kvs") or []
        cut = len(self._prefix) + 1
        return [(base64.b64decode(each["key"]).decode()[cut:], base64.b64decode(each["value"]).decode(errors="replace")) for each in found]


class EtcdMembers:
    """Every member, asked by itself: `endpoints` must name them all. How a member is, it tells whoever has a certificate."""

    def __init__(self, endpoints: Sequence[str], timeout: float = 1.0, access: Access | None = None) -> None:
        self._members = tuple(Etcd([url], timeout, replace(access, user="") if access else None) for url in endpoints)

    def look(self) -> MembersView:
        """One bounded question to each; who does not answer is counted, never raised."""
        answers = []
        for member in self._members:
            with contextlib.suppress(Unanswered):
                answers.append(member.ask("/v3/maintenance/status", {}))
        # The gateway leaves out a leader of 0, which is none.
        return MembersView(len(self._members), len(answers), sum(1 for answer in answers if int(answer.get("leader", 0))))


def _encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _seen(kvs: list[dict[str, str]] | None) -> Seen:
    if not kvs:
        return Seen(None, 0)
    try:
        return Seen(Record.from_json(base64.b64decode(kvs[0]["value"]).decode()), int(kvs[0]["mod_revision"]))
    except ValueError as error:
        raise Unanswered(str(error), refused=True) from error
