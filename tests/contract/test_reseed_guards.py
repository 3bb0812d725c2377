# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tables that were made on a copy by hand have no guards. Seeding it again brings them, on real servers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import reseeding
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import query
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.dialects import Position
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replication import detach, status
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.reseeding import reseed
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.settling import settle
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import compare
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.unfinished import alignment
from ansible_collections.multicloud.dr.plugins.module_utils.switch import gate_triggers

from tests.contract.followers import AWS, IGNORED, crosses, equal, interrupted, plan
from tests.contract.mysql_pair import SCHEMAS
from tests.contract.twins import TABLES, Twins, as_provider

SCHEMA = "tickets"


def triggers(twins: Twins, site: str) -> list[tuple[str, str, int, str, str]]:
    with twins.server(site).connected() as conn:
        return sorted((each.table, each.event, each.order, each.body, each.definer) for each in gate_triggers.before_triggers(conn, [SCHEMA]))


def test_a_copy_that_is_seeded_again_gets_the_guards_that_it_lacks_and_no_others(bare: Twins, tmp_path: Path) -> None:
    with bare.server("nhn").connected() as conn:
        first = str(query(conn, "SHOW BINARY LOGS")[0]["Log_name"])
    bare.write("nhn", *TABLES)
    bare.beat("nhn", 1, valid=600)
    with bare.server("nhn").connected() as conn:
        gate_triggers.install(conn, [SCHEMA])
    settle(bare.wish("nhn", "aws", position=Position(first, 4)))
    assert triggers(bare, "aws") == triggers(bare, "nhn") and len(triggers(bare, "nhn")) == 9
    with bare.server("aws").connected() as conn:
        names = [each.name for each in gate_triggers.before_triggers(conn, [SCHEMA]) if (each.table, each.event) != ("seats", "UPDATE")]
    as_provider(bare, "aws", "SET sql_log_bin = 0; " + " ".join(f"DROP TRIGGER tickets.{name};" for name in names)
                + " CREATE DEFINER = 'dr_agent'@'%' TRIGGER tickets.theirs BEFORE INSERT ON tickets.events FOR EACH ROW SET @heard = 1;")
    done = reseed(plan(bare, "nhn", "aws", folder=str(tmp_path), force=True))
    assert sorted(done.guards) == [f"tickets.{table}: {event}" for table in ("events", "purchases", "seats") for event in sorted(gate_triggers.EVENTS)
                                   if (table, event) != ("seats", "UPDATE")]
    as_provider(bare, "aws", "SET sql_log_bin = 0; DROP TRIGGER tickets.theirs;")
    assert triggers(bare, "aws") == triggers(bare, "nhn"), "in front of those of others"
    assert equal(bare) and crosses(bare)
    assert reseed(plan(bare, "nhn", "aws", folder=str(tmp_path), force=True)).guards == ()
    with bare.server("aws").connected() as conn:
        assert status(conn).running


def test_a_guard_whose_owner_the_copy_does_not_have_is_told_before_anything_is_touched(bare: Twins, tmp_path: Path) -> None:
    """It would be made, and from a promotion on no write would pass it (1449)."""
    with bare.server("nhn").connected() as conn:
        first = str(query(conn, "SHOW BINARY LOGS")[0]["Log_name"])
    bare.write("nhn", *TABLES)
    bare.beat("nhn", 1, valid=600)
    settle(bare.wish("nhn", "aws", position=Position(first, 4)))
    assert crosses(bare)
    as_provider(bare, "nhn", "SET sql_log_bin = 0; CREATE USER 'only_there'@'%';\nDELIMITER //\nCREATE DEFINER = 'only_there'@'%' TRIGGER "
                             f"tickets.dr_gate_delete_x BEFORE DELETE ON tickets.seats FOR EACH ROW {gate_triggers.wanted_body()} //\n")
    try:
        with pytest.raises(Fault, match=r"(?s)tickets\.dr_gate_delete_x.*only_there@%, which the target does not have.*Nothing was touched"):
            reseed(plan(bare, "nhn", "aws", folder=str(tmp_path), force=True))
        with bare.server("aws").connected() as conn:
            assert status(conn).source, "it still knows whom it follows"
            assert alignment(conn) is None
    finally:
        as_provider(bare, "nhn", "SET sql_log_bin = 0; DROP USER 'only_there'@'%';")


