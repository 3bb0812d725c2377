# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Compute and images of the emulator: keypairs, and servers that take their time to come and to go."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from lab.nhn.volumes import add_volume

from .nhn_emulator_client import DEBIAN, WORKER, Cloud


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    made = Cloud()
    yield made
    made.store.close()


def test_catalogues_have_the_documented_shape(cloud: Cloud) -> None:
    flavor = cloud.compute("GET", "/flavors/detail?minRam=4096")["flavors"][0]
    assert flavor["name"] == "m2.c2m4" and {"extra_specs", "OS-FLV-EXT-DATA:ephemeral", "os-flavor-access:is_public", "rxtx_factor"} <= set(flavor)
    zone = {"zoneName": "kr-pub-a", "zoneState": {"available": True}}
    assert cloud.compute("GET", "/os-availability-zone")["availabilityZoneInfo"][0] == zone
    workers = cloud.send("GET", "/image/v2/images?nhncloud_allow_nks_cpu_flavor=true&visibility=public")["images"]
    assert len(workers) == 1 and cloud.send("GET", f"/image/v2/images/{workers[0]['id']}")["login_username"] == "debian"


def test_a_keypair_shows_its_private_half_once(cloud: Cloud) -> None:
    made = cloud.keypair()
    assert set(made) == {"name", "public_key", "fingerprint", "user_id", "private_key"} and made["fingerprint"].startswith("SHA256:")
    assert set(cloud.compute("GET", "/os-keypairs")["keypairs"][0]["keypair"]) == {"name", "public_key", "fingerprint"}
    assert "private_key" not in cloud.compute("GET", "/os-keypairs/ops")["keypair"]

    def ask(name: str, public_key: str) -> int:
        return cloud.compute("POST", "/os-keypairs", {"keypair": {"name": name, "public_key": public_key}}).status

    assert [ask("ops", made["public_key"]), ask("b", "nonsense"), ask("b", made["public_key"])] == [409, 400, 200]
    assert [cloud.compute("DELETE", "/os-keypairs/b").status for _ in range(2)] == [202, 404]


def test_a_server_is_answered_briefly_and_built_slowly(cloud: Cloud) -> None:
    port = cloud.port(cloud.subnet(cloud.vpc()), address="192.168.0.10")
    cloud.keypair()
    script = "#!/bin/sh\ntrue\n"
    body = cloud.server_body([{"port": port["id"]}], user_data=base64.b64encode(script.encode()).decode())
    created = cloud.compute("POST", "/servers", body)
    assert created.status == 202 and set(created["server"]) == {"id", "links", "security_groups"}
    path = f"/servers/{created['server']['id']}"
    seen = [cloud.compute("GET", path)["server"] for _ in range(2)]
    assert [one["status"] for one in seen] == ["BUILD", "ACTIVE"]
    assert seen[1]["addresses"]["main"] == [{"addr": "192.168.0.10", "version": 4, "OS-EXT-IPS:type": "fixed",
                                             "OS-EXT-IPS-MAC:mac_addr": port["mac_address"]}]
    assert {"OS-EXT-AZ:availability_zone", "os-extended-volumes:volumes_attached", "NHN-EXT-ATTR:protect", "key_name"} <= set(seen[1])
    owner = cloud.net("GET", f"/ports?device_id={created['server']['id']}")["ports"][0]
    assert (owner["id"], owner["device_owner"], owner["status"]) == (port["id"], "compute:kr-pub-a", "ACTIVE")
    attached = cloud.compute("GET", f"{path}/os-volume_attachments")["volumeAttachments"][0]
    assert set(attached) == {"device", "id", "serverId", "volumeId"}
    assert cloud.compute("DELETE", f"{path}/os-volume_attachments/{attached['volumeId']}").status == 403
    assert cloud.world()["servers"][0]["user_data"] == script
    assert cloud.compute("GET", f"{path}/os-interface").status == 404


def test_a_server_lingers_after_its_deletion_with_the_ports_made_for_it(cloud: Cloud) -> None:
    subnet = cloud.subnet(cloud.vpc())
    kept = cloud.port(subnet)
    cloud.keypair()
    created = cloud.compute("POST", "/servers", cloud.server_body([{"port": kept["id"]}, {"subnet": subnet["id"]}]))["server"]
    assert len(cloud.net("GET", f"/ports?device_id={created['id']}")["ports"]) == 2
    path = f"/servers/{created['id']}"
    assert cloud.compute("DELETE", path).status == 204
    assert cloud.world()["servers"] == []
    assert cloud.compute("GET", path)["server"]["OS-EXT-STS:task_state"] == "deleting"
    assert cloud.compute("GET", path).status == 404
    assert [(port["id"], port["device_id"]) for port in cloud.net("GET", "/ports")["ports"]] == [(kept["id"], "")]


