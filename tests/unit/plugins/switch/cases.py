# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The corpus of verdicts: a file is what was seen, and what must be concluded from it. Anybody may add one.

given: a mapping is what was seen, {no_answer: why} and {not_looked: why} what they say, absent: did not look. `planned` and `overrides` are
what a person asks for. expect: verdict, action, because; override, overridden and writes where they are not None, [] and false.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from ansible_collections.multicloud.dr.plugins.module_utils.switch import verdict
from ansible_collections.multicloud.dr.plugins.module_utils.switch.observations import (
    ComparedView,
    GateView,
    LinkView,
    MembersView,
    NoAnswer,
    NotLooked,
    Observations,
    PeerView,
    RecordView,
    ReplicaView,
    Saw,
)
from ansible_collections.multicloud.dr.plugins.module_utils.switch.timing import TIMINGS

CORPUS = sorted((Path(__file__).parents[3] / "corpus" / "verdict").glob("*.yml"))
TIMING = TIMINGS["default"]
VIEWS = {"record": RecordView, "gate": GateView, "replica": ReplicaView, "members": MembersView, "peer": PeerView, "link": LinkView,
         "compared": ComparedView}
PLAIN = ("site", "unfinished", "maintenance", "takeovers", "alone")


def observations(given: dict[str, Any]) -> Observations:
    """The part of `given` that was seen, or not."""
    seen: dict[str, Any] = {}
    for name, value in given.items():
        if name in PLAIN:
            seen[name] = value
        elif isinstance(value, dict) and value.keys() == {"no_answer"}:
            seen[name] = NoAnswer(value["no_answer"])
        elif isinstance(value, dict) and value.keys() == {"not_looked"}:
            seen[name] = NotLooked(value["not_looked"])
        else:
            seen[name] = Saw(VIEWS[name](**value) if name in VIEWS else value)
    return Observations(**seen)


def concluded(given: dict[str, Any]) -> verdict.Verdict:
    """What our code makes of it."""
    given = dict(given)
    ask = verdict.judge_planned if given.pop("planned", False) else verdict.judge
    return ask(observations({name: value for name, value in given.items() if name != "overrides"}), TIMING, overrides=given.get("overrides", ()))


def load(path: Path) -> dict[str, Any]:
    case: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return case
