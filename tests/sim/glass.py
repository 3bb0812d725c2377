# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A store that is lost for good, whatever was under way, and a person who makes the record anew: by quorum.glass, on what can be seen then.

Sometimes one site's database is not seen, and he who names it gone is wrong: its agents live. Then he guesses who wrote last. That is his to
answer for where rows are concerned, and never lets two sites write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.multicloud.dr.plugins.module_utils.quorum import glass, glass_look
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Record, Refused, Seen

from .hosts import TIMING

if TYPE_CHECKING:
    from .schedule import Schedule

LOST = {"answered": False, "refused": False, "writer": None, "because": "the store is lost"}
MEMBERS = {"nhn": "nhn", "aws": "aws", "third": ""}
PAUSE = 1.0             # between two looks
NEVER = "Nobody remembers any record that there ever was"


class Glass:
    """One loss, and what is made of it. `epoch`: at which the record began anew, None as long as it did not; `wrong`: it names another site than the
    one that wrote last.
    """

    def __init__(self, schedule: Schedule) -> None:
        self._schedule, self.world = schedule, schedule.world
        self._dice = self.world.dice("the glass")
        self._at = self._dice.uniform(5, 35)
        self._unseen = self._dice.choice((None, None, "nhn", "aws"))
        self._guess = self._dice.choice(("nhn", "aws"))
        self.epoch: int | None = None
        self.writer, self.wrong = "", False

    def live(self) -> None:
        """Loses the store, then looks until nothing speaks against it."""
        self.world.sleep(self._at)
        if self._schedule.store.now.record is None:
            return                      # nothing was ever there to lose
        self.world.tell("the store is lost for good")
        store = self._schedule.store
        store.silent.append((self.world.now, float("inf")))
        stopped = self.world.now
        while True:
            self.world.sleep(PAUSE)
            if self.world.now - stopped < TIMING.takeover and self._dice.random() < 0.8:
                continue                # he hurries now and then, and is refused
            try:
                found = self._judged(self.world.now - stopped)
            except Refused as told:
                if NEVER in str(told):      # then there is nothing to make anew: members that are empty, and the primary's agent makes the first one
                    store.silent[:] = [span for span in store.silent if span[1] != float("inf")]
                    store.anew(Seen(None, 0))
                    return
                continue
            break
        rows = [row for box in self._schedule.boxes.values() for row in box.database.rows.values()]
        self.epoch, self.writer = found.epoch, found.line["writer"]
        self.wrong = bool(rows) and max(rows, key=lambda row: row.epoch).site != self.writer
        store.silent[:] = [span for span in store.silent if span[1] != float("inf")]
        store.anew(Seen(Record(self.writer, found.epoch, 1, takeover=TIMING.takeover), 0))
        self.world.tell(f"{found.sentence}{' He is wrong.' if self.wrong else ''}")

    def _judged(self, stopped_for: float) -> glass.Found:
        """As break_glass.yml does it: once without an override, and by the one that is named."""
        schedule = self._schedule
        bases = tuple(glass_look.base(site, box.database.look) for site, box in schedule.boxes.items() if site != self._unseen)
        gone = {name for name in (self._unseen,) if name} | {base.site for base in bases if base.error}
        bases = tuple(base for base in bases if not base.error)
        places = []
        for name, site in MEMBERS.items():
            first = schedule.sites[site].hosts[0] if site else None
            if name in gone or (first and first.gone):
                gone.add(name)
                continue
            agent = {"writer": first.agents[0].is_writer, "reads": ""} if first else None
            remembers = (first.memory.highest() or 0) if first else 0
            places.append(glass.Place(name, LOST, bases if site else (), agent=agent, remembers=remembers, stopped_for=stopped_for))
        writer = self._guess if len(bases) < len(schedule.boxes) else max(bases, key=lambda base: base.epoch).by or self._guess
        asked = glass.Asked(MEMBERS, writer, "", "sim", "why", "2026-01-02T16:00Z", tuple(sorted(gone)), TIMING.takeover, 1_767_366_000.0)
        return glass.judge(places, glass.named(places, asked), using=True)
