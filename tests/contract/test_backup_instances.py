# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""New instances at AWS to restore into: like the live one, waited for, gone afterwards, and clear words when that cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.backup import restore
from ansible_collections.multicloud.dr.plugins.module_utils.backup.instances import AwsInstances, Seen
from ansible_collections.multicloud.dr.plugins.module_utils.backup.parts import Parts, parts_from
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


def parts_of(aws: AwsCloud, tmp_path: Path, **other: Any) -> Parts:
    told = {"instance": "live", "admin_user": "admin", "admin_password": "CANARY-77-secret",
            "client": {"region_name": "ap-northeast-2", "endpoint_url": aws.url, **KEYS}, **other}
    return parts_from({
        "topology": "t", "site": "aws", "database": {"host": "h"}, "schemas": ["s"], "key_file": "k", "state_directory": str(tmp_path),
        "s3": {"bucket": "b"}, "retention": {"days": 1}, "aws": told, "limits": {"job_seconds": 60}}, lambda: 0.0, StillClock())


def instances(aws: AwsCloud, tmp_path: Path, **other: Any) -> AwsInstances:
    return AwsInstances(parts_of(aws, tmp_path, **other))


def test_a_new_one_is_like_the_live_one_and_goes_again(aws: AwsCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = instances(aws, tmp_path)
    live = there.seen("live")
    assert live and not live.mark and not there.seen("new")
    identity = there.make("new", None, "made by us")
    new = there.seen("new")
    assert new == Seen("new", identity, "made by us") and identity != live.identity
    with pytest.raises(Fault, match="last seen as 'creating'") as caught:       # nobody makes it real
        there.server(new)
    assert "CANARY" not in str(caught.value)
    aws.lab("PUT", "/_lab/observed", {"databases": {"new": {"status": "available", "address": "new.c1.rds.amazonaws.com"}}})
    aws.take_writes()
    with pytest.raises(Fault, match="DBInstanceAlreadyExists"):                 # what is there is never taken for a new one
        there.make("new", None, "made by us")
    server = there.server(new)                                                  # goes on with what it finds
    assert (server.host, server.user, aws.take_writes()) == ("new.c1.rds.amazonaws.com", "admin", ["rds:CreateDBInstance"])
    made, like = (aws.client("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0] for name in ("new", "live"))
    assert all(made[key] == like[key] for key in ("EngineVersion", "DBInstanceClass", "AllocatedStorage", "StorageType"))
    assert made["DBSubnetGroup"]["DBSubnetGroupName"] == "live"
    there.remove(Seen("new", "db-of-another", "made by us"))                    # what has come to bear the name is not what was meant
    assert there.seen("new")
    there.remove(new)
    there.remove(new)
    assert not there.seen("new")


def test_how_much_more_the_account_may_have_is_asked_of_aws(aws: AwsCloud, tmp_path: Path) -> None:
    there = instances(aws, tmp_path)
    before = there.quotas()
    assert there.storage_gb() == 20 and before["DBInstances"][0] >= 1 and before["AllocatedStorage"][0] >= 20
    aws.take_writes()
    there.make("one-more", None, "made by us")
    after = there.quotas()
    assert after["DBInstances"] == (before["DBInstances"][0] + 1, 40) and after["AllocatedStorage"][0] == before["AllocatedStorage"][0] + 20
    assert aws.take_writes() == ["rds:CreateDBInstance"], "asking writes nothing"
    made = there.seen("one-more")
    assert made
    there.remove(made)


def test_without_a_live_one_nothing_is_made(aws: AwsCloud, tmp_path: Path) -> None:
    with pytest.raises(Fault, match="nothing says what a new one is to be like"):
        instances(aws, tmp_path, instance="gone").make("new", None, "made by us")
    with pytest.raises(Fault, match="nothing says what a new one is to be like"):
        instances(aws, tmp_path, instance="gone").refuse("new", None)


def test_a_restore_that_failed_and_what_came_to_bear_its_name_since(aws: AwsCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It used to be taken for half loaded and removed: somebody's own, and the live one once it was there again."""
    manifest = {"format": 1, "name": "t-aws-20260101-000000", "site": "aws", "created": 1.0, "schemas": ["s"], "server": {},
                "proof": {"tables": {}}, "physical": None, "logical": {"parts": []}}
    monkeypatch.setattr(restore, "_newest", lambda *_: manifest)
    rds = aws.client("rds")

    def his(name: str) -> None:
        rds.create_db_instance(DBInstanceIdentifier=name, Engine="mysql", EngineVersion="8.4.8", DBInstanceClass="db.t3.large", AllocatedStorage=77,
                               StorageType="gp3", MasterUsername="someone", MasterUserPassword="his-own-secret", DBSubnetGroupName="live")

    parts = parts_of(aws, tmp_path, instance="gone")
    for name in ("again", "gone"):
        with pytest.raises(Fault, match="nothing says what a new one is to be like"):
            restore.restore(parts, name)
        parts.record.begin_restore(name, {"backup": manifest["name"], "way": "dump", "time": ""})       # one that was killed as it was to be made
        his(name)
        for ask in (restore.foreseen, restore.restore, restore.remove):
            with pytest.raises(Fault, match=r"That instance exists|not made by a restore"):
                ask(parts, name)
        assert rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]["AllocatedStorage"] == 77
