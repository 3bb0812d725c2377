# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a process that lives for one switch sees what an agent sees, on the agent's host: a person's fail_over.yml, as in `dr_mode: managed`.

Two looks at the record that are too far apart do not count as one, so nothing that takes long may stand between them. A site that has gone dark
answers after the whole time limit, an agent that hangs does too, and a database may be slow, each time; together that is longer than a gap may be.
So the record is read on a thread of its own here as well, and so is the writer's edge asked.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from . import probes
from .config import Config
from .edge_watch import EdgeWatch
from .observations import LinkView, Look, MembersView, NotLooked, Observations, PeerView, from_plain
from .parts import make_memory, make_store
from .record import Sight, Store, Unanswered, look
from .remembered import Known
from .same_boot import offset_from_plain, sight_from_plain
from .timing import Timing
from .witness import Witness

ASKED_EVERY = 0.05          # seconds between two looks whether the first answer of an edge has come


class RecordWatch:
    """The record, read again and again. `known`: what is known of it before each reading. `before`: what somebody else on this host has seen of it.
    `clock`: monotonic seconds.
    """

    def __init__(self, store: Store, timing: Timing, clock: Callable[[], float], known: Callable[[], Known], before: Sight | None) -> None:
        self._store, self._timing, self._clock, self._known = store, timing, clock, known
        self.sight = before                     # replaced as a whole, by one thread
        self._said: str | None = None

    def tend(self) -> float:
        """One look. Returns the pause before the next."""
        try:
            self.sight, self._said = look(self._store, self.sight, self._timing, self._clock, self._known()), None
        except Unanswered as error:
            self._said = str(error)
        return self._timing.watch / 2

    @property
    def silent(self) -> str | None:
        """Why it has not been seen of late, if so: one answer that was lost is no silence."""
        sight = self.sight
        return self._said if sight is None or self._clock() - sight.looked > self._timing.blink else None

    @property
    def writer(self) -> str | None:
        """The site that it names."""
        sight = self.sight
        return sight.seen.record.writer if sight and sight.seen.record else None


def for_ever(one_pass: Callable[[], float]) -> None:
    """Repeat it, with the pauses that it asks for, until this process ends."""
    def run() -> None:
        while True:
            time.sleep(one_pass())
    threading.Thread(target=run, daemon=True).start()


class Visitor:
    """One look after the other. It goes on from the sight of the agent here when there is one, as that has been watching for longer, and what only
    that asks (members, the other agent, the way there, our own edge) is taken from its status. `repeat`: makes a thread; `clock` and `sleep` in
    monotonic seconds.
    """

    def __init__(self, config: Config, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep,
                 repeat: Callable[[Callable[[], float]], None] = for_ever) -> None:
        self._config, self._timing, self._clock, self._sleep, self._repeat = config, config.timing, clock, sleep, repeat
        self._told: Mapping[str, Any] = {}          # what the agent here has seen itself
        self._witness = Witness(config, self._edge_of, lambda: from_plain(self._told.get("members"), MembersView),
                                lambda: from_plain(self._told.get("peer"), PeerView), lambda: from_plain(self._told.get("link"), LinkView),
                                clock=clock)
        self._record: RecordWatch | None = None     # begun with the first look
        self._edge = EdgeWatch(config.raw["edges"], lambda url: probes.edge_answers(url, self._timing.blink / 2), config.site,
                               lambda: self._record.writer if self._record else None, self._timing.blink * 2, clock)

    def look(self) -> tuple[Observations, Sight | None]:
        """Everything that can be known now, and the sight of the record it rests on."""
        watch = self._record or self._begin()
        told = self._agent_says()
        writer = watch.writer
        if writer and writer != self._config.site and writer in self._config.raw["edges"]:
            self._await_edge(writer)
        self._told = probes.parts(told.get("observations"))
        self._witness.offset = self._witness.offset or offset_from_plain(told.get("clock"))
        sight = watch.sight
        return self._witness.observe(sight, watch.silent), sight

    def sight(self) -> Sight | None:
        """Of the record, as it was seen last; None before the first look."""
        return self._record.sight if self._record else None

    def _begin(self) -> RecordWatch:
        """First whatever may take long, so that the agent's sight is still fresh when it is gone on from."""
        store = make_store(self._config)
        self._witness.look_at_gate()
        with suppress(Unanswered):
            store.read()                        # finds out who of its members answers
        earlier = sight_from_plain(self._agent_says().get("sight"))
        self._record = RecordWatch(store, self._timing, self._clock, self._known, earlier)
        self._record.tend()
        for tend in (self._record.tend, self._edge.tend):
            self._repeat(tend)
        return self._record

    def _known(self) -> Known:
        """What there is to hold against the record that is read after this."""
        return Known(make_memory(self._config).highest(), self._witness.rows)

    def _agent_says(self) -> Mapping[str, Any]:
        return probes.agent_status(self._config.agent_url, self._timing.blink / 4) or {}

    def _await_edge(self, site: str) -> None:
        """Until it was asked once: without that nobody is judged lost."""
        end = self._clock() + self._timing.blink * 2
        while isinstance(self._edge.look(site), NotLooked) and self._clock() < end:
            self._sleep(ASKED_EVERY)

    def _edge_of(self, site: str) -> Look[bool]:
        return from_plain(self._told.get("own_edge")) if site == self._config.site else self._edge.look(site)
