# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Everything that the verdict is judged by, looked at beside a sight of the record: for an agent, or for a visitor to its host (visitor.py)."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from ..mysql.clocks import Offset
from . import probes
from .beside import Beside
from .config import Config
from .databases import ReplicaDatabase, make_gate
from .gate import GateSilent
from .gate_row import Row
from .observations import ComparedView, LinkView, Look, MembersView, NoAnswer, NotLooked, Observations, PeerView, Saw
from .record import Sight

TAKEOVERS_WITHIN = 3600.0       # seconds; see verdict.Limits


class Witness:
    """Looks at what stands beside the record. `edge`, `members`, `peer`, `way`: what is known of a site's edge, of the record's members, of the other
    site's agent and of the way there, each asked elsewhere: what is far away may take long to give no answer. `beside`: the journals of this site's
    other hosts, asked for here where nobody else keeps them. `clock`: monotonic seconds.
    """

    def __init__(
        self, config: Config, edge: Callable[[str], Look[bool]], members: Callable[[], Look[MembersView]], peer: Callable[[], Look[PeerView]],
        way: Callable[[], Look[LinkView]], beside: Beside | None = None, clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config, self._timing, self._clock = config, config.timing, clock
        self._edge, self._members, self._peer, self._link = edge, members, peer, way
        self._gate, self._database = make_gate(config), ReplicaDatabase(config)
        self._journal, self._beside = config.journal(), beside
        self.rows: tuple[Row, ...] = ()         # of dr.gate, from the latest look at it that was answered
        self.offset: Offset | None = None       # of both databases' clocks; whoever measures it puts it here

    def look_at_gate(self) -> None:
        """For `rows`, before anything is observed."""
        with suppress(GateSilent):          # then the host's own memory has to do
            self.rows = self._gate.look().rows

    def observe(self, sight: Sight | None, silent: str | None) -> Observations:
        """Look at edges, gate and copy, beside a sight of the record that is already there."""
        config = self._config
        record = probes.view_record(sight, silent, self._timing, self._clock())
        writer = getattr(getattr(record, "value", None), "writer", None)
        edge = self._edge(writer) if writer else NotLooked("nobody holds the record")
        epoch = record.value.epoch if isinstance(record, Saw) and writer == config.site else None
        unfinished = self._journal.unfinished() or (self._kept_beside().unfinished(epoch, self._journal) if epoch else None)
        seen = Observations(config.site, record, writer_edge=edge, maintenance=config.maintenance(),
                            own_edge=self._edge(config.site), members=self._members(), peer=self._peer(), link=self._link(),
                            unfinished=unfinished["step"] if unfinished else None,
                            takeovers=self._journal.takeovers(time.time() - TAKEOVERS_WITHIN),
                            alone=bool(epoch and (self._journal.unprotected(epoch) or self._kept_beside().unprotected(epoch, self._journal))))
        try:
            gate = self._gate.look()
            self.rows = gate.rows
            replica = probes.view_replica(gate, record, self._database.status, self._timing, self.offset, self._clock(),
                                          self._database.unfinished)
        except GateSilent as error:
            return replace(seen, gate=NoAnswer(str(error)), replica=NoAnswer(str(error)))
        return replace(seen, gate=probes.view_gate(gate, config.site), replica=replica, compared=self._compared(writer))

    def _kept_beside(self) -> Beside:
        """What other hosts of this site wrote down; asked for once, where nobody else keeps that."""
        if self._beside is None:
            self._beside = Beside(self._journal.beside)
            self._beside.refresh()
        return self._beside

    def _compared(self, writer: str | None) -> Look[ComparedView]:
        """An account that may not read it says nothing about the copy: whoever has to decide is told so."""
        if writer in (None, self._config.site):
            return NotLooked("it is no copy that anybody would move to")
        try:
            return Saw(probes.view_compared(self._database.compared(), self._config.raw["database"].get("schemas") or ()))
        except GateSilent as error:
            return NoAnswer(str(error))
