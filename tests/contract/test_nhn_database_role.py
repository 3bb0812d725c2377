# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role nhn_database against the emulator: a highly available instance, built twice, loud when its backups are not good, removed on its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests

from tests.contract.nhn_cloud import NhnCloud
from tests.contract.nhn_walk import NETWORK
from tests.contract.test_nhn_roles import play

ROLE = "nhn_database"
NAME: dict[str, Any] = {"nhn_database_name": "one-db"}
BUILD: dict[str, Any] = {
    **NAME, "nhn_database_subnet": "app", "nhn_database_zone": "kr-pub-a", "nhn_database_admin_password": "CANARY-81",
    "nhn_database_rules": [{"cidr": "192.168.0.0/16"}, {"direction": "egress", "cidr": "10.0.0.0/16", "port_min": 3306}],
    "nhn_database_schemas": ["tickets"], "nhn_database_users": [{"name": "app", "authority": "CRUD"}],
    "nhn_database_passwords": {"app": "CANARY-82"}, "nhn_database_backup": {"start": "03:00:00", "duration": "TWO_HOURS", "retries": 1}}


@pytest.mark.long
def test_the_database_is_built_proven_and_removed(nhn: NhnCloud, tmp_path: Path) -> None:
    for kind, options in NETWORK:
        nhn.make(kind, **options)
    said = play(nhn, tmp_path, ROLE, **BUILD)
    instance = next(iter(nhn.store.rds_instances.values()))
    assert instance["_ha"] and (instance["_backup"]["backupPeriod"], instance["_backup"]["backupRetryCount"]) == (7, 1)
    nhn.requests()
    said += play(nhn, tmp_path, ROLE, **BUILD)
    assert nhn.take_writes() == []

    changed = {"nhn_database_parameters": {"binlog_row_image": "FULL", "log_bin_trust_function_creators": "1", "max_connections": "321"}}
    assert "are not live yet" not in said
    assert "Settings in parameter group one-db are not live yet in instance one-db" in " ".join(play(nhn, tmp_path, ROLE, **BUILD, **changed).split())
    nhn.requests()
    told = play(nhn, tmp_path, ROLE, **BUILD, **changed)        # and again, as long as that is so
    assert "are not live yet" in " ".join(told.split()) and nhn.take_writes() == []

    requests.post(f"{nhn.url}/_lab/backup-window/{instance['dbInstanceId']}", timeout=5).raise_for_status()
    said += play(nhn, tmp_path, ROLE, "prove", **NAME)
    backup = next(iter(nhn.store.rds_backups.values()))
    if backup["backupStatus"] == "BACKING_UP":          # a look at it is what lets it get on
        play(nhn, tmp_path, ROLE, "prove", **NAME)
    assert backup["backupStatus"] == "COMPLETED"
    backup["backupStatus"] = "ERROR"
    told = play(nhn, tmp_path, ROLE, "prove", fails=True, **NAME)
    assert f"The last automatic backup of one-db, {backup['backupName']}, failed" in " ".join(told.split())
    backup.update(backupStatus="COMPLETED", createdYmdt="2020-01-01T03:00:00.000+09:00", updatedYmdt="2020-01-01T03:10:00.000+09:00")
    told = play(nhn, tmp_path, ROLE, fails=True, **BUILD)       # the whole role says so too, after it has kept what it keeps
    assert "one-db has had no good automatic backup for 26 h" in " ".join(told.split())
    nhn.store.rds_backups.clear()
    instance["createdYmdt"] = "2020-01-01T00:00:00.000+09:00"
    assert "has no automatic backup, though it is older than 26 h" in " ".join(play(nhn, tmp_path, ROLE, "prove", fails=True, **NAME).split())
    said += play(nhn, tmp_path, ROLE, "prove", nhn_database_backup={"days": 0}, **NAME)
    assert nhn.take_writes() == []

    refused = play(nhn, tmp_path, ROLE, "destroy", fails=True, nhn_database_confirm="another", **NAME)
    assert "nhn_database_confirm: must be one-db" in " ".join(refused.split()) and nhn.take_writes() == []
    nhn.store.rds_instances["reader"] = {**instance, "dbInstanceId": "reader", "dbInstanceName": "reader", "dbInstanceType": "READ_ONLY_SLAVE"}
    refused = play(nhn, tmp_path, ROLE, "destroy", fails=True, nhn_database_confirm="one-db", **NAME)
    assert "reader has the parameter group" in " ".join(refused.split()) and nhn.take_writes() == []
    del nhn.store.rds_instances["reader"]
    said += play(nhn, tmp_path, ROLE, "destroy", nhn_database_confirm="one-db", **NAME)
    groups = [group["parameterGroupName"] for group in nhn.store.rds_parameter_groups.values()]
    assert not nhn.store.rds_instances and not nhn.store.rds_security_groups and "one-db" not in groups
    nhn.requests()
    nhn.store.rds_instances["copy"] = {**instance, "dbInstanceId": "copy", "dbInstanceName": "one-db-copy"}
    said += play(nhn, tmp_path, ROLE, "destroy", nhn_database_confirm="one-db", **NAME)
    assert nhn.take_writes() == [] and list(nhn.store.rds_instances) == ["copy"] and "CANARY" not in said
    nhn.store.rds_instances.clear()


@pytest.mark.long
def test_a_dead_database_is_told(nhn: NhnCloud, tmp_path: Path) -> None:
    if not nhn.store.vpcs:
        for kind, options in NETWORK:
            nhn.make(kind, **options)
    play(nhn, tmp_path, ROLE, **{**BUILD, "nhn_database_high_availability": False, "nhn_database_schemas": [], "nhn_database_users": []})
    identity = next(iter(nhn.store.rds_instances))
    nhn.store.settings.auto_observe = False
    nhn.store.observed["rds_instances"] = {identity: "FAIL_TO_CONNECT"}
    told = play(nhn, tmp_path, ROLE, "prove", fails=True, **NAME)
    assert "MySQL of one-db does not answer" in " ".join(told.split())
