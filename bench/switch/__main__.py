# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The switch, measured on the lab's real processes.

kills       NHN dies while people buy, so many times, in one profile or in both; what they saw of it, and the way home between
moves       planned moves to AWS and home while people buy
schedules   random schedules of faults, each judged: one writer, nothing lost, nothing twice, and all is well again afterwards
simulated   so many schedules in simulated time (tests.sim), on both cores
figures     build/bench/switch.json from everything measured so far

Every row is kept in build/bench/switch/rows.jsonl as soon as it is measured, so a run that is ended by Ctrl-C loses nothing; the lab is healed
then. Run again, it goes on: --count says how many there shall be in the end.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

from bench.record import BENCH, OF_THE_SWITCH, ROOT, record, tree
from bench.site import Failed
from lab.ownership import NotRoot
from lab.progress import say

from . import real, rows
from .build import ready
from .home import NotHome, mend_all
from .kill import kill_round
from .move import move_round
from .profiles import OVER_FLOOR, PROFILES

FOLDER = BENCH / "switch"
ROWS = FOLDER / "rows.jsonl"
TREE = tree(*OF_THE_SWITCH)
SIMULATED_BY = tree(*OF_THE_SWITCH, "tests/sim")
OF_AGENTS = ("agent_mb", "agent_cpu_percent")       # bench.agent's
EVERY_NTH_WITHOUT_CONTROL_PLANE = 4     # kills in which AWS's control plane is away as well


def measured() -> list[dict[str, Any]]:
    """Rows of the code as it is now; what other code did says nothing of it."""
    return [row for row in rows.load(ROWS) if row.get("tree") == _code(row)]


def save(row: dict[str, Any]) -> None:
    """Append one, and what code it was measured with."""
    rows.save({**row, "tree": _code(row)}, ROWS)


def _code(row: dict[str, Any]) -> str:
    """That by which such a row is measured, as it is now."""
    return SIMULATED_BY if row["kind"] == "simulation" else TREE


def _of_agents() -> tuple[str, ...]:
    """bench.agent's figures, where the last were of the code as it is."""
    path = BENCH / "switch.json"
    runs = json.loads(path.read_text())["runs"] if path.exists() else []
    last: dict[str, Any] = next((run for run in reversed(runs) if run["what"] == "agent"), {})
    return OF_AGENTS if last.get("tree") == TREE else ()


class Violated(RuntimeError):
    """Something happened that must never happen; the message tells all of it."""


def kills(options: argparse.Namespace) -> None:
    """As many kills as there shall be, less those that were measured."""
    for profile in options.profile:
        world: Any = None
        while (done := sum(row["kind"] == "kill" and row["profile"] == profile for row in measured())) < options.count:
            world = world or ready(profile, FOLDER, say)
            without = done % EVERY_NTH_WITHOUT_CONTROL_PLANE == EVERY_NTH_WITHOUT_CONTROL_PLANE - 1
            row = kill_round(world, profile, done + 1, FOLDER, without_control_plane=without, say=say)
            save(row)
            if why := row.get("not_home"):          # what was measured before stands all the same
                raise NotHome(why)


def moves(options: argparse.Namespace) -> None:
    """As many rounds of two planned moves as there shall be, less those that were measured."""
    for profile in options.profile:
        world: Any = None
        while (done := sum(row["kind"] == "move" and row["profile"] == profile for row in measured())) < options.count:
            world = world or ready(profile, FOLDER, say)
            save(move_round(world, profile, done + 1, FOLDER, say))


def schedules(options: argparse.Namespace) -> None:
    """One by its seed, or as many as there shall be, less those that were played."""
    profile = options.profile[0]
    world: Any = None
    while True:
        played = [row["seed"] for row in measured() if row["kind"] == "schedule"]
        seed = options.first if options.seed is None else options.seed
        while options.seed is None and seed in played:
            seed += 1
        if options.seed is None and len(played) >= options.count:
            return
        world = world or ready(profile, FOLDER, say)
        say(f"schedule {seed}")
        row = real.schedule_round(world, profile, seed, FOLDER, say)
        save(row)
        if row["judgement"]["violations"]:
            raise Violated(real.told(row, FOLDER))
        if options.seed is not None:
            return


def simulated(options: argparse.Namespace) -> None:
    """In simulated time, each half of the seeds on a core of its own."""
    workers = os.cpu_count() or 1
    each = -(-options.count // workers)
    began = time.monotonic()
    argv = [[sys.executable, "-m", "tests.sim", "--count", str(min(each, options.count - first)), "--first", str(first)]
            for first in range(0, options.count, each)]
    running = [subprocess.Popen(command, cwd=ROOT) for command in argv]
    if any([process.wait() for process in running]):
        raise Failed("A simulated schedule failed; it is told above.")
    save({"kind": "simulation", "schedules": options.count, "violations": 0, "seconds": round(time.monotonic() - began)})


def figures(_: argparse.Namespace) -> None:
    """Write them down."""
    every = measured()
    found = rows.figures(every)
    path = record("switch", found, {"what": "figures", "rows": len(every), "tree": TREE}, others=_of_agents())
    print(f"\n{path}")
    for name, value in found.items():
        print(f"  {name:32} {value}")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    root = argparse.ArgumentParser(prog="python -m bench.switch", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = root.add_subparsers(required=True, metavar="COMMAND")
    killing = commands.add_parser("kills", help="NHN dies while people buy")
    killing.add_argument("--count", type=int, default=20, help="kills there shall be in each profile (default: %(default)s)")
    killing.add_argument("--profile", action="append", choices=list(PROFILES), help="one timing; twice for both (default: both)")
    killing.set_defaults(run=kills)
    moving = commands.add_parser("moves", help="planned moves to AWS and home while people buy")
    moving.add_argument("--count", type=int, default=10, help="rounds of two moves there shall be in each profile (default: %(default)s)")
    moving.add_argument("--profile", action="append", choices=list(PROFILES), help="one timing; twice for both (default: default)")
    moving.set_defaults(run=moves, profile_default=["default"])
    random = commands.add_parser("schedules", help="random schedules of faults on the real processes")
    random.add_argument("--count", type=int, default=20, help="schedules there shall be (default: %(default)s)")
    random.add_argument("--first", type=int, default=1, help="the first seed (default: %(default)s)")
    random.add_argument("--seed", type=int, help="play this one, again where it was played")
    random.add_argument("--profile", action="append", choices=list(PROFILES), help="the timing (default: fast)")
    random.set_defaults(run=schedules, profile_default=["fast"])
    simulating = commands.add_parser("simulated", help="schedules in simulated time")
    simulating.add_argument("--count", type=int, default=10_000, help="how many (default: %(default)s)")
    simulating.set_defaults(run=simulated)
    commands.add_parser("figures", help="write build/bench/switch.json").set_defaults(run=figures)
    return root


def main() -> int:
    """Entry point; 1 with sentences when something was measured that must not be."""
    options = parser().parse_args()
    if getattr(options, "profile", 0) is None:
        options.profile = getattr(options, "profile_default", list(PROFILES))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    code = 0
    try:
        options.run(options)
    except KeyboardInterrupt:
        print("\nInterrupted; what was broken is mended. The same command goes on from here.", file=sys.stderr)
        code = 130
    except (Failed, NotHome, NotRoot, Violated) as error:
        print(f"\n{error}", file=sys.stderr)
        code = 1
    finally:
        mend_all()
    if measured():
        figures(options)
    bad = rows.failures(measured(), OVER_FLOOR)
    for sentence in bad:
        print(f"NOT AS IT MUST BE: {sentence}", file=sys.stderr)
    return code or int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
