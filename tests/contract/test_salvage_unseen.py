# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a writer does to rows without a word about each in its log: salvage guesses nothing, and a replay undoes nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server, execute, query
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replication import binlog_position
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.find import Sides, find
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.replay import Decision, replay
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.said import CODECS

from lab.hosts.mysql import server as hosts
from tests.contract.mysql_pair import ALONE_NHN
from tests.contract.sync_pair import SCHEMA, Shop
from tests.contract.test_salvage_kin import Split, shop

__all__ = ["shop"]

VISITS = ("CREATE TABLE visits (id INT, day INT, who VARCHAR(20), PRIMARY KEY (id, day)) PARTITION BY RANGE (day) "
          "(PARTITION p1 VALUES LESS THAN (10), PARTITION p2 VALUES LESS THAN MAXVALUE)",
          "INSERT INTO visits VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 15, 'c')")
AWAY = "CREATE TABLE away (id INT, day INT, who VARCHAR(20), PRIMARY KEY (id, day))"
SOLD = "INSERT INTO away VALUES (1, 1, 'a'), (71, 7, 'sold here')"


@pytest.mark.parametrize("did", [
    ["ALTER TABLE visits DROP PARTITION p1"], ["ALTER TABLE visits TRUNCATE PARTITION p1"], ["/*!50000 TRUNCATE TABLE visits */"],
    [AWAY, SOLD, "ALTER TABLE visits EXCHANGE PARTITION p1 WITH TABLE away", "DROP TABLE away"],
    ["CREATE TABLE next LIKE visits", "INSERT INTO next VALUES (71, 7, 'sold here')", "ALTER TABLE visits RENAME TO gone",
     "ALTER TABLE next RENAME TO visits", "DROP TABLE gone"],
])
def test_rows_that_came_and_went_unseen_are_for_people_to_decide(shop: Shop, tmp_path: Path, did: list[str]) -> None:
    split = Split(shop, tmp_path, *VISITS).old("INSERT INTO visits VALUES (5, 26, 'late')").writer(*did)
    before = split.now("visits")
    judged = split.judged()
    assert ("visits", "5,26", "insert", "conflict") in judged and {verdict for *_row, verdict in judged} == {"conflict"}
    split.replay()
    assert split.now("visits") == before


@pytest.mark.parametrize(("charset", "codec", "name"), [
    ("utf8mb4", "utf-8", "좌석"), ("euckr", "cp949", "좌석"), ("binary", "utf-8", "좌석"), ("utf8mb4", "utf-8", "🎫"), ("big5", "big5", "座位"),
    ("latin1", "utf-8", "좌석")])
@pytest.mark.parametrize("did", ["TRUNCATE TABLE `{}`", "ALTER TABLE `{}` EXCHANGE PARTITION p1 WITH TABLE away"])
def test_they_are_whatever_character_set_the_client_speaks(shop: Shop, tmp_path: Path, charset: str, codec: str, name: str, did: str) -> None:
    """MySQL logs a statement in the client's bytes; the last one believes it speaks latin1."""
    def speaking(server: Server, *statements: str) -> None:
        with server.connected(database=SCHEMA) as conn:
            execute(conn, f"SET NAMES {charset}")
            for statement in statements:
                conn.query(statement.encode(codec))

    def named(statement: str) -> str:
        return statement.replace("visits", f"`{name}`")

    split = Split(shop, tmp_path)
    for server in (shop.source, shop.target):
        speaking(server, *map(named, VISITS), AWAY, "INSERT INTO away VALUES (1, 1, 'a')")
    with shop.source.connected() as conn:
        split.since = binlog_position(conn)
    speaking(shop.target, named("INSERT INTO visits VALUES (5, 26, 'late')"))
    speaking(shop.source, did.format(name))
    found = [(row.verdict, row.because) for row in split.search().rows if row.table != f"{SCHEMA}.away"]
    assert found and {verdict for verdict, _because in found} == {"conflict"}, found


