# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`python3 -m multicloud_dr.backup.run CONFIG backup | test | status`: what the timers start. Everything else is in the files beside it."""

from __future__ import annotations

import json
import sys
import time

from ..aloud import aloud
from ..faults import Fault
from . import make, restore
from .parts import load
from .record import words

WHAT = ("backup", "test", "status")


def main(argv: list[str]) -> int:
    """Entry point. Prints what was done; exit code 1 and the fault's words when it was not."""
    if len(argv) != 2 or argv[1] not in WHAT:
        aloud(f"usage: run CONFIG {' | '.join(WHAT)}", to=sys.stderr)
        return 2
    try:
        parts = load(argv[0], time.time)
        parts.say = lambda said: aloud(said, to=sys.stderr)       # systemd's journal
        if argv[1] == "backup":
            aloud(json.dumps(make.make(parts), sort_keys=True))
        elif argv[1] == "test":
            aloud(json.dumps(restore.check(parts), sort_keys=True))
        else:
            aloud("\n".join(words(parts.record.status(), time.time())))
    except Fault as fault:
        aloud(fault.told(), to=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
