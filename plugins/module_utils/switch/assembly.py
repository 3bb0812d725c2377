# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A whole switch from a configuration, for the agent, for playbooks and for whoever measures it."""

from __future__ import annotations

import time
from collections.abc import Callable

from . import probes
from .config import Config
from .databases import LocalSessions, OtherDatabase, ReplicaDatabase, make_gate
from .observations import Observations
from .parts import make_backups, make_capacity, make_latch, make_memory, make_store, make_wishes
from .record import Sight
from .steps import Switch
from .visitor import Visitor


def make_switch(config: Config, overrides: frozenset[str] = frozenset(), planned: bool = False,
                look: Callable[[], tuple[Observations, Sight | None]] | None = None, watched: Callable[[], Sight | None] = lambda: None,
                lasting: bool = False) -> Switch:
    """A switch to the site of this host. `look`: how to see what is there now, and `watched` the record at this moment; as a visitor does where no
    agent says how. `lasting`: by a process that lives on, and shall not keep a cloud's library for ever."""
    if look is None:
        visitor = Visitor(config)
        look, watched = visitor.look, visitor.sight
    return Switch(
        site=config.site, timing=config.timing, store=make_store(config), gate=make_gate(config), database=ReplicaDatabase(config),
        sessions=LocalSessions(config), latch=make_latch(config, lasting), look=look, watched=watched,
        maintenance=config.maintenance,
        writer_answers=lambda: probes.writer_answers(config.agent_url),
        journal=config.journal(), clock=time.monotonic, wall=time.time, sleep=time.sleep, limits=config.limits, overrides=overrides,
        wishes=make_wishes(config), planned=planned, capacity=make_capacity(config, lasting),
        other=OtherDatabase(config) if config.raw.get("peer_database") else None, backups=make_backups(config),
        users_first=float(config.raw.get("users_first_seconds", 60.0)), remembers=lambda: make_memory(config).highest())
