# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""More machines, against moto; and a backup asked for by a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.switch.backup_wish import BackupWish, backup_made
from ansible_collections.multicloud.dr.plugins.module_utils.switch.capacity import AutoScaling
from moto import mock_aws

CLIENT = {"region_name": "ap-northeast-2", "aws_access_key_id": "testing", "aws_secret_access_key": "testing"}


@pytest.fixture
def group() -> Iterator[str]:
    """Two machines, of three at most."""
    with mock_aws():
        scaling = boto3.client("autoscaling", **CLIENT)
        scaling.create_launch_configuration(LaunchConfigurationName="app", ImageId="ami-12c6146b", InstanceType="t3.small")
        scaling.create_auto_scaling_group(AutoScalingGroupName="app", LaunchConfigurationName="app", MinSize=2, MaxSize=3, DesiredCapacity=2,
                                          AvailabilityZones=["ap-northeast-2a"])
        yield "app"


def test_it_is_widened(group: str) -> None:
    capacity = AutoScaling(group, 3, CLIENT)
    assert capacity.now() == 2
    capacity.widen()
    assert capacity.now() == 3 and AutoScaling(group, 3, CLIENT).now() == 3


def test_a_group_that_is_not_there_is_told(group: str) -> None:
    with pytest.raises(OSError, match=r"There is no Auto Scaling group other\."):
        AutoScaling("other", 3, CLIENT).now()
    with pytest.raises(OSError, match=r"Could not widen Auto Scaling group other to 3: "):
        AutoScaling("other", 3, CLIENT).widen()


def test_a_backup_is_asked_for_by_a_file_that_says_for_which_reign(tmp_path: Path) -> None:
    wish = BackupWish(tmp_path / "backup-wanted")
    assert wish.asked() is None
    wish.ask(2)
    assert wish.asked() == 2
    wish.ask(4)
    assert BackupWish(tmp_path / "backup-wanted").asked() == 4
    (tmp_path / "backup-wanted").write_text('{"epo')
    assert wish.asked() is None, "torn by a kill: it is asked for again"


def test_when_the_newest_was_made(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    assert backup_made(path) is None
    path.write_text('{"backup": {"created": 1790000000, "ok": true}}')
    assert backup_made(path) == 1790000000.0
    for unknown in (
            '{"backup": {"ok": false}}', '{"backup": {"created": null}}', '{"backup": {"created": "2026-11-27T10:00:00Z"}}', '{"backup": {"crea',
            '{"backup": {"created": NaN}}', f'{{"backup": {{"created": 1{"0" * 400}}}}}', "[" * 100_000):
        path.write_text(unknown)
        assert backup_made(path) is None, "and nobody who starts is ended by it"
