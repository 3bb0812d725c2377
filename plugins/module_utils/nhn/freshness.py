# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether what is to be made again and again (a backup, a snapshot) was made lately: one rule for all kinds. Pure."""

from __future__ import annotations

GOOD, FAILED, TOO_OLD, MISSING, NOT_DUE = "good", "failed", "too_old", "missing", "not_due"
FINE = (GOOD, NOT_DUE)


def verdict(last_failed: bool, age: float | None, owner_age: float, limit: float) -> str:
    """One of the five. age: hours since the newest good one, None when there is none; owner_age: likewise of what they are made of, which
    may have had no turn so far while it is younger than `limit`.
    """
    if last_failed:
        return FAILED
    if age is None:
        return NOT_DUE if owner_age <= limit else MISSING
    return GOOD if age <= limit else TOO_OLD


def known(age: float | None) -> str:
    """What is left to rely on, in words."""
    return "there is no good one" if age is None else f"the newest good one is {age:.1f} h old"
