# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keeping a seat for somebody who is about to buy it. A hold ends by the database's clock; nobody has to come round and clear it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from ticketing.clock import epoch, now
from ticketing.database import Database
from ticketing.models import Event, Hold, Purchase, Seat, User
from ticketing.refusals import NoSuchHold, SeatHeld, SeatTaken, TooManyHolds
from ticketing.store import refuse_unsold, seat_for_update


@dataclass(frozen=True)
class Kept:
    """A seat that is kept; `left`: for how many more seconds."""

    event_id: int
    seat: str
    left: int


class Holds:
    """Holding seats and letting them go. `seconds`: for how long; `most`: how many one account may hold."""

    def __init__(self, database: Database, seconds: int, most: int) -> None:
        self._database, self._seconds, self._most = database, seconds, most

    def take(self, event_id: int, label: str, user_id: int) -> Kept:
        """Keep a seat. Taking it again does not make it last longer.

        Raises SeatTaken, SeatHeld, TooManyHolds, NoSuchSeat, NotOnSale, NotAdmitted or GateClosed.
        """
        return self._database.write(lambda connection, _reign: self._take(connection, event_id, label, user_id)).value

    def release(self, event_id: int, label: str, user_id: int) -> None:
        """Let a seat go. Raises NoSuchSeat, NoSuchHold or GateClosed."""

        def work(connection: Connection, _reign: object) -> None:
            seat_id = seat_for_update(connection, event_id, label)
            gone = connection.execute(delete(Hold).where(Hold.seat_id == seat_id, Hold.user_id == user_id, Hold.until > epoch()))
            if not gone.rowcount:
                raise NoSuchHold

        self._database.write(work)

    def mine(self, user_id: int) -> Sequence[Row]:
        """What is kept for an account, the first to end first: event_id, label, left (seconds), and the event's name, venue, start and price."""
        query = (
            select(Hold.event_id, Seat.label, (Hold.until - epoch()).label("left"), Event.name_ko, Event.name_en, Event.venue_ko,
                   Event.venue_en, Event.starts_at, Event.price_krw)
            .join(Seat, Seat.id == Hold.seat_id).join(Event, Event.id == Hold.event_id)
            .where(Hold.user_id == user_id, Hold.until > epoch()).order_by(Hold.until)
        )
        with self._database.reading() as connection:
            return connection.execute(query).all()

    def _take(self, connection: Connection, event_id: int, label: str, user_id: int) -> Kept:
        refuse_unsold(connection, event_id, user_id)
        # The account's row first, then the seat's: two of one account's requests at once cannot both see room for one more.
        connection.execute(select(User.id).where(User.id == user_id).with_for_update())
        seat_id = seat_for_update(connection, event_id, label)
        if connection.scalar(select(Purchase.id).where(Purchase.event_id == event_id, Purchase.seat_id == seat_id)):
            raise SeatTaken
        moment = now(connection)
        held = connection.execute(select(Hold.user_id, Hold.until).where(Hold.seat_id == seat_id)).first()
        if held is not None and held.until > moment:
            if held.user_id != user_id:
                raise SeatHeld
            return Kept(event_id, label, math.ceil(held.until - moment))
        mine = connection.scalar(select(func.count()).select_from(Hold).where(Hold.user_id == user_id, Hold.until > moment)) or 0
        if mine >= self._most:
            raise TooManyHolds
        values = {"event_id": event_id, "user_id": user_id, "until": moment + self._seconds}
        if held is None:
            connection.execute(insert(Hold).values(seat_id=seat_id, **values))
        else:
            connection.execute(update(Hold).where(Hold.seat_id == seat_id).values(values))
        return Kept(event_id, label, self._seconds)
