# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What ApacheBench says: its words at the end, and its file of every request (`-g`), by the second. Pure."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

SAID = {"complete": r"Complete requests:\s+(\d+)", "failed": r"Failed requests:\s+(\d+)", "not_2xx": r"Non-2xx responses:\s+(\d+)",
        "requests_per_second": r"Requests per second:\s+([\d.]+)", "seconds": r"Time taken for tests:\s+([\d.]+)",
        "concurrency": r"Concurrency Level:\s+(\d+)", "server": r"Server Software:[ \t]*(\S*)"}
WHOLE = ("complete", "failed", "not_2xx", "concurrency")


class NotAb(ValueError):
    """That is not what ab says; tells what is missing."""


@dataclass(frozen=True)
class Second:
    """Requests that began within one second: how many, and how long they took, in milliseconds."""

    second: int
    requests: int
    p50: float
    p95: float
    p99: float


def totals(text: str) -> dict[str, Any]:
    """The figures of its words. Raises NotAb where it did not come to its end."""
    found = {name: match[1] for name, pattern in SAID.items() if (match := re.search(pattern, text))}
    missing = [name for name in ("complete", "requests_per_second", "seconds") if name not in found]
    if missing:
        last = next((line for line in reversed(text.splitlines()) if line.strip()), "nothing")
        raise NotAb(f"ab did not come to its end; it said last: {last.strip()}")
    return {**{name: int(found.get(name, 0)) for name in WHOLE}, "requests_per_second": float(found["requests_per_second"]),
            "seconds": float(found["seconds"]), "server": found.get("server", "")}


def rows(lines: Iterable[str]) -> list[tuple[int, float]]:
    """(epoch second of its beginning, milliseconds it took) of each request. Raises NotAb."""
    lines = iter(lines)
    head = next(lines, "").rstrip("\n").split("\t")
    try:
        began, took = head.index("seconds"), head.index("ttime")
    except ValueError:
        raise NotAb("the file of requests has no columns seconds and ttime; it is written by ab -g") from None
    return [(int(parts[began]), float(parts[took])) for line in lines if len(parts := line.rstrip("\n").split("\t")) == len(head)]


def by_second(requests: Sequence[tuple[int, float]]) -> list[Second]:
    """In order, seconds in which nothing began included: a stall is something to see."""
    grouped: dict[int, list[float]] = defaultdict(list)
    for second, took in requests:
        grouped[second].append(took)
    if not grouped:
        return []
    first, last = min(grouped), max(grouped)
    return [Second(second - first, len(grouped[second]), *(percentile(grouped[second], share) for share in (50, 95, 99)))
            for second in range(first, last + 1)]


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that so many percent of them do not exceed; 0 of none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share / 100 * len(ordered)) - 1)]
