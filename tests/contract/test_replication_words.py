# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What real servers say when replication breaks, in the words and numbers they use: each has its name here, and its cure is no other's."""

from __future__ import annotations

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.cures import Diagnosis
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replication import status
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.settling import look, settle

from lab.hosts.mysql.server import sql
from tests.contract.mysql_pair import SCHEMAS, until
from tests.contract.twins import TABLES, Twins, as_provider

NO_FILTERS = {"nhn": "REPLICATE_IGNORE_TABLE = ()", "aws": "REPLICATE_IGNORE_DB = (), REPLICATE_WILD_IGNORE_TABLE = ()"}


def following(twins: Twins, source: str, replica: str, **more: object) -> None:
    twins.write(source, *TABLES)
    twins.beat(source, 1)
    settle(twins.wish(source, replica, **more))


def broken(twins: Twins, source: str, replica: str) -> Diagnosis:
    """What is said once a thread has said something."""
    wish = twins.wish(source, replica)
    with wish.replica.connected() as conn:
        until(lambda: status(conn).io_error[0] or status(conn).sql_error[0])
    return next(each for each in look(wish)[1] if each.name != "no_retention")


def anew(twins: Twins) -> None:
    as_provider(twins, "aws", "STOP REPLICA; START REPLICA;")


def once_running(twins: Twins) -> None:
    anew(twins)
    with twins.pair.standby.connected() as conn:
        until(lambda: status(conn).running)


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize(("source", "replica", "made", "written", "named", "cure"), [
    ("aws", "nhn", "CREATE TABLE IF NOT EXISTS mysql.rds_heartbeat2 (id INT PRIMARY KEY, value BIGINT);",
     "SET SESSION binlog_format = 'STATEMENT'; INSERT INTO mysql.rds_heartbeat2 VALUES (1, 5) ON DUPLICATE KEY UPDATE value = 5;",
     "foreign_table", "replicate_ignore_table=mysql.rds_heartbeat2"),
    ("nhn", "aws", "CREATE DATABASE rds_maintenance; CREATE TABLE rds_maintenance.beat (id INT PRIMARY KEY);",
     "INSERT INTO rds_maintenance.beat VALUES (1);", "foreign_schema", "replicate-ignore-db=rds_maintenance"),
    ("nhn", "aws", "CREATE DATABASE rds_maintenance;",
     "CREATE TABLE rds_maintenance.more (id INT PRIMARY KEY);", "foreign_schema", "replicate-ignore-db=rds_maintenance"),
    ("nhn", "aws", "DROP TABLE IF EXISTS mysql.own_books; CREATE TABLE mysql.own_books (id INT PRIMARY KEY);",
     "INSERT INTO mysql.own_books VALUES (1);", "foreign_table", "mysql.own_books"),
    ("nhn", "aws", "CREATE TABLE tickets.unknown (id INT PRIMARY KEY);",
     "INSERT INTO tickets.unknown VALUES (1);", "missing_table", "db_replica_schemas"),
])
def test_what_a_provider_keeps_for_itself_is_told_from_a_table_that_was_forgotten(
    bare: Twins, workers: int, source: str, replica: str, made: str, written: str, named: str, cure: str,
) -> None:
    """An applier that has workers says itself only that one of them has stopped; which table that was about, the worker says."""
    as_provider(bare, replica, f"SET sql_log_bin = 0; DROP TABLE IF EXISTS mysql.rds_heartbeat2; SET GLOBAL replica_parallel_workers = {workers}; "
                               f"CHANGE REPLICATION FILTER {NO_FILTERS[replica]};")
    following(bare, source, replica)
    as_provider(bare, source, f"SET sql_log_bin = 0; {made}")
    as_provider(bare, source, written)
    said = broken(bare, source, replica)
    assert said.name == named and cure in said.cure


def test_a_row_that_was_there_already_is_told_by_its_key(bare: Twins) -> None:
    following(bare, "nhn", "aws")
    bare.write("aws", "INSERT INTO tickets.events (id, name) VALUES (77, 'theirs')")
    bare.write("nhn", "INSERT INTO tickets.events (id, name) VALUES (77, 'ours')")
    said = broken(bare, "nhn", "aws")
    assert said.name == "row_conflict" and "tickets.events" in said.words and "'77'" in said.words


def test_no_password_s_hash_is_told(bare: Twins) -> None:
    following(bare, "nhn", "aws")
    as_provider(bare, "aws", "SET sql_log_bin = 0; DROP USER IF EXISTS twice; CREATE USER twice IDENTIFIED BY 'one';")
    as_provider(bare, "nhn", "CREATE USER twice IDENTIFIED BY 'other';")
    try:
        said = broken(bare, "nhn", "aws")
        assert "1396" in said.words and "twice" in said.words and "$A$" not in said.words and "caching" not in said.words
    finally:
        for site in ("nhn", "aws"):
            as_provider(bare, site, "SET sql_log_bin = 0; DROP USER IF EXISTS twice;")


def server_id(twins: Twins, site: str) -> int:
    return int(sql(twins.pair.nhn if site == "nhn" else twins.pair.aws, "SELECT @@server_id;", rows=True)[0][0])


