# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What goes wrong when, in one schedule: a seed decides all of it, and everything in it ends. Pure; strike.py does it.

A schedule may be as cruel as it likes, since whatever it does must never lead to two writers or a lost promise. Sales may pause: that the
service stands still while no quorum is to be had is intended.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

WINDOW = 12.0           # seconds in which things begin to go wrong
FEWEST, MOST = 2, 5     # strikes of one schedule
LONG_PAUSE = 0.15       # how many of the pauses are long ones
PAUSE, LONG = (1.0, 8.0), (20.0, 60.0)

BOTH = ("nhn", "aws")
EVERYWHERE = ("nhn", "aws", "third")


@dataclass(frozen=True)
class Kind:
    """weight: how often among others; places: one of them is struck, "" where there is no choice; seconds: how long, at least and at most,
    nothing for what happens once."""

    weight: float
    sentence: str
    places: tuple[str, ...] = ("",)
    seconds: tuple[float, float] = (0.0, 0.0)


KINDS: Mapping[str, Kind] = {
    # The lab's own faults, by their names.
    "nhn": Kind(3, "NHN is gone", seconds=(8, 20)),
    "aws": Kind(1, "AWS is gone", seconds=(3, 16)),
    "third": Kind(1, "the third place is gone", seconds=(3, 16)),
    "tunnel_a": Kind(1, "the first tunnel carries nothing", seconds=(3, 16)),
    "link": Kind(2, "both tunnels carry nothing", seconds=(3, 16)),
    "nhn_from_aws": Kind(1, "the clouds do not reach each other", seconds=(3, 16)),
    "internet_from_nhn": Kind(2, "nothing outside reaches NHN", seconds=(3, 16)),
    "internet_from_aws": Kind(1, "nothing outside reaches AWS", seconds=(3, 16)),
    "third_from_nhn": Kind(1, "NHN and the third place do not reach each other", seconds=(3, 16)),
    "third_from_aws": Kind(1, "AWS and the third place do not reach each other", seconds=(3, 16)),
    "nhn_to_aws": Kind(1, "what NHN sends to AWS is lost, what AWS sends arrives", seconds=(3, 16)),
    "aws_to_nhn": Kind(1, "what AWS sends to NHN is lost, what NHN sends arrives", seconds=(3, 16)),
    "nhn_to_third": Kind(1, "what NHN sends to the third place is lost", seconds=(3, 16)),
    "aws_to_third": Kind(1, "what AWS sends to the third place is lost", seconds=(3, 16)),
    "aws_control_plane": Kind(1, "AWS's control plane is away", seconds=(3, 16)),
    "nhn_control_plane": Kind(0.5, "NHN's control plane is away", seconds=(3, 16)),
    "nhn_ha": Kind(1, "NHN's database fails over inside NHN"),
    # Processes.
    "pause_agent": Kind(3, "the agent is stopped in its tracks (SIGSTOP)", BOTH, PAUSE),
    "kill_agent": Kind(2, "the agent is killed (SIGKILL)", BOTH),
    "pause_etcd": Kind(2, "the member of the quorum is stopped in its tracks (SIGSTOP)", EVERYWHERE, PAUSE),
    "stop_etcd": Kind(1, "the member of the quorum is down", EVERYWHERE, (3, 16)),
    "slow_etcd": Kind(2, "the agent reaches the quorum through a proxy that delays and cuts", BOTH, (5, 16)),
    # People.
    "kill_switch": Kind(2, "somebody moves the service, and that is killed at a random moment (SIGKILL)", ("aws", "aws", "nhn"), (0.1, 5)),
    "two_operators": Kind(2, "two people move the service at once", ("nhn nhn", "aws aws", "nhn aws")),
    "impatient_operator": Kind(1, "somebody has AWS take over although nothing is wrong", ("aws",)),
    "maintenance": Kind(1, "the site is put into maintenance", BOTH, (3, 12)),
}


@dataclass(frozen=True)
class Strike:
    """at: seconds after the schedule began; seconds: how long until it is undone; where: of the kind's places."""

    at: float
    kind: str
    where: str
    seconds: float

    def __str__(self) -> str:
        place = f" at {self.where}" if self.where else ""
        lasts = f", for {self.seconds:.1f} s" if self.seconds else ""
        return f"{self.at:5.1f} s: {self.kind}{place}{lasts}: {KINDS[self.kind].sentence}"


def schedule(seed: int) -> list[Strike]:
    """In the order of their moments. No kind strikes the same place twice: it could not be undone by itself."""
    dice = random.Random(f"faults {seed}")
    names, weights = list(KINDS), [kind.weight for kind in KINDS.values()]
    strikes: dict[tuple[str, str], Strike] = {}
    wanted = dice.randint(FEWEST, MOST)
    while len(strikes) < wanted:
        name = dice.choices(names, weights)[0]
        kind = KINDS[name]
        where, at = dice.choice(kind.places), dice.uniform(0, WINDOW)
        span = LONG if kind.seconds == PAUSE and dice.random() < LONG_PAUSE else kind.seconds
        strikes.setdefault((name, where), Strike(round(at, 2), name, where, round(dice.uniform(*span), 2)))
    return sorted(strikes.values(), key=lambda strike: strike.at)


def length(strikes: list[Strike]) -> float:
    """Seconds until the last one is undone."""
    return max((strike.at + strike.seconds for strike in strikes), default=0.0)
