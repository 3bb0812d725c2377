# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The emulator is not our own echo: clients nobody here wrote drive it through their public calls, and our modules find what they made."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
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
    sdk.block_storage.wait_for_delete(snapshot, interval=0.01, wait=5)
    sdk.block_storage.delete_volume(volume)
    sdk.block_storage.wait_for_delete(volume, interval=0.01, wait=5)
    assert {volume.name for volume in sdk.block_storage.volumes()} == {"", "data"}      # and the root volume of the host
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


def test_the_sdk_makes_a_key_pair_a_server_and_its_address_that_the_modules_keep(sdk: Any, world: NhnCloud) -> None:
    pair = sdk.compute.create_keypair(name="theirs")
    assert pair.private_key.startswith("-----BEGIN") and pair.fingerprint.startswith("SHA256:")
    assert world.run("keypair", name="theirs", public_key=pair.public_key).result["action"] == "none"
    network = sdk.network.find_network("vpc", ignore_missing=False)
    edge = sdk.network.find_subnet("edge", ignore_missing=False)
    port = sdk.network.create_port(name="theirs", network_id=network.id, fixed_ips=[{"subnet_id": edge.id}])
    image = next(image for image in sdk.image.images() if image.name.startswith("Debian 12 Bookworm"))
    flavor = sdk.compute.find_flavor("m2.c1m2", ignore_missing=False)
    server = sdk.compute.create_server(
        name="theirs", flavor_id=flavor.id, key_name="theirs", networks=[{"port": port.id}], availability_zone="kr-pub-a",
        block_device_mapping=[{"source_type": "image", "uuid": image.id, "boot_index": 0, "destination_type": "volume", "volume_size": 20,
                               "volume_type": "General SSD", "delete_on_termination": True}])
    server = sdk.compute.wait_for_server(server, interval=0.01, wait=5)
    assert server.status == "ACTIVE"
    assert world.run("server", name="theirs", flavor="m2.c1m2", ports=["theirs"], keypair="theirs", zone="kr-pub-a").result["action"] == "none"
    public = next(each for each in sdk.network.networks(is_router_external=True))
    address = sdk.network.create_ip(floating_network_id=public.id)
    sdk.network.update_ip(address, port_id=port.id)
    told = world.run("floating_ip_info", name=address.floating_ip_address).result["resources"]
    assert [each["port"] for each in told] == [port.id]
    assert address.floating_ip_address in {each["addr"] for each in sdk.compute.get_server(server.id).addresses["vpc"]}
    sdk.network.delete_ip(address)
    sdk.compute.delete_server(server)
    sdk.compute.wait_for_delete(server, interval=0.01, wait=5)
    sdk.network.delete_port(port)
    sdk.compute.delete_keypair(pair)
    assert [server.name for server in sdk.compute.servers()] == ["host"]


def test_the_sdk_gives_a_server_groups_notes_and_company(sdk: Any, world: NhnCloud) -> None:
    host = sdk.compute.find_server("host", ignore_missing=False)
    group = sdk.network.create_security_group(name="added")
    sdk.compute.add_security_group_to_server(host, group)
    assert {each["name"] for each in sdk.compute.get_server(host.id).security_groups} == {"added", "default"}
    sdk.compute.remove_security_group_from_server(host, group)
    with pytest.raises(openstack.exceptions.NotFoundException):
        sdk.compute.remove_security_group_from_server(host, group)
    sdk.network.delete_security_group(group)
    with pytest.raises(openstack.exceptions.HttpException, match=r"501.*does not stop"):
        sdk.compute.stop_server(host)
    path = f"/servers/{host.id}/metadata"
    assert sdk.compute.put(f"{path}/owner", json={"meta": {"owner": "kim"}}).json() == {"meta": {"owner": "kim"}}
    assert sdk.compute.get_server(host.id).metadata == sdk.compute.get(path).json()["metadata"] == {"owner": "kim"}
    assert sdk.compute.delete(f"{path}/owner").status_code == 204 and sdk.compute.get(f"{path}/owner").status_code == 404
    apart = sdk.compute.create_server_group(name="apart", policies=["anti-affinity"])
    assert [(each.name, each.policies, each.member_ids) for each in sdk.compute.server_groups()] == [("apart", ["anti-affinity"], [])]
    with pytest.raises(openstack.exceptions.BadRequestException):
        sdk.compute.create_server_group(name="together", policies=["affinity"])
    sdk.compute.delete_server_group(apart)


