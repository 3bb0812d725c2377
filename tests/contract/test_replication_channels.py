# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A server that somebody lets follow by a channel with a name, on real servers: it is seen and left alone, and nobody calls such a server alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.dialects import Dialect
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.parting import Parting
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replication import status
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.settling import look, settle

from tests.contract.mysql_pair import until
from tests.contract.twins import OF, Twins, as_provider


@pytest.fixture
def beside(bare: Twins) -> Iterator[Twins]:
    """AWS's server follows NHN's by the channel "reports", which its administrator has made, and by no other."""
    as_provider(bare, "aws", f"CHANGE REPLICATION SOURCE TO SOURCE_HOST = '{bare.pair.primary.host}', SOURCE_PORT = 3306, SOURCE_USER = 'dr_repl', "
                             "SOURCE_PASSWORD = 'it\\'s repl', SOURCE_SSL = 1, SOURCE_AUTO_POSITION = 1 FOR CHANNEL 'reports'; "
                             "START REPLICA FOR CHANNEL 'reports';")
    with bare.pair.standby.connected() as conn:
        until(lambda: all(each.applies for each in status(conn).channels))
    yield bare
    as_provider(bare, "aws", "STOP REPLICA FOR CHANNEL 'reports'; RESET REPLICA ALL FOR CHANNEL 'reports';")


def follows(twins: Twins) -> list[str]:
    with twins.pair.standby.connected() as conn:
        return [each.name for each in status(conn).channels if each.applies]


@pytest.mark.parametrize("state", ["stopped", "promoted", "detached"])
def test_a_server_that_another_channel_writes_on_does_not_stand_alone(beside: Twins, state: str) -> None:
    wish = beside.wish("nhn", "aws", state=state, source=None, reader=None)
    for check in (True, False):
        with pytest.raises(Fault, match=r"3306 by the channel 'reports'.*rds_stop_replication_for_channel\('reports'\)"):
            settle(wish, check=check)
    seen, found = look(wish)
    assert seen.state == "replicating" and seen.source is None and "other_channel" in [each.name for each in found]
    assert follows(beside) == ["reports"]


def test_who_takes_over_is_told_what_goes_on_and_sells_all_the_same(beside: Twins) -> None:
    with beside.pair.standby.connected() as conn:
        said = str(Parting(beside.pair.standby.connected, OF["aws"]).begin(conn))
    assert "by the channel 'reports'" in said and "alone already" not in said and follows(beside) == ["reports"]


def test_a_plain_server_s_own_channel_is_steered_and_no_other(beside: Twins) -> None:
    """Without a channel's name MySQL stops and forgets all there are."""
    for statement in (Dialect().stop(), Dialect().reset()):
        as_provider(beside, "aws", f"{statement.sql};")
    assert follows(beside) == ["reports"]
