# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Verdicts on rows that were left behind, and the report that keeps them, without a server."""

from __future__ import annotations

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.dialects import Position
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage import touched
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.cells import OPAQUE
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.find import count, spelled_out
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.replay import statement
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.report import Left, load, new_report, save
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.said import Said, said
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.statements import beyond_rows, stated, unmakes
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.stream import OTHER as ANYTHING
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.stream import Change
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.tablemap import TableMap, readable
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.values import Document, Encoded, Numbered
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.verdicts import Case, Touch, judge
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.tables import Column, Table

OURS, OTHER, OLDER = ({"id": "5", "name": name} for name in ("ours", "other", "older"))


def verdict(ours, theirs, touch=None, **more):
    found = judge(Case(ours, theirs, touch, more.pop("clash", {}), **more))
    return found and (found.verdict, found.change, *(["renumber"] if found.renumber else []))


@pytest.mark.parametrize(("given", "expected"), [
    # never replicated
    ((OURS, None), ("replay", "insert")),
    ((OURS, OLDER), ("replay", "update")),
    ((None, OURS), ("replay", "delete")),
    # deleted since is not never replicated
    ((OURS, None, Touch("delete", OURS)), ("superseded", "insert")),
    ((OURS, None, Touch("update", OURS)), ("superseded", "insert")),
    ((OURS, None, Touch("delete", None)), ("superseded", "insert")),
    ((OURS, None, Touch("delete", OLDER)), ("conflict", "insert")),
    # the writer went on from the very row, or both went their own way
    ((OURS, OTHER, Touch("update", OURS)), ("superseded", "update")),
    ((OURS, OTHER, Touch("update", OLDER)), ("conflict", "update")),
    ((OURS, OTHER, Touch("update", {**OURS, "name": OPAQUE})), ("conflict", "update")),
    ((OURS, None, Touch("delete", {**OURS, "name": OPAQUE})), ("superseded", "insert")),
    ((None, OTHER, Touch("update", OURS)), ("conflict", "delete")),
    # the writer made a row of its own under the key
    ((OURS, OTHER, Touch("insert")), ("conflict", "update")),
    ((OURS, None, Touch("insert", None, "delete")), ("conflict", "insert")),
    ((None, OTHER, Touch("insert")), None),
    ((OURS, OURS, Touch("update", OLDER)), None),
    ((None, None), None),
])
def test_what_becomes_of_a_row(given, expected):
    assert verdict(*given) == expected


def test_a_number_that_was_given_to_another_row_is_no_conflict():
    assert verdict(OURS, OTHER, Touch("insert"), numbered=True) == ("replay", "insert", "renumber")
    assert verdict(OURS, OTHER, Touch("insert"), numbered=True, clash={"one_seat": OTHER}) == ("conflict", "insert")


def test_a_seat_that_was_sold_to_somebody_else_is_a_conflict():
    assert verdict(OURS, None, clash={"one_seat": OTHER}) == ("conflict", "insert")
    assert verdict(OURS, OTHER, clash={"one_seat": OTHER}) == ("conflict", "update")


def test_without_the_writer_s_log_nothing_is_replayed():
    assert {verdict(*rows, complete=False)[0] for rows in ((OURS, None), (OURS, OTHER), (None, OTHER))} == {"conflict"}
    # What it made under this key may have been made again: the row that was there may have been deleted before its log begins.
    assert verdict(OURS, OTHER, Touch("insert"), numbered=True, complete=False) == ("conflict", "update")
    assert verdict(OURS, OTHER, Touch("update", OURS), complete=False) == ("superseded", "update")


def test_where_the_log_cannot_be_read_it_is_a_conflict_whatever_else_it_says():
    said = {"unread": "The writer's log says that the table was altered there since"}
    for rows in ((OURS, None), (OURS, OTHER), (None, OTHER), (OURS, None, Touch("delete", OURS)), (OURS, OTHER, Touch("insert"))):
        assert verdict(*rows, **said)[0] == "conflict"
    assert verdict(OURS, OURS, **said) is None


def test_a_copy_that_was_behind_has_nothing_to_give():
    assert verdict(OURS, None, behind=True) == ("superseded", "insert") and verdict(None, OURS, behind=True) is None


