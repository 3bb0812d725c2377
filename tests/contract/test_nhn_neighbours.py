# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two services in one project: a neighbour's VPC has subnets and tables of the same names, and every module means its own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.nhn_cloud import NhnCloud
from tests.contract.nhn_walk import DATABASE, NETWORK, WALK, WORLD

# What tells one's own where a name is only unique within a VPC, and the module does not need the VPC otherwise.
TOLD: dict[str, dict[str, Any]] = {"rds_instance": {"vpc": "vpc"}}


@pytest.fixture
def shared(nhn: NhnCloud) -> NhnCloud:
    """The cloud with what the walked kinds live in, and a neighbour."""
    if not nhn.store.vpcs:
        for kind, options in WORLD:
            nhn.make(kind, **options)
        nhn.make("vpc", name="neighbour", cidr="172.16.0.0/16")
        for number, name in enumerate(("edge", "app")):
            nhn.make("subnet", name=name, vpc="neighbour", cidr=f"172.16.{number}.0/24")
            nhn.make("routing_table", name=name, vpc="neighbour", default=name == "edge" or None)
    nhn.requests()
    return nhn


@pytest.mark.parametrize("kind", WALK)
def test_a_neighbour_of_the_same_names_is_not_meant(kind: str, shared: NhnCloud) -> None:
    options = {**WALK[kind][0], **TOLD.get(kind, {})}
    outcome = shared.run(kind, check=True, **options)
    assert outcome.result.get("action") == "create" and not outcome.result.get("needs"), outcome.result


def test_an_instance_is_made_in_its_own_vpc_and_looked_up_without_asking_again(shared: NhnCloud) -> None:
    options = {**DATABASE[2][1], "name": "own", **TOLD["rds_instance"]}
    made = shared.make("rds_instance", **options)
    subnets = {subnet["id"]: subnet["cidr"] for subnet in shared.store.subnets.values()}
    assert subnets[made["subnet"]] == dict((options["name"], options["cidr"]) for kind, options in NETWORK if kind == "subnet")["app"]
    shared.requests()
    assert shared.run("rds_instance", **options).result["action"] == "none"
    assert not any("vpcsubnets" in entry["path"] or "tokens" in entry["path"] for entry in shared.requests())
    without = {name: value for name, value in options.items() if name != "vpc"}
    assert shared.run("rds_instance", **{**without, "name": "another"}).result["failure"]["kind"] == "Ambiguous"
    shared.make("rds_instance", name="own", state="absent")


def test_a_vpc_that_is_not_there_yet_is_told(shared: NhnCloud) -> None:
    options = {**DATABASE[2][1], "name": "early", "vpc": "nowhere"}
    assert "subnet app in vpc nowhere" in shared.run("rds_instance", check=True, **options).result["needs"]
