# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Database containers: what is asked of mysqld and of the server, without starting one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab.hosts.mysql import accounts, flavours, parameters, quoting, server

USER = {"name": "dr_agent", "host": "%", "password": "it's \\ secret", "authority": "DDL"}


def test_parameter_names_are_taken_with_either_dash():
    assert parameters.flags({"gtid-mode": "ON", "max_connections": 50, "time_zone": "+09:00", "sql_mode": ""}) == {
        "gtid_mode": "ON", "max_connections": "50", "default_time_zone": "+09:00"}


def test_unknown_parameters_are_refused_all_at_once():
    with pytest.raises(parameters.UnknownParameter, match="no_such, super_secret"):
        parameters.flags({"super_secret": "1", "no_such": "1", "max_connections": "1"})


@pytest.mark.parametrize(("asked", "given"), [
    ("{DBInstanceClassMemory*3/4}", 128 << 20), ("8G", 128 << 20), ("67108864", 64 << 20), ("ramSizeByte * 0.6", 128 << 20)])
def test_the_buffer_pool_stays_small(asked, given):
    assert parameters.flags({"innodb_buffer_pool_size": asked}) == {"innodb_buffer_pool_size": str(given)}


def test_a_parameter_group_overrides_the_service_defaults_only():
    line = server.command_line(flavours.AWS, "10.0.10.50", 3307, {"binlog_expire_logs_seconds": 60, "replicate-ignore-db": "a, b"})
    assert {"--port=3307", "--binlog-expire-logs-seconds=60", "--replicate-ignore-db=a", "--replicate-ignore-db=b",
            "--log-bin=mysql-bin-changelog", "--offline-mode=ON"} <= set(line)
    assert f"--server-id={10 << 24 | 10 << 8 | 50}" in line


def test_the_primary_site_keeps_korean_time():
    assert "--default-time-zone=+09:00" in server.command_line(flavours.NHN, "192.168.10.50", 3306, {})


@pytest.mark.parametrize("flavour", flavours.FLAVOURS.values(), ids=lambda flavour: flavour.name)
def test_the_server_goes_online_last_and_nothing_reaches_the_binary_log(flavour):
    lines = flavour.init_sql("boss", "pass'word").strip().splitlines()
    assert lines[0] == "SET SESSION sql_log_bin = 0;"
    assert lines[-1] == "SET GLOBAL offline_mode = OFF;"
    assert any("IDENTIFIED BY 'pass''word'" in line for line in lines)


@pytest.mark.parametrize("flavour", flavours.FLAVOURS.values(), ids=lambda flavour: flavour.name)
def test_every_procedure_belongs_to_the_providers_own_account(flavour):
    text = (Path(flavours.__file__).parent / f"{flavour.name}.sql").read_text(encoding="utf-8")
    definers = re.findall(r"CREATE DEFINER = (\S+) PROCEDURE mysql\.(\w+)", text)
    assert len(definers) == text.count("CREATE DEFINER") >= 14
    assert {who for who, _name in definers} == {f"'{flavour.superuser}'@'localhost'"}


def test_authorities_are_cumulative_and_never_let_a_user_replicate_by_hand():
    assert set(flavours.READ) < set(flavours.CRUD) < set(flavours.DDL)
    assert not re.search(r"SUPER|_ADMIN|FILE|SHUTDOWN|CREATE USER", str(flavours.DDL))


def test_an_unchanged_user_is_not_written_again():
    assert accounts.plan_users({("dr_agent", "%"): accounts.fingerprint(USER)}, [USER]) == []


def test_a_new_password_is_written_and_a_vanished_user_dropped():
    plan = accounts.plan_users({("dr_agent", "%"): "old", ("gone", "%"): "x"}, [USER])
    assert plan[0] == "DROP USER IF EXISTS 'gone'@'%';"
    assert any("ALTER USER 'dr_agent'@'%' IDENTIFIED BY 'it''s \\\\ secret'" in line for line in plan)
    assert USER["password"] not in accounts.fingerprint(USER)


def test_only_schemas_the_api_made_are_dropped():
    assert [line for line in accounts.plan_schemas({"old"}, {"new"}) if "DATABASE" in line] == [
        "DROP DATABASE IF EXISTS `old`;", "CREATE DATABASE IF NOT EXISTS `new`;"]
    assert accounts.plan_schemas({"same"}, {"same"}) == []


def test_line_breaks_cannot_end_a_statement():
    with pytest.raises(ValueError, match="line breaks"):
        quoting.text("a\nDROP USER x;")