def test_where_nothing_tells_whose_row_is_older_people_decide():
    for rows in ((OURS, None), (OURS, OTHER), (None, OTHER)):
        assert verdict(*rows, unclear=True)[0] == "conflict" and verdict(*rows)[0] == "replay"
    assert verdict(OURS, None, Touch("delete", OURS), unclear=True)[0] == "superseded" and verdict(None, OTHER, Touch("insert"), unclear=True) is None


def test_a_report_keeps_bytes_and_is_never_overwritten(tmp_path):
    report = new_report("nhn", "u-1", "aws", "u-2")
    report.rows = [Left("t.a", {"id": b"\x00\xff"}, "insert", "replay", "so", {"id": b"\x00\xff", "n": None, "s": "좌석"}, None, {"u": {"id": "1"}})]
    path = save(report, tmp_path)
    again = load(report.id, tmp_path)
    assert again.rows[0].values == report.rows[0].values and again.rows[0].key == {"id": b"\x00\xff"} and again.rows[0].id == "r1"
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(Fault, match="Nothing was changed in any database"):
        save(report, tmp_path)
    with pytest.raises(Fault, match=report.id):
        load("../x", tmp_path)


@pytest.mark.parametrize(("broken", "raised"), [(OSError(28, "No space left on device"), Fault), (KeyboardInterrupt(), KeyboardInterrupt)])
def test_a_report_has_its_name_only_once_it_is_whole(tmp_path, monkeypatch, broken, raised):
    """Half of one, which cannot be read, would stand in the way of every look at what waits for a decision."""
    seen = []

    def breaks(_number):
        seen.extend(path.name for path in tmp_path.iterdir())
        raise broken

    report = new_report("nhn", "u-1", "aws", "u-2")
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", breaks)
        with pytest.raises(raised):
            save(report, tmp_path)
    assert seen == [f"{report.id}.json.part"] and list(tmp_path.iterdir()) == []
    assert save(report, tmp_path).name == f"{report.id}.json"


def test_a_report_keeps_what_the_text_of_a_document_does_not_tell(tmp_path):
    report = new_report("nhn", "u-1", "aws", "u-2")
    plain, more = Document('["2026-01-01"]'), Document('["2026-01-01"]', "77")
    report.rows = [Left("t.a", {"id": "1"}, "insert", "conflict", "so", {"id": "1", "j": more, "k": plain}, None, {})]
    again = load(save(report, tmp_path).stem, tmp_path).rows[0].values
    assert again["j"] == more and again["j"] != plain and again["k"] == plain and "kinds" not in str(next(report.plain_rows())["values"]["k"])


def test_statements_of_a_replay():
    table = Table("t", "a", (Column("id", "int", "int"), Column("n", "int", "int"), Column("g", "int", "int", generated=True)), ("id",))
    row = Left("t.a", {"id": "5"}, "insert", "replay", "", {"id": "5", "n": "7"}, None, {})
    assert statement(table, row) == ("INSERT INTO `t`.`a` (`id`, `n`) VALUES (%s, %s)", ["5", "7"])
    assert statement(table, Left(*[getattr(row, name) for name in (
        "table", "key", "change", "verdict", "because", "values", "writer_values", "clash")], renumber=True)) == (
        "INSERT INTO `t`.`a` (`n`) VALUES (%s)", ["7"])
    gone = Left("t.a", {"id": "5"}, "delete", "replay", "", None, {"id": "5", "n": "7"}, {})
    assert statement(table, gone) == ("DELETE FROM `t`.`a` WHERE `id` IN (%s)", [5])


D = Table("shop", "d", (Column("id", "int", "int"),), ("id",))


@pytest.mark.parametrize(("sql", "schema", "kind"), [
    ("ALTER TABLE d ADD x INT", "shop", "altered"), ("alter table `shop`.`d` add x int", "other", "altered"),
    ("/* x */ TRUNCATE d", "shop", "emptied"), ("TRUNCATE TABLE shop.D", "", "emptied"), ("-- d\nDROP TABLE IF EXISTS `d`", "shop", "emptied"),
    ("RENAME TABLE d TO e, f TO d", "shop", "emptied"), ("DROP DATABASE shop", "shop", "emptied"),
    *((sql, schema, None) for sql, schema in (
        ("DROP SCHEMA other", "shop"), ("ALTER TABLE d2 ADD d3 INT", "shop"), ("ALTER TABLE d ADD x INT", "other"), ("BEGIN", "shop"),
        ("DROP TRIGGER d", "shop"), ("CREATE TABLE d (id INT)", "shop"), ("ALTER USER d", "shop"), ("INSERT INTO d VALUES (1)", "shop")))])
