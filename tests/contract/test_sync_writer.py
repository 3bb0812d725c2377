# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A target that is the writer, or becomes it: nothing goes into it, no row, no checkpoint and no question that costs minutes."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import BadInput, Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import dialects, replication
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server, execute, server_uuid
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.dialects import Position, Source
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import aligning, checkpoint, moving
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import compare as comparing
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import repair as repairing
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.alone import alone
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import compare
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.difference import differences
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.repair import repair
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.seeding import (
    copy_resumably,
    keep_position,
    position_of_finished_copy,
    refuse_to_overwrite,
    seed,
)
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.snapshot import snapshot
from ansible_collections.multicloud.dr.plugins.module_utils.switch import gate

from tests.contract.sync_pair import SCHEMA, SEATS, Shop, shop, written

__all__ = ["shop"]
NHN = dialects.for_site("nhn_rds", (9, 7))


def writer(server: Server, seconds: float, *, epoch: int = 1) -> None:
    """The server becomes the writer for so many seconds, or ceases to be."""
    with server.connected() as conn:
        execute(conn, gate.TABLE)
        execute(conn, "REPLACE INTO dr.gate VALUES (@@server_uuid, 'aws', %s, UNIX_TIMESTAMP(SYSDATE(6)) + %s, 1, UNIX_TIMESTAMP(SYSDATE(6)))",
                (epoch, seconds))


def deposed(server: Server) -> None:
    """Another one has taken over from it, and it knows."""
    writer(server, -1)
    with server.connected() as conn:
        execute(conn, "REPLACE INTO dr.gate VALUES ('another', 'nhn', 2, 0, 1, UNIX_TIMESTAMP(SYSDATE(6)))")


def test_a_writer_is_not_repaired_unless_that_is_asked_for_by_name(shop: Shop) -> None:
    shop.both(*SEATS)
    shop.damage("DELETE FROM seats WHERE id = 1")
    writer(shop.target, 60)
    for check in (False, True):         # a check that says `would be written` of what is refused is believed
        with pytest.raises(Fault, match=r"(?s)It is the writer.*accept_writer_target"):
            repair(shop.source, shop.target, [SCHEMA], check=check)
    assert written(shop) == 899 and repair(shop.source, shop.target, [SCHEMA], check=True, accept_writer_target=True).left == 1
    with pytest.raises(BadInput, match="none is kept in a writer"):
        repair(shop.source, shop.target, [SCHEMA], accept_writer_target=True, checkpoint="never")
    done = repair(shop.source, shop.target, [SCHEMA], accept_writer_target=True)
    assert done.equal and done.facts()["accepted_writer_target"]
    shop.damage("DELETE FROM seats WHERE id = 1")
    deposed(shop.target)
    writer(shop.source, -1, epoch=2)
    assert shop.repair().equal


def test_nor_is_one_whose_gate_has_just_run_out(shop: Shop) -> None:
    """Its agent is dead, or the quorum is: nobody has taken over, and its newest rows are what it sold, not what is wrong."""
    shop.both(*SEATS)
    shop.damage("INSERT INTO seats VALUES (901, 'sold at last')")
    writer(shop.target, -1)
    for act in (repair, copy_resumably):
        for check in (False, True):
            with pytest.raises(Fault, match=r"(?s)It was the writer.*only its gate has run out.*accept_writer_target"):
                act(shop.source, shop.target, [SCHEMA], check=check)
    assert written(shop) == 901
    assert compare(shop.source, shop.target, [SCHEMA]).differing_rows == 1
    assert repair(shop.source, shop.target, [SCHEMA], accept_writer_target=True).equal and written(shop) == 900


def test_nor_one_that_may_have_taken_the_writers_place(shop: Shop) -> None:
    """A failover inside the cloud of a writer whose agent is dead: the new server has the rows, another uuid and no reign."""
    shop.both(*SEATS)
    shop.damage("INSERT INTO seats VALUES (901, 'sold at last')")
    for server in (shop.source, shop.target):
        deposed(server)
        with server.connected() as conn:
            execute(conn, "DELETE FROM dr.gate WHERE server_uuid = @@server_uuid")
    for act in (repair, copy_resumably):
        for check in (False, True):
            with pytest.raises(Fault, match=r"(?s)follows nobody.*failover inside its cloud.*Nothing was touched.*accept_writer_target"):
                act(shop.source, shop.target, [SCHEMA], check=check)
    assert written(shop) == 901
    with shop.source.connected() as conn:
        execute(conn, "DELETE FROM dr.gate")
    writer(shop.source, -1, epoch=1)                                 # it ruled, but before
    with pytest.raises(Fault, match="follows nobody"):
        repair(shop.source, shop.target, [SCHEMA])
    writer(shop.source, -1, epoch=2)
    assert shop.repair().equal and written(shop) == 900


