# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose transactions count, and ending what has ended by itself. Real servers: tests/contract/test_gate_drain.py."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import transactions
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import DatabaseError, DatabaseFault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.dialects import for_site


def test_the_servers_own_threads_are_left_alone_and_whose_owner_is_gone_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """To end what applies a source's rows, or what the provider does for itself, would break more than it saves."""
    users = {1: "app", 2: "system user", 3: "event_scheduler", 4: "rdsadmin", 5: "rdsrepladmin", 6: "rds_admin"}

    def answer(_conn: Any, sql: str, **_more: Any) -> list[dict[str, Any]]:
        if "innodb_trx" in sql:
            return [{"thread": thread, "id": "9", "started": "t", "state": "RUNNING", "modified": 1} for thread in (*users, 7)]
        return [{"Id": thread, "User": user} for thread, user in users.items()]

    monkeypatch.setattr(transactions, "query", answer)
    assert [(each.thread, each.user) for each in transactions.open_transactions(None)] == [(1, "app"), (7, "")]


@pytest.mark.parametrize("dialect", ["plain", "nhn_rds", "aws_rds"])
def test_who_has_ended_by_itself_needs_no_end(dialect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_conn: Any, _sql: str, _values: Any, *, doing: str) -> int:
        raise DatabaseFault(doing, "on db", DatabaseError(code, "no"))

    monkeypatch.setattr(transactions, "execute", refuse)
    code = 1094
    assert transactions.kill(None, for_site(dialect), 7) is False
    code = 1095                     # somebody else's, and we may not
    with pytest.raises(DatabaseFault, match="end connection 7"):
        transactions.kill(None, for_site(dialect), 7)
