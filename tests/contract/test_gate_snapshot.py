# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A view of a server that copies from another: what it applies is held for a moment as what its own sessions write is. Before the tests that take
the pair of servers apart.
"""

from __future__ import annotations

import time

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import DatabaseError, DatabaseFault, execute, query
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import snapshot
from ansible_collections.multicloud.dr.plugins.module_utils.switch import gate_triggers

from tests.contract.gate_places import AGENT, APP, Place
from tests.contract.mysql_pair import until


@pytest.mark.parametrize("held_by", ["flush", "tables"])        # the second without RELOAD, as at AWS
def test_what_a_replica_applies_is_held_as_well(held_by: str, primary: Place, standby: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Row events fire no trigger, so the gate's lock does not stop them: they were in the log before the position, and in no view."""
    with primary.login(AGENT) as writer, standby.login(AGENT) as conn:
        primary.gate.open("nhn", 1, primary.now() + 60)
        execute(writer, "CREATE TABLE sales.rows_applied (id INT PRIMARY KEY)")
        gate_triggers.install(writer, [APP])
        until(lambda: snapshot.guarded(conn, [APP]) == {"sales.rows_applied"})
        read = snapshot.binlog_position

        def after_another_commit(held: object) -> object:
            execute(writer, "INSERT INTO sales.rows_applied VALUES (1)")
            end = time.monotonic() + 0.7            # well within HOLD_LIMIT; where nothing holds the applier the row is there in less
            while time.monotonic() < end and not query(conn, "SELECT 1 FROM sales.rows_applied"):
                time.sleep(0.02)
            return read(held)

        def without_reload(on: object, sql: str, *more: object, **named: object) -> int:
            if sql.startswith("FLUSH"):
                raise DatabaseFault("hold writes", "here", DatabaseError(1227, "Access denied; you need RELOAD"))
            return execute(on, sql, *more, **named)         # type: ignore[arg-type]

        monkeypatch.setattr(snapshot, "binlog_position", after_another_commit)
        if held_by == "tables":
            monkeypatch.setattr(snapshot, "execute", without_reload)
        with snapshot.snapshot(standby.server, [APP]) as view:
            assert query(view.conn, "SELECT COUNT(*) AS n FROM sales.rows_applied") == [{"n": "0"}] and view.held_by == held_by
            until(lambda: query(conn, "SELECT 1 FROM sales.rows_applied"))
            since = query(conn, f"SHOW BINLOG EVENTS IN '{view.position.file}' FROM {view.position.position}")
        assert any("rows_applied" in str(event["Info"]) for event in since), "the row is neither in the view nor behind the position"
        execute(writer, "DROP TABLE sales.rows_applied")
        until(lambda: not query(conn, "SHOW TABLES IN sales LIKE 'rows_applied'"))
