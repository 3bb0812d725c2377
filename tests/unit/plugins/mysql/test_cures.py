# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong with a replica, from what was seen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import reseeding
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.cures import by_error, diagnose
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.dialects import Position
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replica_status import ReplicaStatus, only_newer

AT = Position("mysql-bin.000003", 900)
RUNNING = ReplicaStatus("192.168.10.50", 3306, "dr_repl", "u-1", "Yes", "Yes", AT, AT, retries=10)


def names(seen, **more):
    return [each.name for each in diagnose(seen, **more)]


@pytest.mark.parametrize(("number", "words", "name", "cure"), [
    (1236, "Could not find first log file name in binary log index file", "binlogs_gone", "reseed"),
    (13114, "Got fatal error 1236 from source when reading data from binary log: 'position > file size'", "binlogs_gone", "reseed"),
    (1236, "Cannot replicate because the source purged required binary logs.", "binlogs_gone", "reseed"),
    (1236, "Replica has more GTIDs than the source has, using the source's SERVER_UUID. ... errant", "errant", "rds_salvage"),
    (1045, "Access denied for user 'dr_repl'@'10.0.10.50'", "wrong_password", "db_replica_replication_user"),
    (2061, "Authentication plugin 'caching_sha2_password' reported error", "unprimed", "once over TLS"),
    (2003, "Can't connect to MySQL server", "unreachable", "tunnels"),
    (1062, "Duplicate entry '5' for key 'PRIMARY'", "row_conflict", "tasks_from reseed"),
    (1032, "Can't find record in 'purchases'", "row_missing", "tasks_from reseed"),
    (1146, "Worker 1 failed executing transaction ''; Error 'Table 'mysql.rds_heartbeat2' doesn't exist' on query.", "foreign_table",
     "replicate_ignore_table=mysql.rds_heartbeat2"),
    (1146, "Error executing row event: 'Table 'mysql.own_books' doesn't exist'", "foreign_table", "replicate_ignore_table=mysql.own_books"),
    (1049, "Error executing row event: 'Unknown database 'rds_maintenance''", "foreign_schema", "replicate-ignore-db"),
    (1146, "Table 'other.t' doesn't exist", "missing_table", "db_replica_schemas"),
    (1146, "Table 'shop.t' doesn't exist' on query. Query: 'INSERT INTO t VALUES ('mysql.rds_heartbeat2')'", "missing_table", "db_replica_schemas"),
    (1146, "Coordinator stopped ... performance_schema.replication_applier_status_by_worker", "missing_table", "If it is mysql.rds_heartbeat2"),
    (1593, "Fatal error: source and replica have equal MySQL server ids", "same_server_id", "server_id"),
    (13117, "Fatal error: ... source and replica have equal MySQL server ids; these ids must be different", "same_server_id", "server_id"),
    (13117, "Fatal error: ... source and replica have equal MySQL server UUIDs", "same_server_id", "made anew"),
    (13117, "cannot start in AUTO_POSITION mode: the source has GTID_MODE = OFF instead of ON.", "gtids_off", "enforce_gtid_consistency"),
    (13114, "Got fatal error 1236: 'cannot start in AUTO_POSITION mode: this server has GTID_MODE = OFF instead of ON.'", "gtids_off", "gtid_mode"),
    (13117, "Fatal error: something else", "error", "manual"),
    (13120, "Source command COM_REGISTER_REPLICA failed: Access denied for user (Errno: 1045)", "missing_privilege", "REPLICATION SLAVE"),
    (13120, "Source command COM_REGISTER_REPLICA failed: Lost connection (Errno: 2013)", "unreachable", "tunnels"),
    (13125, "Got a packet bigger than 'replica_max_allowed_packet' bytes", "packet_too_large", "replica_max_allowed_packet"),
    (13114, "Got fatal error 1236: 'log event entry exceeded max_allowed_packet; Increase it on source'", "packet_too_large", "1 GiB"),
    (13121, "Relay log read failure: Could not parse relay log event entry.", "relay_log_spoiled", "tasks_from reseed"),
    (13146, "Column 2 of table 'tickets.z' cannot be converted", "table_unlike", "migrate"),
    (3118, "Access denied. Account is locked.", "account_locked", "UNLOCK"),
    (1862, "Your password has expired.", "password_expired", "anew"),
    (1040, "Too many connections", "source_full", "max_connections"),
    *((number, words, "done_already", "tasks_from reseed") for number, words in (
        (1007, "Can't create database 'shop'; database exists"), (1050, "Table 'zz' already exists"), (1060, "Duplicate column name 'late'"),
        (1061, "Duplicate key name 'late'"), (1091, "Can't DROP 'k'; check that column/key exists"), (1359, "Trigger already exists"),
        (1051, "Unknown table 'shop.zz'"), (1360, "Trigger does not exist"))),
    (1397, "XAER_NOTA: Unknown XID", "unknown_xa", "tasks_from reseed"),
    (1396, "Operation CREATE USER failed for 'app'@'%'", "account_unlike", "db_accounts"),
    (1205, "Lock wait timeout exceeded; try restarting transaction", "waited_too_long", "state replicating"),
    (1213, "Deadlock found when trying to get lock", "waited_too_long", "state replicating"),
    (1114, "The table 'seats' is full", "no_room", "state replicating"),
    (4711, "what is this", "error", "manual"),
])
def test_every_trap_has_a_name_and_a_cure(number, words, name, cure):
    found = by_error(number, words)
    assert found.name == name and cure in found.cure and words in found.words


