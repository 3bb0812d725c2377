# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What everybody at a simulated host sees of the world, and what is concluded from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.multicloud.dr.plugins.module_utils.switch import record, verdict
from ansible_collections.multicloud.dr.plugins.module_utils.switch.observations import (
    ComparedView,
    GateView,
    LinkView,
    Look,
    NoAnswer,
    NotLooked,
    Observations,
    RecordView,
    ReplicaView,
    Saw,
)
from ansible_collections.multicloud.dr.plugins.module_utils.switch.probes import view_gate, view_record
from ansible_collections.multicloud.dr.plugins.module_utils.switch.timing import Timing

if TYPE_CHECKING:
    from .hosts import Host


class Eyes:
    """Those of one host. `heard`: grows with every look at what other hosts of the site have written down."""

    def __init__(self, host: Host) -> None:
        self._host, self._world, self._box, self._schedule = host, host.world, host.box, host.schedule
        self._journal = host.journal(host.process)
        self.heard = 0
        self._latest: tuple[object, verdict.Verdict] | None = None

    def look(self, sight: record.Sight | None, now: float, timing: Timing) -> Observations:
        """Observations with that sight of the record. `now`: by the clock of whoever looks."""
        held, cut = self._held(sight, now, timing), self._cut()
        writer, epoch = (held.value.writer, held.value.epoch) if isinstance(held, Saw) else (None, 0)
        unfinished = self._journal.unfinished()
        if not unfinished and writer == self._box.site and self._host.beside:
            unfinished = self._host.beside.unfinished(epoch, self._journal)
        replica: Look[ReplicaView] = NotLooked("without a record nobody knows whose copy this should be")
        if isinstance(held, Saw) and writer:
            replica = Saw(self._copy(held.value, timing))
        gate: Look[GateView] = NoAnswer("it is silent")
        if self._box.database.silent_since() is None:
            gate = view_gate(self._box.database.look(), self._box.site)
        else:
            replica = NoAnswer("it is silent")
        return Observations(
            self._box.site, held, gate=gate, replica=replica,
            writer_edge=self._edge(writer) if writer else NotLooked("nobody holds the record"), own_edge=self._edge(self._box.site),
            link=Saw(LinkView(not cut)), peer=NoAnswer() if cut else NotLooked(), unfinished=unfinished and unfinished["step"],
            compared=Saw(ComparedView(self._box.proven or None)), takeovers=self._journal.takeovers(float("-inf")))

    def _copy(self, held: RecordView, timing: Timing) -> ReplicaView:
        database = self._box.database
        stuck = database.stuck_since() is not None
        return ReplicaView(database.source is not None and not stuck, self._lag(held, timing), broken="A row is there already." if stuck else None,
                           stuck=stuck and bool(database.waiting), unfinished=database.unfinished())

    def judge(self, sight: record.Sight | None, timing: Timing) -> verdict.Verdict:
        """The verdict on that. It is asked four times a second, and most times nothing that is looked at has changed: then it is what it was, as a
        verdict is a pure function of it.
        """
        box, now = self._box, self._host.process.clock()
        database = box.database
        database.arrive()
        own = database.rows.get(database.server_uuid)
        held = self._held(sight, now, timing)
        lag = self._lag(held.value, timing) if isinstance(held, Saw) and held.value.writer else None
        seen = (sight, timing, type(held), self._cut(), *(self._dark(site) for site in self._schedule.dark), database.source is None, box.proven,
                self._host.disk.stamp(), self.heard, database.silent_since(), database.stuck_since(), database.waiting > 0, database.unfinished(),
                lag, own and own.epoch, bool(own and own.valid_until > database.clock()),
                max([row.epoch for row in database.rows.values() if row.site == box.site and row is not own], default=None))
        if self._latest is None or self._latest[0] != seen:
            self._latest = (seen, verdict.judge(self.look(sight, now, timing), timing, self._schedule.limits))
            self._schedule.met.add(self._latest[1].verdict)
        return self._latest[1]

    @staticmethod
    def _held(sight: record.Sight | None, now: float, timing: Timing) -> Look[RecordView]:
        """For how long nobody has looked makes no difference."""
        found = view_record(sight, None, timing, now)
        return found if isinstance(found, Saw) else NotLooked("nobody has read the record a moment ago")

    def _lag(self, held: RecordView, timing: Timing) -> float | None:
        """How old the writer's newest heartbeat here is, less the time in which it was silent, as probes.view_replica has it: in whole seconds, and
        with the difference of both clocks as it is, which is measured.
        """
        wrote = self._schedule.boxes[held.writer or ""]
        beats = [row.beat_at for row in self._box.database.rows.values() if row.site == held.writer]
        if not beats:
            return None
        age = self._world.now - (max(beats) - 1e6 - wrote.ahead)
        return float(int(max(0.0, age - max(0.0, held.unchanged_seconds - timing.renew))))

    def _edge(self, site: str) -> Look[bool]:
        return NoAnswer("it is dark") if self._dark(site) else Saw(True)

    def _dark(self, site: str) -> bool:
        return bool(spans := self._schedule.dark[site]) and any(start <= self._world.now < end for start, end in spans)

    def _cut(self) -> bool:
        return any(start <= self._world.now < end for start, end in self._schedule.links)
