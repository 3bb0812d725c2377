# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""RDS of the emulator: the envelope, jobs and their queue, instances and what belongs to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .nhn_emulator_client import Cloud


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    made = Cloud()
    yield made
    made.store.close()


RULE = {"direction": "INGRESS", "etherType": "IPV4", "cidr": "10.0.0.0/16", "port": {"portType": "DB_PORT"}, "description": "peer"}
OUT = {"direction": "EGRESS", "etherType": "IPV4", "cidr": "10.0.10.50/32", "port": {"portType": "PORT", "minPort": 3306, "maxPort": 3306}}
USER = {"dbUserName": "dr_agent", "dbPassword": "secret", "host": "%", "authorityType": "DDL"}


def test_the_envelope_says_no_with_http_200(cloud: Cloud) -> None:
    fine = cloud.rds("GET", "/db-flavors")
    assert fine["header"] == {"resultCode": 0, "resultMessage": "SUCCESS", "isSuccessful": True} and "dbFlavors" in fine.body
    for header in ("X-TC-APP-KEY", "X-TC-AUTHENTICATION-ID", "X-TC-AUTHENTICATION-SECRET"):
        refused = cloud.send("GET", "/rds/v3.0/db-flavors", **{header: "wrong"})
        assert refused.status == 200
        assert refused["header"] == {"resultCode": 80401, "resultMessage": "Unauthorized", "isSuccessful": False}


def test_catalogues_have_the_documented_shape(cloud: Cloud) -> None:
    cloud.subnet(cloud.vpc())
    for path, key, fields in (("/db-flavors", "dbFlavors", {"dbFlavorId", "dbFlavorName", "ram", "vcpus"}),
                              ("/db-versions", "dbVersions", {"dbVersion", "dbVersionName", "restorableFromObs"}),
                              ("/network/subnets", "subnets", {"subnetId", "subnetName", "subnetCidr", "usingGateway", "availableIpCount"}),
                              ("/project/regions", "regions", {"regionCode", "isEnabled"})):
        assert set(cloud.rds("GET", path)[key][0]) == fields
    assert cloud.rds("GET", "/storage-types")["storageTypes"] == ["General SSD", "General HDD"]


def test_an_instance_is_found_through_its_job(cloud: Cloud) -> None:
    subnet = cloud.subnet(cloud.vpc(), "192.168.10.0/24", "app")
    created = cloud.rds("POST", "/db-instances", cloud.database_body(subnet))
    assert set(created.body) == {"header", "jobId"}
    seen = cloud.rds("GET", "/db-instances")["dbInstances"][0]
    assert set(seen) == {"dbInstanceId", "dbInstanceGroupId", "dbInstanceName", "description", "dbVersion", "dbPort", "dbInstanceType",
                         "dbInstanceStatus", "progressStatus", "createdYmdt", "updatedYmdt"}
    assert (seen["dbInstanceStatus"], seen["progressStatus"]) == ("BEFORE_CREATE", "CREATING") and seen["createdYmdt"].endswith("+09:00")
    assert cloud.rds("GET", f"/db-instances/{seen['dbInstanceId']}/network-info")["endPoints"] == []
    states = [cloud.rds("GET", f"/jobs/{created['jobId']}").body for _ in range(2)]
    assert [state["jobStatus"] for state in states] == ["RUNNING", "COMPLETED"]
    assert states[1]["resourceRelations"] == [{"resourceType": "DB_INSTANCE", "resourceId": seen["dbInstanceId"]}]
    full = cloud.rds("GET", f"/db-instances/{seen['dbInstanceId']}")
    assert (full["dbInstanceStatus"], full["progressStatus"], full["needToApplyParameterGroup"]) == ("AVAILABLE", "NONE", False)
    assert not {"useHighAvailability", "storageSize", "network"} & set(full.body)


def test_jobs_run_through_their_states(cloud: Cloud) -> None:
    identity = cloud.database()
    job = cloud.rds("PUT", f"/db-instances/{identity}", {"description": "x"})["jobId"]
    assert [cloud.rds("GET", f"/jobs/{job}")["jobStatus"] for _ in range(4)] == ["REGISTERED", "RUNNING", "COMPLETED", "COMPLETED"]
    assert cloud.code("GET", "/jobs/none") == 80404


def test_a_second_job_is_told_to_come_back(cloud: Cloud) -> None:
    path = f"/db-instances/{cloud.database()}"
    first = cloud.rds("POST", f"{path}/db-schemas", {"dbSchemaName": "tickets"})
    busy = cloud.rds("POST", f"{path}/db-schemas", {"dbSchemaName": "dr"})
    assert (busy.status, busy["header"]["resultCode"], busy["header"]["resultMessage"]) == (200, 7008, "Job is fail to register")
    cloud.finish(first)
    cloud.finish(cloud.rds("POST", f"{path}/db-schemas", {"dbSchemaName": "dr"}))
    assert [schema["dbSchemaName"] for schema in cloud.rds("GET", f"{path}/db-schemas")["dbSchemas"]] == ["tickets", "dr"]


