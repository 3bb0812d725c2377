# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a release goes to, in small: Debian's docker-registry twice, on this machine's loopback, and a way to play."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
REGISTRY = shutil.which("docker-registry") or str(ROOT / ".venv" / "bin" / "docker-registry")
SKOPEO = shutil.which("skopeo") or str(ROOT / ".venv" / "bin" / "skopeo")


class Registry:
    """One docker-registry and what it holds, below `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.host = f"127.0.0.1:{self.port}"
        self.place = f"{self.host}/shop/web"
        (folder / "config.yml").write_text(json.dumps({
            "version": 0.1, "log": {"level": "warn"}, "http": {"addr": self.host},
            "storage": {"filesystem": {"rootdirectory": str(folder / "held")}}}))
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen([REGISTRY, "serve", str(self.folder / "config.yml")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(300):
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://{self.host}/v2/", timeout=2):
                return
            time.sleep(0.1)
        raise AssertionError("docker-registry does not answer")

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(20)
            self.process = None

    def digest(self, reference: str) -> str | None:
        """The digest of what stands under a tag or digest; None when nothing does."""
        request = urllib.request.Request(f"http://{self.host}/v2/shop/web/manifests/{reference}", method="HEAD",
                                         headers={"Accept": "application/vnd.oci.image.manifest.v1+json"})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return str(answer.headers["Docker-Content-Digest"])
        except urllib.error.HTTPError as error:
            assert error.code == 404
            return None

    def tags(self) -> list[str]:
        with urllib.request.urlopen(f"http://{self.host}/v2/shop/web/tags/list", timeout=5) as answer:
            return sorted(json.loads(answer.read())["tags"] or [])


def play(folder: Path, tasks: list[dict[str, Any]], fails: bool = False, roles: Path | None = None, check: bool = False, **given: Any) -> str:
    """Run tasks on this machine; all that ansible-playbook said, in one line."""
    (folder / "play.json").write_text(json.dumps([{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks,
                                                   "vars": {"ansible_python_interpreter": sys.executable, **given}}]), encoding="utf-8")
    environment = {**os.environ, "ANSIBLE_NOCOLOR": "1", **({"ANSIBLE_ROLES_PATH": str(roles)} if roles else {})}
    done = subprocess.run([str(Path(sys.executable).parent / "ansible-playbook"), "-i", "localhost,", str(folder / "play.json"),
                           *(["--check"] if check else [])], check=False, capture_output=True, text=True, timeout=600, env=environment)
    said = " ".join((done.stdout + done.stderr).split())
    assert (done.returncode != 0) is fails, said[-3000:]
    return said
