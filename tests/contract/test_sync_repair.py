# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Repair on two real servers: every type, every order that foreign keys and unique keys ask for, and nothing more than what differs."""

from __future__ import annotations

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import query
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import look
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.chunks import Chunk, checksum_sql
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import compare
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.encoding import digest_sql
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.repair import repair
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.tables import describe

from tests.contract.sync_pair import SCHEMA, Shop, shop

__all__ = ["shop"]

MEMBERS = ", ".join(f"'m{number}'" for number in range(64))
TYPES = {
    "big": "BIGINT UNSIGNED", "small": "TINYINT", "price": "DECIMAL(65,30)", "f": "FLOAT", "d": "DOUBLE", "bits": "BIT(64)",
    "day": "DATE", "at": "DATETIME(6)", "stamp": "TIMESTAMP(3) NULL", "span": "TIME(6)", "y": "YEAR",
    "c": "CHAR(10)", "v": "VARCHAR(40)", "kr": "VARCHAR(20) CHARACTER SET euckr", "jp": "VARCHAR(20) CHARACTER SET sjis",
    "wide": "VARCHAR(20) CHARACTER SET utf16", "old": "VARCHAR(20) CHARACTER SET latin1", "b": "BINARY(6)", "vb": "VARBINARY(40)",
    "t": "MEDIUMTEXT", "bl": "LONGBLOB", "e": "ENUM('', 'a', 'b')", "s": f"SET({MEMBERS})", "j": "JSON", "g": "GEOMETRY",
    "p": "POINT SRID 4326", "vec": "VECTOR(3)", "hidden": "INT INVISIBLE",
}
TABLE = ("CREATE TABLE kinds (id INT PRIMARY KEY, " + ", ".join(f"{name} {kind}" for name, kind in TYPES.items())
         + ", twice BIGINT GENERATED ALWAYS AS (id * 2) VIRTUAL, thrice BIGINT GENERATED ALWAYS AS (id * 3) STORED)")
FULL = {
    "big": "18446744073709551615", "small": "-128", "price": "'-12345678901234567890123456789012345.123456789012345678901234567891'",
    "f": "0.1", "d": "2.2250738585072014e-308", "bits": "b'1000000000000000000000000000000000000000000000000000000000100111'",
    "day": "'2026-02-31'", "at": "'0000-00-00 00:00:00'", "stamp": "'2026-10-25 02:30:00.123'", "span": "'-838:59:58.999999'", "y": "0",
    "c": "'공연'", "v": "'🎫\\\\ \\'q\\0\\n%s'", "kr": "'서울'", "jp": "'ソ表'", "wide": "'넓다🎫'", "old": "'é'", "b": "X'00FF5C27'",
    "vb": "X'5C275C00'", "t": "REPEAT('가\\\\', 1000)", "bl": "REPEAT(X'00FF275C', 1000)", "e": "0", "s": "18446744073709551615",
    "j": "'{\"a\": [1, 1.0, null, \"\\u00e9\\\\\\\\\"], \"b\": \"0\"}'", "g": "ST_GeomFromText('LINESTRING(0 0,1 2)')",
    "p": "ST_GeomFromText('POINT(37 127)', 4326)", "vec": "STRING_TO_VECTOR('[1,-2.5,0]')", "hidden": "7",
}
NAMES = ", ".join(FULL)


def test_every_type_arrives_bit_by_bit(shop: Shop) -> None:
    shop.both("SET SESSION time_zone = '+05:30'", TABLE)
    rows = [f"(1, {', '.join(FULL.values())})", f"(2, {', '.join(['NULL'] * len(FULL))})", f"(3, {', '.join(FULL.values())})",
            f"(4, {', '.join(FULL.values())})"]
    shop.both(f"INSERT INTO kinds (id, {NAMES}) VALUES {', '.join(rows)}")
    shop.on(shop.source, f"UPDATE kinds SET {', '.join(f'{name} = NULL' for name in FULL)} WHERE id = 4")
    shop.damage("DELETE FROM kinds WHERE id = 1", "UPDATE kinds SET v = '' WHERE id = 2", "INSERT INTO kinds (id) VALUES (9)")
    done = shop.repair()
    assert (done.counts.inserted, done.counts.updated, done.counts.deleted, done.equal) == (1, 2, 1, True)
    shop.same("kinds", [*FULL, "twice", "thrice"], "id")


