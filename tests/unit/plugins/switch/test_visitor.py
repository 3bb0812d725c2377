# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A person takes over from a site that is dark: whatever takes long meanwhile, the count of the record that is unchanged is not torn."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.compared import Kept
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replica_status import ReplicaStatus
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replication import parse_status
from ansible_collections.multicloud.dr.plugins.module_utils.switch import assembly, probes, steps, verdict, visitor, witness
from ansible_collections.multicloud.dr.plugins.module_utils.switch.config import Config
from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate import GateLook
from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate_row import Row
from ansible_collections.multicloud.dr.plugins.module_utils.switch.observations import Look, NoAnswer, Saw
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Record, Seen, Sight, Unanswered
from ansible_collections.multicloud.dr.plugins.module_utils.switch.same_boot import sight_to_plain
from ansible_collections.multicloud.dr.plugins.module_utils.switch.timing import TIMINGS, Timing

from tests.sim.fakes import FakeDatabase
from tests.sim.world import Simulation

LONGEST = 120.0             # seconds in which everything here has come to its end


@dataclass
class Dark:
    """AWS, whose writer NHN has gone dark: its edge swallows every question. `agent`: the one beside the visitor is "alive", "dead"
    or "hung". `late`: seconds for which the database here thinks about each question.
    """

    timing: Timing
    agent: str
    late: float = 0.0

    def __post_init__(self) -> None:
        self.world = Simulation(0, LONGEST)
        self.seen = Seen(Record("nhn", 1, 7, takeover=self.timing.takeover), 7)
        self.table = FakeDatabase(lambda: 5e6 + self.world.now, "server-aws", time=lambda: self.world.now)
        self.table.rows["server-nhn"] = Row("server-nhn", "nhn", 1, 5e6 - 60, 40, 5e6 - 1)
        self.source: str | None = "192.168.10.50:3306"
        self.quorum = True

    # the store
    def read(self) -> Seen:
        self.world.sleep(0.01)
        if not self.quorum:
            raise Unanswered("no quorum")
        return self.seen

    def swap(self, revision: int, record: Record) -> Seen | None:
        if revision != self.seen.revision:
            return None
        self.seen = Seen(record, revision + 1)
        return self.seen

    # the database and its gate
    def __getattr__(self, name: str) -> Any:
        if name not in ("open", "close", "beat"):
            raise AttributeError(name)
        return getattr(self.table, name)

    def look(self) -> GateLook:
        self.world.sleep(self.late)
        return self.table.look()

    def status(self) -> ReplicaStatus:
        self.world.sleep(self.late)
        return parse_status([])

    def unfinished(self) -> str | None:
        self.world.sleep(self.late)
        return None

    def compared(self) -> Kept | None:
        self.world.sleep(self.late)
        return None

    def follows(self) -> str | None:
        return self.source

    applies = follows

    def promote(self) -> str:
        self.source = None
        return "Promoted."

    def stand_alone(self) -> str:
        return "Alone."

    # what answers over the network
    def edge(self, _url: str, timeout: float) -> Look[bool]:
        self.world.sleep(timeout)
        return NoAnswer("timed out")

    def status_of_agent(self, _url: str, timeout: float) -> dict[str, Any] | None:
        if self.agent == "hung":
            self.world.sleep(timeout)
        if self.agent != "alive":
            return None
        now = self.world.now
        return {"sight": sight_to_plain(Sight(self.seen, now - 60, now, now, True)), "observations": {"own_edge": True}}

    def repeat(self, one_pass: Callable[[], float]) -> None:
        def run() -> None:
            while True:
                self.world.sleep(one_pass())
        self.world.spawn(run)

    def played(self, what: Callable[[], Any]) -> list[Any]:
        """What it gives, with every thread that it makes."""
        found: list[Any] = []

        def run() -> None:
            found.append(what())
            self.world.sleep(LONGEST)       # whoever made the threads outlives them
        self.world.spawn(run)
        self.world.run()
        if self.world.crashes:
            raise self.world.crashes[0]
        return found


