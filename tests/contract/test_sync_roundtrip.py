# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A few of the random tables that `python -m bench.sync_roundtrip` repairs by the thousand."""

from __future__ import annotations

from bench.sync_roundtrip import check
from tests.contract.sync_pair import Shop, shop

__all__ = ["shop"]


def test_random_tables_are_equal_after_repair_and_rows_that_were_equal_are_untouched(shop: Shop) -> None:
    trips = check(shop.source, shop.target, 40)
    assert trips.tables >= 40 and trips.repaired > 0 and trips.wrong == 0
