# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A record that was set back: who can know it, and who must not be alarmed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replica_status import ReplicaStatus
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replication import parse_status
from ansible_collections.multicloud.dr.plugins.module_utils.switch import probes, record, steps, verdict, visitor, witness
from ansible_collections.multicloud.dr.plugins.module_utils.switch.config import Config
from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate import GateLook
from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate_row import Row
from ansible_collections.multicloud.dr.plugins.module_utils.switch.observations import Saw
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Record, Refused, Seen, Sight
from ansible_collections.multicloud.dr.plugins.module_utils.switch.remembered import Known
from ansible_collections.multicloud.dr.plugins.module_utils.switch.timing import TIMINGS

from .test_steps import World

T = TIMINGS["default"]


def row(site: str, epoch: int, valid_until: float = 900.0) -> Row:
    return Row(f"server-{site}", site, epoch, valid_until, 40, 899.0)


@pytest.mark.parametrize(("known", "writer", "reached"), [
    (Known(), "nhn", None),
    (Known(3), "nhn", 3),
    (Known(3, (row("nhn", 5),)), "nhn", 5),
    (Known(3, (row("nhn", 5), row("aws", 6))), "nhn", 6),
    (Known(None, (row("nhn", 5, 0.0),)), "nhn", 4),         # retired, and not offered yet
    (Known(None, (row("nhn", 5, 0.0),)), "aws", 5),         # which only the holder does
    (Known(5, (row("nhn", 5, 0.0),)), "nhn", 5),            # and it was offered
])
def test_how_far_the_record_must_have_come(known: Known, writer: str, reached: int | None) -> None:
    assert known.reached(writer) == reached


@dataclass
class Store:
    """One who writes it as well."""

    seen: Seen

    def read(self) -> Seen:
        return self.seen

    def swap(self, revision: int, new: Record) -> Seen | None:
        if revision != self.seen.revision:
            return None
        self.seen = Seen(new, revision + 1)
        return self.seen


def test_each_look_is_judged_by_what_was_known_before_it() -> None:
    store = Store(Seen(Record("nhn", 2, 40), 40))
    sight = record.look(store, None, T, lambda: 100.0, Known(2, (row("nhn", 2),)))
    assert not sight.set_back
    # It moves on, and the row of that comes before the record is read again: what was read a moment ago is as true as before.
    moved = Known(2, (row("nhn", 2, 0.0), row("aws", 4)))
    assert not sight.set_back
    store.seen = Seen(Record("aws", 4, 42), 42)
    assert not record.look(store, sight, T, lambda: 101.0, moved).set_back
    store.seen = Seen(Record("nhn", 2, 40), 43)
    assert record.look(store, sight, T, lambda: 101.0, moved).set_back
    store.seen = Seen(None, 0)
    assert not record.look(store, sight, T, lambda: 101.0, moved).set_back, "what is absent is another matter"


@pytest.mark.parametrize("known", [Known(5), Known(None, (row("nhn", 5),)), Known(1, (row("nhn", 5, 0.0),))])
def test_a_record_that_was_set_back_is_nobody_s_to_take(known: Known) -> None:
    store = Store(Seen(Record("nhn", 1, 40), 40))
    with pytest.raises(Refused, match=r"remembers epoch [45]: the store was set back.*restore_record\.yml.*runbooks/record\.md"):
        record.take(store, Sight(store.seen, 80.0, 99.0, 99.0), "aws", T, lambda: 100.0, known=known)
    assert store.seen == Seen(Record("nhn", 1, 40), 40)
    taken = record.take(store, Sight(store.seen, 80.0, 99.0, 99.0), "aws", T, lambda: 100.0, known=Known(1, (row("nhn", 2, 0.0),)))
    assert taken.record == Record("aws", 2, 41)


@pytest.mark.parametrize(("memory", "rows"), [(5, ()), (None, (row("nhn", 5),)), (5, (row("nhn", 5),))])
def test_a_switch_takes_nothing_by_a_record_that_was_set_back(memory: int | None, rows: tuple[Row, ...], tmp_path: Path) -> None:
    """Whatever it was judged by: the last word is that of this host and of the database here, asked right before."""
    world = World(tmp_path / "journal.jsonl")
    world.table.rows.update((each.server_uuid, each) for each in rows)
    with pytest.raises(steps.StepFailed, match=r"'take_record' for aws: .*epoch 1.*remembers epoch 5: the store was set back"):
        list(steps.run(world.switch(remembers=lambda: memory)))
    assert world.seen == Seen(Record("nhn", 1, 40), 40) and "promote" not in world.calls


@dataclass
class Around(Store):
    """What a witness looks at, of a site that has no agent. `order`: of its looks."""

    rows: tuple[Row, ...] = ()
    order: list[str] = field(default_factory=list)

    def read(self) -> Seen:
        self.order.append("record")
        return self.seen

    def look(self) -> GateLook:
        self.order.append("gate")
        return GateLook(900.0, "server-aws", self.rows)

    def status(self) -> ReplicaStatus:
        return parse_status([])

    def unfinished(self) -> str | None:
        return None

    def compared(self) -> None:
        return None


def test_whoever_comes_without_an_agent_looks_at_the_gate_before_the_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    around = Around(Seen(Record("nhn", 1, 40), 40), (row("nhn", 3),))
    for where, name in ((visitor, "make_store"), (witness, "make_gate"), (witness, "ReplicaDatabase")):
        monkeypatch.setattr(where, name, lambda _config: around)
    monkeypatch.setattr(probes, "agent_status", lambda _url, _timeout: None)
    monkeypatch.setattr(probes, "edge_answers", lambda _url, _timeout: Saw(True))
    passes: list[Callable[[], float]] = []
    config = Config("aws", "nhn", "t", T, {"database": {}, "edges": {"nhn": "http://nhn.invalid/"}, "state_directory": str(tmp_path),
                                           "etcd": {"endpoints": ["http://127.0.0.1:9"]}, "listen": {"port": 1, "addresses": []}})
    sees = visitor.Visitor(config, sleep=lambda _seconds: [each() for each in passes], repeat=passes.append)
    seen, sight = sees.look()
    assert around.order[0] == "gate" and sight is not None and sight.reached == 3
    assert verdict.judge(seen, T).verdict == "RECORD_SET_BACK"
    (tmp_path / "epoch").write_text("7\n", encoding="ascii")
    passes[0]()
    again = sees.look()[1]
    assert again is not None and again.reached == 7, "and the host remembers what its database does not"