def test_a_trigger_that_comes_or_goes_while_the_view_is_opened_ends_it_before_anything_is_touched(
    bare: Twins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It would be neither in the view nor in the log after the view's place."""
    with bare.server("nhn").connected() as conn:
        first = str(query(conn, "SHOW BINARY LOGS")[0]["Log_name"])
    bare.write("nhn", *TABLES, "CREATE TRIGGER tickets.old BEFORE INSERT ON tickets.events FOR EACH ROW SET NEW.name = CONCAT(NEW.name, '!')")
    bare.beat("nhn", 1, valid=600)
    settle(bare.wish("nhn", "aws", position=Position(first, 4)))
    assert crosses(bare)
    wanted, opened = plan(bare, "nhn", "aws", folder=str(tmp_path), force=True), reseeding.snapshot

    def opens(*given: Any, **more: Any) -> Any:
        bare.write("nhn", "DROP TRIGGER tickets.old",
                   "CREATE TRIGGER tickets.late BEFORE INSERT ON tickets.seats FOR EACH ROW SET NEW.state = 'late'")
        return opened(*given, **more)

    with monkeypatch.context() as patch, pytest.raises(Fault, match=r"(?s)tickets\.late, tickets\.old.*Nothing was touched.*migration is over"):
        patch.setattr(reseeding, "snapshot", opens)
        reseed(wanted)
    reseed(wanted)
    assert equal(bare) and crosses(bare) and others(bare, "aws") == others(bare, "nhn") and len(others(bare, "aws")) == 1


def test_what_the_log_told_while_nobody_read_it_is_made_or_named(bare: Twins, tmp_path: Path) -> None:
    with bare.server("nhn").connected() as conn:
        first = str(query(conn, "SHOW BINARY LOGS")[0]["Log_name"])
    made = "CREATE TRIGGER tickets.old BEFORE INSERT ON tickets.events FOR EACH ROW SET NEW.name = "
    bare.write("nhn", *TABLES, "CREATE PROCEDURE tickets.sell (seat VARCHAR(10)) SELECT 1", "CREATE PROCEDURE tickets.same () SELECT 1",
               "CREATE EVENT tickets.sweep ON SCHEDULE EVERY 1 DAY STARTS '2040-01-01' DISABLE DO DELETE FROM tickets.seats WHERE event = 0",
               "CREATE EVENT tickets.kept ON SCHEDULE EVERY 1 DAY STARTS '2040-01-01' DO DELETE FROM tickets.seats WHERE event = 0", f"{made}'x'",
               "CREATE TRIGGER tickets.gone BEFORE UPDATE ON tickets.seats FOR EACH ROW SET NEW.state = NEW.state")
    bare.beat("nhn", 1, valid=600)
    settle(bare.wish("nhn", "aws", position=Position(first, 4)))
    assert crosses(bare)
    with bare.pair.standby.connected() as conn:
        detach(conn, AWS)
    bare.write("nhn", "DROP TRIGGER tickets.old", f"{made}'y'", "DROP TRIGGER tickets.gone",
               "CREATE VIEW tickets.seen AS SELECT id FROM tickets.events", "ALTER TABLE tickets.events ADD INDEX late (name)",
               "ALTER TABLE tickets.purchases DROP INDEX one_seat, ALTER COLUMN ticket SET DEFAULT 'none'", "DROP EVENT tickets.sweep",
               "CREATE EVENT tickets.sweep ON SCHEDULE EVERY 2 DAY STARTS '2040-01-01' DISABLE DO DELETE FROM tickets.seats WHERE event = 0",
               "DROP PROCEDURE tickets.sell", "CREATE PROCEDURE tickets.sell (seat VARCHAR(20)) SQL SECURITY INVOKER SELECT 1",
               "ALTER DATABASE tickets CHARACTER SET latin1 COLLATE latin1_bin")
    as_provider(bare, "aws", "SET sql_log_bin = 0; CREATE TABLE dr.sync_broken_off (a INT, b INT, KEY open (a));")
    done = reseed(plan(bare, "nhn", "aws", folder=str(tmp_path), force=True))
    assert done.triggers == ("tickets.old",) and done.unbrought == (
        "event tickets.sweep is built otherwise", "index late of tickets.events is only at the source", "procedure tickets.sell is built otherwise",
        "tickets.purchases.ticket: default 'none' on the source, default none on the target",
        "tickets.purchases: unique index one_seat absent on the source, (seat) on the target",
        "tickets: default character set latin1 latin1_bin on the source, utf8mb4 utf8mb4_0900_ai_ci on the target",
        "trigger tickets.gone is only here", "view tickets.seen is only at the source")
    found = compare(bare.server("nhn"), bare.server("aws"), SCHEMAS, ignore=IGNORED)
    assert found.definitions and not found.differing_rows and crosses(bare)
    assert [each for each in others(bare, "aws") if each[0] == "old"] == others(bare, "nhn")


AUDIT = ("CREATE TABLE tickets.audit (id INT AUTO_INCREMENT PRIMARY KEY, whose INT, seen INT)",
         "CREATE TRIGGER tickets.told BEFORE INSERT ON tickets.events FOR EACH ROW SET NEW.name = CONCAT(NEW.name, '!')",
         "CREATE TRIGGER tickets.noted AFTER INSERT ON tickets.events FOR EACH ROW INSERT INTO tickets.audit (whose) VALUES (NEW.id)",
         "CREATE TRIGGER tickets.again AFTER INSERT ON tickets.events FOR EACH ROW INSERT INTO tickets.audit (whose) VALUES (-NEW.id)",
         "CREATE TRIGGER tickets.seen BEFORE INSERT ON tickets.audit FOR EACH ROW SET NEW.seen = COALESCE(NEW.seen, 0) + 1")


def others(twins: Twins, site: str) -> list[tuple[str, ...]]:
    with twins.server(site).connected() as conn:
        return [tuple(map(str, row.values())) for row in query(conn, (
            "SELECT trigger_name, event_object_table, event_manipulation, action_timing, action_order, action_statement, definer, sql_mode, "
            "collation_connection FROM information_schema.triggers WHERE trigger_schema = 'tickets' ORDER BY 1"))]


def test_triggers_of_the_application_do_not_fire_for_rows_that_are_brought_and_are_there_again(
    bare: Twins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rows that one writes into another table would be there twice. Killed in between, the next run makes what was put aside."""
    with bare.server("nhn").connected() as conn:
        first = str(query(conn, "SHOW BINARY LOGS")[0]["Log_name"])
    bare.write("nhn", *TABLES, *AUDIT)
    bare.beat("nhn", 1, valid=600)
    settle(bare.wish("nhn", "aws", position=Position(first, 4)))
    bare.write("nhn", "INSERT INTO tickets.events (name) VALUES ('one'), ('two'), ('three')")
    assert crosses(bare) and others(bare, "aws") == others(bare, "nhn") and len(others(bare, "nhn")) == 4
    as_provider(bare, "aws", "SET sql_log_bin = 0; DELETE FROM tickets.events WHERE name LIKE 'two%'; "
                             "DELETE FROM tickets.audit WHERE ABS(whose) = 4;")
    wanted = plan(bare, "nhn", "aws", folder=str(tmp_path), force=True)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(reseeding, "bring_back", interrupted)
        reseed(wanted)
    assert others(bare, "aws") == []
    done = reseed(wanted)
    assert sorted(done.triggers) == ["tickets.again", "tickets.noted", "tickets.seen", "tickets.told"]
    assert others(bare, "aws") == others(bare, "nhn") and equal(bare) and crosses(bare)
    assert reseed(wanted).triggers == (), "nothing lacks"
