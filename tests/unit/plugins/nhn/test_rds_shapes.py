# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shapes of RDS answers that are documented in two ways, or met in two: each is understood."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import BadInput, Refused
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.rds import Rds, job_done
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.rds_instance_words import candidate_name, read, sent_backup, sent_new
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.rds_lookup import metrics
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.rds_security_group import RdsSecurityGroup
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.told import Told
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.wire import Reply

AUTH = {"appkey": "k", "access_key_id": "i", "access_key_secret": "s", "rds_url": "http://rds"}
RULE = {"ruleId": "r", "direction": "INGRESS", "etherType": "IPV4", "cidr": "10.0.0.0/8", "port": {"portType": "DB_PORT"}, "description": None}
GROUP = {"dbSecurityGroupId": "g", "dbSecurityGroupName": "db", "description": "", "rules": [RULE]}
LISTED = {"dbInstanceId": "d", "dbInstanceName": "db", "dbVersion": "MYSQL_V8408", "dbPort": 3306, "dbInstanceStatus": "AVAILABLE",
          "dbInstanceType": "MASTER", "createdYmdt": "2026-03-01T12:00:00+09:00"}


class Table(Rds):
    """Answers from a table instead of asking a service."""

    def __init__(self, answers: dict[str, dict[str, Any]]) -> None:
        super().__init__(AUTH)
        self.answers = answers

    def call(self, method: str, path: str, **_: Any) -> Told:
        return Told(self.answers[path], Reply(200, {}), "look", path, wrote=False)


@pytest.mark.parametrize("detail", [GROUP, {"dbSecurityGroup": GROUP}])
def test_a_group_lies_flat_or_below_its_name(detail: dict[str, Any]) -> None:
    told = Table({"/db-security-groups": {"dbSecurityGroups": [GROUP]}, "/db-security-groups/g": detail})
    found = RdsSecurityGroup(told, {"name": "db"}).find()
    assert found and found["rules"] == [{"direction": "ingress", "cidr": "10.0.0.0/8", "port_min": None, "port_max": None, "description": ""}]


@pytest.mark.parametrize(("kinds", "domain", "public"), [
    (["INTERNAL", "INTERNAL_VIP"], "INTERNAL_VIP", False), (["INTERNAL", "EXTERNAL"], "INTERNAL", True),
    (["PRIVATE", "PUBLIC"], "PRIVATE", True), ([], None, False)])
def test_endpoints_in_old_and_new_words(kinds: list[str], domain: str | None, public: bool) -> None:
    network = {"endPoints": [{"domain": kind, "ipAddress": "192.168.0.50", "endPointType": kind} for kind in kinds]}
    found = read(LISTED, {}, {}, network, {})
    assert (found["domain"], found["public_access"]) == (domain, public)


def test_what_only_version_4_tells_is_none_in_version_3() -> None:
    storage = {"storageSize": 20, "storageAutoscale": {"useStorageAutoscale": True, "threshold": 80}}
    three, four = read(LISTED, {"storageSize": 20}, {}, {}, {}), read({**LISTED, "useSlowQueryAnalysis": True}, storage, {}, {}, {})
    assert (three["storage_autoscale"], three["slow_query_analysis"]) == (None, None)
    assert four["storage_autoscale"] == {"enabled": True, "threshold_percent": 80, "max_gb": None, "cooldown_minutes": None}


def test_a_new_instance_says_only_what_was_said() -> None:
    want = {"version": "MYSQL_V8408", "subnet": "s", "zone": "z", "storage_type": "General SSD", "storage_gb": 20, "ping_interval_seconds": 5,
            "backup": {"days": 1, "start": "03:00:00", "duration": "ONE_HOUR"}}
    alone, pair = sent_new("db", want), sent_new("db", {**want, "high_availability": True})
    assert "pingInterval" not in alone and "useHighAvailability" not in alone
    assert (pair["pingInterval"], pair["dbInstanceCandidateName"]) == (5, "db-candidate") and len(candidate_name("d" * 100)) == 100
    assert sent_backup(want["backup"]) == {"backupPeriod": 1, "backupSchedules": [{"backupWndBgnTime": "03:00:00", "backupWndDuration": "ONE_HOUR"}]}


PENDING, FAILED = ("PREPARING", "READY", "RUNNING", "REGISTERED", "WAIT_TO_REGISTER"), (
    "INTERRUPTED", "CANCELED", "FAILED", "ERROR", "DELETED", "FAIL_TO_READY", "FAIL_TO_REGISTER")


@pytest.mark.parametrize(("status", "verdict"), [*((name, "pending") for name in PENDING), *((name, "failed") for name in FAILED)])
def test_states_of_jobs(status: str, verdict: str) -> None:
    assert job_done({"jobStatus": status}) == verdict


def test_metrics_without_values_and_with_units_in_them() -> None:
    told = Table({"/db-instances": {"dbInstances": [LISTED]}, "/metrics": {"metrics": [{"measureName": "CPU_USAGE", "unit": "%"}]},
                 "/metric-statistics": {"metricStatistics": [{"measureName": "CPU_USAGE", "unit": "%", "values": [[1679298540, "7.5%"]]},
                                                             {"measureName": "MYSQL_STATUS", "values": None}]}})
    found = metrics(told, {"instance": "db", "minutes": 5, "interval_minutes": 1})["metrics"]
    assert [(each["name"], each["last"]) for each in found] == [("CPU_USAGE", 7.5), ("MYSQL_STATUS", None)]


@pytest.mark.parametrize(("body", "good"), [({"header": {"resultCode": 0, "isSuccessful": True}, "a": 1}, True),
                                            ({"header": {"resultCode": -1, "resultMessage": "FAIL", "isSuccessful": False}}, False)])
def test_the_envelope_decides_not_the_status(body: dict[str, Any], good: bool) -> None:
    rds = Rds(AUTH)
    rds._wire.send = lambda *_, **__: Reply(200, body)              # type: ignore[method-assign]
    if good:
        assert rds.call("GET", "/x", doing="look") == {"a": 1}
    else:
        with pytest.raises(Refused, match=r'-1: "FAIL"'):
            rds.call("GET", "/x", doing="look")


def test_a_missing_key_is_named() -> None:
    with pytest.raises(BadInput, match=r"auth\.appkey"):
        Rds({**AUTH, "appkey": ""})
