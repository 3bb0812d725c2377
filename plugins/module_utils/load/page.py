# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One page of one load test: figures, charts on one clock, and what was not measured said so. Pure.

A run: {"name", "url", "started", "command", "ab": ab.totals, "seconds": [ab.Second], "samples": [{"at", "cpu_cores", "replicas", "ready", "wanted",
"asked", "wrong"}]}. at: seconds since the load began; what could not be read at a sample is null there. asked and wrong are a visitor's requests
beside the load, since ab tells of errors only how many there were in all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from ..proof.page_parts import Words, both, cards, number, shell, wide
from .ab import Second, percentile
from .panels import Panel, Point, picture

Run = Mapping[str, Any]


def panels(run: Run) -> list[Panel]:
    """The four charts."""
    seconds: Sequence[Second] = run["seconds"]
    return [
        Panel("Requests per second / 초당 요청", "", {"requests/s": [(one.second, float(one.requests)) for one in seconds]}),
        Panel("Time to answer / 응답 시간", " ms", {name: [(one.second, getattr(one, name) if one.requests else None) for one in seconds]
                                                for name in ("p50", "p95", "p99")}),
        Panel("Processor time and replicas / CPU와 복제본", "", {
            "cores": _read(run, "cpu_cores"), **{name: _read(run, name) for name in ("replicas", "ready", "wanted")}}, steps=True),
        Panel("Failed requests of a visitor beside it / 옆에서 본 실패", " %", {"failed": [
            (float(one["at"]), one["wrong"] / one["asked"] * 100 if one.get("asked") else None) for one in run["samples"]]}),
    ]


def _read(run: Run, name: str) -> list[Point]:
    return [(float(one["at"]), None if one.get(name) is None else float(one[name])) for one in run["samples"]]


def length(run: Run) -> float:
    """How long its clock runs, in seconds."""
    return max([one.second + 1 for one in run["seconds"]] + [float(one["at"]) for one in run["samples"]] + [1.0])


def figures(run: Run) -> dict[str, float | int | None]:
    """What a report and a goal are held against; None where it was not measured, never 0."""
    took = run.get("times") or []
    replicas = [one["replicas"] for one in run["samples"] if one.get("replicas") is not None]
    cores = [one["cpu_cores"] for one in run["samples"] if one.get("cpu_cores") is not None]
    return {"ab_requests_per_second": run["ab"]["requests_per_second"], "ab_failed": run["ab"]["failed"] + run["ab"]["not_2xx"],
            **{f"ab_p{share}_ms": percentile(took, share) if took else None for share in (50, 95, 99)},
            "replicas_at_first": replicas[0] if replicas else None, "replicas_most": max(replicas) if replicas else None,
            "hpa_up_seconds": grown(run), "cores_most": max(cores) if cores else None,
            "visitor_failed": sum(one.get("wrong") or 0 for one in run["samples"]) if any(one.get("asked") for one in run["samples"]) else None}


def grown(run: Run) -> float | None:
    """Seconds from the beginning of the load until all replicas that were there at the end of the growth were ready; None where none came."""
    ready = [(float(one["at"]), one["ready"]) for one in run["samples"] if one.get("ready") is not None]
    if not ready or max(count for _unused, count in ready) <= ready[0][1]:
        return None
    most = max(count for _unused, count in ready)
    return next(at for at, count in ready if count == most)


def svg(run: Run) -> str:
    """The charts as a file of their own."""
    return picture(panels(run), f"{run['name']}, {run['started']}", length(run))


def html(run: Run) -> str:
    """The page."""
    found = figures(run)
    told: list[tuple[Words, str]] = [
        (("Requests per second", "초당 요청"), number(found["ab_requests_per_second"])),
        (("Half are answered within", "50 % 응답"), number(found["ab_p50_ms"], "ms")),
        (("95 % within", "95 % 응답"), number(found["ab_p95_ms"], "ms")),
        (("99 % within", "99 % 응답"), number(found["ab_p99_ms"], "ms")),
        (("Failed, or not 2xx", "실패 또는 2xx 아님"), number(found["ab_failed"])),
        (("Replicas at first", "처음 복제본"), number(found["replicas_at_first"])),
        (("Most replicas", "최대 복제본"), number(found["replicas_most"])),
        (("All of them ready after", "모두 준비될 때까지"), number(found["hpa_up_seconds"], "s")),
    ]
    said: Words = ("requests per second, time to answer, processor time and replicas, failed requests", "초당 요청, 응답 시간, CPU와 복제본, 실패")
    body = (f'<p class="note">{escape(run["started"])} · <code>{escape(run["command"])}</code></p>{cards(told)}'
            f"<h2>{both(('By the second', '초마다'))}</h2>{wide(svg(run), said)}"
            f'<p class="note">{both(("A line that is broken off: nothing could be read there.", "끊긴 선은 그때 읽지 못했다는 뜻이다."))}</p>')
    return shell(str(run["name"]), (f"Load test: {run['name']}", f"부하 시험: {run['name']}"), body)
