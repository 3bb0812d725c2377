# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab's side of the emulator: what the materialiser reads and reports, misbehaviour on order, faults and the journal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from lab.journal import count_writes, entries

from .nhn_emulator_client import Cloud


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """Nothing here is built before it is reported."""
    made = Cloud(auto_observe=False)
    yield made
    made.store.close()


def order(cloud: Cloud, **fields: Any) -> None:
    assert cloud.send("POST", "/_lab/unkind", fields).status == 204


VPC = {"vpc": {"name": "main", "cidrv4": "192.168.0.0/16"}}
CREATE = "POST /network/v2.0/vpcs"


def test_nothing_is_ready_before_it_is_real(cloud: Cloud) -> None:
    subnet = cloud.subnet(cloud.vpc())
    cloud.keypair()
    server = cloud.compute("POST", "/servers", cloud.server_body([{"subnet": subnet["id"]}]))["server"]["id"]
    job = cloud.rds("POST", "/db-instances", cloud.database_body(subnet))["jobId"]

    def states() -> tuple[str, str]:
        return cloud.compute("GET", f"/servers/{server}")["server"]["status"], cloud.rds("GET", f"/jobs/{job}")["jobStatus"]

    assert [states() for _ in range(5)][-1] == ("BUILD", "RUNNING")
    world = cloud.world()
    observed = {"servers": {one["id"]: "ACTIVE" for one in world["servers"]}, "clusters": {},
                "rds_instances": {one["id"]: "AVAILABLE" for one in world["rds_instances"]}, "rds_users": {}, "rds_schemas": {}}
    assert cloud.send("PUT", "/_lab/observed", observed).status == 204
    assert states() == ("ACTIVE", "COMPLETED")


def test_the_world_tells_all_that_wants_a_body(cloud: Cloud) -> None:
    subnet = cloud.subnet(cloud.vpc())
    cloud.rds("POST", "/db-instances", cloud.database_body(subnet))
    world = cloud.world()
    assert {"vpcs", "subnets", "routing_tables", "internet_gateways", "floating_ips", "ports", "keypairs", "servers", "rds_instances",
            "clusters"} <= set(world)
    table = world["routing_tables"][0]
    assert (table["subnets"], table["gateway_id"], table["vpc_id"]) == ([subnet["id"]], None, subnet["vpc_id"])
    database = world["rds_instances"][0]
    assert {"id", "name", "version", "port", "subnet_id", "address", "domain", "parameters", "admin_user", "admin_password", "users", "schemas",
            "security_groups", "ha"} <= set(database)
    assert (database["address"], database["parameters"]["binlog_format"]) == ("192.168.0.50", "ROW")


def test_a_report_about_a_user_as_it_was_does_not_count(cloud: Cloud) -> None:
    cloud.store.settings.auto_observe = True
    path = f"/db-instances/{cloud.database()}/db-users"
    cloud.finish(cloud.rds("POST", path, {"dbUserName": "app", "dbPassword": "old password", "host": "%", "authorityType": "CRUD"}))
    cloud.store.settings.auto_observe = False
    user = cloud.rds("GET", path)["dbUsers"][1]["dbUserId"]
    job = cloud.rds("PUT", f"{path}/{user}", {"dbPassword": "new password"})["jobId"]
    stable = {"rds_users": {user: "STABLE"}}
    cloud.send("PUT", "/_lab/observed", stable)                 # seen before the change, reported after it
    assert [cloud.rds("GET", f"/jobs/{job}")["jobStatus"] for _ in range(5)][-1] == "RUNNING"
    assert cloud.world()["rds_instances"][0]["users"][0]["password"] == "new password"
    cloud.send("PUT", "/_lab/observed", stable)
    assert cloud.rds("GET", f"/jobs/{job}")["jobStatus"] == "COMPLETED"


def test_a_lost_database_shows(cloud: Cloud) -> None:
    cloud.store.settings.auto_observe = True
    path = f"/db-instances/{cloud.database()}"
    cloud.store.settings.auto_observe = False
    cloud.send("PUT", "/_lab/observed", {"rds_instances": {path.rsplit("/", 1)[1]: "FAIL_TO_CONNECT"}})
    assert cloud.rds("GET", path)["dbInstanceStatus"] == "FAIL_TO_CONNECT"


@pytest.mark.parametrize("report", [{"server": {}}, {"servers": {"x": "BUILD"}}])
def test_reports_nobody_understands_are_refused(cloud: Cloud, report: Any) -> None:
    assert cloud.send("PUT", "/_lab/observed", report).status == 400


def test_a_write_can_fail_before_it_works(cloud: Cloud) -> None:
    order(cloud, match=CREATE, status=503, times=2, headers={"Retry-After": "1"})
    refused = cloud.net("POST", "/vpcs", VPC)
    assert (refused.status, refused.headers["Retry-After"], set(refused.body)) == (503, "1", {"NeutronError"})
    assert [cloud.net("POST", "/vpcs", VPC).status for _ in range(2)] == [503, 201]
    assert len(cloud.world()["vpcs"]) == 1


