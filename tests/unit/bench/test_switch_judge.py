# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The judge of a history: a clean one passes, and whatever must never be in one is seen, by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.proof.buyer import Attempt

from bench.switch.history import Gate, Told
from bench.switch.judge import Held, Switched, both_open, failed, freed, judge, open_spans, outages, planned

SEATS = 10


def told(t: float, seat: str, site: str, epoch: int, *, client: int = 0, key: str | None = None, ticket: str | None = None, ack: str = "local",
         sent: float | None = None) -> Told:
    return Told(client, Attempt(t, t - 0.1 if sent is None else sent, key or f"k{seat}", 1, seat, 201, site, epoch, ack, ticket or f"t{seat}",
                                by_site=site, by_epoch=epoch))


def refused(t: float, seat: str, status: int = 503, client: int = 0) -> Told:
    return Told(client, Attempt(t, t - 0.1, f"k{seat}", 1, seat, status))


def looks(site: str, start: float, end: float, epoch: int = 1, valid: float = 4.0) -> list[Gate]:
    """Ten looks a second at an open gate."""
    return [Gate(site, start + step / 10, start + step / 10 + 0.01, f"server-{site}", epoch, valid) for step in range(round((end - start) * 10) + 1)]


MOVE = [told(1, "A", "nhn", 1), told(2, "B", "nhn", 1), refused(3, "C"), told(30, "C", "aws", 2), told(31, "D", "aws", 2)]
HELD = [Held(f"k{seat}", f"t{seat}", seat) for seat in "ABCD"]
GATES = [*looks("nhn", 0, 2.5), *looks("aws", 15, 31, 2)]


def judged(attempts: list[Told] | None = None, gates: list[Gate] | None = None, held: list[Held] | None = None,
           salvaged: tuple[Held, ...] = ()) -> Any:
    return judge(MOVE if attempts is None else attempts, GATES if gates is None else gates, HELD if held is None else held, salvaged, SEATS)


def test_a_clean_move_has_nothing_against_it() -> None:
    found = judged()
    assert found.violations == []
    assert (found.acknowledged, found.attempts, found.dual_writer_intervals) == (4, 5, 0)


def test_two_sites_that_acknowledge_at_once_are_seen() -> None:
    late = told(30.5, "E", "nhn", 1, sent=30.2)
    found = judged([*MOVE, late], held=[*HELD, Held("kE", "tE", "E")])
    assert found.dual_writer_intervals == 1 and any("went on acknowledging" in each for each in found.violations)


def test_two_gates_open_at_once_are_seen_though_nobody_bought() -> None:
    found = judged(gates=[*looks("nhn", 0, 20), *looks("aws", 15, 31, 2)])
    assert found.dual_writer_intervals == 1 and "nhn and aws were open together for 4" in found.violations[0].replace("aws and nhn", "nhn and aws")


def test_a_gate_nobody_saw_in_between_is_not_taken_for_open() -> None:
    # Open at 0 and again at 20: between them nobody looked for longer than the first look vouched for.
    apart = [*looks("nhn", 0, 1, valid=0.5), *looks("nhn", 20, 21)]
    assert both_open(open_spans([*apart, *looks("aws", 5, 15, 2)])) == []


def test_another_epoch_or_server_is_another_span() -> None:
    one = looks("nhn", 0, 1)
    assert len(open_spans([*one, *looks("nhn", 1.1, 2, epoch=2)])) == 2
    assert len(open_spans([*one, *(replace(look, server_uuid="new") for look in looks("nhn", 1.1, 2))])) == 2
    assert len(open_spans([*one, *(replace(look, valid_for=0.0) for look in looks("nhn", 1.1, 2))])) == 1


@pytest.mark.parametrize(("ack", "kept", "lost", "salvage"), [
    ("both_sites", False, 1, 0), ("both_sites", True, 1, 0), ("local", False, 1, 0), ("local", True, 0, 1)])
