# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looking: small, bounded questions, each answered with Saw or NoAnswer. Conclusions are drawn in verdict.py, never here."""

from __future__ import annotations

import http.client
import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..mysql import cures
from ..mysql.clocks import Offset, rpo_seconds
from ..mysql.compared import TABLE, Kept
from ..mysql.replica_status import ReplicaStatus
from . import names
from .gate import GateLook
from .gate_row import Row
from .observations import ComparedView, GateView, Look, NoAnswer, NotLooked, PeerView, RecordView, ReplicaView, Saw
from .record import Sight
from .timing import Timing


class _Stay(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer; where it points to is not asked."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


# No proxy from the environment: the question is whether *this* host reaches that address.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay(), names.Http(), names.Https())
MOST = 1_000_000        # bytes of another agent's answer that are read
SITE_LENGTH = 32        # of a site's name in dr.gate
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FAILURES = (OSError, http.client.HTTPException, ValueError)


def edge_answers(url: str, timeout: float = 2.0) -> Look[bool]:
    """Does the edge at `url` answer? Saw(False) for a 5xx: it is there, and says that nothing behind it can serve. A resolver that does not find
    its name within `timeout` seconds is no answer either: users do not get there.
    """
    try:
        return Saw(names.status(url, timeout) < 500)
    except _FAILURES as error:
        return NoAnswer(f"{url}: {error}")


def writer_answers(agent_url: str, timeout: float = 1.0) -> Look[bool]:
    """What the agent at `agent_url` says about /writer: Saw(True) for 200, Saw(False) for 503."""
    try:
        with _opener.open(f"{agent_url}/writer", timeout=timeout) as response:
            return Saw(response.status == 200)
    except urllib.error.HTTPError as error:
        return Saw(False) if error.code == 503 else NoAnswer(f"{agent_url}/writer: HTTP {error.code}")
    except _FAILURES as error:
        return NoAnswer(f"{agent_url}/writer: {getattr(error, 'reason', error)}")


def peer_answers(agent_url: str, timeout: float = 1.0, keep: Callable[[dict[str, Any]], None] = lambda _status: None) -> Look[PeerView]:
    """What the other site's agent says of itself. `keep`: is handed the whole of it."""
    try:
        with _opener.open(f"{agent_url}/status", timeout=timeout) as response:
            status = _writable(json.loads(response.read(MOST)))
        seen = Saw(view_peer(status))
        keep(status)
        return seen
    except urllib.error.HTTPError as error:
        return NoAnswer(f"{agent_url}/status: HTTP {error.code}")
    except (*_FAILURES, RecursionError) as error:
        return NoAnswer(f"{agent_url}/status: {getattr(error, 'reason', error)}")


def _writable(value: Any) -> Any:
    """The same with every text such as can be written to a log: JSON may hold half of a surrogate pair, on which printing ends the agent."""
    return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


def view_peer(status: Any) -> PeerView:
    """An agent's /status, the part the other site's verdict looks at. It may be another release's, or no agent's at all: what is not of the kind
    that it should be is not known. Raises ValueError when it is no status.
    """
    told, verdict = parts(status), parts(parts(status).get("verdict")).get("verdict")
    if not isinstance(told.get("writer"), bool) or not isinstance(told.get("maintenance"), bool) or not isinstance(verdict, str):
        raise ValueError("what answers does not say whether it writes and what it concludes: no agent, or one of another release")
    seen = parts(told.get("observations"))
    replica, down = parts(seen.get("replica")), parts(seen.get("link")).get("down")
    following, lag, unfinished = (replica.get(name) for name in ("following", "lag_seconds", "unfinished"))
    site = told.get("site")
    return PeerView(writer=told["writer"], maintenance=told["maintenance"], verdict=verdict,
                    following=following if isinstance(following, bool) else None, lag_seconds=finite(lag),
                    down=tuple(each for each in down if isinstance(each, str)) if isinstance(down, list) else (),
                    unfinished=str(unfinished) if unfinished else None, site=site if isinstance(site, str) and 0 < len(site) <= SITE_LENGTH else None,
                    unnamed=_unnamed(parts(told.get("gate"))) if following is True else None)


def _unnamed(gate: Mapping[str, Any]) -> str | None:
    """The server's uuid, where that agent says that no row there is its own. Another release does not say."""
    found = gate.get("server_uuid")
    return found if gate.get("whose", "") is None and isinstance(found, str) and _UUID.fullmatch(found) else None


def unnamed(peer: Look[PeerView], site: str) -> tuple[str, str] | None:
    """(server_uuid, site) of the other site's copy where nothing in it says whose it is; None when `site` knows of none."""
    view = peer.value if isinstance(peer, Saw) else None
    return (view.unnamed, view.site) if view and view.unnamed and view.site and view.site != site else None


def parts(value: Any) -> Mapping[str, Any]:
    """As somebody else has told them; none where it has no parts."""
    return value if isinstance(value, Mapping) else {}


def finite(value: Any) -> float | None:
    """As a number of seconds that somebody else has told; None where it is none."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < 1e15:
        return None
    return float(value)


def agent_status(agent_url: str, timeout: float = 1.0) -> dict[str, Any] | None:
    """The /status of the agent on this host, None when it gives none."""
    try:
        with _opener.open(f"{agent_url}/status", timeout=timeout) as response:
            data = json.load(response)
    except _FAILURES:
        return None
    return data if isinstance(data, dict) else None


def view_record(sight: Sight | None, silent: str | None, timing: Timing, now: float) -> Look[RecordView]:
    """The record as `sight` holds it. `silent`: why the latest look failed, None when it did not."""
    if silent is not None:
        return NoAnswer(silent)
    if sight is None:
        return NotLooked("the record has not been read yet")
    if now - sight.looked > timing.blink:
        return NotLooked(f"the record was last read {now - sight.looked:.1f} s ago")
    record = sight.seen.record
    return Saw(RecordView(record.writer if record else None, record.epoch if record else 0, round(sight.unchanged, 3), sight.alive,
                          record.offer.to if record and record.offer else None, record.takeover or 0.0 if record else 0.0, sight.reached))


def view_gate(look: GateLook, site: str) -> Look[GateView]:
    """The gate of the server of `site` that answered."""
    others = (row.epoch for row in look.rows if row.site == site and row is not look.own)
    return Saw(GateView(open=look.valid_for > 0, epoch=look.own.epoch if look.own else None, inherits=max(others, default=None),
                        others=look.others(site)))


def view_replica(
    look: GateLook, record: Look[RecordView], status: Callable[[], ReplicaStatus], timing: Timing, offset: Offset | None = None,
    now: float = 0.0, unfinished: Callable[[], str | None] = lambda: None,
) -> Look[ReplicaView]:
    """The copy here. Lag is the age of the writer's newest heartbeat, less the time the writer has been silent: it may have written
    until one renewal's pause after the last renewal seen, so that much is left in. offset: of both servers' clocks, None while nobody
    has measured it (the age is then taken as it is); now: monotonic seconds; unfinished: of
    mysql.unfinished. Raises GateSilent when the database does.
    """
    if not isinstance(record, Saw) or record.value.writer is None:
        return NotLooked("without a record nobody knows whose copy this should be")
    copying = status()
    beat = _newest_beat([row for row in look.rows if row.site == record.value.writer], copying.source_uuid)
    age = None if beat is None else look.now - beat         # below 0 where the clock here is slow: only the offset says by how much
    silent = max(0.0, record.value.unchanged_seconds - timing.renew)
    here = look.own is not None and look.own.site == record.value.writer
    rpo = None if age is None or offset is None or here else rpo_seconds(age, offset, now)
    behind = age if rpo is None else rpo
    stopped = next((each.words for each in cures.diagnose(copying) if each.final), None)
    view = ReplicaView(following=copying.running, lag_seconds=None if behind is None else round(max(0.0, behind - silent), 3),
                       broken=stopped, stuck=bool(copying.sql_error[0]) and copying.sql == "No" and not copying.drained,
                       unfinished=None if here else unfinished())
    if rpo is None or offset is None:
        return Saw(view)
    return Saw(replace(view, rpo_seconds=round(rpo, 3), offset_seconds=round(offset.seconds, 6), offset_bound_seconds=round(offset.bound_at(now), 6)))


def _newest_beat(rows: Sequence[Row], followed: str) -> float | None:
    """When the newest heartbeat in these rows was, by the clock of the server that wrote it; None without any. As heartbeat.lag_seconds has it: a
    server of the same reign that is gone does not count beside the one that is followed."""
    reign = max((row.epoch for row in rows), default=0)
    beats = {row.server_uuid: row.beat_at for row in rows if row.epoch == reign}
    return beats[followed] if followed in beats else max(beats.values(), default=None)


def view_compared(kept: Kept | None, schemas: Collection[str] = ()) -> ComparedView:
    """What the last comparison of the copy here is worth. schemas: those of the application, where somebody has named them."""
    if kept is None:
        return ComparedView(None)
    if kept.outdated:
        return ComparedView(None, why="has not been compared since it was the writer's database itself")
    if missing := sorted(set(schemas) - set(kept.schemas)):
        return ComparedView(None, why=f"was compared without the schema {', '.join(missing)}")
    if missing := [label for label in kept.left_out if label.split(".")[0] in (set(schemas) or {*kept.schemas} - {TABLE.partition(".")[0]})]:
        return ComparedView(None, why=f"was compared without {', '.join(missing)}")
    return ComparedView(kept.equal, round(kept.age_seconds, 1), kept.epoch, kept.rows_compared, kept.differing_rows, kept.definitions)
