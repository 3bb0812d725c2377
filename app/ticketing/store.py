# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading and buying: the only code that touches the database."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, Row, create_engine, func, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from ticketing.config import Settings
from ticketing.gate import Reign, refused, reign
from ticketing.models import Event, Purchase, Seat


class GateClosed(Exception):
    """This site may not sell now; nothing was acknowledged. The buyer tries again with the same key."""


class SeatTaken(Exception):
    """Somebody else has this seat."""


class NoSuchSeat(Exception):
    """The event or the seat does not exist."""


class KeyReused(Exception):
    """The idempotency key was used before for something else."""


@dataclass(frozen=True)
class Order:
    """What a buyer asks for. `key` is a UUID the buyer chose and keeps for every repeat of the same wish."""

    key: str
    event_id: int
    seat: str
    buyer: str


@dataclass(frozen=True)
class Receipt:
    """A purchase. `site` and `epoch`: who sold it. `replayed`: it had been made before with the same key.

    `acknowledged_by`: the reign that vouches for it to this buyer, seen after COMMIT; another one than the seller's when a key is
    repeated after the service moved, and None where a purchase is only read.
    """

    ticket: str
    event_id: int
    seat: str
    site: str
    epoch: int
    replayed: bool
    acknowledged_by: Reign | None


def engine_for(settings: Settings) -> Engine:
    """A pool that notices dead connections and gives up on a silent server within seconds, so a moved database is found again."""
    return create_engine(
        settings.database_url, pool_size=settings.pool, max_overflow=settings.pool, pool_pre_ping=True, pool_recycle=300, pool_timeout=5,
        isolation_level="READ COMMITTED",
        connect_args={"connect_timeout": 3, "read_timeout": 10, "write_timeout": 10, "charset": "utf8mb4"},
    )


class Store:
    """All questions and orders, over one engine. `reign` is a seam: how to ask whether this server may take writes."""

    def __init__(self, engine: Engine, reign: Callable[[Connection], Reign | None] = reign) -> None:
        self._engine = engine
        self._reign = reign

    def answers(self) -> bool:
        """True when the database answers a read of the application's own table. Raises what the driver raises otherwise."""
        with self._engine.connect() as connection:
            connection.execute(select(Event.id).limit(1))
        return True

    def events(self) -> Sequence[Row]:
        """Every event with `seats` and `sold` counted, soonest first."""
        seats = select(Seat.event_id, func.count().label("seats")).group_by(Seat.event_id).subquery()
        sold = select(Purchase.event_id, func.count().label("sold")).group_by(Purchase.event_id).subquery()
        query = (
            select(Event.__table__, func.coalesce(seats.c.seats, 0).label("seats"), func.coalesce(sold.c.sold, 0).label("sold"))
            .outerjoin(seats, seats.c.event_id == Event.id).outerjoin(sold, sold.c.event_id == Event.id).order_by(Event.starts_at, Event.id)
        )
        with self._engine.connect() as connection:
            return connection.execute(query).all()

    def seats(self, event_id: int) -> Sequence[Row]:
        """Seats of one event in the order of the hall: label, seat_row, seat_number, taken."""
        query = (
            select(Seat.label, Seat.seat_row, Seat.seat_number, Purchase.id.is_not(None).label("taken"))
            .outerjoin(Purchase, Purchase.seat_id == Seat.id).where(Seat.event_id == event_id).order_by(Seat.id)
        )
        with self._engine.connect() as connection:
            return connection.execute(query).all()

    def tickets(self, buyer: str) -> Sequence[Row]:
        """What one buyer holds, newest first."""
        query = (
            select(
                Purchase.ticket, Purchase.event_id, Purchase.site, Purchase.epoch, Seat.label,
                Event.name_ko, Event.name_en, Event.starts_at,
            )
            .join(Seat, Seat.id == Purchase.seat_id).join(Event, Event.id == Purchase.event_id)
            .where(Purchase.buyer == buyer).order_by(Purchase.id.desc()).limit(500)
        )
        with self._engine.connect() as connection:
            return connection.execute(query).all()

    def purchase(self, key: str) -> Receipt | None:
        """The purchase made under a key, as stored; None when there is none."""
        with self._engine.connect() as connection:
            found = _by_key(connection, key)
        return _receipt(found, replayed=True, acknowledged_by=None) if found else None

    def buy(self, order: Order) -> Receipt:
        """Sell one seat, once. Raises GateClosed, SeatTaken, NoSuchSeat or KeyReused.

        Uniqueness of the seat and of the key is the database's work; this code only says which of the two was hit.
        """
        with self._engine.connect() as connection:
            with connection.begin():
                found = _by_key(connection, order.key)
            replayed = found is not None
            if found is None:
                found, replayed = self._insert(connection, order)
            if (found.event_id, found.label, found.buyer) != (order.event_id, order.seat, order.buyer):
                raise KeyReused
            with connection.begin():                    # a new transaction, after COMMIT: what was true before is not the question
                now = self._reign(connection)
            if now is None:
                raise GateClosed
            return _receipt(found, replayed, now)

    def _insert(self, connection: Connection, order: Order) -> tuple[Row, bool]:
        """Write the purchase; (row, False), or (row, True) when the same key won a race against itself."""
        try:
            with connection.begin():
                now = self._reign(connection)
                if now is None:
                    raise GateClosed
                seat_id = connection.scalar(select(Seat.id).where(Seat.event_id == order.event_id, Seat.label == order.seat))
                if seat_id is None:
                    raise NoSuchSeat
                connection.execute(insert(Purchase).values(
                    idempotency_key=order.key, event_id=order.event_id, seat_id=seat_id, buyer=order.buyer,
                    ticket=str(uuid.uuid4()), site=now.site, epoch=now.epoch,
                ))
                written = _by_key(connection, order.key)
                assert written is not None              # our own row, in our own transaction
                return written, False
        except IntegrityError:
            with connection.begin():
                found = _by_key(connection, order.key)
            if found is None:
                raise SeatTaken from None
            return found, True
        except DBAPIError as error:
            if refused(error):                          # shut since we asked; nothing was written
                raise GateClosed from None
            raise


def _by_key(connection: Connection, key: str) -> Row | None:
    query = (
        select(Purchase.ticket, Purchase.event_id, Purchase.buyer, Purchase.site, Purchase.epoch, Seat.label)
        .join(Seat, Seat.id == Purchase.seat_id).where(Purchase.idempotency_key == key)
    )
    return connection.execute(query).first()


def _receipt(row: Row, replayed: bool, acknowledged_by: Reign | None) -> Receipt:
    return Receipt(
        ticket=row.ticket, event_id=row.event_id, seat=row.label, site=row.site, epoch=row.epoch, replayed=replayed,
        acknowledged_by=acknowledged_by,
    )
