# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A site that was built from nothing comes home: its database holds no row, so it is seeded by a copy and searched for nothing."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.multicloud.dr.plugins.module_utils.mysql.reseeding import Plan, reseed
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import compare
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.copy import rows_in

from tests.contract.mysql_pair import SCHEMAS
from tests.contract.twins import TABLES, Twins


def test_a_database_without_a_row_is_seeded_and_follows(bare: Twins, tmp_path: Path) -> None:
    bare.write("aws", *TABLES)
    bare.beat("aws", 2, valid=600)
    plan = Plan(bare.wish("aws", "nhn"), bare.server("nhn", "dr_sync"), "aws", "nhn", str(tmp_path))
    assert reseed(plan, check=True).moves == ["seed", "point", "start"]
    assert not rows_in(bare.server("nhn"), SCHEMAS), "a check only looks"
    done = reseed(plan)
    assert done.moves == ["seed", "point", "start"] and done.report is None and not list(tmp_path.iterdir())
    assert done.outcome is not None and done.outcome.after.running
    assert compare(bare.server("aws"), bare.server("nhn"), SCHEMAS, ignore=("dr.gate", "dr.crossing", "dr.compared")).equal
    assert reseed(plan).moves == []
