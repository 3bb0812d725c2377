# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the rows of dr.gate tell a search: where in its log a server became the writer, and which of two servers knew more of one that is gone.

A gate's row replicates like any other, so the one that has the later heartbeat of a server has all that server had done until then; and a
server opens its own before anybody can write there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..connection import DatabaseFault, query
from ..heartbeat import NO_TABLE
from .cells import OPAQUE
from .stream import Change, Row

TABLE = "dr.gate"
BEHIND, SAME, AHEAD, UNCLEAR = "behind", "same", "ahead", "unclear"


@dataclass(frozen=True)
class Beat:
    """The newest heartbeat of one server that another knows of."""

    site: str
    epoch: int
    sequence: int
    at: float = 0.0


Beats = Mapping[str, Beat]      # {server uuid: its newest}


def beats(conn: Any) -> dict[str, Beat]:
    """Those a server knows of; none where there is no gate. A row at epoch 0 only says whose a server is that never wrote. Raises DatabaseFault."""
    try:
        rows = query(conn, f"SELECT CAST(server_uuid AS CHAR) AS u, CAST(site AS CHAR) AS s, epoch AS e, sequence AS n, beat_at AS at FROM {TABLE} "
                     "WHERE epoch > 0", doing="read the heartbeats")
    except DatabaseFault as fault:
        if fault.code in NO_TABLE:
            return {}
        raise
    return {str(row["u"]): Beat(str(row["s"]), int(row["e"]), int(row["n"]), float(row["at"])) for row in rows}


@dataclass(frozen=True)
class Reign:
    """Since when a server's site has been the writer without a break. uuid: the server's; after: the newest epoch of any other site;
    first: no other server of its site had its gate open in this reign. The provider's own failover leaves one that had, and its log is gone."""

    uuid: str
    after: int
    first: bool

    def begins(self, change: Change) -> bool:
        """Whether it is with this change of the server's own that its gate came to be of this reign."""
        if change.table != TABLE or change.after is None or _uuid(change.after) != self.uuid:
            return False
        came, was = _epoch(change.after), None if change.before is None else _epoch(change.before)
        return came is not None and came > self.after and (change.before is None or (was is not None and was <= self.after))


def reign(known: Beats, uuid: str) -> Reign | None:
    """The reign of a server by what it knows itself; None when its gate was never open."""
    if (own := known.get(uuid)) is None:
        return None
    after = max((beat.epoch for beat in known.values() if beat.site != own.site), default=0)
    return Reign(uuid, after, not any(each != uuid and beat.site == own.site and beat.epoch > after for each, beat in known.items()))


def standing(copy: Beats, source: Beats, source_uuid: str) -> str:
    """How a copy stands to a server that may not be the one it has followed: BEHIND or AHEAD of it in what a server did that is gone, on the
    SAME line (it has followed this very one), or UNCLEAR, which two that are level are too: heartbeats are a quarter of a second apart.
    "" when the copy has never had a heartbeat. Neither is asked for its own."""
    if not copy:
        return ""
    shared = copy.keys() & source.keys() - {source_uuid}
    more = any(copy[uuid].sequence > source[uuid].sequence for uuid in shared)
    less = any(copy[uuid].sequence < source[uuid].sequence for uuid in shared)
    strange, between = copy.keys() - source.keys() - {source_uuid}, source.keys() - copy.keys() - {source_uuid}
    follows = max(copy, key=lambda uuid: (copy[uuid].epoch, copy[uuid].at)) == source_uuid
    if less and not more and not strange:
        return BEHIND
    if strange or between or less or (more and follows):
        return UNCLEAR
    return AHEAD if more else SAME if follows else UNCLEAR


@dataclass(frozen=True)
class Worth:
    """What the old server's rows are worth where the writer has not touched them. behind: it had not received what its source had, which is
    no more; unclear: nothing tells whose is the older row; lacks: that it does not have a row says something."""

    behind: bool = False
    unclear: bool = False
    lacks: bool = True


def of_copy(ours: Beats, theirs: Beats, uuids: tuple[str, str], *, half: bool = False) -> Worth:
    """Of a server that never took writes of its own. What a copy of that very source lacks has not come yet, and half a copy lacks anything;
    so does one that never had a heartbeat. uuids: its own, the writer's."""
    own, writer = uuids
    how = standing(_without(ours, own), _without(theirs, own), writer)
    return Worth(how == BEHIND, how not in (BEHIND, AHEAD), not half and how in (AHEAD, UNCLEAR))


def of_writer(ours: Beats, theirs: Beats, uuids: tuple[str, str], ruled: Reign | None) -> Worth:
    """Of one that was the writer. Had the new writer, when its reign began, more of a server that is gone (before a failover inside the old site,
    that is), then the old one never had the newest of everything."""
    own, writer = uuids
    before = {uuid: beat for uuid, beat in _without(theirs, writer).items() if ruled is None or beat.epoch <= ruled.after}
    return Worth(unclear=standing(before, _without(ours, writer), own) in (AHEAD, UNCLEAR))


def _without(known: Beats, uuid: str) -> dict[str, Beat]:
    return {each: beat for each, beat in known.items() if each != uuid}


def _uuid(row: Row) -> str:
    name = row["server_uuid"]
    return name.decode("ascii", "replace") if isinstance(name, bytes) else str(name)


def _epoch(row: Row) -> int | None:
    return None if row["epoch"] in (None, OPAQUE) else int(row["epoch"])
