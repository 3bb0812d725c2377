# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one container of a rehearsal, by this host's own podman. What it is told travels in a file, where no list of processes shows it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..faults import Answer, Fault

LIMIT = 300.0           # seconds for one command: an image may have to be pulled


class Podman:
    """name: the container's."""

    def __init__(self, name: str, program: str = "podman") -> None:
        self.name, self._program = name, program

    def login(self, registry: str, user: str, password: str) -> None:
        """Be let in by a registry. Raises Fault."""
        self._do("login", "--username", user, "--password-stdin", registry, doing="log in to the image's registry", heard=password)

    def pull(self, image: str) -> None:
        """Have the image here. Raises Fault."""
        self._do("pull", image, doing="have the image")

    def run(self, image: str, command: Sequence[str], environment: Mapping[str, str], kept: Path, memory_mb: int) -> None:
        """Start it; one of an earlier run is replaced. kept: file for the environment. Raises Fault."""
        descriptor = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.writelines(f"{name}={value}\n" for name, value in sorted(environment.items()))
        try:
            self._do("run", "--detach", "--replace", "--name", self.name, "--network", "host", "--memory", f"{memory_mb}m", "--env-file", str(kept),
                     image, *command, doing="start the application")
        finally:
            kept.unlink()

    def there(self) -> bool:
        """Whether there is such a container, running or not. Raises Fault."""
        return self.name in self._do("ps", "--all", "--format", "{{.Names}}", doing="look for the container").split()

    def remove(self) -> bool:
        """Remove it; False when there was none. Raises Fault."""
        if not self.there():
            return False
        self._do("rm", "--force", self.name, doing="remove the container")
        return True

    def logs(self) -> str:
        """The end of what it has said, for whoever wonders why it does not answer; empty where that cannot be had."""
        try:
            return self._do("logs", self.name, doing="read the log")[-500:]
        except Fault:
            return ""

    def _do(self, *arguments: str, doing: str, heard: str = "") -> str:
        try:
            done = subprocess.run([self._program, *arguments], input=heard, capture_output=True, text=True, errors="replace", check=False,
                                  timeout=LIMIT)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Fault(doing, f"of {self.name}", answer=Answer("podman", words=type(error).__name__),
                        then="See that podman is installed and works on this host.") from error
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["nothing"])[-1]
            raise Fault(doing, f"of {self.name}", answer=Answer("podman", code=str(done.returncode), words=last))
        return done.stdout
