# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is too large for a sum, for memory or for one transaction is refused by name, whichever side holds it; and names that MySQL has changed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage import find as finding
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.gates import Worth
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import aligning, look, repair, rules, wide
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.difference import Difference
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.look import Found
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.shapes import shape
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.tables import Column, Table, _column, column_faults

LOG = Table("shop", "log", (Column("a", "int", "int"),), ())


def varchar(name: str, octets: int) -> Column:
    return Column(name, "varchar", "varchar", charset="utf8mb4", octets=octets)


@pytest.mark.parametrize(("columns", "packet", "refused"), [
    ([varchar("v", 9000), varchar("w", 9000)], 16384, True), ([varchar("v", 9000)], 16384, False), ([varchar("v", 65000)], 1 << 20, False),
    ([Column(f"c{number}", "decimal", "decimal(65,30)") for number in range(20)], 1024, True),
    ([Column("b", "longblob", "longblob", octets=2**32 - 1), Column("j", "json", "json")], 1024, False)])
def test_a_row_that_could_not_be_added_up_is_refused_by_its_table(monkeypatch: Any, columns: list[Column], packet: int, refused: bool) -> None:
    """CONCAT would answer NULL, and a sum leaves that out: rows that differ were equal."""
    monkeypatch.setattr(wide, "value", lambda conn, _sql: str(packet) if conn == "small" else "67108864")
    monkeypatch.setattr(wide, "where", str)
    table = Table("shop", "seats", tuple(columns), ())
    wide.refuse_too_wide([table], "large", "large")
    wide.refuse_too_wide([], "small")
    if not refused:
        wide.refuse_too_wide([table], "large", "small")
        return
    with pytest.raises(Fault, match=rf"shop\.seats \(a row may take \d+ bytes, and small has a max_allowed_packet of {packet}\)"):
        wide.refuse_too_wide([table], "large", "small")


@pytest.mark.parametrize(("mine", "theirs", "refused"), [(10, 5_000_000, True), (200_000, 0, True), (100_000, 100_000, False)])
def test_a_repair_refuses_a_large_table_without_a_key_whichever_side_it_is_large_on(mine: int, theirs: int, refused: bool) -> None:
    book = SimpleNamespace(found=lambda _label: iter([[Found((), f"{mine}/AB/1+1", f"{theirs}/CD/2+2")]]))
    survey: Any = SimpleNamespace(unlike=[], tables={"shop.log": LOG}, book=book,
                                  comparison=SimpleNamespace(per_table={"shop.log": {"rows": mine, "differing": 1}}))
    if not refused:
        repair._refuse_unlike(survey)
        return
    with pytest.raises(Fault, match=rf"shop\.log: {mine} rows at the source, {theirs} on the target, and neither"):
        repair._refuse_unlike(survey)


@pytest.mark.parametrize("sizes", [{"view": 3, "target": 200_000}, {"view": 200_000, "target": 3}])
def test_nor_is_it_made_alike_as_a_whole(monkeypatch: Any, sizes: dict[str, int]) -> None:
    monkeypatch.setattr(aligning, "firing", lambda *_given: {})
    monkeypatch.setattr(aligning, "rows_in_table", lambda conn, _table: sizes[conn])
    with pytest.raises(Fault, match=r"shop\.log(?s:.*)It has no key and more than 100000 rows. Nothing was written"):
        aligning.refuse_unwritable("view", "target", [Difference(LOG, keyless=True)])


def test_salvage_takes_a_table_without_a_key_in_a_pass_and_leaves_a_large_one_to_people(monkeypatch: Any) -> None:
    rows = [{"a": str(number)} for number in range(50_000)]
    held = {"here": [*rows, {"a": "0"}, {"a": "only here"}], "there": [*reversed(rows), {"a": "only there"}]}
    monkeypatch.setattr(finding, "all_rows", lambda conn, _table: held[conn])
    monkeypatch.setattr(finding, "rows_in_table", lambda conn, _table: len(held[conn]))
    found = list(finding._keyless("here", "there", LOG, Worth()))           # with a list in the place of the count: longer than anybody waits
    assert [(row.change, row.values) for row in found] == [("insert", {"a": "0"}), ("insert", {"a": "only here"}), ("delete", None)]
    assert "holds 1 rows of this table that are not here" in found[-1].because
    monkeypatch.setattr(finding, "rows_in_table", lambda conn, _table: 3 if conn == "here" else look.KEYLESS_LIMIT + 1)
    monkeypatch.setattr(finding, "all_rows", None)
    [whole] = finding._keyless("here", "there", LOG, Worth())
    assert whole.verdict == "conflict" and whole.values is None and "3 rows here and 100001 at the writer" in whole.because


def text(collation: str, charset: str) -> Column:
    return _column({"c": "a", "type": "varchar", "full": "varchar(9)", "nullable": "YES", "collation": collation, "extra": "", "expression": "",
                    "charset": charset, "srs": None, "octets": 27})


def test_utf8mb3_is_one_character_set_by_whichever_name_a_server_calls_it(monkeypatch: Any) -> None:
    """Until MySQL 8.0.30 it was utf8, and its collations were utf8_...: a migration between versions is no difference."""
    old, new = (Table("s", "t", (column,), ()) for column in (text("utf8_general_ci", "utf8"), text("utf8mb3_general_ci", "utf8mb3")))
    assert list(column_faults(old, new)) == [] and old.built == new.built
    assert list(column_faults(old, Table("s", "t", (text("utf8mb4_general_ci", "utf8mb4"),), ()))) != []
    monkeypatch.setattr(rules, "query", lambda conn, *_given, **_more: [
        {"s": "shop", "cs": "utf8", "co": "utf8_bin"} if conn == "old" else {"s": "shop", "cs": "utf8mb3", "co": "utf8mb3_bin"}])
    assert list(rules.schema_faults(["shop"], rules.schema_defaults("old"), rules.schema_defaults("new"))) == []
    made = ("CREATE TABLE `t` (\n  `a` varchar(9) CHARACTER SET utf8{0} COLLATE utf8{0}_bin DEFAULT NULL COMMENT 'utf8_x'\n"
            ") DEFAULT CHARSET=utf8{0} COLLATE=utf8{0}_bin")
    assert shape(made.format("")).same(made.format("mb3")) == "full" and shape(made.format("")).same(made.format("mb4")) is None
