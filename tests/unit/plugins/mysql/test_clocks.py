# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Clocks that are wrong, and heartbeats that cross in spite of it: the figure is never better than the truth."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import clocks
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.clocks import Offset, Reading, between, rpo_seconds
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replica_status import ReplicaStatus
from ansible_collections.multicloud.dr.plugins.module_utils.switch import probes
from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate import GateLook
from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate_row import Row
from ansible_collections.multicloud.dr.plugins.module_utils.switch.observations import RecordView, Saw
from ansible_collections.multicloud.dr.plugins.module_utils.switch.timing import TIMINGS
from hypothesis import given
from hypothesis import strategies as st

SKEW = st.floats(-5, 5)
TRIP = st.floats(0.0001, 0.5)
COPYING = ReplicaStatus(source_host="192.0.2.1", io="Yes", sql="Yes")


class Network:
    """A server whose clock is off by `skew`, behind a line that takes `out` seconds one way and `back` the other."""

    def __init__(self, skew, trips):
        self.now, self.skew, self.trips = 1000.0, skew, list(trips)

    def clock(self):
        return self.now

    def ask(self, _conn, _sql, **_more):
        out, back = self.trips.pop(0)
        self.now += out
        shown = self.now + self.skew
        self.now += back
        return shown


def reading(monkeypatch, skew, trips):
    network = Network(skew, trips)
    monkeypatch.setattr(clocks, "value", network.ask)
    return clocks.read(None, len(trips), network.clock)


@given(skew=SKEW, trips=st.lists(st.tuples(TRIP, TRIP), min_size=1, max_size=7))
def test_a_clock_is_read_within_its_bound(skew, trips):
    with pytest.MonkeyPatch.context() as patch:
        read = reading(patch, skew, trips)
    assert abs(read.ahead - skew) <= read.bound + 1e-6
    assert read.bound == pytest.approx(min(out + back for out, back in trips) / 2), "the quickest round trip counts"


@given(true_age=st.floats(0, 60), writer=SKEW, standby=SKEW, errors=st.tuples(st.floats(-1, 1), st.floats(-1, 1)), bounds=st.tuples(TRIP, TRIP))
def test_the_figure_is_never_better_than_the_truth_and_not_much_worse(true_age, writer, standby, errors, bounds):
    readings = [Reading(skew + error * bound, bound) for skew, error, bound in zip((writer, standby), errors, bounds, strict=True)]
    offset = between(*readings)
    seen_age = true_age + standby - writer          # by the standby's clock, off the writer's
    figure = rpo_seconds(seen_age, offset, 0.0)
    assert true_age - 1e-6 <= figure <= true_age + 2 * offset.bound + 1e-6


def test_an_offset_that_is_not_measured_any_more_grows_less_sure():
    offset = Offset(0.5, 0.01, measured=100.0)
    assert offset.bound_at(100.0) == 0.01 and offset.bound_at(1100.0) == pytest.approx(0.21)
    assert rpo_seconds(1.0, offset, 1100.0) == pytest.approx(1.71)


def look(age):
    return GateLook(1000.0, "u-aws", (Row("u-nhn", "nhn", 1, 0.0, 5, 1000.0 - age),))


def test_the_standby_s_view_has_it_and_the_writer_s_has_not():
    record, timing = Saw(RecordView("nhn", 1, 0.0)), TIMINGS["default"]
    seen = probes.view_replica(look(-0.4), record, lambda: COPYING, timing, Offset(0.5, 0.001), 0.0)
    assert seen.value.rpo_seconds == pytest.approx(0.101) and seen.value.lag_seconds == pytest.approx(0.101), "a slow clock hides nothing"
    assert (seen.value.offset_seconds, seen.value.offset_bound_seconds) == (0.5, 0.001)
    unmeasured = probes.view_replica(look(0.4), record, lambda: COPYING, timing)
    assert unmeasured.value.rpo_seconds is None and unmeasured.value.lag_seconds == pytest.approx(0.4)
    fell_silent = Saw(RecordView("nhn", 1, 12.0))
    behind = probes.view_replica(look(13.0), fell_silent, lambda: COPYING, timing).value.lag_seconds
    assert behind == pytest.approx(13.0 - (12.0 - timing.renew)), "it may have written until its next renewal was due: so much is left in"
    at_home = GateLook(1000.0, "u-nhn", look(0.1).rows)
    assert probes.view_replica(at_home, record, ReplicaStatus, timing, Offset(0.5, 0.001), 0.0).value.rpo_seconds is None


@pytest.mark.parametrize(("follows", "old_epoch", "lag"), [("u-new", 3, 2.0), ("u-new", 2, 2.0), ("", 3, 0.0), ("u-unstamped", 3, 0.0), ("", 2, 2.0)])
def test_the_clock_of_a_server_that_is_gone_makes_no_copy_look_younger(follows, old_epoch, lag):
    """It was a minute ahead, and a failover inside its cloud has left its row behind; the server that is there now has stamped its own."""
    rows = (Row("u-old", "nhn", old_epoch, 0.0, 900, 1060.0), Row("u-new", "nhn", 3, 0.0, 5, 998.0), Row("u-aws", "aws", 1, 0.0, 9, 999.9))
    seen = probes.view_replica(GateLook(1000.0, "u-aws", rows), Saw(RecordView("nhn", 3, 0.0)), lambda: replace(COPYING, source_uuid=follows),
                               TIMINGS["default"])
    assert seen.value.lag_seconds == lag
