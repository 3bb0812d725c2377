# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is made of looks at both tunnels while options change."""

from __future__ import annotations

import pytest

from bench.vpn import change

UP, A_DOWN, B_DOWN, NONE = {"a": True, "b": True}, {"a": False, "b": True}, {"a": True, "b": False}, {"a": False, "b": False}


def row(looks, **more):
    return {"change": "x", "gap_seconds": 0.0, "lost": 0, "sent": 100, **change.seen(looks), **more}


def test_tunnels_that_were_down_once_and_both_at_once_are_told():
    assert change.seen([UP, A_DOWN, UP, B_DOWN, NONE]) == {"looks": 5, "taken_down": ["a", "b"], "both_down": 1}


def test_the_longest_gap_of_both_ways_counts():
    rows = [row([A_DOWN, B_DOWN]), row([A_DOWN, B_DOWN], gap_seconds=0.2, lost=3)]
    assert change.figures(rows) == {"option_change_longest_gap_seconds": 0.2, "option_change_lost_packets": 3.0, "option_change_both_down_looks": 0.0}


def test_a_change_that_took_nothing_down_is_no_figure():
    assert change.figures([row([UP, A_DOWN])]) == {} and change.figures([]) == {}


def test_the_tunnels_are_looked_at_until_it_is_left(monkeypatch):
    monkeypatch.setattr(change, "LOOK_SECONDS", 0.001)
    with change.Watch(lambda: UP) as watch:
        while len(watch.looks) < 3:
            pass
    assert watch.looks[0] == UP and not watch.thread.is_alive()


def test_a_look_that_failed_is_told_and_not_taken_for_the_end_of_the_outages(monkeypatch):
    monkeypatch.setattr(change, "LOOK_SECONDS", 0.001)

    def look():
        raise OSError("no state file")

    with pytest.raises(OSError, match="no state file"), change.Watch(look) as watch:
        watch.thread.join(10)
    with pytest.raises(ValueError, match="the change itself"), change.Watch(look) as watch:
        watch.thread.join(10)
        raise ValueError("the change itself")
