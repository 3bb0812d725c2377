# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A schedule is decided by its seed alone, everything in it ends, and everything in it can be done."""

from __future__ import annotations

import ast
from itertools import chain
from pathlib import Path

from bench.switch import strike
from bench.switch.schedule import FEWEST, KINDS, LONG, MOST, WINDOW, length, schedule
from lab import faults

SEEDS = range(400)


def test_a_seed_decides_all_of_it() -> None:
    assert schedule(7) == schedule(7)
    assert schedule(7) != schedule(8)


def test_everything_begins_in_its_window_and_ends() -> None:
    for seed in SEEDS:
        strikes = schedule(seed)
        assert FEWEST <= len(strikes) <= MOST
        assert strikes == sorted(strikes, key=lambda each: each.at)
        assert length(strikes) <= WINDOW + LONG[1]
        for each in strikes:
            least, most = KINDS[each.kind].seconds
            assert 0 <= each.at <= WINDOW
            assert least <= each.seconds <= max(most, LONG[1] if each.kind.startswith("pause") else 0)
            assert each.where in KINDS[each.kind].places
        assert len({(each.kind, each.where) for each in strikes}) == len(strikes), "what strikes one place twice cannot be undone by itself"


def test_every_kind_comes_up_long_pauses_too() -> None:
    strikes = list(chain.from_iterable(map(schedule, SEEDS)))
    assert {each.kind for each in strikes} == set(KINDS)
    assert any(each.seconds >= LONG[0] for each in strikes if each.kind == "pause_agent")


def test_every_kind_is_the_labs_or_can_be_done() -> None:
    tree = ast.parse(Path(strike.__file__).read_text(encoding="utf-8"))
    done = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert set(KINDS) <= {*faults.TABLE, *done}
