# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`python -m tests.sim SEED`: play one schedule and tell it. `python -m tests.sim --count N [--first SEED]`: play many; the first that fails
is shrunk to the few events that matter, and told with the command that plays them again.

Exit 1 when something happened that must never happen.
"""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import ExitStack

from pytest import MonkeyPatch

from .failing import minimal, told
from .planted import PLANTED
from .schedule import play


def main() -> int:
    """Play what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.sim", description=__doc__)
    parser.add_argument("seed", type=int, nargs="?", help="play this one and tell its story")
    parser.add_argument("--only", help="with SEED: only these events, divided by ';'")
    parser.add_argument("--plant", choices=sorted(PLANTED), help="with a bug planted on purpose")
    parser.add_argument("--count", type=int, help="play so many")
    parser.add_argument("--first", type=int, default=0, help="with --count: beginning with this seed")
    parser.add_argument("--calm", type=float, default=0.0, help="seconds without trouble afterwards; somebody must be selling at their end")
    options = parser.parse_args()
    if (options.seed is None) == (options.count is None):
        parser.error("say a SEED or --count, one of them")
    with ExitStack() as stack:
        if options.plant:
            PLANTED[options.plant](stack.enter_context(MonkeyPatch.context()))
        if options.seed is not None:
            schedule = play(options.seed, None if options.only is None else [each for each in options.only.split(";") if each],
                            options.calm)
            print(told(schedule, planted=options.plant))
            return int(bool(schedule.world.violations))
        began = time.monotonic()
        for seed in range(options.first, options.first + options.count):
            schedule = play(seed, calm=options.calm)
            if schedule.world.violations:
                print(minimal(schedule, options.plant))
                return 1
        print(f"{options.count} schedules from seed {options.first}: 0 violations, {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
