# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A position that somebody names says where to go on, and nothing of what the replica has sold by itself."""

from __future__ import annotations

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import query
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replication import binlog_position, status
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.settling import settle

from tests.contract.test_replication_words import following
from tests.contract.twins import Twins


@pytest.mark.parametrize("check", [True, False])
def test_the_last_writer_follows_from_no_place_in_another_s_log(bare: Twins, check: bool) -> None:
    following(bare, "nhn", "aws")
    settle(bare.wish("nhn", "aws", state="promoted"))
    bare.beat("aws", 2)
    bare.write("aws", "INSERT INTO tickets.events (id, name) VALUES (801, 'sold at AWS')")
    with bare.server("nhn").connected() as here:
        wish = bare.wish("nhn", "aws", position=binlog_position(here))
    with pytest.raises(Fault, match=r"(?s)It was the writer.*what it sold.*Nothing was touched.*tasks_from reseed.*accept_errant"):
        settle(wish, check=check)
    with bare.pair.standby.connected() as conn:
        assert status(conn).source is None and query(conn, "SELECT 1 FROM tickets.events WHERE id = 801")


def test_what_was_filled_by_other_means_goes_on_from_where_it_is_told(bare: Twins) -> None:
    following(bare, "nhn", "aws")
    bare.beat("nhn", 1)
    settle(bare.wish("nhn", "aws", state="promoted"))
    with bare.server("nhn").connected() as here:
        wish = bare.wish("nhn", "aws", position=binlog_position(here))
    assert settle(wish, check=True).moves == settle(wish).moves == ["point", "start"]


def test_who_knows_that_its_rows_are_the_wrong_ones_may_say_so(bare: Twins) -> None:
    following(bare, "nhn", "aws")
    settle(bare.wish("nhn", "aws", state="promoted"))
    bare.beat("aws", 2)
    with bare.server("nhn").connected() as here:
        wish = bare.wish("nhn", "aws", position=binlog_position(here), accept_errant=True)
    assert settle(wish).moves == ["point", "start"]
