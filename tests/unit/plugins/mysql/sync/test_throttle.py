# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a comparison holds back, by a heartbeat's age and by what both servers' clocks are apart."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import TimedOut
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.clocks import Reading
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import guard

from tests.unit.plugins.still_clock import StillClock

PAIR = SimpleNamespace(here="source", there=SimpleNamespace(user="u", host="target", port=3306))


def throttle(monkeypatch, *, age, source_ahead=0.0, bound=0.01, limit=5.0):
    """One whose target's newest heartbeat looks that old there, and whose source's clock is ahead of the target's."""
    asked = []

    def read(conn, **_):
        asked.append(conn)
        return Reading(source_ahead if conn == "source" else 0.0, bound)

    monkeypatch.setattr(guard, "lag_seconds", lambda conn: age)
    monkeypatch.setattr(guard.clocks, "read", read)
    return guard.Throttle(limit, 20.0, StillClock()), asked


@pytest.mark.parametrize(("age", "ahead", "calm"), [
    (1.0, 0.0, True), (6.0, 0.0, False),
    (0.0, 8.0, False),          # the target's clock is slow: the heartbeat seems to be of this moment, and is eight seconds old
    (8.0, -8.0, True),          # it is fast: the heartbeat is of this moment
    (4.99, 0.0, False),         # what the measurement can be wrong by counts
])
def test_the_lag_is_what_it_would_be_by_one_clock(monkeypatch, age, ahead, calm):
    held, asked = throttle(monkeypatch, age=age, source_ahead=ahead)
    if calm:
        held.calm(PAIR)
    else:
        with pytest.raises(TimedOut, match="more than 5 s behind"):
            held.calm(PAIR)
    assert len(asked) == 2 and not held.blind


def test_clocks_are_read_anew_now_and_then(monkeypatch):
    held, asked = throttle(monkeypatch, age=1.0)
    for _ in range(100):
        held.calm(PAIR)
        held._clock.sleep(guard.CALM_SECONDS)
    assert len(asked) == 4


def test_without_a_heartbeat_it_says_that_it_is_blind(monkeypatch):
    held, asked = throttle(monkeypatch, age=None)
    held.calm(PAIR)
    assert held.blind and not asked
    unlimited, _ = throttle(monkeypatch, age=None, limit=None)
    unlimited.calm(PAIR)
    assert not unlimited.blind
