# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tables that are left out, by name. A name that fits nothing would leave out nothing, and be believed to."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ...faults import BadInput

# Each server has rows of its own there, or (dr.compared) they tell of a copy and are none of it; they may not have come to be yet.
OURS = ("dr.gate", "dr.crossing", "dr.salvaged", "dr.compared")
LISTED = 50


def refuse_unknown(ignore: Sequence[str], known: Collection[str]) -> None:
    """`known`: labels of the tables of both servers. Raises BadInput with every name that is none of them, by its place in the list."""
    there = sorted(known)
    listed = ", ".join(there[:LISTED]) + (f" and {len(there) - LISTED} more" if len(there) > LISTED else "")
    if faults := [f"ignore[{place}]: {label!r} is no table of these schemas on either server; known are {listed or 'none'}"
                  for place, label in enumerate(ignore) if label not in known and label not in OURS]:
        raise BadInput(faults)
