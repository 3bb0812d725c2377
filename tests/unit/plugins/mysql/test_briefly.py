# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DDL that others keep from its table waits briefly and tries again, and ends with words of what to do."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import briefly
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import DatabaseFault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import altering, firing, guards
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.blueprint import Made
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.firing import Fires
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.guards import Guard

HOW = Made("CREATE TRIGGER t ...")
OURS = {("shop", "t"): Fires("seats", HOW, "app@%")}


class Copy:
    """A server where a statement finds its table held so many times. Its lock_wait_timeout is MySQL's own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, held: int, code: int = 1205) -> None:
        self.held, self.code, self.waits, self.ran, self.tried = held, code, 31536000, [], 0        # type: ignore[var-annotated]
        monkeypatch.setattr(briefly, "value", lambda *_given: self.waits)
        for module in (briefly, firing, guards):
            monkeypatch.setattr(module, "execute", self.execute)

    def execute(self, _conn: Any, sql: str, values: Any = None, *, doing: str = "") -> None:
        if sql.startswith("SET SESSION lock_wait_timeout"):
            self.waits = values[0]
        elif "TRIGGER" in sql:
            assert self.waits == altering.LOCK_WAIT, f"{sql} would wait for ever"
            self.tried += 1
            if self.tried <= self.held:
                raise DatabaseFault(doing, "there", Exception(self.code, "Lock wait timeout exceeded; try restarting transaction"))
            self.ran.append(sql)


def alters(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """Each of what drops or makes triggers on a copy."""
    monkeypatch.setattr(firing, "firing", lambda *_given: {} if how == "bring back" else OURS)
    monkeypatch.setattr(firing, "value", lambda *_given: "")
    monkeypatch.setattr(firing, "query", lambda *_given, **_more: [{"s": "shop", "t": "seats"}])
    monkeypatch.setattr(guards, "value", lambda *_given: "")
    monkeypatch.setattr(guards, "query", lambda *_given, **_more: [])
    if how == "drop replaced":
        firing.drop_replaced("copy", {("shop", "t"): Fires("seats", Made("CREATE TRIGGER other"), "app@%")})
    elif how == "put aside":
        firing.put_aside("copy", [("shop", "seats")], OURS)
    elif how == "bring back":
        firing.bring_back("copy", OURS)
    else:
        guards.bring("copy", [Guard("shop", "seats", "INSERT", "dr_gate_x", "dr_agent@%", HOW)])


ALL = ["drop replaced", "put aside", "bring back", "guards"]


@pytest.mark.parametrize("how", ALL)
def test_a_trigger_of_a_copy_waits_briefly_and_again(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    copy = Copy(monkeypatch, altering.ATTEMPTS - 1)
    alters(monkeypatch, how)
    assert len(copy.ran) == 1 and copy.waits == 31536000


@pytest.mark.parametrize("how", ALL)
def test_who_holds_the_table_all_the_time_is_for_a_person_to_end(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    copy = Copy(monkeypatch, altering.ATTEMPTS)
    with pytest.raises(DatabaseFault, match=r"(?s)MySQL answered 1205.*had that table open for all of 60 s.*End that session.*run again: it goes on"):
        alters(monkeypatch, how)
    assert copy.waits == 31536000 and not copy.ran


def test_whatever_else_ends_it_ends_it_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    copy = Copy(monkeypatch, 1, code=1227)
    with pytest.raises(DatabaseFault, match="1227") as told:
        alters(monkeypatch, "guards")
    assert copy.tried == 1 and "metadata_locks" not in str(told.value)
