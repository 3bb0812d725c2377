# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Salvage with values of every awkward kind, on real servers: a verdict hangs on bytes, and what comes over is what was there."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import execute
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replication import binlog_position
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.find import Sides, find
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.replay import Decision, Replayed, replay
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.report import Report, load, save
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import compare

from tests.contract.sync_pair import SCHEMA, Shop, shop  # noqa: F401 -- a fixture

TEXTS = [(f"VARCHAR(9) CHARACTER SET {charset}", value) for charset, value in (
    ("sjis", "_sjis X'835C41'"), ("gbk", "'中国'"), ("big5", "'中'"), ("utf16", "'가a'"), ("ucs2", "'я'"), ("cp1251", "'я'"),
    ("latin1", "_latin1 X'81E9'"), ("euckr", "'가나'"))]
EXACTLY = [
    *TEXTS, ("VARCHAR(9) CHARACTER SET sjis", "_sjis X'5C41'"), ("VARCHAR(9) CHARACTER SET cp932", "_cp932 X'EEF9'"),
    ("ENUM('a', '')", "0"), ("ENUM('VIP', 'R', 'S')", "'R'"), ("SET('a', 'b')", "3"), ("BIT(64)", "18446744073709551615"), ("DATE", "'2026-02-31'"),
    ("DATETIME(6)", "'0000-00-00'"), ("DECIMAL(9,2) ZEROFILL", "1.5"), ("VECTOR(2)", "STRING_TO_VECTOR('[1,2.5]')"), ("FLOAT", "0.1")]


@pytest.fixture
def split(shop: Shop) -> Shop:      # noqa: F811
    """The source is the writer, the target the old server; what is decided is written down."""
    return shop


def search(split: Shop, since: object) -> Report:
    return find(Sides(split.target, split.source, "aws", "nhn"), [SCHEMA], by_gtid=False, since=since)      # type: ignore[arg-type]


def now(split: Shop) -> object:
    with split.source.connected() as conn:
        return binlog_position(conn)


def verdicts(split: Shop, since: object) -> list[tuple[str, str]]:
    return sorted((row.verdict, row.change) for row in search(split, since).rows)


@pytest.mark.parametrize("place", ["key", "value"])
@pytest.mark.parametrize(("kind", "value"), TEXTS)
def test_what_the_writer_went_on_from_is_superseded_in_any_character_set(split: Shop, kind: str, value: str, place: str) -> None:
    key = "k, id" if place == "key" else "id"
    split.both(f"CREATE TABLE d (id INT, k {kind} NOT NULL, v INT, PRIMARY KEY ({key}))", f"INSERT INTO d VALUES (7, {value}, 1), (8, {value}, 1)")
    since = now(split)
    split.on(split.source, "DELETE FROM d WHERE id = 7", "UPDATE d SET v = 2 WHERE id = 8")
    assert verdicts(split, since) == [("superseded", "insert"), ("superseded", "update")]


def test_two_texts_that_only_their_bytes_tell_apart_are_two(split: Shop) -> None:
    """cp932 writes one character in two ways: whoever compares texts takes the old server's row for the one the writer went on from."""
    split.both("CREATE TABLE d (id INT PRIMARY KEY, k VARCHAR(9) CHARACTER SET cp932)", "INSERT INTO d VALUES (8, _cp932 X'EEF9')")
    since = now(split)
    split.on(split.target, "UPDATE d SET k = _cp932 X'81CA'")
    split.on(split.source, "UPDATE d SET k = 'x'")
    assert verdicts(split, since) == [("conflict", "update")]


def test_a_key_that_is_spelled_differently_is_one_key(split: Shop) -> None:
    split.both("CREATE TABLE d (id VARCHAR(10) PRIMARY KEY, v INT)", "INSERT INTO d VALUES ('Kim', 1)")
    since = now(split)
    split.on(split.target, "UPDATE d SET id = 'KIM', v = 2")
    split.on(split.source, "UPDATE d SET id = 'kim', v = 3")
    assert verdicts(split, since) == [("conflict", "update")]


@pytest.mark.parametrize(("made", "changed"), [
    ("v VARCHAR(10)", ("ALTER TABLE d MODIFY v INT",)), ("v INT, w INT", ("ALTER TABLE d DROP w, ADD u INT",)),
    ("v INT", ("ALTER TABLE d MODIFY id BIGINT",)), ("v VARCHAR(9) CHARACTER SET latin1", ("ALTER TABLE d CONVERT TO CHARACTER SET utf8mb4",)),
    ("v INT", ("/* by night */ TRUNCATE d",))])
