# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Events, seats and purchases: what is shown, what is sold, and what is taken back."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone

from sqlalchemy import Connection, Engine, Row, Select, and_, case, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from ticketing import line
from ticketing.clock import epoch, now
from ticketing.config import LOCAL
from ticketing.database import Database, Promise, engine_for
from ticketing.gate import Reign, reign
from ticketing.models import Cancellation, Event, Hold, Purchase, Seat
from ticketing.refusals import Cancelled, GateClosed, KeyReused, NoSuchSeat, NoSuchTicket, NotOnSale, SeatHeld, SeatTaken, TooLate

__all__ = ["GateClosed", "KeyReused", "NoSuchSeat", "Order", "Receipt", "Sale", "SeatTaken", "Store", "engine_for"]

SEOUL = timezone(timedelta(hours=9))        # the venues' time; no summer time there


@dataclass(frozen=True)
class Order:
    """What a buyer asks for. `key` is a UUID the buyer chose and keeps for every repeat of the same wish; `user_id`: who is logged in."""

    key: str
    event_id: int
    seat: str
    buyer: str
    user_id: int | None = None


@dataclass(frozen=True)
class Receipt:
    """A purchase. `site` and `epoch`: who sold it. `replayed`: it had been made before with the same key.

    `acknowledged_by`: the reign that vouches for it to this buyer, seen after COMMIT; another one than the seller's when a key is
    repeated after the service moved, and None where a purchase is only read. `ack`: what it vouches for, `local` or `both_sites`.
    """

    ticket: str
    event_id: int
    seat: str
    site: str
    epoch: int
    replayed: bool
    acknowledged_by: Reign | None
    ack: str = LOCAL


@dataclass(frozen=True)
class Sale:
    """A purchase that is in the database and of which nobody was told yet. `reign`: what the gate said in that transaction."""

    key: str
    receipt: Receipt
    reign: Reign

    def promised(self, by: Reign | None, ack: str) -> Receipt:
        """What the buyer may be told. Raises GateClosed unless `by`, seen since, is the reign on the server that it was written in."""
        if by is None or by != self.reign or by.server != self.reign.server:
            raise GateClosed
        return replace(self.receipt, acknowledged_by=by, ack=ack)


