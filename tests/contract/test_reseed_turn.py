# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Seeding a replica again takes hours: whose turn it is to fill that server, and whether it has become the writer, is asked until all is in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import reseeding
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server, execute, query, value
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.dialects import Source
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replication import status
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.reseeding import Plan, reseed
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.settling import Wish
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import aligning, seeding
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.alone import NAME
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.unfinished import alignment, unfinished

from tests.contract.mysql_pair import until
from tests.contract.sync_pair import SCHEMA, SEATS, Shop, shop, written
from tests.contract.test_sync_live import following
from tests.contract.twins import GATE

__all__ = ["shop"]
SCHEMAS = (SCHEMA, "dr")
NOW = "UNIX_TIMESTAMP(SYSDATE(6))"
PROMOTED = f"INSERT INTO dr.gate VALUES (@@server_uuid, 'aws', 2, {NOW} + 600, 1, {NOW})"


@pytest.fixture
def stale(shop: Shop) -> Iterator[Shop]:
    """The target follows a source that is the writer, and every one of its seats differs."""
    shop.both(*SEATS, GATE)
    with following(shop):
        shop.on(shop.source, f"INSERT INTO dr.gate VALUES (@@server_uuid, 'nhn', 1, {NOW} + 600, 1, {NOW})")
        until(lambda: shop.rows(shop.target, "SELECT 1 FROM dr.gate"))
        shop.damage("UPDATE seats SET buyer = 'another'")
        yield shop
    shop.both("DROP TABLE IF EXISTS dr.gate, dr.aligning", f"DROP TABLE IF EXISTS {SCHEMA}._seeding")


def plan(shop: Shop, folder: Path) -> Plan:
    source = Source(shop.source.host, 3306, "dr_repl", "it's repl")
    wish = Wish("replicating", shop.target, "aws_rds", reader=shop.source, source=source, schemas=SCHEMAS)
    return Plan(wish, Server(shop.target.host, 3306, "dr_sync", "sync"), "nhn", "aws", str(folder), wrote=False, force=True)


def end_its_turn(shop: Shop) -> None:
    """As the server does with one that has said nothing for a minute."""
    with shop.target.connected() as conn:
        execute(conn, "CALL mysql.rds_kill(%s)", (value(conn, "SELECT IS_USED_LOCK(%s)", (NAME,)),))


def become_the_writer(shop: Shop) -> None:
    shop.on(shop.target, PROMOTED)


def beside(patch: pytest.MonkeyPatch, module: Any, name: str, happens: Callable[[], None], *, after: bool = True) -> None:
    """Something happens after (or before) the first call of a function."""
    real, calls = getattr(module, name), list[int]()

    def called(*given: Any, **more: Any) -> Any:
        calls.append(1)
        if len(calls) == 1 and not after:
            happens()
        result = real(*given, **more)
        if len(calls) == 1 and after:
            happens()
        return result

    patch.setattr(module, name, called)


@pytest.mark.parametrize(("happens", "words"), [(end_its_turn, "go on filling.*another may have begun"), (become_the_writer, "It is the writer")])
def test_what_came_to_pass_during_the_search_is_noticed_before_anything_is_touched(
    stale: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, happens: Callable[[Shop], None], words: str,
) -> None:
    beside(monkeypatch, reseeding, "refuse_unwritable", lambda: happens(stale))
    with pytest.raises(Fault, match=f"(?s){words}"):
        reseed(plan(stale, tmp_path))
    with stale.target.connected() as conn:
        assert status(conn).source and unfinished(conn) is None and not query(conn, "SHOW TABLES FROM dr LIKE 'aligning'")
    assert stale.rows(stale.target, "SELECT COUNT(*) FROM seats WHERE buyer = 'another'") == [(900,)]


@pytest.mark.parametrize(("happens", "words"), [(end_its_turn, "go on filling.*another may have begun"), (become_the_writer, "It is the writer")])
def test_what_comes_to_pass_while_rows_are_written_ends_it_before_the_next_commit(
    stale: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, happens: Callable[[Shop], None], words: str,
) -> None:
    beside(monkeypatch, aligning, "_insert", lambda: happens(stale))
    with pytest.raises(Fault, match=f"(?s){words}"):
        reseed(plan(stale, tmp_path))
    assert written(stale) == 0, "all had gone, and none has come back"
    with stale.target.connected() as conn:
        assert seeding.position_of_finished_copy(conn, SCHEMAS, stale.source) is None, "nobody follows from a place that is not theirs"


def test_whose_turn_ended_with_the_last_row_takes_no_mark_away(stale: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beside(monkeypatch, reseeding, "make_alike", lambda: end_its_turn(stale))
    with pytest.raises(Fault, match="go on filling"):
        reseed(plan(stale, tmp_path))
    with stale.target.connected() as conn:
        assert alignment(conn) and seeding.position_of_finished_copy(conn, SCHEMAS, stale.source) is None


def test_the_mark_of_one_that_did_not_notice_a_promotion_is_not_believed(stale: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is of the reign that was known when the run began: what is sold in the next one is searched for before it is overwritten."""
    beside(monkeypatch, reseeding, "begin_alignment", lambda: become_the_writer(stale), after=False)
    with pytest.raises(Fault, match="It is the writer"):
        reseed(plan(stale, tmp_path))
    with stale.target.connected() as conn:
        assert query(conn, "SELECT 1 FROM dr.aligning") and alignment(conn) is None and unfinished(conn) is None
    assert stale.rows(stale.target, "SELECT COUNT(*) FROM seats WHERE buyer = 'another'") == [(900,)]
