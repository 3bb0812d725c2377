# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The gate's triggers on two real servers, made and met by accounts that hold no more than both providers grant.

Each of these was got wrong once: which clock, which lock, whose name, which event, and where triggers come from.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import DatabaseFault, execute, query, value
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replication import binlog_position
from ansible_collections.multicloud.dr.plugins.module_utils.switch import databases, gate_triggers
from ansible_collections.multicloud.dr.plugins.modules import db_gate

from lab.hosts.mysql.server import sql
from tests.contract import mysql_pair
from tests.contract.gate_places import AGENT, APP, SHOP, SYNC, Place
from tests.contract.mysql_pair import until

EVENTS = ("INSERT", "UPDATE", "DELETE")
WRITES = {"INSERT": "INSERT INTO sales.hall (id, v) VALUES (NULL, 1)", "UPDATE": "UPDATE sales.hall SET v = v + 1 WHERE id = 1",
          "DELETE": "DELETE FROM sales.hall WHERE id = 2"}


@pytest.fixture(scope="module")
def hall(places: tuple[Place, Place]) -> Iterator[None]:
    """Table sales.hall, guarded."""
    primary, _standby = places
    with primary.login(AGENT) as conn:
        execute(conn, "CREATE TABLE sales.hall (id INT PRIMARY KEY AUTO_INCREMENT, v INT NOT NULL)")
        assert len(gate_triggers.install(conn, [APP])) == 3
        yield
        for table in query(conn, "SHOW TABLES FROM sales"):
            execute(conn, f"DROP TABLE sales.`{next(iter(table.values()))}`")


@pytest.fixture(autouse=True)
def ready(hall: None, primary: Place, standby: Place) -> None:
    """All rows are there, and all guards have arrived at the standby."""
    with primary.login(SYNC) as conn:
        execute(conn, "INSERT IGNORE INTO sales.hall (id, v) VALUES (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0), (7, 0), (8, 0), (9, 0)")
    until(lambda: ungated(standby) == [])


def ungated(place: Place) -> list[str]:
    with place.login(AGENT) as conn:
        return gate_triggers.ungated(gate_triggers.base_tables(conn, [APP]), gate_triggers.before_triggers(conn, [APP]))


def refused(conn: Any, statement: str) -> None:
    with pytest.raises(DatabaseFault, match=r'1644: "dr\.gate: shut on this server') as fault:
        execute(conn, statement)
    assert fault.value.code == 1644


def run_out(place: Place) -> None:
    """As if nobody had renewed: the row is valid until this very moment, and not a microsecond longer."""
    with place.login(AGENT) as conn:
        execute(conn, "UPDATE dr.gate SET valid_until = UNIX_TIMESTAMP(SYSDATE(6)) WHERE server_uuid = @@server_uuid")


@pytest.mark.parametrize("event", EVENTS)
def test_every_kind_of_write_is_refused_while_the_gate_is_shut_and_done_while_it_is_open(primary: Place, event: str) -> None:
    with primary.login(SHOP) as shop:
        refused(shop, WRITES[event])
        primary.gate.open("nhn", 7, primary.now() + 60)
        assert execute(shop, WRITES[event]) == 1
        primary.gate.close()
        refused(shop, "REPLACE INTO sales.hall (id, v) VALUES (1, 5)")
        refused(shop, "INSERT INTO sales.hall (id, v) VALUES (1, 5) ON DUPLICATE KEY UPDATE v = 5")


@pytest.mark.parametrize("how", ["closed", "run out"])
@pytest.mark.parametrize("isolation", ["READ COMMITTED", "REPEATABLE READ"])
def test_a_writer_that_waits_for_a_row_lock_is_refused_when_the_gate_has_shut_meanwhile(primary: Place, how: str, isolation: str) -> None:
    primary.gate.open("nhn", 7, primary.now() + 60)
    said: list[BaseException | int] = []

    def wait() -> None:
        with primary.login(SHOP) as second:
            execute(second, f"SET SESSION TRANSACTION ISOLATION LEVEL {isolation}")
            try:
                said.append(execute(second, "UPDATE sales.hall SET v = 99 WHERE id = 3"))
            except DatabaseFault as fault:
                said.append(fault)

    with primary.login(SHOP) as first, primary.login(AGENT) as agent:
        execute(first, "BEGIN")
        execute(first, "UPDATE sales.hall SET v = 1 WHERE id = 3")
        waiter = threading.Thread(target=wait)
        waiter.start()
        until(lambda: value(agent, "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"))
        if how == "closed":
            assert primary.gate.close()
        else:
            run_out(primary)
        execute(first, "COMMIT")
        waiter.join(20)
        assert isinstance(said[0], DatabaseFault) and said[0].code == 1644, said
        assert value(agent, "SELECT v FROM sales.hall WHERE id = 3") == 1


