# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What cannot be removed is refused before anything is touched, and in check mode as well, so that a rehearsal meets it."""

from __future__ import annotations

import io
from typing import Any

import pytest

from lab.nhn import bodies
from tests.contract.nhn_cloud import NhnCloud
from tests.contract.nhn_walk import HOST, NETWORK

REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "a volume with snapshots": ("volume", {"name": "data"}, "has snapshots (of-data)"),
    "a floating IP that is protected": ("floating_ip", {"name": "kept"}, "protected from deletion"),
    "the way out of the project": ("vpc", {"name": "Public Network"}, "the cloud gives the project"),
    "a container that holds objects": ("object_container", {"name": "full"}, "It holds 1 objects"),
    "a server that is protected": ("server", {"name": "guarded"}, "protected from deletion"),
    "the default table": ("routing_table", {"name": "edge", "vpc": "vpc"}, "the default table of its VPC"),
}


@pytest.fixture
def world(nhn: NhnCloud) -> NhnCloud:
    """The cloud with a host, a volume that has a snapshot, and a floating IP that is protected."""
    if not nhn.store.vpcs:
        for kind, options in NETWORK + HOST:
            nhn.make(kind, **options)
        nhn.make("volume_snapshot", name="of-data", volume="data", while_attached=True)
        nhn.make("object_container", name="full")
        bodies.place(nhn.store.containers["full"], "a", bodies.keep(nhn.store, io.BytesIO(b"1")))
        nhn.make("floating_ip", name="kept", delete_protection=True)
        guarded = nhn.make("server", **{**dict(HOST)["server"], "name": "guarded", "ports": ["port"]})
        nhn.store.servers[guarded["id"]]["_protected"] = True
    nhn.requests()
    return nhn


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("what", REFUSED)
def test_it_is_refused_with_nothing_touched(what: str, check: bool, world: NhnCloud) -> None:
    kind, options, words = REFUSED[what]
    outcome = world.run(kind, check=check, **options, state="absent")
    assert outcome.failed and words in outcome.result["msg"] and outcome.result["failure"]["next"]
    assert world.take_writes() == []


def test_a_volume_stays_on_its_server_until_its_snapshots_are_gone(world: NhnCloud) -> None:
    volume = next(raw for raw in world.store.volumes.values() if raw["name"] == "data")
    assert world.run("volume", name="data", state="absent").failed and volume["status"] == "in-use"
    world.make("volume_snapshot", name="of-data", state="absent")
    assert world.run("volume", name="data", state="absent").result["action"] == "delete" and volume["id"] not in world.store.volumes
    world.make("volume", **dict(HOST)["volume"])
    world.make("volume_snapshot", name="of-data", volume="data", while_attached=True)


def test_the_way_out_is_not_kept_either(world: NhnCloud) -> None:
    assert world.run("vpc", name="Public Network", cidr="10.0.0.0/16", check=True).failed


def test_a_full_quota_is_not_something_in_use(world: NhnCloud) -> None:
    for number in range(2):
        world.make("vpc", name=f"q{number}", cidr=f"10.{number}.0.0/24")
    outcome = world.run("vpc", name="q2", cidr="10.2.0.0/24")
    assert outcome.result["failure"]["answer"]["status"] == 409 and "as many as it may" in outcome.result["failure"]["next"]
    for number in range(2):
        world.make("vpc", name=f"q{number}", state="absent")
