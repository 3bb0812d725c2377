# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The emulator is not our own echo: clients nobody here wrote drive it through their public calls, and our modules find what they made."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import openstack
import pytest
import swiftclient

from tests.contract.nhn_cloud import NhnCloud
from tests.contract.nhn_walk import HOST, NETWORK


@pytest.fixture
def world(nhn: NhnCloud) -> NhnCloud:
    """The cloud with a network, a host and a volume on it."""
    if not nhn.store.vpcs:
        for kind, options in NETWORK + HOST:
            nhn.make(kind, **options)
    nhn.requests()
    return nhn


@pytest.fixture
def sdk(world: NhnCloud) -> Iterator[Any]:
    """openstacksdk, set up as NHN Cloud needs it."""
    auth = {"auth_url": world.auth["identity_url"], **{name: world.auth[name] for name in ("username", "password", "tenant_id")}}
    with openstack.connect(auth_type="v2password", auth=auth, region_name="KR1", image_api_version="2",
                           image_endpoint_override=f"{world.url}/image/v2", load_balancer_endpoint_override=f"{world.url}/network/v2.0",
                           load_yaml_config=False, load_envvars=False) as connection:
        yield connection


def test_the_sdk_makes_a_volume_and_a_snapshot_that_the_modules_keep(sdk: Any, world: NhnCloud) -> None:
    volume = sdk.block_storage.create_volume(name="theirs", size=10, volume_type="General SSD", availability_zone="kr-pub-a")
    sdk.block_storage.wait_for_status(volume, "available", interval=0.01, wait=5)
    assert world.run("volume", name="theirs", size_gb=10, type="General SSD", zone="kr-pub-a").result["action"] == "none"
    snapshot = sdk.block_storage.create_snapshot(volume_id=volume.id, name="theirs")
    sdk.block_storage.wait_for_status(snapshot, "available", interval=0.01, wait=5)
    assert world.run("volume_snapshot", name="theirs", volume="theirs").result["action"] == "none"
    with pytest.raises(openstack.exceptions.BadRequestException, match="dependent snapshots"):
        sdk.block_storage.delete_volume(volume)
    sdk.block_storage.delete_snapshot(snapshot)
    sdk.block_storage.delete_volume(volume)
    assert {volume.name for volume in sdk.block_storage.volumes()} == {"data"}
    assert [kind.name for kind in sdk.block_storage.types()] == ["General SSD", "General HDD"]


def test_the_sdk_reads_what_the_modules_made(sdk: Any, world: NhnCloud) -> None:
    world.make("load_balancer", name="ours", vpc="vpc", subnet="app", listeners=[
        {"port": 80, "protocol": "HTTP", "monitor": {"type": "HTTP"}, "members": [{"address": "192.168.10.21", "port": 8080}]}])
    balancer = sdk.load_balancer.find_load_balancer("ours", ignore_missing=False)
    assert balancer.provisioning_status == "ACTIVE"
    assert [listener.protocol_port for listener in sdk.load_balancer.listeners()] == [80]
    pool = next(iter(sdk.load_balancer.pools()))
    assert [member.address for member in sdk.load_balancer.members(pool)] == ["192.168.10.21"]
    assert [monitor.url_path for monitor in sdk.load_balancer.health_monitors()] == ["/"]
    world.make("load_balancer", name="ours", vpc="vpc", state="absent")


def test_the_sdk_makes_a_port_and_a_group_that_the_modules_keep(sdk: Any, world: NhnCloud) -> None:
    group = sdk.network.create_security_group(name="theirs", description="made elsewhere")
    network = sdk.network.find_network("vpc", ignore_missing=False)
    port = sdk.network.create_port(name="theirs", network_id=network.id, security_group_ids=[group.id])
    assert world.run("port", name="theirs", vpc="vpc", security_groups=["theirs"]).result["action"] == "none"
    sdk.network.delete_port(port)
    sdk.network.delete_security_group(group)
    assert [server.name for server in sdk.compute.servers()] == ["host"]
    assert "m2.c1m2" in {flavor.name for flavor in sdk.compute.flavors()}


def test_swiftclient_keeps_containers_and_objects(world: NhnCloud) -> None:
    connection = swiftclient.Connection(authurl=world.auth["identity_url"], user=world.auth["username"], key=world.auth["password"],
                                        auth_version="2.0",
                                        os_options={"tenant_id": world.auth["object_tenant_id"], "region_name": "KR1"}, retries=0)
    connection.put_container("theirs")
    connection.put_object("theirs", "folder/one", contents=b"one")
    assert connection.get_object("theirs", "folder/one")[1] == b"one"
    assert [entry["name"] for entry in connection.get_container("theirs")[1]] == ["folder/one"]
    assert world.run("object_container", name="theirs").result["action"] == "none"
    connection.delete_object("theirs", "folder/one")
    connection.delete_container("theirs")
    connection.close()


def openstack_client(world: NhnCloud, *words: str) -> Any:
    """What `openstack ... -f json` says."""
    settings = {"OS_AUTH_TYPE": "v2password", "OS_AUTH_URL": world.auth["identity_url"], "OS_USERNAME": world.auth["username"],
                "OS_PASSWORD": world.auth["password"], "OS_TENANT_ID": world.auth["tenant_id"], "OS_REGION_NAME": "KR1"}
    done = subprocess.run([sys.executable, "-m", "openstackclient.shell", *words, "-f", "json"], check=False, capture_output=True,
                          text=True, timeout=60, env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **settings})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.long
def test_the_openstack_command_lists_what_there_is(world: NhnCloud) -> None:
    """Not `server list` or `keypair list`, which ask for identity v3, nor `volume list`, which wants block storage v3: NHN has neither."""
    assert {network["Name"] for network in openstack_client(world, "network", "list")} == {"Public Network", "vpc"}
    assert {port["Name"] for port in openstack_client(world, "port", "list")} >= {"port", "other"}
    assert "m2.c1m2" in {flavor["Name"] for flavor in openstack_client(world, "flavor", "list")}
    assert "group" in {group["Name"] for group in openstack_client(world, "security", "group", "list")}
