# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What stops a comparison or a repair on real servers: a clear word, and nothing half applied."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import BadInput, Fault, TimedOut
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import DatabaseFault, Server, execute
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import checkpoint, look
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import compare as comparing
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import repair as repairing
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import compare
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.repair import repair
from ansible_collections.multicloud.dr.plugins.module_utils.switch import gate

from lab import podman
from tests.contract.mysql_pair import AWS
from tests.contract.sync_pair import SCHEMA, SEATS, Shop, shop, written

__all__ = ["shop"]

def test_a_connection_that_is_cut_leaves_whole_transactions_and_the_next_run_ends_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.both(*SEATS)
    shop.damage("DELETE FROM seats")
    verify, calls = repairing.Writer._verify, []

    def cut_in_the_third(self: Any, *about: Any) -> None:
        calls.append(1)
        if len(calls) == 3:         # written, not yet committed
            with shop.target.connected() as other:
                execute(other, "KILL %s", (self.pair.there.thread_id(),))
        verify(self, *about)

    monkeypatch.setattr(repairing.Writer, "_verify", cut_in_the_third)
    with pytest.raises(Fault, match=r"(?s)400 rows that were repaired before stay repaired.*Run again"):
        repair(shop.source, shop.target, [SCHEMA])
    assert written(shop) == 400
    monkeypatch.undo()
    assert shop.repair().counts.inserted == 500


