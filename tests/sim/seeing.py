# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What everybody at a simulated site sees of the world, and what is concluded from it."""

from __future__ import annotations

from collections.abc import Collection

from ansible_collections.multicloud.dr.plugins.module_utils.switch import record, verdict
from ansible_collections.multicloud.dr.plugins.module_utils.switch.journal import Journal
from ansible_collections.multicloud.dr.plugins.module_utils.switch.observations import (
    ComparedView,
    GateView,
    LinkView,
    NoAnswer,
    NotLooked,
    Observations,
    RecordView,
    ReplicaView,
    Saw,
)
from ansible_collections.multicloud.dr.plugins.module_utils.switch.timing import Timing

from .fakes import Box, MemoryLines
from .world import Simulation


class Eyes:
    """`links`: spans of real time in which the way to the other site carries nothing. Its edges answer always."""

    def __init__(self, world: Simulation, box: Box, disk: MemoryLines, journal: Journal, links: Collection[tuple[float, float]]) -> None:
        self._world, self._box, self._disk, self._journal, self._links = world, box, disk, journal, links
        self._latest: tuple[object, verdict.Verdict] | None = None

    def look(self, sight: record.Sight | None) -> Observations:
        """Observations with that sight of the record."""
        unfinished, cut = self._journal.unfinished(), self._cut()
        held = sight.seen.record if sight else None
        view = RecordView(held.writer if held else None, held.epoch if held else 0, sight.unchanged if sight else 0.0,
                          bool(sight and sight.alive), held.offer.to if held and held.offer else None, held.takeover or 0.0 if held else 0.0)
        follows = ReplicaView(self._box.database.source is not None, 0.0)
        return Observations(self._box.site, Saw(view), replica=Saw(follows), writer_edge=Saw(True), own_edge=Saw(True),
                            link=Saw(LinkView(not cut)), peer=NoAnswer() if cut else NotLooked(), unfinished=unfinished and unfinished["step"],
                            gate=Saw(GateView(False, view.epoch)), compared=Saw(ComparedView(self._box.proven or None)))

    def judge(self, sight: record.Sight | None, timing: Timing) -> verdict.Verdict:
        """The verdict on that. It is asked four times a second, and most times nothing that is looked at has changed: then it is what it was, as a
        verdict is a pure function of it.
        """
        seen = (sight, timing, self._cut(), self._box.database.source is None, self._box.proven, self._disk.stamp())
        if self._latest is None or self._latest[0] != seen:
            self._latest = (seen, verdict.judge(self.look(sight), timing))
        return self._latest[1]

    def _cut(self) -> bool:
        return any(start <= self._world.now < end for start, end in self._links)
