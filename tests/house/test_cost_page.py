# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The page about costs says what preflight would say of the production inventory as it lies here, and of what is expected."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.multicloud.dr.plugins.module_utils.preflight import cost
from ansible_collections.multicloud.dr.plugins.module_utils.preflight.findings import World

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "cost.md").read_text(encoding="utf-8")
INVENTORY = ROOT / "inventories" / "production"


def load(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {}


def production() -> World:
    """Roles' defaults below the inventory's own values. None of those that cost is a template."""
    files = [*sorted(ROOT.glob("roles/*/defaults/main.yml")), *sorted(INVENTORY.glob("group_vars/all/*.yml")),
             *sorted(INVENTORY.glob("host_vars/*/*.yml")), ROOT / "playbooks" / "vars" / "prices.yml"]
    return World({name: value for path in files for name, value in load(path).items()}, now=0.0)


def test_the_page_says_what_preflight_says() -> None:
    said = dict(re.findall(r"^\| (primary|standby|drill)[\w ,]* \| (.+) \|$", PAGE.split("\n<!-- estimate")[1].split("\n\n")[0], re.MULTILINE))
    told = dict(re.findall(r"^(\w+): about (.+) a month", "\n".join(cost.told(cost.priced(production()))), re.MULTILINE))
    assert set(said) == set(cost.PARTS) and said == told


def test_everything_has_a_price_and_the_kind_of_it_is_in_the_table() -> None:
    assert [each.item.kind for each in cost.priced(production()) if each.price is None] == []


def test_the_page_says_what_is_expected() -> None:
    expected = load(INVENTORY / "group_vars" / "all" / "preflight.yml")["preflight_expected"]
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| ([\d, ]+) \|", PAGE, re.MULTILINE)
    said = {name.strip("`"): int(value) for names, values in rows for name, value in zip(names.split(", "), values.split(", "), strict=True)}
    assert said == expected
