# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What ab says is read as it is, and what it did not say is no zero."""

from __future__ import annotations

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.load.ab import NotAb, Second, by_second, percentile, rows, totals

SAID = """This is ApacheBench, Version 2.3 <$Revision: 1923142 $>
Server Software:        uvicorn
Concurrency Level:      100
Time taken for tests:   51.204 seconds
Complete requests:      100000
Failed requests:        12
   (Connect: 0, Receive: 0, Length: 12, Exceptions: 0)
Non-2xx responses:      3
Requests per second:    1952.97 [#/sec] (mean)
Time per request:       51.204 [ms] (mean)
"""
FILE = ["starttime\tseconds\tctime\tdtime\tttime\twait\n", "Fri Nov 27 10:00:00 2026\t1795773600\t0\t4\t4\t4\n",
        "Fri Nov 27 10:00:00 2026\t1795773600\t0\t6\t6\t6\n", "Fri Nov 27 10:00:02 2026\t1795773602\t1\t9\t10\t9\n", "torn\t17"]


def test_totals_are_read_from_its_words() -> None:
    assert totals(SAID) == {"complete": 100000, "failed": 12, "not_2xx": 3, "concurrency": 100, "requests_per_second": 1952.97, "seconds": 51.204,
                            "server": "uvicorn"}
    assert totals(SAID.replace("Non-2xx responses:      3\n", "").replace("uvicorn", ""))["not_2xx"] == 0


@pytest.mark.parametrize("text", ["", "Benchmarking 10.0.0.1 (be patient)\napr_socket_recv: Connection reset by peer (104)\n"])
def test_one_that_did_not_end_is_none(text: str) -> None:
    with pytest.raises(NotAb, match=r"it said last: (nothing|apr_socket_recv: Connection reset by peer)"):
        totals(text)


def test_a_second_in_which_nothing_began_is_shown() -> None:
    assert rows(FILE) == [(1795773600, 4.0), (1795773600, 6.0), (1795773602, 10.0)]
    assert by_second(rows(FILE)) == [Second(0, 2, 4.0, 6.0, 6.0), Second(1, 0, 0.0, 0.0, 0.0), Second(2, 1, 10.0, 10.0, 10.0)]
    assert by_second([]) == []


def test_another_file_is_refused() -> None:
    with pytest.raises(NotAb, match="written by ab -g"):
        rows(["Percentage served,Time in ms\n"])


@pytest.mark.parametrize(("share", "value"), [(50, 5.0), (95, 10.0), (99, 10.0), (10, 1.0), (0, 1.0)])
def test_percentiles_are_values_that_were_seen(share: float, value: float) -> None:
    assert percentile([float(number) for number in range(10, 0, -1)], share) == value
    assert percentile([], share) == 0.0
