# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How often one account or address may do something. Counted in the database, so that all copies share it and a switch does not reset it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from sqlalchemy import Connection, case, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from ticketing.clock import now
from ticketing.config import Rate
from ticketing.database import Database
from ticketing.models import RateWindow
from ticketing.refusals import TooFast

KEPT = 86400            # seconds after which a window that nobody uses may go
SWEPT_AT_ONCE = 20


class Limits:
    """Counts against the rates of the settings."""

    def __init__(self, database: Database, rates: Mapping[str, Rate]) -> None:
        self._database, self._rates = database, rates

    def count(self, *wishes: tuple[str, str]) -> None:
        """One more of each (name of a rate, by whom). Raises TooFast, which counts too, or GateClosed."""
        wishes = tuple(wish for wish in wishes if self._rates[wish[0]].hits)
        if not wishes:
            return
        try:
            over = self._database.write(lambda connection, _reign: self._count(connection, wishes)).value
        except IntegrityError:                          # two first ones at once; the row is there now
            over = self._database.write(lambda connection, _reign: self._count(connection, wishes)).value
        if over:
            raise TooFast(over)

    def _count(self, connection: Connection, wishes: tuple[tuple[str, str], ...]) -> int:
        """Seconds until the last window that is full ends; 0 when none is."""
        moment, over = now(connection), 0
        for name, whom in sorted(wishes):               # in one order, so that two of them never wait for each other
            rate = self._rates[name]
            began = int(moment // rate.seconds * rate.seconds)
            bucket = f"{name}:{hashlib.sha256(whom.encode('utf-8', 'replace')).hexdigest()[:40]}"
            if _more(connection, bucket, began) > rate.hits:
                over = max(over, began + rate.seconds - int(moment))
        return over


def _more(connection: Connection, bucket: str, began: int) -> int:
    again = update(RateWindow).where(RateWindow.bucket == bucket).ordered_values(
        # In this order: MySQL takes the new value of what stands to the left.
        (RateWindow.hits, case((RateWindow.began == began, RateWindow.hits + 1), else_=1)), (RateWindow.began, began))
    if connection.execute(again).rowcount:
        return connection.scalar(select(RateWindow.hits).where(RateWindow.bucket == bucket)) or 0
    connection.execute(insert(RateWindow).values(bucket=bucket, began=began, hits=1))
    old = select(RateWindow.bucket).where(RateWindow.began < began - KEPT).limit(SWEPT_AT_ONCE)
    if gone := list(connection.scalars(old)):
        connection.execute(delete(RateWindow).where(RateWindow.bucket.in_(gone), RateWindow.began < began - KEPT))
    return 1
