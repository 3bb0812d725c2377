# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is planned for a set of tables and triggers, and what the text of a trigger must say. Servers are asked in tests/contract."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.switch import gate_triggers
from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate_triggers import Statement, Trigger, plan, ungated, wanted_body

BODY, OWNER = wanted_body(), "dr_agent@%"
EVENTS = ("INSERT", "UPDATE", "DELETE")
TABLES = [("tickets", "seats"), ("tickets", "purchases")]


def carried_out(have: list[Trigger], steps: list[Statement]) -> list[Trigger]:
    """The triggers after a plan, by the meaning MySQL gives its statements."""
    have = list(have)
    for step in steps:
        if made := re.fullmatch(r"CREATE TRIGGER `(.+?)`\.`(.+?)` BEFORE (\w+) ON `.+?`\.`(.+?)` FOR EACH ROW (?:PRECEDES `(.+?)` )?(.*)", step.sql):
            schema, name, event, table, before, body = made.groups()
            assert (schema, name) not in {(each.schema, each.name) for each in have}, "MySQL would say: trigger already exists"
            there = [each for each in have if (each.schema, each.table, each.event) == (schema, table, event)]
            at = next((each.order for each in there if each.name == before), len(there) + 1)
            have = [replace(each, order=each.order + 1) if each in there and each.order >= at else each for each in have]
            have.append(Trigger(schema, table, event, name, at, body, OWNER))
        else:
            dropped = re.fullmatch(r"DROP TRIGGER IF EXISTS `(.+?)`\.`(.+?)`", step.sql)
            assert dropped, step.sql
            gone = next(each for each in have if (each.schema, each.name) == dropped.groups())
            have = [replace(each, order=each.order - 1)
                    if (each.schema, each.table, each.event) == (gone.schema, gone.table, gone.event) and each.order > gone.order else each
                    for each in have if each is not gone]
    return have


def settled(have: list[Trigger], tables: list[tuple[str, str]] = TABLES, body: str = BODY) -> list[Trigger]:
    """Carry the plan out, and hold it to its promises: nothing left afterwards, nothing of others touched, no unguarded moment."""
    steps = plan(tables, have, body, OWNER)
    guarded = {(each.schema, each.table, each.event) for each in have if each.ours}
    now = have
    for step in steps:
        now = carried_out(now, [step])
        left = {(each.schema, each.table, each.event) for each in now if each.ours}
        lost = {(schema, table, event) for schema, table, event in guarded - left if (schema, table) in tables}
        assert not lost, f"{step.words}: nothing guards {lost} at this moment"
    assert plan(tables, now, body, OWNER) == []
    assert [(each.table, each.event, each.name, each.body) for each in now if not each.ours] == \
           [(each.table, each.event, each.name, each.body) for each in have if not each.ours]
    return now


def test_every_table_gets_three_triggers_and_a_second_plan_is_empty() -> None:
    made = settled([])
    assert sorted((each.table, each.event) for each in made) == sorted((table, event) for _schema, table in TABLES for event in EVENTS)
    assert len({each.name for each in made}) == len(made) and all(each.ours and len(each.name) <= 64 for each in made)
    assert ungated(TABLES, made) == []


@pytest.mark.parametrize("wrong", [{"body": BODY.replace("SYSDATE(6)", "NOW(6)")}, {"definer": "admin@%"}])
@pytest.mark.parametrize("event", EVENTS)
def test_a_stale_trigger_is_repaired_and_the_others_are_left(event: str, wrong: dict[str, str]) -> None:
    made = settled([])
    bent = [replace(each, **wrong) if (each.table, each.event) == ("seats", event) else each for each in made]
    steps = plan(TABLES, bent, BODY, OWNER)
    assert steps[0].words == f"guard tickets.seats against {event} anew" and len(steps) == 2
    assert len(settled(bent)) == len(made)


@pytest.mark.parametrize("event", EVENTS)
def test_a_missing_trigger_is_made_and_seen(event: str) -> None:
    made = [each for each in settled([]) if (each.table, each.event) != ("seats", event)]
    assert ungated(TABLES, made) == ["tickets.seats"]
    assert [step.words for step in plan(TABLES, made, BODY, OWNER)] == [f"guard tickets.seats against {event}"]
    settled(made)


def test_ours_comes_before_those_of_others() -> None:
    theirs = Trigger("tickets", "seats", "INSERT", "shout", 1, "SET new.label = UPPER(new.label)", "owner@%")
    made = settled([theirs])
    assert [each.name for each in sorted(made, key=lambda each: each.order) if (each.table, each.event) == ("seats", "INSERT")][1] == "shout"
    pushed = [replace(each, order=3 - each.order) if (each.table, each.event) == ("seats", "INSERT") else each for each in made]
    again = settled(pushed)
    assert next(each for each in again if each.name == "shout").order == 2