def test_no_two_values_of_a_type_look_alike(shop: Shop) -> None:
    """For every column a row where NULL has become an ordinary value, one the other way round, and one with another value."""
    other = {"g": "ST_GeomFromText('POINT(0 0)')", "p": "ST_GeomFromText('POINT(0 0)', 4326)", "vec": "STRING_TO_VECTOR('[0]')", "j": "'null'",
             "at": "'2026-01-01'", **dict.fromkeys(("c", "v", "kr", "jp", "wide", "old", "b", "vb", "t", "bl", "s"), "''")}
    shop.both(TABLE)
    was, now = [], []
    for number, (name, value) in enumerate(FULL.items()):
        plain = other.get(name, "1")
        for place, (left, right) in enumerate((("NULL", plain), (plain, "NULL"), (value, plain), (value, "NULL"))):
            was.append(f"INSERT INTO kinds (id, {name}) VALUES ({number * 10 + place}, {left})")
            now.append(f"INSERT INTO kinds (id, {name}) VALUES ({number * 10 + place}, {right})")
    shop.on(shop.source, "START TRANSACTION", *was, "COMMIT")
    shop.damage("START TRANSACTION", *now, "COMMIT")
    found = compare(shop.source, shop.target, [SCHEMA], shown=1000)
    alike = {number * 10 + place for number in range(len(FULL)) for place in range(4)} - {int(row["key"]["id"]) for row in found.differences}
    assert not alike, alike


def test_values_that_run_together_and_separators_inside_values_are_told_apart(shop: Shop) -> None:
    shop.both("CREATE TABLE pairs (id INT PRIMARY KEY, a VARCHAR(20), b VARCHAR(20), n INT, m INT, f FLOAT)",
              "INSERT INTO pairs VALUES (1, 'ab', 'c', 1, 23, 0.1), (2, '1:x', '', 1, 2, 0), (3, 'N', NULL, NULL, 1, 0), (4, NULL, 'N', 1, 1, 0)")
    shop.damage("UPDATE pairs SET a = 'a', b = 'bc', n = 12, m = 3, f = 0.10000001 WHERE id = 1", "UPDATE pairs SET a = '', b = '1:x' WHERE id = 2",
                "UPDATE pairs SET a = NULL, b = 'N', n = NULL WHERE id = 3", "UPDATE pairs SET a = 'N', b = NULL WHERE id = 4")
    assert shop.repair().counts.updated == 4


def test_rows_that_are_equal_are_not_touched(shop: Shop) -> None:
    """Triggers on the target write down which rows are written."""
    shop.both("CREATE TABLE seats (id INT PRIMARY KEY, buyer VARCHAR(20))",
              "INSERT INTO seats WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i, 'x' FROM n")
    shop.damage("UPDATE seats SET buyer = 'y' WHERE id IN (5, 700)", "DELETE FROM seats WHERE id = 6", "INSERT INTO seats VALUES (0, ''), (901, '')",
                "CREATE DATABASE watch", "CREATE TABLE watch.log (id INT, what CHAR(1))",
                *(f"CREATE TRIGGER seen_{what} AFTER {what} ON seats FOR EACH ROW INSERT INTO watch.log VALUES ({row}.id, '{what}')"
                  for what, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))))
    done = shop.repair(chunk_rows=100)
    assert shop.rows(shop.target, "SELECT id, what FROM watch.log ORDER BY id") == [(0, "D"), (5, "U"), (6, "I"), (700, "U"), (901, "D")]
    assert done.triggers == ["shop.seats: seen_DELETE", "shop.seats: seen_INSERT", "shop.seats: seen_UPDATE"]


