# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`make demo` and `make bench`: build both clouds in a box, lose one, and say how long everything took.

demo     an empty world, the whole build, one drill; prints a summary
measure  the same with a check of the empty world, a second build and a build of one component between
nhn      the NHN site alone, as its story builds it, and built again
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from bench.record import ROOT, record
from lab.journal import count_writes

REQUESTS = ROOT / "build" / "lab" / "requests"
LATEST = ROOT / "build" / "reports" / "latest.json"
RECAP = re.compile(r"^\S+\s+:\s+ok=\d+\s+changed=(\d+)", re.MULTILINE)


class Failed(RuntimeError):
    """A stage did not succeed; what it printed is above."""


def command(*argv: str) -> str:
    """Run a command of this project, showing what it prints as it comes; returns the text. Raises Failed."""
    environment = {**os.environ, "PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}", "PYTHONUNBUFFERED": "1"}
    if sys.stdout.isatty():
        environment["ANSIBLE_FORCE_COLOR"] = "1"
    process = subprocess.Popen(argv, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        print(line, end="", flush=True)
        lines.append(line)
    if process.wait():
        raise Failed(f"{' '.join(argv)} failed with status {process.returncode}")
    return re.sub(r"\x1b\[[0-9;]*m", "", "".join(lines))


def lab(*argv: str) -> str:
    """A command of the lab."""
    return command(sys.executable, "-m", "lab", *argv)


def play(*argv: str) -> str:
    """One run of ansible-playbook."""
    return command("ansible-playbook", *argv)


def timed(name: str, stages: dict[str, float], action: Callable[[], str]) -> str:
    """Run a stage, note its seconds under its name."""
    print(f"\n=== {name}", flush=True)
    started = time.monotonic()
    text = action()
    stages[name] = round(time.monotonic() - started, 1)
    return text


def writes_since(moment: float) -> int:
    """Requests since then that would change a control plane, as the emulators counted them."""
    return sum(count_writes(path, moment) for path in REQUESTS.glob("*.jsonl"))


def changed(text: str) -> int:
    """Sum of changed= over the hosts of a run."""
    found = [int(number) for number in RECAP.findall(text)]
    if not found:
        raise Failed("ansible-playbook printed no recap")
    return sum(found)


def build(stages: dict[str, float]) -> None:
    """An empty world, then the whole service."""
    timed("lab", stages, lambda: lab("down") + lab("up"))
    timed("build", stages, lambda: play("site.yml"))


def drill(stages: dict[str, float]) -> dict[str, Any]:
    """Lose the primary; returns the report."""
    timed("drill", stages, lambda: play("playbooks/drill.yml"))
    return json.loads(LATEST.read_text())


def summary(stages: dict[str, float], report: dict[str, Any]) -> str:
    """What a person wants to know at the end."""
    page = LATEST.with_suffix(".html")
    return "\n".join((
        "",
        f"  built both in {stages['lab'] + stages['build']:.0f} s, lost {report['from_site'].upper()}, and {report['to_site'].upper()} sold on.",
        f"  buyers without service   {report['rto_seconds']} s (expected with these settings: {report['floor_seconds']:.0f} s)",
        f"  purchases acknowledged   {report['acknowledged']}: lost {report['lost_acknowledged']}, to be salvaged "
        f"{len(report['salvage_acknowledged'])}, promised twice {report['duplicated']}",
        f"  two writers at once      {report['dual_writer_intervals']}", f"  report                   {page}",
        "", "  `.venv/bin/python -m lab status` shows the world as it is now; `make down` takes it away.", "",
    ))


def demo(since: float | None) -> None:
    """Build, drill, say what happened."""
    started = since or time.time()
    stages: dict[str, float] = {}
    build(stages)
    report = drill(stages)
    record("site", {"demo_seconds": round(time.time() - started, 1), "build_seconds": stages["build"]}, {"what": "demo", "stages": stages})
    print(summary(stages, report))


def measure() -> None:
    """Everything the figures ask for."""
    stages: dict[str, float] = {}
    timed("lab", stages, lambda: lab("down") + lab("up"))
    began = time.time()
    timed("check of an empty world", stages, lambda: play("site.yml", "--check"))
    if count := writes_since(began):
        raise Failed(f"site.yml --check wrote {count} times")
    timed("build", stages, lambda: play("site.yml"))
    began = time.time()
    second = timed("second run", stages, lambda: play("site.yml"))
    second_writes = writes_since(began)
    if second_writes or changed(second):
        raise Failed(f"the second run changed {changed(second)} things and wrote {second_writes} times; both must be 0")
    timed("one tag", stages, lambda: play("site.yml", "--tags", "vpn_gateway"))
    status = subprocess.run([sys.executable, "-m", "lab", "status", "--json"], cwd=ROOT, check=True, capture_output=True).stdout
    report = drill(stages)
    figures = {
        "build_seconds": stages["build"], "second_run_seconds": stages["second run"], "second_run_changed": changed(second),
        "second_run_writes": second_writes, "one_tag_seconds": stages["one tag"], "lab_mb": json.loads(status)["memory_mb"],
    }
    seen = {key: report[key] for key in ("rto_seconds", "acknowledged")}
    print(f"\n{record('site', figures, {'what': 'measure', 'stages': stages, 'drill': seen})}")
    for name, value in figures.items():
        print(f"  {name:24} {value}")


def measure_nhn() -> None:
    """The NHN half alone, in a world of its own."""
    stages: dict[str, float] = {}
    timed("lab", stages, lambda: lab("down") + lab("up"))
    timed("build", stages, lambda: play("molecule/nhn/build.yml"))
    began = time.time()
    second = timed("second run", stages, lambda: play("molecule/nhn/build.yml"))
    figures = {"lab_build_seconds": stages["build"], "lab_second_run_seconds": stages["second run"], "lab_second_run_changed": changed(second),
               "lab_second_run_writes": writes_since(began)}
    print(f"\n{record('nhn', figures, {'what': 'site', 'stages': stages})}: {figures}")
    if figures["lab_second_run_writes"] or figures["lab_second_run_changed"]:
        raise Failed("the second run of the NHN site changed something; it must not")


def main() -> int:
    """Entry point; 1 with a sentence when a stage failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["demo", "measure", "nhn"])
    parser.add_argument("--since", type=float, help="when the demonstration began, in seconds since the epoch, so that setting up counts")
    options = parser.parse_args()
    try:
        {"demo": lambda: demo(options.since), "measure": measure, "nhn": measure_nhn}[options.what]()
    except Failed as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
