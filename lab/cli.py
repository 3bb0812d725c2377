# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab's door: `python -m lab up | down | status | break WHAT | mend WHAT | images`."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence

from lab import faults, lifecycle, ownership, status
from lab.cuts import CutFailed
from lab.hosts.systemd import HostNotReady
from lab.images import IMAGES, available, reference
from lab.images.build import BuildError, ensure_images, existing, prune
from lab.network import NetworkError
from lab.podman import PodmanError
from lab.processes import ProcessFailed
from lab.progress import say

EXPECTED = (lifecycle.LeftBehind, ownership.Busy, ownership.NotRoot, faults.UnknownFault, faults.NotBroken, CutFailed, HostNotReady, BuildError,
            NetworkError, PodmanError, ProcessFailed, subprocess.CalledProcessError, subprocess.TimeoutExpired)
EPILOG = """\
examples:
  python -m lab up                    the whole world; minutes the first time, seconds later
  python -m lab break nhn             NHN Cloud dies
  python -m lab mend nhn              and comes back
  python -m lab break --list          everything that can be broken
  python -m lab status --json         what runs, for programs

Logs are in build/lab/log/, the secrets of this lab in build/lab/secrets.yml. Exit codes: 0 done (status: up), 1 refused or failed
(status: not up), 2 wrong usage, 130 interrupted; after an interrupt `up` goes on where it stopped and `down` clears it all away.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code. Failures the lab knows are told in their own words, without a traceback."""
    arguments = parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments)
        return code
    except lifecycle.Refused as refused:
        sys.stderr.write("The lab cannot come up on this machine; nothing was touched.\n" + "".join(f"  - {fault}\n" for fault in refused.faults))
        return 1
    except EXPECTED as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted. `.venv/bin/python -m lab up` goes on from here, `.venv/bin/python -m lab down` clears everything away.\n")
        return 130


def parser() -> argparse.ArgumentParser:
    """The command line."""
    root = argparse.ArgumentParser(prog="python -m lab", description="Both clouds in one machine: a world to build, break and mend.",
                                   epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = root.add_subparsers(metavar="COMMAND", required=True)

    def add(name: str, run: object, text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        return command

    add("up", _up, "bring the lab up; repeat it at will")
    add("down", _down, "take the lab down and leave only the image and package caches")
    add("status", _status, "say what runs, what is broken and how much memory it takes").add_argument(
        "--json", action="store_true", help="as JSON, for programs")
    breaking = add("break", _break, "break something on purpose")
    breaking.add_argument("what", nargs="*", metavar="WHAT", help="see --list")
    breaking.add_argument("--list", action="store_true", help="everything that can be broken, one sentence each")
    mending = add("mend", _mend, "mend what was broken")
    mending.add_argument("what", nargs="*", metavar="WHAT", help="nothing: all that is in force")
    add("images", _images, "build the images that are missing, without bringing anything up").add_argument(
        "--prune", action="store_true", help="then remove those no recipe of this clone describes any more")
    return root


def _up(_: argparse.Namespace) -> int:
    if os.geteuid() != 0:       # who cannot even take the lock is told so together with everything else that is missing
        lifecycle.fit()
    with ownership.lock("up"):
        lifecycle.up()
    return 0


def _down(_: argparse.Namespace) -> int:
    with ownership.lock("down"):
        lifecycle.down()
    return 0


def _status(arguments: argparse.Namespace) -> int:
    ownership.need_root()
    found = status.status()
    sys.stdout.write((json.dumps(found, indent=2) if arguments.json else status.table(found)) + "\n")
    return 0 if found["state"] == "up" else 1


def _break(arguments: argparse.Namespace) -> int:
    if arguments.list or not arguments.what:
        width = max(len(name) for name in faults.TABLE)
        sys.stdout.write("".join(f"{faults.spelled(name):{width}}  {fault.sentence}\n" for name, fault in faults.TABLE.items()))
        return 0 if arguments.list else 2
    chosen = [faults.find(name) for name in arguments.what]
    _needs_lab()
    with ownership.lock("break"):
        for fault in chosen:
            new = faults.break_(fault)
            say(f"{faults.spelled(fault.name)} is {'broken' if new else 'broken already'}: {fault.sentence}")
    return 0


def _mend(arguments: argparse.Namespace) -> int:
    chosen = [faults.find(name) for name in arguments.what or faults.in_force()]
    _needs_lab()
    with ownership.lock("mend"):
        for fault in chosen:
            say(f"{faults.spelled(fault.name)} {'is mended' if faults.mend(fault) else 'was not broken'}")
        if not chosen:
            say("nothing is broken")
    return 0


def _images(arguments: argparse.Namespace) -> int:
    with ownership.lock("images"):
        ensure_images()
        for removed in prune() if arguments.prune else []:
            say(f"removed {removed}")
    present = existing()
    sys.stdout.write("".join(f"{reference(name)}{'' if reference(name) in present else '  (missing)'}\n" for name in IMAGES if name in available()))
    return 0


def _needs_lab() -> None:
    ownership.need_root()
    owner = ownership.owner()
    if owner is None or owner.clone != str(lifecycle.ROOT):
        raise faults.NotBroken("This clone has no lab: run `.venv/bin/python -m lab up` first.")