def test_parents_before_children_and_children_before_parents(shop: Shop) -> None:
    shop.both("CREATE TABLE z_parent (id INT PRIMARY KEY)", "CREATE TABLE middle (id INT PRIMARY KEY, p INT NOT NULL, "
              "FOREIGN KEY (p) REFERENCES z_parent (id))", "CREATE TABLE a_child (id INT PRIMARY KEY, m INT NOT NULL, "
              "FOREIGN KEY (m) REFERENCES middle (id))", "INSERT INTO z_parent VALUES (1), (2)", "INSERT INTO middle VALUES (1, 1), (2, 2)",
              "INSERT INTO a_child VALUES (1, 1), (2, 2)")
    shop.damage("DELETE FROM a_child WHERE id = 1", "DELETE FROM middle WHERE id = 1", "DELETE FROM z_parent WHERE id = 1",
                "INSERT INTO z_parent VALUES (9)", "INSERT INTO middle VALUES (9, 9)", "INSERT INTO a_child VALUES (9, 9)",
                "UPDATE a_child SET m = 9 WHERE id = 2")
    done = shop.repair()
    assert done.equal and (done.counts.inserted, done.counts.updated, done.counts.deleted) == (3, 1, 3)


def test_self_references_and_circles(shop: Shop) -> None:
    shop.both("CREATE TABLE tree (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES tree (id))",
              "CREATE TABLE egg (id INT PRIMARY KEY, hen INT NOT NULL)", "CREATE TABLE hen (id INT PRIMARY KEY, egg INT NOT NULL, "
              "FOREIGN KEY (egg) REFERENCES egg (id))", "ALTER TABLE egg ADD FOREIGN KEY (hen) REFERENCES hen (id)",
              "INSERT INTO tree VALUES (1, 5), (5, 3), (3, NULL), (7, 8), (8, 7)", "INSERT INTO egg VALUES (1, 1), (2, 2)",
              "INSERT INTO hen VALUES (1, 1), (2, 2)")
    shop.damage("DELETE FROM tree", "INSERT INTO tree VALUES (20, 21), (21, 20), (30, 31), (31, NULL)", "DELETE FROM egg WHERE id = 1",
                "DELETE FROM hen WHERE id = 1", "INSERT INTO egg VALUES (9, 9)", "INSERT INTO hen VALUES (9, 9)")
    done = shop.repair()
    assert done.equal, done.not_repaired
    assert done.counts.inserted == 7 and done.counts.deleted == 6


def test_a_cascade_takes_no_row_along_that_is_right(shop: Shop) -> None:
    """`orders` 1 belongs to buyer 1; on the target to an extra buyer, whose deletion would delete it and, with it, its lines, which are right."""
    shop.both("CREATE TABLE buyers (id INT PRIMARY KEY, mail VARCHAR(20) UNIQUE)", "CREATE TABLE orders (id INT PRIMARY KEY, buyer INT NOT NULL, "
              "no INT NOT NULL UNIQUE, FOREIGN KEY (buyer) REFERENCES buyers (id) ON DELETE CASCADE)",
              "CREATE TABLE order_lines (id INT PRIMARY KEY, o INT, FOREIGN KEY (o) REFERENCES orders (id) ON DELETE CASCADE)",
              "INSERT INTO buyers VALUES (1, 'a'), (2, 'b')", "INSERT INTO orders VALUES (1, 1, 100), (2, 2, 200)",
              "INSERT INTO order_lines VALUES (1, 1), (2, 2)")
    shop.damage("INSERT INTO buyers VALUES (9, 'x')", "UPDATE orders SET no = 0 WHERE id = 1", "UPDATE orders SET no = 100, buyer = 9 WHERE id = 2",
                "UPDATE orders SET no = 200, buyer = 9 WHERE id = 1", "CREATE DATABASE watch", "CREATE TABLE watch.log (id INT)",
                "CREATE TRIGGER gone AFTER DELETE ON order_lines FOR EACH ROW INSERT INTO watch.log VALUES (OLD.id)")
    assert shop.repair().equal
    assert shop.rows(shop.target, "SELECT * FROM watch.log") == []


