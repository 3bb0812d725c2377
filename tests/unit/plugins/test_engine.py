# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan engine: what it compares, what it refuses, how it carries a plan out."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.engine import (
    ROUNDS,
    Field,
    Plan,
    as_set,
    converge,
    includes,
    plan,
    unseen,
    wanted,
)
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Absent, BadInput, Fault, ReplyLost, Unchangeable
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.still_clock import StillClock

FIELDS = (
    Field("name"),
    Field("cidr", fixed=True, needed=True),
    Field("groups", same=as_set),
    Field("token", secret=True, same=unseen),
    Field("size"),
)
HAVE = {"id": "1", "name": "a", "cidr": "10.0.0.0/8", "groups": ["x", "y"], "size": 1}


def test_what_is_absent_is_created() -> None:
    assert plan(FIELDS, None, {"name": "a", "cidr": "c"}) == Plan("create", {}, {"name": "a", "cidr": "c"}, secret=frozenset({"token"}))


def test_what_is_there_and_unwanted_is_deleted() -> None:
    step = plan(FIELDS, HAVE, None)
    assert (step.action, step.before, step.after, step.changes) == ("delete", HAVE, {}, True)


def test_what_is_neither_there_nor_wanted_is_left() -> None:
    assert not plan(FIELDS, None, None).changes


def test_order_and_unread_fields_are_no_drift() -> None:
    assert plan(FIELDS, HAVE, {"name": "a", "groups": ["y", "x"], "token": "new"}).action == "none"


def test_only_what_differs_changes_and_the_rest_stays() -> None:
    step = plan(FIELDS, HAVE, {"name": "a", "size": 2})
    assert (step.action, step.drift, step.after) == ("update", ("size",), {**HAVE, "size": 2})


def test_fields_left_out_are_not_ours() -> None:
    assert not plan(FIELDS, HAVE, {"name": "a"}).changes


def test_a_fixed_field_stops_the_run_by_name() -> None:
    with pytest.raises(Unchangeable, match=r"cidr is '10.0.0.0/8', wanted '192.168.0.0/16'") as caught:
        plan(FIELDS, HAVE, {"cidr": "192.168.0.0/16", "size": 3})
    assert caught.value.names == ("cidr",)


def test_a_fixed_secret_is_not_quoted() -> None:
    with pytest.raises(Unchangeable) as caught:
        plan((Field("psk", fixed=True, secret=True),), {"psk": "CANARY-1"}, {"psk": "CANARY-2"})
    assert "CANARY" not in str(caught.value)


def test_all_that_a_new_thing_lacks_is_told_at_once() -> None:
    fields = (Field("a", needed=True), Field("b", needed=True), Field("c"))
    with pytest.raises(BadInput) as caught:
        plan(fields, None, {})
    assert [fault.split(":")[0] for fault in caught.value.faults] == ["a", "b"]


def test_options_not_given_are_not_wanted() -> None:
    assert wanted(FIELDS, {"name": "a", "size": None, "state": "present"}) == {"name": "a"}
    assert wanted(FIELDS, {"name": "a", "state": "absent"}) is None


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.one_of(st.integers(), st.none(), st.lists(st.integers())))))
def test_as_set_knows_no_order(items: list[dict[str, Any]]) -> None:
    assert as_set(items, list(reversed(items)))


@given(st.dictionaries(st.sampled_from("abc"), st.integers()), st.dictionaries(st.sampled_from("abcd"), st.integers()))
def test_a_plan_carried_out_leaves_nothing_to_do(have: dict[str, int], want: dict[str, int]) -> None:
    fields = tuple(Field(name) for name in "abcd")
    assert not plan(fields, plan(fields, have, want).after, want).changes


def test_includes_minds_only_what_is_asked() -> None:
    assert includes({"a": "1", "b": "2"}, {"a": 1})
    assert not includes(None, {"a": 1})


class Shelf:
    """A kind with one thing on it. script: what apply does instead, one entry a call: an exception is raised, after the write when
    it says so; None does as told."""

    fields = (Field("name"), Field("size"))

    def __init__(self, thing: dict[str, Any] | None, *script: Exception | None, deaf: bool = False, effective: bool = True) -> None:
        self.thing, self.script, self.deaf, self.effective, self.writes = thing, list(script), deaf, effective, 0

    def find(self) -> dict[str, Any] | None:
        return self.thing

    def apply(self, step: Plan) -> dict[str, Any]:
        self.writes += 1
        trouble = self.script.pop(0) if self.script else None
        if not self.deaf and (trouble is None or self.effective):
            self.thing = dict(step.after) or None
        if trouble:
            raise trouble
        return self.thing or {}

    def settled(self, now: dict[str, Any]) -> dict[str, Any]:
        return {**now, "settled": True}

    def converge(self, want: dict[str, Any] | None) -> dict[str, Any]:
        return converge(self, plan(self.fields, self.thing, want), want, StillClock())


