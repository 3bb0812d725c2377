# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The parts of NHN's emulator that need no wire: addresses, patience, filters, orders, and what the lab's databases can take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from lab.hosts.mysql.parameters import KNOWN, RENAMED
from lab.nhn.app import MAP
from lab.nhn.calls import Call, checked, select
from lab.nhn.errors import Refused, rds
from lab.nhn.rds.catalogue import version_name
from lab.nhn.rds.parameter_groups import PARAMETERS
from lab.nhn.store import Credentials, Settings, Store, ripe
from lab.nhn.unkind import Orders

RECORDS: list[dict[str, Any]] = [{"id": "1", "name": "b", "shared": False}, {"id": "2", "name": "a", "shared": True}]


def store() -> Store:
    made = Store(Settings(clock=lambda: 1_767_225_600.0))
    made.subnets["s"] = {"id": "s", "cidr": "192.168.0.0/28", "vpc_id": "v", "_table": None}
    return made


def port(address: str) -> dict[str, Any]:
    return {"fixed_ips": [{"subnet_id": "s", "ip_address": address}]}


def test_addresses_are_handed_out_from_the_fourth_on_without_gaps() -> None:
    some = store()
    some.ports.update(a=port("192.168.0.4"), b=port("192.168.0.6"))
    assert [some.free_address("s"), some.free_address("s", 6)] == ["192.168.0.5", "192.168.0.7"]


def test_a_full_subnet_refuses() -> None:
    some = store()
    some.ports.update({str(number): port(f"192.168.0.{number}") for number in range(4, 15)})
    with pytest.raises(Refused) as refused:
        some.free_address("s")
    assert (refused.value.status, refused.value.kind) == (409, "IpAddressGenerationFailure")


def test_each_service_has_its_own_clock_face() -> None:
    some = store()
    assert (some.stamp(), some.zulu(), some.ymdt()) == ("2026-01-01 00:00:00.000000", "2026-01-01T00:00:00Z", "2026-01-01T09:00:00.000+09:00")


def test_a_change_shows_at_the_second_look() -> None:
    record: dict[str, Any] = {}
    assert [ripe(record) for _ in range(3)] == [False, True, True]


@pytest.mark.parametrize(("query", "ids"), [
    ("", ["1", "2"]), ("name=a", ["2"]), ("name=a&name=b", ["1", "2"]), ("shared=True", ["2"]), ("shared=false", ["1"]), ("colour=red", ["1", "2"]),
    ("sort_key=name", ["2", "1"]), ("sort_key=name&sort_dir=desc", ["1", "2"]), ("name=a&shared=false", [])])
def test_lists_are_filtered_and_sorted_as_asked(query: str, ids: list[str]) -> None:
    call = Call(store(), Request(EnvironBuilder(query_string=query).get_environ()), {})
    assert [record["id"] for record in select(call, RECORDS, ("id", "name", "shared"))] == ids


def test_lists_are_cut_to_the_fields_asked_for() -> None:
    call = Call(store(), Request(EnvironBuilder(query_string="fields=id&fields=name").get_environ()), {})
    assert select(call, RECORDS, ())[0] == {"id": "1", "name": "b"}


@pytest.mark.parametrize(("body", "words"), [({}, "'name' not specified"), ({"name": ""}, "'name' not specified"),
                                             ({"name": "x", "z": 1, "y": 2}, "'y, z'")])
def test_a_refused_body_says_what_is_wrong(body: dict[str, Any], words: str) -> None:
    with pytest.raises(Refused, match=words):
        checked(body, ("name",), ())


def test_orders_are_fulfilled_in_turn_and_count_down() -> None:
    orders = Orders()
    orders.add(match="POST /a/*", status=503, times=2)
    orders.add(match="POST /a/b", status=429)
    assert orders.take("GET", "/a/b") is None
    taken = [orders.take("POST", "/a/b") for _ in range(4)]
    assert [order and order.status for order in taken] == [503, 503, 429, None] and orders.pending() == []


def test_rds_refusals_carry_their_code_in_an_http_200() -> None:
    status, body = rds(Refused(403, "no"))
    assert (status, body["header"]["resultCode"], body["header"]["isSuccessful"]) == (200, 80403, False)
    assert rds(Refused(500, "broken"))[0] == 500


def test_credentials_come_from_the_lab_s_secrets(tmp_path: Path) -> None:
    (tmp_path / "secrets.yml").write_text(
        "{nhn_api_password: a, nhn_appkey: b, nhn_access_key_id: c, nhn_access_key_secret: d, vpn_psk_a: e}", encoding="utf-8")
    assert Credentials.from_file(tmp_path / "secrets.yml") == Credentials("a", "b", "c", "d")


def test_every_parameter_offered_is_one_the_lab_s_databases_take() -> None:
    assert not {name for name in PARAMETERS if name not in KNOWN and name not in RENAMED}


def test_every_handler_says_what_it_does_in_its_name() -> None:
    """The request journal shows handlers' names as actions, so one name must not mean two things."""
    names: dict[str, Any] = {}
    for rule in MAP.iter_rules():
        assert names.setdefault(rule.endpoint.__name__, rule.endpoint) is rule.endpoint, rule.endpoint.__name__


def test_version_names() -> None:
    assert [version_name(version) for version in ("MYSQL_V8045", "MYSQL_V8408")] == ["MySQL 8.0.45", "MySQL 8.4.8"]
