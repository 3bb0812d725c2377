# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""JSON documents that are more than their text, on real servers: told apart, never altered in silence."""

from __future__ import annotations

import itertools

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replication import binlog_position
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.find import Sides, find
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import compare
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.repair import repair
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.seeding import copy_resumably

from lab.hosts.mysql import server as hosts
from tests.contract.mysql_pair import AWS, NHN
from tests.contract.sync_pair import SCHEMA, Shop, shop

__all__ = ["shop"]

TABLE = "CREATE TABLE d (id INT PRIMARY KEY, `dr v` JSON, n JSON NOT NULL DEFAULT ('[]'))"
D, T = "CAST('2026-01-01' AS DATE)", "CAST('2026-01-01' AS DATETIME)"
ALIKE = [       # what reads the same and is not
    ("JSON_OBJECT('d', '2026-01-01')", f"JSON_OBJECT('d', {D})"), (f"JSON_ARRAY({D}, '2026-01-01')", f"JSON_ARRAY('2026-01-01', {D})"),
    (f"JSON_OBJECT('a', JSON_ARRAY(1, JSON_OBJECT('b', {T})))", "JSON_OBJECT('a', JSON_ARRAY(1, JSON_OBJECT('b', '2026-01-01 00:00:00.000000')))"),
    ("JSON_OBJECT('t', CAST('10:00:00' AS TIME))", "JSON_OBJECT('t', '10:00:00.000000')"),
    ("JSON_OBJECT('n', 12345678901234567.89)", "JSON_OBJECT('n', 12345678901234567.88)"), ("'[1.5]'", "'[1.25]'"),
    ("JSON_OBJECT('b', X'00ff')", "JSON_OBJECT('b', 'base64:type15:AP8=')"), (f"CAST({D} AS JSON)", "'\"2026-01-01\"'")]
PLAIN = ("'{}'", "'[]'", "'null'", "NULL", "'{\"a\": [1, -2, 1.5, 1e300, true, null, \"가🎫\\\\\\\\\"]}'", "JSON_ARRAY(CAST(1.5 AS DECIMAL(3,1)))",
         "JSON_ARRAY(CAST(7 AS UNSIGNED), 18446744073709551615, -9223372036854775808)", "JSON_OBJECT('n', CAST(5 AS DECIMAL(9)))",
         "JSON_OBJECT('x', CAST(1.50 AS DECIMAL(4,2)))", "JSON_ARRAY(0.1, CAST(0.10 AS DECIMAL(4,2)), 12345.67)")
MORE = [f"JSON_OBJECT('d', {D})", f"JSON_ARRAY('2026-01-01', {D})", f"JSON_OBJECT('a', JSON_ARRAY(1, JSON_OBJECT('b', {T})))",
        "JSON_OBJECT('b', X'00ff')", "JSON_OBJECT('t', CAST('10:00:00' AS TIME))", f"CAST({D} AS JSON)", "JSON_OBJECT('x', 12345678901234567.89)"]


@pytest.mark.parametrize(("mine", "theirs"), ALIKE)
def test_documents_that_read_alike_and_are_not_differ(shop: Shop, mine: str, theirs: str) -> None:
    shop.both(TABLE)
    shop.on(shop.source, f"INSERT INTO d (id, `dr v`) VALUES (1, {mine}), (2, {mine})", f"INSERT INTO d (id, n) VALUES (3, {mine})")
    shop.on(shop.target, f"INSERT INTO d (id, `dr v`) VALUES (1, {theirs}), (2, {mine})", f"INSERT INTO d (id, n) VALUES (3, {theirs})")
    found = compare(shop.source, shop.target, [SCHEMA])
    assert [row["key"]["id"] for row in found.differences] == ["1", "3"] and not found.equal


def test_what_no_text_can_bring_over_is_reported_and_left_alone(shop: Shop) -> None:
    shop.both(TABLE)
    for number, value in enumerate(itertools.chain(PLAIN, MORE)):
        shop.on(shop.source, f"INSERT INTO d (id, `dr v`) VALUES ({number}, {value})")
    done = repair(shop.source, shop.target, [SCHEMA])
    assert done.left == len(MORE) and not done.equal
    assert shop.rows(shop.target, "SELECT id FROM d ORDER BY id") == [(number,) for number in range(len(PLAIN))]


SAME_FOR_MYSQL = [("'1'", "'1.0'"), ("'[100]'", "'[1e2]'"), ("'{\"a\": 0}'", "'{\"a\": -0.0}'"), ("'1e15'", "'1000000000000000'")]


