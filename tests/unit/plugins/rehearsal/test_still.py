# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the standby stands still while it is copied: looked at by the clock, given up in time."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.rehearsal.still import Beat, Watch


class Seconds:
    """A clock and a standby that say what they are told to."""

    def __init__(self) -> None:
        self.at, self.beat = 0.0, Beat(100.0, True)

    def __call__(self) -> float:
        return self.at


def watched(now: Seconds, look: Callable[[], Beat] | None = None) -> Watch:
    watch = Watch(look or (lambda: now.beat), 10.0, now, every=3600.0)
    watch.__enter__()
    return watch


def passes(now: Seconds, watch: Watch, seconds: float, beats: bool, copies: bool = True) -> None:
    for _ in range(int(seconds * 2)):
        now.at += 0.5
        now.beat = Beat(100.0 + now.at if beats else now.beat.at, copies)
        watch._once()


def test_one_that_goes_on_has_no_pause() -> None:
    now = Seconds()
    watch = watched(now)
    passes(now, watch, 30, beats=True)
    watch.check()
    assert watch.pause_seconds == 0.0 and watch.gap_seconds <= 0.5
    assert list(watch.through([b"a", b"b"])) == [b"a", b"b"]


def test_a_gap_is_measured_and_too_long_a_one_ends_the_copy_between_two_blocks() -> None:
    now = Seconds()
    watch = watched(now)
    passes(now, watch, 2, beats=True)
    passes(now, watch, 9, beats=False)
    watch.check()
    assert 8.5 <= watch.gap_seconds <= 9.5
    passes(now, watch, 2, beats=False)
    blocks = watch.through([b"a"])
    with pytest.raises(Fault, match=r"No heartbeat of the writer has been applied for 1\d s, so the copy was given up at once"):
        next(blocks)


def test_one_that_does_not_copy_is_told_by_that_and_a_pause_that_ended_counts_as_well() -> None:
    now = Seconds()
    watch = watched(now)
    passes(now, watch, 2, beats=True)
    passes(now, watch, 3, beats=True, copies=False)
    passes(now, watch, 5, beats=True)
    assert watch.pause_seconds == 3.0
    passes(now, watch, 11, beats=True, copies=False)
    with pytest.raises(Fault, match="has not copied for 1"):
        watch.check()


def test_a_standby_without_heartbeats_has_no_gap_and_one_that_is_silent_ends_the_copy() -> None:
    now = Seconds()
    now.beat = Beat(None, True)
    watch = watched(now)
    passes(now, watch, 30, beats=False)
    watch.check()

    def silent() -> Beat:
        raise OSError("gone")

    with pytest.raises(Fault, match="gives no answer any more"):
        gone = watched(now, silent)
        gone._once()
        gone.check()


def test_the_view_is_ended_at_once_whatever_it_is_at() -> None:
    ended: list[int] = []
    now = Seconds()
    with Watch(lambda: now.beat, 5.0, now, every=0.001, end=ended.append) as watch:
        watch.over(77)
        time.sleep(0.02)
        assert ended == []
        now.at = 6.0
        until = time.monotonic() + 10
        while not ended:
            assert time.monotonic() < until
            time.sleep(0.01)
    assert ended == [77], "once"
    with pytest.raises(Fault, match="No heartbeat"):
        watch.check()


def test_it_looks_by_itself() -> None:
    began, looks = time.monotonic(), list[float]()

    def look() -> Beat:
        looks.append(time.monotonic())
        return Beat(float(len(looks)), True)

    with Watch(look, 10.0, every=0.01) as watch:
        while len(looks) < 3:
            assert time.monotonic() - began < 10
            time.sleep(0.01)
    watch.check()