def test_a_table_that_was_built_anew_since_gives_conflicts_and_no_guesses(split: Shop, made: str, changed: tuple[str, ...]) -> None:
    split.both(f"CREATE TABLE d (id INT PRIMARY KEY, {made})", "INSERT INTO d (id, v) VALUES (7, '1'), (8, '1')")
    since = now(split)
    split.on(split.source, "UPDATE d SET v = '12' WHERE id = 7", "DELETE FROM d WHERE id = 8")
    split.on(split.target, "UPDATE d SET v = '13'")
    split.both(*changed) if "TRUNCATE" not in changed[0] else split.on(split.source, *changed)
    report = search(split, since)
    assert {row.verdict for row in report.rows} == {"conflict"} and len(report.rows) == 2
    assert {row.because for row in report.rows} == {
        f"The writer's log says that the table was {'emptied' if 'TRUNCATE' in changed[0] else 'altered'} there since: nobody can tell whether "
        "this row never came over or was changed there since."}


def test_a_table_that_was_altered_unlogged_is_noticed_by_its_columns(split: Shop) -> None:
    split.both("CREATE TABLE d (id INT PRIMARY KEY, v VARCHAR(10))", "INSERT INTO d VALUES (7, '1'), (8, '1')")
    since = now(split)
    split.on(split.source, "UPDATE d SET v = 'abc' WHERE id = 7", "UPDATE d SET v = '12' WHERE id = 7")
    split.on(split.target, "UPDATE d SET v = '13' WHERE id = 7")
    for server in (split.source, split.target):
        with server.connected(database=SCHEMA) as conn:
            execute(conn, "ALTER TABLE d MODIFY v INT") if server is split.target else _unlogged(split, "ALTER TABLE shop.d MODIFY v INT")
    assert verdicts(split, since) == [("conflict", "update")]


def _unlogged(split: Shop, statement: str) -> None:
    """As whoever may do that (NHN's accounts may not): the lab's own."""
    from lab.hosts.mysql.server import sql
    from tests.contract.mysql_pair import ALONE_NHN, NHN

    sql(ALONE_NHN if split.source.host.startswith("10.252.") else NHN, f"SET sql_log_bin = 0; {statement};")


def bring(split: Shop, since: object, folder: Path) -> Replayed:
    report = search(split, since)
    report = load(save(report, folder).stem, folder)
    return replay(split.source, report, Decision("kim", ("replay",)))


@pytest.mark.parametrize(("kind", "value"), EXACTLY)
def test_what_is_replayed_is_what_was_there(split: Shop, tmp_path: Path, kind: str, value: str) -> None:
    split.both(f"CREATE TABLE d (id INT PRIMARY KEY, k {kind}, v INT)", "INSERT INTO d (id) VALUES (8)")
    since = now(split)
    split.damage(f"INSERT INTO d VALUES (7, {value}, 1)", f"UPDATE d SET k = {value} WHERE id = 8")
    done = bring(split, since, tmp_path)
    assert len(done.done) == 2 and compare(split.source, split.target, [SCHEMA]).equal


def test_a_row_that_would_not_be_the_same_there_is_taken_back(split: Shop, tmp_path: Path) -> None:
    split.both("CREATE TABLE d (id INT PRIMARY KEY, v INT)")
    split.on(split.source, "CREATE TRIGGER more BEFORE INSERT ON d FOR EACH ROW SET new.v = new.v + 1")
    since = now(split)
    split.damage("INSERT INTO d VALUES (7, 1)")
    done = bring(split, since, tmp_path)
    assert not done.done and "would not hold it as it was" in done.refused["r1"] and not split.rows(split.source, "SELECT * FROM d")


def test_a_document_that_is_more_than_its_text_is_not_taken_for_another_one_even_by_decision(split: Shop, tmp_path: Path) -> None:
    """A date inside a document: from its text a string comes about, whose text is the same."""
    split.both("CREATE TABLE d (id INT PRIMARY KEY, j JSON)")
    since = now(split)
    split.damage("INSERT INTO d VALUES (7, JSON_ARRAY(CAST('2026-01-01' AS DATE))), (8, JSON_ARRAY('2026-01-01'))")
    report = search(split, since)
    assert [(row.key["id"], row.verdict) for row in report.rows] == [("7", "conflict"), ("8", "replay")]
    report = load(save(report, tmp_path).stem, tmp_path)
    done = replay(split.source, report, Decision("kim", rows=("r1", "r2")))
    assert done.done == ["r2"] and "cannot be written by SQL" in done.refused["r1"]
    assert split.rows(split.source, "SELECT id FROM d") == [(8,)]