def test_nothing_to_do_writes_nothing_but_still_settles() -> None:
    shelf = Shelf({"name": "a"})
    assert shelf.converge({"name": "a"}) == {"name": "a", "settled": True}
    assert shelf.writes == 0


def test_a_lost_reply_does_not_build_twice() -> None:
    shelf = Shelf(None, ReplyLost("create", "a"))
    assert shelf.converge({"name": "a"})["name"] == "a"
    assert shelf.writes == 1


def test_what_appears_between_the_plan_and_the_write_is_not_built_twice() -> None:
    class Telling(Shelf):
        actions: list[str] = []     # noqa: RUF012

        def apply(self, step: Plan) -> dict[str, Any]:
            self.actions.append(step.action)
            return super().apply(step)

    shelf = Telling(None)
    step = plan(shelf.fields, shelf.find(), {"name": "a", "size": 2})
    shelf.thing = {"name": "a", "size": 1}
    assert converge(shelf, step, {"name": "a", "size": 2}, StillClock())["size"] == 2
    assert shelf.actions == ["update"]


def test_a_write_that_was_lost_is_sent_again() -> None:
    shelf = Shelf(None, ReplyLost("create", "a"), effective=False)
    assert shelf.converge({"name": "a"})["name"] == "a"
    assert shelf.writes == 2


def test_a_lost_delete_is_done_when_it_is_gone() -> None:
    shelf = Shelf({"name": "a"}, ReplyLost("remove", "a"))
    assert shelf.converge(None) == {}
    assert shelf.writes == 1


@pytest.mark.parametrize(("there", "want", "writes"), [(None, {"name": "a"}, 2), ({"name": "a"}, {"name": "b"}, ROUNDS)])
def test_a_cloud_that_never_answers_is_given_up_with_its_words(there: dict[str, Any] | None, want: dict[str, Any], writes: int) -> None:
    """What is made is asked for twice and no oftener; what is only altered may be sent again."""
    shelf = Shelf(there, *[ReplyLost("create", "a")] * 20, effective=False)
    with pytest.raises(ReplyLost):
        shelf.converge(want)
    assert shelf.writes == writes


@pytest.mark.parametrize("lag", [59, 61])
def test_what_worked_unheard_is_not_built_twice_by_a_list_that_lags_for_less_than_a_minute(lag: int) -> None:
    clock = StillClock()

    class Lagging(Shelf):
        def find(self) -> dict[str, Any] | None:
            return self.thing if clock.now() >= lag else None

    shelf = Lagging(None, ReplyLost("create", "a"))
    converge(shelf, plan(shelf.fields, None, {"name": "a"}), {"name": "a"}, clock)
    assert shelf.writes == (1 if lag < 60 else 2)


def test_a_cloud_that_does_not_keep_what_it_accepts_is_named() -> None:
    with pytest.raises(Fault, match="keep size"):
        Shelf({"name": "a", "size": 1}, deaf=True).converge({"size": 2})


def test_needs_are_refused_before_anything_is_written() -> None:
    shelf = Shelf(None)
    with pytest.raises(Absent, match="vpc tickets-vpc"):
        converge(shelf, plan(shelf.fields, None, {"name": "a"}).needing(["vpc tickets-vpc"]), {"name": "a"}, StillClock())
    assert shelf.writes == 0


@pytest.mark.parametrize("lag", [0, 2, 59])
def test_a_change_is_not_written_twice_by_a_read_that_lags_for_less_than_a_minute(lag: int) -> None:
    clock = StillClock()

    class Lagging(Shelf):
        def find(self) -> dict[str, Any] | None:
            return self.thing if clock.now() >= lag else {"name": "a", "size": 1}

        def apply(self, step: Plan) -> dict[str, Any]:
            super().apply(step)
            return self.find() or {}

    shelf, want = Lagging({"name": "a", "size": 1}), {"name": "a", "size": 2}
    assert converge(shelf, plan(shelf.fields, {"name": "a", "size": 1}, want), want, clock)["size"] == 2
    assert shelf.writes == 1 and clock.now() >= lag


def test_what_shows_at_once_is_not_waited_for() -> None:
    clock = StillClock()
    shelf, want = Shelf({"name": "a", "size": 1}), {"name": "a", "size": 2}
    converge(shelf, plan(shelf.fields, shelf.thing, want), want, clock)
    assert (shelf.writes, clock.now()) == (1, 0)
