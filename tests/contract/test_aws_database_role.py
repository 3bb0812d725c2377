# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role aws_database against the control plane alone: an instance that takes its time, as the plan wants it, and a second run that writes nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.aws_cloud import AwsCloud
from tests.contract.aws_play import NETWORK, Play

ROLE = "aws_database"
BUILD: dict[str, Any] = {
    "aws_database_name": "tickets-db", "aws_database_network": "tickets", "aws_database_subnets": ["private-a", "private-c"],
    "aws_database_security_groups": ["tickets-db"], "aws_database_engine_version": "8.4.8", "aws_database_admin_user": "admin",
    "aws_database_admin_password": "CANARY-71-long-enough", "aws_database_wait_seconds": 60, "aws_database_tags": {"service": "tickets"}}


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    with AwsCloud() as aws:
        yield Play(aws, tmp_path)


def real_once_asked_for(aws: AwsCloud, seen: list[str]) -> threading.Thread:
    """Makes the instance real a moment after it was asked for, as the lab does; `seen`: its status until then."""
    def watch() -> None:
        rds, done = aws.client("rds"), threading.Event()
        for _ in range(600):
            for instance in rds.describe_db_instances()["DBInstances"]:
                seen.append(instance["DBInstanceStatus"])
                if len(seen) > 8:
                    aws.lab("PUT", "/_lab/observed", {"databases": {instance["DBInstanceIdentifier"]: {"status": "available", "address": "db.lab"}}})
                    return
            done.wait(0.25)
    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


@pytest.mark.long
def test_the_database_is_waited_for_and_built_again_without_a_write(play: Play) -> None:
    rds = play.aws.client("rds")
    play("aws_network", **NETWORK)
    play.aws.take_writes()
    play(ROLE, check=True, **BUILD)
    assert play.aws.take_writes() == []
    seen: list[str] = []
    watching = real_once_asked_for(play.aws, seen)
    told = play(ROLE, **BUILD)
    watching.join(10)
    assert set(seen) == {"creating"} and "CANARY" not in told
    [instance] = rds.describe_db_instances()["DBInstances"]
    assert {name: instance[name] for name in (
        "StorageEncrypted", "PubliclyAccessible", "DeletionProtection", "BackupRetentionPeriod", "PreferredBackupWindow",
        "PreferredMaintenanceWindow", "CopyTagsToSnapshot", "StorageType", "EngineVersion")} == {
        "StorageEncrypted": True, "PubliclyAccessible": False, "DeletionProtection": True, "BackupRetentionPeriod": 7,
        "PreferredBackupWindow": "18:00-18:30", "PreferredMaintenanceWindow": "sun:19:00-sun:19:30", "CopyTagsToSnapshot": True,
        "StorageType": "gp3", "EngineVersion": "8.4.8"}
    assert [group["DBParameterGroupName"] for group in instance["DBParameterGroups"]] == ["tickets-db"]
    holds = {parameter["ParameterName"]: parameter.get("ParameterValue")          # whoever chose it: some are so from the outset
             for parameter in rds.describe_db_parameters(DBParameterGroupName="tickets-db")["Parameters"]}
    assert (holds["replica_parallel_workers"], holds["replica_preserve_commit_order"], holds["local_infile"]) == ("16", "1", "1")
    [group] = play.aws.client("ec2").describe_security_groups(Filters=[{"Name": "group-name", "Values": ["tickets-db"]}])["SecurityGroups"]
    assert [held["VpcSecurityGroupId"] for held in instance["VpcSecurityGroups"]] == [group["GroupId"]]

    play.aws.take_writes()
    assert "changed=0" in play(ROLE, **BUILD)
    assert play.aws.take_writes() == []


