# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Input of rds_sync: every fault at once, with its path, and no server asked."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.multicloud.dr.plugins.module_utils.faults import BadInput
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.asked import refuse_unfit
from ansible_collections.multicloud.dr.plugins.modules import rds_replication, rds_reseed
from ansible_collections.multicloud.dr.plugins.modules.rds_sync import run

NOWHERE = {"host": "192.0.2.1", "port": 3306, "user": "u", "password": "p"}
GOOD: dict[str, Any] = {
    "mode": "compare", "source": NOWHERE, "target": NOWHERE, "schemas": ["shop"], "ignore": ["shop.a"], "chunk_rows": 20_000, "settle_seconds": 30,
    "shown": 100, "threads": 2, "checkpoint": None, "max_lag_seconds": None, "progress_file": None, "accept_writer_target": False,
    "keep": False}


def test_all_that_cannot_work_is_told_at_once() -> None:
    bad = {**GOOD, "schemas": ["shop", "", "shop", "MySQL"], "ignore": ["shop"], "chunk_rows": 0, "settle_seconds": -1, "shown": -1, "threads": -3,
           "checkpoint": "a-b", "max_lag_seconds": -1.0, "accept_writer_target": True, "source": {**NOWHERE, "host": " ", "port": 0}}
    with pytest.raises(BadInput) as told:
        run(bad, False)
    words = str(told.value)
    for path in ("source.host:", "source.port:", "schemas[1]:", "schemas[2]:", "schemas[3]:", "ignore[0]:", "chunk_rows:", "settle_seconds:",
                 "shown:", "threads:", "checkpoint:", "max_lag_seconds:", "accept_writer_target:"):
        assert path in words, path


@pytest.mark.parametrize(("change", "path"), [
    ({"schemas": []}, "schemas:"), ({"max_lag_seconds": float("nan")}, "max_lag_seconds:"), ({"checkpoint": ""}, "checkpoint:"),
    ({"mode": "copy", "ignore": []}, None), ({"mode": "copy"}, "ignore:"), ({"mode": "copy", "ignore": [], "checkpoint": "q"}, "checkpoint:"),
    ({"mode": "copy", "ignore": [], "max_lag_seconds": 5.0}, "max_lag_seconds:"), ({"threads": 1_000}, "threads:"),
    ({"progress_file": "/"}, "progress_file:"),
    ({"keep": True}, None), ({"mode": "repair", "keep": True}, "keep:"), ({"mode": "copy", "ignore": [], "keep": True}, "keep:"),
    ({"mode": "repair", "accept_writer_target": True, "checkpoint": "ok_1"}, "checkpoint: none is kept in a writer"),
    ({"mode": "repair", "accept_writer_target": True, "max_lag_seconds": 0.5}, None), ({"mode": "repair", "checkpoint": "ok_1"}, None), ({}, None)])
def test_one_fault_one_path(change: dict[str, Any], path: str | None) -> None:
    if path is None:
        refuse_unfit({**GOOD, **change})
        return
    with pytest.raises(BadInput) as told:
        refuse_unfit({**GOOD, **change})
    assert str(told.value).count("\n   ") <= 2 and path in str(told.value)


@pytest.mark.parametrize(("module", "work", "given"), [
    (rds_reseed, "reseed", {"sync_user": "sync", "sync_password": "CANARY-3", "schemas": ["shop"]}), (rds_replication, "settle", {})])
@pytest.mark.parametrize("path", ["/no such/folder/told", "/"])
def test_a_file_for_progress_that_cannot_be_is_refused_before_any_work(
    module: Any, work: str, given: dict[str, Any], path: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(module, work, lambda *_given, **_more: pytest.fail("it was begun"))
    server = {**NOWHERE, "user": "agent", "password": "CANARY-1"}
    sites = ({"site": "aws"}, {"site": "nhn"}) if module is rds_reseed else ({}, {})
    with pytest.raises(SystemExit), patch_module_args({
            **given, "replica": {**server, **sites[0], "dialect": "plain"}, "source": {**server, **sites[1]}, "replication_user": "repl",
            "replication_password": "CANARY-2", "progress_file": path}):
        module.main()
    assert "progress_file:" in json.loads(capsys.readouterr().out)["msg"]
