# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does AWS have the rule groups of the web ACL, do they fit by its own count, and may the log be written? Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..aws import waf_plan
from .findings import Finding, World

GROUPS, LIMIT = "aws_waf_rule_groups", "aws_waf_capacity_limit"
MOST_POLICIES = 10          # resource policies of an account and region, "CloudWatch Logs quotas": it cannot be raised


def judge(world: World) -> Iterable[Finding]:
    """All three."""
    yield from _groups(world)
    yield from _log(world)


def plan(world: World) -> dict[str, Any]:
    """What its rules are made of, as far as it is known."""
    return {name: world[name] for name in ("aws_waf_checked_paths", "aws_waf_countries")} | {GROUPS: world.mappings(GROUPS)}


def _groups(world: World) -> Iterator[Finding]:
    told = world.aws["rule_groups"]
    if told is None:
        return
    groups = world.mappings(GROUPS)
    for index, group in enumerate(groups):
        name = str(group.get("name"))
        if name in told and told[name] is None:
            yield Finding(f"{GROUPS}[{index}].name", f"AWS has no managed rule group {name} in {world.site('aws').get('region')}",
                          "See how it is called: aws wafv2 list-available-managed-rule-groups --scope REGIONAL.")
    counted = [{**group, "capacity": told.get(str(group.get("name"))) or group.get("capacity")} for group in groups]
    needed = waf_plan.capacity(plan(world) | {GROUPS: counted})
    if needed > (world[LIMIT] or waf_plan.MOST_CAPACITY):
        yield Finding(GROUPS, f"by AWS's own count all rules need {needed} capacity units, and {LIMIT} is {world[LIMIT]}",
                      f"Leave a group out, or raise {LIMIT}: above 1500 a request costs more.")


def _log(world: World) -> Iterator[Finding]:
    policies = world.aws["log_policies"]
    if policies and not policies["delivery"] and (many := len(policies["names"])) >= MOST_POLICIES:
        yield Finding("aws_waf_log_group", f"CloudWatch Logs in {world.site('aws').get('region')} has {many} resource policies, which are all that "
                      "there can be, and none lets AWS WAF write its log", "Remove one that nobody needs: aws logs delete-resource-policy.")