@pytest.mark.parametrize("event", EVENTS)
def test_a_session_cannot_turn_back_its_clock(primary: Place, event: str) -> None:
    primary.gate.open("nhn", 7, primary.now() - 1)
    with primary.login(SHOP) as shop:
        execute(shop, "SET timestamp = 1")
        refused(shop, WRITES[event])
        execute(shop, f"SET timestamp = {int(primary.now()) - 3600}")
        refused(shop, WRITES[event])


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("isolation", ["READ COMMITTED", "REPEATABLE READ"])
def test_an_open_transaction_stalls_neither_the_renewal_nor_other_buyers(primary: Place, event: str, isolation: str) -> None:
    primary.gate.open("nhn", 7, primary.now() + 60)
    with primary.login(SHOP) as slow, primary.login(SHOP) as other, primary.login(AGENT) as agent:
        execute(slow, f"SET SESSION TRANSACTION ISOLATION LEVEL {isolation}")
        execute(slow, "BEGIN")
        execute(slow, WRITES[event].replace("id = 2", "id = 5"))
        for conn in (other, agent):
            execute(conn, "SET SESSION innodb_lock_wait_timeout = 1")
        assert execute(agent, "UPDATE dr.gate SET valid_until = valid_until + 1 WHERE server_uuid = @@server_uuid") == 1
        assert execute(other, "UPDATE sales.hall SET v = v + 1 WHERE id = 4") == 1
        assert execute(other, "INSERT INTO sales.hall (v) VALUES (7)") == 1
        execute(slow, "ROLLBACK")