def test_anew_makes_all_of_ours_before_the_old_ones_go_and_needs_none_of_them() -> None:
    """For a copy that lacks some: a statement that names one of ours would stop its replication (3011)."""
    theirs = Trigger("tickets", "seats", "INSERT", "shout", 1, "SET new.label = UPPER(new.label)", "owner@%")
    made = settled([theirs])
    steps = plan(TABLES, made, BODY, OWNER, anew=True)
    assert len(steps) == 12 and not any("PRECEDES `dr_gate_" in step.sql for step in steps)
    assert [step.sql for step in steps[6:]] == [each for each in (step.sql for step in steps[6:]) if each.startswith("DROP TRIGGER IF EXISTS")]
    now = made
    for step in steps:
        now = carried_out(now, [step])
        assert ungated(TABLES, now) == [], step.words
    assert plan(TABLES, now, BODY, OWNER) == [] and not {each.name for each in now if each.ours} & {each.name for each in made if each.ours}
    bare = carried_out([theirs], [step for step in steps if step.sql.startswith("CREATE")])
    assert plan(TABLES, bare, BODY, OWNER) == [], "what a copy without any is left with"
    stale = [replace(each, body=BODY.replace("SYSDATE(6)", "NOW(6)")) for each in made if each.ours]
    assert not any("PRECEDES" in step.sql for step in plan(TABLES, stale, BODY, OWNER))


def test_a_table_that_should_have_none_loses_them_and_only_them() -> None:
    theirs = Trigger("tickets", "purchases", "UPDATE", "dragged", 1, "SET new.buyer = old.buyer", "owner@%")
    made = settled([theirs])
    left = settled(made, tables=[("tickets", "seats")])
    assert {each.table for each in left if each.ours} == {"seats"}
    assert [each for each in settled(left, tables=[]) if each.ours] == [] and theirs in settled(left, tables=[])


def test_a_renamed_table_keeps_its_triggers_and_their_names_are_not_taken_again() -> None:
    made = [replace(each, table="seats_old") if each.table == "seats" else each for each in settled([])]
    tables = [*TABLES, ("tickets", "seats_old")]
    assert ungated(tables, made) == ["tickets.seats"]
    both = settled(made, tables=tables)
    assert len(both) == 9


def test_a_trigger_under_our_name_that_asks_no_gate_is_seen() -> None:
    made = settled([])
    assert ungated(TABLES, [replace(each, body="SET @x = 1") if each.table == "seats" else each for each in made]) == ["tickets.seats"]


def test_a_trigger_with_our_text_under_another_s_name_is_not_ours() -> None:
    """Nobody here would ever mend it or take it away."""
    made = settled([])
    assert ungated(TABLES, [replace(each, name="theirs_" + each.event) if each.table == "seats" else each for each in made]) == ["tickets.seats"]


def test_a_server_whose_sessions_can_set_its_clock_gets_no_triggers(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(gate_triggers, "query", lambda *_args, **_more: [])
    monkeypatch.setattr(gate_triggers, "execute", lambda _conn, sql, *_values, **_more: done.append(sql))
    monkeypatch.setattr(gate_triggers, "refuse_replica", lambda _conn: None)
    monkeypatch.setattr(gate_triggers, "look", lambda *_args, **_more: [Statement("guard it", "CREATE TRIGGER x")])
    monkeypatch.setattr(gate_triggers.connection, "value", lambda *_args, **_more: 1)       # what it was just told, so it is no clock
    with pytest.raises(Fault, match="sysdate-is-now; nothing was touched"):
        gate_triggers.install(None, ["tickets"])
    assert done == ["SET SESSION timestamp = 1", "SET SESSION timestamp = DEFAULT"]


def test_what_the_text_must_say_and_must_not() -> None:
    assert "SYSDATE(6)" in BODY and "server_uuid = @@server_uuid" in BODY and "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'dr.gate:" in BODY
    assert "SELECT valid_until INTO" in BODY and "EXISTS" not in BODY, "a subquery locks"
    assert "NOW(" not in BODY and "CURRENT_USER" not in BODY and " SHARE" not in BODY.upper() and "LOCK IN" not in BODY.upper()
    assert "good_until IS NULL OR good_until <= UNIX_TIMESTAMP" in BODY, "in its last microsecond it is shut"
    assert "BINARY) NOT IN ('dr_sync')" in BODY
    assert "USER()" not in wanted_body(()), "with nobody to let pass nobody is asked for"
    assert wanted_body(()).count("AND TRUE THEN SIGNAL") == 1, "nobody passes: it is refused whoever it is"
    assert "'o''neil'" in wanted_body(["o'neil"]) and "X'615c62'" in wanted_body(["a\\b"])


def test_names_are_quoted() -> None:
    step = plan([("we`ird", "ta`ble")], [], BODY, OWNER)[0]
    assert "ON `we``ird`.`ta``ble` FOR" in step.sql


def test_schemas_of_the_server_and_our_own_are_refused() -> None:
    with pytest.raises(Fault, match="dr, mysql cannot be guarded"):
        gate_triggers.look(None, ["mysql", "tickets", "dr"])
