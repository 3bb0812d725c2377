# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tables: events, their seats, and purchases. `UNIQUE(event_id, seat_id)` is the last line against selling a seat twice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, ForeignKey, Integer, String, UniqueConstraint, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

Key = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """All tables of the application."""


class Event(Base):
    """Something one can buy a seat for."""

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=True)
    name_ko: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    venue_ko: Mapped[str] = mapped_column(String(200))
    venue_en: Mapped[str] = mapped_column(String(200))
    starts_at: Mapped[datetime] = mapped_column(DateTime)       # local time of the venue (Asia/Seoul)
    price_krw: Mapped[int] = mapped_column(Integer)


class Seat(Base):
    """One seat of one event, named as printed on the ticket: row and number, such as `C-12`."""

    __tablename__ = "seats"
    __table_args__ = (UniqueConstraint("event_id", "label", name="uq_seats_event_label"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    seat_row: Mapped[str] = mapped_column(String(4))
    seat_number: Mapped[int] = mapped_column(Integer)
    label: Mapped[str] = mapped_column(String(12))


class Purchase(Base):
    """One sold seat. `idempotency_key` is chosen by the buyer and stays valid across a move of the service.

    `site` and `epoch` say which writer took it, so that after a disaster every row can be traced to one reign.
    """

    __tablename__ = "purchases"
    __table_args__ = (
        UniqueConstraint("event_id", "seat_id", name="uq_purchases_event_seat"),
        UniqueConstraint("idempotency_key", name="uq_purchases_key"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=True)
    idempotency_key: Mapped[str] = mapped_column(String(36))
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    seat_id: Mapped[int] = mapped_column(ForeignKey("seats.id"))
    buyer: Mapped[str] = mapped_column(String(100), index=True)
    ticket: Mapped[str] = mapped_column(String(36))
    site: Mapped[str] = mapped_column(String(32))
    epoch: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=False), server_default=func.current_timestamp())

    event: Mapped[Event] = relationship(lazy="raise")
    seat: Mapped[Seat] = relationship(lazy="raise")
