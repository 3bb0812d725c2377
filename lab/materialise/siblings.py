# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Containers that hosts start for themselves: each is a sibling of its host in podman, sharing the host's network.

A host's own `podman` leaves a request in its bind-mounted folder and waits for the answer beside it. Requests are structured;
nothing a host writes reaches podman's command line but names, an image and a command.
"""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from lab import files, registries
from lab.hosts.files import folder
from lab.materialise.actual import LABEL_HOST, LABEL_RESTART, LABEL_SIBLING, Actual, Sibling
from lab.podman import ENVIRONMENT, PodmanError, labels, podman

log = logging.getLogger("lab.materialise")
NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}")
RESTART = ("no", "on-failure", "always", "unless-stopped")
FOREGROUND_LIMIT = 300              # seconds a `run` without --detach may take


class Refused(ValueError):
    """A request that cannot be; the message goes to whoever typed it."""


class Reply(NamedTuple):
    """What a host's command prints and returns."""

    stdout: str = ""
    stderr: str = ""
    rc: int = 0


class Siblings:
    """Serves every host's requests and keeps the containers they started running."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="sibling")
        self._jobs: dict[str, Future[None]] = {}

    def serve(self, hosts: Mapping[str, str]) -> bool:
        """Answer the hosts' new requests, {host: site}; True when one has been answered since the last call."""
        for host, site in hosts.items():
            for path in folder(host, "containers").glob("*.request"):
                self._submit(str(path), partial(answer, path, host, site))
        return self._collect()

    def mend(self, actual: Actual, sites: Collection[str]) -> None:
        """Start again what its restart policy wants to run, and what still sits in the network of its host's previous life."""
        for sibling in actual.siblings:
            if sibling.site in sites and sibling.host in actual.pids and (verb := _mending(sibling, actual.pids[sibling.host])):
                self._submit(sibling.container, partial(_again, verb, sibling.container))

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _submit(self, key: str, job: Callable[[], None]) -> None:
        if key not in self._jobs:
            self._jobs[key] = self._pool.submit(job)

    def _collect(self) -> bool:
        done = [key for key, future in self._jobs.items() if future.done()]
        for key in done:
            if error := self._jobs.pop(key).exception():
                log.error("%s: %s", key, error)
        return bool(done)


def _mending(sibling: Sibling, host_pid: int) -> str | None:
    if sibling.pid:
        return "restart" if _network_of(sibling.pid) != _network_of(host_pid) else None
    wanted = sibling.restart in ("always", "unless-stopped") or (sibling.restart == "on-failure" and sibling.exit_code != 0)
    return "start" if wanted else None


def _network_of(pid: int) -> str | None:
    try:
        return os.readlink(f"/proc/{pid}/ns/net")
    except OSError:
        return None


def _again(verb: str, name: str) -> None:
    podman(verb, *(["--time=2"] if verb == "restart" else []), name)
    log.info("%s %s: done", verb, name)


def answer(path: Path, host: str, site: str) -> None:
    """Do what one request asks and leave {rc, stdout, stderr} beside it; the request is gone before its work begins."""
    request = json.loads(path.read_text(encoding="utf-8"))
    path.unlink()
    try:
        reply = perform(request, host, site)
    except (KeyError, TypeError) as error:
        reply = Reply(stderr=f"Error: a request that makes no sense: {error!r}\n", rc=125)
    except (Refused, PodmanError, subprocess.TimeoutExpired) as error:
        reply = Reply(stderr=f"Error: {error}\n", rc=125)
    files.write_json(path.with_suffix(".answer"), reply._asdict())


def perform(request: Mapping[str, Any], host: str, site: str) -> Reply:
    """Do what a request asks. Raises Refused or PodmanError."""
    verb = request.get("verb")
    if verb == "run":
        return _run(request, host, site)
    if verb == "pull":
        return Reply(_image(request["image"], request.get("login")) + "\n")
    if verb == "login":
        return _login(request)
    if verb == "ps":
        return Reply(_ps(host, everything=bool(request.get("all")), form=request.get("format")))
    if verb == "rm":
        return Reply("".join(_rm(host, name, force=bool(request.get("force"))) for name in request["names"]))
    if verb == "logs":
        return _logs(_own(host, request["name"]))
    if verb == "inspect":
        form = [f"--format={request['format']}"] if request.get("format") else []
        return Reply(podman("inspect", *form, _own(host, request["name"])))
    raise Refused(f"{verb!r} is not something a host of the lab can ask for")


