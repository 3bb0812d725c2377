# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tables. `UNIQUE(event_id, seat_id)` of purchases is the last line against selling a seat twice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, DateTime, ForeignKey, Index, Integer, String, UniqueConstraint, false, func, true
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from ticketing.clock import Moment

Key = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """All tables of the application."""


class User(Base):
    """An account. `uid` is random and is what a log-in names: a number could be given out twice when a database is lost.

    `log_ins` counts up to make every log-in there is void.
    """

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("uid", name="uq_users_uid"), UniqueConstraint("email", name="uq_users_email"))

    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=True)
    uid: Mapped[str] = mapped_column(String(36))
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(100))
    password_hash: Mapped[str] = mapped_column(String(255))
    is_admin: Mapped[bool] = mapped_column(Boolean, server_default=false())
    log_ins: Mapped[int] = mapped_column(Integer, server_default="0")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=False), server_default=func.current_timestamp())


class Event(Base):
    """Something one can buy a seat for.

    `admit_per_minute`: the waiting line lets so many in a minute; None: there is no line. `line_limit`: how many may wait.
    """

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=True)
    name_ko: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    venue_ko: Mapped[str] = mapped_column(String(200))
    venue_en: Mapped[str] = mapped_column(String(200))
    starts_at: Mapped[datetime] = mapped_column(DateTime)       # local time of the venue (Asia/Seoul)
    price_krw: Mapped[int] = mapped_column(Integer)
    on_sale: Mapped[bool] = mapped_column(Boolean, server_default=true())
    admit_per_minute: Mapped[int | None] = mapped_column(Integer)
    line_limit: Mapped[int] = mapped_column(Integer, server_default="100000")


class Seat(Base):
    """One seat of one event, named as printed on the ticket: row and number, such as `C-12`."""

    __tablename__ = "seats"
    __table_args__ = (UniqueConstraint("event_id", "label", name="uq_seats_event_label"), Index("ix_seats_event_row", "event_id", "seat_row"))

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
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", name="fk_purchases_user"))
    buyer: Mapped[str] = mapped_column(String(100), index=True)
    ticket: Mapped[str] = mapped_column(String(36))
    site: Mapped[str] = mapped_column(String(32))
    epoch: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=False), server_default=func.current_timestamp())

    event: Mapped[Event] = relationship(lazy="raise")
    seat: Mapped[Seat] = relationship(lazy="raise")


class Cancellation(Base):
    """A purchase that was taken back: its seat is free again, and its key stays used."""

    __tablename__ = "cancellations"
    __table_args__ = (UniqueConstraint("idempotency_key", name="uq_cancellations_key"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=True)
    idempotency_key: Mapped[str] = mapped_column(String(36))
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    seat_id: Mapped[int] = mapped_column(ForeignKey("seats.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    buyer: Mapped[str] = mapped_column(String(100))
    ticket: Mapped[str] = mapped_column(String(36))
    site: Mapped[str] = mapped_column(String(32))
    epoch: Mapped[int] = mapped_column(BigInteger)
    cancelled_at: Mapped[datetime] = mapped_column(DateTime(timezone=False), server_default=func.current_timestamp())


class Hold(Base):
    """A seat kept for somebody until a moment. One row a seat: who comes when it is over takes the row over."""

    __tablename__ = "holds"

    seat_id: Mapped[int] = mapped_column(ForeignKey("seats.id"), primary_key=True, autoincrement=False)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    until: Mapped[float] = mapped_column(Moment)


class Line(Base):
    """The waiting line of one event: `next_at` is when the next one to come will be let in, unless that is over already."""

    __tablename__ = "waiting_lines"

    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), primary_key=True, autoincrement=False)
    next_at: Mapped[float] = mapped_column(Moment)


class Place(Base):
    """A place in an event's line: whoever has it is let in from `admitted_at` to `until`."""

    __tablename__ = "places"

    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, autoincrement=False)
    admitted_at: Mapped[float] = mapped_column(Moment)
    until: Mapped[float] = mapped_column(Moment)


class RateWindow(Base):
    """How often something was done in the window that began at `began` (seconds since the epoch)."""

    __tablename__ = "rate_windows"

    bucket: Mapped[str] = mapped_column(String(80), primary_key=True)
    began: Mapped[int] = mapped_column(BigInteger, index=True)
    hits: Mapped[int] = mapped_column(Integer)
