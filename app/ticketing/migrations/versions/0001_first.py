# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Events, seats, purchases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=True),
        sa.Column("name_ko", sa.String(200), nullable=False),
        sa.Column("name_en", sa.String(200), nullable=False),
        sa.Column("venue_ko", sa.String(200), nullable=False),
        sa.Column("venue_en", sa.String(200), nullable=False),
        sa.Column("starts_at", sa.DateTime, nullable=False),
        sa.Column("price_krw", sa.Integer, nullable=False),
    )
    op.create_table(
        "seats",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=True),
        sa.Column("event_id", sa.BigInteger, sa.ForeignKey("events.id"), nullable=False),
        sa.Column("seat_row", sa.String(4), nullable=False),
        sa.Column("seat_number", sa.Integer, nullable=False),
        sa.Column("label", sa.String(12), nullable=False),
        sa.UniqueConstraint("event_id", "label", name="uq_seats_event_label"),
    )
    op.create_table(
        "purchases",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=True),
        sa.Column("idempotency_key", sa.String(36), nullable=False),
        sa.Column("event_id", sa.BigInteger, sa.ForeignKey("events.id"), nullable=False),
        sa.Column("seat_id", sa.BigInteger, sa.ForeignKey("seats.id"), nullable=False),
        sa.Column("buyer", sa.String(100), nullable=False, index=True),
        sa.Column("ticket", sa.String(36), nullable=False),
        sa.Column("site", sa.String(32), nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False, server_default=sa.func.current_timestamp()),
        sa.UniqueConstraint("event_id", "seat_id", name="uq_purchases_event_seat"),
        sa.UniqueConstraint("idempotency_key", name="uq_purchases_key"),
    )


def downgrade() -> None:
    for table in ("purchases", "seats", "events"):
        op.drop_table(table)
