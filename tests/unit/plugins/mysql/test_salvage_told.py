# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module rds_salvage: a search that takes hours says how far it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.report import Report, new_report
from ansible_collections.multicloud.dr.plugins.modules import rds_salvage


def test_the_host_s_journal_hears_of_a_search(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    told: list[Any] = []

    def find(*_given: Any, tell: Any = None, **_more: Any) -> Report:
        told.append(tell)
        return new_report("nhn", "u-1", "aws", "u-2")

    monkeypatch.setattr(rds_salvage, "find", find)
    account = {"host": "192.0.2.1", "user": "agent", "password": "CANARY-1"}
    with pytest.raises(SystemExit), patch_module_args({"old": {**account, "site": "nhn"}, "writer": {**account, "site": "aws"}, "schemas": ["shop"]}):
        rds_salvage.main()
    assert callable(told[0]) and "CANARY" not in capsys.readouterr().out


@pytest.mark.parametrize(("there", "check"), [(False, True), (True, True), (False, False)])
def test_a_check_makes_no_folder_and_uses_one_that_is_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, there: bool, check: bool) -> None:
    asked: list[str | None] = []

    def find(*_given: Any, folder: str | None = None, **_more: Any) -> Report:
        asked.append(folder)
        return new_report("nhn", "u-1", "aws", "u-2")

    monkeypatch.setattr(rds_salvage, "find", find)
    account = {"host": "192.0.2.1", "port": 3306, "user": "agent", "password": "CANARY-1"}
    folder = tmp_path if there else tmp_path / "reports"
    rds_salvage.search({"old": {**account, "site": "nhn"}, "writer": {**account, "site": "aws"}, "schemas": ["shop"], "ignore": [], "since": None,
                        "folder": str(folder)}, check)
    assert asked == [None if check and not there else str(folder)]
