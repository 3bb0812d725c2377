# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shared files: whole, private, and readable by whoever comes first."""

from __future__ import annotations

from pathlib import Path

from lab import files


def test_written_whole_and_private_with_nothing_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "deep/state.json"
    files.write_json(path, {"b": 1, "a": "표"})
    files.write_json(path, {"a": "표"})
    assert files.read_json(path, None) == {"a": "표"}
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["state.json"]


def test_a_missing_file_is_what_the_reader_says(tmp_path: Path) -> None:
    assert files.read_json(tmp_path / "none.json", {}) == {}
    assert files.tail(tmp_path / "none.log", 3) == "(no log)"


def test_tail_gives_the_last_lines(tmp_path: Path) -> None:
    (tmp_path / "x.log").write_text("one\ntwo\nthree\n")
    assert files.tail(tmp_path / "x.log", 2) == "two\nthree"