def _run(request: Mapping[str, Any], host: str, site: str) -> Reply:
    name, restart, image = request["name"], request.get("restart") or "no", request["image"]
    if not NAME.fullmatch(name):
        raise Refused(f"container name {name!r}: letters, digits, '_', '.' and '-' only")
    if restart not in RESTART:
        raise Refused(f"restart policy {restart!r}: one of {', '.join(RESTART)}")
    environment = {str(key): str(value) for key, value in (request.get("env") or {}).items()}
    if broken := [key for key, value in environment.items() if "\n" in value]:
        raise Refused(f"environment {', '.join(broken)}: no line breaks in a value")
    if (memory := request.get("memory")) and not re.fullmatch(r"[1-9]\d{0,9}[bkmg]?", str(memory)):
        raise Refused(f"memory {memory!r}: a number with b, k, m or g")
    _image(image, request.get("login"))
    if request.get("replace") and name in _names(host):
        _rm(host, name, force=True)
    if name in _names(host):
        raise Refused(f'the container name "{name}" is already in use; `podman rm --force {name}` removes it')
    more = {LABEL_HOST: host, LABEL_SIBLING: name, LABEL_RESTART: restart if request.get("detach") else "no"}
    printed = podman(
        "run", "--detach", f"--name={container(host, name)}", f"--network=container:{host}", "--pull=never", "--env-file=/dev/stdin",
        "--log-driver=k8s-file", "--log-opt=max-size=10mb", *([f"--memory={memory}"] if memory else []),
        *labels(site, "sibling", more), image, *map(str, request.get("command") or []),
        stdin="".join(f"{key}={value}\n" for key, value in environment.items()),
    )
    return Reply(printed) if request.get("detach") else _finished(container(host, name), remove=bool(request.get("remove")))


def _finished(name: str, *, remove: bool) -> Reply:
    """Wait for a container that runs in the foreground; its output and exit code."""
    try:
        code = int(podman("wait", name, timeout=FOREGROUND_LIMIT))
        return _logs(name)._replace(rc=code)
    except subprocess.TimeoutExpired as error:
        raise Refused(f"the command did not end within {FOREGROUND_LIMIT} s") from error
    finally:
        if remove:
            podman("rm", "--force", "--time=2", name)


def _logs(name: str) -> Reply:
    done = subprocess.run(["podman", "logs", name], capture_output=True, text=True, errors="replace", check=False, timeout=60, env=ENVIRONMENT)
    return Reply(done.stdout, done.stderr, done.returncode)


def _login(request: Mapping[str, Any]) -> Reply:
    """The host keeps it, as podman does; here it is only tried."""
    try:
        registries.check(request["registry"], (request["user"], request["password"]))
    except registries.NotLetIn as error:
        raise Refused(str(error)) from error
    return Reply("Login Succeeded!\n")


def _image(reference: str, login: list[str] | None = None) -> str:
    """The image's id. What this machine holds is there; else it is pulled from the lab's registry that it lies in."""
    if not re.fullmatch(r"[a-zA-Z0-9][\w./:@-]*", reference):
        raise Refused(f"{reference!r} is not an image reference")
    if registries.ours(reference) and not registries.held(reference):
        registries.pull(reference, (login[0], login[1]) if login else None)
    identity = podman("image", "inspect", "--format={{.Id}}", reference, check=False).split()       # by tag or by digest
    if not identity:
        raise Refused(f"{reference}: image not known; the lab's machine holds no such image")
    return identity[0]


def _ps(host: str, *, everything: bool, form: str | None) -> str:
    listed = podman("ps", *(["--all"] if everything else []), f"--filter=label={LABEL_HOST}={host}",
                    *([f"--format={form}"] if form else []))
    return listed.replace(container(host, ""), "")


def _rm(host: str, name: str, *, force: bool) -> str:
    podman("rm", *(["--force", "--time=5"] if force else []), _own(host, name))
    return f"{name}\n"


def _own(host: str, name: str) -> str:
    if name not in _names(host):
        raise Refused(f'no container with name "{name}" found: no such container')
    return container(host, name)


def _names(host: str) -> Iterator[str]:
    yield from podman("ps", "--all", f"--filter=label={LABEL_HOST}={host}", f'--format={{{{index .Labels "{LABEL_SIBLING}"}}}}').split()


def container(host: str, name: str) -> str:
    """The sibling's name in this machine's podman."""
    return f"{host}--{name}"
