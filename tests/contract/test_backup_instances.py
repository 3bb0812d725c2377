# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""New instances at AWS to restore into: like the live one, waited for, gone afterwards, and clear words when that cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.backup.instances import AwsInstances
from ansible_collections.multicloud.dr.plugins.module_utils.backup.parts import parts_from
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault

from tests.contract.aws_cloud import KEYS, AwsCloud
from tests.unit.plugins.still_clock import StillClock


@pytest.fixture(scope="module")
def aws() -> Iterator[AwsCloud]:
    with AwsCloud() as cloud:
        subnet = cloud.network()["subnet"]
        cloud.client("rds").create_db_subnet_group(DBSubnetGroupName="live", DBSubnetGroupDescription="d", SubnetIds=[subnet])
        cloud.client("rds").create_db_instance(DBInstanceIdentifier="live", Engine="mysql", EngineVersion="8.4.8", DBInstanceClass="db.t3.medium",
                                               AllocatedStorage=20, StorageType="gp3", MasterUsername="admin", MasterUserPassword="secret-secret",
                                               DBSubnetGroupName="live")
        yield cloud


def instances(aws: AwsCloud, tmp_path: Path, **other: Any) -> AwsInstances:
    told = {"instance": "live", "admin_user": "admin", "admin_password": "CANARY-77-secret",
            "client": {"region_name": "ap-northeast-2", "endpoint_url": aws.url, **KEYS}, **other}
    return AwsInstances(parts_from({
        "topology": "t", "site": "aws", "database": {"host": "h"}, "schemas": ["s"], "key_file": "k", "state_directory": str(tmp_path),
        "s3": {"bucket": "b"}, "retention": {"days": 1}, "aws": told, "limits": {"job_seconds": 60}}, lambda: 0.0, StillClock()))


def test_a_new_one_is_like_the_live_one_and_goes_again(aws: AwsCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = instances(aws, tmp_path)
    assert there.exists("live") and not there.exists("new")
    with pytest.raises(Fault, match="last seen as 'creating'") as caught:       # nobody makes it real
        there.make("new", None)
    assert "CANARY" not in str(caught.value)
    aws.lab("PUT", "/_lab/observed", {"databases": {"new": {"status": "available", "address": "new.c1.rds.amazonaws.com"}}})
    aws.take_writes()
    server = there.make("new", None)                                            # goes on with what it finds
    assert (server.host, server.user, aws.take_writes()) == ("new.c1.rds.amazonaws.com", "admin", [])
    made, live = (aws.client("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0] for name in ("new", "live"))
    assert all(made[key] == live[key] for key in ("EngineVersion", "DBInstanceClass", "AllocatedStorage", "StorageType"))
    assert made["DBSubnetGroup"]["DBSubnetGroupName"] == "live"
    there.remove("new")
    there.remove("new")
    assert not there.exists("new")


def test_without_a_live_one_nothing_is_made(aws: AwsCloud, tmp_path: Path) -> None:
    with pytest.raises(Fault, match="nothing says what a new one is to be like"):
        instances(aws, tmp_path, instance="gone").make("new", None)
