# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is left behind is kept on disk while it is looked through and written: memory does not grow with the rows, beyond their keys."""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage import find, spool
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.gates import Worth
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.kin import Kin
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.report import Left, load, new_report, save
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.shape import Shape
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.spool import Spool
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.touched import Touched
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.values import Document, Encoded, Numbered
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.difference import Difference
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.tables import Column, Table

TABLE = Table("shop", "sold", (Column("id", "int", "int"), Column("text", "varchar", "varchar(2000)", charset="utf8mb4")), ("id",))
WIDE = 2000


def searched(rows: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, Path]:
    """The bytes that a search which finds so many rows takes beyond the keys it is given, at most; and its report."""
    found = Difference(TABLE, here=tuple((str(number),) for number in range(rows)))

    def by_key(conn: str, _table: Table, keys: Any) -> dict[Any, dict[str, Any]]:
        return {key: {"id": key[0], "text": key[0].rjust(WIDE, "x")} for key in keys} if conn == "here" else {}

    monkeypatch.setattr(find, "by_key", by_key)
    tracemalloc.start()
    held, _names = find._held("here", "there", found, seen=True, folder=str(folder))
    left = Spool[Left](folder).extend(find._rows("here", "there", held, Shape(TABLE, {}, False), Touched(complete=True), Worth()))
    report = new_report("nhn", "u-1", "aws", "u-2")
    report.rows = Kin("here", "there", []).judged(left, Touched(complete=True), Spool[Left](folder))
    path = save(report, folder)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert report.counts == {"replay": rows}
    return peak, path


def test_memory_does_not_grow_with_the_rows_that_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "IN_MEMORY", 1 << 16)
    monkeypatch.setattr(find, "KEYS_AT_ONCE", 100)
    (few, _path), (many, path) = searched(500, tmp_path, monkeypatch), searched(5000, tmp_path, monkeypatch)
    assert many - few < 4500 * WIDE / 3, "what is kept of a row is less than a third of it: its key"
    assert path.stat().st_size > 5000 * WIDE and [each for each in tmp_path.iterdir() if each.suffix != ".json"] == []
    rows = load(path.stem, tmp_path).rows
    assert [(row.id, row.key["id"], len(row.values["text"])) for row in (rows[0], rows[-1])] == [("r1", "0", WIDE), ("r5000", "4999", WIDE)]


def test_a_spool_gives_back_what_was_put_in(tmp_path: Path) -> None:
    rows = [{"e": Numbered(3, "three"), "t": Encoded(b"\xff", "latin1"), "j": Document("[1]", "7"), "b": b"\x00", "n": None}, {"e": Numbered(0, "")}]
    kept = Spool[Any](tmp_path / "not there").extend(rows)
    assert kept == rows and len(kept) == 2 and (kept[0]["e"].label, kept[0]["t"].charset, kept[0]["j"].kinds) == ("three", "latin1", "7")
    kept.append("more")
    assert [*kept, *kept] == [*rows, "more"] * 2 and not Spool[Any]()


def test_a_full_disk_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kept = Spool[str](tmp_path)
    monkeypatch.setattr(kept, "_file", open("/dev/full", "wb", buffering=0))        # noqa: SIM115 - it is closed with the test
    with pytest.raises(Fault, match=r"(?s)keep what was found.*No space left.*Nothing was changed"):
        kept.append("x")
    kept = Spool[str](tmp_path)
    monkeypatch.setattr(kept, "_file", io.BufferedWriter(io.FileIO("/dev/full", "wb")))
    with pytest.raises(Fault, match=r"(?s)keep what was found.*No space left"):
        kept.append("what fits into a buffer is written by nobody else")


def test_the_folder_is_there_before_the_first_report_is(tmp_path: Path) -> None:
    kept = Spool[str](tmp_path / "first" / "salvage")
    assert (tmp_path / "first" / "salvage").stat().st_mode & 0o777 == 0o700 and kept._folder == str(tmp_path / "first" / "salvage")
    assert Spool[str]("/dev/full/no-folder")._folder is None
