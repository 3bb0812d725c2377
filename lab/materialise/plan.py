# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What has to be done to get from the containers there are to the specs there should be. Pure: decides, acts never.

A site nobody could look at, or that `lab break` has taken down, is left exactly as it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from lab.materialise.specs import Host, Network, Spec

Verb = Literal["create", "start", "stop", "update", "remove"]


@dataclass(frozen=True)
class Thing:
    """A network or container of ours. `run`: which run of it this is (pid and start), empty when it does not run."""

    name: str
    site: str
    identity: str                   # `fingerprint` of the spec it was made from
    run: str = ""
    is_network: bool = False


@dataclass(frozen=True)
class Action:
    verb: Verb
    name: str
    spec: Spec | None = None
    run: str = ""                   # the run an update is for


def fingerprint(spec: Spec) -> str:
    """Twelve hex digits that change exactly when only a rebuild can bring the change about."""
    return hashlib.sha256(repr((type(spec).__name__, spec.identity)).encode()).hexdigest()[:12]


def plan(
    want: Mapping[str, Spec], have: Mapping[str, Thing], sites: Collection[str], applied: Mapping[str, tuple[Spec, str]],
    occupied: Collection[str] = (),
) -> list[Action]:
    """The actions that can start now, at most one per name; what depends on them comes with the next plan.

    `sites`: those that were looked at and are not broken. `applied`: {name: (spec, run) last brought into force}.
    `occupied`: networks some container is on, ours or another's; they cannot go yet.
    """
    want = {name: spec for name, spec in want.items() if spec.site in sites}
    mine = {name: thing for name, thing in have.items() if thing.site in sites}
    return [*_removals(want, mine, occupied), *_work(want, mine, applied)]


def _removals(want: Mapping[str, Spec], mine: Mapping[str, Thing], occupied: Collection[str]) -> Iterator[Action]:
    for name, thing in mine.items():
        wrong = name not in want or thing.identity != fingerprint(want[name])
        if wrong and not (thing.is_network and name in occupied):
            yield Action("remove", name)


def _work(want: Mapping[str, Spec], mine: Mapping[str, Thing], applied: Mapping[str, tuple[Spec, str]]) -> Iterator[Action]:
    for name, spec in want.items():
        thing, powered = mine.get(name), not isinstance(spec, Host) or spec.powered
        if not powered:
            if thing and thing.run:
                yield Action("stop", name, spec)
        elif thing is None:
            network = None if isinstance(spec, Network) else mine.get(spec.network)
            if isinstance(spec, Network) or (network and network.identity == fingerprint(want[spec.network])):
                yield Action("create", name, spec)
        elif thing.identity != fingerprint(spec) or thing.is_network:
            continue
        elif not thing.run:
            yield Action("start", name, spec)
        elif applied.get(name) != (spec, thing.run):
            yield Action("update", name, spec, thing.run)
