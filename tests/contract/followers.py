# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the tests ask of a copy that follows: AWS's of NHN's, on the pair `twins`."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import execute, query
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.dialects import for_site
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replication import binlog_position, catch_up, status, stop
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.reseeding import Plan
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.settling import look
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import compare
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.repair import repair

from tests.contract.mysql_pair import SCHEMAS, until
from tests.contract.twins import Twins

AWS = for_site("aws_rds")
IGNORED = ("dr.gate", "dr.crossing")


def names(twins: Twins, **more: Any) -> list[str]:
    return [each.name for each in look(twins.wish("nhn", "aws"), **more)[1]]


def equal(twins: Twins, source: str = "nhn", target: str = "aws") -> bool:
    found = compare(twins.server(source), twins.server(target), SCHEMAS, ignore=IGNORED)
    assert not found.definitions
    return found.equal


def asked_anew(twins: Twins) -> list[str]:
    """What is wrong with the replica once it has looked for its source, now and not within a minute."""
    with twins.pair.standby.connected() as conn:
        stop(conn, AWS)
        execute(conn, "CALL mysql.rds_start_replication()")
        until(lambda: status(conn).io_error[0])
    return names(twins)


def refuses_repair(twins: Twins, words: str) -> None:
    with pytest.raises(Fault, match=words):
        repair(twins.server("nhn"), twins.server("aws", "dr_sync"), SCHEMAS, ignore=IGNORED)


def crosses(twins: Twins) -> bool:
    """A row written on NHN arrives at AWS."""
    with twins.server("nhn").connected() as here, twins.pair.standby.connected() as there:
        catch_up(there, AWS, binlog_position(here), 20)
        return status(there).running


def plan(twins: Twins, source: str, replica: str, **more: Any) -> Plan:
    return Plan(twins.wish(source, replica), twins.server(replica, "dr_sync"), source, replica, **more)


def seeding_is_kept(twins: Twins) -> bool:
    with twins.pair.standby.connected() as conn:
        return bool(query(conn, "SHOW TABLES FROM tickets LIKE '\\_seeding'"))


def interrupted(*_args: Any, **_more: Any) -> None:
    raise KeyboardInterrupt