class Store:
    """What is on, and selling it. `reign` is a seam: how to ask whether this server may take writes."""

    def __init__(self, engine: Engine, reign: Callable[[Connection], Reign | None] = reign) -> None:
        self.database = Database(engine, reign)

    def answers(self) -> bool:
        """True when the database answers a read of the application's own table. Raises what the driver raises otherwise."""
        with self.database.reading() as connection:
            connection.execute(select(Event.id).limit(1))
        return True

    def events(self) -> Sequence[Row]:
        """Every event with `seats` and `sold` counted, soonest first."""
        with self.database.reading() as connection:
            return connection.execute(_counted().order_by(Event.starts_at, Event.id)).all()

    def event(self, event_id: int) -> Row | None:
        """One event as `events` has it; None when there is no such event."""
        with self.database.reading() as connection:
            return connection.execute(_counted(event_id)).first()

    def seats(self, event_id: int, rows: Sequence[str] | None = None, user_id: int | None = None) -> Sequence[Row]:
        """Seats of one event in the order of the hall, or of some of its rows: label, seat_row, seat_number, taken, held.

        `held`: somebody else than `user_id` is about to buy it.
        """
        held = and_(Hold.until > epoch(), Hold.user_id != user_id) if user_id is not None else Hold.until > epoch()
        query = (
            select(Seat.label, Seat.seat_row, Seat.seat_number, Purchase.id.is_not(None).label("taken"),
                   case((and_(Purchase.id.is_(None), held), 1), else_=0).label("held"))
            .outerjoin(Purchase, and_(Purchase.event_id == Seat.event_id, Purchase.seat_id == Seat.id))
            .outerjoin(Hold, Hold.seat_id == Seat.id).where(Seat.event_id == event_id).order_by(Seat.id)
        )
        if rows is not None:
            query = query.where(Seat.seat_row.in_(rows))
        with self.database.reading() as connection:
            return connection.execute(query).all()

    def rows(self, event_id: int) -> list[str]:
        """The names of a hall's rows, in the order of the hall."""
        query = select(Seat.seat_row).where(Seat.event_id == event_id).group_by(Seat.seat_row).order_by(func.min(Seat.id))
        with self.database.reading() as connection:
            return list(connection.scalars(query))

    def tickets(self, user_id: int) -> Sequence[Row]:
        """What one account has bought, newest first."""
        query = (
            select(
                Purchase.ticket, Purchase.event_id, Purchase.site, Purchase.epoch, Purchase.buyer, Seat.label,
                Event.name_ko, Event.name_en, Event.venue_ko, Event.venue_en, Event.starts_at,
            )
            .join(Seat, Seat.id == Purchase.seat_id).join(Event, Event.id == Purchase.event_id)
            .where(Purchase.user_id == user_id).order_by(Purchase.id.desc()).limit(500)
        )
        with self.database.reading() as connection:
            return connection.execute(query).all()

    def purchase(self, key: str) -> Receipt | None:
        """The purchase made under a key, as stored; None when there is none or it was taken back."""
        with self.database.reading() as connection:
            found = _by_key(connection, key)
        return _receipt(found) if found else None

    def buy(self, order: Order) -> Receipt:
        """Sell one seat, once. Raises GateClosed, SeatTaken, SeatHeld, NoSuchSeat, NotOnSale, NotAdmitted, KeyReused or Cancelled.

        Uniqueness of the seat and of the key is the database's work; this code only says which of the two was hit.
        """
        sold = self._sold(order, self.database.write)
        return replace(sold.value, acknowledged_by=sold.by)

    def sell(self, order: Order) -> Sale:
        """As `buy`, and promises nothing: the buyer may be told only what `Sale.promised` gives."""
        sold = self._sold(order, self.database.commit)
        return Sale(order.key, sold.value, sold.by)

    def promise(self, sale: Sale) -> Receipt:
        """Vouch now for what was sold. Raises GateClosed."""
        with self.database.reading() as connection:
            return sale.promised(self.database.vouch(connection), LOCAL)

    def _sold(self, order: Order, write: Callable[[Callable[[Connection, Reign], Receipt]], Promise[Receipt]]) -> Promise[Receipt]:
        try:
            return write(lambda connection, reign: _sell(connection, reign, order))
        except IntegrityError:                          # somebody was faster: with this key, or with this seat
            with self.database.reading() as connection:
                found = _by_key(connection, order.key)
                connection.rollback()
                if found is None:
                    raise SeatTaken from None
                return Promise(_replayed(found, order), self.database.vouch(connection))

    def cancel(self, ticket: str, user_id: int) -> None:
        """Take a ticket back: its seat is free again, its key stays used. Raises NoSuchTicket, TooLate or GateClosed; repeating it is fine."""
        self.database.write(lambda connection, _reign: _cancel(connection, ticket, user_id))


def _counted(event_id: int | None = None) -> Select:
    seats = select(Seat.event_id, func.count().label("seats")).group_by(Seat.event_id)
    sold = select(Purchase.event_id, func.count().label("sold")).group_by(Purchase.event_id)
    query = select(Event.__table__)
    if event_id is not None:
        seats, sold = seats.where(Seat.event_id == event_id), sold.where(Purchase.event_id == event_id)
        query = query.where(Event.id == event_id)
    per_seats, per_sold = seats.subquery("per_seats"), sold.subquery("per_sold")
    return query.add_columns(func.coalesce(per_seats.c.seats, 0).label("seats"), func.coalesce(per_sold.c.sold, 0).label("sold")) \
        .outerjoin(per_seats, per_seats.c.event_id == Event.id).outerjoin(per_sold, per_sold.c.event_id == Event.id)


def seat_for_update(connection: Connection, event_id: int, label: str) -> int:
    """The id of a seat, its row locked: whoever sells, holds or frees a seat does it one after the other. Raises NoSuchSeat."""
    row = connection.execute(
        select(Seat.id, Seat.label).where(Seat.event_id == event_id, Seat.label == label).with_for_update(of=Seat)).first()
    if row is None or row.label != label:               # MySQL thinks that a-1 equals A-1; a ticket does not
        raise NoSuchSeat
    return row.id