def test_a_server_without_a_root_disk_or_with_a_misspelt_one_ends_in_error(cloud: Cloud) -> None:
    subnet = cloud.subnet(cloud.vpc())
    cloud.keypair()
    bodies = [cloud.server_body([{"subnet": subnet["id"]}]) for _ in range(2)]
    del bodies[0]["server"]["block_device_mapping_v2"]
    bodies[1]["server"]["block_device_mapping_v2"][0]["volume_type"] = "general ssd"
    for body in bodies:
        path = f"/servers/{cloud.compute('POST', '/servers', body)['server']['id']}"
        assert [cloud.compute("GET", path)["server"]["status"] for _ in range(2)] == ["BUILD", "ERROR"]
        assert cloud.compute("GET", path)["server"]["fault"]["code"] == 500
    assert cloud.world()["servers"] == []


@pytest.mark.parametrize("wrong", [{"flavorRef": "x"}, {"key_name": "x"}, {"key_name": ""}, {"networks": [{"port": "x"}]}, {"networks": [{}]},
                                   {"availability_zone": "x"}, {"user_data": "not base 64!"}, {"user_data": "QUFB" * 20000}, {"colour": "red"},
                                   {"security_groups": [{"name": "x"}]}, {"block_device_mapping_v2": [{"boot_index": 0}]}])
def test_impossible_servers_are_refused(cloud: Cloud, wrong: dict[str, Any]) -> None:
    subnet = cloud.subnet(cloud.vpc())
    cloud.keypair()
    refused = cloud.compute("POST", "/servers", cloud.server_body([{"subnet": subnet["id"]}], **wrong))
    assert refused.status == 400 and refused["badRequest"]["code"] == 400
    assert cloud.net("GET", "/ports")["ports"] == []


def test_a_root_disk_smaller_than_its_image_is_refused(cloud: Cloud) -> None:
    subnet = cloud.subnet(cloud.vpc())
    cloud.keypair()
    body = cloud.server_body([{"subnet": subnet["id"]}])
    body["server"]["block_device_mapping_v2"][0]["volume_size"] = 10
    assert cloud.compute("POST", "/servers", body).status == 400


def test_a_port_serves_one_server(cloud: Cloud) -> None:
    port = cloud.port(cloud.subnet(cloud.vpc()))
    cloud.keypair()
    body = cloud.server_body([{"port": port["id"]}])
    assert [cloud.compute("POST", "/servers", body).status for _ in range(2)] == [202, 409]


def test_servers_are_filtered_by_name_pattern_and_paged(cloud: Cloud) -> None:
    subnet = cloud.subnet(cloud.vpc())
    cloud.keypair()
    for name in ("one", "two", "three"):
        cloud.compute("POST", "/servers", cloud.server_body([{"subnet": subnet["id"]}], name=name))
    assert [one["name"] for one in cloud.compute("GET", "/servers?name=^t")["servers"]] == ["two", "three"]
    first = cloud.compute("GET", "/servers?limit=1")["servers"]
    assert [one["name"] for one in cloud.compute("GET", f"/servers?marker={first[0]['id']}")["servers"]] == ["two", "three"]


def test_another_tenant_in_the_path_is_refused(cloud: Cloud) -> None:
    assert cloud.send("GET", f"/compute/v2/{'f' * 32}/servers").status == 400


def test_lists_come_in_pages_and_only_images_say_that_there_is_another(cloud: Cloud) -> None:
    volumes = [add_volume(cloud.store, 10, "General SSD", "kr-pub-a")["id"] for _ in range(3)]

    def listed(query: str) -> Any:
        return cloud.send("GET", f"/volume/v2/{cloud.mine.tenant_id}/volumes?{query}")

    assert [each["id"] for each in listed("limit=1")["volumes"]] == volumes[:1] and set(listed("limit=1").body) == {"volumes"}
    assert [each["id"] for each in listed(f"marker={volumes[0]}")["volumes"]] == volumes[1:]
    assert [each["id"] for each in listed("offset=2")["volumes"]] == volumes[2:]
    assert listed("limit=x").status == 400 and listed("marker=none").status == 400
    first = cloud.send("GET", "/image/v2/images?limit=1")
    second = cloud.send("GET", "/image" + first["next"])
    assert {first["images"][0]["id"], second["images"][0]["id"]} == {DEBIAN, WORKER} and "next" not in second.body