def test_the_four_reads_of_an_instance(cloud: Cloud) -> None:
    path = f"/db-instances/{cloud.database()}"
    storage = cloud.rds("GET", f"{path}/storage-info").body
    assert (storage["storageType"], storage["storageSize"], storage["storageStatus"]) == ("General SSD", 20, "ATTACHED")
    backup = cloud.rds("GET", f"{path}/backup-info").body
    assert set(backup) == {"header", "backupPeriod", "ftwrlWaitTimeout", "backupRetryCount", "replicationRegion", "useBackupLock",
                           "backupSchedules"}
    network = cloud.rds("GET", f"{path}/network-info").body
    assert set(network["subnet"]) == {"subnetId", "subnetName", "subnetCidr"} and network["availabilityZone"] == "kr-pub-a"
    point = network["endPoints"][0]
    assert (point["endPointType"], point["ipAddress"]) == ("INTERNAL", "192.168.10.50")
    assert point["domain"].endswith(".internal.kr1.mysql.rds.nhncloudservice.com")
    group = cloud.rds("GET", f"/db-instance-groups/{cloud.rds('GET', path)['dbInstanceGroupId']}")
    assert (group["replicationType"], group["dbInstances"][0]["dbInstanceType"]) == ("STANDALONE", "MASTER")


def test_settings_change_through_jobs_and_storage_only_grows(cloud: Cloud) -> None:
    path = f"/db-instances/{cloud.database()}"
    assert cloud.code("PUT", f"{path}/storage-info", {"storageSize": 10}) == 80400
    cloud.finish(cloud.rds("PUT", f"{path}/storage-info", {"storageSize": 30}))
    cloud.finish(cloud.rds("PUT", f"{path}/backup-info", {"backupPeriod": 3}))
    cloud.finish(cloud.rds("PUT", f"{path}/high-availability", {"useHighAvailability": True}))
    cloud.finish(cloud.rds("PUT", f"{path}/network-info", {"usePublicAccess": True}))
    assert cloud.rds("GET", f"{path}/storage-info")["storageSize"] == 30
    backup = cloud.rds("GET", f"{path}/backup-info")
    assert (backup["backupPeriod"], backup["backupSchedules"][0]["backupWndBgnTime"]) == (3, "18:00:00")
    kinds = [point["endPointType"] for point in cloud.rds("GET", f"{path}/network-info")["endPoints"]]
    assert kinds == ["INTERNAL", "INTERNAL_VIP", "EXTERNAL"] and cloud.world()["rds_instances"][0]["ha"] is True


def test_deletion_protection_needs_no_job_and_holds(cloud: Cloud) -> None:
    path = f"/db-instances/{cloud.database()}"
    protect = f"{path}/deletion-protection"
    assert set(cloud.rds("PUT", protect, {"useDeletionProtection": True}).body) == {"header"}
    assert cloud.code("DELETE", path) == 80409
    cloud.rds("PUT", protect, {"useDeletionProtection": False})
    deletion = cloud.rds("DELETE", path)
    assert cloud.world()["rds_instances"] == []
    assert cloud.rds("GET", "/db-instances")["dbInstances"][0]["progressStatus"] == "DELETING"
    cloud.finish(deletion)
    assert cloud.code("GET", path) == 80404


def test_users_have_authorities_and_the_first_one_stays(cloud: Cloud) -> None:
    path = f"/db-instances/{cloud.database()}"
    cloud.finish(cloud.rds("POST", f"{path}/db-users", USER))
    first, agent = cloud.rds("GET", f"{path}/db-users")["dbUsers"]
    assert set(agent) == {"dbUserId", "dbUserName", "host", "authorityType", "dbUserStatus", "authenticationPlugin", "tlsOption", "createdYmdt",
                          "updatedYmdt"}
    assert (agent["dbUserStatus"], agent["authenticationPlugin"]) == ("STABLE", "CACHING_SHA2")
    assert cloud.code("POST", f"{path}/db-users", USER) == 80409
    cloud.finish(cloud.rds("PUT", f"{path}/db-users/{agent['dbUserId']}", {"authorityType": "READ", "dbPassword": "another"}))
    known = cloud.world()["rds_instances"][0]["users"]
    assert [(user["name"], user["authority"], user["password"]) for user in known] == [("dr_agent", "READ", "another")]
    assert cloud.code("DELETE", f"{path}/db-users/{first['dbUserId']}") == 80400
    cloud.finish(cloud.rds("DELETE", f"{path}/db-users/{agent['dbUserId']}"))
    assert [user["dbUserName"] for user in cloud.rds("GET", f"{path}/db-users")["dbUsers"]] == ["dbadmin"]