@pytest.mark.parametrize(("seen", "needed"), [
    (ReplicaStatus(), True),
    (RUNNING, False),
    (replace(RUNNING, io="Connecting", io_error=(2003, "x")), False),
    (replace(RUNNING, io="No", io_error=(2003, "x")), False),
    (replace(RUNNING, io="No", io_error=(1045, "x")), False),
    (replace(RUNNING, io="No", sql="No"), False),
    (replace(RUNNING, io="No", io_error=(1236, "purged")), True),
    (replace(RUNNING, sql="No", sql_error=(1062, "x")), True),
    (replace(RUNNING, sql="No", sql_error=(1032, "x")), True),
    (replace(RUNNING, sql="No", sql_error=(1449, "x")), False),
    (replace(RUNNING, sql="No", sql_error=(13121, "x")), True),
    (replace(RUNNING, sql="No", sql_error=(1061, "x")), True),
    (replace(RUNNING, sql="No", sql_error=(1397, "x")), True),
    (replace(RUNNING, sql="No", sql_error=(1205, "x")), False),
    (replace(RUNNING, sql="No", sql_error=(1114, "x")), False),
    (replace(RUNNING, sql="No", sql_error=(1396, "x")), False),
    (replace(RUNNING, io="No", io_error=(13114, "log event entry exceeded max_allowed_packet")), False),
])
def test_only_what_no_smaller_cure_mends_is_seeded_again(seen, needed):
    """Seeding again replaces rows; a link that is down, a password or a missing owner ask for no such thing."""
    assert reseeding._needed(seen) is needed


def test_silence_needs_a_source_that_beats():
    assert names(RUNNING, silent_seconds=31, silent_limit=30) == ["silent"]
    assert names(RUNNING, silent_seconds=29, silent_limit=30) == names(RUNNING, silent_seconds=None) == []
    assert names(replace(RUNNING, io="Connecting", io_error=(2003, "x")), silent_seconds=99) == ["unreachable"]


def test_retries_that_ran_out_are_not_a_link_that_is_down():
    down = replace(RUNNING, io="Connecting", io_error=(2003, "x"))
    assert names(down) == ["unreachable"] and not down.gave_up
    assert names(replace(down, io="No", io_error=(1040, "x"))) == ["gave_up", "source_full"]
    assert names(replace(down, io="No"))[0] == "gave_up" and "10 times" in diagnose(replace(down, io="No"))[0].words


def test_retention_matters_where_a_procedure_sets_it():
    assert names(ReplicaStatus(), keeps_by_procedure=True) == ["no_retention"]
    assert names(ReplicaStatus(), keeps_by_procedure=True, retention_hours=72) == names(ReplicaStatus()) == []


def test_a_source_elsewhere_and_errant_transactions():
    assert names(RUNNING, source_now="192.168.10.51:3306", errant="u-2:1-3") == ["source_moved", "errant"]


@pytest.mark.parametrize(("missing", "have", "may"), [
    ("", "a:1-9", True), ("a:10-12", "a:1-9", True), ("a:10-12,b:3", "a:1-9,b:1-2,c:1-5", True), ("a:11-12", "a:1-9", False),
    ("a:1-9", "a:10-20", False), ("b:1-3", "a:1-9", False), ("a:10", "a:1-4:6-9", False), ("a:tag:10", "a:1-9", False),
])
def test_going_on_by_gtid_needs_everything_before(missing, have, may):
    assert only_newer(missing, have) is may
