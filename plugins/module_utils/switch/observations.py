# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an agent knows, and how it knows it. Three kinds that must never be mixed up: seen, looked without an answer, did not look.

Data only. Making observations is probes.py; drawing a conclusion is verdict.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Saw(Generic[T]):
    """Looked, and this is what was seen."""

    value: T


@dataclass(frozen=True)
class NoAnswer:
    """Looked, and nothing answered within the time allowed. Evidence."""

    reason: str = "no answer"


@dataclass(frozen=True)
class NotLooked:
    """Nobody looked, or the last look is too old to count. Not evidence of anything."""

    reason: str = "did not look"


Look = Saw[T] | NoAnswer | NotLooked


@dataclass(frozen=True)
class RecordView:
    """The record as this site sees it. `writer` None: the key is absent. `unchanged_seconds`: only time in which it looked.
    `renewed`: this site has itself seen the present value replace another one. `offered`: the site that the holder, having stopped, offers
    it to. `takeover_seconds`: for how long it must have been unchanged before it may be taken, as its holder says; 0 where he does not.
    `remembered`: the epoch that it had come to before it was read, by the host and the database here; None when they know nothing of it.
    """

    writer: str | None
    epoch: int
    unchanged_seconds: float
    renewed: bool = True
    offered: str | None = None
    takeover_seconds: float = 0.0
    remembered: int | None = None


@dataclass(frozen=True)
class GateView:
    """The gate of the database at this site. `epoch` None: this server has never been a writer. `inherits`: the highest epoch at which
    another server of this site was one, as after the provider's own failover; None when there was none. `others`: the other site whose server it is
    that answers, by its own row; None when it is none's.
    """

    open: bool
    epoch: int | None
    inherits: int | None = None
    others: str | None = None


@dataclass(frozen=True)
class ReplicaView:
    """The database at this site as a copy of the writer's. `lag_seconds`: age of the writer's newest heartbeat here when the
    writer was last seen alive; None when no heartbeat has ever arrived. `rpo_seconds`: its age now, with the offset of both servers'
    clocks (`offset_seconds`, the writer's less ours) and how wrong that can be (`offset_bound_seconds`) added; None while the offset
    has never been measured, and at the writer itself. `broken`: why copying has stopped for good, in MySQL's words; None while it goes on
    or tries again by itself. `stuck`: what was received cannot be applied. `unfinished`: why its rows are no state the writer's ever had, as
    the end of a sentence about it; None when nothing says so.
    """

    following: bool
    lag_seconds: float | None
    rpo_seconds: float | None = None
    offset_seconds: float | None = None
    offset_bound_seconds: float | None = None
    broken: str | None = None
    stuck: bool = False
    unfinished: str | None = None


@dataclass(frozen=True)
class ComparedView:
    """The last comparison of the copy at this site with its source. `equal` None: none counts, and `why` says why, as the end of a sentence about
    the copy. `age_seconds`: since its first look; `epoch`: of the source as a writer then; `differing_rows`, `definitions`: what was not alike.
    """

    equal: bool | None
    age_seconds: float | None = None
    epoch: int = 0
    rows_compared: int = 0
    differing_rows: int = 0
    definitions: int = 0
    why: str | None = None


@dataclass(frozen=True)
class MembersView:
    """The members that keep the record, each asked by itself. `answering`: how many said anything; `led`: how many of those know a leader."""

    total: int
    answering: int
    led: int

    @property
    def quorum(self) -> bool:
        """Enough of them for the record to be read and written."""
        return self.led * 2 > self.total


@dataclass(frozen=True)
class LinkView:
    """The way to the other site. `across`: its host has answered over it, be it by refusing. `up`, `down`: names of the tunnels ending at
    this site that carry a packet, and of those that do not; both empty at a site where none ends. `unasked`: why no tunnel could be asked.
    """

    across: bool
    up: tuple[str, ...] = ()
    down: tuple[str, ...] = ()
    unasked: str | None = None


