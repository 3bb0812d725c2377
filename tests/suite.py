# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every check in one place: runs the stages, lets each speak, and ends with one line that counts them all.

What only reads the sources runs aside, on the core that pytest leaves free, and speaks when it has ended.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
LEFT = ROOT / "build" / "tests"
JUNIT = LEFT / "pytest.xml"


_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_FRAME = re.compile(r"^ *[│└─]+ ?")       # molecule draws one around what Ansible says
_NAMED = re.compile(r"(FAILED|ERROR) \S+\.py\b")      # pytest; Ansible says FAILED of what it only asks again


@dataclass(frozen=True)
class Stage:
    """One command that must succeed. junit: where it leaves its own count. aside: runs beside the others; a file keeps what it says."""

    name: str
    argv: tuple[str, ...]
    junit: Path | None = None
    aside: Path | None = None


# Three processes for two cores, as those that play roles mostly wait; tests/dealing.py says what stays together.
TESTS = Stage("pytest", ("pytest", "-rfEs", "--numprocesses=3", "--no-loadscope-reorder", f"--junitxml={JUNIT}"), JUNIT)
FAST = (
    Stage("ruff", ("ruff", "check", ".")),
    Stage("mypy", ("mypy", "lab", "plugins", "app/ticketing", "bench", "extensions/grafana", "extensions/reference", "extensions/release",
                   "tests/suite.py"),
          aside=LEFT / "mypy.log"),
    TESTS,
    Stage("ansible-lint", ("ansible-lint", "site.yml", "playbooks", "roles", "inventories", "molecule"), aside=LEFT / "ansible-lint.log"),
)


# What `make test` runs; `make stories` runs every one.
TESTED = ("default", "db_replica")


def stories() -> Iterator[Stage]:
    """Every molecule story, `default` first."""
    names = sorted((path.parent.name for path in (ROOT / "molecule").glob("*/molecule.yml")), key=lambda name: (name != "default", name))
    yield from (Stage(f"story {name}", ("molecule", "test", "-s", name)) for name in names)


def run(stage: Stage) -> tuple[int, int, float]:
    """(passed, failed, seconds) of one stage; a stage without a count of its own counts as one."""
    if not stage.aside:
        print(f"\n=== {told(stage)}", flush=True)
    started = time.monotonic()
    LEFT.mkdir(parents=True, exist_ok=True)
    if stage.junit:
        stage.junit.unlink(missing_ok=True)
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "MYPYPATH": "app:collections"}
    if stage.aside:     # ansible-lint puts a copy of the collection into Ansible's home, where it would stand before the clone
        environment["ANSIBLE_HOME"] = str(LEFT / "ansible")
    with kept(stage).open("wb") as log:
        code = spoken([str(BIN / stage.argv[0]), *stage.argv[1:]], environment, log, aloud=not stage.aside)
    seconds = time.monotonic() - started
    if stage.junit and stage.junit.exists():
        suite = ElementTree.parse(stage.junit).getroot().find("testsuite")
        assert suite is not None
        total, bad = int(suite.get("tests", 0)), int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped = int(suite.get("skipped", 0))
        if code and not bad:
            bad = 1                                     # pytest itself said no: nothing collected, or interrupted
        return total - bad - skipped, bad, seconds
    return int(code == 0), int(code != 0), seconds


def kept(stage: Stage) -> Path:
    """Where everything that a stage says is kept."""
    return stage.aside or LEFT / f"{stage.name.replace(' ', '-')}.log"


def spoken(argv: Sequence[str], environment: dict[str, str], log: IO[bytes], *, aloud: bool) -> int:
    """Run it, keep what it says, and pass that on as it comes; its exit code."""
    with subprocess.Popen(argv, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        for line in process.stdout:
            log.write(line)
            if aloud:
                sys.stdout.buffer.write(line)
                sys.stdout.buffer.flush()
        return process.wait()


def reasons(said: str, most: int = 24) -> list[str]:
    """What to read first of what a failed stage said: pytest's list of failures, or Ansible's first failed task; else how it ended."""
    lines = [_FRAME.sub("", line).rstrip() for line in _COLOUR.sub("", said).splitlines()]
    if failures := [line for line in lines if _NAMED.match(line)]:
        return failures[:most]
    first = next((number for number, line in enumerate(lines) if line.startswith("fatal: [")), None)
    return lines[first:first + most] if first is not None else lines[-most:]


def told(stage: Stage) -> str:
    """A stage's name and command."""
    return f"{stage.name}: {' '.join(stage.argv)}"


def run_all(stages: Sequence[Stage]) -> Iterator[tuple[Stage, tuple[int, int, float]]]:
    """Each stage with its result, as they end. Those that go aside run one after another beside the rest up to the first story:
    stories are timed, and want the machine for themselves."""
    near = [stage for stage in stages if not stage.aside and not stage.name.startswith("story")]
    with ThreadPoolExecutor(max_workers=1) as pool:
        aside = {stage: pool.submit(run, stage) for stage in stages if stage.aside}
        yield from ((stage, run(stage)) for stage in near)
        for stage, ending in aside.items():
            result = ending.result()
            assert stage.aside
            print(f"\n=== {told(stage)}\n{stage.aside.read_text(encoding='utf-8')}", flush=True)
            yield stage, result
    yield from ((stage, run(stage)) for stage in stages if stage.name.startswith("story"))


def main() -> int:
    """Run what was asked for; 1 when anything failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--fast", action="store_true", help="only what needs no lab")
    which.add_argument("--stories", action="store_true", help="every story, and the tests that build whole sites")
    options = parser.parse_args()
    everything = list(stories())
    if options.stories:
        stages = [replace(TESTS, name="whole sites", argv=(*TESTS.argv, "-m", "whole")), *everything]
    else:
        left_out = "long or servers or whole" if options.fast else "whole"
        stages = [replace(stage, argv=(*stage.argv, "-m", f"not ({left_out})")) if stage is TESTS else stage for stage in FAST]
        stages += [] if options.fast else [story for story in everything if story.argv[-1] in TESTED]
    passed = failed = 0
    rows, wrong = [], []
    for stage, (good, bad, seconds) in run_all(stages):
        passed, failed = passed + good, failed + bad
        rows.append(f"{'ok  ' if not bad else 'FAIL'}  {stage.name:24} {good:5} passed {bad:4} failed  {seconds:7.1f} s")
        if bad:
            wrong += ["", f"--- {stage.name}, in short (all of it: {kept(stage).relative_to(ROOT)})",
                      *reasons(kept(stage).read_text(encoding="utf-8", errors="replace"))]
    print("\n".join(wrong))
    print("\n" + "\n".join(rows))
    print(f"{passed} passed, {failed} failed", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