def test_written_before_and_committed_after_the_gate_shut_is_in_the_table(primary: Place) -> None:
    """Why the application asks again after COMMIT, and why a living agent ends what is older: a trigger is asked when a row is written."""
    primary.gate.open("nhn", 7, primary.now() + 60)
    with primary.login(SHOP) as shop:
        execute(shop, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
        execute(shop, "BEGIN")
        execute(shop, "INSERT INTO sales.hall (id, v) VALUES (500, 1)")
        assert primary.gate.close()
        refused(shop, "INSERT INTO sales.hall (id, v) VALUES (501, 1)")
        execute(shop, "COMMIT")
        assert [row["id"] for row in query(shop, "SELECT id FROM sales.hall WHERE id >= 500")] == [500]


def test_row_events_apply_at_a_standby_that_refuses_direct_writes(primary: Place, standby: Place) -> None:
    primary.gate.open("nhn", 7, primary.now() + 60)
    with primary.login(SHOP) as here, standby.login(SHOP) as there:
        for write in WRITES.values():
            refused(there, write.replace("id = 2", "id = 6"))
        execute(here, "INSERT INTO sales.hall (id, v) VALUES (600, 1)")
        execute(here, "UPDATE sales.hall SET v = 2 WHERE id = 600")
        execute(here, "DELETE FROM sales.hall WHERE id = 7")
        until(lambda: [row["v"] for row in query(there, "SELECT v FROM sales.hall WHERE id = 600")] == [2]
              and not query(there, "SELECT 1 FROM sales.hall WHERE id = 7"))
        refused(there, "INSERT INTO sales.hall (v) VALUES (1)")


def test_who_logged_in_counts_and_not_whose_trigger_it_is(primary: Place) -> None:
    with primary.login(AGENT) as agent, primary.login(SYNC) as sync, primary.login(SHOP) as shop:
        assert {each.definer for each in gate_triggers.before_triggers(agent, [APP])} == {"dr_agent@%"}
        for conn in (agent, shop):
            refused(conn, WRITES["INSERT"])
        for write in WRITES.values():
            execute(sync, write.replace("id = 2", "id = 8"))
        gate_triggers.install(agent, [APP], pass_accounts=["dr_agent"])
        execute(agent, WRITES["UPDATE"])
        for conn in (sync, shop):
            refused(conn, WRITES["UPDATE"])
        assert len(gate_triggers.install(agent, [APP])) == 6, "three made anew, three dropped"


def test_a_name_that_only_begins_like_one_that_passes_does_not(primary: Place) -> None:
    """MySQL allows an @ in a name, and tells small letters from large ones."""
    likes = ("dr_sync@elsewhere", "DR_SYNC")
    name = mysql_pair.NHN if primary.dialect == "nhn_rds" else mysql_pair.AWS
    made = "; ".join(f"CREATE USER '{like}'@'%' IDENTIFIED BY 'x'; GRANT INSERT ON sales.* TO '{like}'@'%'" for like in likes)
    sql(name, f"SET SESSION sql_log_bin = 0; {made};")
    try:
        for like in likes:
            with primary.login((like, "x")) as conn:
                refused(conn, WRITES["INSERT"])
    finally:
        sql(name, "SET SESSION sql_log_bin = 0; " + " ".join(f"DROP USER '{like}'@'%';" for like in likes))


def test_triggers_come_from_the_writer_alone(primary: Place, standby: Place) -> None:
    with primary.login(AGENT) as here, standby.login(AGENT) as there:
        execute(here, "CREATE TABLE sales.row_by_row (id INT PRIMARY KEY)")
        until(lambda: query(there, "SHOW TABLES FROM sales LIKE 'row_by_row'"))
        assert ungated(primary) == ungated(standby) == ["sales.row_by_row"], "a table nobody has guarded is seen at both"
        before = binlog_position(there)
        for attempt in (lambda: gate_triggers.install(there, [APP]), lambda: gate_triggers.remove(there, [APP]),
                        lambda: db_gate.run(there, {"readers": [], "schemas": [APP], "pass_accounts": ["dr_sync"], "exclude": [], "anew": False},
                                            check=False)):
            with pytest.raises(Fault, match="they would be a transaction the writer never had"):
                attempt()
        assert binlog_position(there) == before

        own = int(value(there, "SELECT @@server_id"))
        gate_triggers.install(here, [APP])
        until(lambda: ungated(standby) == [])
        events = query(there, f"SHOW BINLOG EVENTS IN '{before.file}' FROM {before.position}")
        made = [row for row in events if "CREATE DEFINER" in row["Info"] and "TRIGGER" in row["Info"]]
        assert len(made) == 3 and own not in {row["Server_id"] for row in made}

        def plain(conn: Any) -> list[tuple[str, ...]]:
            return sorted((each.table, each.event, each.name, each.body, each.definer) for each in gate_triggers.before_triggers(conn, [APP]))
        assert plain(here) == plain(there)


def test_a_second_run_writes_nothing(primary: Place) -> None:
    given = {"readers": ["app"], "schemas": [APP], "pass_accounts": ["dr_sync"], "exclude": [], "anew": False}
    with primary.login(AGENT) as conn:
        before = binlog_position(conn)
        assert gate_triggers.install(conn, [APP]) == []
        answer = db_gate.run(conn, given, check=False)
        assert (answer["changed"], answer["missing"]) == (False, []) and answer["tables"] >= 1
        assert binlog_position(conn) == before


def test_check_mode_tells_what_is_done_and_does_nothing(primary: Place) -> None:
    given = {"readers": [], "schemas": [APP], "pass_accounts": ["dr_sync"], "exclude": ["sales.left_out"], "anew": False}
    with primary.login(AGENT) as conn:
        for table in ("told", "left_out"):
            execute(conn, f"CREATE TABLE sales.{table} (id INT PRIMARY KEY)")
        before = binlog_position(conn)
        told = db_gate.run(conn, given, check=True)
        assert binlog_position(conn) == before
        assert told["missing"] == [f"guard sales.told against {event}" for event in EVENTS]
        assert db_gate.run(conn, given, check=False) == told
        assert db_gate.run(conn, given, check=False)["changed"] is False
        assert ungated(primary) == ["sales.left_out"]
        gate_triggers.install(conn, [APP])
        assert len(db_gate.run(conn, given, check=False)["missing"]) == 3, "a table that is left out from now on loses its guards"
        assert ungated(primary) == ["sales.left_out"]
        execute(conn, "DROP TABLE sales.left_out")


@pytest.mark.parametrize("change", [
    "ALTER TABLE sales.hall ADD COLUMN extra INT, ALGORITHM = INSTANT", "ALTER TABLE sales.hall MODIFY v BIGINT NOT NULL, ALGORITHM = COPY",
    "ALTER TABLE sales.hall ENGINE = InnoDB", "TRUNCATE TABLE sales.hall",
])
def test_a_changed_table_keeps_its_triggers(primary: Place, standby: Place, change: str) -> None:
    with primary.login(AGENT) as conn, primary.login(SHOP) as shop:
        execute(conn, change)
        assert gate_triggers.look(conn, [APP]) == []
        refused(shop, "INSERT INTO sales.hall (v) VALUES (1)")


def test_a_table_put_in_another_s_place_is_seen_and_guarded(primary: Place, standby: Place) -> None:
    """How online schema changes work: a copy is made, then both are renamed in one step."""
    with primary.login(AGENT) as conn, primary.login(SHOP) as shop:
        execute(conn, "CREATE TABLE sales.hall_new LIKE sales.hall")
        execute(conn, "RENAME TABLE sales.hall TO sales.hall_old, sales.hall_new TO sales.hall")
        assert ungated(primary) == ["sales.hall"]
        gate_triggers.install(conn, [APP])
        assert ungated(primary) == []
        refused(shop, "INSERT INTO sales.hall (v) VALUES (1)")
        refused(shop, "INSERT INTO sales.hall_old (v) VALUES (1)")


def test_a_broken_guard_is_mended_before_those_of_others(primary: Place) -> None:
    with primary.login(AGENT) as conn, primary.login(SHOP) as shop:
        mine = next(each for each in gate_triggers.before_triggers(conn, [APP]) if (each.table, each.event) == ("hall", "INSERT"))
        execute(conn, f"CREATE TRIGGER sales.shout BEFORE INSERT ON sales.hall FOR EACH ROW PRECEDES {mine.name} SET @heard = 1")
        execute(conn, "CREATE TRIGGER sales.later AFTER INSERT ON sales.hall FOR EACH ROW SET @heard = 2")
        words = [step.words for step in gate_triggers.install(conn, [APP])]
        assert words == ["guard sales.hall against INSERT anew", f"drop {mine.name} of sales.hall"]
        assert gate_triggers.look(conn, [APP]) == []
        execute(shop, "SET @heard = NULL")
        refused(shop, "INSERT INTO sales.hall (v) VALUES (1)")
        assert value(shop, "SELECT @heard") is None, "nothing of theirs happens in a write that is refused"
        execute(conn, "DROP TRIGGER sales.shout")
        execute(conn, "DROP TRIGGER sales.later")
        gate_triggers.remove(conn, [APP])
        assert "sales.hall" in ungated(primary)
        gate_triggers.install(conn, [APP])


def test_a_table_in_use_is_not_waited_for_for_ever(primary: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_triggers, "LOCK_WAIT", 1)
    monkeypatch.setattr(gate_triggers, "ATTEMPTS", 1)
    with primary.login(AGENT) as conn, primary.login(SHOP) as reader:
        execute(conn, "CREATE TABLE sales.busy (id INT PRIMARY KEY)")
        execute(reader, "BEGIN")
        query(reader, "SELECT * FROM sales.busy")
        with pytest.raises(DatabaseFault, match=r"Could not guard sales\.busy against INSERT") as fault:
            gate_triggers.install(conn, [APP])
        assert fault.value.code == 1205
        execute(reader, "COMMIT")
        assert len(gate_triggers.install(conn, [APP])) == 3


def test_without_the_gate_s_table_nothing_is_made(primary: Place) -> None:
    """A trigger that names a table that is not there makes every write fail."""
    with primary.login(AGENT) as conn:
        execute(conn, "CREATE TABLE sales.early (id INT PRIMARY KEY)")
        execute(conn, "RENAME TABLE dr.gate TO dr.gate_away")
        try:
            with pytest.raises(DatabaseFault, match="find the table of the gate"):
                gate_triggers.install(conn, [APP])
            assert "sales.early" in ungated(primary)
        finally:
            execute(conn, "RENAME TABLE dr.gate_away TO dr.gate")
            execute(conn, "DROP TABLE sales.early")


@pytest.mark.parametrize("rule", ["DELETE CASCADE", "DELETE SET NULL", "UPDATE CASCADE"])
def test_a_table_that_changes_with_one_that_is_left_out_is_not_guarded(primary: Place, rule: str) -> None:
    """What a cascade does fires no trigger: with the gate shut, a DELETE in the one took rows of the other along."""
    with primary.login(AGENT) as conn:
        execute(conn, "CREATE TABLE sales.visits (id INT PRIMARY KEY)")
        execute(conn, f"CREATE TABLE sales.carts (id INT PRIMARY KEY, v INT, FOREIGN KEY (v) REFERENCES sales.visits (id) ON {rule})")
        try:
            with pytest.raises(Fault, match=r"(?s)sales\.carts change with those of sales\.visits.*Nothing was touched.*leave out both"):
                gate_triggers.install(conn, [APP], exclude=["sales.visits"])
            tables = gate_triggers.base_tables(conn, [APP], ["sales.visits"])
            assert gate_triggers.reached(conn, [APP], tables) == [("sales.carts", "sales.visits")]
            assert databases._ungated(conn, [APP], ["sales.visits"]) == ["sales.carts"]
            assert databases._ungated(conn, [APP], ["sales.visits", "sales.carts"]) == [] == gate_triggers.look(
                conn, [APP], exclude=["sales.visits", "sales.carts"])
            assert len(gate_triggers.install(conn, [APP])) == 6 and databases._ungated(conn, [APP], []) == []
        finally:
            execute(conn, "DROP TABLE sales.carts, sales.visits")
