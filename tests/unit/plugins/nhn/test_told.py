# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Nothing is concluded from what is no answer of the service: neither that there is nothing nor that a write was taken."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault, NotUnderstood, Refused, ReplyLost
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.iaas import Iaas
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.object_container import ObjectContainer, containers, objects_below
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.rds import Rds
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.registry import Ncr, Registry
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.vpc import Vpc

from tests.unit.plugins.nhn.test_wire import Script
from tests.unit.plugins.still_clock import StillClock

AUTH = {"tenant_id": "t", "username": "u", "password": "p", "identity_url": "http://id/v2.0", "region": "KR1", "appkey": "a",
        "access_key_id": "k", "access_key_secret": "s", "rds_version": "v3.0", "oauth_url": "http://oauth"}
LOG_IN = (200, {}, json.dumps({"access": {"token": {"id": "x"}, "user": {"id": "u"}, "serviceCatalog": []}}))
HTML = (200, {"Content-Type": "text/html"}, "<html>We will be back soon. CANARY</html>")
REDIRECT = (302, {"Location": "https://portal.example/login"}, "")
GOOD = {"resultCode": 0, "isSuccessful": True}


def said(body: Any, status: int = 200) -> tuple[int, dict[str, str], str]:
    return status, {}, json.dumps(body)


def project(*lines: Any) -> Iaas:
    return Iaas(AUTH, StillClock(), Script(LOG_IN, *lines))


NO_LIST = [HTML, REDIRECT, said({}), said([]), said({"vpc": []}), said({"vpcs": {}}), said({"vpcs": None}), (204, {}, "")]


@pytest.mark.parametrize("line", NO_LIST)
@pytest.mark.parametrize("state", ["present", "absent"])
def test_what_is_no_list_is_not_an_empty_one(line: Any, state: str) -> None:
    with pytest.raises((NotUnderstood, Refused)) as caught:
        Vpc(project(line), {"name": "v", "cidr": "10.0.0.0/16", "state": state}).planned()
    assert "CANARY" not in str(caught.value) and "nothing was concluded" in str(caught.value)


@pytest.mark.parametrize("line", [HTML, said({}), said({"vpcs": []})])
def test_a_create_that_nobody_answered_is_looked_for(line: Any) -> None:
    with pytest.raises(ReplyLost):
        Vpc(project(line), {"name": "v"}).create({"name": "v", "cidr": "10.0.0.0/16"})


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_page_is_no_answer_to_a_write(method: str) -> None:
    with pytest.raises(ReplyLost):
        project(HTML).call(method, "network", "/vpcs/1", doing="write", to="it")
    assert project((204, {}, "")).call(method, "network", "/vpcs/1", doing="write", to="it") == {}


def test_a_page_in_the_place_of_a_log_in_is_told_as_that() -> None:
    with pytest.raises(NotUnderstood, match="log in"):
        Iaas(AUTH, StillClock(), Script(HTML)).list("network", "/vpcs", "vpcs")


@pytest.mark.parametrize("line", [HTML, REDIRECT, said({}), said({"header": {}}), said({"dbInstances": []}),
                                  said({"header": None, "dbInstances": []}),
                                  said({"header": GOOD}), said({"header": {"resultCode": 0}, "dbInstances": []}),
                                  said({"header": {**GOOD, "isSuccessful": "true"}, "dbInstances": []})])
def test_an_envelope_that_does_not_say_that_it_is_good_is_not(line: Any) -> None:
    with pytest.raises(Fault):
        Rds(AUTH, StillClock(), Script(line)).listed("/db-instances", "dbInstances")
    assert Rds(AUTH, StillClock(), Script(said({"header": GOOD, "dbInstances": []}))).listed("/db-instances", "dbInstances") == []


@pytest.mark.parametrize("line", [HTML, said({}), said({"jobId": "1"})])
def test_an_answer_without_an_envelope_leaves_open_what_became_of_a_write(line: Any) -> None:
    with pytest.raises(ReplyLost):
        Rds(AUTH, StillClock(), Script(line)).job("POST", "/db-instances", doing="create", to="it")
    with pytest.raises(ReplyLost):
        Ncr(AUTH, StillClock(), Script(line)).call("POST", "/registries", doing="create", to="it")


def test_a_token_that_is_none_is_told() -> None:
    with pytest.raises(NotUnderstood, match="exchange the access key"):
        Rds({**AUTH, "rds_version": "v4.0"}, StillClock(), Script(HTML)).listed("/db-instances", "dbInstances")


@pytest.mark.parametrize("line", [HTML, REDIRECT, said({"header": {"resultCode": 200, "isSuccessful": True}}), said({"registries": []})])
def test_a_registry_service_that_lists_nothing_is_not_one_without_registries(line: Any) -> None:
    with pytest.raises((NotUnderstood, Refused)):
        Registry(Ncr(AUTH, StillClock(), Script(line)), {"name": "r"}).find()
    none = said({"header": {"resultCode": 200, "isSuccessful": True}, "registries": None})      # how a service in Go may write an empty list
    assert Registry(Ncr(AUTH, StillClock(), Script(none)), {"name": "r"}).find() is None


@pytest.mark.parametrize("line", [HTML, REDIRECT])
def test_a_page_is_no_container(line: Any) -> None:
    for look in (lambda cloud: ObjectContainer(cloud, {"name": "c"}).find(), containers, lambda cloud: objects_below(cloud, "c", "p")):
        with pytest.raises((NotUnderstood, Refused)):
            look(project(line))


STATISTICS = [{"measureName": "CPU_USAGE", "unit": "%", "values": [[1679298540, "1"]]}]


def test_statistics_are_documented_with_a_header_and_without() -> None:
    """The reference: an envelope on every answer, and an example of this one that has none. Of other answers nothing is taken without one."""
    def asked(body: Any, bare: str) -> Any:
        return Rds(AUTH, StillClock(), Script(said(body))).call("GET", "/metric-statistics", doing="read", to="it", bare=bare)

    for body in ({"metricStatistics": STATISTICS}, {"header": GOOD, "metricStatistics": STATISTICS}):
        assert asked(body, "metricStatistics").listed("metricStatistics") == STATISTICS
    for body, bare in (({"metricStatistics": STATISTICS}, ""), ({"statistics": STATISTICS}, "metricStatistics")):
        with pytest.raises(NotUnderstood):
            asked(body, bare)
    with pytest.raises(Refused):
        asked({"header": {"resultCode": 80403, "isSuccessful": False}, "metricStatistics": STATISTICS}, "metricStatistics")


def test_containers_are_understood_one_a_line_as_documented_and_a_notice_is_not() -> None:
    plain, signed = {"Content-Type": "text/plain; charset=utf-8"}, {"X-Trans-Id": "tx1"}
    assert containers(project((200, {**plain, **signed}, "exports\nletters\n"))) == ["exports", "letters"]
    assert containers(project((200, {**plain, **signed}, ""))) == []
    with pytest.raises(NotUnderstood):
        containers(project((200, plain, "We will be back soon.")))