def test_statements_after_which_a_log_cannot_be_read_as_before(sql, schema, kind):
    assert list(unmakes(Said(sql, schema), {"shop.d": D})) == ([("shop.d", kind)] if kind else [])


@pytest.mark.parametrize(("sql", "kind"), [
    *((f"ALTER TABLE d {what}", "moved") for what in (
        "DROP PARTITION p1", "truncate partition ALL", "EXCHANGE PARTITION p1 WITH TABLE e", "RENAME TO e", "RENAME e", "ADD KEY (b), RENAME AS e",
        "DISCARD TABLESPACE", "IMPORT PARTITION p1 TABLESPACE", "DROP COLUMN b", "DROP `b`", "MODIFY b TINYINT", "CHANGE b c INT")),
    ("ALTER TABLE e RENAME TO d", "moved"), ("ALTER TABLE e EXCHANGE PARTITION p1 WITH TABLE shop.d", "moved"),
    *((f"ALTER TABLE d {what}", "altered") for what in (
        "RENAME COLUMN b TO c", "RENAME INDEX b TO c", "DROP INDEX b", "DROP PRIMARY KEY, ADD PRIMARY KEY (id)", "DROP FOREIGN KEY f", "DROP CHECK c",
        "ADD PARTITION (PARTITION p9 VALUES LESS THAN (9))", "REORGANIZE PARTITION p1 INTO (PARTITION p2 VALUES LESS THAN (2))", "ENGINE = InnoDB",
        "ALTER b DROP DEFAULT")),
    ("/*!50000 TRUNCATE TABLE d */", "emptied"), ("TRUNCATE /* all */ TABLE d", "emptied"), ("DROP /*!80000 TABLE */ d", "emptied"),
    ("ALTER TABLE `d` /*!50100 DROP PARTITION p1 */", "moved"), ("# `\nTRUNCATE d", "emptied"),
    ("ALTER TABLE d ADD x INT COMMENT 'it''s #1', RENAME e", "moved")])
def test_statements_by_which_rows_come_and_go_unseen(sql, kind):
    assert list(unmakes(Said(sql, "shop"), {"shop.d": D})) == [("shop.d", kind)]


def test_a_name_may_hold_what_begins_a_comment():
    odd = {f"shop.{name}": Table("shop", name, D.columns, D.key) for name in ("seats#1", "a/*b", "c-- d")}
    for label, table in odd.items():
        assert list(unmakes(Said(f"TRUNCATE TABLE `{table.name}`", "shop"), odd)) == [(label, "emptied")]


@pytest.mark.parametrize(("sql", "schema", "told"), [
    ("DELETE FROM d WHERE id = 1", "shop", True), ("/* app */ insert into shop.e values (1)", "", True), ("WITH n AS (SELECT 1) UPDATE x SET y = 1",
     "shop", True), ("SELECT `shop`.`sell`(1)", "", True), ("LOAD DATA LOCAL INFILE '/tmp/x' INTO TABLE `d`", "shop", True),
    ("REPLACE INTO dr.gate VALUES (1)", "", False), ("BEGIN", "shop", False), ("COMMIT", "shop", False), ("ANALYZE TABLE d", "shop", False),
    ("INSERT INTO mysql.rds_heartbeat2 (id, value) VALUES (1, 5) ON DUPLICATE KEY UPDATE value = 5", "mysql", False)])
def test_statements_instead_of_rows(sql, schema, told):
    assert list(stated(Said(sql, schema), {"shop.d": D})) == ["shop.d"] * told


