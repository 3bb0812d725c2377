# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two real servers that never follow each other, and a schema at the first that tests copy to the second."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server, execute, query

from lab.hosts.mysql import server as hosts
from tests.contract.mysql_pair import ALONE_AWS as AWS
from tests.contract.mysql_pair import ALONE_NHN as NHN

SCHEMA = "copied"                       # a schema of its own: the other tests have their tables in `tickets`
LIKE_AWS = "dr_humble"                  # on the primary: what an AWS account may, so no RELOAD


@pytest.fixture(scope="module")
def strangers(alone: tuple[Server, Server]) -> Iterator[tuple[Server, Server]]:
    """The two servers, the first with an account that may no more than one at AWS."""
    hosts.sql(AWS, "SET GLOBAL local_infile = ON;")
    hosts.sql(NHN, f"SET sql_log_bin = 0; CREATE USER {LIKE_AWS} IDENTIFIED BY 'humble'; GRANT ALL ON copied.* TO {LIKE_AWS}; "
                   f"GRANT SELECT, PROCESS, LOCK TABLES, REPLICATION CLIENT, REPLICATION SLAVE ON *.* TO {LIKE_AWS};")
    yield alone
    hosts.sql(NHN, f"SET sql_log_bin = 0; DROP USER {LIKE_AWS};")


@pytest.fixture
def origin(strangers: tuple[Server, Server]) -> Iterator[Any]:
    """A connection to the primary, whose schema is empty, as that of the standby is."""
    def clear() -> None:
        for server in strangers:
            with server.connected() as conn:
                execute(conn, f"DROP DATABASE IF EXISTS {SCHEMA}")

    clear()
    with strangers[0].connected() as conn:
        execute(conn, f"CREATE DATABASE {SCHEMA} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
        execute(conn, f"USE {SCHEMA}")
        execute(conn, "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', cte_max_recursion_depth = 1000000")
        yield conn
    clear()


def rows(conn: Any, sql: str) -> list[dict[str, Any]]:
    return query(conn, sql)


def built(conn: Any, table: str) -> str:
    """SHOW CREATE TABLE, without the character sets that collations imply: the second server names them where the first did not."""
    return str(rows(conn, f"SHOW CREATE TABLE copied.{table}")[0]["Create Table"]).replace(" CHARACTER SET utf8mb4 COLLATE", " COLLATE")


def fill(conn: Any, table: str, count: int) -> None:
    execute(conn, f"CREATE TABLE {table} (id INT AUTO_INCREMENT PRIMARY KEY, k INT, c CHAR(120), KEY (k))")
    execute(conn, f"INSERT INTO {table} (k, c) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) "
                  "SELECT i % 97, SHA2(i, 512) FROM n")
    execute(conn, f"ANALYZE TABLE {table}")