def refuse_unsold(connection: Connection, event_id: int, user_id: int | None) -> None:
    """Raises NoSuchSeat, NotOnSale or NotAdmitted: whether this event is sold to this account now."""
    event = connection.execute(select(Event.on_sale, Event.admit_per_minute).where(Event.id == event_id)).first()
    if event is None:
        raise NoSuchSeat
    if not event.on_sale:
        raise NotOnSale
    if event.admit_per_minute is not None:
        line.refuse_early(connection, event_id, user_id)


def _sell(connection: Connection, reign: Reign, order: Order) -> Receipt:
    if (found := _by_key(connection, order.key)) is not None:
        return _replayed(found, order)
    refuse_unsold(connection, order.event_id, order.user_id)
    seat_id = seat_for_update(connection, order.event_id, order.seat)
    cancelled = select(Cancellation.id).where(Cancellation.idempotency_key == order.key).scalar_subquery()
    known = connection.execute(
        select(Hold.user_id, case((Hold.until > epoch(), 1), else_=0).label("runs"), cancelled.label("cancelled"))
        .select_from(Seat).outerjoin(Hold, Hold.seat_id == Seat.id).where(Seat.id == seat_id)).one()
    if known.cancelled is not None:
        raise Cancelled
    if known.runs and known.user_id != order.user_id:
        raise SeatHeld
    ticket = str(uuid.uuid4())
    connection.execute(insert(Purchase).values(
        idempotency_key=order.key, event_id=order.event_id, seat_id=seat_id, user_id=order.user_id, buyer=order.buyer,
        ticket=ticket, site=reign.site, epoch=reign.epoch,
    ))
    if known.user_id is not None:
        connection.execute(delete(Hold).where(Hold.seat_id == seat_id))
    return Receipt(ticket, order.event_id, order.seat, reign.site, reign.epoch, replayed=False, acknowledged_by=None)


def _cancel(connection: Connection, ticket: str, user_id: int) -> None:
    place = connection.execute(
        select(Purchase.event_id, Seat.label, Event.starts_at).join(Seat, Seat.id == Purchase.seat_id)
        .join(Event, Event.id == Purchase.event_id).where(Purchase.ticket == ticket, Purchase.user_id == user_id)).first()
    if place is not None:
        if place.starts_at <= datetime.fromtimestamp(now(connection), UTC).astimezone(SEOUL).replace(tzinfo=None):
            raise TooLate
        seat_for_update(connection, place.event_id, place.label)
        row = connection.execute(select(Purchase.__table__).where(Purchase.ticket == ticket, Purchase.user_id == user_id)).first()
        if row is not None:                             # nobody else was faster while we waited for the seat
            kept = ("idempotency_key", "event_id", "seat_id", "user_id", "buyer", "ticket", "site", "epoch")
            connection.execute(insert(Cancellation).values({name: row._mapping[name] for name in kept}))
            connection.execute(delete(Purchase).where(Purchase.id == row.id))
            return
    if not connection.scalar(select(Cancellation.id).where(Cancellation.ticket == ticket, Cancellation.user_id == user_id)):
        raise NoSuchTicket


def _by_key(connection: Connection, key: str) -> Row | None:
    query = (
        select(Purchase.ticket, Purchase.event_id, Purchase.user_id, Purchase.buyer, Purchase.site, Purchase.epoch, Seat.label)
        .join(Seat, Seat.id == Purchase.seat_id).where(Purchase.idempotency_key == key)
    )
    return connection.execute(query).first()


def _replayed(found: Row, order: Order) -> Receipt:
    """The receipt of a key that was used before. Raises KeyReused when it stands for another wish, or for somebody else's."""
    if (found.event_id, found.label, found.buyer, found.user_id) != (order.event_id, order.seat, order.buyer, order.user_id):
        raise KeyReused
    return _receipt(found)


def _receipt(row: Row) -> Receipt:
    return Receipt(row.ticket, row.event_id, row.label, row.site, row.epoch, replayed=True, acknowledged_by=None)
