# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Comparisons that are long: a migration in the middle of one, a link that falls silent, and very many rows where the other side has none."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import connection
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import DatabaseFault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import checkpoint, look
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import compare as comparing
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import difference as differing
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import compare
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.difference import differences

from tests.contract.sync_pair import SCHEMA, SEATS, Shop, shop

__all__ = ["shop"]


def begun(shop: Shop, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A comparison that was killed after three of nine chunks."""
    calls: list[int] = []

    def dies(pair: Any, chunk: Any) -> Any:
        calls.append(1)
        if len(calls) > 3:
            raise KeyboardInterrupt
        return look.look(pair, chunk)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(comparing, "look", dies)
        compare(shop.source, shop.target, [SCHEMA], checkpoint=name, chunk_rows=100, threads=1)


@pytest.mark.parametrize("migration", ["ALTER TABLE seats ADD COLUMN price INT NOT NULL DEFAULT 10", "ALTER TABLE seats MODIFY buyer VARCHAR(1999)",
                                       "ALTER TABLE seats ADD COLUMN u INT NOT NULL DEFAULT 1, DROP PRIMARY KEY, ADD PRIMARY KEY (u, id)"])
def test_a_comparison_that_was_killed_does_not_go_on_over_a_migration(shop: Shop, monkeypatch: pytest.MonkeyPatch, migration: str) -> None:
    """What it had added up says nothing of a column that came since: equal would be a lie."""
    shop.both(*SEATS, "CREATE TABLE zones (id INT PRIMARY KEY)")
    begun(shop, monkeypatch, "mig")
    try:
        shop.both(migration)
        with pytest.raises(Fault, match=r"(?s)Since it was begun shop\.seats came to be built otherwise.*--forget"):
            compare(shop.source, shop.target, [SCHEMA], checkpoint="mig", chunk_rows=100)
    finally:
        checkpoint.forget(shop.target, "mig")
    assert compare(shop.source, shop.target, [SCHEMA]).equal


def test_a_migration_in_the_middle_of_a_comparison_ends_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.both(*SEATS)

    def migrating(pair: Any, chunk: Any) -> Any:
        monkeypatch.undo()
        found = look.look(pair, chunk)
        shop.both("ALTER TABLE seats ADD COLUMN price INT NOT NULL DEFAULT 10")
        shop.damage("UPDATE seats SET price = 99")
        return found

    monkeypatch.setattr(comparing, "look", migrating)
    with pytest.raises(Fault, match=r"(?s)shop\.seats.*built otherwise meanwhile"):
        compare(shop.source, shop.target, [SCHEMA], threads=1)
    assert compare(shop.source, shop.target, [SCHEMA]).differing_rows == 900


@pytest.mark.parametrize("name", [None, "full"])
def test_a_range_that_is_full_on_one_side_only_is_cut_before_it_is_looked_into(shop: Shop, monkeypatch: pytest.MonkeyPatch, name: str | None) -> None:
    """No more rows come into memory, and into a row of the checkpoint, than in any other range. The other way round, with numbers and names."""
    monkeypatch.setattr(look, "FULL_ROWS", 150)
    monkeypatch.setattr(look, "PART_ROWS", 100)
    seen: list[int] = []
    explain = look._look_into

    def within(pair: Any, table: Any, unlike: Any) -> Any:
        seen.append(sum(rows for _chunk, rows in unlike))
        return explain(pair, table, unlike)

    monkeypatch.setattr(look, "_look_into", within)
    shop.both(*SEATS, "CREATE TABLE names (name VARCHAR(20) PRIMARY KEY)", "INSERT INTO names SELECT CONCAT('n', id) FROM seats")
    shop.on(shop.source, "DELETE FROM seats WHERE id BETWEEN 20 AND 880", "DELETE FROM names WHERE name BETWEEN 'n2' AND 'n8'")
    found = compare(shop.source, shop.target, [SCHEMA], chunk_rows=1000, checkpoint=name)
    extra = 900 - int(shop.rows(shop.source, "SELECT COUNT(*) FROM names")[0][0]) + 861
    assert found.differing_rows == extra and found.rows_compared == 1800 - extra and max(seen) <= 150 and len(seen) > 10
    with shop.source.connected(raw=True) as here, shop.target.connected(raw=True) as there:
        asked: list[int] = []
        read = differing.digests_that_differ
        monkeypatch.setattr(differing, "digests_that_differ", lambda pair, chunk, rows: asked.append(rows) or read(pair, chunk, rows))
        assert sum(len(each.there) for each in differences(here, there, [SCHEMA])) == extra and max(asked) <= 150
    assert shop.repair(checkpoint=name).counts.deleted == extra
    if name:
        checkpoint.forget(shop.target, name)


def test_rows_that_differ_may_be_more_than_a_statement_takes(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a table that cannot be cut into ranges, because its key begins with an ENUM."""
    monkeypatch.setattr(checkpoint, "FOUND_BYTES", 500)
    shop.both("CREATE TABLE t (e ENUM('a', 'b') NOT NULL, id INT NOT NULL, v INT, PRIMARY KEY (e, id))", "CREATE TABLE u (id INT PRIMARY KEY)",
              "INSERT INTO u VALUES (1)")
    shop.damage("INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) SELECT 'b', i, 1 FROM n")
    alone = compare(shop.source, shop.target, [SCHEMA], shown=1000)
    found = compare(shop.source, shop.target, [SCHEMA], shown=1000, checkpoint="wide")
    assert (found.differing_rows, found.chunks) == (alone.differing_rows, alone.chunks) == (200, 2)
    assert sorted(found.differences, key=str) == sorted(alone.differences, key=str)
    assert shop.rows(shop.target, "SELECT COUNT(*) > 20, MAX(LENGTH(found)) < 1000 FROM dr.sync_wide WHERE found IS NOT NULL")[0] == (1, 1)
    assert shop.repair(checkpoint="wide").counts.deleted == 200
    checkpoint.forget(shop.target, "wide")


@contextmanager
def silence(host: str) -> Iterator[None]:
    """No packet to the host or from it arrives, and nobody says so."""
    rules = (f"chain out {{ type filter hook output priority 0; ip daddr {host} drop; }}\n"
             f"chain in {{ type filter hook input priority 0; ip saddr {host} drop; }}\n")
    subprocess.run(["nft", "-f", "-"], input=f"table ip dr_test_silence {{ {rules} }}\n", text=True, check=True)
    try:
        yield
    finally:
        subprocess.run(["nft", "delete", "table", "ip", "dr_test_silence"], check=True)


def test_a_link_that_falls_silent_ends_a_comparison_and_the_checkpoint_is_kept(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (("IDLE", 1), ("INTERVAL", 1), ("COUNT", 2)):
        monkeypatch.setattr(connection, name, seconds)
    monkeypatch.setattr(checkpoint, "IDLE_SECONDS", 5)      # whoever was cut off holds his chunk no longer on the server
    shop.both(*SEATS)
    calls, cut, told = [], threading.Event(), []

    def silent(pair: Any, chunk: Any) -> Any:
        calls.append(1)
        if len(calls) == 4:
            cut.set()
            assert silenced.wait(20)
        return look.look(pair, chunk)

    def go() -> None:
        try:
            compare(shop.source, shop.target, [SCHEMA], chunk_rows=100, threads=1, checkpoint="silent")
        except DatabaseFault as fault:
            told.append(fault)

    silenced = threading.Event()
    monkeypatch.setattr(comparing, "look", silent)
    thread = threading.Thread(target=go, daemon=True)
    thread.start()
    assert cut.wait(60)
    with silence(shop.target.host):
        silenced.set()
        thread.join(60)
    assert not thread.is_alive() and "The connection was cut" in str(told[0]) and "it goes on where it was" in str(told[0])
    calls.clear()
    monkeypatch.setattr(comparing, "look", lambda pair, chunk: calls.append(1) or look.look(pair, chunk))
    found = compare(shop.source, shop.target, [SCHEMA], chunk_rows=100, threads=1, checkpoint="silent")
    assert found.equal and found.rows_compared == 900 and len(calls) == found.chunks - 3
    checkpoint.forget(shop.target, "silent")
