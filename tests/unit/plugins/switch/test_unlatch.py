# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The marker goes last and only when users belong to the primary; what is told beforehand is what is done."""

from __future__ import annotations

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.switch.observations import Look, NoAnswer, Saw
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Offer, Record, Seen, Unanswered
from ansible_collections.multicloud.dr.plugins.module_utils.switch.unlatch import Refused, Unlatch

HOME = Record("nhn", 5, 40)
OPEN = Saw(True)


class World:
    """Where the marker, the record and the edge are. `then`: what the record says once the marker was taken away."""

    def __init__(self, held: Record | None = HOME, edge: Look[bool] = OPEN, then: Record | Exception | None = None) -> None:
        self.held, self.edge, self.then = held, edge, then
        self.marker: int | None = 4
        self.changes = 0

    def read(self) -> Seen:
        if isinstance(self.held, Exception):
            raise self.held
        return Seen(self.held, 7)

    def swap(self, *_: object) -> None:
        raise AssertionError("the record is not this one's to change")

    def stands(self) -> bool:
        return self.marker is not None

    def set(self, epoch: int) -> None:
        self.marker, self.changes = epoch, self.changes + 1

    def clear(self) -> None:
        self.marker, self.changes = None, self.changes + 1
        if self.then is not None:
            self.held = self.then       # type: ignore[assignment]

    def unlatch(self) -> Unlatch:
        return Unlatch("aws", "nhn", self, self, lambda: self.edge)         # type: ignore[arg-type]


def test_it_goes_and_what_is_told_is_what_is_done() -> None:
    world = World()
    told = world.unlatch().plan()
    assert world.stands() and world.changes == 0, "a plan only reads"
    done = list(world.unlatch().run())
    assert [(row["name"], row["changed"]) for row in told] == [(row["name"], row["changed"]) for row in done] == [("judge", False), ("marker", True)]
    assert not world.stands()
    assert [row["changed"] for row in world.unlatch().run()] == [False] and world.changes == 1, "what is done is not done again"


@pytest.mark.parametrize(("world", "words"), [
    (World(Record("aws", 4, 9)), "AWS writes .epoch 4., and the marker leads users there"),
    (World(None), "says nothing of who writes"),
    (World(Record("nhn", 5, 40, Offer("aws", "uuid", 9))), "offers the record to AWS"),
    (World(edge=Saw(False)), "nothing behind it can serve"),
    (World(edge=NoAnswer("http://x: timed out")), "http://x: timed out"),
])
def test_it_stays_where_users_belong_to_the_standby(world: World, words: str) -> None:
    with pytest.raises(Refused, match=words):
        list(world.unlatch().run())
    assert world.marker == 4 and world.changes == 0


def test_a_site_without_a_marker_says_so() -> None:
    with pytest.raises(Refused, match="AWS has no marker: `latch`"):
        Unlatch("aws", "nhn", World(), None, lambda: OPEN).plan()           # type: ignore[arg-type]


def test_a_record_that_gives_no_answer_is_no_leave() -> None:
    world = World()
    world.held = Unanswered("no member answers")        # type: ignore[assignment]
    with pytest.raises(OSError, match="Who writes is not known: no member answers"):
        list(world.unlatch().run())
    assert world.marker == 4


def test_whoever_takes_over_meanwhile_has_his_marker_again() -> None:
    world = World(then=Record("aws", 6, 1))
    with pytest.raises(Refused, match="AWS has taken over at epoch 6"):
        list(world.unlatch().run())
    assert world.marker == 6


def test_an_election_while_it_goes_is_told_and_the_next_run_sees_who_took_over() -> None:
    world = World(then=Unanswered("no leader"))
    with pytest.raises(OSError, match=r"The marker .* is gone, and Who writes is not known: no leader\. Run this again"):
        list(world.unlatch().run())
    world.held, world.then = Record("aws", 6, 1), None
    with pytest.raises(Refused, match=r"No marker stands, but AWS writes .epoch 6.*Write it again: any object at"):
        world.unlatch().plan()
