# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A migration at the source while it is copied: what it does is in the log after the copy's place, so the copy must not hold it too."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import dialects, replication
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server, execute
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import copy as copying
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import compare
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.copy import Copied, copy

from tests.contract.copy_world import SCHEMA, fill

AWS = dialects.for_site("aws_rds")


def migrated(monkeypatch: pytest.MonkeyPatch, server: Server, before: str, *ddl: str) -> None:
    """Run these at the source just before a table's turn comes."""
    real, left = copying._copy_table, [*ddl]

    def meanwhile(*given: Any) -> Any:
        if given[3].name == before:
            with server.connected(database=SCHEMA) as other:
                execute(other, "SET SESSION lock_wait_timeout = 20")
                while left:
                    execute(other, left.pop(0))
        return real(*given)

    monkeypatch.setattr(copying, "_copy_table", meanwhile)


def followed(primary: Server, standby: Server, copied: Copied) -> None:
    """The replica goes on from the copy's place to the end of the log. Raises Fault where it stops."""
    with primary.connected() as conn:
        end = replication.binlog_position(conn)
    with standby.connected() as there:
        replication.follow(there, AWS, dialects.Source(primary.host, 3306, "dr_repl", "it's repl"), copied.position)
        try:
            replication.start(there, AWS, limit=20)
            replication.catch_up(there, AWS, end, 20)
        finally:
            replication.detach(there, AWS)


@pytest.mark.parametrize("ddl", [
    ["CREATE TRIGGER late BEFORE INSERT ON zlast FOR EACH ROW SET new.k = new.k"], ["CREATE TABLE zz (id INT PRIMARY KEY)"],
    ["CREATE VIEW seen AS SELECT k FROM zlast"],
    ["DROP TRIGGER early", "CREATE TRIGGER early BEFORE UPDATE ON zlast FOR EACH ROW SET new.k = 7"]])
def test_what_comes_meanwhile_is_the_replica_s_to_do(
    origin: Any, strangers: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch, ddl: list[str],
) -> None:
    fill(origin, "first", 500)
    fill(origin, "zlast", 500)
    execute(origin, "CREATE VIEW v AS SELECT k FROM first")
    execute(origin, "CREATE TRIGGER early BEFORE INSERT ON zlast FOR EACH ROW SET new.k = new.k")
    migrated(monkeypatch, strangers[0], "zlast", *ddl)
    followed(*strangers, copy(*strangers, [SCHEMA]))
    found = compare(*strangers, [SCHEMA])
    assert found.equal and not found.definitions


@pytest.mark.parametrize("ddl", [
    ["ALTER TABLE zlast ADD INDEX late (c)"], ["DROP INDEX k ON zlast"], ["ALTER TABLE zlast ADD COLUMN late INT DEFAULT 7, ALGORITHM=INSTANT"],
    ["ALTER TABLE zlast ADD COLUMN late INT, ALGORITHM=COPY"], ["RENAME TABLE zlast TO aaa"], ["TRUNCATE TABLE zlast"],
    ["RENAME TABLE zlast TO old, znew TO zlast"], ["ALTER TABLE zlast ADD INDEX late (c)", "DROP INDEX late ON zlast"]])
def test_a_table_that_is_altered_before_its_turn_is_a_failure_that_says_so_and_the_next_copy_is_right(
    origin: Any, strangers: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch, ddl: list[str],
) -> None:
    """What its view reads then are another table's rows, or none; its definition would be that of now."""
    fill(origin, "first", 500)
    fill(origin, "zlast", 500)
    fill(origin, "znew", 3)
    with monkeypatch.context() as patch:
        migrated(patch, strangers[0], "zlast", *ddl)
        try:
            copied = copy(*strangers, [SCHEMA])
        except Fault as fault:
            # Two tables that were made in one second are told apart by the second one's being gone when its turn comes.
            assert any(name in str(fault) for name in ("copied.zlast", "copied.znew")) and "un again" in str(fault), fault
            copied = None
    if copied is not None:          # then it came to be as it was, and the replica does both once more
        assert len(ddl) == 2
        followed(*strangers, copied)
        return
    followed(*strangers, copy(*strangers, [SCHEMA]))
    assert compare(*strangers, [SCHEMA]).equal


def test_a_migration_while_writers_are_held_is_refused_before_anything_is_touched(
    origin: Any, strangers: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill(origin, "first", 10)
    whole = copying.snapshot

    def meanwhile(*given: Any) -> Any:
        execute(origin, "CREATE TRIGGER late BEFORE INSERT ON first FOR EACH ROW SET new.k = new.k")
        return whole(*given)

    with monkeypatch.context() as patch:
        patch.setattr(copying, "snapshot", meanwhile)
        with pytest.raises(Fault, match=r"copied\.late.*(?s:.*)Nothing was touched"):
            copy(*strangers, [SCHEMA])
    assert copying.rows_in(strangers[1], [SCHEMA]) == []
    followed(*strangers, copy(*strangers, [SCHEMA]))