@dataclass(frozen=True)
class PeerView:
    """What the other site's agent says of itself. `writer`: its gate is valid; `verdict`: its name for what it sees; `following` and
    `lag_seconds`: its database as a copy of ours, None while it does not know; `down`: tunnels that it says carry nothing. `unfinished`: of
    ReplicaView. `site`: whose agent it is; `unnamed`: its database's server, by uuid, where that copies and nothing in it says whose it is.
    """

    writer: bool
    maintenance: bool
    verdict: str
    following: bool | None = None
    lag_seconds: float | None = None
    down: tuple[str, ...] = ()
    unfinished: str | None = None
    site: str | None = None
    unnamed: str | None = None

    def protects(self, limit: float) -> bool:
        """Is its database a whole copy of ours, and at most `limit` seconds behind?"""
        return bool(self.following) and not self.unfinished and self.lag_seconds is not None and self.lag_seconds <= limit


@dataclass(frozen=True)
class Observations:
    """All an agent at `site` knows. `writer_edge`: the edge of the site the record names, asked from outside as a user would: True when it
    answers, False when it answers that it cannot serve; `own_edge`: that of this site. `members`: who keeps the record. `peer`: the
    other site's agent, over the link. `link`: that way itself. `compared`: what is proven of the copy. `unfinished`: the step an interrupted
    switch stopped at, None when there is none. `takeovers`: how often this site has taken over without being asked within the last hour.
    `alone`: this site was made the writer, and no copy has been seen to follow it since.
    """

    site: str
    record: Look[RecordView] = NotLooked()
    gate: Look[GateView] = NotLooked()
    replica: Look[ReplicaView] = NotLooked()
    writer_edge: Look[bool] = NotLooked()
    own_edge: Look[bool] = NotLooked()
    members: Look[MembersView] = NotLooked()
    peer: Look[PeerView] = NotLooked()
    link: Look[LinkView] = NotLooked()
    compared: Look[ComparedView] = NotLooked()
    unfinished: str | None = None
    maintenance: bool = False
    takeovers: int = 0
    alone: bool = False


def to_plain(look: Look[Any]) -> Any:
    """For /status and reports: the value itself, or `{"no_answer": reason}` / `{"not_looked": reason}`."""
    if isinstance(look, Saw):
        return asdict(look.value) if is_dataclass(look.value) and not isinstance(look.value, type) else look.value
    return {"no_answer": look.reason} if isinstance(look, NoAnswer) else {"not_looked": look.reason}


def from_plain(plain: Any, view: Callable[..., T] | None = None) -> Look[Any]:
    """What `to_plain` made, as it was. `view`: what a value's parts are handed to; left out, it is whether something is so. What another release
    says in another way was not looked at, as far as this one knows.
    """
    if plain is None:
        return NotLooked()
    if isinstance(plain, Mapping):
        if "no_answer" in plain:
            return NoAnswer(str(plain["no_answer"]))
        if "not_looked" in plain:
            return NotLooked(str(plain["not_looked"]))
    try:
        return Saw(_whole(view(**plain))) if view else Saw(plain) if isinstance(plain, bool) else NotLooked(_FOREIGN)
    except TypeError:
        return NotLooked(_FOREIGN)


_FOREIGN = "it was told as another release tells it"
_KINDS: dict[str, tuple[type, ...]] = {
    "bool": (bool,), "int": (int,), "float": (int, float), "str": (str,), "None": (type(None),), "tuple[str, ...]": (tuple, list)}


def _whole(view: T) -> T:
    """Raises TypeError where a part is of another kind than this release's."""
    for each in fields(view):       # type: ignore[arg-type]
        value = getattr(view, each.name)
        kinds = [kind for name in str(each.type).split(" | ") for kind in _KINDS[name]]
        if not isinstance(value, tuple(kinds)) or (isinstance(value, bool) and bool not in kinds):
            raise TypeError(each.name)
    return view
