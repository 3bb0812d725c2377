# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who asks for the writer, and when all of them have heard that it is leaving."""

from __future__ import annotations

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.switch.askers import RECENT, Askers

WRITER, LEAVING = 200, 404


class Times:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Times:
    return Times()


@pytest.fixture
def askers(clock: Times) -> Askers:
    made = Askers(clock)
    made.told("here", WRITER)
    clock.now += 0.1
    made.told("there", WRITER)
    return made


def test_the_last_one_to_hear_of_it_counts_and_only_once(askers: Askers, clock: Times) -> None:
    began = clock.now
    clock.now += 0.1
    askers.told("there", LEAVING)
    assert askers.all_told(LEAVING, began) is None, "one of two has not asked yet"
    clock.now += 0.2
    askers.told("here", LEAVING)
    heard = clock.now
    assert askers.all_told(LEAVING, began) == heard
    clock.now += 0.2
    askers.told("there", LEAVING)
    assert askers.all_told(LEAVING, began) == heard, "to hear it again is no news"


def test_who_does_not_ask_any_more_is_not_waited_for(askers: Askers, clock: Times) -> None:
    began = clock.now
    askers.told("there", LEAVING)
    clock.now = began + RECENT
    askers.told("there", LEAVING)
    assert askers.all_told(LEAVING, began) == began


def test_what_was_told_before_an_earlier_try_does_not_count(askers: Askers, clock: Times) -> None:
    askers.told("here", LEAVING)
    askers.told("there", LEAVING)
    clock.now += 0.5
    began = clock.now           # nothing came of that, nobody has asked in between, and now another try begins
    assert askers.all_told(LEAVING, began) is None
    askers.told("here", LEAVING)
    askers.told("there", LEAVING)
    assert askers.all_told(LEAVING, began) == began


def test_where_nobody_asks_nobody_is_waited_for(clock: Times) -> None:
    assert Askers(clock).all_told(LEAVING, 42.0) == 42.0
