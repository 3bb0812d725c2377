# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The identity service of the emulator, as documented and as openstacksdk uses it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import openstack
import pytest

from lab.nhn.store import Settings

from .nhn_emulator_client import Cloud


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    made = Cloud()
    yield made
    made.store.close()


def test_a_token_and_its_catalog_have_the_documented_shape(cloud: Cloud) -> None:
    access = cloud.log_in()["access"]
    assert set(access) == {"token", "serviceCatalog", "user", "metadata"}
    assert set(access["token"]) == {"id", "issued_at", "expires", "tenant"} and len(access["token"]["id"]) == 32
    assert access["token"]["expires"].endswith("Z") and not access["token"]["issued_at"].endswith("Z")
    for service in access["serviceCatalog"]:
        assert [set(endpoint) for endpoint in service["endpoints"]] == [{"region", "publicURL"}]
        assert service["endpoints"][0]["publicURL"].startswith(cloud.url)


def test_a_second_log_in_answers_the_same_token(cloud: Cloud) -> None:
    assert cloud.log_in()["access"]["token"]["id"] == cloud.session.headers["X-Auth-Token"]


@pytest.mark.parametrize("wrong", [{"password": "no"}, {"username": "no"}, {"tenantId": "f" * 32}])
def test_wrong_credentials_are_refused(cloud: Cloud, wrong: dict[str, str]) -> None:
    refused = cloud.log_in(**wrong)
    assert (refused.status, refused["error"]["code"]) == (401, 401)


def test_an_expired_token_is_refused_and_replaced(tmp_path: Path) -> None:
    now = [1_000_000.0]
    cloud = Cloud(settings=Settings(token_seconds=60, faults=tmp_path / "faults.json", clock=lambda: now[0]))
    try:
        assert cloud.net("GET", "/vpcs").status == 200
        now[0] += 61
        assert cloud.net("GET", "/vpcs").status == 401
        cloud.session.headers["X-Auth-Token"] = cloud.log_in()["access"]["token"]["id"]
        assert cloud.net("GET", "/vpcs").status == 200
    finally:
        cloud.store.close()


def test_requests_without_a_token_are_refused_by_each_service_in_its_own_words(cloud: Cloud) -> None:
    cloud.session.headers["X-Auth-Token"] = "none"
    assert [cloud.net("GET", "/vpcs").status, cloud.compute("GET", "/servers").status, cloud.send("GET", "/image/v2/images").status] == [401] * 3
    assert set(cloud.net("GET", "/vpcs").body) == {"NeutronError"}
    assert set(cloud.compute("GET", "/servers").body) == {"unauthorized"}
    assert set(cloud.nks("GET", "/clusters").body) == {"errors"}


def test_unknown_paths_are_404_and_there_are_no_version_lists(cloud: Cloud) -> None:
    for path in ("/", "/nothing", "/identity/v2.0", "/identity/v3", "/compute/v2", "/network/v2.0/routers", "/rds/v3.0/nothing"):
        assert cloud.send("GET", path).status == 404, path


def test_openstacksdk_logs_in_and_lists(cloud: Cloud) -> None:
    auth = {"auth_url": f"{cloud.url}/identity/v2.0", "username": cloud.mine.username, "password": cloud.mine.password,
            "tenant_id": cloud.mine.tenant_id}
    with openstack.connect(auth_type="v2password", auth=auth, region_name="KR1", image_api_version="2",
                           image_endpoint_override=f"{cloud.url}/image/v2", load_yaml_config=False, load_envvars=False) as connection:
        vpc = cloud.vpc()
        assert {network.name for network in connection.network.networks()} == {"Public Network", "main"}
        assert connection.network.find_network("main", ignore_missing=False).id == vpc["id"]
        assert list(connection.compute.servers()) == []
        assert any(image.name.startswith("Debian 12") for image in connection.image.images())
        assert connection.network.get("/vpcs").json()["vpcs"][0]["id"] == vpc["id"]
