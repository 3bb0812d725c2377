# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a manifest is, what may go when, and how a difference is told."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.backup.manifest import DAY, Retention, check, differences, doomed, newest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault

NOW = 1000 * DAY


def backup(age_days: float, **other: Any) -> dict[str, Any]:
    name = f"tickets-nhn-2026{int(age_days):04d}-000000"
    return {"format": 1, "name": name, "site": "nhn", "created": NOW - age_days * DAY, "schemas": ["t"], "server": {}, "proof": {"tables": {}},
            "physical": None, "logical": {"parts": [{"key": f"backups/{name}/x"}]}, **other}


def gone(manifests: list[dict[str, Any]], days: float, last: int = 1, proven: tuple[str, ...] = ()) -> list[float]:
    return [round((NOW - manifest["created"]) / DAY) for manifest in doomed(manifests, NOW, Retention(days, last), proven)]


def test_old_backups_go_oldest_first() -> None:
    assert gone([backup(1), backup(40), backup(90)], 35) == [90, 40]


def test_the_last_good_one_stays_however_old_and_whatever_is_asked() -> None:
    assert gone([backup(400)], 0) == []
    assert gone([backup(400), backup(500)], 0, last=0) == [500]
    assert gone([backup(400), backup(500), backup(600)], 1, last=2) == [600]


def test_the_one_that_was_proven_last_stays_too() -> None:
    assert gone([backup(1), backup(40), backup(90)], 35, proven=(backup(90)["name"],)) == [40]


def test_what_is_half_removed_is_no_backup_and_is_removed_to_the_end() -> None:
    half = backup(0, retired=True)
    assert gone([half, backup(50)], 35) == [0]
    assert newest([half, backup(50)]) == backup(50) and newest([half]) is None


def test_the_newest_of_a_kind_is_found() -> None:
    with_files = backup(3, physical={"parts": []} | {"x": 1})
    assert newest([backup(1), with_files], having="physical") == with_files
    assert newest([backup(1, site="aws"), backup(2)], site="nhn") == backup(2)


@pytest.mark.parametrize(("wrong", "words"), [
    ({"format": 2}, "format 1"), ({"name": "other"}, "that of other"), ({"logical": None}, "names no object"),
    ({"logical": {"parts": [{"key": "backups/another/x"}]}}, "backups/another/x, which is not its own"),
])
def test_a_manifest_that_is_not_its_own_is_refused(wrong: dict[str, Any], words: str) -> None:
    good = backup(1)
    assert check(good, good["name"]) is good
    with pytest.raises(Fault, match=words):
        check({**good, **wrong}, good["name"])
    with pytest.raises(Fault, match="lacks created, proof"):
        check({key: value for key, value in good.items() if key not in ("created", "proof")}, good["name"])


def table(rows: int, digest: str = "A", total: str | None = None, counted: str = "c") -> dict[str, Any]:
    return {"rows": rows, "digest": digest, "total": total, "counted": counted}


def test_every_difference_is_told_with_its_table() -> None:
    proof = {"tables": {"t.a": table(1), "t.b": table(2), "t.c": table(3), "t.d": table(4), "t.e": table(5), "t.f": table(6, total="9")}}
    seen = {"tables": {"t.b": table(2), "t.c": table(2), "t.d": table(4, "B"), "t.e": table(5, counted="d"), "t.f": table(6, total="8"),
                       "t.g": table(1)}}
    assert differences(proof, seen) == [
        "t.a: missing", "t.g: not in the backup", "t.c: 2 rows, 3 in the backup", "t.d: 4 rows, not the same ones",
        "t.e: built differently, or counted by another version of this collection", "t.f: 6 rows, not the same ones"]
    assert differences(proof, proof) == []