def test_a_row_that_comes_to_have_its_parent_makes_up_for_none_that_loses_it(shop: Shop) -> None:
    """Rows that wait for each other, and one on the target that lacks its parent: it is put right, and elsewhere another would be left without."""
    shop.both("CREATE TABLE p (id INT PRIMARY KEY, place INT NOT NULL UNIQUE)", "CREATE TABLE c (id INT PRIMARY KEY, p INT, place INT UNIQUE, "
              "FOREIGN KEY (p) REFERENCES p (id))", "INSERT INTO p VALUES (1, 1), (2, 2)", "INSERT INTO c VALUES (1, 1, 1), (2, 2, 2)")
    shop.damage("CREATE DATABASE watch", "CREATE TABLE watch.k (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES shop.p (id))",
                "INSERT INTO p VALUES (7, 7)", "INSERT INTO watch.k VALUES (1, 7)", "UPDATE c SET place = 9 WHERE id = 1",
                "UPDATE c SET place = 1, p = 99 WHERE id = 2", "UPDATE c SET place = 2 WHERE id = 1")
    done = shop.repair()
    left = shop.rows(shop.target, "SELECT COUNT(*) FROM watch.k JOIN p ON p.id = k.p")
    shop.damage("DROP DATABASE watch")          # which keeps the other from being dropped
    assert left == [(1,)]
    assert not done.equal and any("refer to a row which is not there" in row["why"] for row in done.not_repaired), done.not_repaired


def test_an_update_that_would_spread_to_rows_that_are_right(shop: Shop) -> None:
    """On the target the second city has the first one's code. Giving it its own would, by ON UPDATE CASCADE, change a hall that is right."""
    shop.both("CREATE TABLE cities (id INT PRIMARY KEY, code CHAR(3) NOT NULL UNIQUE)", "CREATE TABLE halls (id INT PRIMARY KEY, code CHAR(3), "
              "FOREIGN KEY (code) REFERENCES cities (code) ON UPDATE CASCADE)", "INSERT INTO cities VALUES (1, 'ICN'), (2, 'PUS')",
              "INSERT INTO halls VALUES (1, 'ICN')")
    shop.damage("UPDATE cities SET code = 'X' WHERE id = 1", "UPDATE cities SET code = 'ICN' WHERE id = 2", "UPDATE halls SET code = 'ICN'")
    done = shop.repair()
    assert done.equal and (done.counts.updated, done.comparison.differing_rows, done.passes) == (2, 2, 1)
    shop.same("halls", ["id", "code"], "id")


def test_unique_values_that_have_changed_places(shop: Shop) -> None:
    shop.both("CREATE TABLE ranks (id INT PRIMARY KEY, place INT NOT NULL UNIQUE)", "INSERT INTO ranks VALUES (1, 1), (2, 2), (3, 3), (4, 4)")
    shop.damage("UPDATE ranks SET place = place + 10", "UPDATE ranks SET place = MOD(place - 10, 3) + 1 WHERE id < 4",
                "DELETE FROM ranks WHERE id = 4", "INSERT INTO ranks VALUES (5, 4)")
    done = shop.repair()
    assert done.equal and (done.counts.inserted, done.counts.updated, done.counts.deleted) == (1, 3, 1)


def statements(shop: Shop) -> int:
    """How many the target has been asked for."""
    return int(shop.rows(shop.target, "SHOW GLOBAL STATUS LIKE 'Questions'")[0][1])