@pytest.mark.parametrize(("sql", "schema", "beyond"), [
    ("CREATE TABLE vouchers (id INT)", "shop", True), ("CREATE TABLE `shop`.`vouchers` (id INT)", "", True), ("/* x */ DROP TABLE d", "shop", True),
    ("GRANT SELECT ON shop.* TO u", "", True), ("XA COMMIT X'61',X'',1", "", True), ("XA ROLLBACK X'61',X'',1", "", True),
    ("BEGIN", "shop", False), ("COMMIT", "shop", False), ("SAVEPOINT `shop`", "shop", False), ("ROLLBACK TO `a`", "shop", False), ("", "shop", False),
    ("XA START X'61',X'',1", "shop", False), ("XA END X'61',X'',1", "shop", False), ("CREATE TABLE d (id INT)", "other", False),
    ("INSERT INTO mysql.rds_heartbeat2 (id, value) VALUES (1, 5) ON DUPLICATE KEY UPDATE value = 5", "mysql", False)])
def test_statements_that_no_row_tells_of(sql, schema, beyond):
    assert beyond_rows(Said(sql, schema), ["shop", "dr"]) is beyond


K = Table("shop", "좌석", D.columns, D.key)
CHARSETS = {255: "utf8mb4", 19: "euckr", 8: "latin1", 63: "binary", 1: "big5", 10: "swe7"}


def event(raw, client, schema="shop", told=b"\x04"):
    """A statement as a Query event has it."""
    words = b"\x00" + bytes(4) + b"\x01" + bytes(8) + b"\x06\x03std" + told + client.to_bytes(2, "little") + bytes(4) + b"\x0c\x01shop\x00"
    return said(bytes(8) + bytes([len(schema)]) + bytes(2) + len(words).to_bytes(2, "little") + words + schema.encode() + b"\0" + raw, 13, CHARSETS)


@pytest.mark.parametrize(("raw", "client", "kind"), [
    ("TRUNCATE TABLE `좌석`".encode(), 255, "emptied"), ("TRUNCATE TABLE `좌석`".encode("cp949"), 19, "emptied"),
    ("ALTER TABLE `좌석` DROP PARTITION p1".encode("cp949"), 19, "moved"), ("TRUNCATE TABLE `좌석2`".encode("cp949"), 19, None),
    ("TRUNCATE TABLE `좌석2`".encode(), 255, None), ("TRUNCATE TABLE `좌석`".encode(), 63, "emptied"),
    # what the server itself writes for such a client
    ("DROP TABLE `새`,".encode("cp949") + "`좌석`".encode(), 19, "emptied"),
    # nobody here can say what these are called
    (b"TRUNCATE TABLE `\xa4\x40`", 1, "unread"), (b"ALTER TABLE `\xa4\x40` ADD x INT", 1, "unread"), (b"TRUNCATE TABLE d", 1, None),
    (b"TRUNCATE TABLE d", 10, "unread"), (b"TRUNCATE TABLE `\x81\x8d`", 8, "unread"), (b"DROP DATABASE `\xa4\x40`", 1, "unread"),
    (b"ALTER TABLE d COMMENT '\xff'", 255, None), (b"GRANT SELECT ON `\xa4\x40`.* TO u", 1, None)])
def test_a_statement_is_read_in_the_characters_of_its_client(raw, client, kind):
    assert list(unmakes(event(raw, client), {"shop.좌석": K})) == ([("shop.좌석", kind)] if kind else [])


def test_a_statement_that_cannot_be_read_is_about_everything():
    assert list(unmakes(event("TRUNCATE TABLE `새`".encode("cp949"), 19, told=b"\x63"), {"shop.d": D})) == [("shop.d", "unread")]
    assert list(stated(event(b"DELETE FROM `\xa4\x40`.x", 1, "other"), {"shop.d": D})) == ["shop.d"]
    assert beyond_rows(event(b"CREATE TABLE `\xa4\x40`.x (id INT)", 1, "other"), ["shop"])
    assert not beyond_rows(event(b"CREATE TABLE other.x (id INT)", 1, "other"), ["shop"])


def test_what_a_name_cannot_hold_is_a_question_mark_to_mysql():
    asked = Table("shop", "?", D.columns, D.key)
    assert list(unmakes(event("TRUNCATE TABLE `🎫`".encode(), 255), {"shop.?": asked})) == [("shop.?", "emptied")]


