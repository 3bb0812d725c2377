# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a drill's report is judged by. Pure. report_page.py shows it to people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any


def floor_seconds(timing: Mapping[str, float]) -> float:
    """The outage to expect with these settings: interval x threshold + TTL as the timing table plans them.

    The slower of DNS's notice (check_interval x check_threshold) and the record's (ttl + margin), plus the age a DNS answer may have
    (dns_ttl). Each phase is counted in full; one can be shorter in a drill, when a check happens to be due or an answer to be old.
    """
    return max(timing["check_interval"] * timing["check_threshold"], timing["ttl"] + timing["margin"]) + timing["dns_ttl"]


def control_plane_writes(requests: Iterable[Mapping[str, Any]], start: float, end: float) -> int | None:
    """Requests between two moments that would change a cloud's control plane. An object put into storage is data, not control.

    None when the first moment is the later one: then nothing was measured, which is not 0.
    """
    if start > end:
        return None
    return sum(
        1 for request in requests
        if request["write"] and start <= request["time"] <= end and not str(request.get("action", "")).startswith(("s3:PutObject", "s3:UploadPart"))
    )


def stamp(seconds: float) -> str:
    """Seconds since the epoch as ISO 8601, UTC, to the millisecond."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def broken(report: Mapping[str, Any]) -> list[str]:
    """Everything that a drill promises and this one did not keep, as sentences without a full stop; empty when it passed.

    report: at least the figures of ledger.account() and max_rto_seconds. What was not measured is not judged, but for the outage: a service
    that never moved has proven nothing.
    """
    rto, limit, writes = report["rto_seconds"], report["max_rto_seconds"], report.get("control_plane_writes") or 0
    faults = {
        "the service did not move": rto is None,
        f"buyers were without service for {rto} s, more than {limit} s": rto is not None and rto > limit,
        f"{_count(report['lost_acknowledged'], 'purchase')} lost": report["lost_acknowledged"],
        f"{_count(report['duplicated'], 'seat')} promised twice": report["duplicated"],
        f"two writers at once, {_count(report['dual_writer_intervals'], 'time')}": report["dual_writer_intervals"],
        "the standby was not equal before": report.get("tables_equal") is False,
        f"{_count(writes, 'write')} to the standby's control plane before it sold": writes,
    }
    return [sentence for sentence, wrong in faults.items() if wrong]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