@pytest.fixture
def dark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Dark, steps.Switch]]:
    def made(profile: str, agent: str, late: float = 0.0) -> tuple[Dark, steps.Switch]:
        here = Dark(TIMINGS[profile], agent, late)
        for where in (visitor, witness, assembly):
            for name in ("make_store", "make_gate", "ReplicaDatabase"):
                monkeypatch.setattr(where, name, lambda _config: here, raising=False)
        monkeypatch.setattr(assembly, "LocalSessions", lambda _config: None)
        monkeypatch.setattr(assembly, "make_wishes", lambda _config: None)
        monkeypatch.setattr(probes, "agent_status", here.status_of_agent)
        monkeypatch.setattr(probes, "edge_answers", here.edge)
        config = Config("aws", "nhn", "t", here.timing, {
            "database": {}, "edges": {"nhn": "http://nhn.invalid/", "aws": "http://aws.invalid/"}, "state_directory": str(tmp_path),
            "etcd": {"endpoints": ["http://127.0.0.1:9"]}, "listen": {"port": 1, "addresses": []}})
        comes = visitor.Visitor(config, lambda: here.world.now, here.world.sleep, here.repeat)
        on = assembly.make_switch(config, frozenset({"accept_unproven:1"}), look=comes.look, watched=comes.sight)
        on.clock, on.wall, on.sleep, on.writer_answers = lambda: here.world.now, lambda: 1.7e9 + here.world.now, here.world.sleep, lambda: Saw(True)
        return here, on
    return made


@pytest.mark.parametrize("late", [0.0, 0.5])
@pytest.mark.parametrize("agent", ["alive", "dead", "hung"])
@pytest.mark.parametrize("profile", sorted(TIMINGS))
def test_a_person_takes_over_from_a_site_that_is_dark(dark: Any, profile: str, agent: str, late: float) -> None:
    here, on = dark(profile, agent, late)
    took: list[float] = []

    def switch() -> list[str]:
        done = []
        for step in steps.run(on):
            done.append(step["name"])
            if step["name"] == "take_record":
                took.append(here.world.now)
        return done
    assert here.played(switch)[0][:4] == ["judge", "take_record", "close_gate", "promote"]
    assert here.seen.record is not None and (here.seen.record.writer, here.seen.record.epoch) == ("aws", 2)
    watched = 0.0 if agent == "alive" else here.timing.takeover
    assert took[0] <= watched + here.timing.blink + 20 * late + 1


def test_a_writer_that_lives_is_not_taken_over_however_long_everything_takes(dark: Any) -> None:
    here, on = dark("fast", "hung", 0.5)

    def renew() -> float:
        assert here.seen.record is not None
        here.seen = Seen(Record("nhn", 1, here.seen.record.counter + 1, takeover=here.timing.takeover), here.seen.revision + 1)
        return here.timing.renew
    here.repeat(renew)
    with pytest.raises(steps.SwitchRefused, match="EDGE_LOST"):
        here.played(lambda: list(steps.run(on)))


def test_a_thread_repeats_what_it_is_given_with_the_pauses_that_it_asks_for() -> None:
    pauses, done = iter([0.0, 0.001, 1e6]), threading.Event()

    def one_pass() -> float:
        pause = next(pauses)
        if pause > 1:
            done.set()
        return pause
    visitor.for_ever(one_pass)
    assert done.wait(10)


def test_what_was_judged_is_what_is_taken(dark: Any) -> None:
    """Seen anew a moment ago is not seen to be the same: another reign may have begun since."""
    _here, on = dark("default", "dead")
    judged, later = (Sight(Seen(Record("nhn", epoch, 7), revision), 0.0, 20.0, 20.0, True) for epoch, revision in ((1, 7), (2, 9)))
    on.sight, on.watched = judged, lambda: later
    assert on.freshest() is judged
    on.watched = lambda: Sight(judged.seen, 0.0, 30.0, 30.0, True)
    assert on.freshest() == on.watched() and on.freshest() != judged


def test_one_answer_that_is_lost_is_no_silence_and_many_are(dark: Any) -> None:
    here, on = dark("default", "alive")
    said: list[str] = []

    def run() -> None:
        said.append(verdict.judge(on.look()[0], here.timing).verdict)
        here.quorum = False
        here.world.sleep(here.timing.watch)
        said.append(verdict.judge(on.look()[0], here.timing).verdict)
        here.world.sleep(here.timing.blink)
        said.append(verdict.judge(on.look()[0], here.timing).verdict)
    here.played(run)
    assert said == ["STANDBY_UNPROVEN", "STANDBY_UNPROVEN", "QUORUM_LOST"]
