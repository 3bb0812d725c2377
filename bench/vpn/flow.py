# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A steady flow of packets between the sites, and what of it was lost. Pure but for `start` and `stop`, which run commands on a host."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

UNIT, LOG = "multicloud-vpn-flow", "/run/multicloud-vpn-flow.log"
ANSWER = re.compile(r"^\[(\d+\.\d+)\] \d+ bytes from \S+ icmp_seq=(\d+) ", re.MULTILINE)
MISSING = re.compile(r"^\[(\d+\.\d+)\] no answer yet for icmp_seq=(\d+)$", re.MULTILINE)
Run = Callable[[Sequence[str]], str]
# How many packets, at ten a second, may be lost when a tunnel comes back. In the userspace plane its new child carries at once, before this end has
# installed what the other sends by and whether it carries or not, until the health unit looks again (0.5 s). In the kernel it stands by.
RETURN_MAY_LOSE = {"kernel": 0, "userspace": 5}


@dataclass(frozen=True)
class Flow:
    """sent, lost: packets; gap_seconds: the longest stretch without an answer that was followed by one, or not by the end."""

    sent: int
    lost: int
    gap_seconds: float

    @property
    def told(self) -> str:
        return f"{self.lost} of {self.sent} packets lost, longest gap {self.gap_seconds:.1f} s"


def read(log: str, interval: float) -> Flow:
    """What a `ping -D -O` log says. The last packet may still be on its way and does not count."""
    answered = {int(number) for _, number in ANSWER.findall(log)}
    seen = answered | {int(number) for _, number in MISSING.findall(log)}
    last = max(seen, default=0)
    missing = sorted(number for number in range(1, last) if number not in answered)
    return Flow(last, len(missing), round(longest(missing) * interval, 3))


def longest(numbers: Iterable[int]) -> int:
    """The longest run of consecutive numbers, given in order."""
    best = run = 0
    before = None
    for number in numbers:
        run = run + 1 if before is not None and number == before + 1 else 1
        best, before = max(best, run), number
    return best


def start(run: Run, source: str, target: str, interval: float = 0.1) -> None:
    """Let packets flow from a host, and those that a run left that failed no more."""
    run(["sh", "-c", f"if systemctl is-active --quiet {UNIT}.service; then systemctl stop {UNIT}.service; fi"])
    run(["systemd-run", "--quiet", "--collect", f"--unit={UNIT}", f"--property=StandardOutput=truncate:{LOG}",
         "ping", "-D", "-O", "-n", "-i", str(interval), "-I", source, target])


def stop(run: Run, interval: float = 0.1) -> Flow:
    """End it and say what became of it."""
    run(["systemctl", "stop", f"{UNIT}.service"])
    return read(run(["cat", LOG]), interval)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(round(len(ordered) * share, 6)) - 1)] if ordered else 0.0