@pytest.mark.parametrize(("table", "rows", "damage"), [
    ("id INT PRIMARY KEY, place INT NOT NULL UNIQUE", "SELECT i, i FROM n", "UPDATE t SET place = place + 1 ORDER BY place DESC"),
    ("id INT PRIMARY KEY, place INT NOT NULL UNIQUE", "SELECT i, i FROM n", "UPDATE t SET place = place - 1 ORDER BY place"),
    ("id INT PRIMARY KEY, place INT UNIQUE", "SELECT i, MOD(i * 7, 331) FROM n", "UPDATE t SET place = MOD(place + 5, 331) + 1000"),
    ("id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES t (id)", "SELECT i, IF(i = 1, NULL, i - 1) FROM n", "DELETE FROM t"),
    ("id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES t (id)", "SELECT -i, IF(i = 1, NULL, 1 - i) FROM n", "DELETE FROM t")])
def test_rows_that_wait_for_each_other_take_as_many_statements_as_there_are_rows_of_them(shop: Shop, table: str, rows: str, damage: str) -> None:
    """Either way round: what the source has and the target lacks, and what only the target has. Not the square of it."""
    for there in (shop.source, shop.target):
        took = []
        for count in (20, 80):
            shop.both("SET SESSION foreign_key_checks = 0", "DROP TABLE IF EXISTS t", f"CREATE TABLE t ({table})",
                      f"INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) {rows}")
            shop.on(there, damage)
            begun = statements(shop)
            done = repair(shop.source, shop.target, [SCHEMA])
            assert done.equal and done.counts.written == count, done.not_repaired
            took.append(statements(shop) - begun)
        assert took[1] < 6 * took[0], took
        assert compare(shop.source, shop.target, [SCHEMA]).equal


def test_keys_that_are_equal_and_written_differently(shop: Shop) -> None:
    shop.both("CREATE TABLE names (name VARCHAR(20) COLLATE utf8mb4_general_ci PRIMARY KEY, n INT)", "CREATE TABLE bytes (b BINARY(4) PRIMARY KEY)",
              "INSERT INTO names VALUES ('Kim', 1), ('lee', 2), ('박', 3)", "INSERT INTO bytes VALUES (''), (X'61')")
    shop.damage("UPDATE names SET name = 'kIM' WHERE n = 1", "UPDATE names SET name = 'lee ' WHERE n = 2",
                "UPDATE bytes SET b = X'6100FF00' WHERE b = X'61000000'")
    assert shop.repair().equal
    shop.same("names", ["name", "n"], "n")


def test_keys_of_every_kind(shop: Shop) -> None:
    kinds = {"e": "ENUM('z', 'a', 'm')", "n": "BIGINT UNSIGNED", "d": "DECIMAL(30,10)", "at": "DATETIME(6)", "span": "TIME(3)",
             "s": f"SET({MEMBERS})",
             "b": "VARBINARY(9)", "bt": "BIT(5)", "kr": "VARCHAR(9) CHARACTER SET euckr", "y": "YEAR", "day": "DATE"}
    alone = ("e", "at", "kr", "n")
    shop.both(*(f"CREATE TABLE by_{name} (k {kind} NOT NULL, i INT NOT NULL, v INT, PRIMARY KEY (k, i))" for name, kind in kinds.items()),
              *(f"CREATE TABLE only_{name} (k {kinds[name]} PRIMARY KEY, v INT)" for name in alone))
    values = {"e": ("1", "2"), "n": ("0", "18446744073709551615"), "d": ("'0.0000000001'", "'12345678901234567890.1234567891'"), "y": ("0", "1999"),
              "at": ("'0000-00-00'", "'2026-01-01 00:00:00.000001'"), "span": ("'-100:00:00.001'", "'1:00'"),
              "s": ("0", "18446744073709551615"), "b": ("''", "X'FF00'"),
              "bt": ("0", "b'10001'"), "kr": ("''", "'나'"), "day": ("'0000-00-00'", "'2026-02-31'")}
    lows = {name: (low, high) for name, (low, high) in values.items() if name in alone}
    shop.on(shop.source, *(f"INSERT INTO by_{name} VALUES ({low}, 1, 1), ({low}, 2, 2), ({high}, 1, 3)" for name, (low, high) in values.items()),
            *(f"INSERT INTO only_{name} VALUES ({low}, 1), ({high}, 2)" for name, (low, high) in lows.items()))
    shop.damage(*(f"INSERT INTO by_{name} VALUES ({low}, 1, 9), ({high}, 1, 3), ({high}, 2, 4)" for name, (low, high) in values.items()),
                *(f"INSERT INTO only_{name} VALUES ({high}, 3)" for name, (_, high) in lows.items()))
    done = shop.repair(chunk_rows=2)
    assert done.equal, done.not_repaired
    for name in kinds:
        shop.same(f"by_{name}", ["k", "i", "v"], "k, i")
    both = len(kinds) + len(alone)
    assert (done.counts.inserted, done.counts.updated, done.counts.deleted) == (both, both, len(kinds))


