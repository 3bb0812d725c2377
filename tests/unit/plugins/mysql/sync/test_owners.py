# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What belongs to another account is refused before it is dropped, where it could not be made again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import firing, owners
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.blueprint import Made
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.firing import Fires
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.guards import Guard

TO = "TO `operator`@`%`"


def asks(monkeypatch: pytest.MonkeyPatch, *grants: str, there: Sequence[str] = ("operator@%", "app@%")) -> None:
    """The account operator has these grants, on a server that has these accounts."""
    monkeypatch.setattr(owners, "value", lambda *_given, **_more: "operator@%")
    monkeypatch.setattr(owners, "query", lambda _conn, sql, **_more: [{"who": each} for each in there] if "mysql.user" in sql
                        else [{"Grants for operator@%": each} for each in grants])


@pytest.mark.parametrize(("grants", "refused"), [
    ((f"GRANT SELECT, TRIGGER ON *.* {TO}",), True), ((f"GRANT SET_ANY_DEFINER ON *.* {TO}",), False), ((f"GRANT SELECT ON *.* {TO}",
     f"GRANT AUDIT_ADMIN,SET_USER_ID,XA_RECOVER_ADMIN ON *.* {TO} WITH GRANT OPTION"), False), ((f"GRANT SELECT, SUPER ON *.* {TO}",), False),
    ((f"GRANT ALL PRIVILEGES ON *.* {TO}",), False), ((f"GRANT ALL PRIVILEGES ON `shop`.* {TO}",), True),
    ((f"GRANT SUPERVISION ON *.* {TO}",), True)])
def test_whoever_may_say_so_makes_what_belongs_to_others(monkeypatch: pytest.MonkeyPatch, grants: tuple[str, ...], refused: bool) -> None:
    asks(monkeypatch, *grants)
    owners.refuse_others("conn", ["operator@%"], "make", "these")
    if refused:
        with pytest.raises(Fault, match=r"(?s)app@10\.%.*Nothing was touched.*SET_ANY_DEFINER"):
            owners.refuse_others("conn", ["app@10.%"], "make", "these")
    else:
        owners.refuse_others("conn", ["app@10.%"], "make", "these")


@pytest.mark.parametrize(("there", "tables", "refused"), [
    (True, [], False), (True, [("shop", "b")], False), (True, [("shop", "a")], True), (False, [], True)])
def test_a_trigger_is_asked_for_where_it_would_be_dropped_or_is_missing(
    monkeypatch: pytest.MonkeyPatch, there: bool, tables: list[Any], refused: bool,
) -> None:
    asks(monkeypatch, f"GRANT TRIGGER ON *.* {TO}")
    made = Made('CREATE DEFINER="app"@"%" TRIGGER `t` BEFORE INSERT ON `a` FOR EACH ROW SET @x = 1', "ANSI_QUOTES")
    ours = {("shop", "t"): Fires("a", made, "app@%")}
    monkeypatch.setattr(firing, "firing", lambda *_given: ours if there else {})
    if refused:
        with pytest.raises(Fault, match=r"shop\.t"):
            firing.refuse_unmakable("target", tables, ours)
    else:
        firing.refuse_unmakable("target", tables, ours)


@pytest.mark.parametrize(("grants", "there", "said"), [
    ((f"GRANT TRIGGER ON *.* {TO}",), ("operator@%", "gate@%"), r"shop\.dr_gate_insert_x.*\n.*gate@%, and operator@% may make none but its own"),
    ((f"GRANT SUPER ON *.* {TO}",), ("operator@%",), r"shop\.dr_gate_insert_x.*\n.*gate@%, which the target does not have. Nothing was touched"),
    ((f"GRANT SUPER ON *.* {TO}",), ("operator@%", "gate@%"), "")])
def test_so_is_a_trigger_of_the_gate_that_is_to_be_brought(
    monkeypatch: pytest.MonkeyPatch, grants: tuple[str, ...], there: tuple[str, ...], said: str,
) -> None:
    """It came out only once all rows were brought."""
    asks(monkeypatch, *grants, there=there)
    guard = Guard("shop", "seats", "INSERT", "dr_gate_insert_x", "gate@%")
    if said:
        with pytest.raises(Fault, match=said):
            firing.refuse_unmakable("target", [], {}, [guard])
    else:
        firing.refuse_unmakable("target", [], {}, [guard])


def test_without_any_no_account_is_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owners, "query", lambda *_given, **_more: pytest.fail("nothing is to be made"))
    firing.refuse_unmakable("target", [("shop", "seats")], {})
