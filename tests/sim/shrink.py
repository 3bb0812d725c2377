# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a schedule that fails to the fewest events that still make it fail (delta debugging). Pure: how to play is handed in."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def shrink(events: Sequence[str], fails: Callable[[Sequence[str]], bool]) -> list[str]:
    """The smallest part of `events` found that still fails: nothing in it can be left out alone. `fails` must be true of all of them.

    An event whose dice fall only because of another one is not in the result without it, so what is left is a story.
    """
    left = list(events)
    parts = 2
    while len(left) > 1:
        size = -(-len(left) // parts)
        chunks = [left[start:start + size] for start in range(0, len(left), size)]
        for chunk in chunks:
            rest = [event for event in left if event not in chunk]
            if rest and fails(rest):
                left, parts = rest, max(parts - 1, 2)
                break
        else:
            if size == 1:
                break
            parts = min(len(left), parts * 2)
    if len(left) == 1 and fails([]):
        return []
    return left