def test_tables_without_a_key_are_bags_of_rows(shop: Shop) -> None:
    shop.both("CREATE TABLE log (x INT, y TEXT, at TIMESTAMP NULL DEFAULT NULL ON UPDATE CURRENT_TIMESTAMP)",
              "INSERT INTO log (x, y) VALUES (1, 'a'), (1, 'a'), (1, 'a'), (2, NULL), (3, '')")
    shop.damage("DELETE FROM log WHERE x = 1 LIMIT 2", "INSERT INTO log (x, y) VALUES (2, NULL), (2, NULL), (4, 'z'), (4, 'z')",
                "DELETE FROM log WHERE x = 3")
    assert compare(shop.source, shop.target, [SCHEMA]).differing_rows == 7
    done = shop.repair()
    assert done.equal and (done.counts.inserted, done.counts.deleted) == (3, 4)
    assert shop.rows(shop.target, "SELECT x, y FROM log ORDER BY x") == [(1, "a"), (1, "a"), (1, "a"), (2, None), (3, "")]


@pytest.mark.parametrize("rule", ["CASCADE", "SET NULL"])
@pytest.mark.parametrize("key", ["a INT NULL UNIQUE", "x INT AS (7) VIRTUAL, a INT AS (b) STORED NOT NULL PRIMARY KEY", "a DOUBLE PRIMARY KEY"])
def test_a_bag_of_rows_takes_no_row_along_that_refers_to_it(shop: Shop, rule: str, key: str) -> None:
    """It is repaired by DELETE and INSERT, and its children were compared before that. Without any of them it is repaired."""
    stored = "AS" not in key
    shop.both(f"CREATE TABLE p ({key}, b INT, c INT)", f"CREATE TABLE child (id INT PRIMARY KEY, a {'DOUBLE' if 'DOUBLE' in key else 'INT'}, "
              f"FOREIGN KEY (a) REFERENCES p (a) ON DELETE {rule})",
              f"INSERT INTO p ({'a, ' * stored}b, c) VALUES ({'1, ' * stored}1, 1), ({'2, ' * stored}2, 2), ({'3, ' * stored}3, 3)",
              "INSERT INTO child VALUES (10, 1), (11, 2)")
    shop.damage("UPDATE p SET c = 9 WHERE a = 1", "INSERT INTO child VALUES (12, 3)", "UPDATE p SET c = 9 WHERE a = 3")
    done = shop.repair()
    assert not done.equal and "go along with it" in done.not_repaired[0]["why"] and done.counts.deleted == 1, "the extra child alone"
    assert shop.rows(shop.target, "SELECT id, a FROM child ORDER BY id") == [(10, 1), (11, 2)]
    shop.both("DELETE FROM child")
    assert shop.repair().equal