def test_a_cell_is_read_only_by_the_type_and_character_set_it_was_logged_in():
    charsets = {8: "latin1", 255: "utf8mb4", 33: "utf8mb3", 63: "binary"}

    def fits(kind, type_, charset=None, meta=b"", collation=None, known=True):
        told = TableMap("shop.d", bytes((kind,)), [meta], {0: False} if known else {}, {} if collation is None else {0: collation})
        return readable(Column("c", type_, type_, charset=charset), 0, told, charsets)

    assert fits(3, "bigint") and not fits(3, "bigint", known=False) and not fits(15, "int", collation=255) and not fits(3, "varchar", "utf8mb4")
    assert fits(15, "varchar", "latin1", collation=8) and not fits(15, "varchar", "utf8mb4", collation=8) and not fits(15, "varchar", "utf8mb4")
    assert fits(15, "varchar", "utf8", collation=33) and not fits(15, "varchar", "latin9", collation=99)
    assert fits(15, "varbinary", collation=63) and not fits(15, "varbinary", collation=255) and not fits(254, "char", "utf8mb4", b"\xf7\x01", 255)
    assert fits(254, "enum", "utf8mb4", b"\xf7\x01") and not fits(254, "set", "utf8mb4", b"\xf7\x01")


def test_what_a_report_shows_for_people_comes_back_as_what_counts(tmp_path):
    report = new_report("nhn", "u-1", "aws", "u-2")
    values = {"e": Numbered(0, ""), "s": Encoded(b"\x83\x5c", "sjis"), "x": Encoded(b"\xff", "geostd8"), "b": 2**64 - 1}
    report.rows = [Left("t.a", {"e": Numbered(0, "")}, "insert", "replay", "so", values, None, {})]
    again = load(save(report, tmp_path).stem, tmp_path).rows[0].values
    assert again == values and [type(value) for value in again.values()] == [Numbered, Encoded, Encoded, int]
    assert '"text": "ソ"' in (tmp_path / f"{report.id}.json").read_text()


def test_sets_of_gtids():
    assert list(spelled_out("u-1:1-3:7,u-2:5")) == ["u-1:1", "u-1:2", "u-1:3", "u-1:7", "u-2:5"] and count("u-1:1-3:7,u-2:5") == 5
    with pytest.raises(Fault, match="tagged"):
        count("u-1:mine:1-3")


@pytest.mark.parametrize(("kind", "before", "after", "tells_all"), [
    ("insert", None, {"id": "1", "v": "1"}, True), ("update", {"id": "1", "v": "1"}, {"id": "1", "v": "2"}, True),
    ("update", {"id": "1", "v": "1"}, {"id": "2", "v": "1"}, False), ("delete", {"id": "1", "v": "1"}, None, False)])
def test_transactions_do_not_tell_what_went_with_a_row_that_others_refer_to(monkeypatch, kind, before, after, tells_all):
    table = Table("s", "orders", (Column("id", "int", "int"), Column("v", "int", "int")), ("id",))
    changes = [Change(1, "u:1", "s.orders", kind, before, after, Position("f", 4))]
    monkeypatch.setattr(touched, "changes", lambda *_given, **_more: iter(changes))
    spreading = {("s.orders", ("id",))}
    assert touched.keys_in(None, {"s.orders": table}, {"u:1"}, spreading)[1] == (set() if tells_all else {"s.orders"})
    assert touched.keys_in(None, {"s.orders": table}, {"u:1"})[1] == set()


def test_what_is_no_row_of_a_known_table_counts_in_the_transactions_that_are_asked_for_and_in_no_other(monkeypatch):
    table = Table("s", "orders", (Column("id", "int", "int"),), ("id",))
    told = (("u:1", "s.vouchers"), ("u:2", ""), ("u:3", "s.more"))
    changes = [Change(1, gtid, label, ANYTHING, None, None, Position("f", 4)) for gtid, label in told]
    monkeypatch.setattr(touched, "changes", lambda *_given, **_more: iter(changes))
    assert touched.keys_in(None, {"s.orders": table}, {"u:1", "u:2"}, schemas=["s"]) == ({}, {"s.vouchers", ""})
