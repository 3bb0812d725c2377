# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What somebody reads at three in the morning: why first, then what to do, and then, shortly, what was seen."""

from __future__ import annotations

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import WentWrong
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import replication
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import DatabaseError, DatabaseFault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.dialects import Position, for_site
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replica_status import ReplicaStatus

AT = Position("mysql-bin.000003", 900)
STOPPED = ReplicaStatus("192.168.10.50", 3306, "dr_repl", "u-1", "Yes", "No", AT, Position("mysql-bin.000003", 500),
                        sql_error=(1062, "Duplicate entry '5' for key 'seats.PRIMARY'"))


class Server:
    host, port, user = "db", 3306, b"admin"


def test_why_and_what_to_do_come_before_what_was_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replication, "status", lambda _conn, _dialect=None: STOPPED)
    monkeypatch.setattr(replication, "execute", lambda *_given, **_more: 0)
    with pytest.raises(WentWrong) as caught:
        replication.start(Server(), for_site("aws_rds"), limit=5)
    told = caught.value.told()
    first, why = told.split("\n", 1)
    assert first == "Could not start the replica on admin@db:3306."
    assert why.startswith("MySQL 1062: Duplicate entry '5' for key 'seats.PRIMARY' (row_conflict). A row was there already")
    assert told.endswith("last seen as 'following 192.168.10.50:3306 (threads Yes/No, fetched to mysql-bin.000003:900, applied to "
                         "mysql-bin.000003:500)', a state it does not leave by itself.")
    assert len(told) < 600 and "{" not in told


@pytest.mark.parametrize(("seen", "said"), [
    (ReplicaStatus(), "following nobody"),
    (ReplicaStatus("192.168.10.50", 3306), "following 192.168.10.50:3306 (threads No/No, fetched to no place, applied to no place)")])
def test_a_replica_is_described_in_a_line(seen: ReplicaStatus, said: str) -> None:
    assert str(seen) == said


@pytest.mark.parametrize(("error", "said"), [
    (DatabaseError(0, ""), 'MySQL answered "nothing: the connection to it is closed".\nRun again: a new run connects anew.'),
    (DatabaseError(), 'MySQL answered "nothing: the connection to it is closed".\nRun again: a new run connects anew.'),
    (OSError("[SSL] wrong version number"), 'MySQL answered "nothing: [SSL] wrong version number".'),
    (DatabaseError(1146, "Table 'a.b' doesn't exist"), "MySQL answered 1146: \"Table 'a.b' doesn't exist\".")])
def test_a_connection_that_is_closed_is_no_answer_of_mysql_s(error: Exception, said: str) -> None:
    assert DatabaseFault("read the lag", "as admin@db:3306", error).told() == f"Could not read the lag as admin@db:3306.\n{said}"
