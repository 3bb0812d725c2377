# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How often systemd begins a backup again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

ROLE = Path(__file__).resolve().parents[2] / "roles/db_backup"
UNITS: list[dict[str, Any]] = yaml.safe_load((ROLE / "vars/main.yml").read_text(encoding="utf-8"))["__db_backup_units"]


def unit(item: dict[str, Any]) -> list[str]:
    template = (ROLE / "templates/run.service.j2").read_text(encoding="utf-8")
    return jinja2.Environment(trim_blocks=True).from_string(template).render(ansible_managed="", item=item).splitlines()


def test_a_backup_is_begun_again_for_as_long_as_a_cloud_is_away() -> None:
    """systemd ends a .path whose service may not be started again, and nothing starts that anew: the next writer's first backup never came."""
    (backup,) = [item for item in UNITS if item["what"] == "backup"]
    assert {"StartLimitIntervalSec=0", "Restart=on-failure"} <= set(unit(backup))
    assert f"Unit=multicloud-dr-{backup['name']}.service" in (ROLE / "templates/asked.path.j2").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("item", [item for item in UNITS if item["what"] != "backup"], ids=lambda item: item["name"])
def test_a_test_of_restoring_costs_a_database_and_is_begun_again_a_few_times_alone(item: dict[str, Any]) -> None:
    assert {"StartLimitIntervalSec=6h", "StartLimitBurst=10"} <= set(unit(item))