def test_bags_of_the_same_rows_in_other_numbers_differ(shop: Shop) -> None:
    """As many rows on both sides, and each an even number of times, so that the XOR of either is 0: only what is added up can tell."""
    a, b = "(1, 'a')", "(2, NULL)"
    shop.both("CREATE TABLE log (x INT, y VARCHAR(9))", "CREATE TABLE same (x INT, y VARCHAR(9))", "CREATE TABLE none (x INT)")
    shop.on(shop.source, f"INSERT INTO log VALUES {a}, {a}, {b}, {b}, {b}, {b}", f"INSERT INTO same VALUES {a}, {b}, {a}")
    shop.damage(f"INSERT INTO log VALUES {a}, {a}, {a}, {a}, {b}, {b}", f"INSERT INTO same VALUES {b}, {a}, {a}")
    with shop.source.connected() as here, shop.target.connected() as there:
        log = describe(here, [SCHEMA])["shop.log"]
        mine, theirs = (query(conn, *checksum_sql(Chunk(log)))[0] for conn in (here, there))
        assert (mine["n"], mine["digest"]) == (theirs["n"], theirs["digest"]) == (6, "0" * 64) and mine["total"] != theirs["total"]
        rows = [int(str(row["digest"]), 16) for row in query(here, f"SELECT {digest_sql(log)} AS digest FROM shop.log")]
        assert mine["total"] == f"{sum(row >> 192 for row in rows)}+{sum(row >> 128 & 2**64 - 1 for row in rows)}"
    found = compare(shop.source, shop.target, [SCHEMA])
    assert [(each["table"], each["kind"]) for each in found.differences] == [("shop.log", "rows")] and found.differing_rows == 4
    assert shop.repair().equal
    shop.same("log", ["x", "y"], "x, y")


def test_a_table_without_a_key_that_is_too_large_is_refused_by_name(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.repair.KEYLESS_LIMIT", 3)
    monkeypatch.setattr(look, "KEYLESS_LIMIT", 3)
    shop.both("CREATE TABLE log (x INT)", "CREATE TABLE ok (id INT PRIMARY KEY)", "INSERT INTO log VALUES (1), (2), (3), (4)")
    shop.damage("DELETE FROM log LIMIT 1", "INSERT INTO ok VALUES (1)")
    with pytest.raises(Fault, match=r"shop\.log: 4 rows at the source, 3 on the target, and neither") as refused:
        shop.repair()
    assert "Nothing was written" in refused.value.told() and shop.rows(shop.target, "SELECT id FROM ok") == [(1,)]
    shop.on(shop.source, "DELETE FROM log WHERE x > 1")          # small here, and large there: that would come into memory, and go in one transaction
    shop.damage("INSERT INTO log VALUES (7), (8)")
    with pytest.raises(Fault, match=r"shop\.log: 1 rows at the source, 5 on the target, and neither"):
        shop.repair()
    assert shop.rows(shop.target, "SELECT COUNT(*) FROM log") == [(5,)]


def test_a_row_of_16_mb(shop: Shop) -> None:
    shop.both("CREATE TABLE films (id INT PRIMARY KEY, film LONGBLOB)")
    shop.on(shop.source, "INSERT INTO films VALUES (1, REPEAT(X'00275CFF', 4194304)), (2, 'x')")
    shop.damage("INSERT INTO films VALUES (1, CONCAT(REPEAT(X'00275CFF', 4194303), 'zzzz'))")
    done = shop.repair()
    assert done.equal and (done.counts.inserted, done.counts.updated) == (1, 1)


def test_a_check_writes_nothing(shop: Shop) -> None:
    shop.both("CREATE TABLE t (id INT PRIMARY KEY)")
    shop.damage("INSERT INTO t VALUES (1)")
    done = shop.repair(check=True, checkpoint="never")
    assert (done.equal, done.left, done.counts.written) == (False, 1, 0) and shop.rows(shop.target, "SELECT id FROM t") == [(1,)]
    assert shop.rows(shop.target, "SHOW TABLES IN dr LIKE 'sync%'") == []
