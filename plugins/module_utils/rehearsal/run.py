# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`python3 -m multicloud_dr.rehearsal.run CONFIG rehearse | clear | foresee | status`: what systemd starts, and what an operator asks."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ..aloud import aloud
from ..faults import Fault
from . import rehearse
from .parts import load

WHAT = ("rehearse", "clear", "foresee", "status")


def words(status: Mapping[str, Any]) -> list[str]:
    """How the last one went, in sentences."""
    def day(moment: float) -> str:
        return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M UTC")

    if not status:
        return ["No rehearsal has been made on this host yet."]
    if status["ok"]:
        return [f"Rehearsed on {day(status['at'])}: {status['rows']} rows copied and proven in {status['copy_seconds']} s, sold from within "
                f"{status['first_sale_seconds']} s of the gate's opening. Expected outage: {status['rto_seconds']} s. Replication stood still for "
                f"{status['replication_pause_seconds']} s."]
    good = f" The last that went well was on {day(status['good'])}." if status.get("good") else ""
    return [f"The rehearsal of {day(status['at'])} FAILED: {status['said']}{good}"]


def main(argv: list[str]) -> int:
    """Entry point. Prints what was done; exit code 1 and the fault's words when it was not."""
    if len(argv) != 2 or argv[1] not in WHAT:
        aloud(f"usage: run CONFIG {' | '.join(WHAT)}", to=sys.stderr)
        return 2

    def say(line: str) -> None:
        aloud(line)

    try:
        parts = load(argv[0], time.time)
        if argv[1] == "rehearse":
            aloud(json.dumps(rehearse.rehearse(parts, say), sort_keys=True))
        elif argv[1] == "clear":
            rehearse.clear(parts, say)
        elif argv[1] == "foresee":
            aloud("\n".join(rehearse.foreseen(parts)))
        else:
            aloud("\n".join(words(parts.kept.status())))
    except Fault as fault:
        aloud(fault.told(), to=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
