# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Accounts, holds, the waiting line, cancellations, rate limits. Only adds: the version before goes on working beside it.

MySQL has no transactions for DDL, so a migration that was killed has done the first part of this. Every step looks before it acts, and
the same command takes it up where it stopped.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

MOMENT = sa.Numeric(16, 6)


def table(name: str, *columns: sa.schema.SchemaItem) -> None:
    op.create_table(name, *columns, if_not_exists=True)


def column(name: str, made: sa.Column) -> None:
    if made.name not in {each["name"] for each in sa.inspect(op.get_bind()).get_columns(name)}:
        op.add_column(name, made)


def index(name: str, of: str, *columns: str) -> None:
    if name not in {each["name"] for each in sa.inspect(op.get_bind()).get_indexes(of)}:
        op.create_index(name, of, list(columns))


def upgrade() -> None:
    table(
        "users",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=True),
        sa.Column("uid", sa.String(36), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.Column("is_admin", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("log_ins", sa.Integer, nullable=False, server_default="0"),
        sa.Column("created_at", sa.DateTime, nullable=False, server_default=sa.func.current_timestamp()),
        sa.UniqueConstraint("uid", name="uq_users_uid"),
        sa.UniqueConstraint("email", name="uq_users_email"),
    )
    column("events", sa.Column("on_sale", sa.Boolean, nullable=False, server_default=sa.true()))
    column("events", sa.Column("admit_per_minute", sa.Integer, nullable=True))
    column("events", sa.Column("line_limit", sa.Integer, nullable=False, server_default="100000"))
    index("ix_seats_event_row", "seats", "event_id", "seat_row")
    column("purchases", sa.Column("user_id", sa.BigInteger, nullable=True))
    if "fk_purchases_user" not in {each["name"] for each in sa.inspect(op.get_bind()).get_foreign_keys("purchases")}:
        op.create_foreign_key("fk_purchases_user", "purchases", "users", ["user_id"], ["id"])
    table(
        "cancellations",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=True),
        sa.Column("idempotency_key", sa.String(36), nullable=False),
        sa.Column("event_id", sa.BigInteger, sa.ForeignKey("events.id"), nullable=False),
        sa.Column("seat_id", sa.BigInteger, sa.ForeignKey("seats.id"), nullable=False),
        sa.Column("user_id", sa.BigInteger, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("buyer", sa.String(100), nullable=False),
        sa.Column("ticket", sa.String(36), nullable=False),
        sa.Column("site", sa.String(32), nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("cancelled_at", sa.DateTime, nullable=False, server_default=sa.func.current_timestamp()),
        sa.UniqueConstraint("idempotency_key", name="uq_cancellations_key"),
    )
    table(
        "holds",
        sa.Column("seat_id", sa.BigInteger, sa.ForeignKey("seats.id"), primary_key=True, autoincrement=False),
        sa.Column("event_id", sa.BigInteger, sa.ForeignKey("events.id"), nullable=False),
        sa.Column("user_id", sa.BigInteger, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("until", MOMENT, nullable=False),
    )
    index("ix_holds_user_id", "holds", "user_id")
    table(
        "waiting_lines",
        sa.Column("event_id", sa.BigInteger, sa.ForeignKey("events.id"), primary_key=True, autoincrement=False),
        sa.Column("next_at", MOMENT, nullable=False),
    )
    table(
        "places",
        sa.Column("event_id", sa.BigInteger, sa.ForeignKey("events.id"), primary_key=True, autoincrement=False),
        sa.Column("user_id", sa.BigInteger, sa.ForeignKey("users.id"), primary_key=True, autoincrement=False),
        sa.Column("admitted_at", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
    )
    table(
        "rate_windows",
        sa.Column("bucket", sa.String(80), primary_key=True),
        sa.Column("began", sa.BigInteger, nullable=False),
        sa.Column("hits", sa.Integer, nullable=False),
    )
    index("ix_rate_windows_began", "rate_windows", "began")


def downgrade() -> None:
    for table in ("rate_windows", "places", "waiting_lines", "holds", "cancellations"):
        op.drop_table(table)
    op.drop_constraint("fk_purchases_user", "purchases", type_="foreignkey")
    op.drop_column("purchases", "user_id")
    op.drop_index("ix_seats_event_row", "seats")
    for column in ("line_limit", "admit_per_minute", "on_sale"):
        op.drop_column("events", column)
    op.drop_table("users")
