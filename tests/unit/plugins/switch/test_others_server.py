# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An address that leads to the other site's database: its gate is nobody's here to shut or to open, and that is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.switch import probes, steps
from ansible_collections.multicloud.dr.plugins.module_utils.switch.agent import Agent
from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate import Gate, GateLook, OthersServer, refuse_others
from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate_row import Row
from ansible_collections.multicloud.dr.plugins.module_utils.switch.observations import NoAnswer, NotLooked, Saw
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Record, Seen

from tests.sim.copying import Line
from tests.sim.fakes import FakeDatabase

from .test_agent import Site, T
from .test_steps import World


def at_nhn_s(world: World) -> FakeDatabase:
    """The address now leads to NHN's server, whose gate at epoch 1 is open."""
    world.table.rows.clear()
    world.table.server_uuid = "server-nhn"
    world.table.rows["server-nhn"] = Row("server-nhn", "nhn", 1, world.now + 5e6 + 9, 40, world.now + 5e6)
    return world.table


def test_a_standby_s_agent_leaves_the_writer_s_gate_alone_and_says_whose_it_is() -> None:
    nhn = Site()
    nhn.live(5)
    buyer = nhn.table.begin()
    astray = Agent("aws", "nhn", T, store=nhn, gate=nhn.table, pulse=nhn.table, clock=lambda: nhn.now, sessions=nhn.table)
    for _ in range(60):
        nhn.live(1)
        astray.tend_record()
        astray.tend_gate()
        assert nhn.open and nhn.agent.is_writer and not astray.is_writer
    assert nhn.table.running()[0].thread == buyer, "and nobody who buys there is ended"
    assert "leads to server server-1, which is nhn's by its own row" in (astray.gate_said or "")
    view = probes.view_gate(astray.gate_look, "aws") if astray.gate_look else None
    assert view and view.value.others == "nhn" and probes.view_gate(nhn.table.look(), "nhn").value.others is None


def test_whose_only_agent_is_led_astray_lets_the_record_go() -> None:
    aws = Site("aws", seen=Seen(Record("aws", 2, 9), 9))
    aws.table.rows["server-1"] = Row("server-1", "nhn", 1, 7e6, 5, 7e6)
    aws.live(60)
    assert aws.now - 500 > aws.agent.grace and not aws.open and aws.table.rows["server-1"].site == "nhn"
    assert "database has been silent for more than 30 s (the address of aws's database leads to" in (aws.agent.record_said or "")


@pytest.mark.parametrize("rows", [
    (), (Row("another", "nhn", 1, 0.0, 5, 0.0),), (Row("this", "aws", 1, 0.0, 5, 0.0), Row("another", "nhn", 2, 0.0, 5, 0.0))])
def test_a_server_without_a_row_of_its_own_is_whose_address_leads_there(rows: tuple[Row, ...]) -> None:
    """New, restored from whichever site's backup, rebuilt at home, or put in place by the provider: it has another uuid than any that wrote."""
    assert refuse_others(GateLook(1.0, "this", rows), "aws").rows == rows


def test_a_copy_that_has_no_row_yet_is_not_taken_for_the_very_first_writer() -> None:
    """The address of the primary's agent leads to the standby's server, to which nothing has come yet."""
    nhn = Site(seen=Seen(Record("nhn", 1, 9), 9))
    nhn.table.follow(FakeDatabase(lambda: nhn.now, "server-nhn"))
    nhn.live(5)
    assert not nhn.table.rows and nhn.agent.renewals > 1


def named(uuid: str, site: str) -> Row:
    """What the writer has said of a server that never wrote."""
    return Row(uuid, site, 0, 0.0, 0, 0.0)


