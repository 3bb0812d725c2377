# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What keeps a comparison or a repair from doing harm: never into the writer or the last one known, never faster than the replica can follow.

Reads only.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from ...faults import Fault, TimedOut
from ...waiting import PENDING, READY, Clock, wait
from .. import clocks
from ..connection import DatabaseFault, Server, server_uuid, value, where
from ..cures import RESEED, parted
from ..heartbeat import lag_seconds, newest_reign, was_writer
from ..replica_status import ReplicaStatus, ahead, status

if TYPE_CHECKING:
    from .pair import Pair

CALM_SECONDS = 1.0      # so often the lag is looked at
OFFSET_SECONDS = 60.0   # and so often the clocks


def valid_for(conn: Any) -> float:
    """Seconds for which the server may take writes as the writer, by its own gate and clock; 0 when it may not, or has no gate.

    Raises DatabaseFault when it cannot be told: then nobody may act on it.
    """
    try:
        left = value(conn, "SELECT valid_until - UNIX_TIMESTAMP(SYSDATE(6)) FROM dr.gate WHERE server_uuid = @@server_uuid",
                     doing="read the target's gate")
    except DatabaseFault as fault:
        if fault.code in (1049, 1146):
            return 0.0
        raise
    return max(0.0, float(left)) if left is not None else 0.0


def refuse_writer(conn: Any) -> None:
    """Raises Fault when the server is the writer."""
    if left := valid_for(conn):
        raise Fault("write", f"into {where(conn)}", left=f"It is the writer: its gate is valid for another {left:.1f} s. What it holds and "
                    "the source does not is what it sold. What had been repaired before stays.",
                    then="Turn source and target round; or, when its rows are known to be the wrong ones, set accept_writer_target.")


def refuse_last_writer(conn: Any) -> None:
    """Raises Fault when the server is the writer, and when it was the last one it knows of: a gate that has run out says that its agent is
    silent, and nothing of whether somebody else holds what was sold there."""
    refuse_writer(conn)
    if was_writer(conn):
        raise Fault("write", f"into {where(conn)}", left="It was the writer: of all reigns it knows of its own is the newest, and only its gate "
                    "has run out. What it holds and the source does not is what it sold. What had been repaired before stays.",
                    then="Find out who the writer is (playbooks/status.yml). Where another site took over: role db_replica, tasks_from reseed, "
                    "salvages first. When its rows are known to be the wrong ones: set accept_writer_target.")


def refuse_unfit_target(source: Any, target: Any, at: Server) -> None:
    """Raises Fault when the target is or was the writer (see refuse_last_writer), may have taken the writer's place (_refuse_heir), is a copy of
    another server or log (_refuse_parted), or the source copies from it: then it is the target that is right. at: how the target is reached,
    since a server that took over an address has another uuid than the source knows. Raises DatabaseFault where the source may not be asked
    (REPLICATION CLIENT)."""
    refuse_last_writer(target)
    follows = status(target)
    if follows.source:
        _refuse_parted(source, target, follows)
    else:
        _refuse_heir(source, target)
    seen = status(source)
    if seen.source and (seen.source_uuid == server_uuid(target) or seen.source == f"{at.host}:{at.port}"):
        raise Fault("write", f"into {where(target)}", left=f"{where(source)} copies from it, so what it holds and that one does not is newer, "
                    "not wrong. Nothing was touched.",
                    then="Turn source and target round; or, when its rows are known to be the wrong ones, set accept_writer_target.")


def _refuse_heir(source: Any, target: Any) -> None:
    """Raises Fault when nothing tells the target from the server that took the writer's place.

    After a failover inside a cloud the writer's rows are in a server with another uuid and no reign of its own (until an agent stamps it), which
    follows nobody, as this target does. A source that had that reign itself, or knows of a newer one, shows that the target is not that server.
    """
    known, ours = newest_reign(target), newest_reign(source)
    if known is None or known.own or (ours and ours.epoch >= known.epoch + (not ours.own)):
        return
    raise Fault("write", f"into {where(target)}", left=f"It follows nobody, and the newest reign it knows of ({known.epoch}) was neither its own nor "
                f"that of {where(source)}. After a failover inside its cloud a writer looks like that, until its agent has stamped it. Nothing was "
                "touched.",
                then="See that the writer's agent runs (playbooks/status.yml) and run again; or, when the target's rows are known to be the wrong "
                "ones, set accept_writer_target.")


def _refuse_parted(source: Any, target: Any, seen: ReplicaStatus) -> None:
    """Raises Fault when what the target follows is not this server as it is now: what it holds and the source does not may be all that is left."""
    why = parted(seen)
    if why is None and seen.source_uuid == server_uuid(source):
        if seen.auto_position and (more := ahead(target, source)):
            raise Fault("write", f"into {where(target)}", left=f"It has transactions that {where(source)} never had: {more}. What they hold "
                        "may be all that is left of it. Nothing was touched.",
                        then=f"{RESEED} When its rows are known to be the wrong ones: set accept_writer_target.")
        return
    met = f"its log is not the one it followed. {why.words}" if why else (
        f"it follows {seen.source}, where it {f'last met the server {seen.source_uuid}' if seen.source_uuid else 'has not met anybody yet'}.")
    raise Fault("write", f"into {where(target)}", left=f"It is no copy of {where(source)} ({server_uuid(source)}) as that is now: {met} Nothing was "
                "touched.", then=f"{why.cure if why else RESEED} When its rows are known to be the wrong ones: set accept_writer_target.")


def refuse_itself(source: Any, target: Any) -> None:
    """Raises Fault when both connections lead to one server."""
    if server_uuid(source) == server_uuid(target):
        raise Fault("compare", f"{where(source)} with {where(target)}", left="Both are the same server; nothing was touched.",
                    then="Give the other one's address.")


class Throttle:
    """Holds back while the target is behind. limit: seconds of lag, None for never; patience: seconds that a pause may last; blind: it was to hold
    back, and no heartbeat has ever arrived that would tell."""

    def __init__(self, limit: float | None, patience: float, clock: Clock) -> None:
        self._limit, self._patience, self._clock = limit, patience, clock
        self._looked: float | None = None
        self._offset: clocks.Offset | None = None
        self._lock = threading.Lock()
        self.blind = False

    def calm(self, pair: Pair) -> None:
        """Return at once, or when the target's newest heartbeat is young enough. Raises TimedOut; DatabaseFault."""
        with self._lock:
            if self._limit is None or (self._looked is not None and self._clock.now() - self._looked < CALM_SECONDS):
                return
            limit = self._limit
            try:
                lag = wait(lambda: self._lag(pair), lambda lag: READY if lag is None or lag <= limit else PENDING, self._patience, 0.5,
                           self._clock, doing="go on", to=f"while {where(pair.there)} is more than {limit:g} s behind")
            except TimedOut as fault:
                raise TimedOut(fault.doing, fault.to, left=fault.left, then="Run again when it has caught up; a checkpoint is kept.") from fault
            self.blind = lag is None
            self._looked = self._clock.now()

    def _lag(self, pair: Pair) -> float | None:
        """The heartbeat's age by the target's clock, and what the source's is ahead: a slow clock would hide the lag, a fast one make it up."""
        age = lag_seconds(pair.there)
        if age is None:
            return None
        now = self._clock.now()
        if self._offset is None or now - self._offset.measured > OFFSET_SECONDS:
            here, there = (clocks.read(conn, clock=self._clock.now) for conn in (pair.here, pair.there))
            self._offset = clocks.between(here, there, now)
        return clocks.rpo_seconds(age, self._offset, now)
