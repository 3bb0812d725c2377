# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A release goes on where it stopped, wherever that was."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.release import record
from ansible_collections.multicloud.dr.plugins.module_utils.release.record import BACK, DONE, FAILED, BadRecord


def test_what_is_done_is_not_done_again_and_what_was_interrupted_is() -> None:
    kept = record.begin(record.blank("1.4", 1.0), "build", 2.0)
    assert record.done(kept) == []                                          # a kill here: it is begun anew
    kept = record.begin(kept, "build", 3.0)
    kept = record.end(kept, "build", DONE, "built", 4.0, {"digest": "sha256:1"})
    assert record.done(kept) == ["build"] and kept["facts"] == {"digest": "sha256:1"}
    assert record.begin(kept, "build", 5.0) == kept
    kept = record.end(record.begin(kept, "test", 6.0), "test", FAILED, "no page", 7.0)
    assert record.done(kept) == ["build"] and record.last(kept) == {"build": DONE, "test": FAILED}
    kept = record.end(record.begin(kept, "test", 8.0), "test", DONE, "", 9.0)
    assert record.done(kept) == ["build", "test"] and [step.get("words") for step in kept["steps"]] == [None, "built", "no page", ""]


def test_what_ran_before_is_kept_from_the_beginning_and_not_said_anew_once_it_is_done() -> None:
    kept = record.begin(record.blank("1.4", 1.0), "roll:aws", 2.0, {"followed": "1.3"})
    assert kept["facts"] == {"followed": "1.3"}                             # a kill here: whoever goes on knows it
    kept = record.end(kept, "roll:aws", DONE, "", 3.0)
    assert record.begin(kept, "roll:aws", 4.0, {"followed": "1.5"})["facts"] == {"followed": "1.3"}


def test_a_site_that_was_taken_back_gets_it_anew() -> None:
    kept = record.blank("1.4", 1.0)
    for name in ("build", "roll:aws"):
        kept = record.end(record.begin(kept, name, 2.0), name, DONE, "", 3.0)
    kept = record.forget(kept, ["roll:aws"])
    assert record.done(kept) == ["build"] and record.last(kept)["roll:aws"] == BACK
    assert len(record.begin(kept, "roll:aws", 4.0)["steps"]) == 3


def test_nobody_ends_what_was_not_begun() -> None:
    with pytest.raises(ValueError, match="test was not begun"):
        record.end(record.blank("1.4", 1.0), "test", DONE, "", 2.0)


def test_a_record_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "made" / "1.4.json"
    assert record.read(path) is None
    record.write(path, record.blank("1.4", 1.0))
    assert record.read(path) == record.blank("1.4", 1.0) and [found.name for found in path.parent.iterdir()] == ["1.4.json"]
    with pytest.raises(TypeError):
        record.write(path, {**record.blank("1.4", 1.0), "facts": {"a": object()}})
    assert record.read(path) == record.blank("1.4", 1.0) and [found.name for found in path.parent.iterdir()] == ["1.4.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"steps": {}, "facts": {}}'])
def test_what_is_no_record_is_not_taken_for_an_empty_one(tmp_path: Path, text: str) -> None:
    (tmp_path / "1.4.json").write_text(text)
    with pytest.raises(BadRecord, match=r"Move it away to begin this release anew"):
        record.read(tmp_path / "1.4.json")
