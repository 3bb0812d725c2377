# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two real servers that do not follow each other, and a schema `shop` that a test builds on both and then damages on one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import dialects, replication
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server, execute, query
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import compare
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.repair import Repair, repair

SCHEMA = "shop"
MODES = "NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES"
SEATS = ("CREATE TABLE seats (id INT PRIMARY KEY, buyer VARCHAR(2000))",
         "INSERT INTO seats WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i, 'x' FROM n")


@dataclass
class Shop:
    """source: what is right; target: what is put right."""

    source: Server
    target: Server

    def both(self, *statements: str) -> None:
        """Run these on both, in the schema."""
        for server in (self.source, self.target):
            self.on(server, *statements)

    def on(self, server: Server, *statements: str) -> None:
        """Run these on one, without checks of foreign keys and with values that only old modes allow."""
        with server.connected(database=SCHEMA) as conn:
            execute(conn, f"SET SESSION sql_mode = '{MODES}', foreign_key_checks = 0")
            for statement in statements:
                execute(conn, statement)

    def rows(self, server: Server, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with server.connected(database=SCHEMA) as conn:
            return [tuple(row.values()) for row in query(conn, sql)]

    def damage(self, *statements: str) -> None:
        """Run these on the target only."""
        self.on(self.target, *statements)

    def repair(self, **settings: Any) -> Repair:
        """Repair the schema, and see that nothing differs afterwards unless the result says so."""
        done = repair(self.source, self.target, [SCHEMA], **settings)
        if not settings.get("check"):
            assert compare(self.source, self.target, [SCHEMA]).equal == done.equal, done.not_repaired
        return done

    def same(self, table: str, columns: Sequence[str], order: str) -> None:
        """An independent look: every column's bytes, read without a checksum."""
        sql = f"SELECT {', '.join(f'HEX({column}), {column} IS NULL' for column in columns)} FROM {table} ORDER BY {order}"
        assert self.rows(self.source, sql) == self.rows(self.target, sql)


def written(shop: Shop) -> int:
    """Rows of `seats` on the target."""
    return int(shop.rows(shop.target, "SELECT COUNT(*) FROM seats")[0][0])


def apart(pair: tuple[Server, Server]) -> Iterator[Shop]:
    """The pair, whoever followed whom before, each on its own and with an empty schema."""
    for server, site in zip(pair, ("nhn_rds", "aws_rds"), strict=True):
        with server.connected() as conn:
            replication.detach(conn, dialects.for_site(site, (9, 7)))
            for schema in (SCHEMA, "watch"):
                execute(conn, f"DROP DATABASE IF EXISTS {schema}")
            execute(conn, "CREATE DATABASE IF NOT EXISTS dr")
            execute(conn, "DROP TABLE IF EXISTS dr.gate")
            execute(conn, f"CREATE DATABASE {SCHEMA} CHARACTER SET utf8mb4")
    yield Shop(*pair)
    for server in pair:
        with server.connected() as conn:
            execute(conn, f"DROP DATABASE IF EXISTS {SCHEMA}")


@pytest.fixture
def shop(pair: tuple[Server, Server]) -> Iterator[Shop]:
    """See `apart`."""
    yield from apart(pair)
