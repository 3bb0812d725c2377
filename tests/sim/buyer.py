# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Somebody who buys, as the application does it for him: the gate lets the row in, the commit may be late, and he is told only what holds
when he is told it. A model of the application's rule (docs/decisions/0007), not its code.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from .copying import Sale
from .fakes import Box
from .world import Process


class Buyer:
    """Buys at the site of `box` again and again. `committed`: his purchase is in the tables there; `acknowledge`: he is told that he has his seat, in
    which reign, by which purchase; `sold` counts that.
    """

    numbers = count(1)

    def __init__(self, process: Process, box: Box, committed: Callable[[Sale], None], acknowledge: Callable[[int, Sale | None], None]) -> None:
        self._process, self._box, self._committed, self._acknowledge = process, box, committed, acknowledge
        self.sold = self.unsure = 0

    def live(self) -> None:
        while True:
            self._process.world.sleep(self._process.dice.uniform(1.5, 4.0))
            self.buy()

    def buy(self) -> None:
        """One purchase."""
        if not self.open():
            return                          # the trigger refuses the row
        dice, database = self._process.dice, self._box.database
        # A server that its provider has replaced may take it too, and nobody sees its rows any more.
        server, row = database.server_uuid, database.rows.get(database.server_uuid)
        thread = database.begin() if row and database.valid_until() > database.clock() else None
        for _ in range(2):                  # the rest of the transaction, and its commit
            self._process.point()
        if (long := dice.uniform(-1.0, 1.5)) > 0:
            self._process.world.sleep(long)
        sale = Sale(next(self.numbers), self._box.site, row.epoch) if row and thread else None
        if sale and thread:
            if database.server_uuid != server or not database.commit(thread, sale):
                return                      # he was ended, or his server was
            self._committed(sale)
        epoch = self._box.epoch()
        until = self._box.valid_until()     # by the look after the commit; counted from then on by the application's own clock
        if not self.holds():
            self.unsure += 1                # he is told to look again later; the row is for salvage
            return
        self._process.point()               # from the database's answer to the buyer's screen
        if not self.stands(until):
            self.unsure += 1
            return
        self.sold += 1
        self._acknowledge(epoch, sale)

    def open(self) -> bool:
        """What the trigger sees."""
        return self._box.valid_until() > self._box.world.now

    def stands(self, until: float) -> bool:
        """Is what the look said still known to be so?"""
        return until > self._box.world.now

    def holds(self) -> bool:
        """The look after the commit."""
        return self.open()
