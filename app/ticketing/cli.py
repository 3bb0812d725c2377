# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`ticketing migrate [--demo]`: bring the schema up to date, and fill an empty hall for a demonstration."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from pathlib import Path

import alembic.command
from alembic.config import Config
from sqlalchemy import Engine, func, insert, select

from ticketing.config import ConfigError, from_environment
from ticketing.models import Event, Seat
from ticketing.store import engine_for

# name and venue in both languages, start, price in won, rows, seats a row
DEMO = (
    ("서울 불꽃 콘서트", "Seoul Fireworks Concert", "잠실 주경기장", "Jamsil Stadium", datetime(2027, 5, 1, 19, 0), 132000, 50, 100),
    ("한강 재즈의 밤", "Han River Jazz Night", "노들섬 라이브하우스", "Nodeul Live House", datetime(2027, 5, 15, 20, 0), 66000, 12, 20),
    ("부산 영화제 개막식", "Busan Film Festival", "영화의전당", "Busan Cinema Center", datetime(2027, 10, 6, 18, 0), 45000, 20, 30),
)


def row_name(index: int) -> str:
    """0 -> A, 25 -> Z, 26 -> AA, as halls are lettered."""
    name = ""
    index += 1
    while index:
        index, letter = divmod(index - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


def fill(engine: Engine) -> int:
    """Put the demonstration's events and seats into an empty database; returns the seats made, 0 when there are events already."""
    made = 0
    with engine.begin() as connection:
        if connection.scalar(select(func.count()).select_from(Event)):
            return 0
        for name_ko, name_en, venue_ko, venue_en, starts_at, price, rows, width in DEMO:
            done = connection.execute(insert(Event).values(
                name_ko=name_ko, name_en=name_en, venue_ko=venue_ko, venue_en=venue_en, starts_at=starts_at, price_krw=price,
            ))
            assert done.inserted_primary_key is not None
            seats = [
                {"event_id": done.inserted_primary_key[0], "seat_row": row_name(row), "seat_number": number,
                 "label": f"{row_name(row)}-{number}"}
                for row in range(rows) for number in range(1, width + 1)
            ]
            connection.execute(insert(Seat), seats)
            made += len(seats)
    return made


def migrate(demo: bool) -> None:
    """Upgrade the schema to the newest revision; safe to repeat."""
    settings = from_environment()
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["url"] = settings.database_url
    alembic.command.upgrade(config, "head")
    print("schema: up to date")
    if demo:
        print(f"demonstration: {fill(engine_for(settings))} seats made")


def main(argv: list[str] | None = None) -> int:
    """Entry point; 2 where a setting is missing."""
    parser = argparse.ArgumentParser(prog="ticketing", description="Work on the ticketing service's database.")
    commands = parser.add_subparsers(dest="command", required=True)
    upgrade = commands.add_parser("migrate", help="bring the schema up to date (reads DATABASE_URL and SITE)")
    upgrade.add_argument("--demo", action="store_true", help="also fill an empty database with events to play with")
    options = parser.parse_args(argv)
    try:
        migrate(options.demo)
    except ConfigError as error:
        print(f"ticketing: {error}", file=sys.stderr)
        return 2
    return 0
