# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The waiting line of a rush: whoever comes first is let in first, so many a minute, and not more may wait than the event says.

A place is given its moment when it is taken, and the moment never moves: `admitted_at` = the later of now and the line's `next_at`, which
then goes on by 60 / admit_per_minute seconds. So looking where one stands writes nothing and works on every site; nobody has to come
round and let people in; and at most admit_per_minute * STAY / 60 people are inside at a time. All of it is in the database and goes by
its clock, so a place survives a switch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sqlalchemy import Connection, Select, insert, select, update
from sqlalchemy.exc import IntegrityError

from ticketing.clock import epoch, now
from ticketing.database import Database
from ticketing.models import Event, Line, Place
from ticketing.refusals import LineFull, NoSuchSeat, NotAdmitted, NotOnSale

STAY = 600.0        # seconds somebody may stay once let in


@dataclass(frozen=True)
class Standing:
    """Where somebody stands. `ahead`: how many are let in before, 0 when inside; `wait`: seconds until let in; `left`: seconds one may still stay."""

    admitted: bool
    ahead: int
    wait: int
    left: int


class Lines:
    """Taking a place in an event's line, and looking where one stands."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def join(self, event_id: int, user_id: int) -> Standing:
        """A place at the end of the line, or the place one has. Raises NoSuchSeat, NotOnSale, LineFull or GateClosed."""
        try:
            return self._database.write(lambda connection, _reign: _join(connection, event_id, user_id)).value
        except IntegrityError:                          # the very first two at once: the line is there now
            return self._database.write(lambda connection, _reign: _join(connection, event_id, user_id)).value

    def standing(self, event_id: int, user_id: int) -> Standing | None:
        """Where one stands; None without a place, or when its time is over. Raises NoSuchSeat."""
        with self._database.reading() as connection:
            pace = _pace(connection, event_id)[0]
            if pace is None:
                return Standing(admitted=True, ahead=0, wait=0, left=int(STAY))
            place = connection.execute(_place(event_id, user_id)).first()
            return _standing(place.admitted_at, place.until, now(connection), pace) if place else None


def refuse_early(connection: Connection, event_id: int, user_id: int | None) -> None:
    """Raises NotAdmitted unless it is this account's turn."""
    inside = select(Place.user_id).where(Place.event_id == event_id, Place.user_id == user_id, Place.admitted_at <= epoch(), Place.until > epoch())
    if user_id is None or connection.scalar(inside) is None:
        raise NotAdmitted


def _join(connection: Connection, event_id: int, user_id: int) -> Standing:
    pace, limit, on_sale = _pace(connection, event_id)
    if not on_sale:
        raise NotOnSale
    if pace is None:
        return Standing(admitted=True, ahead=0, wait=0, left=int(STAY))
    # The line's row first and locked: one after the other, in the order in which they came.
    next_at = connection.scalar(select(Line.next_at).where(Line.event_id == event_id).with_for_update())
    moment = now(connection)
    place = connection.execute(_place(event_id, user_id)).first()
    standing = _standing(place.admitted_at, place.until, moment, pace) if place else None
    if standing is not None:
        return standing
    if next_at is None:
        connection.execute(insert(Line).values(event_id=event_id, next_at=moment))
        next_at = moment
    admitted_at = max(moment, float(next_at))
    if (admitted_at - moment) / pace >= limit:
        raise LineFull
    values = {"admitted_at": admitted_at, "until": admitted_at + STAY}
    if not connection.execute(update(Place).where(Place.event_id == event_id, Place.user_id == user_id).values(values)).rowcount:
        connection.execute(insert(Place).values(event_id=event_id, user_id=user_id, **values))
    connection.execute(update(Line).where(Line.event_id == event_id).values(next_at=admitted_at + pace))
    standing = _standing(admitted_at, admitted_at + STAY, moment, pace)
    assert standing is not None
    return standing


def _pace(connection: Connection, event_id: int) -> tuple[float | None, int, bool]:
    """(seconds between two who are let in, how many may wait, whether it is on sale)."""
    event = connection.execute(select(Event.admit_per_minute, Event.line_limit, Event.on_sale).where(Event.id == event_id)).first()
    if event is None:
        raise NoSuchSeat
    return 60.0 / event.admit_per_minute if event.admit_per_minute else None, event.line_limit, bool(event.on_sale)


def _place(event_id: int, user_id: int) -> Select:
    return select(Place.admitted_at, Place.until).where(Place.event_id == event_id, Place.user_id == user_id, Place.until > epoch())


def _standing(admitted_at: float, until: float, moment: float, pace: float) -> Standing | None:
    if until <= moment:
        return None
    wait = admitted_at - moment
    if wait <= 0:
        return Standing(admitted=True, ahead=0, wait=0, left=math.ceil(until - moment))
    return Standing(admitted=False, ahead=math.ceil(wait / pace), wait=math.ceil(wait), left=math.ceil(until - moment))
