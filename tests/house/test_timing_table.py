# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The role refuses exactly the timing tables that the agent would refuse: one that only the agent refuses stops sales with the next restart."""

from __future__ import annotations

import json
from pathlib import Path

import jinja2
import pytest
import yaml
from ansible_collections.multicloud.dr.plugins.filter.site_agent import site_agent_faults
from ansible_collections.multicloud.dr.plugins.module_utils.switch.timing import TIMINGS, Timing

LAB = Path(__file__).parents[2] / "inventories" / "lab" / "group_vars" / "all" / "guard.yml"
ASSERT = Path(__file__).parents[2] / "roles" / "site_agent" / "tasks" / "assert.yml"
GOOD = vars(TIMINGS["default"])


def refused_by_the_role(table: dict[str, float]) -> bool:
    """By the filter through which it puts what it would write."""
    assert "__site_agent_config | to_nice_json | multicloud.dr.site_agent_faults" in ASSERT.read_text(encoding="utf-8")
    return any(fault.startswith("site_agent_timing") for fault in site_agent_faults(json.dumps({"timing": table})))


@pytest.mark.parametrize(("changed", "refused"), [
    ({}, False), (vars(TIMINGS["fast"]), False), ({"margin": -1.0, "beat": 0.0}, True), ({"margin": 0.0}, True), ({"beat": 0.0}, True),
    ({"renew": 0.0, "beat": 0.0}, True), ({"renew": -2.0, "beat": -3.0}, True), ({"ttl": float("inf")}, True), ({"ttl": float("nan")}, True),
    ({"margin": float("nan")}, True), ({"beat": float("nan")}, True), ({"renew": float("nan")}, True), ({"renew": 2.6}, True),
    ({"margin": 5.0}, True), ({"beat": 2.1}, True), ({"renew": 2.5, "margin": 4.9, "beat": 2.5}, False)])
def test_role_and_agent_refuse_the_same_tables(changed, refused):
    table = {**GOOD, **changed}
    assert (refused_by_the_role(table), bool(Timing(**table).faults())) == (refused, refused)


@pytest.mark.parametrize("timing", TIMINGS.values(), ids=TIMINGS)
def test_a_record_is_put_forward_only_after_as_long_as_a_takeover_takes(timing: Timing) -> None:
    """The role that does it is none of an agent's; only the inventory can tell it."""
    said = yaml.safe_load(LAB.read_text())["quorum_takeover_seconds"]
    assert jinja2.Template(said).render(topology_timing=vars(timing)) == str(timing.takeover)
