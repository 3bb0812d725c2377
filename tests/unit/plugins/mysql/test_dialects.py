# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SQL text per provider and version, against the names the providers document."""

from __future__ import annotations

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.dialects import DIALECTS, Position, Source, for_site

SOURCE = Source("192.168.10.50", 3306, "dr_repl", "it's secret")
POSITION = Position("mysql-bin.000007", 154)
OURS = " FOR CHANNEL ''"


@pytest.mark.parametrize(("name", "version", "change", "start", "stop", "reset"), [
    ("nhn_rds", (8, 0, 36), "tcrds_repl_changemaster", "tcrds_repl_slave_start", "tcrds_repl_slave_stop", "tcrds_repl_init"),
    ("nhn_rds", (8, 4, 5), "tcrds_repl_changesource", "tcrds_repl_replica_start", "tcrds_repl_replica_stop", "tcrds_repl_init"),
    ("aws_rds", (8, 0, 36), "rds_set_external_master", "rds_start_replication", "rds_stop_replication", "rds_reset_external_master"),
    ("aws_rds", (9, 7, 4), "rds_set_external_source", "rds_start_replication", "rds_stop_replication", "rds_reset_external_source"),
])
def test_procedures_by_provider_and_version(name, version, change, start, stop, reset):
    dialect = for_site(name, version)
    assert dialect.change_source(SOURCE, POSITION).sql.startswith(f"CALL mysql.{change}(%s, %s, %s, %s, %s, %s")
    assert dialect.start().sql == f"CALL mysql.{start}()"
    assert dialect.stop().sql == f"CALL mysql.{stop}()"
    assert dialect.reset().sql == f"CALL mysql.{reset}()"


def test_parameters_in_the_documented_order():
    given = ("192.168.10.50", 3306, "dr_repl", "it's secret", "mysql-bin.000007", 154)
    assert for_site("nhn_rds").change_source(SOURCE, POSITION).values == given
    assert for_site("aws_rds").change_source(SOURCE, POSITION).values == (*given, 1)
    assert for_site("aws_rds").change_source(Source(*given[:4], tls=False), POSITION).values == (*given, 0)


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_no_secret_is_part_of_a_statement(name):
    statement = for_site(name).change_source(SOURCE, POSITION)
    assert SOURCE.password not in statement.sql
    assert statement.sql.count("%s") == len(statement.values)


def test_a_source_shows_no_password():
    assert SOURCE.password not in repr(SOURCE) and "dr_repl" in repr(SOURCE)


def test_a_plain_server_is_told_which_channel_is_meant_for_it_takes_none_for_all():
    plain = for_site("plain")
    assert all(statement.sql.endswith(OURS) for statement in (plain.change_source(SOURCE, POSITION), plain.start(), plain.stop(), plain.reset()))


@pytest.mark.parametrize("position", [POSITION, None])
def test_a_plain_replica_never_gives_up_and_hears_of_its_source_every_other_second(position):
    """MySQL's own defaults from 8.4 on: ten tries and it stops for good, and half a minute of silence before a first one."""
    sql = for_site("plain").change_source(SOURCE, position).sql
    told = dict(part.split(" = ") for part in sql.partition(" TO ")[2].removesuffix(OURS).split(", "))
    assert {name: told[name] for name in ("SOURCE_RETRY_COUNT", "SOURCE_CONNECT_RETRY", "SOURCE_HEARTBEAT_PERIOD")} == {
        "SOURCE_RETRY_COUNT": "86400", "SOURCE_CONNECT_RETRY": "5", "SOURCE_HEARTBEAT_PERIOD": "2"}


def test_only_aws_keeps_binary_logs_by_procedure():
    assert for_site("aws_rds").set_retention(72).values == (72,)
    assert for_site("nhn_rds").set_retention(72) is None
    assert for_site("plain").show_retention() is None


def test_an_unknown_dialect_is_named_with_those_that_exist():
    with pytest.raises(ValueError, match=r"'mariadb'.*aws_rds, nhn_rds, plain"):
        for_site("mariadb")


@pytest.mark.parametrize(("here", "there", "reached"), [
    (Position("b.000002", 4), Position("b.000001", 900), True),
    (Position("b.000002", 4), Position("b.000002", 4), True),
    (Position("b.000002", 4), Position("b.000002", 5), False),
    (Position("b.999999", 900), Position("b.1000000", 4), False),
])
def test_positions_are_ordered_by_file_number(here, there, reached):
    assert here.reached(there) is reached
