# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The writer was migrated after it took over: the old server's log is in the columns of before, and is not read by those of now."""

from __future__ import annotations

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import BadInput
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import query
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.dialects import Position, for_site
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replication import binlog_position, catch_up, promote, stop
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.find import Sides, find
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.settling import settle

from tests.contract.mysql_pair import SCHEMAS
from tests.contract.twins import Twins

AWS = for_site("aws_rds")


def test_a_table_whose_columns_stand_in_another_order_now_is_named_and_not_read_wrongly(bare: Twins) -> None:
    """Types and number are the same, so the key was read from another column, and the row left behind was not in the report."""
    sides = Sides(bare.server("nhn"), bare.server("aws"), "nhn", "aws")
    with bare.server("nhn").connected() as here, bare.pair.standby.connected() as there:
        first = str(query(here, "SHOW BINARY LOGS")[0]["Log_name"])
        bare.write("nhn", "CREATE TABLE tickets.d (id BIGINT NOT NULL PRIMARY KEY, seat BIGINT NOT NULL, buyer VARCHAR(20))",
                   "CREATE TABLE tickets.other LIKE tickets.d", "INSERT INTO tickets.d VALUES (1, 100, 'a'), (2, 200, 'b')")
        bare.beat("nhn", 1)
        settle(bare.wish("nhn", "aws", position=Position(first, 4)))
        catch_up(there, AWS, binlog_position(here), 20)
        stop(there, AWS)
        bare.write("nhn", "INSERT INTO tickets.d VALUES (500, 7, 'left behind')")
        promote(there, AWS)
        bare.beat("aws", 2)
        bare.write("aws", "ALTER TABLE tickets.other MODIFY COLUMN id BIGINT NOT NULL AFTER seat")
        report = find(sides, SCHEMAS)
        assert (report.method, [row.key for row in report.rows]) == ("gtid", [{"id": "500"}]), "of another table nothing was left behind"
        bare.write("aws", "ALTER TABLE tickets.d MODIFY COLUMN id BIGINT NOT NULL AFTER seat",
                   "INSERT INTO tickets.d (id, seat, buyer) VALUES (600, 8, 'sold at aws')")
        for by_gtid in (True, False):
            with pytest.raises(BadInput, match=r"tickets\.d: its columns stand in another order, id, seat, buyer on the old server, seat, id, buyer"):
                find(sides, SCHEMAS, by_gtid=by_gtid)
