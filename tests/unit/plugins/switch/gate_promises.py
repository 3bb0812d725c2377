# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every gate's table promises, the double of the simulation and the one in MySQL alike.

A test class inherits `GatePromises` and gives the fixture `gate`: a GateTable without rows.
"""

from __future__ import annotations

from typing import Any


class GatePromises:
    """The tests. `gate` is any GateTable of switch.gate."""

    def test_the_life_of_a_gate(self, gate: Any) -> None:
        look = gate.look()
        assert look.own is None and look.valid_for == 0 and look.remembered_epoch is None and look.age("nhn") is None
        assert gate.beat(1) is None and gate.renew(1, look.now + 9) is False and gate.close() is False

        assert gate.open("nhn", 1, look.now + 9)
        look = gate.look()
        assert look.own is not None and (look.own.site, look.own.epoch, look.own.sequence) == ("nhn", 1, 1)
        assert 8 < look.valid_for <= 9 and look.remembered_epoch == 1

        left = gate.beat(1)
        assert left is not None and 8 < left <= 9
        assert gate.look().own.sequence == 2
        assert gate.beat(2) is None, "a beat at an epoch that is not the row's writes nothing"

        assert gate.renew(1, look.now + 20) and gate.renew(1, look.now + 12)
        assert gate.look().valid_for > 15, "validity never moves backwards by a renewal that comes late"
        assert gate.renew(2, look.now + 99) is False
        assert gate.look().age("nhn") < 1

        assert gate.close() and gate.look().valid_for == 0
        before = gate.look().own
        assert gate.beat(1) is None and gate.look().own == before, "a shut gate takes no beat"

    def test_an_older_epoch_never_comes_back(self, gate: Any) -> None:
        now = gate.look().now
        gate.open("nhn", 3, now - 1)
        gate.open("nhn", 2, now + 9)
        assert gate.look().own.epoch == 3 and gate.look().valid_for == 0
        gate.open("nhn", 4, now + 9)
        assert gate.look().own.epoch == 4 and gate.look().valid_for > 7

    def test_a_beat_moves_no_validity_and_a_run_out_row_takes_none(self, gate: Any) -> None:
        now = gate.look().now
        gate.open("nhn", 3, now + 9)
        before = gate.look().own
        assert gate.beat(3) is not None
        after = gate.look().own
        assert after.valid_until == before.valid_until
        assert after.sequence == before.sequence + 1 and after.beat_at > before.beat_at

        gate.open("nhn", 4, now - 1)
        before = gate.look().own
        assert gate.beat(4) is None and gate.look().own == before

    def test_a_renewal_at_another_epoch_changes_nothing(self, gate: Any) -> None:
        now = gate.look().now
        gate.open("nhn", 3, now + 9)
        before = gate.look().own
        assert gate.renew(2, now + 99) is False and gate.renew(4, now + 99) is False
        assert gate.look().own == before

    def test_a_gate_that_is_retired_is_opened_by_no_renewal_for_that_reign(self, gate: Any) -> None:
        now = gate.look().now
        gate.open("nhn", 3, now + 9)
        before = gate.look().own
        assert gate.retire(2) is False and gate.retire(4) is False and gate.look().own == before
        assert gate.retire(3)
        after = gate.look()
        assert after.valid_for == 0 and (after.own.epoch, after.own.sequence) == (4, before.sequence + 1)
        assert gate.renew(3, now + 99) is False and gate.beat(3) is None and gate.look().own == after.own, "however late they arrive"
        assert gate.retire(3) is False

    def test_a_mark_counts_on_where_nothing_can_be_written_any_more(self, gate: Any) -> None:
        now = gate.look().now
        assert gate.mark(3) is False, "there is no row"
        gate.open("nhn", 3, now + 9)
        before = gate.look().own
        assert gate.mark(3) is False and gate.look().own == before, "whoever writes now is behind it"
        gate.retire(3)
        before = gate.look().own
        assert gate.mark(3) is False and gate.mark(5) is False and gate.look().own == before
        assert gate.mark(4) and gate.mark(4)
        after = gate.look()
        assert after.valid_for == 0 and (after.own.epoch, after.own.sequence) == (4, before.sequence + 2)

    def test_a_fence_shuts_what_is_of_an_earlier_reign_and_nothing_else(self, gate: Any) -> None:
        now = gate.look().now
        assert gate.fence(9) is False, "there is no row"
        gate.open("nhn", 3, now + 9)
        before = gate.look().own
        assert gate.fence(3) is False and gate.fence(2) is False and gate.look().own == before, "it is the writer by now: who fences has slept"
        assert gate.fence(4) and gate.look().valid_for == 0 and gate.look().own.epoch == 3
        assert gate.fence(4) is False, "it was shut already"

    def test_a_server_that_never_wrote_is_told_whose_it_is_by_one_that_writes(self, gate: Any) -> None:
        now = gate.look().now
        assert gate.assign("server-9", "aws", 3) is False, "nobody writes here"
        gate.open("nhn", 3, now - 1)
        assert gate.assign("server-9", "aws", 3) is False, "nor does a server whose gate has run out"
        gate.open("nhn", 3, now + 9)
        before = gate.look()
        assert gate.assign("server-9", "aws", 2) is False and gate.assign("server-9", "aws", 4) is False and gate.look().rows == before.rows
        assert gate.assign("server-9", "aws", 3)
        after = gate.look()
        assert after.rows == before.rows and after.remembered_epoch == 3 and after.age("aws") is None, "it is no row of anybody who ever wrote"
        assert [(row.server_uuid, row.site, row.epoch, row.valid_until) for row in after.named] == [("server-9", "aws", 0, 0.0)]
        assert after.has_row("server-9") and not before.has_row("server-9") and after.whose == "nhn"

    def test_whoever_has_a_row_is_not_named_anew(self, gate: Any) -> None:
        now = gate.look().now
        gate.open("nhn", 3, now + 9)
        writer = gate.look().server_uuid
        assert gate.assign("server-9", "aws", 3)
        before = gate.look()
        assert gate.assign("server-9", "nhn", 3) is False and gate.assign(writer, "aws", 3) is False
        assert (gate.look().rows, gate.look().named) == (before.rows, before.named)