def test_a_connection_that_is_cut_while_comparing_keeps_the_checkpoint(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.both(*SEATS)
    shop.damage("UPDATE seats SET buyer = 'y' WHERE id IN (3, 880)")
    look, calls = comparing.look, []

    def cut_in_the_fourth(pair: Any, chunk: Any) -> Any:
        calls.append(1)
        if len(calls) == 4:
            with shop.target.connected() as other:
                execute(other, "KILL %s", (pair.there.thread_id(),))
        return look(pair, chunk)

    monkeypatch.setattr(comparing, "look", cut_in_the_fourth)
    with pytest.raises(DatabaseFault, match=r"(?s)The connection was cut.*it goes on where it was"):
        compare(shop.source, shop.target, [SCHEMA], chunk_rows=100, threads=1, checkpoint="cut")
    calls.clear()
    monkeypatch.setattr(comparing, "look", lambda pair, chunk: calls.append(1) or look(pair, chunk))
    found = compare(shop.source, shop.target, [SCHEMA], chunk_rows=100, threads=1, checkpoint="cut")
    assert len(calls) == found.chunks - 3 and found.rows_compared == 900 and found.differing_rows == 2
    with pytest.raises(Fault, match="belongs to a comparison of other servers or other tables"):
        compare(shop.source, shop.target, [SCHEMA], checkpoint="cut", ignore=["shop.seats"])
    shop.damage("UPDATE dr.sync_cut SET began = began - 5000 WHERE began IS NOT NULL", "UPDATE seats SET buyer = 'later' WHERE id = 1")
    found = compare(shop.source, shop.target, [SCHEMA], chunk_rows=100, checkpoint="cut")
    assert found.differing_rows == 2 and found.age_seconds > 4999, "what is finished looks at nothing any more, and says so"
    done = repair(shop.source, shop.target, [SCHEMA], checkpoint="cut")
    assert (done.counts.updated, done.facts()["age_seconds"] > 4999) == (2, True)
    assert shop.rows(shop.target, "SHOW TABLES IN dr LIKE 'sync_cut'") == [], "the next one looks for itself"
    again = shop.repair(checkpoint="cut")
    assert again.counts.updated == 1 and again.equal and again.facts()["age_seconds"] < 900


def test_a_table_that_is_dropped_meanwhile(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.both("CREATE TABLE a (id INT PRIMARY KEY)", "CREATE TABLE b (id INT PRIMARY KEY)")
    look = comparing.look

    def dropping(pair: Any, chunk: Any) -> Any:
        if chunk.table.name == "b":
            shop.damage("DROP TABLE b")
        return look(pair, chunk)

    monkeypatch.setattr(comparing, "look", dropping)
    with pytest.raises(DatabaseFault, match=r"(?s)add up a chunk of shop\.b on the target.*dropped after this run") as told:
        compare(shop.source, shop.target, [SCHEMA], threads=1)
    assert told.value.code == 1146


def test_a_table_that_is_dropped_while_it_is_repaired_stops_the_repair(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """And is not taken for as many rows that could not be written, each asked for by itself."""
    shop.both(*SEATS, "CREATE TABLE zones (id INT PRIMARY KEY)", "INSERT INTO zones VALUES (1)")
    shop.damage("DELETE FROM seats", "DELETE FROM zones")
    write, calls = repairing.Writer.write, []

    def dropped_after_two(self: Any, table: Any, rows: Any) -> Any:
        calls.append(table.name)
        if len(calls) == 3:
            shop.damage("DROP TABLE seats")
        return write(self, table, rows)

    monkeypatch.setattr(repairing.Writer, "write", dropped_after_two)
    with pytest.raises(Fault, match=r"(?s)lock rows of shop\.seats.*400 rows that were repaired before stay repaired.*Run again") as told:
        repair(shop.source, shop.target, [SCHEMA])
    assert told.value.answer and told.value.answer.code == "1146" and calls == ["seats"] * 3


@contextmanager
def small_disk(schema: str) -> Iterator[None]:
    """The directory of a schema on the standby is a file system of 2 MB."""
    process = podman.podman("inspect", "--format={{.State.Pid}}", AWS).strip()
    inside, place = ["nsenter", f"--target={process}", "--mount"], f"/var/lib/mysql/{schema}"
    owner = podman.execute(AWS, ["stat", "--format=%u:%g", place]).strip().split(":")
    subprocess.run([*inside, "mount", "-t", "tmpfs", "-o", f"size=2m,uid={owner[0]},gid={owner[1]},mode=750", "small", place], check=True)
    try:
        yield
    finally:
        podman.podman("exec", "--privileged", "--user=0", AWS, "umount", "--lazy", place)


def test_a_full_disk_on_the_target(shop: Shop) -> None:
    shop.on(shop.source, *SEATS, "UPDATE seats SET buyer = REPEAT('x', 2000)", "CREATE TABLE ok (id INT PRIMARY KEY)", "INSERT INTO ok VALUES (1)")
    with small_disk(SCHEMA):
        shop.damage(SEATS[0], "CREATE TABLE ok (id INT PRIMARY KEY)")
        with pytest.raises(Fault, match=r"(?s)The target has no room left.*Make room") as told:
            repair(shop.source, shop.target, [SCHEMA])
        assert told.value.answer and told.value.answer.code == "1114"
        kept = written(shop)
        assert kept % 200 == 0 and f"{kept + 1} rows that were repaired before stay repaired" in told.value.told()
        shop.damage("DROP TABLE seats, ok")


def test_a_trigger_that_changes_rows_on_their_way_in(shop: Shop) -> None:
    shop.both("CREATE TABLE loud (id INT PRIMARY KEY, name VARCHAR(20))", "CREATE TABLE worse (id INT PRIMARY KEY, name VARCHAR(20))",
              "CREATE TABLE counts (id INT PRIMARY KEY, n INT)")
    shop.on(shop.source, "INSERT INTO loud VALUES (1, 'a'), (2, 'b')", "INSERT INTO worse VALUES (1, 'a'), (2, 'B!')",
            "INSERT INTO counts VALUES (1, 2)")
    shop.damage("INSERT INTO counts VALUES (1, 2)",
                "CREATE TRIGGER shout BEFORE INSERT ON loud FOR EACH ROW SET NEW.name = CONCAT(NEW.name, '!')",
                "CREATE TRIGGER count_up AFTER INSERT ON loud FOR EACH ROW UPDATE counts SET n = n + 1",
                "CREATE TRIGGER shout1 BEFORE INSERT ON worse FOR EACH ROW SET NEW.name = UPPER(CONCAT(TRIM('!' FROM NEW.name), '!'))",
                "CREATE TRIGGER shout2 BEFORE UPDATE ON worse FOR EACH ROW SET NEW.name = UPPER(CONCAT(TRIM('!' FROM NEW.name), '!'))")
    done = shop.repair()
    assert [(row["table"], row["key"], row["kind"]) for row in done.not_repaired] == [("shop.worse", {"id": "1"}, "missing")]
    assert "trigger" in done.not_repaired[0]["why"] and done.triggers[0] == "shop.loud: count_up" and done.passes > 1
    assert shop.rows(shop.target, "SELECT * FROM loud") == [(1, "a"), (2, "b")] and shop.rows(shop.target, "SELECT n FROM counts") == [(2,)]


def test_a_refusal_by_the_write_gate_stops_at_once(shop: Shop) -> None:
    shop.both(*SEATS)
    shop.damage("DELETE FROM seats", "CREATE TRIGGER shut BEFORE INSERT ON seats FOR EACH ROW "
                "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'dr.gate: this server is not the writer'")
    with pytest.raises(Fault, match=r"(?s)dr\.gate: this server.*0 rows that were repaired before"):
        repair(shop.source, shop.target, [SCHEMA])


def test_tables_that_are_not_built_alike_are_named_column_by_column_and_nothing_is_written(shop: Shop) -> None:
    shop.both(*SEATS)
    shop.damage("DELETE FROM seats WHERE id = 1")
    shop.on(shop.source, "CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(5), b CHAR(5) CHARACTER SET latin1, g POINT SRID 4326)",
            "CREATE TABLE only (i INT)")
    shop.damage("CREATE TABLE t (id INT, a VARCHAR(6), b CHAR(5) CHARACTER SET utf8mb4, g POINT, z INT)")
    found = compare(shop.source, shop.target, [SCHEMA])
    assert [line.split(" on the source")[0] for line in found.definitions] == [
        "shop.only: only", "shop.t.a: varchar(5) NULL utf8mb4_0900_ai_ci", "shop.t.b: char(5) NULL latin1_swedish_ci",
        "shop.t.g: point NULL SRID 4326", "shop.t.id: int NOT NULL", "shop.t.z: absent", "shop.t: key (id)"]
    for check in (False, True):
        with pytest.raises(Fault, match=r"(?s)not built alike.*shop\.t\.b.*Nothing was written"):
            repair(shop.source, shop.target, [SCHEMA], check=check)
    assert written(shop) == 899


def test_what_differs_beside_columns_and_key_is_named_and_keeps_no_row_from_being_repaired(shop: Shop) -> None:
    columns = "id INT PRIMARY KEY, a VARCHAR(9), b INT, c INT"
    shop.on(shop.source, "CREATE TABLE p (id INT PRIMARY KEY, code INT NOT NULL UNIQUE)",
            f"CREATE TABLE t ({columns}, UNIQUE KEY seat (a(3), b DESC), UNIQUE KEY up ((UPPER(a))), KEY slow (c), at TIMESTAMP NULL, "
            "CONSTRAINT pays CHECK (b > 0), CONSTRAINT up_p FOREIGN KEY (b) REFERENCES p (id) ON DELETE CASCADE)",
            "CREATE TABLE d (id INT PRIMARY KEY, n INT DEFAULT 1, s VARCHAR(9) NOT NULL DEFAULT '', e VARCHAR(9) DEFAULT (UPPER('x')), "
            "at TIMESTAMP NULL DEFAULT NULL ON UPDATE CURRENT_TIMESTAMP, same DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6), twice INT AS (id * 2))")
    shop.damage("CREATE TABLE p (id INT PRIMARY KEY, code INT NOT NULL UNIQUE)",
                f"CREATE TABLE t ({columns}, UNIQUE KEY seat (a(3), b), KEY up ((UPPER(a))), at TIMESTAMP NULL, "
                "CONSTRAINT pays CHECK (b > 0) NOT ENFORCED, CONSTRAINT up_p FOREIGN KEY (b) REFERENCES p (id))",
                "CREATE TABLE d (id INT PRIMARY KEY, n INT DEFAULT 2, s VARCHAR(9) NOT NULL, e VARCHAR(9) DEFAULT 'x', "
                "at TIMESTAMP NULL DEFAULT NULL, same DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6), twice INT AS (id * 2))")
    shop.both("INSERT INTO p VALUES (1, 1)")
    shop.on(shop.source, "INSERT INTO t VALUES (1, 'x', 1, 1, NULL)")
    expected = [
        "shop.d.at: default none on update CURRENT_TIMESTAMP on the source, default none on the target",
        "shop.d.e: default (upper(_utf8mb4\\'x\\')) on the source, default 'x' on the target",
        "shop.d.n: default '1' on the source, default '2' on the target",
        "shop.d.s: default '' on the source, default none on the target",
        "shop.t: constraint pays CHECK (`b` > 0) on the source, CHECK (`b` > 0) NOT ENFORCED on the target",
        "shop.t: foreign key up_p (b) to shop.p (id) on update NO ACTION on delete CASCADE on the source, "
        "(b) to shop.p (id) on update NO ACTION on delete NO ACTION on the target",
        "shop.t: unique index seat (a(3), b DESC) on the source, (a(3), b) on the target",
        "shop.t: unique index up ((upper(`a`))) on the source, absent on the target",
    ]
    found = compare(shop.source, shop.target, [SCHEMA])
    assert found.definitions == expected and not found.equal and found.differing_rows == 1
    done = shop.repair()
    assert done.counts.inserted == 1 and not (done.left or done.equal) and done.comparison.definitions == expected
    assert compare(shop.source, shop.target, [SCHEMA], ignore=["shop.t", "shop.d"]).equal


def test_what_each_server_may_have_of_its_own_and_an_account_that_sees_less_make_no_difference(shop: Shop) -> None:
    """The gate's triggers are where the writer may be; the account that reads has other privileges than the one that steers."""
    shop.both("CREATE TABLE p (id INT PRIMARY KEY)", "CREATE TABLE t (id INT PRIMARY KEY, p INT DEFAULT 1, UNIQUE KEY one (p), KEY (id, p), "
              "CHECK (p > 0), FOREIGN KEY (p) REFERENCES p (id))")
    shop.damage("CREATE TRIGGER dr_gate_insert BEFORE INSERT ON t FOR EACH ROW SET @x = 1", "ALTER TABLE t DROP KEY id")
    reader = Server(shop.source.host, shop.source.port, "dr_repl", "it's repl")
    assert compare(reader, shop.target, [SCHEMA]).definitions == []


def test_a_primary_key_that_is_only_a_unique_index_there(shop: Shop) -> None:
    shop.on(shop.source, "CREATE TABLE t (id INT NOT NULL, PRIMARY KEY (id))")
    shop.damage("CREATE TABLE t (id INT NOT NULL, UNIQUE KEY id (id))")
    assert compare(shop.source, shop.target, [SCHEMA]).definitions == [
        "shop.t: primary key (id) on the source, absent on the target", "shop.t: unique index id absent on the source, (id) on the target"]


def test_what_cannot_be_asked_is_refused_by_name(shop: Shop) -> None:
    wrong = Server(shop.target.host, shop.target.port, shop.target.user, "wrong")
    with pytest.raises(DatabaseFault, match="Check user and password") as told:
        compare(shop.source, wrong, [SCHEMA])
    assert told.value.code == 1045 and "wrong" not in told.value.told()
    with pytest.raises(BadInput, match="shop holds no table"):
        compare(shop.source, shop.target, [SCHEMA])
    for act in (compare, repair):
        with pytest.raises(Fault, match="Both are the same server"):
            act(shop.source, shop.source, [SCHEMA])
    shop.both("CREATE TABLE t (id INT PRIMARY KEY)")
    with pytest.raises(BadInput, match="nowhere is on neither server"):      # and not equal, because the other schema is
        compare(shop.source, shop.target, [SCHEMA, "nowhere"])
    with pytest.raises(BadInput, match="checkpoint: 'a-b' must be"):
        compare(shop.source, shop.target, [SCHEMA], checkpoint="a-b")
    for act in (compare, repair):
        with pytest.raises(BadInput) as refused:
            act(shop.source, shop.target, [SCHEMA], ignore=["dr.gate", "shop.T", "shop.t", "t"])
        assert refused.value.faults == ("ignore[1]: 'shop.T' is no table of these schemas on either server; known are shop.t",
                                        "ignore[3]: 't' is no table of these schemas on either server; known are shop.t")
    shop.damage("CREATE TABLE only (i INT)")                # what one side has can be left out as well
    assert compare(shop.source, shop.target, [SCHEMA], ignore=["shop.only"]).equal


def test_a_target_that_is_behind_is_waited_for_but_not_for_ever(shop: Shop) -> None:
    shop.both(*SEATS)
    with shop.target.connected() as conn:
        execute(conn, gate.TABLE)
        execute(conn, "INSERT INTO dr.gate VALUES ('other', 'nhn', 1, 0, 1, UNIX_TIMESTAMP(SYSDATE(6)) - 60)")
    with pytest.raises(TimedOut, match=r"more than 5 s behind"):
        compare(shop.source, shop.target, [SCHEMA], max_lag_seconds=5, lag_patience=0.1)

    def beat() -> None:
        with shop.target.connected() as conn:
            execute(conn, "UPDATE dr.gate SET beat_at = UNIX_TIMESTAMP(SYSDATE(6))")

    told: list[Mapping[str, Any]] = []
    timer = threading.Timer(0.3, beat)
    timer.start()
    assert compare(shop.source, shop.target, [SCHEMA], max_lag_seconds=5, lag_patience=20, progress=told.append).equal
    timer.join()
    assert told[-1]["rows"] == 900 and told[-1]["tables"]["shop.seats"]["chunks"] == 1
    assert told[-1]["done"] and told[-1]["of"] == told[-1]["tables"]["shop.seats"]["of"] == 900


@pytest.mark.parametrize("waits", ["for the target", "for the servers"])
def test_a_range_stays_its_worker_s_however_long_it_waits(shop: Shop, monkeypatch: pytest.MonkeyPatch, waits: str) -> None:
    """The server gives up a worker that is silent, and one that waits, or has a large range summed, is silent to it."""
    monkeypatch.setattr(checkpoint, "IDLE_SECONDS", 2)
    shop.both(*SEATS)
    with shop.target.connected() as conn:
        execute(conn, gate.TABLE)
        execute(conn, "INSERT INTO dr.gate VALUES ('other', 'nhn', 1, 0, 1, UNIX_TIMESTAMP(SYSDATE(6)) - 60)")
        timer = threading.Timer(5.0, lambda: execute(conn, "UPDATE dr.gate SET beat_at = UNIX_TIMESTAMP(SYSDATE(6))"))

        def slow(pair: Any, chunk: Any) -> Any:
            time.sleep(5)
            return look.look(pair, chunk)

        if waits == "for the target":
            timer.start()
        else:
            monkeypatch.setattr(comparing, "look", slow)
        found = compare(shop.source, shop.target, [SCHEMA], checkpoint="waits", threads=1, lag_patience=20,
                        max_lag_seconds=3 if waits == "for the target" else None)
        assert found.equal and not found.lag_unknown and found.seconds > 4
        timer.cancel()
    checkpoint.forget(shop.target, "waits")


def test_a_limit_that_nothing_can_tell_is_said_to_be_none(shop: Shop) -> None:
    shop.both(*SEATS)
    assert compare(shop.source, shop.target, [SCHEMA], max_lag_seconds=0.001).lag_unknown
    assert not compare(shop.source, shop.target, [SCHEMA]).lag_unknown


def test_two_tables_of_one_label_are_not_taken_for_one(shop: Shop) -> None:
    for server in (shop.source, shop.target):
        shop.on(server, "CREATE DATABASE `shop.b`", "CREATE TABLE `shop.b`.c (id INT PRIMARY KEY)", "CREATE TABLE shop.`b.c` (id INT PRIMARY KEY)")
    try:
        with pytest.raises(Fault, match=r"(?s)tell tables apart shop\.b\.c.*one by one"):
            compare(shop.source, shop.target, [SCHEMA, "shop.b"])
        assert compare(shop.source, shop.target, [SCHEMA]).equal
    finally:
        shop.both("DROP DATABASE `shop.b`")
