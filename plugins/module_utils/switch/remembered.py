# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How far the record had come before it was read, by what is remembered outside of it: whoever finds it further back than that must not go by it.

Looks are not made at one moment, so their order counts: a row of dr.gate that came after the record was read says nothing about what was read.
Only what was known before that read began may be held against it. Then there is no false alarm, as a gate follows the record: a row is opened at
an epoch that the record has already. One row alone is ahead of it, by one epoch: that of a holder which has retired its gate and has not offered
the record yet, or will not (release.py). Such a row was shut for good, so its `valid_until` is 0, and it is of the very site that holds the record.
"""

from __future__ import annotations

from dataclasses import dataclass

from .gate_row import Row


@dataclass(frozen=True)
class Known:
    """`highest`: of the epochs that the record itself was seen at from this host; None when it never was. `rows`: of dr.gate in the database here;
    those of another site count as well, as they replicate.
    """

    highest: int | None = None
    rows: tuple[Row, ...] = ()

    def reached(self, writer: str) -> int | None:
        """The epoch that the record must have come to, if it names `writer`; None when nothing is known."""
        rows = [row.epoch - (row.site == writer and row.valid_until == 0) for row in self.rows]
        return max((each for each in (self.highest, *rows) if each is not None), default=None)


NOTHING = Known()       # by who has neither a memory nor a database to ask
