# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What became of every purchase, and what must never: a writer that let go loses none, an unplanned switch loses none that had arrived, nobody is
told that both sites hold a purchase which one of them does not, and nothing of another site's is applied beside what is sold.
"""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.multicloud.dr.plugins.module_utils.switch.conclusion import Limits

from .copying import Sale
from .fakes import Box, FakeStore
from .world import Simulation

BEHIND = Limits().lag_seconds + 5.0     # a copy's lag is told in whole seconds, of heartbeats, less one pause between renewals


class History:
    """Watches the tables of both `boxes`. `handed_over`: switches after which everything was there, though the writer lived."""

    def __init__(self, world: Simulation, store: FakeStore, boxes: Mapping[str, Box]) -> None:
        self._world, self._store, self._boxes = world, store, boxes
        self._opened: set[int] = set()
        self._promised: dict[int, Sale] = {}        # both sites hold it, somebody was told
        self.committed_in_a_drain = self.handed_over = 0

    def opened(self, box: Box, epoch: int) -> None:
        """The gate of `box` is valid at `epoch`: this site sells by what is in its tables now."""
        if epoch in self._opened:
            return
        self._opened.add(epoch)
        here, there = box.database, self._other(box).database
        if late := here.waiting:
            self._world.violated(f"{box.site} sells although {late} rows that had arrived are not applied")
        if epoch in self._store.handed_over:
            self.handed_over += 1
            if lost := there.sold.keys() - here.sold.keys():
                self._world.violated(f"{box.site} was handed the record, and {len(lost)} purchases committed at the other site never came")
        elif box.said_behind.isdisjoint({epoch - 1, epoch - 2}) and (heard := self._store.last_words.get(epoch)) is not None:
            late = [sale for at, sale in there.log if isinstance(sale, Sale) and sale.number not in here.sold and at < heard - BEHIND]
            if any(sale.epoch == epoch - 1 for sale in late):
                self._world.violated(f"{box.site} sells by a copy that was more than {BEHIND:g} s behind, and nobody has said that it may")
        if lost := self._promised.keys() - here.sold.keys():
            self._world.violated(f"{box.site} has not got {len(lost)} purchases of which somebody was told that both sites hold them")

    def committed(self, box: Box, sale: Sale) -> None:
        """`sale` is in the tables of `box` now."""
        held = self._store.now.record
        self.committed_in_a_drain += box.epoch() > sale.epoch
        if held is None or sale.epoch >= held.epoch:
            return
        if (held.offer if held.writer == box.site else held.epoch in self._store.handed_over):
            self._world.violated(f"{box.site} commits a purchase of epoch {sale.epoch} after it has offered the record")

    def applied(self, box: Box) -> None:
        """Something that was written at the other site is in the tables of `box` now."""
        if box.database.valid_until() > box.database.clock():
            self._world.violated(f"what was written elsewhere is applied at {box.site} beside what it sells")

    def told(self, box: Box, sale: Sale | None) -> None:
        """A buyer at `box` hears of his purchase; that both sites hold it, where they do."""
        other = self._other(box).database
        other.arrive()
        if sale and sale.number in other.sold:
            self._promised[sale.number] = sale

    def _other(self, box: Box) -> Box:
        return next(each for each in self._boxes.values() if each is not box)
