# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Formulas of parameters, by the words of the service's guide."""

from __future__ import annotations

import pytest

from lab.nhn.rds.formulas import NoFormula, is_formula, worked_out

INSTANCE = {"ramSizeByte": 4 << 30, "vCPU": 2, "dbPort": 3306, "serverId": 1001, "readOnly": 0}


@pytest.mark.parametrize(("text", "value"), [
    ("{ramSizeByte * 3 / 4}", 3 << 30), ("max(vCPU * 50, 200)", 200), ("min(ramSizeByte / 12582880, 100000)", 341), ("{sum([dbPort, 1])}", 3307),
    ("serverId", 1001), ("(vCPU + 1) * 2 - 1", 5), ("{readOnly}", 0)])
def test_a_formula_is_worked_out_for_an_instance(text: str, value: int) -> None:
    assert is_formula(text) and worked_out(text, INSTANCE) == str(value)


@pytest.mark.parametrize("text", [
    "ROW", "512", "{512}", "", "utf8mb4", "ROW,STATEMENT", "max", "vCPU ** 2", "vCPU / 0",
    "__import__('os')", "max.real", "min(key=vCPU)", "vcpu * 2"])
def test_what_is_none_is_none(text: str) -> None:
    assert not is_formula(text)
    if "512" not in text:
        with pytest.raises(NoFormula):
            worked_out(text, INSTANCE)
