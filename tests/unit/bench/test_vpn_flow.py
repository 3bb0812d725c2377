# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a log of packets says was lost, and for how long."""

from __future__ import annotations

import pytest

from bench.vpn.flow import longest, percentile, read


def line(number, answered=True):
    said = f"64 bytes from 10.0.0.10: icmp_seq={number} ttl=63 time=1.2 ms" if answered else f"no answer yet for icmp_seq={number}"
    return f"[17{number}.5] {said}"


def log(last, lost=()):
    return "PING 10.0.0.10\n" + "\n".join(line(number, number not in lost) for number in range(1, last + 1)) + "\n"


@pytest.mark.parametrize(("lost", "told"), [
    ((), (30, 0, 0.0)), ((4,), (30, 1, 0.1)), ((4, 6, 7, 8, 20), (30, 5, 0.3)), ((28, 29), (30, 2, 0.2)),
    ((30,), (30, 0, 0.0)),                  # may still be on its way
])
def test_lost_packets_and_the_longest_gap_are_counted(lost, told):
    flow = read(log(30, lost), 0.1)
    assert (flow.sent, flow.lost, flow.gap_seconds) == told


def test_an_answer_that_came_late_is_an_answer():
    assert read(line(1) + "\n" + line(2, False) + "\n" + line(2) + "\n" + line(3) + "\n", 0.1).lost == 0


def test_a_silence_without_a_word_counts():
    """ping says nothing of packets for which there was no way at all."""
    assert read("\n".join(map(line, (1, 2, 6, 7))), 0.1).lost == 3 == longest([3, 4, 5])


def test_percentiles():
    assert [percentile(list(range(1, 21)), share) for share in (0.5, 0.95, 1.0)] == [10, 19, 20] and percentile([], 0.95) == 0.0
