# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tables that were made on a copy by hand have no guards. Seeding it again brings them, on real servers."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import query
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.dialects import Position
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replication import status
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.reseeding import reseed
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.settling import settle
from ansible_collections.multicloud.dr.plugins.module_utils.switch import gate_triggers

from tests.contract.followers import crosses, equal, plan
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