@pytest.mark.parametrize("children", ["", " ON DELETE CASCADE"])
def test_documents_that_read_differently_are_made_alike_though_mysql_calls_them_equal(shop: Shop, children: str) -> None:
    """An update would keep what is there, for it changes no value."""
    shop.both("CREATE TABLE d (id INT PRIMARY KEY, j JSON NOT NULL, v INT)",
              f"CREATE TABLE child (id INT PRIMARY KEY, d INT, FOREIGN KEY (d) REFERENCES d (id){children})")
    for number, (mine, theirs) in enumerate(SAME_FOR_MYSQL):
        shop.on(shop.source, f"INSERT INTO d VALUES ({number}, {mine}, 1), ({number + 10}, {mine}, 1)")
        shop.damage(f"INSERT INTO d VALUES ({number}, {theirs}, 1), ({number + 10}, {theirs}, 2)")
    shop.both("INSERT INTO child VALUES (1, 1), (11, 11)")
    found = compare(shop.source, shop.target, [SCHEMA])
    assert found.differing_rows == 2 * len(SAME_FOR_MYSQL)
    done = shop.repair()
    assert done.equal and done.counts.updated == 2 * len(SAME_FOR_MYSQL), done.not_repaired
    shop.same("d", ["id", "CAST(j AS CHAR)", "v"], "id")
    shop.same("child", ["id", "d"], "id")


@pytest.mark.parametrize("value", MORE)
def test_a_copy_that_would_alter_a_document_is_refused_before_anything_is_written(shop: Shop, value: str) -> None:
    shop.on(shop.source, TABLE, f"INSERT INTO d (id, n) VALUES (1, {value}), (2, '[]')")
    shop.on(shop.target, f"DROP DATABASE {SCHEMA}")
    with pytest.raises(Fault, match=r"(?s)shop\.d\.n: 1 rows.*Nothing was copied.*CAST\(CAST\(c AS CHAR\) AS JSON\)"):
        copy_resumably(shop.source, shop.target, [SCHEMA])
    shop.on(shop.source, "UPDATE d SET n = CAST(CAST(n AS CHAR) AS JSON)", *(
        f"INSERT INTO d (id, `dr v`) VALUES ({number}, {plain})" for number, plain in enumerate(PLAIN, 10)))
    copied = copy_resumably(shop.source, shop.target, [SCHEMA])
    assert copied and copied.rows == 2 + len(PLAIN) and compare(shop.source, shop.target, [SCHEMA]).equal


def test_one_whose_text_is_too_long_is_named_with_its_column_and_what_to_do(shop: Shop) -> None:
    """Its binary form is half as long, so it is stored without a word; MySQL then makes nothing of it ("the document is empty")."""
    limit, double = 1 << 20, "-1.2345678901234567e-300"
    long = f"[{', '.join([double] * (limit // (len(double) + 2) + 9))}]"
    for name in (NHN, AWS):
        hosts.sql(name, f"SET GLOBAL max_allowed_packet = {limit};")
    try:
        shop.both(TABLE)
        shop.on(shop.source, f"INSERT INTO d (id, n) VALUES (1, '[]'), (7, '{long.replace(' ', '')}')")
        words = rf"(?s)shop\.d\.n \(7\) at .*takes {limit} bytes.*3141.*Nothing was written.*Raise max_allowed_packet"
        for look in (lambda: compare(shop.source, shop.target, [SCHEMA]), lambda: repair(shop.source, shop.target, [SCHEMA]),
                     lambda: find(Sides(shop.source, shop.target, "aws", "nhn"), [SCHEMA], by_gtid=False)):
            with pytest.raises(Fault, match=words):
                look()
        shop.on(shop.target, f"DROP DATABASE {SCHEMA}")
        with pytest.raises(Fault, match=words):
            copy_resumably(shop.source, shop.target, [SCHEMA])
    finally:
        for name in (NHN, AWS):
            hosts.sql(name, "SET GLOBAL max_allowed_packet = DEFAULT;")


def test_salvage_leaves_them_to_people(shop: Shop) -> None:
    shop.both(TABLE)
    with shop.source.connected() as conn:
        since = binlog_position(conn)
    shop.damage(f"INSERT INTO d (id, n) VALUES (1, JSON_OBJECT('d', {D})), (2, '[1.5]')")
    rows = {row.key["id"]: row for row in find(Sides(shop.target, shop.source, "aws", "nhn"), [SCHEMA], by_gtid=False, since=since).rows}
    assert rows["1"].verdict == "conflict" and "no text can bring over" in rows["1"].because and rows["2"].verdict == "replay"
