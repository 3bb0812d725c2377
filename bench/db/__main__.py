# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Measure the data: copy, compare, repair, replicate, guard. Leaves build/bench/db.json and prints a table.

All of it takes about a quarter of an hour on two cores. Runs of ours and of each peer follow each other on the same two servers; a figure
`..._vs_X` is X's median time over ours.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from typing import Any

from bench.db import beats, moving, servers
from bench.record import OF_THE_DATA, measured, record

PARTS = ("rows", "beats", "gate")
SIZES = (100_000, 1_000_000, 10_000_000)


def figures_of_rows(found: dict[int, dict[str, Any]], flipped: dict[str, Any] | None) -> dict[str, float]:
    """The figures that are relied on, from the measurements of each size. What was not measured is absent."""
    figures: dict[str, float] = {}
    for rows, name in ((100_000, "100k"), (1_000_000, "1m"), (10_000_000, "10m")):
        if not (size := found.get(rows)):
            continue
        mine = {what: size[what]["ours"]["median"] for what in ("copy", "compare")}
        figures |= {f"copy_{name}_seconds": mine["copy"], f"compare_{name}_seconds": mine["compare"]}
        for what, own in mine.items():
            figures |= {f"{what}_{name}_vs_{peer.replace('-', '_')}": each["median"] / own
                        for peer, each in size[what].items() if peer != "ours"}
        if "pt-table-sync" in size["compare"]:      # which takes as long wherever rows differ
            figures[f"compare_scattered_{name}_vs_pt_table_sync"] = (
                size["compare"]["pt-table-sync"]["median"] / size["scattered"]["ours"]["median"])
        figures[f"peak_mb_{name}"] = max(size[what]["ours"]["last"]["peak_mb"] for what in mine)
    if size := found.get(1_000_000):
        figures["compare_rows_per_second"] = size["equal"]["rows"] / size["equal"]["seconds"]
    if (small := found.get(1_000_000)) and (large := found.get(10_000_000)):
        for what in ("copy", "compare"):
            figures[f"{what}_growth_10m_over_1m"] = large[what]["ours"]["median"] / small[what]["ours"]["median"]
            figures[f"{what}_requests_growth_10m_over_1m"] = (
                large[what]["ours"]["last"]["requests"] / small[what]["ours"]["last"]["requests"])
        figures["growth_10m_over_1m"] = max(figures[f"{what}_growth_10m_over_1m"] for what in ("copy", "compare"))
    if flipped:
        figures["find_flipped_10m_seconds"] = flipped["find"]["wall"]
        if "repair" in flipped:
            figures["repair_flipped_seconds"] = flipped["repair"]["more_seconds"]
    return figures


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m bench.db", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default=",".join(map(str, SIZES)), help="sizes of the table, by commas (default: %(default)s)")
    parser.add_argument("--only", default=",".join(PARTS), help="parts to measure, by commas (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each tool; the median counts (default: %(default)s)")
    parser.add_argument("--minutes", type=float, default=20, help="run no peer that would not be done by then (default: %(default)s)")
    parser.add_argument("--no-peers", action="store_true", help="measure ours alone")
    options = parser.parse_args()
    parts, sizes = set(options.only.split(",")), sorted(int(size) for size in options.rows.split(","))
    if unknown := parts - set(PARTS):
        parser.error(f"--only: {', '.join(sorted(unknown))} is not among {', '.join(PARTS)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))      # so that the servers are taken away then, too
    began = time.monotonic()
    figures: dict[str, float] = {}
    run: dict[str, Any] = {"what": sorted(parts), "rows": sizes, "repeats": options.repeats, **measured(*OF_THE_DATA)}
    with servers.running() as pair:
        run["versions"] = servers.versions()
        if "beats" in parts:
            print("beats", flush=True)
            run["beats"] = beats.replica(pair)
            figures["burst_lag_seconds"] = run["beats"]["burst_lag_seconds"]
            if run["beats"]["commits_per_second"] >= beats.PROMISED:
                figures["beat_delay_p99_seconds"] = run["beats"]["beat_delay_p99_seconds"]
            else:
                print(f"  too busy a machine: {run['beats']['commits_per_second']:.0f} commits a second; the beats' delay is no figure", flush=True)
        if "gate" in parts:
            print("gate", flush=True)
            run["gate"] = beats.cost(pair)
            figures |= {name: run["gate"][name] for name in (
                "gate_cost_percent", "bare_gate_cost_percent", "renewal_wait_p99_seconds", "renewal_wait_max_seconds", "commit_wait_p99_seconds",
                "commit_wait_max_seconds")}
        if "rows" in parts:
            sized, flipped, peers = {}, None, moving.Peers(not options.no_peers, began + 60 * options.minutes)
            for rows in sizes:
                sized[rows] = moving.measure(pair, rows, options.repeats, peers)
                if rows == SIZES[-1]:
                    flipped = moving.flip(pair, rows)
            figures |= figures_of_rows(sized, flipped)
            run |= {"sizes": sized, "flipped": flipped}
    run["seconds"] = round(time.monotonic() - began, 1)
    figures = {name: round(number, 4) for name, number in figures.items()}
    print(f"\n{record('db', figures, run)} ({run['seconds']:.0f} s)")
    for name, number in figures.items():
        print(f"  {name:40} {number:12,.4g}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
