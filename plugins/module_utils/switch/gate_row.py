# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A row of dr.gate as who has read it knows it. Apart from the gate, as a member of the quorum has no database and none of its libraries."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One row of dr.gate. Times in epoch seconds of the clock of the database that wrote them. `epoch` 0: that server has never written."""

    server_uuid: str
    site: str
    epoch: int
    valid_until: float
    sequence: int
    beat_at: float