@pytest.mark.whole
def test_parameters_that_wait_for_a_reboot_are_told_every_time_and_in_force_after_it(play: Play) -> None:
    rds = play.aws.client("rds")
    play("aws_network", **NETWORK)
    watching = real_once_asked_for(play.aws, [])
    play(ROLE, **BUILD)
    watching.join(10)
    play.aws.take_writes()
    other = {**BUILD, "aws_database_parameters": {"performance_schema": "1", "replica_parallel_workers": "8"}}
    for run in range(2):                # changed once, and not forgotten the second time
        told = play(ROLE, fails=True, **other)
        assert "tickets-db does not run with the parameters that its group has: AWS calls them pending-reboot" in told
        assert "-e aws_database_reboot=tickets-db" in told
        assert play.aws.take_writes() == ([] if run else ["rds:ModifyDBParameterGroup"])
    told = play(ROLE, fails=True, **other, aws_database_reboot="tickets-db")
    assert "nobody has said that another site writes" in told and play.aws.take_writes() == []
    assert "would be rebooted" in play(ROLE, check=True, **other, aws_database_reboot="tickets-db", aws_database_stands_by=True)
    assert play.aws.take_writes() == []
    play(ROLE, **other, aws_database_reboot="tickets-db", aws_database_stands_by=True)
    assert play.aws.take_writes() == ["rds:RebootDBInstance"]
    [instance] = rds.describe_db_instances()["DBInstances"]
    assert instance["DBInstanceStatus"] == "available"
    assert [group["ParameterApplyStatus"] for group in instance["DBParameterGroups"]] == ["in-sync"]
    assert "changed=0" in play(ROLE, **other, aws_database_reboot="tickets-db", aws_database_stands_by=True)
    assert play.aws.take_writes() == []


@pytest.mark.long
def test_what_cannot_be_built_is_refused_at_once_with_paths(play: Play) -> None:
    told = play(ROLE, fails=True, **{**BUILD, "aws_database_subnets": ["private-a"], "aws_database_backup_days": 0,
                                     "aws_database_backup_window": "25:00-26:00", "aws_database_maintenance_window": "Sunday:19:00-Sunday:20:00"})
    for fault in ("aws_database_subnets: two at least", "aws_database_backup_days: must be 1 or more",
                  "aws_database_backup_window: 25:00-26:00 is not", "aws_database_maintenance_window: Sunday:19:00-Sunday:20:00 is not"):
        assert fault in told
    elsewhere = play(ROLE, fails=True, **{**BUILD, "aws_database_network": "elsewhere"})
    assert "private-a, private-c, tickets-db not found in network elsewhere" in elsewhere
    assert play.aws.take_writes() == []


@pytest.mark.long
def test_a_copy_that_was_left_stops_the_end_before_anything_is_gone(play: Play) -> None:
    rds, subnet = play.aws.client("rds"), play.aws.network()["subnet"]
    rds.create_db_subnet_group(DBSubnetGroupName="tickets-db", DBSubnetGroupDescription="d", SubnetIds=[subnet])
    rds.create_db_parameter_group(DBParameterGroupName="tickets-db", DBParameterGroupFamily="mysql8.4", Description="d")
    for name in ("tickets-db", "tickets-db-restore-test", "others"):
        rds.create_db_instance(DBInstanceIdentifier=name, Engine="mysql", EngineVersion="8.4.8", DBInstanceClass="db.t3.medium", AllocatedStorage=20,
                               MasterUsername="admin", MasterUserPassword="secret-secret",
                               **({"DBParameterGroupName": "tickets-db", "DBSubnetGroupName": "tickets-db"} if name != "others" else {}))
    play.aws.take_writes()
    end = {"aws_database_name": "tickets-db", "aws_database_confirm": "tickets-db", "aws_database_deletion_protection": False}
    told = play(ROLE, "destroy", fails=True, check=True, **end)
    assert "tickets-db-restore-test stands on the parameter group and the subnets of tickets-db. Nothing was touched" in told
    assert "others" not in told and play.aws.take_writes() == []
    with pytest.raises(rds.exceptions.ClientError, match="still members of this parameter group"):
        rds.delete_db_parameter_group(DBParameterGroupName="tickets-db")
    rds.delete_db_instance(DBInstanceIdentifier="tickets-db-restore-test", SkipFinalSnapshot=True)
    play(ROLE, "destroy", **end)
    assert [each["DBInstanceIdentifier"] for each in rds.describe_db_instances()["DBInstances"]] == ["others"]
