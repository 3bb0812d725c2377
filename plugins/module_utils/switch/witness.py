# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Everything that the verdict is judged by, looked at: by the agent's own watches, or by another process of its host."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from ..mysql.clocks import Offset
from . import probes
from .beside import Beside
from .config import Config
from .databases import ReplicaDatabase, make_gate
from .gate import GateSilent
from .gate_row import Row
from .observations import ComparedView, LinkView, Look, MembersView, NoAnswer, NotLooked, Observations, PeerView, Saw, from_plain
from .parts import make_memory, make_store
from .record import Sight, Unanswered, look
from .remembered import Known
from .same_boot import offset_from_plain, sight_from_plain

TAKEOVERS_WITHIN = 3600.0       # seconds; see verdict.Limits


class Witness:
    """Looks at everything the verdict needs. A switch goes on from the sight of the agent on this host when there is one: it has
    been watching for longer. `edge`, `members`, `peer`, `way`: what is known of a site's edge, of the record's members, of the other site's
    agent and of the way there; taken from the agent's status where nobody says. `beside`: the journals of this site's other hosts. Only the
    writer's edge, without which nobody is judged lost, is asked on the spot then: looks that take long are looks too far apart to count.
    """

    def __init__(self, config: Config, edge: Callable[[str], Look[bool]] | None = None, members: Callable[[], Look[MembersView]] | None = None,
                 peer: Callable[[], Look[PeerView]] | None = None, way: Callable[[], Look[LinkView]] | None = None,
                 beside: Beside | None = None) -> None:
        self._config, self._timing = config, config.timing
        self._edge, self._members, self._peer, self._link = edge, members, peer, way
        self._told: Mapping[str, Any] = {}          # what the agent here has seen itself
        self._store, self._gate, self._database = make_store(config), make_gate(config), ReplicaDatabase(config)
        self._journal, self._beside = config.journal(), beside
        self._sight: Sight | None = None
        self._rows: tuple[Row, ...] | None = None       # of dr.gate, from the latest look at it; None before the first
        self.offset: Offset | None = None       # of both databases' clocks; whoever measures it puts it here

    def look(self) -> tuple[Observations, Sight | None]:
        """Everything that can be known now, and the sight of the record it rests on."""
        silent: str | None = None
        told = probes.agent_status(self._config.agent_url) or {}
        self._told = told.get("observations") or {}
        earlier = self._sight or sight_from_plain(told.get("sight"))
        self.offset = self.offset or offset_from_plain(told.get("clock"))
        try:
            self._sight = look(self._store, earlier, self._timing, time.monotonic, self._known())
        except Unanswered as error:
            silent = str(error)
        return self.observe(self._sight, silent), self._sight

    def _known(self) -> Known:
        """What there is to hold against the record that is read after this."""
        if self._rows is None:
            with suppress(GateSilent):          # then the host's own memory has to do
                self._rows = self._gate.look().rows
        return Known(make_memory(self._config).highest(), self._rows or ())

    def observe(self, sight: Sight | None, silent: str | None) -> Observations:
        """Look at edges, gate and copy, beside a sight of the record that is already there."""
        config = self._config
        record = probes.view_record(sight, silent, self._timing, time.monotonic())
        writer = getattr(getattr(record, "value", None), "writer", None)
        edge = self._edge_of(writer) if writer else NotLooked("nobody holds the record")
        epoch = record.value.epoch if isinstance(record, Saw) and writer == config.site else None
        unfinished = self._journal.unfinished() or (self._kept_beside().unfinished(epoch, self._journal) if epoch else None)
        seen = Observations(config.site, record, writer_edge=edge, maintenance=config.maintenance(),
                            own_edge=self._edge(config.site) if self._edge else from_plain(self._told.get("own_edge")),
                            members=self._members() if self._members else from_plain(self._told.get("members"), MembersView),
                            peer=self._peer() if self._peer else from_plain(self._told.get("peer"), PeerView),
                            link=self._link() if self._link else from_plain(self._told.get("link"), LinkView),
                            unfinished=unfinished["step"] if unfinished else None,
                            takeovers=self._journal.takeovers(time.time() - TAKEOVERS_WITHIN),
                            alone=bool(epoch and (self._journal.unprotected(epoch) or self._kept_beside().unprotected(epoch, self._journal))))
        try:
            gate = self._gate.look()
            self._rows = gate.rows
            replica = probes.view_replica(gate, record, self._database.status, self._timing, self.offset, time.monotonic(),
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

    def _edge_of(self, site: str) -> Look[bool]:
        if self._edge:
            return self._edge(site)
        url = self._config.raw["edges"].get(site)
        return probes.edge_answers(url) if url else NotLooked(f"no edge of {site} is configured")
