# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The store in etcd 3.4: one key over the v3 JSON gateway, by urllib. Reads are linearizable (etcd's default).

The gateway speaks base64 for keys and values, sends int64 as strings, and leaves out fields that are false, zero or empty.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any

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
    """One key. `endpoints`: base URLs, tried in turn. `timeout`: seconds per endpoint and request."""

    def __init__(self, endpoints: Sequence[str], key: str, timeout: float = 1.0) -> None:
        if not endpoints:
            raise ValueError("etcd.endpoints: at least one URL is needed")
        self._endpoints = [url.rstrip("/") for url in endpoints]
        self._key = _encode(key)
        self._timeout = timeout

    def _range(self) -> list[dict[str, str]] | None:
        """The key's value and revision as etcd gives them; nothing when it is absent."""
        found: list[dict[str, str]] | None = self._post("/v3/kv/range", {"key": self._key}, endpoints=self._endpoints).get("kvs")
        return found

    def _post(self, path: str, body: dict[str, Any], endpoints: Sequence[str]) -> dict[str, Any]:
        said = []
        for url in endpoints:
            request = urllib.request.Request(url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
            try:
                with _opener.open(request, timeout=self._timeout) as response:
                    answer = json.load(response)
                if not isinstance(answer, dict) or "header" not in answer:      # every true answer of etcd carries one
                    raise ValueError("no etcd header in the answer")
            except urllib.error.HTTPError as error:
                said.append(f"{url}: HTTP {error.code} {error.read(200).decode(errors='replace').strip()}")
            except (OSError, http.client.HTTPException, ValueError) as error:
                said.append(f"{url}: {getattr(error, 'reason', error)}")
            else:
                # The endpoint that answered is asked first from now on, so that writes go where reads work.
                self._endpoints = [url, *(other for other in self._endpoints if other != url)]
                return answer
        raise Unanswered("etcd gave no answer (" + "; ".join(said) + ")")


class EtcdStore(_EtcdKey):
    """The record."""

    def read(self) -> Seen:
        return _seen(self._range())

    def swap(self, revision: int, record: Record) -> Seen | None:
        # One endpoint only: an answer that was lost may have been a write, and a second try elsewhere would then read as "lost the race".
        answer = self._post("/v3/kv/txn", {
            "compare": [{"key": self._key, "target": "MOD", "result": "EQUAL", "mod_revision": str(revision)}],
            "success": [{"request_put": {"key": self._key, "value": _encode(record.to_json())}}],
        }, endpoints=self._endpoints[:1])
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
        except (KeyError, TypeError, ValueError):
            return None             # not written by us: nobody's wish

    def put(self, wish: Wish) -> None:
        value = _encode(json.dumps({"to": wish.to, "count": wish.count}, sort_keys=True))
        self._post("/v3/kv/put", {"key": self._key, "value": value}, endpoints=self._endpoints)


class EtcdLedger(_EtcdKey):
    """Lines of journals, a key each below `key`."""

    def __init__(self, endpoints: Sequence[str], key: str, timeout: float = 1.0) -> None:
        super().__init__(endpoints, key, timeout)
        self._prefix = key

    def add(self, name: str, text: str) -> bool:
        key = _encode(f"{self._prefix}/{name}")
        answer = self._post("/v3/kv/txn", {
            "compare": [{"key": key, "target": "CREATE", "result": "EQUAL", "create_revision": "0"}],
            "success": [{"request_put": {"key": key, "value": _encode(text)}}],
        }, endpoints=self._endpoints)
        return bool(answer.get("succeeded"))

    def under(self, prefix: str) -> list[tuple[str, str]]:
        start = f"{self._prefix}/{prefix}"
        end = start[:-1] + chr(ord(start[-1]) + 1)          # everything that begins so
        found = self._post("/v3/kv/range", {"key": _encode(start), "range_end": _encode(end), "sort_order": "ASCEND", "sort_target": "KEY"},
                           endpoints=self._endpoints).get("kvs") or []
        cut = len(self._prefix) + 1
        return [(base64.b64decode(each["key"]).decode()[cut:], base64.b64decode(each["value"]).decode(errors="replace")) for each in found]


class EtcdMembers(_EtcdKey):
    """Every member, asked by itself: `endpoints` must name them all."""

    def __init__(self, endpoints: Sequence[str], timeout: float = 1.0) -> None:
        super().__init__(endpoints, "", timeout)
        self._members = tuple(self._endpoints)

    def look(self) -> MembersView:
        """One bounded question to each; who does not answer is counted, never raised."""
        answers = []
        for url in self._members:
            with contextlib.suppress(Unanswered):
                answers.append(self._post("/v3/maintenance/status", {}, endpoints=(url,)))
        # The gateway leaves out a leader of 0, which is none.
        return MembersView(len(self._members), len(answers), sum(1 for answer in answers if int(answer.get("leader", 0))))


# A proxy from the environment must never stand between an agent and the record.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _seen(kvs: list[dict[str, str]] | None) -> Seen:
    if not kvs:
        return Seen(None, 0)
    try:
        return Seen(Record.from_json(base64.b64decode(kvs[0]["value"]).decode()), int(kvs[0]["mod_revision"]))
    except ValueError as error:
        raise Unanswered(str(error)) from error
