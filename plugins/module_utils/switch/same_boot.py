# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What one process hands to another of the same host by /status: times of a clock that counts from the boot, and say nothing in another."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..mysql.clocks import Offset
from .record import Record, Seen, Sight


def sight_to_plain(sight: Sight | None) -> dict[str, Any] | None:
    """A sight for /status. Its times are CLOCK_MONOTONIC seconds of this boot of this host, so another process here may go on from it."""
    if sight is None:
        return None
    record = sight.seen.record
    return {"record": record.to_plain() if record else None, "revision": sight.seen.revision, "since": sight.since, "last": sight.last,
            "looked": sight.looked, "alive": sight.alive, "reached": sight.reached, "boot": _boot()}


def sight_from_plain(plain: Any) -> Sight | None:
    """None when there is none, when it was made in another boot, whose clock says nothing here, or when another release tells it in another way."""
    if not isinstance(plain, Mapping) or plain.get("boot") != _boot():
        return None
    try:
        record = Record.from_plain(plain["record"]) if plain["record"] else None
        since, last, looked = (float(plain[name]) for name in ("since", "last", "looked"))
        if not all(map(math.isfinite, (since, last, looked))):
            return None
        reached = plain.get("reached")
        return Sight(Seen(record, int(plain["revision"])), since, last, looked, bool(plain["alive"]), None if reached is None else int(reached))
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        return None


def offset_to_plain(offset: Offset | None, said: str | None, now: float) -> dict[str, Any]:
    """The clocks' offset for /status, as of `now`: whoever reads it elsewhere has another clock, and takes it as it is. `measured` in CLOCK_MONOTONIC
    seconds of this boot of this host.
    """
    known = vars(offset.as_of(now)) if offset else {}
    return {**known, "said": said, "boot": _boot()}


def offset_from_plain(plain: Any) -> Offset | None:
    """None when there is none, when it was measured in another boot, or when another release tells it in another way."""
    if not isinstance(plain, Mapping) or plain.get("boot") != _boot():
        return None
    try:
        return Offset(float(plain["seconds"]), float(plain["bound"]), float(plain["measured"]))
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