@pytest.mark.parametrize("wrong", [{"dbUserName": "rds_admin"}, {"dbUserName": "a" * 33}, {"dbPassword": "abc"}, {"authorityType": "SUPER"},
                                   {"host": ""}, {"authenticationPlugin": "NATIVE"}, {"tlsOption": "maybe"}, {"colour": "red"}])
def test_impossible_users_are_refused(cloud: Cloud, wrong: dict[str, Any]) -> None:
    assert cloud.code("POST", f"/db-instances/{cloud.database()}/db-users", {**USER, **wrong}) == 80400


def test_reserved_and_repeated_schemas_are_refused(cloud: Cloud) -> None:
    path = f"/db-instances/{cloud.database()}/db-schemas"
    assert [cloud.code("POST", path, {"dbSchemaName": name}) for name in ("mysql", "rds_maintenance", "1st", "a-b", "a" * 65)] == [80400] * 5
    cloud.finish(cloud.rds("POST", path, {"dbSchemaName": "tickets"}))
    assert cloud.code("POST", path, {"dbSchemaName": "Tickets"}) == 80409
    schema = cloud.rds("GET", path)["dbSchemas"][0]
    job = cloud.rds("DELETE", f"{path}/{schema['dbSchemaId']}")
    assert cloud.world()["rds_instances"][0]["schemas"] == []
    cloud.finish(job)
    assert cloud.rds("GET", path)["dbSchemas"] == []


@pytest.mark.parametrize(("wrong", "code"), [
    ({"dbInstanceName": "1st"}, 80400), ({"dbVersion": "MYSQL_V8028"}, 290001), ({"dbPort": 3305}, 80400), ({"dbPort": None}, 80400),
    ({"dbUserName": "admin"}, 80400), ({"dbPassword": "abc"}, 80400), ({"parameterGroupId": "none"}, 80404), ({"dbVersion": "MYSQL_V8407"}, 80400),
    ({"network": {"subnetId": "none", "availabilityZone": "kr-pub-a"}}, 80404), ({"storage": {"storageType": "General SSD"}}, 80400),
    ({"storage": {"storageType": "General SSD", "storageSize": 10}}, 80400), ({"backup": {"backupPeriod": 7}}, 80400),
    ({"dbSecurityGroupIds": ["none"]}, 80404), ({"useSlowQueryAnalysis": True}, 80400)])
def test_impossible_instances_are_refused(cloud: Cloud, wrong: dict[str, Any], code: int) -> None:
    subnet = cloud.subnet(cloud.vpc())
    assert cloud.code("POST", "/db-instances", cloud.database_body(subnet, **wrong)) == code
    assert cloud.rds("GET", "/db-instances")["dbInstances"] == []


def test_a_misspelt_storage_type_breaks_the_service(cloud: Cloud) -> None:
    body = cloud.database_body(cloud.subnet(cloud.vpc()), storage={"storageType": "General_SSD", "storageSize": 20})
    assert cloud.rds("POST", "/db-instances", body).status == 500


def test_names_are_unique(cloud: Cloud) -> None:
    cloud.database()
    subnet = cloud.net("GET", "/vpcsubnets")["vpcsubnets"][0]
    assert cloud.code("POST", "/db-instances", cloud.database_body(subnet)) == 80409
    assert cloud.net("DELETE", f"/vpcsubnets/{subnet['id']}").status == 409


