# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Judges of readiness and the small translations: from what was seen to ready, pending or failed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Ambiguous
from ansible_collections.multicloud.dr.plugins.module_utils.nhn import security_group
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.floating_ip import bound
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.keypair import same_key
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.kubernetes_cluster import complete
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.rds import job_done, one_instance, refuse_lookalikes
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.rds_instance import available
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.rds_instance_words import endpoint
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.rules import difference, same_rules
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.server import running


@pytest.mark.parametrize(("judge", "seen", "verdict"), [
    (running, {"status": "BUILD"}, "pending"), (running, {"status": "ACTIVE"}, "ready"), (running, {"status": "SHUTOFF"}, "failed"),
    (complete, {"status": "CREATE_IN_PROGRESS"}, "pending"), (complete, {"status": "UPDATE_COMPLETE"}, "ready"),
    (complete, {"status": "CREATE_FAILED"}, "failed"),
    (job_done, {"jobStatus": "REGISTERED"}, "pending"), (job_done, {"jobStatus": "COMPLETED"}, "ready"),
    (job_done, {"jobStatus": "INTERRUPTED"}, "failed"),
    (available, {"status": "AVAILABLE", "progress": "NONE"}, "ready"), (available, {"status": "AVAILABLE", "progress": "MODIFYING"}, "pending"),
    (available, {"status": "FAIL_TO_CONNECT", "progress": "RESTARTING"}, "pending"),
    (available, {"status": "FAIL_TO_CREATE", "progress": "NONE"}, "failed"),
    (bound, {"status": "DOWN", "port": "p"}, "pending"), (bound, {"status": "ACTIVE", "port": "p"}, "ready"),
    (bound, {"status": "DOWN", "port": ""}, "ready"), (bound, {"status": "ERROR", "port": "p"}, "failed"),
])
def test_verdicts(judge: Any, seen: dict[str, Any], verdict: str) -> None:
    assert judge(seen) == verdict


def test_the_virtual_address_is_preferred_and_the_public_one_never_used() -> None:
    ends = [{"endPointType": kind, "domain": kind} for kind in ("EXTERNAL", "INTERNAL", "INTERNAL_VIP")]
    assert endpoint(ends)["domain"] == "INTERNAL_VIP"
    assert endpoint(ends[:2])["domain"] == "INTERNAL"
    assert endpoint(ends[:1]) == {}


def test_a_key_is_the_same_under_another_comment() -> None:
    assert same_key("ssh-ed25519 AAAA ops@a", "ssh-ed25519 AAAA")
    assert not same_key("ssh-ed25519 AAAA", "ssh-ed25519 BBBB")
    assert not same_key(None, "ssh-ed25519 AAAA")


def test_rules_differ_by_what_they_let_through() -> None:
    have = [({"cidr": "a", "port_min": None, "description": "old"}, "1"), ({"cidr": "b", "port_min": 1}, "2")]
    assert same_rules([rule for rule, _ in have], [{"cidr": "b", "port_min": 1}, {"cidr": "a", "description": "new"}])
    assert difference(have, [{"cidr": "a"}, {"cidr": "c"}]) == ([{"cidr": "c"}], ["2"])


def test_one_spelling_for_what_means_the_same() -> None:
    spelt = [{"protocol": "TCP", "port_min": 22, "remote_cidr": "0.0.0.0/0"}, {"protocol": "tcp", "port_min": 22, "port_max": 22}]
    assert security_group.plain(spelt[0]) == security_group.plain(spelt[1])


def test_a_group_means_itself_whatever_its_id() -> None:
    raw = {"direction": "ingress", "ethertype": "IPv4", "remote_group_id": "g1"}
    rule = security_group.read(raw, "g1")
    assert rule["remote_group"] == security_group.ITSELF
    assert security_group.sent(rule, "g2") == {"direction": "ingress", "remote_group_id": "g2"}


def instance(name: str, **more: str) -> dict[str, str]:
    return {"dbInstanceId": f"id-{name}", "dbInstanceName": name, "dbInstanceStatus": "AVAILABLE", "dbInstanceType": "MASTER", **more}


def test_an_instance_is_known_by_its_id_its_exact_name_or_because_this_run_made_it() -> None:
    def found(given: str, *there: dict[str, str], made: tuple[str, ...] = ()) -> str | None:
        one = one_instance(list(there), given, made)
        return one["dbInstanceName"] if one else None

    assert found("db", instance("db"), instance("db-x1y2")) == "db"
    assert found("id-db", instance("db")) == "db"
    assert found("db", instance("db-x1y2"), instance("db-other")) is None
    assert found("db", instance("db-x1y2"), instance("db-copy"), made=("id-db-x1y2",)) == "db-x1y2"
    assert found("db", instance("db", dbInstanceStatus="DELETED"), instance("db-cand", dbInstanceType="CANDIDATE_MASTER")) is None
    assert found("db", instance("db", dbInstanceType="READ_ONLY_SLAVE")) is None


@pytest.mark.parametrize(("there", "alike"), [
    ([instance("db-x1y2")], True), ([instance("db-copy"), instance("web")], True), ([instance("db-x1y")], False), ([instance("db-x1y2z")], False),
    ([instance("db-X1Y2")], False), ([instance("xdb-x1y2")], False), ([instance("db-x1y2", dbInstanceStatus="DELETED")], False),
    ([instance("db-x1y2", dbInstanceType="READ_ONLY_SLAVE")], False)])
def test_what_the_service_may_have_made_of_a_name_is_for_a_person_to_judge(there: list[dict[str, str]], alike: bool) -> None:
    if not alike:
        refuse_lookalikes(there, "db")
        return
    with pytest.raises(Ambiguous, match=there[0]["dbInstanceName"]):
        refuse_lookalikes(there, "db")
