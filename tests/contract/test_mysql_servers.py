# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two real MySQL servers with the grants and procedures of both providers: seeded, followed, compared, lost, promoted.

Needs root, podman and the MySQL image that `python -m lab up` builds; skipped, with the reason, where one is missing.
"""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import connection, dialects, replication
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import DatabaseFault, Server, connect, execute, query, value
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.parting import Parting
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.settling import Wish, settle
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import compare

from lab import podman
from lab.hosts import mysql
from tests.contract.mysql_pair import AWS, NHN, PREFIX, SCHEMAS, cut, until


def another(server: Server) -> Any:
    """One more connection, patient enough for MySQL to stop a thread that reaches nobody."""
    return connect(server.host, server.port, server.user, server.password, read_timeout=20.0)


def differing(wish: Wish) -> list[tuple[str, str]]:
    assert wish.reader is not None
    found = compare(wish.reader, wish.replica, SCHEMAS, chunk_rows=2)
    assert not found.unsettled_rows and not found.definitions
    return sorted((row["table"], row["kind"]) for row in found.differences)


def test_a_seeded_replica_is_equal_and_a_second_run_does_nothing(followed: Wish) -> None:
    assert settle(followed).moves == []
    assert differing(followed) == []


def test_every_kind_of_difference_is_found(followed: Wish) -> None:
    with followed.replica.connected() as conn:
        execute(conn, "SET SESSION foreign_key_checks = 0")
        execute(conn, "DELETE FROM tickets.events WHERE id = 3")
        execute(conn, "INSERT INTO tickets.events VALUES (9, 'x')")
        execute(conn, "UPDATE tickets.sold SET f = 0.10000001 WHERE a = 'k'")
        execute(conn, "DELETE FROM tickets.nokey WHERE x = 1 LIMIT 1")
        assert differing(followed) == [
            ("tickets.events", "extra"), ("tickets.events", "missing"), ("tickets.nokey", "rows"), ("tickets.sold", "different")]
        execute(conn, "INSERT INTO tickets.events VALUES (3, '')")
        execute(conn, "UPDATE tickets.events SET name = '' WHERE id = 3")      # the trigger is there too
        execute(conn, "DELETE FROM tickets.events WHERE id = 9")
        execute(conn, "UPDATE tickets.sold SET f = 0.1 WHERE a = 'k'")
        execute(conn, "INSERT INTO tickets.nokey VALUES (1, 'a')")
    assert differing(followed) == []


def test_a_log_in_has_a_limit_and_an_answer_has_none(pair: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "SILENT", 1)
    with pair[0].connected() as conn:
        assert value(conn, "SELECT SLEEP(1.5)") == 0


def test_neither_provider_lets_a_user_do_it_by_hand(pair: tuple[Server, Server]) -> None:
    for server in pair:
        with server.connected() as conn:
            for statement in ("STOP REPLICA", "SET GLOBAL read_only = 1", "SET SESSION sql_log_bin = 0"):
                with pytest.raises(DatabaseFault) as refused:
                    execute(conn, statement)
                assert refused.value.code == 1227


def test_every_procedure_that_nhn_ships_can_be_called(pair: tuple[Server, Server]) -> None:
    """Those that have nothing to do with replication; a user with authority DDL may execute them."""
    with pair[0].connected() as conn:
        for reset in ("tcrds_innodb_monitor_reset", "tcrds_innodb_monitor_reset_all"):
            execute(conn, f"CALL mysql.{reset}('dml_%')")
            execute(conn, f"CALL mysql.{reset}('all')")
            with pytest.raises(DatabaseFault):
                execute(conn, f"CALL mysql.{reset}('no such counter')")
        for reader in ("tcrds_active_process", "tcrds_current_lock"):
            query(conn, f"CALL mysql.{reader}()")
        execute(conn, "CALL mysql.tcrds_foreign_key_checks('ON')")
        with pytest.raises(DatabaseFault):
            execute(conn, "CALL mysql.tcrds_process_kill(4294967295)")
        shipped = {row["n"] for row in query(conn, "SELECT routine_name AS n FROM information_schema.routines WHERE routine_schema = 'mysql'")}
    assert shipped == {f"tcrds_{name}" for name in (
        "active_process", "current_lock", "foreign_key_checks", "innodb_monitor_reset", "innodb_monitor_reset_all", "process_kill",
        "repl_changemaster", "repl_changesource", "repl_init", "repl_next_changemaster", "repl_next_changesource", "repl_replica_start",
        "repl_replica_stop", "repl_skip_repl_error", "repl_slave_start", "repl_slave_stop")}


def test_the_loss_of_the_primary_loses_nothing_that_had_arrived(followed: Wish) -> None:
    assert followed.reader is not None
    with followed.reader.connected() as conn, followed.replica.connected() as other:
        execute(conn, "INSERT INTO tickets.nokey VALUES (77, 'last')")
        until(lambda: query(other, "SELECT 1 FROM tickets.nokey WHERE x = 77"))
    podman.podman("kill", AWS, NHN)
    podman.podman("start", AWS)
    until(lambda: mysql.ready(AWS))
    with followed.replica.connected() as conn:
        aws = dialects.for_site("aws_rds")
        assert replication.status(conn, aws).source == f"{PREFIX}.11:3306"
        with cut(f"{PREFIX}.11", f"{PREFIX}.12"):
            # Sent into a black hole, as when a whole site is lost, the thread that fetches misses the first call to stop.
            execute(conn, "CALL mysql.rds_stop_replication()")
            execute(conn, "CALL mysql.rds_start_replication()")
            until(lambda: [row for row in query(conn, "SHOW PROCESSLIST") if row["State"] == "Connecting to source"])
            parting = Parting(lambda: another(followed.replica), aws)
            assert parting.begin(conn).changed
            seen = replication.status(conn, aws)
            assert (seen.sql, seen.io, parting.source) == ("No", "Connecting", f"{PREFIX}.11:3306"), "nobody waits for what can write nothing"
            parting.end()
        assert replication.status(conn, aws).source is None
        assert not replication.promote(conn, aws).changed
        again = Parting(lambda: another(followed.replica), aws)
        assert not again.begin(conn).changed
        again.end()
        assert value(conn, "SELECT COUNT(*) FROM tickets.nokey WHERE x = 77") == 1
    with pytest.raises(Fault, match="nothing was touched"):
        settle(followed)
    podman.podman("start", NHN)
    until(lambda: mysql.ready(NHN))
    assert differing(followed) == []


def test_the_primary_can_follow_the_standby_without_tls(followed: Wish) -> None:
    assert followed.reader is not None
    with followed.reader.connected() as conn:
        execute(conn, "SET SESSION foreign_key_checks = 0")
        for table in ("tickets.events", "tickets.sold", "tickets.nokey", "dr.crossing"):
            execute(conn, f"DROP TABLE {table}")
    back = Wish("replicating", followed.reader, "nhn_rds", reader=Server(followed.replica.host, 3306, "dr_agent", "agent"),
                source=dialects.Source(followed.replica.host, 3306, "dr_repl", "it's repl"), schemas=SCHEMAS, wait_seconds=30)
    assert settle(back).moves == ["seed", "point", "start"]
    assert differing(back) == []