def test_the_sdk_uploads_an_image(sdk: Any, world: NhnCloud, tmp_path: Path) -> None:
    file = tmp_path / "image"
    file.write_bytes(b"a disk")
    image = sdk.image.create_image(name="theirs", filename=str(file), disk_format="qcow2", container_format="bare", wait=True, timeout=5,
                                   os_distro="debian")
    image = sdk.image.get_image(image.id)
    assert (image.status, image.size) == ("active", 6) and sdk.image.download_image(image).content == b"a disk"
    sdk.image.update_image(image, name="renamed", min_disk=20)
    sdk.image.add_tag(image, "ours")
    assert sdk.image.get_image(image.id).tags == ["ours"]
    assert "renamed" in {each["name"] for each in world.run("image_info").result["resources"]}
    public = next(each for each in sdk.image.images() if each.visibility == "public")
    for refused in (lambda: sdk.image.delete_image(public), lambda: sdk.image.update_image(public, name="mine")):
        with pytest.raises(openstack.exceptions.ForbiddenException):
            refused()
    with pytest.raises(openstack.exceptions.BadRequestException, match="boots no image that was uploaded"):
        sdk.compute.create_server(name="s", flavor_id=sdk.compute.find_flavor("m2.c1m2").id, key_name="keypair", networks=[],
                                  block_device_mapping=[{"source_type": "image", "uuid": image.id, "boot_index": 0,
                                                         "destination_type": "volume", "volume_size": 20}])
    sdk.image.delete_image(image)
    assert sdk.image.find_image("renamed") is None


def test_the_sdk_makes_rules_that_the_modules_keep(sdk: Any, world: NhnCloud) -> None:
    group = sdk.network.create_security_group(name="ruled")
    for rule in list(sdk.network.security_group_rules(security_group_id=group.id)):
        sdk.network.delete_security_group_rule(rule)
    sdk.network.create_security_group_rule(security_group_id=group.id, direction="ingress", ether_type="IPv4", protocol="tcp", port_range_min=22,
                                           port_range_max=23, remote_ip_prefix="10.0.0.0/16")
    sdk.network.create_security_group_rule(security_group_id=group.id, direction="ingress", ether_type="IPv4", remote_group_id=group.id)
    sdk.network.create_security_group_rule(security_group_id=group.id, direction="egress", ether_type="IPv4")
    rules = [{"protocol": "tcp", "port_min": 22, "port_max": 23, "remote_cidr": "10.0.0.0/16"}, {"remote_group": "ruled"}, {"direction": "egress"}]
    assert world.run("security_group", name="ruled", rules=rules).result["action"] == "none"
    with pytest.raises(openstack.exceptions.ConflictException):
        sdk.network.create_security_group_rule(security_group_id=group.id, direction="egress", ether_type="IPv4")
    with pytest.raises(openstack.exceptions.BadRequestException):
        sdk.network.create_security_group_rule(security_group_id=group.id, direction="egress", ether_type="IPv6")
    sdk.network.delete_security_group(group)


def test_the_sdk_makes_a_load_balancer_that_the_modules_keep(sdk: Any, world: NhnCloud) -> None:
    """It waits for ACTIVE after each call, as whoever does not is refused."""
    balancing = sdk.load_balancer
    app = sdk.network.find_subnet("app", ignore_missing=False)

    def settled(made: Any) -> Any:
        balancing.wait_for_load_balancer(balancer.id, interval=0.01, wait=5)
        return made

    balancer = balancing.create_load_balancer(name="theirs", vip_subnet_id=app.id)
    with pytest.raises(openstack.exceptions.ConflictException):
        balancing.create_listener(name="early", protocol="HTTP", protocol_port=80, load_balancer_id=balancer.id)
    settled(balancer)
    listener = settled(balancing.create_listener(name="web", protocol="HTTP", protocol_port=80, load_balancer_id=balancer.id))
    pool = settled(balancing.create_pool(name="web", protocol="HTTP", lb_algorithm="ROUND_ROBIN", listener_id=listener.id))
    settled(balancing.create_member(pool, address="192.168.10.21", protocol_port=8080, subnet_id=app.id))
    settled(balancing.create_health_monitor(pool_id=pool.id, type="HTTP", delay=10, timeout=5, max_retries=3, url_path="/healthz"))
    kept = world.run("load_balancer", name="theirs", vpc="vpc", subnet="app", listeners=[
        {"port": 80, "protocol": "HTTP", "monitor": {"type": "HTTP", "path": "/healthz"}, "members": [{"address": "192.168.10.21", "port": 8080}]}])
    assert kept.result["action"] == "none", kept.result
    world.make("load_balancer", name="theirs", vpc="vpc", state="absent")
    assert list(balancing.load_balancers()) == []


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
