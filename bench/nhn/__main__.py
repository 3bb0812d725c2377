# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`python -m bench.nhn`: one fault before each request of a whole NHN build by modules, each fault in turn; leaves build/bench/nhn.json.

The build is every module's own, against the emulator, in one process and in no time. A build that meets a fault is compared with what the
undisturbed one held at that point; --to-the-end builds on after that. Then every module alters what it made and drops it, with the same
faults before each of those requests. First it is measured how long each module takes to find that nothing is to be done, and every
module's walk is counted. docs/nhn.md has a table of it: `python -m bench.nhn.table`.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import product
from typing import Any

from bench.nhn.calls import unchanged
from bench.nhn.walks import looked, walked
from bench.record import record
from tests.contract.nhn_faults import BUILD, FAULTS, Result, can_meet, clean, disturbed, fresh, walk_disturbed
from tests.contract.nhn_walk import WALK, WORLD


def main() -> int:
    """Measure and record; 1 when a build did not converge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to-the-end", action="store_true", help="go on building after the module that met the fault")
    parser.add_argument("--calls", action="store_true", help="only measure how long calls take that change nothing")
    options = parser.parse_args()
    measure_calls()
    if options.calls:
        return 0
    walks = walked()
    print(f"{len(walks)} walks", flush=True)
    started = time.monotonic()
    sent, expected = clean(BUILD)
    build_seconds = time.monotonic() - started
    results: list[Result] = []
    for fault in FAULTS:
        met = [number for number, entry in enumerate(sent) if can_meet(fault, entry, "v3.0")]
        for request in met:
            results.append(disturbed(BUILD, fault, request, expected, to_the_end=options.to_the_end))
            if not results[-1].good:
                print(results[-1], flush=True)
        print(f"{fault}: {len(met)} builds", flush=True)
    changed = list(changes())
    bad = [result for result in [*results, *changed] if not result.good]
    figures = {"build_modules": len(BUILD), "build_requests": len(sent), "build_seconds": round(build_seconds, 2), "faulted_builds": len(results),
               "faulted_changes": len(changed), "not_converged": len(bad),
               "resources_twice": sum(len(result.twice) for result in [*results, *changed])}
    figures |= {"walk_steps": sum(walk["steps"] for walk in walks.values()),
                "walk_steps_as_foretold": sum(walk["foretold"] for walk in walks.values()),
                "walk_idle_writes": sum(walk["check_writes"] + walk["idle_writes"] for walk in walks.values())}
    record("nhn", figures, {"seconds": round(time.monotonic() - started, 1), "to_the_end": options.to_the_end, "walks": walks, "looks": looked(),
                            "by_module": table(results), "changes_by_module": table(changed)})
    print(figures)
    return int(bool(bad))


def measure_calls() -> None:
    """The slowest module's fastest of three calls that change nothing, as the machine's other work is none of the module's; the median of all
    calls; and of the module that uses a processor longest, for how long."""
    calls = unchanged()
    slowest = max(calls, key=lambda kind: min(calls[kind]))
    figures = {"unchanged_call_max_seconds": min(calls[slowest])[0],
               "unchanged_call_median_seconds": statistics.median(seconds for measured in calls.values() for seconds, _ in measured),
               "unchanged_call_cpu_max_seconds": max(min(used for _, used in measured) for measured in calls.values())}
    record("nhn", figures, {"slowest": slowest, "unchanged_call_seconds": {kind: [seconds for seconds, _ in each] for kind, each in calls.items()},
                            "unchanged_call_cpu_seconds": {kind: [used for _, used in each] for kind, each in calls.items()}})
    print(figures, slowest, flush=True)


def changes() -> Iterator[Result]:
    """Every module's altering and dropping, with each fault before each request."""
    with fresh() as cloud:
        for kind, made in WORLD:
            cloud.make(kind, **made)
        for kind in WALK:
            for fault, step in product(FAULTS, ("alter", "drop")):
                for result in walk_disturbed(cloud, kind, fault, only=step):
                    if not result.good:
                        print(result, flush=True)
                    yield result
            print(f"{kind}: altered and dropped", flush=True)


def table(results: list[Result]) -> dict[str, Any]:
    """{module, or module and step: {fault: [how often it was met, how often it was got over]}}."""
    every = Counter((result.kind, result.fault) for result in results)
    good = Counter((result.kind, result.fault) for result in results if result.good)
    return {kind: {fault: [every[kind, fault], good[kind, fault]] for fault in FAULTS} for kind in sorted({result.kind for result in results})}


if __name__ == "__main__":
    sys.exit(main())