def test_parameters_are_changed_in_a_group_and_live_when_an_instance_is_pointed_at_it(cloud: Cloud) -> None:
    path = f"/db-instances/{cloud.database()}"
    default = cloud.rds("GET", "/parameter-groups?dbVersion=MYSQL_V8408")["parameterGroups"][0]
    assert default["parameterGroupName"] == "default.MYSQL_V8408"
    body = {"parameterGroupName": "tickets", "dbVersion": "MYSQL_V8408", "description": ""}
    group = cloud.rds("POST", "/parameter-groups", body)["parameterGroupId"]
    assert cloud.code("POST", "/parameter-groups", body) == 80409
    full = cloud.rds("GET", f"/parameter-groups/{group}")
    parameter = next(one for one in full["parameters"] if one["parameterName"] == "gtid_mode")
    assert set(parameter) == {"parameterId", "parameterFileGroup", "parameterName", "fileParameterName", "value", "defaultValue", "allowedValue",
                              "updateType", "applyType"}

    def change(value: Any, into: str = group) -> int:
        change = {"parameterId": parameter["parameterId"], "value": value}
        return cloud.code("PUT", f"/parameter-groups/{into}/parameters", {"modifiedParameters": [change]})

    assert [change("maybe"), change(1), change("ON", default["parameterGroupId"]), change("ON")] == [80400, 80400, 80403, 0]
    most = next(one["parameterId"] for one in full["parameters"] if one["parameterName"] == "max_connections")
    for value, code in (("{vCPU * many}", 80400), ("{vCPU * 100}", 0)):
        assert cloud.code("PUT", f"/parameter-groups/{group}/parameters", {"modifiedParameters": [{"parameterId": most, "value": value}]}) == code
    cloud.finish(cloud.rds("PUT", path, {"parameterGroupId": group}))
    assert cloud.world()["rds_instances"][0]["parameters"]["max_connections"] == "100"
    assert cloud.world()["rds_instances"][0]["parameters"]["gtid_mode"] == "ON"
    assert change("OFF") == 0
    assert cloud.world()["rds_instances"][0]["parameters"]["gtid_mode"] == "ON"       # not before the console's "apply"
    assert cloud.rds("GET", path)["needToApplyParameterGroup"] is True
    assert cloud.rds("GET", f"/parameter-groups/{group}")["parameterGroupStatus"] == "NEED_TO_APPLY"
    assert cloud.code("DELETE", f"/parameter-groups/{group}") == 80409


def test_a_group_of_another_version_does_not_fit(cloud: Cloud) -> None:
    path = f"/db-instances/{cloud.database()}"
    other = cloud.rds("GET", "/parameter-groups?dbVersion=MYSQL_V8045")["parameterGroups"][0]["parameterGroupId"]
    assert cloud.code("PUT", path, {"parameterGroupId": other}) == 80400
    assert cloud.code("PUT", path, {"dbVersion": "MYSQL_V8045"}) == 80400


def test_db_security_groups_change_through_jobs_that_keep_their_instances_busy(cloud: Cloud) -> None:
    made = cloud.rds("POST", "/db-security-groups", {"dbSecurityGroupName": "db", "rules": [RULE]})
    assert set(made.body) == {"header", "dbSecurityGroupId"}
    path = f"/db-security-groups/{made['dbSecurityGroupId']}"
    instance = f"/db-instances/{cloud.database(dbSecurityGroupIds=[made['dbSecurityGroupId']])}"
    job = cloud.rds("POST", f"{path}/rules", OUT)
    assert cloud.rds("GET", path)["progressStatus"] == "CREATING_RULE"
    assert [cloud.code("POST", f"{path}/rules", {**OUT, "cidr": "0.0.0.0/0"}), cloud.code("PUT", instance, {"description": "x"})] == [7008, 7008]
    cloud.finish(job)
    rules = cloud.rds("GET", path)["rules"]
    assert [(rule["direction"], rule["port"]["portType"]) for rule in rules] == [("INGRESS", "DB_PORT"), ("EGRESS", "PORT")]
    assert cloud.world()["rds_instances"][0]["security_groups"][0]["rules"] == rules
    cloud.finish(cloud.rds("DELETE", f"{path}/rules?ruleIds={rules[0]['ruleId']},{rules[1]['ruleId']}"))
    assert cloud.rds("GET", path)["rules"] == [] and cloud.code("DELETE", path) == 80409
    assert "rules" not in cloud.rds("GET", "/db-security-groups")["dbSecurityGroups"][0]


@pytest.mark.parametrize(("wrong", "code"), [
    ({"direction": "EGRESS"}, 80400), ({"direction": "IN"}, 80400), ({"cidr": "10.0.0.1/16"}, 80400), ({"etherType": "IPv4"}, 80400),
    ({"port": {"portType": "PORT", "minPort": 1, "maxPort": 2}}, 80400), ({"port": {"portType": "PORT_RANGE", "minPort": 2, "maxPort": 1}}, 80400)])
def test_impossible_rules_are_refused(cloud: Cloud, wrong: dict[str, Any], code: int) -> None:
    assert cloud.code("POST", "/db-security-groups", {"dbSecurityGroupName": "db", "rules": [{**RULE, **wrong}]}) == code


def test_a_rule_that_is_there_already_breaks_the_service(cloud: Cloud) -> None:
    path = f"/db-security-groups/{cloud.rds('POST', '/db-security-groups', {'dbSecurityGroupName': 'db', 'rules': [RULE]})['dbSecurityGroupId']}"
    assert cloud.rds("POST", f"{path}/rules", {**RULE, "description": "again"}).status == 500
    assert len(cloud.rds("GET", path)["rules"]) == 1
