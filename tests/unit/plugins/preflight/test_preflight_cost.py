# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The estimate is the sum that one does by hand, and the table of prices says of each from when and from where it is."""

from __future__ import annotations

from datetime import date

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.preflight import cost

from tests.unit.plugins.preflight.well import PRICES, Plant


def test_the_standby_costs_what_a_hand_would_reckon() -> None:
    found = cost.priced(Plant().world())
    hours, checks = 730, 0.75 + 2 * 0.5 + 2.0 + 1.0
    firewall = 5 + (2 + 2) * 1 + 0.6
    machines = 3 * 0.026 + 0.104 + 0.059 + 4 * 0.005 + 2 * 0.0225 + 0.05
    by_hand = hours * machines + (8 + 2 * 16) * 0.0912 + 2 * 7 * 0.3 + 20 * 0.131 + 0.5 + checks + firewall + 50 * 0.025
    assert cost.estimate(found)["standby"] == {"USD": pytest.approx(by_hand, abs=0.2)}


def test_the_primary_costs_what_a_hand_would_reckon() -> None:
    found = cost.priced(Plant().world())
    by_hand = 730 * (3 * 93 + 100 + 2 * 186 + 2 * 7 + 32) + 2 * 50 * 117 + (20 + 2 * 50) * 117 + 50 * 35 + 150 * 100
    assert cost.estimate(found)["primary"] == {"KRW": pytest.approx(by_hand, abs=1)}


def test_a_drill_costs_little_and_in_both_currencies() -> None:
    drill = cost.estimate(cost.priced(Plant().world()))["drill"]
    assert drill == {"USD": pytest.approx(5 * 0.126 + 730 / 168 * 0.104, abs=0.02), "KRW": pytest.approx(730 / 168 * 186, abs=1)}


def test_prices_of_ones_own_come_first_and_twins_cost_twice() -> None:
    plant = Plant()
    plant.values["preflight_own_prices"] = [{"cloud": "aws", "region": "ap-northeast-2", "kind": "vpn", "price": 1.05, "currency": "USD",
                                             "as_of": "2026-11-01", "basis": "read", "source": "the contract"}]
    plant.values["aws_database_multi_az"] = True
    before, after = (cost.estimate(cost.priced(each.world()))["standby"]["USD"] for each in (Plant(), plant))
    assert after - before == pytest.approx(730 * (1.0 + 0.104) + 20 * 0.131, abs=0.2)


def test_people_are_told_what_is_assumed_and_what_has_no_price() -> None:
    plant = Plant()
    plant.values["nhn_host_flavor"] = "m9.c1m1"
    primary, standby, _ = cost.told(cost.priced(plant.world()))
    assert "without a price: compute:m9.c1m1" in primary and "assumed, not read: " in standby and "by prices of 20" in standby


@pytest.mark.parametrize("entry", PRICES, ids=lambda entry: f"{entry['cloud']}-{entry['kind']}")
def test_a_price_says_from_when_and_where_it_is(entry: dict) -> None:
    assert set(entry) == {"cloud", "region", "kind", "price", "currency", "as_of", "basis", "source"}
    assert entry["price"] > 0 and entry["currency"] in ("USD", "KRW") and entry["basis"] in ("read", "assumed")
    assert date.fromisoformat(entry["as_of"]) <= date(2026, 11, 27) and len(entry["source"]) > 10


def test_no_price_is_there_twice() -> None:
    assert len({(entry["cloud"], entry["region"], entry["kind"]) for entry in PRICES}) == len(PRICES)
