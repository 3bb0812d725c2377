# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host remembers, and what it says of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.backup.parts import parts_from
from ansible_collections.multicloud.dr.plugins.module_utils.backup.record import Record, metrics, words
from ansible_collections.multicloud.dr.plugins.module_utils.faults import BadInput, Fault


def test_what_is_under_way_is_remembered_until_it_has_ended(tmp_path: Path) -> None:
    record = Record(str(tmp_path))
    assert record.pending() is None
    record.begin({"name": "a"})
    assert Record(str(tmp_path)).pending() == {"name": "a"}
    record.finished()
    assert record.pending() is None


@pytest.mark.parametrize("what", ["backup", "restore"])
def test_one_run_of_a_kind_at_a_time(tmp_path: Path, what: str) -> None:
    record = Record(str(tmp_path))
    with record.alone(what), pytest.raises(Fault, match=f"(?s)start a {what}.*Another one is under way"), Record(str(tmp_path)).alone(what):
        pass
    with record.alone("backup"), record.alone("restore"):
        pass


def test_two_that_tell_at_the_same_time_forget_nothing(tmp_path: Path) -> None:
    """A backup need not wait for a restore, so both may tell how they went."""
    record = Record(str(tmp_path))

    def told(what: str) -> None:
        for number in range(50):
            Record(str(tmp_path)).tell(what, **{f"fact{number}": number})

    with ThreadPoolExecutor(2) as pool:
        for end in [pool.submit(told, what) for what in ("backup", "test")]:
            end.result()
    assert {what: len(facts) for what, facts in record.status().items()} == {"backup": 50, "test": 50}


def test_one_that_is_nearly_through_is_waited_for(tmp_path: Path) -> None:
    class Ends:
        """A clock that lets the other run end after three seconds."""

        spent = 0.0

        def now(self) -> float:
            return self.spent

        def sleep(self, seconds: float) -> None:
            self.spent += seconds
            if self.spent >= 3:
                other.close()

    with ExitStack() as other:
        other.enter_context(Record(str(tmp_path)).alone("backup"))
        with Record(str(tmp_path)).alone("backup", 60, clock := Ends()):
            assert clock.spent == 3


def test_a_failure_keeps_what_was_good_before_and_says_so(tmp_path: Path) -> None:
    record = Record(str(tmp_path))
    assert words(record.status(), 0) == ["No backup has been made by this host yet.", "Backup restorable: not tested yet."]
    record.tell("backup", ok=True, said="", name="b1", created=1000.0, bytes=2_500_000)
    record.tell("test", ok=True, said="", at=86400.0, name="b1")
    assert words(record.status(), 1000.0 + 7200)[1:] == ["Backup restorable: yes, b1, on 1970-01-02 00:00 UTC."]
    record.tell("backup", ok=False, said="S3 is away.")
    status = record.tell("test", ok=False, said="kept.t: missing.")
    assert words(status, 1000.0 + 7200) == [
        "Newest backup: b1, 2.0 h old, 2.5 MB.", "The last run failed: S3 is away.",
        "Backup restorable: NOT proven. kept.t: missing. Last proven: b1, on 1970-01-02 00:00 UTC."]
    told = metrics(status)
    assert "multicloud_dr_backup_last_success_seconds 1000\n" in told and "multicloud_dr_backup_restore_ok 0\n" in told
    assert (tmp_path / "metrics.prom").read_text() == told


def test_what_was_never_seen_is_no_metric() -> None:
    assert metrics({}) == "\n"


def test_a_configuration_is_told_all_that_it_lacks() -> None:
    with pytest.raises(BadInput) as caught:
        parts_from({"topology": "t", "site": "nhn", "schemas": []}, lambda: 0.0)
    assert caught.value.faults == ("database: required", "schemas: required", "key_file: required", "state_directory: required", "s3: required",
                                   "retention: required")