def test_nor_one_that_ceases_to_be_the_writer_between_two_looks(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.both(*SEATS)
    shop.damage("DELETE FROM seats")
    write = repairing.Writer.write

    def a_short_reign(self: Any, table: Any, rows: Any) -> Any:
        moved = write(self, table, rows)
        writer(shop.target, -1)
        return moved

    monkeypatch.setattr(repairing.Writer, "write", a_short_reign)
    with pytest.raises(Fault, match="It was the writer"):
        repair(shop.source, shop.target, [SCHEMA])
    assert written(shop) == 200


def seed_alone(source: Server, target: Server, schemas: list[str]) -> None:
    with alone(target) as turn:
        seed(source, target, schemas, turn)


def test_nor_one_that_the_source_copies_from(shop: Shop) -> None:
    """With no gate to know it by. A server that took over an address has another uuid than its replica has seen."""
    shop.on(shop.source, *SEATS)
    with shop.source.connected() as conn:
        replication.follow(conn, NHN, Source(shop.target.host, 3306, "dr_repl", "it's repl"), Position("binlog.000001", 4))
    try:
        for act in (repair, copy_resumably, seed_alone):
            with pytest.raises(Fault, match=r"(?s)copies from it.*Nothing was touched.*accept_writer_target"):
                act(shop.source, shop.target, [SCHEMA])
        assert shop.rows(shop.target, "SHOW TABLES") == []
        assert copy_resumably(shop.source, shop.target, [SCHEMA], accept_writer_target=True).rows == 900
    finally:
        with shop.source.connected() as conn:
            replication.detach(conn, NHN)


def test_it_is_refused_before_anything_is_compared_and_where_nothing_differs_too(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Comparing takes minutes; and a writer that holds the same by chance is as wrong a target as any."""
    shop.both(*SEATS)
    writer(shop.target, 60)
    looked: list[Any] = []
    look = comparing.look
    monkeypatch.setattr(comparing, "look", lambda pair, chunk: looked.append(chunk) or look(pair, chunk))
    for check in (False, True):
        with pytest.raises(Fault, match="It is the writer"):
            repair(shop.source, shop.target, [SCHEMA], check=check)
    assert not looked
    assert repair(shop.source, shop.target, [SCHEMA], check=True, accept_writer_target=True).equal and looked


def test_a_writer_gets_no_checkpoint(shop: Shop) -> None:
    shop.both(*SEATS)
    writer(shop.target, 60)
    for act in (compare, repair):
        with pytest.raises(Fault, match="It is the writer"):
            act(shop.source, shop.target, [SCHEMA], checkpoint="never")
    assert shop.rows(shop.target, "SHOW TABLES IN dr LIKE 'sync_never'") == []
    assert compare(shop.source, shop.target, [SCHEMA]).equal        # which writes nothing


def test_a_checkpoint_is_not_gone_on_with_once_the_target_is_the_writer(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.both(*SEATS)
    look = comparing.look

    def promoted_meanwhile(pair: Any, chunk: Any) -> Any:
        writer(shop.target, 60)
        return look(pair, chunk)

    monkeypatch.setattr(comparing, "look", promoted_meanwhile)
    with pytest.raises(Fault, match="It is the writer"):
        compare(shop.source, shop.target, [SCHEMA], chunk_rows=100, threads=1, checkpoint="promoted")
    done = "SELECT COUNT(*) FROM dr.sync_promoted WHERE number > 0 AND state = 'done'"
    assert shop.rows(shop.target, done) == [(1,)], "the chunk under way is written down, nothing after it is begun"
    with pytest.raises(Fault, match="It is the writer"):
        compare(shop.source, shop.target, [SCHEMA], chunk_rows=100, checkpoint="promoted")
    monkeypatch.undo()
    writer(shop.target, -1)
    assert compare(shop.source, shop.target, [SCHEMA], chunk_rows=100, checkpoint="promoted").rows_compared == 900
    checkpoint.forget(shop.target, "promoted")


def test_a_target_that_becomes_the_writer_while_it_is_repaired_is_left_alone_from_then_on(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.both(*SEATS)
    shop.damage("DELETE FROM seats")
    write = repairing.Writer.write

    def promoted_after_one(self: Any, table: Any, rows: Any) -> Any:
        moved = write(self, table, rows)
        writer(shop.target, 60)
        return moved

    monkeypatch.setattr(repairing.Writer, "write", promoted_after_one)
    with pytest.raises(Fault, match="It is the writer"):
        repair(shop.source, shop.target, [SCHEMA])
    assert written(shop) == 200


def test_likewise_where_a_table_without_a_key_is_repaired(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.both("CREATE TABLE notes (said VARCHAR(20))", "INSERT INTO notes VALUES ('a'), ('b'), ('b')")
    shop.damage("DELETE FROM notes WHERE said = 'b'")
    write_whole = repairing.Writer.write_whole

    def promoted_before(self: Any, table: Any, found: Any) -> Any:
        writer(shop.target, 60)
        return write_whole(self, table, found)

    monkeypatch.setattr(repairing.Writer, "write_whole", promoted_before)
    with pytest.raises(Fault, match="It is the writer"):
        repair(shop.source, shop.target, [SCHEMA])
    assert shop.rows(shop.target, "SELECT COUNT(*) FROM notes")[0][0] == 1
    assert repair(shop.source, shop.target, [SCHEMA], accept_writer_target=True).equal
    writer(shop.target, -1)


@pytest.mark.parametrize("table", ["seats (id INT PRIMARY KEY, buyer VARCHAR(2000))", "seats (id INT, buyer VARCHAR(2000))"])
def test_likewise_where_it_is_seeded_again(shop: Shop, table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promoted while rows are put in: what was under way is taken back, and of the new writer's rows none is touched."""
    shop.both(f"CREATE TABLE {table}", *SEATS[1:])
    shop.damage("DELETE FROM seats WHERE id % 2 = 0")
    writer(shop.target, -1)
    wrote: list[Any] = []
    name = "_insert" if "PRIMARY" in table else "_whole"
    write = getattr(aligning, name)

    def promoted_meanwhile(view: Any, target: Any, *about: Any) -> Any:
        wrote.append(write(view, target, *about))
        if len(wrote) == 2 or name == "_whole":
            writer(shop.target, 60)
        return wrote[-1]

    monkeypatch.setattr(aligning, name, promoted_meanwhile)
    with snapshot(shop.source, [SCHEMA]) as view, shop.target.connected(raw=True) as target:
        found = list(differences(view.conn, target, [SCHEMA]))
        with pytest.raises(Fault, match="It is the writer"):
            aligning.align(view.conn, target, found)
    assert written(shop) == 450 + (wrote[0] if name == "_insert" else 0)
    writer(shop.target, -1)


def test_likewise_where_it_is_copied_into(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.on(shop.source, *SEATS, "CREATE TABLE zones (id INT PRIMARY KEY)", "INSERT INTO zones VALUES (1)")
    monkeypatch.setattr(moving.loading, "BLOCK_BYTES", 10_000)
    bring, brought, one = moving.Mover._bring, list[int](), threading.Lock()

    def promoted_after_two(self: Any, *about: Any) -> tuple[int, int]:
        with one:           # the other worker brings nothing more while this one's server is promoted
            rows, kept = bring(self, *about)
            brought.append(rows)
            if len(brought) == 2:
                writer(shop.target, 60)
            return rows, kept

    monkeypatch.setattr(moving.Mover, "_bring", promoted_after_two)
    with pytest.raises(Fault, match="It is the writer"):
        copy_resumably(shop.source, shop.target, [SCHEMA])
    assert 0 < written(shop) <= sum(brought) < 900 and shop.rows(shop.target, "SHOW TABLES LIKE 'zones'") == []
    with pytest.raises(Fault, match="It is the writer"):
        copy_resumably(shop.source, shop.target, [SCHEMA])
    monkeypatch.undo()
    assert copy_resumably(shop.source, shop.target, [SCHEMA], accept_writer_target=True).rows == 901
    writer(shop.target, -1)


def test_a_mark_that_a_killed_run_left_behind_does_not_give_away_what_was_sold_since(shop: Shop) -> None:
    """A run killed before it took its mark away, then a promotion: the rows are the last writer's, not half a copy's."""
    shop.both(*SEATS)
    with shop.target.connected() as conn:
        with shop.source.connected() as reader:
            keep_position(conn, [SCHEMA], Position("binlog.000001", 4), server_uuid(reader))
        refuse_to_overwrite(conn, shop.target, [SCHEMA], shop.source)
        assert position_of_finished_copy(conn, [SCHEMA], shop.source) == Position("binlog.000001", 4)
        writer(shop.target, -1)                     # its reign is over, and it is the newest
        assert position_of_finished_copy(conn, [SCHEMA], shop.source) is None
        with pytest.raises(Fault, match="It has no source and holds rows in shop"):
            refuse_to_overwrite(conn, shop.target, [SCHEMA], shop.source)
        with pytest.raises(Fault, match="It was the writer"):
            copy_resumably(shop.source, shop.target, [SCHEMA])
        execute(conn, "UPDATE dr.gate SET epoch = 1")
        execute(conn, "INSERT INTO dr.gate VALUES ('another', 'nhn', 2, 0, 1, UNIX_TIMESTAMP(SYSDATE(6)))")      # it follows another's reign
        refuse_to_overwrite(conn, shop.target, [SCHEMA], shop.source)
