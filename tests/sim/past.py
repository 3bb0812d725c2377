# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A store that is set back while it lives, as when most of its members lose what they had written last.

It goes back to an earlier epoch of who holds the record now. Further back it would name another site, which may have slept since and know no
better: its gate is opened beside one that is still valid, and no code can help that. Nor can it where the record is offered in that past.
"""

from __future__ import annotations

from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Record


class Past:
    """`at`: when it is set back, or as soon afterwards as there is anything to go back to; never as it is. `far`: to the first epoch, and not to the
    latest one.
    """

    def __init__(self, at: float = float("inf"), far: bool = False) -> None:
        self._at, self._far = at, far
        self._written: list[Record] = []
        self._over = False

    def note(self, record: Record) -> None:
        """It has been written."""
        if not record.offer:
            self._written.append(record)

    def instead_of(self, held: Record | None, now: float) -> Record | None:
        """What the store says from now on; None when it is not set back now."""
        if self._over or held is None or now < self._at:
            return None
        earlier = [each for each in self._written if each.writer == held.writer and each.epoch < held.epoch]
        if not earlier:
            return None
        self._over = True
        return next(each for each in reversed(earlier) if each.epoch == (earlier[0] if self._far else earlier[-1]).epoch)
