# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`python3 -m multicloud_dr.nhn.snapshot_run CONFIG run | status`: what the timer of scheduled snapshots starts.

CONFIG is JSON, written by role nhn_storage: auth as the nhn_* modules take it · volumes: [{name, keep}] · stamp: strftime of what tells one
snapshot from the next, digits only, in UTC · wait_seconds: for one snapshot · state_directory. In the state directory: status.json (how the
last run went), metrics.prom (the same for Prometheus).
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from ..aloud import aloud
from ..faults import BadInput, Fault
from .auth import NHN_AUTH
from .iaas import Iaas
from .snapshot_rotation import rotate

WHAT = ("run", "status")
METRICS = {"last_run_ok": ("ok", "Whether the last run left every volume with its snapshot."),
           "last_run_seconds": ("at", "When the last run ended, in seconds since the epoch."),
           "last_success_seconds": ("good_at", "When a run last did so, in seconds since the epoch.")}


def main(argv: list[str]) -> int:
    """Entry point. Prints what was done; exit code 1 and the faults' words when something was not."""
    if len(argv) != 2 or argv[1] not in WHAT:
        aloud(f"usage: snapshot_run CONFIG {' | '.join(WHAT)}", to=sys.stderr)
        return 2
    try:
        config = load(argv[0])
        if argv[1] == "status":
            aloud(words(status(config), time.time()))
        else:
            aloud(json.dumps(run(config, time.time()), sort_keys=True))
    except Fault as fault:
        aloud(fault.told(), to=sys.stderr)
        return 1
    return 0


def load(path: str) -> dict[str, Any]:
    """The configuration, with the defaults that a module would give. Raises BadInput."""
    try:
        config = json.loads(Path(path).read_text(encoding="utf-8"))
        defaults = {name: option.get("default") for name, option in NHN_AUTH["auth"]["options"].items()}
        return {**config, "auth": {**defaults, **config["auth"]}, "volumes": list(config["volumes"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput([f"{path}: {type(error).__name__}: {error}"]) from error


def run(config: dict[str, Any], now: float) -> dict[str, Any]:
    """One turn of every volume; what was done. How it went is kept, also when it is raised: a run that nobody foresaw ends as a failed one."""
    kept = {**status(config), "ok": 0, "at": now, "said": "It did not come to an end: see the unit's log."}
    _keep(config, kept)
    try:
        done = rotate(Iaas(config["auth"]), {"volumes": config["volumes"], "stamp": time.strftime(config["stamp"], time.gmtime(now)),
                                             "wait_seconds": config["wait_seconds"]}, check=False)
    except Fault as fault:
        _keep(config, {**kept, "said": fault.told()})
        raise
    _keep(config, {**kept, "ok": 1, "good_at": now, "said": "", "kept": {each["volume"]: each["kept"] for each in done["rotations"]}})
    return done


def status(config: dict[str, Any]) -> dict[str, Any]:
    """How the last run went: ok, at, good_at, said, kept; {} before the first."""
    try:
        return dict(json.loads((Path(config["state_directory"]) / "status.json").read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError):
        return {}


def words(told: dict[str, Any], now: float) -> str:
    """The status in a sentence for each volume, or what went wrong."""
    if not told:
        return "No snapshot of a volume has been taken by this host yet."
    if not told["ok"]:
        good = f"{(now - told['good_at']) / 3600:.1f} h ago" if told.get("good_at") else "never"
        return f"The last run of scheduled snapshots FAILED; the last good one was {good}. {told['said']}"
    return "\n".join(f"Snapshots of {volume}: {', '.join(names)}." for volume, names in sorted(told["kept"].items()))


def _keep(config: dict[str, Any], told: dict[str, Any]) -> None:
    lines = [line for name, (key, about) in METRICS.items() if told.get(key) is not None
             for line in (f"# HELP multicloud_dr_snapshots_{name} {about}", f"# TYPE multicloud_dr_snapshots_{name} gauge",
                          f"multicloud_dr_snapshots_{name} {float(told[key]):.0f}")]
    directory = Path(config["state_directory"])
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in (("status.json", json.dumps(told, indent=1, sort_keys=True)), ("metrics.prom", "\n".join(lines))):
        fresh = directory / f".{name}"
        fresh.write_text(text + "\n", encoding="utf-8")
        fresh.chmod(0o644)
        os.replace(fresh, directory / name)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