def test_a_promise_that_is_missing_is_lost_unless_it_was_local_and_is_kept(ack: str, kept: bool, lost: int, salvage: int) -> None:
    attempts = [*MOVE, told(2.2, "E", "nhn", 1, ack=ack)]
    found = judged(attempts, salvaged=(Held("kE", "tE", ""),) if kept else ())
    assert (found.lost_acknowledged, found.salvage) == (lost, salvage)
    assert bool(found.violations) is bool(lost)


def test_one_wish_told_two_tickets_is_seen() -> None:
    found = judged([*MOVE, told(32, "A", "aws", 2, ticket="t-other")], held=[*HELD, Held("kA", "t-other", "E")])
    assert found.duplicated == 1


def test_a_seat_promised_to_two_people_is_seen() -> None:
    twice = [*MOVE, told(32, "A", "aws", 2, key="k-other", ticket="t-other")]
    found = judged(twice, held=[*HELD, Held("k-other", "t-other", "A")])
    assert found.oversold >= 1 and any("promised to 2 people" in each for each in found.violations)


def test_a_seat_sold_again_after_a_local_promise_was_left_behind_is_for_people() -> None:
    twice = [*MOVE, told(32, "A", "aws", 2, key="k-other", ticket="t-other")]
    held = [*HELD[1:], Held("k-other", "t-other", "A")]
    found = judged(twice, held=held, salvaged=(HELD[0],))
    assert (found.violations, found.conflicts, found.salvage, found.oversold) == ([], 1, 1, 0)
    assert judged(twice, held=held).violations, "without the report it is lost"


@pytest.mark.parametrize("held", [[*HELD, Held("kX", "tX", "A")], [Held(f"k{n}", f"t{n}", f"s{n}") for n in range(SEATS + 1)] + HELD])
def test_more_tickets_than_seats_are_seen(held: list[Held]) -> None:
    assert judged(held=held).oversold >= 1


def test_the_pause_is_everybodys_together_and_each_ones() -> None:
    together, each_one = outages([told(1, "A", "nhn", 1), told(2, "B", "nhn", 1, client=1), told(20, "C", "aws", 2),
                                  told(25, "D", "aws", 2, client=1)])
    assert together is not None and together.seconds == 18
    assert each_one == {0: 19, 1: 23}


def test_requests_that_have_to_be_asked_again_are_counted_in_their_time() -> None:
    attempts = [refused(1, "A"), refused(5, "A", 0), refused(6, "A", 409), told(7, "B", "nhn", 1), refused(20, "C")]
    assert (failed(attempts, 4, 10), failed(attempts, 0, 30)) == (1, 3)


def test_of_two_planned_moves_each_has_its_own_pause() -> None:
    story = [told(1, "A", "nhn", 1), told(2, "B", "nhn", 1), refused(2.5, "C"), told(3.5, "C", "aws", 2), told(9, "D", "aws", 2),
             told(12, "E", "nhn", 3)]
    out, home = Switched(1.8, 3.0, [{"name": "judge", "seconds": 0.1}]), Switched(9.5, 11.0, [])
    assert planned(story, out, "aws") == {"to": "aws", "planned_pause_seconds": 1.5, "planned_failed_requests": 1, "planned_steps": {"judge": 0.1}}
    assert planned(story, home, "nhn") == {"to": "nhn", "planned_pause_seconds": 3, "planned_failed_requests": 0, "planned_steps": {}}
    assert planned(story, home, "aws")["planned_pause_seconds"] is None, "nobody was served there after it"


def test_the_record_is_free_once_its_time_and_a_margin_are_over() -> None:
    looks = [Gate("nhn", 99.9, 100.0, "n", 1, 8.5), Gate("nhn", 100.9, 101.0, "n", 1, 7.5), Gate("nhn", 101.9, 102.0, "n", 1, 8.8),
             Gate("aws", 120.0, 120.1, "a", 2, 8.0), Gate("nhn", 112.0, 112.1, "n", 1, 0)]
    assert freed(looks, "nhn", 1.0) == pytest.approx(112.8) and freed(looks[3:], "nhn", 1.0) is None