def test_two_servers_with_one_server_id_are_named(bare: Twins) -> None:
    following(bare, "nhn", "aws")
    mine = server_id(bare, "aws")
    as_provider(bare, "aws", f"STOP REPLICA; SET GLOBAL server_id = {server_id(bare, 'nhn')}; START REPLICA;")
    try:
        said = broken(bare, "nhn", "aws")
        assert said.name == "same_server_id" and said.final
    finally:
        as_provider(bare, "aws", f"STOP REPLICA; SET GLOBAL server_id = {mine};")


@pytest.mark.parametrize(("done", "undone", "named", "cure"), [
    ("REVOKE REPLICATION SLAVE ON *.* FROM dr_repl", "GRANT REPLICATION SLAVE ON *.* TO dr_repl", "missing_privilege", "REPLICATION SLAVE"),
    ("ALTER USER dr_repl ACCOUNT LOCK", "ALTER USER dr_repl ACCOUNT UNLOCK", "account_locked", "ACCOUNT UNLOCK"),
    ("ALTER USER dr_repl PASSWORD EXPIRE", "ALTER USER dr_repl IDENTIFIED BY 'it\\'s repl'", "password_expired", "password"),
])
def test_an_account_that_is_not_let_in_is_named(bare: Twins, done: str, undone: str, named: str, cure: str) -> None:
    following(bare, "nhn", "aws")
    as_provider(bare, "nhn", f"SET sql_log_bin = 0; {done};")
    try:
        anew(bare)
        said = broken(bare, "nhn", "aws")
        assert said.name == named and cure in said.cure and said.final
    finally:
        as_provider(bare, "nhn", f"SET sql_log_bin = 0; {undone};")
    once_running(bare)


def test_a_source_that_has_no_connection_left_is_waited_for(bare: Twins) -> None:
    following(bare, "nhn", "aws")
    as_provider(bare, "nhn", "SET GLOBAL max_user_connections = 1;")
    try:
        with bare.server("nhn", "dr_repl").connected():
            anew(bare)
            said = broken(bare, "nhn", "aws")
            assert said.name == "source_full" and not said.final
    finally:
        as_provider(bare, "nhn", "SET GLOBAL max_user_connections = 0;")
    once_running(bare)


def gtid_mode(twins: Twins, *modes: str) -> None:
    as_provider(twins, "nhn", " ".join(f"SET GLOBAL gtid_mode = {mode};" for mode in modes))


def test_a_source_whose_gtids_were_turned_off_has_not_lost_its_logs(bare: Twins) -> None:
    for site in ("aws", "nhn"):                             # both begin with nothing, so the one lacks what the other logs from here on
        as_provider(bare, site, f"SET sql_log_bin = 0; {' '.join(f'DROP DATABASE {schema};' for schema in SCHEMAS)}")
    bare.write("nhn", *(f"CREATE DATABASE {schema}" for schema in SCHEMAS))
    as_provider(bare, "aws", f"CHANGE REPLICATION SOURCE TO SOURCE_HOST = '{bare.pair.primary.host}', SOURCE_USER = 'dr_repl', "
                             "SOURCE_PASSWORD = 'it\\'s repl', SOURCE_SSL = 1, SOURCE_AUTO_POSITION = 1;")
    once_running(bare)
    gtid_mode(bare, "ON_PERMISSIVE", "OFF_PERMISSIVE", "OFF")
    try:
        anew(bare)
        said = broken(bare, "nhn", "aws")
        assert said.name == "gtids_off" and "gtid_mode" in said.cure
    finally:
        gtid_mode(bare, "OFF_PERMISSIVE", "ON_PERMISSIVE", "ON")
    once_running(bare)


def packets_up_to(twins: Twins, size: int) -> None:
    as_provider(twins, "aws", f"SET GLOBAL replica_max_allowed_packet = {size};")


def test_a_row_larger_than_the_replica_takes_is_no_lost_log_and_a_relay_log_that_is_spoiled_is_seeded_again(bare: Twins) -> None:
    following(bare, "nhn", "aws")
    bare.write("nhn", "CREATE TABLE tickets.blobs (id INT PRIMARY KEY, b LONGBLOB)")
    as_provider(bare, "aws", "STOP REPLICA;")
    packets_up_to(bare, 2**20)
    try:
        as_provider(bare, "aws", "START REPLICA;")
        bare.write("nhn", "INSERT INTO tickets.blobs VALUES (1, REPEAT('a', 8000000))")
        said = broken(bare, "nhn", "aws")
        assert said.name == "packet_too_large" and "replica_max_allowed_packet" in said.cure
    finally:
        packets_up_to(bare, 2**30)
    as_provider(bare, "aws", "START REPLICA;")              # what was fetched breaks off in the middle of a row
    said = broken(bare, "nhn", "aws")
    assert said.name == "relay_log_spoiled" and "tasks_from reseed" in said.cure


def test_a_table_that_is_built_otherwise_on_the_replica_is_named(bare: Twins) -> None:
    following(bare, "nhn", "aws")
    for site, kind in (("nhn", "VARCHAR(20)"), ("aws", "INT")):
        as_provider(bare, site, f"SET sql_log_bin = 0; CREATE TABLE tickets.other (id INT PRIMARY KEY, n {kind});")
    bare.write("nhn", "INSERT INTO tickets.other VALUES (1, 'x')")
    said = broken(bare, "nhn", "aws")
    assert said.name == "table_unlike" and "tickets.other" in said.words
