# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What belongs to another account is refused before it is dropped, where it could not be made again."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import firing, owners
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.blueprint import Made
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.firing import Fires

TO = "TO `operator`@`%`"


def asks(monkeypatch: pytest.MonkeyPatch, *grants: str) -> None:
    monkeypatch.setattr(owners, "value", lambda *_given, **_more: "operator@%")
    monkeypatch.setattr(owners, "query", lambda *_given, **_more: [{"Grants for operator@%": each} for each in grants])


@pytest.mark.parametrize(("grants", "refused"), [
    ((f"GRANT SELECT, TRIGGER ON *.* {TO}",), True), ((f"GRANT SET_ANY_DEFINER ON *.* {TO}",), False), ((f"GRANT SELECT ON *.* {TO}",
     f"GRANT AUDIT_ADMIN,SET_USER_ID,XA_RECOVER_ADMIN ON *.* {TO} WITH GRANT OPTION"), False), ((f"GRANT SELECT, SUPER ON *.* {TO}",), False),
    ((f"GRANT ALL PRIVILEGES ON *.* {TO}",), False), ((f"GRANT ALL PRIVILEGES ON `shop`.* {TO}",), True),
    ((f"GRANT SUPERVISION ON *.* {TO}",), True)])
def test_whoever_may_say_so_makes_what_belongs_to_others(monkeypatch: pytest.MonkeyPatch, grants: tuple[str, ...], refused: bool) -> None:
    asks(monkeypatch, *grants)
    owners.refuse_others("conn", ["operator@%", ""], "make", "these")
    if refused:
        with pytest.raises(Fault, match=r"(?s)app@10\.%.*Nothing was touched.*SET_ANY_DEFINER"):
            owners.refuse_others("conn", ["app@10.%"], "make", "these")
    else:
        owners.refuse_others("conn", ["app@10.%"], "make", "these")


def test_the_owner_stands_in_the_statement() -> None:
    assert owners.owner("CREATE DEFINER=`it``s`@`%` TRIGGER `t` BEFORE INSERT") == "it`s@%" and owners.owner("CREATE TRIGGER `t`") == ""


@pytest.mark.parametrize(("there", "tables", "refused"), [
    (True, [], False), (True, [("shop", "b")], False), (True, [("shop", "a")], True), (False, [], True)])
def test_a_trigger_is_asked_for_where_it_would_be_dropped_or_is_missing(
    monkeypatch: pytest.MonkeyPatch, there: bool, tables: list[Any], refused: bool,
) -> None:
    asks(monkeypatch, f"GRANT TRIGGER ON *.* {TO}")
    ours = {("shop", "t"): Fires("a", Made("CREATE DEFINER=`app`@`%` TRIGGER `t` BEFORE INSERT ON `a` FOR EACH ROW SET @x = 1"))}
    monkeypatch.setattr(firing, "firing", lambda *_given: ours if there else {})
    if refused:
        with pytest.raises(Fault, match=r"shop\.t"):
            firing.refuse_unmakable("target", tables, ours)
    else:
        firing.refuse_unmakable("target", tables, ours)