@pytest.mark.parametrize("loss", [{"status": 504}, {"drop": True}])
def test_a_reply_can_be_lost_after_the_write_worked(cloud: Cloud, loss: dict[str, Any]) -> None:
    order(cloud, match=CREATE, after=True, **loss)
    if "drop" in loss:
        with pytest.raises(requests.ConnectionError):
            cloud.net("POST", "/vpcs", VPC)
    else:
        assert cloud.net("POST", "/vpcs", VPC).status == 504
    assert [vpc["name"] for vpc in cloud.world()["vpcs"]] == ["main"]


def test_orders_may_hold_wildcards_and_rds_codes(cloud: Cloud) -> None:
    order(cloud, match="* /rds/v3.0/*", code=7008, message="Job is fail to register")
    order(cloud, match="GET /compute/*", status=429)
    assert cloud.send("GET", "/_lab/unkind")["orders"][0]["times"] == 1
    assert [cloud.code("GET", "/db-flavors") for _ in range(2)] == [7008, 0]
    assert set(cloud.compute("GET", "/servers").body) == {"overLimit"}
    order(cloud, match="GET *", times=100)
    cloud.send("DELETE", "/_lab/unkind")
    assert cloud.net("GET", "/vpcs").status == 200
    assert [cloud.send("POST", "/_lab/unkind", wrong).status for wrong in ({"status": 503}, {"match": "*", "status": 999})] == [400, 400]


@pytest.mark.parametrize("fault", ["nhn", "nhn_control_plane"])
def test_a_broken_site_answers_503_to_all_but_the_lab(cloud: Cloud, fault: str) -> None:
    faults = cloud.store.settings.faults
    faults.write_text(json.dumps({fault: {}}), encoding="utf-8")
    assert [cloud.net("GET", "/vpcs").status, cloud.rds("GET", "/db-flavors").status, cloud.log_in().status] == [503] * 3
    assert cloud.send("GET", "/_lab/world").status == 200
    faults.write_text(json.dumps({"aws": {}}), encoding="utf-8")
    assert cloud.net("GET", "/vpcs").status == 200


def test_requests_are_counted_by_what_they_would_change(cloud: Cloud) -> None:
    journal = cloud.store.requests
    assert journal is not None and count_writes(journal) == 0       # logging in is no write
    cloud.net("GET", "/vpcs")
    cloud.vpc()
    cloud.world()
    seen = list(entries(journal))
    assert [entry["action"] for entry in seen] == ["issue token", "list vpcs", "create vpc"]
    assert [(entry["write"], entry["status"]) for entry in seen] == [(False, 200), (False, 200), (True, 201)]


def test_what_the_emulator_cannot_do_is_a_500_in_the_service_s_own_words(cloud: Cloud) -> None:
    assert set(cloud.net("POST", "/ports", {"port": {"network_id": cloud.vpc()["id"], "fixed_ips": 5}}).body) == {"NeutronError"}


def test_bodies_that_are_no_json_are_refused(cloud: Cloud) -> None:
    answer = cloud.session.post(f"{cloud.url}/network/v2.0/vpcs", data="{", timeout=5)
    assert answer.status_code == 400


def test_a_deletion_whose_reply_was_lost_is_told_404_the_second_time(cloud: Cloud) -> None:
    path = f"/vpcs/{cloud.vpc()['id']}"
    order(cloud, match=f"DELETE /network/v2.0{path}", status=502, after=True)
    assert [cloud.net("DELETE", path).status for _ in range(2)] == [502, 404]


def test_many_at_once_still_meet_one_quota(cloud: Cloud) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: requests.post(f"{cloud.url}/network/v2.0/vpcs", json={"vpc": {**VPC["vpc"], "name": f"v{number}"}},
                                                          headers={"X-Auth-Token": str(cloud.session.headers["X-Auth-Token"])}, timeout=5),
                             range(12)))
    assert sorted(answer.status_code for answer in made) == [201] * 3 + [409] * 9


def test_the_time_spent_on_trying_again_counts_for_the_job_in_the_way(cloud: Cloud) -> None:
    cloud.store.settings.auto_observe = True
    path = f"/db-instances/{cloud.database()}"
    cloud.rds("PUT", path, {"description": "first"})
    assert [cloud.code("PUT", path, {"description": "second"}) for _ in range(5)] == [7008, 7008, 7008, 0, 7008]


def test_the_inventory_counts_everything_by_name_and_services_defaults_from_the_start(cloud: Cloud) -> None:
    empty = cloud.send("GET", "/_lab/inventory").body
    assert empty["security_groups"] == ["default"] and "default.MYSQL_V8408" in empty["rds_parameter_groups"] and empty["vpcs"] == []
    cloud.vpc()
    assert cloud.send("GET", "/_lab/inventory").body["vpcs"] == ["main"]
    assert cloud.send("GET", "/_lab/inventory").body["rds_parameter_groups"] == empty["rds_parameter_groups"]
