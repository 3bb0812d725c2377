# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A copy that lacks guards which its writer has, and statements that say IGNORE: what a shut gate keeps out, and who it cannot."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import DatabaseFault, execute, query
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replication import status
from ansible_collections.multicloud.dr.plugins.module_utils.switch import gate_triggers
from ansible_collections.multicloud.dr.plugins.modules import db_gate

from lab.hosts.mysql.server import sql
from tests.contract import mysql_pair
from tests.contract.gate_places import AGENT, APP, SHOP, SYNC, Place
from tests.contract.mysql_pair import until

GIVEN: dict[str, Any] = {"readers": [], "schemas": [APP], "pass_accounts": ["dr_sync"], "exclude": [], "anew": False}


@pytest.fixture
def hall(primary: Place, standby: Place) -> Any:
    """Table sales.hall, with three rows and guarded, at both."""
    with primary.login(AGENT) as conn:
        execute(conn, "CREATE TABLE sales.hall (id INT PRIMARY KEY AUTO_INCREMENT, v INT NOT NULL)")
        gate_triggers.install(conn, [APP])
        with primary.login(SYNC) as sync:
            execute(sync, "INSERT INTO sales.hall VALUES (1, 0), (2, 0), (3, 0)")
        until(lambda: tables(standby) and not ungated(standby))
        yield
        execute(conn, "DROP TABLE sales.hall")
    until(lambda: not tables(standby))


def tables(place: Place) -> list[Any]:
    with place.login(AGENT) as conn:
        return gate_triggers.base_tables(conn, [APP])


def ungated(place: Place) -> list[str]:
    with place.login(AGENT) as conn:
        return gate_triggers.ungated(gate_triggers.base_tables(conn, [APP]), gate_triggers.before_triggers(conn, [APP]))


@pytest.mark.parametrize("events", [gate_triggers.EVENTS, ("INSERT",)])
def test_a_guard_that_only_the_copy_lacks_is_made_anew_at_the_writer(hall: None, primary: Place, standby: Place, events: tuple[str, ...]) -> None:
    """As when somebody made the table there by hand. What is at the writer already, a plain run finds nothing to do about."""
    with standby.login(AGENT) as conn:
        gone = [each.name for each in gate_triggers.before_triggers(conn, [APP]) if each.event in events]
    sql(mysql_pair.AWS if standby.dialect == "aws_rds" else mysql_pair.NHN, "SET sql_log_bin = 0; " + " ".join(
        f"DROP TRIGGER sales.{name};" for name in gone))
    with primary.login(AGENT) as conn, standby.login(AGENT) as there:
        assert ungated(standby) == ["sales.hall"] and ungated(primary) == []
        assert not db_gate.run(conn, GIVEN, check=False)["changed"]
        with pytest.raises(Fault, match="triggers travel by replication"):
            db_gate.run(there, {**GIVEN, "anew": True}, check=False)
        told = db_gate.run(conn, {**GIVEN, "anew": True}, check=True)
        assert db_gate.run(conn, {**GIVEN, "anew": True}, check=False) == told and len(told["missing"]) == 6
        until(lambda: ungated(standby) == [])
        assert not db_gate.run(conn, GIVEN, check=False)["changed"]
        until(lambda: len(gate_triggers.before_triggers(there, [APP])) == 3)
        assert status(there).running, "dropping what is not there stops no replication"


@pytest.mark.parametrize("statement", [
    "INSERT IGNORE INTO sales.hall VALUES (10, 1)", "INSERT IGNORE INTO sales.hall SELECT 11, 1", "UPDATE IGNORE sales.hall SET v = 9 WHERE id = 1",
    "DELETE IGNORE FROM sales.hall WHERE id = 2", "UPDATE sales.hall AS a JOIN sales.hall AS b SET a.v = 7 WHERE a.id = 1",
    "INSERT IGNORE INTO sales.hall VALUES (1, 5) ON DUPLICATE KEY UPDATE v = 5"])
def test_a_statement_that_says_ignore_is_refused_as_well(hall: None, primary: Place, statement: str) -> None:
    """IGNORE makes warnings of many errors; were this one among them, the write would go through, or seem to."""
    with primary.login(SHOP) as shop:
        execute(shop, "SET SESSION sql_mode = ''")
        with pytest.raises(DatabaseFault, match=r"1644: .dr\.gate: shut on this server"):
            execute(shop, statement)
        assert [tuple(row.values()) for row in query(shop, "SELECT * FROM sales.hall")] == [(1, 0), (2, 0), (3, 0)]
