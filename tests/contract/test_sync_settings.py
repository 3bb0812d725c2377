# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Servers whose settings leave rows out, end statements or add columns: an application's usual ones change nothing in what we read and write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.backup import dump
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import execute
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import look
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import How, alike
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.copy import copy
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.snapshot import snapshot

from lab.hosts.mysql import server as hosts
from tests.contract.mysql_pair import AWS, NHN
from tests.contract.sync_pair import SCHEMA, SEATS, Shop, shop

__all__ = ["shop"]

BAG = ("CREATE TABLE bag (n INT)", "INSERT INTO bag SELECT id FROM seats")


@pytest.fixture
def narrow() -> Iterator[None]:
    """No SELECT gives more than 20 rows, or takes longer than a millisecond."""
    for name in (NHN, AWS):
        hosts.sql(name, "SET GLOBAL sql_select_limit = 20; SET GLOBAL max_execution_time = 1;")
    yield
    for name in (NHN, AWS):
        hosts.sql(name, "SET GLOBAL sql_select_limit = DEFAULT; SET GLOBAL max_execution_time = DEFAULT;")


def test_a_limit_of_rows_or_of_time_hides_no_row_from_a_repair(shop: Shop, narrow: None) -> None:
    shop.both(*SEATS, *BAG)
    shop.damage("DELETE FROM seats WHERE id % 2 = 0", "DELETE FROM bag WHERE n % 2 = 0")
    done = shop.repair()
    assert done.equal and (done.comparison.differing_rows, done.counts.inserted) == (900, 900)


def test_nor_from_a_copy(shop: Shop, narrow: None) -> None:
    shop.on(shop.source, *SEATS, *BAG)
    assert copy(shop.source, shop.target, [SCHEMA]).by_table == {"shop.seats": 900, "shop.bag": 900}
    assert shop.rows(shop.target, "SELECT COUNT(*) FROM bag") == [(900,)]


def test_nor_from_a_backup(shop: Shop, narrow: None) -> None:
    shop.on(shop.source, *SEATS, *BAG)
    with snapshot(shop.source, [SCHEMA]) as view:
        text = list(dump.dump(view.conn, [SCHEMA]))
    with shop.target.connected() as conn:
        execute(conn, f"DROP DATABASE {SCHEMA}")
        dump.load(conn, text)
    assert shop.rows(shop.target, "SELECT (SELECT COUNT(*) FROM bag), (SELECT COUNT(*) FROM seats)") == [(900, 900)]


def test_how_many_rows_there_are_is_not_what_the_server_remembers_of_yesterday(shop: Shop) -> None:
    """It tells for a day what it found when it was asked first: of a table that has been filled since, no rows at all."""
    shop.both(SEATS[0])
    shop.rows(shop.source, f"SELECT table_rows, avg_row_length FROM information_schema.tables WHERE table_schema = '{SCHEMA}'")
    shop.both(*SEATS[1:])
    about = alike(shop.source, shop.target, [SCHEMA], (), How()).tables["shop.seats"].about_rows
    assert 450 <= about <= 1800, "a guess, of 900"


def test_sums_that_what_was_found_does_not_explain_are_looked_at_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever left the other rows out: the first comparison may have seen some of them, and no repair takes those for all."""
    shop.both(*SEATS)
    shop.damage("DELETE FROM seats WHERE id < 100")
    seen, looks = look.digests_that_differ, iter(range(look.ROUNDS))

    def some(*given: Any) -> dict[Any, Any]:
        found = seen(*given)
        return dict(list(found.items())[:7]) if next(looks, None) is not None else found

    monkeypatch.setattr(look, "digests_that_differ", some)
    done = shop.repair()
    assert done.equal and (done.counts.inserted, done.passes, done.comparison.unsettled_rows) == (99, 2, 1)


@pytest.fixture
def keys_for_all() -> Iterator[None]:
    """A target that gives every table without a primary key one of its own making."""
    hosts.sql(AWS, "SET GLOBAL sql_generate_invisible_primary_key = ON;")
    yield
    hosts.sql(AWS, "SET GLOBAL sql_generate_invisible_primary_key = DEFAULT;")


def test_a_target_that_would_build_another_table_is_refused_by_name(shop: Shop, keys_for_all: None) -> None:
    shop.on(shop.source, *SEATS, *BAG)
    shop.damage("CREATE TABLE here (id INT PRIMARY KEY)")
    with pytest.raises(Fault, match=r"(?s)shop\.bag.*sql_generate_invisible_primary_key.*Nothing was touched.*parameter group"):
        copy(shop.source, shop.target, [SCHEMA])
    assert shop.rows(shop.target, "SHOW TABLES") == [("here",)]
    shop.on(shop.source, "DROP TABLE bag")
    assert copy(shop.source, shop.target, [SCHEMA]).rows == 900