def test_a_server_that_never_wrote_is_whose_the_writer_has_said() -> None:
    rows = (Row("another", "nhn", 1, 0.0, 5, 0.0),)
    look = GateLook(1.0, "this", rows, (named("this", "aws"),))
    assert look.own is None and look.others("nhn") == "aws" and look.others("aws") is None and look.remembered_epoch == 1
    with pytest.raises(OthersServer, match="server this, which is aws's by its own row"):
        refuse_others(look, "nhn")
    assert refuse_others(look, "aws") is look
    view = probes.view_gate(look, "nhn").value
    assert (view.others, view.epoch, view.inherits) == ("aws", None, 1)
    assert GateLook(1.0, "this", rows, (named("that", "aws"),)).others("nhn") is None


class Pair(Site):
    """A writer, the other site's copy, and what the agent there says of it."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.copy = FakeDatabase(lambda: self.now + 7e6, "server-aws", self.table, lambda: self.now)
        self.table.time = lambda: self.now
        self.agent = Agent(self.name, "nhn", T, store=self, gate=self.table, pulse=self.table, clock=lambda: self.now, sessions=self.table,
                           unnamed=self.unnamed)
        self.asked = 0

    def unnamed(self) -> tuple[str, str] | None:
        self.asked += 1
        look = self.copy.look()
        return None if look.whose or not self.copy.source else (look.server_uuid, "aws")


def test_a_second_agent_that_is_led_to_the_other_site_s_stopped_copy_does_not_take_it_for_a_successor() -> None:
    nhn = Pair()
    nhn.live(10)
    assert nhn.copy.look().whose == "aws" and nhn.copy.look().own is None and nhn.open
    nhn.copy.halted_until, nhn.copy.line = float("inf"), Line(1e9)        # somebody stops the copy
    astray = Agent("nhn", "nhn", T, store=nhn, gate=nhn.copy, pulse=nhn.copy, clock=lambda: nhn.now, sessions=nhn.copy)
    for _ in range(60):
        nhn.live(1)
        astray.tend_record()
        astray.tend_gate()
        assert nhn.open and not astray.is_writer and nhn.copy.look().own is None and nhn.copy.valid_until() == 0
    assert all(row.valid_until < nhn.copy.look().now for row in nhn.copy.look().rows), "every row there ran out"
    assert "leads to server server-aws, which is aws's by its own row" in (astray.gate_said or "")


def test_the_writer_names_a_copy_once_and_as_soon_as_it_is_open() -> None:
    nhn = Pair()
    nhn.live(T.renew * 2)
    rows = [each for _at, each in nhn.table.log if isinstance(each, Row) and not each.epoch]
    assert rows == [named("server-aws", "aws")]
    beats, asked = nhn.agent.beats, nhn.asked
    nhn.live(60)
    assert nhn.agent.beats - beats > 200 and nhn.asked - asked <= 60 / T.renew + 1, "nobody is asked at a heartbeat"
    assert [each for _at, each in nhn.table.log if isinstance(each, Row) and not each.epoch] == rows


def test_nobody_is_named_while_the_gate_is_shut() -> None:
    nhn = Pair(maintenance=True)
    nhn.agent.maintenance = lambda: True
    nhn.live(20)
    assert not nhn.table.look().named


def test_a_copy_that_was_named_opens_once_it_is_promoted_and_a_new_one_is_named_by_it() -> None:
    nhn = Pair()
    nhn.live(10)
    copy, now = nhn.copy, nhn.copy.look().now
    copy.source = None
    assert copy.open("aws", 2, now + 9) and copy.look().others("aws") is None and copy.look().own == copy.rows["server-aws"]
    assert not copy.look().named and copy.look().has_row("server-aws")
    assert copy.assign("server-nhn-2", "nhn", 2) and [row.server_uuid for row in copy.look().named] == ["server-nhn-2"]


@pytest.mark.parametrize(("changes", "found"), [
    ({}, ("0f1e2d3c-0001-11ef-8000-0242ac110002", "aws")),
    ({"site": "nhn"}, None),                                    # another host of this site answers there
    ({"site": None}, None),
    ({"gate": {"server_uuid": None, "whose": None}}, None),
    ({"gate": {"server_uuid": "0f1e2d3c-0001-11ef-8000-0242ac110002", "whose": "aws"}}, None),
    ({"gate": {"server_uuid": "0f1e2d3c-0001-11ef-8000-0242ac110002"}}, None),         # another release, which does not say
    ({"gate": {"server_uuid": "x'; --", "whose": None}}, None),
    ({"observations": {"replica": {"following": False}}}, None),        # of a server that copies from nobody nobody knows whose it is
    ({"observations": {}}, None),
])
def test_what_the_other_agent_says_of_its_copy(changes: dict[str, Any], found: tuple[str, str] | None) -> None:
    status = {"site": "aws", "writer": False, "maintenance": False, "verdict": {"verdict": "NORMAL"},
              "gate": {"server_uuid": "0f1e2d3c-0001-11ef-8000-0242ac110002", "whose": None},
              "observations": {"replica": {"following": True, "lag_seconds": 0.5}}, **changes}
    assert probes.unnamed(Saw(probes.view_peer(status)), "nhn") == found
    assert probes.unnamed(NoAnswer(), "nhn") is None and probes.unnamed(NotLooked(), "nhn") is None


def test_a_switch_is_refused_before_anything_is_touched(tmp_path: Path) -> None:
    for seen in (Seen(Record("nhn", 1, 40), 40), Seen(Record("aws", 1, 40), 40)):       # to take over, and to finish what was begun
        world = World(tmp_path / f"{seen.record and seen.record.writer}.jsonl", seen=seen)
        rows = dict(at_nhn_s(world).rows)
        with pytest.raises(steps.SwitchRefused, match=r"WRONG_DATABASE: The address that the agent of AWS has"):
            list(steps.run(world.switch()))
        assert world.seen == seen and world.table.rows == rows and not {"swap", "promote", "close", "open"} & {*world.calls}


@pytest.mark.parametrize("name", ["judge", "take_record", "close_gate", "promote"])
def test_an_address_that_changes_on_the_way_ends_the_switch_at_the_next_step(tmp_path: Path, name: str) -> None:
    world = World(tmp_path / "journal.jsonl")
    run = steps.run(world.switch())
    while next(run)["name"] != name:
        pass
    rows = dict(at_nhn_s(world).rows)
    with pytest.raises(steps.StepFailed, match=r"which is nhn's by its own row of dr\.gate: aws neither shuts nor opens it"):
        list(run)
    assert world.table.rows == rows


class Asked:
    """A connection, and its own cursor, that keeps what it is asked and has one row that another site's condition never meets."""

    def __init__(self) -> None:
        self.said: list[tuple[str, Any]] = []

    def cursor(self) -> Asked:
        return self

    def __enter__(self) -> Asked:
        return self

    def __exit__(self, *_about: object) -> None:
        return None

    def execute(self, sql: str, values: Any = None) -> int:
        self.said.append((sql % tuple(map(repr, values)) if values else sql, values))
        return 0

    def fetchall(self) -> list[Any]:
        return []


def test_each_statement_asks_itself_whose_the_server_is() -> None:
    """The address may lead elsewhere between a look and what is done on it."""
    asked = Asked()
    gate = Gate(lambda: asked, (), "aws")
    for do in (lambda: gate.renew(2, 9.0), lambda: gate.beat(2), gate.close, lambda: gate.fence(2), lambda: gate.retire(2), lambda: gate.mark(2)):
        assert not do()
        assert asked.said.pop()[0].endswith(" AND site = 'aws'")
    assert not gate.assign("that", "nhn", 2) and "AND g.site = 'aws'" in asked.said.pop()[0]
    gate.open("aws", 2, 9.0)
    changes = asked.said.pop()[0].partition("ON DUPLICATE KEY UPDATE ")[2]
    assert changes.count("IF(site = 'aws'") == 4 == changes.count(" = IF("), "no part of another site's row is changed"
    with pytest.raises(OthersServer, match="server this, which is nhn's"):
        refuse_others(GateLook(1.0, "this", (Row("this", "nhn", 1, 0.0, 5, 0.0),)), "aws")
