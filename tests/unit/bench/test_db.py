# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From measurements of copying, comparing and beats to the figures that are relied on."""

from __future__ import annotations

import re

import pytest

from bench import record
from bench.db.__main__ import figures_of_rows
from bench.db.beats import Beats
from bench.db.load import _packet
from bench.db.moving import Peers


def size(copy, compare, requests=100, peers=True):
    def timed(median, **more):
        return {"median": median, "last": {"requests": requests, "peak_mb": 50 + median, **more}}

    found = {"copy": {"ours": timed(copy)}, "compare": {"ours": timed(compare)}, "scattered": {"ours": timed(2 * compare)},
             "equal": {"rows": 1_000_000, "seconds": 0.8}}
    if peers:
        found["copy"] |= {"mysqldump": {"median": 3 * copy}, "myloader": {"median": 2 * copy}}
        found["compare"] |= {"pt-table-sync": {"median": 9 * compare}}
    return found


def test_the_figures_that_are_relied_on_come_of_it():
    figures = figures_of_rows({1_000_000: size(4.0, 1.0), 10_000_000: size(50.0, 10.5, requests=990)},
                              {"find": {"wall": 11.0}, "repair": {"wall": 11.9, "more_seconds": 0.5}})
    wanted = {
        "copy_1m_vs_mysqldump": 3, "copy_1m_vs_myloader": 2, "compare_1m_vs_pt_table_sync": 9, "compare_scattered_1m_vs_pt_table_sync": 4.5,
        "compare_rows_per_second": 1_250_000, "find_flipped_10m_seconds": 11, "growth_10m_over_1m": 12.5, "peak_mb_10m": 100,
        "repair_flipped_seconds": 0.5}
    assert {name: figures[name] for name in wanted} == pytest.approx(wanted)


def test_what_was_not_measured_is_absent():
    assert not [name for name in figures_of_rows({100_000: size(1.0, 1.0, peers=False)}, None) if "_vs_" in name or "10m" in name]


def test_a_beat_is_as_late_as_the_first_sight_of_it_or_of_a_later_one():
    beats = Beats.__new__(Beats)
    beats.written = {1: 10.0, 2: 10.5, 3: 11.0, 4: 11.5}
    beats.seen = {1: 10.1, 3: 11.2}             # 2 was passed over between two looks; 4 has not been seen
    assert beats.delays() == pytest.approx([0.1, 0.7, 0.2])


def test_a_statement_is_framed_as_the_protocol_wants():
    assert _packet("DO 1") == b"\x05\x00\x00\x00\x03DO 1"


def test_a_peer_that_would_not_be_done_in_time_is_left_out(monkeypatch):
    monkeypatch.setattr("bench.db.moving.time.monotonic", lambda: 100.0)
    peers, tools = Peers(True, deadline=200.0), {"slow": print, "fast": print}
    assert list(peers.of(tools, 1_000)) == ["slow", "fast"]
    peers.took(1_000, {"slow": {"median": 10.1}, "fast": {"median": 9.9}})
    assert list(peers.of(tools, 10_000)) == ["fast"]
    assert not Peers(False, deadline=200.0).of(tools, 1_000)


def test_a_run_says_what_code_it_measured():
    """As it was when the run began; figures of one commit are not taken for another's."""
    told = record.measured(*record.OF_THE_DATA)
    assert set(told) == {"commit", "tree"} and re.fullmatch(r"[0-9a-f]{7,}\+?", told["commit"]) and told["tree"] == record.tree(*record.OF_THE_DATA)
    assert all((record.ROOT / name).exists() for name in record.OF_THE_DATA)
    for module in ("bench/db/__main__.py", "bench/sync_roundtrip.py"):
        assert "**measured(*OF_THE_DATA)" in (record.ROOT / module).read_text(encoding="utf-8")
