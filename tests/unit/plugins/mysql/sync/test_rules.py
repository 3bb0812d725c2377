# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What two servers disagree in beside columns and rows, and names of tables that are nowhere."""

from __future__ import annotations

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import BadInput
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.ignoring import LISTED, refuse_unknown
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.rules import Rules, rule_faults, schema_faults
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.tables import Table

TABLE = Table("shop", "seats", (), ())


def test_each_difference_is_named_with_both_sides():
    mine = Rules({"a": "'1'", "b": "none", "gone": "none"}, {"unique index seat": "(a)", "foreign key up": "(a) to shop.p (id)"})
    theirs = Rules({"a": "'2'", "b": "none", "new": "'x'"}, {"foreign key up": "(a) to shop.p (id)", "constraint c": "CHECK (a > 0)"})
    assert list(rule_faults(TABLE, mine, theirs)) == [
        "shop.seats.a: default '1' on the source, default '2' on the target",
        "shop.seats: constraint c absent on the source, CHECK (a > 0) on the target",
        "shop.seats: unique index seat (a) on the source, absent on the target"]


def test_a_primary_key_is_named_once():
    mine, theirs = Rules(others={"primary key": "(id)"}), Rules()
    assert len(list(rule_faults(TABLE, mine, theirs))) == 1 and not list(rule_faults(TABLE, mine, theirs, same_key=False))


def test_what_tables_come_to_have_that_name_no_character_set_is_named_by_schema():
    mine = {"shop": "latin1 latin1_swedish_ci", "alike": "utf8mb4 utf8mb4_bin", "only": "utf8mb4 utf8mb4_bin", "other": "latin1 latin1_bin"}
    theirs = {"shop": "utf8mb4 utf8mb4_0900_ai_ci", "alike": "utf8mb4 utf8mb4_bin", "other": "utf8mb4 utf8mb4_bin"}
    assert list(schema_faults(["alike", "only", "shop"], mine, theirs)) == [
        "shop: default character set latin1 latin1_swedish_ci on the source, utf8mb4 utf8mb4_0900_ai_ci on the target"]


def test_every_name_that_fits_nothing_is_refused_at_once_by_its_place():
    refuse_unknown(["dr.gate", "dr.crossing", "dr.salvaged", "shop.a"], {"shop.a"})
    with pytest.raises(BadInput) as refused:
        refuse_unknown(["shop.x", "shop.a", "SHOP.A"], {f"shop.{name}" for name in ("b", "a")})
    assert [fault.split(" is no table")[0] for fault in refused.value.faults] == ["ignore[0]: 'shop.x'", "ignore[2]: 'SHOP.A'"]
    assert refused.value.faults[0].endswith("known are shop.a, shop.b")
    with pytest.raises(BadInput, match=r"known are shop\.t000, .* and 7 more"):
        refuse_unknown(["shop"], {f"shop.t{number:03}" for number in range(LISTED + 7)})
