# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`ticketing migrate [--demo]`: bring the schema up to date, and fill an empty hall for a demonstration.
`ticketing admin EMAIL`: make the account of somebody who runs the site; the password comes by standard input.
"""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from pathlib import Path

import alembic.command
from alembic.config import Config
from sqlalchemy import Engine, func, insert, select

from ticketing.accounts import Accounts
from ticketing.config import ConfigError, from_environment
from ticketing.database import Database, engine_for
from ticketing.models import Event, Seat
from ticketing.refusals import GateClosed, Refused
from ticketing.stage import hall

# name and venue in both languages, start, price in won, rows, seats a row
DEMO = (
    ("서울 불꽃 콘서트", "Seoul Fireworks Concert", "잠실 주경기장", "Jamsil Stadium", datetime(2027, 5, 1, 19, 0), 132000, 50, 100),
    ("한강 재즈의 밤", "Han River Jazz Night", "노들섬 라이브하우스", "Nodeul Live House", datetime(2027, 5, 15, 20, 0), 66000, 12, 20),
    ("부산 영화제 개막식", "Busan Film Festival", "영화의전당", "Busan Cinema Center", datetime(2027, 10, 6, 18, 0), 45000, 20, 30),
)


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
            seats = hall(done.inserted_primary_key[0], rows, width)
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


def admin(email: str, name: str, password: str) -> None:
    """Make or change the account of somebody who runs the site, on the site that may write."""
    settings = from_environment()
    account = Accounts(Database(engine_for(settings))).make_admin(email, name, password)
    print(f"admin: {account.email} may run the site; older log-ins of this account are void")


def main(argv: list[str] | None = None) -> int:
    """Entry point; 2 where a setting is missing, 1 where it was refused."""
    parser = argparse.ArgumentParser(prog="ticketing", description="Work on the ticketing service's database.")
    commands = parser.add_subparsers(dest="command", required=True)
    upgrade = commands.add_parser("migrate", help="bring the schema up to date (reads DATABASE_URL and SITE)")
    upgrade.add_argument("--demo", action="store_true", help="also fill an empty database with events to play with")
    runner = commands.add_parser("admin", help="make the account of somebody who runs the site; the password is read from standard input")
    runner.add_argument("email")
    runner.add_argument("--name", default="Admin")
    options = parser.parse_args(argv)
    try:
        if options.command == "migrate":
            migrate(options.demo)
        else:
            admin(options.email, options.name, sys.stdin.readline().rstrip("\n"))
    except ConfigError as error:
        print(f"ticketing: {error}", file=sys.stderr)
        return 2
    except GateClosed:
        print("ticketing: this site may not write now; do it on the site that does. Nothing was changed.", file=sys.stderr)
        return 1
    except Refused as error:
        print(f"ticketing: the {' '.join(error.args) or error.code} will not do. Nothing was changed.", file=sys.stderr)
        return 1
    return 0
