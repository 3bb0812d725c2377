# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab's processes on this machine: started in their own sessions, found again by a mark in their environment.

The mark (`MCDR_LAB=<clone>`) and the command line together name a process for certain: a process number may be reused, a file
with a number may be lost, and a clone may be deleted while its lab runs.
"""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab import files, registries
from lab.world import APT_PORT, AWS_PORT, BUILD, DNS_PORT, KUBERNETES_PORT, LOG, MACHINE, NHN_PORT, PROCESSES, ROOT, RUN

MARK = "MCDR_LAB"
APT = "apt"
APT_CACHE = Path("/var/cache/multicloud-dr-lab/apt")     # shared by all clones, survives `lab down`
PORTS = {"aws": AWS_PORT, "nhn": NHN_PORT, "kubernetes": KUBERNETES_PORT, "dns": DNS_PORT, APT: APT_PORT, **registries.PORTS}
STATEFUL = frozenset({"aws", "nhn", "kubernetes"})       # what they know is in their memory: a lab that lost one is dead
GONE = (FileNotFoundError, ProcessLookupError, PermissionError)      # it ended while we looked, or is not ours to see
_COMMAND = re.compile(r"\x00-m\x00lab\.(\w+)\x00|^(?:[^\x00]*/)?(apt)-cacher-ng\x00|docker-registry\x00serve\x00[^\x00]*/(\w+)\.json\x00")


class ProcessFailed(RuntimeError):
    """A lab process ended or never became ready; the message ends with the last lines of its log."""


@dataclass(frozen=True)
class Process:
    """A running lab process of some clone."""

    name: str
    pid: int
    clone: str


def installed() -> list[str]:
    """The lab processes this clone has code for, in starting order."""
    return [name for name in PROCESSES if importlib.util.find_spec(f"lab.{name}") and importlib.util.find_spec(f"lab.{name}.__main__")]


def commands() -> Iterator[tuple[Path, str]]:
    """(its folder in /proc, its command line with NUL between the words) of every process of this machine that may be looked at."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_text(errors="replace")
            except GONE:
                continue
            yield entry, command


def running(clone: str | None = str(ROOT)) -> list[Process]:
    """Lab processes that are alive now: those of this clone, or with None those of every clone of the machine."""
    found = []
    for entry, command in commands():
        if not (match := _COMMAND.search(command)):
            continue
        try:
            environment = (entry / "environ").read_text(errors="replace").split("\0")
        except GONE:
            continue
        owner = next((pair.removeprefix(f"{MARK}=") for pair in environment if pair.startswith(f"{MARK}=")), None)
        if owner is not None and clone in (None, owner):
            found.append(Process(next(filter(None, match.groups())), int(entry.name), owner))
    return sorted(found, key=lambda process: process.pid)


@dataclass(frozen=True)
class Launched:
    """A process that was just started: not yet known to be of use."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    address: tuple[str, int] | None

    def wait_until_ready(self, limit: float = 60) -> None:
        """Return once it listens; one without a port (the materialiser) once it has lived for two seconds. Raises ProcessFailed."""
        deadline = time.monotonic() + (limit if self.address else 2)
        seen = "nothing tried yet"
        while time.monotonic() < deadline:
            if (code := self.process.poll()) is not None:
                raise ProcessFailed(f"lab.{self.name} ended with {code} while starting. Its last lines ({self.log}):\n{files.tail(self.log, 15)}")
            if self.address and (seen := _knock(self.address)) == "":
                return
            time.sleep(0.05)
        if self.address:
            raise ProcessFailed(f"lab.{self.name} did not listen at {self.address[0]}:{self.address[1]} within {limit:.0f} s (last: {seen}). "
                                f"Its last lines ({self.log}):\n{files.tail(self.log, 15)}")


def launch(name: str) -> Launched | None:
    """Start one process without waiting for it; None when it is running. Raises ProcessFailed when its port is taken."""
    if any(process.name == name for process in running()):
        return None
    address = (MACHINE, PORTS[name]) if name in PORTS else None
    if address and _knock(address) == "":
        raise ProcessFailed(f"something else listens at {address[0]}:{address[1]}, where lab.{name} must: find it with "
                            f"`ss -lntp 'sport = :{address[1]}'` and end it")
    LOG.mkdir(parents=True, exist_ok=True)
    log = LOG / f"{name}.log"
    argv = _apt_command() if name == APT else registries.command(name) if name in registries.PORTS else [sys.executable, "-m", f"lab.{name}"]
    with log.open("ab") as output:
        process = subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                                   start_new_session=True, env={**os.environ, MARK: str(ROOT)})
    files.write(RUN / f"{name}.pid", f"{process.pid}\n")
    return Launched(name, process, log, address)


def stop(processes: Iterable[Process], limit: float = 10) -> None:
    """SIGTERM, and SIGKILL for those that are still there after `limit` seconds."""
    waiting = list(processes)
    for number, grace in ((signal.SIGTERM, limit), (signal.SIGKILL, 5.0)):
        for process in waiting:
            try:
                os.kill(process.pid, number)
            except ProcessLookupError:
                continue
        deadline = time.monotonic() + grace
        while waiting and time.monotonic() < deadline:
            time.sleep(0.05)
            waiting = [process for process in waiting if _alive(process.pid)]
    if waiting:
        raise ProcessFailed(f"could not end {', '.join(f'lab.{process.name} (pid {process.pid})' for process in waiting)}")


def _knock(address: tuple[str, int]) -> str:
    """Empty when something listens there, else why not."""
    try:
        with socket.create_connection(address, timeout=1):
            return ""
    except OSError as error:
        return str(error)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _apt_command() -> Sequence[str]:
    """apt-cacher-ng with settings of its own; the machine's service of that name, if any, is not touched."""
    folder = BUILD / "apt"
    APT_CACHE.mkdir(parents=True, exist_ok=True)
    upstream = os.environ.get("http_proxy") or os.environ.get("HTTP_PROXY")
    settings = {
        "CacheDir": str(APT_CACHE), "LogDir": str(LOG), "SupportDir": "/usr/lib/apt-cacher-ng", "BindAddress": MACHINE, "Port": str(APT_PORT),
        "PidFile": str(folder / "pid"), "ReportPage": "", "VerboseLog": "0", "ExThreshold": "4", "ForeGround": "1",
        **({"Proxy": upstream} if upstream else {}),
    }
    files.write(folder / "acng.conf", "".join(f"{key}: {value}\n" for key, value in settings.items() if value))
    return ["/usr/sbin/apt-cacher-ng", "-c", str(folder)]
