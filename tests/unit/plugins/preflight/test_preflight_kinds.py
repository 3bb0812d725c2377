# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A variable of another kind than its role takes is named, and what is secret is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.multicloud.dr.plugins.module_utils.preflight.kinds import OWN, as_taken
from ansible_collections.multicloud.dr.plugins.module_utils.shape import Unset

from tests.unit.plugins.preflight.well import values

ROOT = Path(__file__).parents[4]
PRICE = {"cloud": "aws", "region": "r", "kind": "vpn", "price": 1, "currency": "USD", "as_of": "2026-11-01", "source": "a contract"}


def option(role: str, name: str) -> dict[str, Any]:
    specs = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    return specs["main"]["options"][name]


@pytest.mark.parametrize(("role", "name", "value", "words"), [
    ("nhn_kubernetes", "nhn_kubernetes_node_count", "two", "cannot be converted to an int"),
    ("nhn_kubernetes", "nhn_kubernetes_addons", "metrics_server", "unable to convert to dict"),
    ("nhn_host", "nhn_host_root_volume", {"size_gb": "much"}, "size_gb"),
    ("aws_network", "aws_network_subnets", [{"name": "a"}], "missing required arguments"),
    ("aws_database", "aws_database_multi_az", "perhaps", "not a valid boolean"),
])
def test_what_a_role_would_refuse_is_refused_before_it(role: str, name: str, value: Any, words: str) -> None:
    found = as_taken(name, value, option(role, name))
    assert isinstance(found, Unset) and words in found.why, found


def test_what_a_role_would_take_is_taken_as_it_takes_it() -> None:
    assert as_taken("nhn_kubernetes_node_count", "4", option("nhn_kubernetes", "nhn_kubernetes_node_count")) == 4
    assert as_taken("x", None, {"type": "int"}) is None
    half = [{"name": Unset("is undefined")}]
    assert as_taken("x", half, {"type": "list", "elements": "dict"}) is half, "what is undefined in it is told by others"


@pytest.mark.parametrize(("name", "value", "words"), [
    ("preflight_budget", {"USD": "little"}, "USD: is no number"), ("preflight_nhn_quotas", {"vpcs": True}, "vpcs: is no number"),
    ("preflight_nhn_quotas", "many", "dictionary"), ("preflight_own_prices", [{**PRICE, "price": "dear"}], "price"),
    ("preflight_own_prices", [{"cloud": "aws"}], "missing required arguments"), ("preflight_own_prices", [{**PRICE, "currency": "EUR"}], "currency")])
def test_preflights_own_variables_are_judged_alike(name: str, value: Any, words: str) -> None:
    found = as_taken(name, value, OWN[name])
    assert isinstance(found, Unset) and words in found.why


def test_a_price_that_is_right_is_taken() -> None:
    assert as_taken("preflight_own_prices", [PRICE], OWN["preflight_own_prices"])[0]["price"] == 1.0


def test_a_secret_that_is_no_secret_is_not_quoted() -> None:
    told = as_taken("nhn_database_passwords", ["CANARY"], option("nhn_database", "nhn_database_passwords"))
    assert isinstance(told, Unset) and "CANARY" not in told.why
    told = as_taken("x", "CANARY", {"type": "dict", "options": {"psk": {"type": "str", "no_log": True}}})
    assert isinstance(told, Unset) and "CANARY" not in told.why


def test_the_well_worlds_values_are_of_the_kinds_that_roles_take() -> None:
    """So that what the other tests judge is what a role would be given."""
    for name, value in values().items():
        role = next((path.name for path in sorted((ROOT / "roles").iterdir(), reverse=True) if name.startswith(f"{path.name}_")), None)
        if role and isinstance(value, int | str | bool):
            assert as_taken(name, value, option(role, name)) == value, name