@pytest.mark.parametrize("charset", CODECS)
def test_python_makes_the_same_text_of_a_statement_as_mysql(alone: tuple[Server, Server], charset: str) -> None:
    """What one of them cannot read counts as unread; what both read must be one and the same."""
    alone_or_two = [bytes([first]) for first in range(256)]
    if charset in ("euckr", "gb2312", "gbk"):
        alone_or_two += [bytes([first, second]) for first in range(0x80, 0x100) for second in range(0x100)]
    texts = [(raw, text) for raw in alone_or_two if len(text := _text(raw, CODECS[charset])) == 1]
    assert len(texts) > 200
    with alone[0].connected() as conn:
        for start in range(0, len(texts), 2000):
            some = texts[start:start + 2000]
            told = query(conn, " UNION ALL ".join(
                f"SELECT CONVERT(CONVERT(X'{raw.hex()}' USING {charset}) USING utf8mb4) AS t" for raw, _text in some))
            assert [(raw, row["t"]) for (raw, _text), row in zip(some, told, strict=True)] == some


def _text(raw: bytes, codec: str) -> str:
    """"" for what is none."""
    try:
        return raw.decode(codec)
    except UnicodeDecodeError:
        return ""


@pytest.fixture
def mixed() -> Iterator[None]:
    """What a writer's new sessions log is what its parameter group says, and AWS's default is MIXED."""
    hosts.sql(ALONE_NHN, "SET GLOBAL binlog_format = 'MIXED';")
    yield
    hosts.sql(ALONE_NHN, "SET GLOBAL binlog_format = 'ROW';")


def test_a_writer_that_logs_statements_makes_all_of_it_a_decision(shop: Shop, tmp_path: Path, mixed: None) -> None:
    split = Split(shop, tmp_path, *VISITS).old("INSERT INTO visits VALUES (5, 26, 'late')")
    shop.on(shop.source, "CREATE DATABASE watch", "CREATE TABLE watch.log (id INT)")
    with shop.source.connected(database="watch") as conn:
        execute(conn, "INSERT INTO log VALUES (1)")
    assert split.judged() == [("visits", "5,26", "insert", "replay")], "a statement about other schemas costs no decision"
    split.writer("DELETE FROM visits WHERE id = 1", "INSERT INTO visits VALUES (71, 7, 'sold here')")
    assert [verdict for *_row, verdict in split.judged()] == ["conflict"] * 3
    assert all("binlog_format" in row.because for row in split.search().rows)


@pytest.mark.parametrize("kind", ["STORED", "VIRTUAL"])
def test_what_must_be_unique_by_a_column_that_is_computed_stands_in_the_way(shop: Shop, tmp_path: Path, kind: str) -> None:
    """A seat that is sold once is often told just like that. Both sides sold B-2, under other numbers."""
    split = Split(shop, tmp_path, "CREATE TABLE sale (id INT PRIMARY KEY, seat VARCHAR(9), state VARCHAR(9), live VARCHAR(9) AS "
                  f"(IF(state = 'sold', seat, NULL)) {kind} UNIQUE)", "INSERT INTO sale (id, seat, state) VALUES (1, 'A-1', 'sold')")
    split.old("INSERT INTO sale (id, seat, state) VALUES (50, 'B-2', 'sold'), (51, 'C-3', 'sold'), (52, 'A-1', 'free')")
    split.writer("INSERT INTO sale (id, seat, state) VALUES (2, 'B-2', 'sold')")
    assert split.judged() == [("sale", "50", "insert", "conflict"), ("sale", "51", "insert", "replay"), ("sale", "52", "insert", "replay")]
    assert [list(row.clash) for row in split.search().rows if row.verdict == "conflict"] == [["live"]]
    assert len(split.replay().done) == 2


def test_two_rows_that_are_refused_end_a_replay_whatever_they_are_called(shop: Shop, tmp_path: Path) -> None:
    split = Split(shop, tmp_path, "CREATE TABLE d (id INT PRIMARY KEY)").old("INSERT INTO d VALUES (1), (2)")
    report = find(Sides(shop.target, shop.source, "nhn", "aws"), [SCHEMA], by_gtid=False, since=split.since)
    split.writer("INSERT INTO d VALUES (1), (2)")
    assert {row.id for row in report.rows} == {""}, "nobody has saved it"
    assert list(replay(shop.source, report, Decision("kim", ("replay",))).refused) == [""]
