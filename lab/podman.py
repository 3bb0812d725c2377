# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The few podman calls the lab makes. All of them go through `podman()`, so flags that this kind of machine needs live here once.

The engine's settings are those of `containers.conf` beside this file, not the machine's own.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lab.world import LABEL, LABEL_KIND, LABEL_SITE, ROOT

ENVIRONMENT: Mapping[str, str] = {**os.environ, "CONTAINERS_CONF": str(Path(__file__).with_name("containers.conf"))}


FINISH_SECONDS = 20     # what a podman that is at work gets to come to its end after Ctrl-C


class PodmanError(RuntimeError):
    """podman said no; the message is podman's own words."""


def podman(*args: str, stdin: str | bytes | None = None, timeout: float = 120, check: bool = True) -> str:
    """Run one podman command and return what it printed. Raises PodmanError with podman's words when it fails.

    Ctrl-C is not for podman: one that is cut short leaves a container it does not know to run, or an address it does not give again.
    So it has a session of its own, and the interrupt is raised when it is done; a second one ends it.
    """
    data = stdin.encode() if isinstance(stdin, str) else stdin
    with subprocess.Popen(["podman", *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT,
                          start_new_session=True) as process:
        try:
            output, errors = process.communicate(data or b"", timeout)
        except KeyboardInterrupt:
            _finish(process)
            raise
        except BaseException:
            process.kill()
            raise
    if check and process.returncode:
        raise PodmanError(f"podman {' '.join(args[:3])}: {errors.decode(errors='replace').strip()[-2000:]}")
    return output.decode(errors="replace")


def labels(site: str, kind: str, more: Mapping[str, str] | None = None) -> list[str]:
    """The --label flags every lab container carries."""
    pairs = {LABEL: str(ROOT), LABEL_SITE: site, LABEL_KIND: kind, **(more or {})}
    return [f"--label={key}={value}" for key, value in pairs.items()]


def containers(**having: str) -> list[dict[str, Any]]:
    """Every lab container of this clone, running or not: {name, state, labels, id}. `having`: label suffixes, e.g. site="nhn"."""
    filters = [f"--filter=label={LABEL}={ROOT}", *(f"--filter=label=mcdr.{key}={value}" for key, value in having.items())]
    rows = json.loads(podman("ps", "--all", "--format=json", *filters) or "[]")
    return [{"name": row["Names"][0], "state": row["State"], "labels": row.get("Labels") or {}, "id": row["Id"]} for row in rows]


def exists(name: str) -> bool:
    """True when a container of that name exists, in whatever state."""
    return bool(podman("ps", "--all", "--quiet", f"--filter=name=^{name}$").strip())


def runs(row: Mapping[str, Any], proc: Path = Path("/proc")) -> bool:
    """Does this row of `podman ps --format=json` run? podman only knows what a container's monitor told it: where both were killed together,
    as with everything at a session's end, the row says "running" for ever. State "running", Pid of its first process as this machine sees it.
    """
    if row["State"] != "running":
        return False
    try:        # podman tells every container's first process what it is; another process may have the number by now
        return b"container=" in (proc / str(row["Pid"]) / "environ").read_bytes()
    except OSError:
        return False


def execute(name: str, argv: Sequence[str], stdin: str | bytes | None = None, timeout: float = 60, check: bool = True) -> str:
    """Run a command inside a running container."""
    flags = ["--interactive"] if stdin is not None else []
    return podman("exec", *flags, name, *argv, stdin=stdin, timeout=timeout, check=check)


def remove(*names: str) -> None:
    """Remove containers, running or not; names that are gone already are fine."""
    if names:
        podman("rm", "--force", "--time=0", "--ignore", "--volumes", *names)


def _finish(process: subprocess.Popen[bytes]) -> None:
    try:
        process.communicate(timeout=FINISH_SECONDS)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
