# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What means the same is spelled the same, and what a service would refuse is refused with its path, all of it at once."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.engine import Field, tidied
from ansible_collections.multicloud.dr.plugins.module_utils.faults import BadInput
from ansible_collections.multicloud.dr.plugins.module_utils.nhn import load_balancer, spelling
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.kubernetes_cluster import NAME as CLUSTER_NAME
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.rds_schema import SCHEMA_NAME
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.rds_user import USER_NAME
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(("tidy", "said", "one"), [
    (spelling.network, "10.0.0.5", "10.0.0.5/32"), (spelling.network, "10.0.0.5/8", "10.0.0.0/8"),
    (spelling.network, " 10.0.0.0/255.0.0.0", "10.0.0.0/8"),
    (spelling.network, "0.0.0.0/0", "0.0.0.0/0"), (spelling.any_network, "2001:db8::1", "2001:db8::1/128"),
    (spelling.any_network, "10.0.0.5/16", "10.0.0.0/16"), (spelling.address, "10.0.0.5", "10.0.0.5"),
    (spelling.address_or_range, "10.0.0.5/32", "10.0.0.5"), (spelling.address_or_range, "10.0.0.5/16", "10.0.0.0/16"),
    (spelling.vpc_range, "172.16.0.0/255.255.0.0", "172.16.0.0/16"), (spelling.vpc_range, "10.1.2.3/24", "10.1.2.0/24"),
    (spelling.vpc_range, "10.0.0.0/8", "10.0.0.0/8"), (spelling.subnet_range, "192.168.0.16/28", "192.168.0.16/28"),
    (spelling.time_of_day, "03:30", "03:30:00"), (spelling.time_of_day, "18:00:07", "18:00:07"),
    (spelling.within(1, 3), 3, 3), (USER_NAME, "app", "app"), (SCHEMA_NAME, "a_1", "a_1"), (CLUSTER_NAME, "a-1", "a-1")])
def test_one_spelling(tidy: spelling.Tidy, said: Any, one: Any) -> None:
    assert tidy(said) == one and tidy(one) == one


@pytest.mark.parametrize(("tidy", "said"), [
    (spelling.network, "10"), (spelling.network, "nonsense"), (spelling.network, "fd00::/64"), (spelling.network, ""), (spelling.any_network, "x"),
    (spelling.address, "10.0.0.5/32"), (spelling.address, "fd00::1"), (spelling.vpc_range, "8.8.8.0/24"), (spelling.vpc_range, "10.0.0.0/25"),
    (spelling.vpc_range, "172.16.0.0/11"), (spelling.vpc_range, "0.0.0.0/0"), (spelling.subnet_range, "10.0.0.0/29"),
    (spelling.time_of_day, "64800"), (spelling.time_of_day, "25:00"), (spelling.time_of_day, "3:30"), (spelling.within(1, 3), 0),
    (spelling.within(1, 3), 4), (spelling.long(4, 6), "abc"), (USER_NAME, "RDS_Admin"), (USER_NAME, "u" * 33), (SCHEMA_NAME, "1a"),
    (SCHEMA_NAME, "mysql"), (CLUSTER_NAME, "a" * 21), (CLUSTER_NAME, "a-"), (CLUSTER_NAME, "A")])
def test_what_cannot_be(tidy: spelling.Tidy, said: Any) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        tidy(said)


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_every_range_has_one_spelling(address: Any, bits: int) -> None:
    once = spelling.network(f"{address}/{bits}")
    assert spelling.network(once) == once == spelling.any_network(f"{address}/{bits}")


def test_all_faults_are_told_at_once_each_with_its_path() -> None:
    fields = (Field("cidr", tidy=spelling.vpc_range), Field("backup", tidy=spelling.parts(start=spelling.time_of_day, days=spelling.within(0, 9))),
              Field("rules", tidy=spelling.each(spelling.parts(cidr=spelling.network))), Field("note"))
    params = {"cidr": "8.8.8.0/24", "backup": {"start": "x", "days": 10, "more": 1}, "rules": [{"cidr": "10.0.0.1"}, {"cidr": "y"}], "note": "n"}
    with pytest.raises(BadInput) as caught:
        tidied(fields, {**params, "state": "present"})
    assert [fault.split(": ")[0] for fault in caught.value.faults] == ["cidr", "backup.start", "backup.days", "rules[1].cidr"]
    assert tidied(fields, {**params, "state": "absent"})["cidr"] == "8.8.8.0/24"        # what is to go is not hindered
    assert tidied(fields, {"rules": [{"cidr": "10.0.0.1", "note": None}]}) == {"rules": [{"cidr": "10.0.0.1/32", "note": None}]}


def test_a_secret_that_is_too_short_is_not_quoted() -> None:
    with pytest.raises(ValueError) as caught:
        spelling.long(9, 10)("CANARY")
    assert "CANARY" not in str(caught.value)


def test_what_a_service_tells_is_left_when_it_has_no_spelling() -> None:
    assert [spelling.as_read(spelling.network, value) for value in ("10.0.0.1", None, "fd00::/8")] == ["10.0.0.1/32", None, "fd00::/8"]


def test_a_port_and_a_member_are_there_once() -> None:
    member = {"address": "192.168.0.9", "port": 1}
    with pytest.raises(ValueError) as caught:
        load_balancer.spelled([{"port": 80, "members": [member, {**member, "weight": 2}]}, {"port": 80, "members": []}])
    assert caught.value.args == ("port 80 is there twice", "[0].members: 192.168.0.9:1 is there twice")
