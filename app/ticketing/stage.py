# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What those who run the site do: put events on, change them, open and close their sale."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from ticketing.database import Database
from ticketing.models import Event, Seat
from ticketing.refusals import NoSuchSeat


@dataclass(frozen=True)
class Show:
    """An event as it is put on. `starts_at`: local time of the venue, without a zone; `admit_per_minute`: None for no waiting line."""

    name_ko: str
    name_en: str
    venue_ko: str
    venue_en: str
    starts_at: datetime
    price_krw: int
    on_sale: bool
    admit_per_minute: int | None
    line_limit: int


def row_name(index: int) -> str:
    """0 -> A, 25 -> Z, 26 -> AA, as halls are lettered."""
    name = ""
    index += 1
    while index:
        index, letter = divmod(index - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


def hall(event_id: int, rows: int, width: int) -> list[dict[str, object]]:
    """Every seat of a hall of `rows` rows with `width` seats each, in its order."""
    return [{"event_id": event_id, "seat_row": row_name(row), "seat_number": number, "label": f"{row_name(row)}-{number}"}
            for row in range(rows) for number in range(1, width + 1)]


class Stage:
    """Putting events on."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put_on(self, show: Show, rows: int, width: int) -> int:
        """A new event with its seats; returns its id. Raises GateClosed."""

        def work(connection: Connection, _reign: object) -> int:
            done = connection.execute(insert(Event).values(asdict(show)))
            assert done.inserted_primary_key is not None
            event_id = int(done.inserted_primary_key[0])
            connection.execute(insert(Seat), hall(event_id, rows, width))
            return event_id

        return self._database.write(work).value

    def change(self, event_id: int, show: Show) -> None:
        """Change an event; its seats stay. Raises NoSuchSeat or GateClosed."""

        def work(connection: Connection, _reign: object) -> None:
            if connection.scalar(select(Event.id).where(Event.id == event_id).with_for_update()) is None:
                raise NoSuchSeat
            connection.execute(update(Event).where(Event.id == event_id).values(asdict(show)))

        self._database.write(work)
