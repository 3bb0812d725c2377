# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan of an application at AWS: what is wrong with it, and its parts in the words of modules."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.aws.web_plan import differing, faults, group_tags, registry

IMAGE = "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/tickets@sha256:" + "a" * 64
SOUND: dict[str, Any] = {
    "aws_web_name": "tickets", "aws_web_container_image": IMAGE, "aws_web_settings": {"SITE": "aws"}, "aws_web_secrets": {"KEY": "CANARY"},
    "aws_web_subnets": ["public-a", "public-b"], "aws_web_app_subnets": ["private-a", "private-b"], "aws_web_min": 2, "aws_web_max": 3,
    "aws_web_cpu_percent": 50, "aws_web_certificate_arn": "", "aws_web_certificate_domain": "tickets.example.com",
    "aws_web_secrets_parameter": "/tickets/app"}


def test_a_sound_plan_has_no_fault() -> None:
    assert faults(SOUND) == []
    assert faults({**SOUND, "aws_web_container_image": "localhost/multicloud-dr/ticketing@sha256:" + "0" * 64, "aws_web_max": 2}) == []


@pytest.mark.parametrize(("changes", "told"), [
    ({"aws_web_name": "internal-tickets"}, "aws_web_name: internal-tickets must be"),
    ({"aws_web_name": "a" * 27}, "aws_web_name: aaa"),
    ({"aws_web_container_image": "tickets:1"}, "aws_web_container_image: tickets:1 must name its image by digest"),
    ({"aws_web_container_image": f"{IMAGE};reboot"}, "aws_web_container_image:"),
    ({"aws_web_secrets_parameter": "tickets"}, "aws_web_secrets_parameter: tickets must be a path"),
    ({"aws_web_secrets_parameter": "/aws/tickets"}, "aws_web_secrets_parameter: /aws/tickets must be a path"),
    ({"aws_web_certificate_domain": ""}, "aws_web_certificate_arn: the public name needs a certificate"),
    ({"aws_web_settings": {"A B": "1"}}, "aws_web_settings.A B: is no name"),
    ({"aws_web_secrets": {"KEY": "CANARY\nx"}}, "aws_web_secrets.KEY: has a line break"),
    ({"aws_web_secrets": {"SITE": "CANARY"}}, "aws_web_secrets.SITE: is among the settings"),
    ({"aws_web_subnets": ["public-a", "public-a"]}, "aws_web_subnets: two at least"),
    ({"aws_web_app_subnets": []}, "aws_web_app_subnets: two at least"),
    ({"aws_web_min": 1}, "aws_web_min: 1 must be 2 or more"),
    ({"aws_web_max": 1}, "aws_web_max: 1 is less than"),
    ({"aws_web_cpu_percent": 0}, "aws_web_cpu_percent: 0 is not between"),
])
def test_each_fault_is_told_with_its_path_and_without_a_secret(changes: dict[str, Any], told: str) -> None:
    found = faults({**SOUND, **changes})
    assert len(found) == 1 and found[0].startswith(told) and "CANARY" not in found[0], found


def test_all_faults_come_at_once() -> None:
    assert len(faults({**SOUND, "aws_web_min": 1, "aws_web_max": 0, "aws_web_cpu_percent": 101, "aws_web_container_image": ""})) == 4


def test_what_was_seen_may_hold_more_than_the_wish() -> None:
    wishes = [{"name": name, "wish": {"port": 80}} for name in ("a", "b", "c")]
    seen = {"a": {"arn": "1", "port": 80}, "b": {"arn": "2", "port": 81}}
    assert [wish["differs"] for wish in differing(wishes, seen)] == [False, True, True]


@pytest.mark.parametrize(("image", "where"), [
    (IMAGE, "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com"),
    ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/a/b@sha256:1", "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn"),
    ("localhost/multicloud-dr/ticketing@sha256:1", ""), ("dkr.ecr.amazonaws.com.evil.test/a", ""), ("docker.io/library/python", "")])
def test_only_ecr_wants_a_pass(image: str, where: str) -> None:
    assert registry(image) == where


def test_tags_of_a_group_are_not_its_instances() -> None:
    assert group_tags({"b": "2", "a": "1"}) == [{"a": "1", "propagate_at_launch": False}, {"b": "2", "propagate_at_launch": False}]
