# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Brings the lab up and takes it down. Every step of `up` keeps what is there, so an interrupted `up` is mended by another one."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from lab import cuts, files, network, ownership, preflight, processes, registries, ssh_masters
from lab.hosts.systemd import install_key, start_host, trust, wait_for_ssh
from lab.images import current
from lab.images.build import clear_work, ensure_images
from lab.kubernetes import client_cache
from lab.podman import podman, remove
from lab.preflight import Lab, Machine
from lab.progress import say
from lab.secrets import ensure_secrets, ensure_ssh_key
from lab.world import BUILD, FAULTS, INTERNET_NETWORK, LABEL, ROOT, THIRD_PLACE

THIRD_HOST = "lab-third"
STARTABLE = ("running", "stopped", "exited")        # any other container is one whose making was cut short: podman may not even know that it runs


class Refused(RuntimeError):
    """This machine cannot have the lab; `faults` are all the reasons."""

    def __init__(self, faults: list[str]):
        super().__init__("\n".join(faults))
        self.faults = faults


class LeftBehind(RuntimeError):
    """`down` did all it could, and something is still there; the message names it."""


def fit() -> Machine:
    """This machine, when it can have the lab. Touches nothing. Raises Refused."""
    machine = preflight.observe()
    if faults := preflight.faults(machine):
        raise Refused(faults)
    return machine


def up() -> None:
    """Bring the lab up; quick when it is. Raises Refused before anything is touched, and the error of the step that failed after."""
    machine = fit()
    for clone, why in preflight.dead_labs(machine).items():
        say(f"clearing away {why}")
        clear(clone)
    state = ownership.owner()
    ownership.claim("up" if state and state.clone == str(ROOT) and state.state == "up" else "building", state.processes if state else ())
    BUILD.mkdir(parents=True, exist_ok=True)
    BUILD.chmod(0o700)
    ensure_images()
    ensure_secrets()
    bridge = network.ensure_internet()
    network.guard(machine.ranges.values())
    say(f"the lab's internet is {bridge}; nothing with a lab address leaves this machine")
    if not registries.installed():
        say("the registries are left out, so nothing can be released here: docker-registry is not installed (`make .venv/bin/docker-registry`)")
    names = [processes.APT, *registries.installed(), *processes.installed()]
    # Those that know something first: the others ask them.
    first = [name for name in names if name in processes.STATEFUL or name == processes.APT]
    _start(first, meanwhile=ensure_third_place)
    _start([name for name in names if name not in first])
    cuts.apply(files.read_json(FAULTS, {}))
    ownership.claim("up", names)
    say("the lab is up")


def ensure_third_place() -> None:
    """The small host outside both clouds that holds the deciding vote; it stays down while `lab break third` is in force."""
    if "third" in files.read_json(FAULTS, {}):
        say(f"{THIRD_HOST} stays down: `lab break third` is in force")
        return
    state = podman("ps", "--all", "--format={{.State}}", f"--filter=name=^{THIRD_HOST}$").strip()
    if state and state not in STARTABLE:
        say(f"host {THIRD_HOST} was left half made ({state}); it is made anew")
        remove(THIRD_HOST)
        state = ""
    if not state:
        start_host(THIRD_HOST, "third", INTERNET_NETWORK, THIRD_PLACE, current("host"), public_key=ensure_ssh_key())
        say(f"third place: host {THIRD_HOST} at {THIRD_PLACE}")
    else:
        podman("start", THIRD_HOST)         # one that runs stays as it is
        wait_for_ssh(THIRD_HOST)
        install_key(THIRD_HOST, "debian", ensure_ssh_key())
    trust(THIRD_HOST, THIRD_PLACE)


def down() -> None:
    """Take this clone's lab down and leave only the caches. Raises LeftBehind when something would not go."""
    removed = clear(str(ROOT))
    left = [*_leftovers(preflight.labs().get(str(ROOT))), *(f"mount {path}" for path in _mounts()), *([str(BUILD)] if BUILD.exists() else [])]
    if ownership.owner() is None:       # another clone's lab keeps its connections
        left += [f"ssh connection (pid {process.pid})" for process in ssh_masters.running()]
    if left:
        raise LeftBehind(f"still there: {', '.join(left)}")
    say(f"removed {', '.join(removed)}; nothing is left but the image and package caches" if removed else "there was no lab of this clone")


def clear(clone: str) -> list[str]:
    """Remove everything that carries the clone's mark, and its build/lab. Returns what was removed, in words."""
    lab = preflight.labs().get(clone, Lab(clone))
    removed = []
    alive = processes.running(clone)
    # The materialiser and Kubernetes would make again what is removed below.
    for batch in ([p for p in alive if p.name in ("materialise", "kubernetes")], [p for p in alive if p.name not in ("materialise", "kubernetes")]):
        processes.stop(batch)
    if alive:
        removed.append(f"{len(alive)} processes")
    if names := _containers(clone):
        podman("rm", "--force", "--time=0", "--ignore", "--volumes", "--depend", *names, timeout=300)
        removed.append(f"{len(names)} containers")
    for name in sorted(lab.networks):
        network.remove_network(name)
    if lab.networks:
        removed.append(f"{len(lab.networks)} networks")
    owner = ownership.owner()
    if owner is None or owner.clone == clone:
        # Machine-wide things, and nobody else's.
        if connections := ssh_masters.close():
            removed.append(f"{connections} ssh connections")
        if pulled := registries.forget():
            removed.append(f"{pulled} pulled images")
        cut, guarded, half_built = cuts.remove(), network.remove_guard(), clear_work()
        removed += [word for word, was in (("cut links", cut), ("the guard", guarded), ("half-built images", half_built)) if was]
        ownership.RECORD.unlink(missing_ok=True)
    folder = Path(clone) / "build" / "lab"
    if cached := client_cache.remove(folder / "requests" / "nhn.jsonl"):
        removed.append(f"{cached} caches of its clusters' clients")
    if folder.is_dir() and (Path(clone) / "lab" / "world.py").is_file():
        shutil.rmtree(folder)
        removed.append(str(folder))
    return removed


def _start(names: list[str], meanwhile: Callable[[], None] | None = None) -> None:
    started = [launched for name in names if (launched := processes.launch(name))]
    if meanwhile:
        meanwhile()
    for process in started:
        process.wait_until_ready()
        say(f"lab.{process.name} is ready")


def _containers(clone: str) -> list[str]:
    return [row["Names"][0] for row in json.loads(podman("ps", "--all", "--format=json", f"--filter=label={LABEL}={clone}") or "[]")]


def _leftovers(lab: Lab | None) -> list[str]:
    if lab is None:
        return []
    return [*(f"process lab.{name}" for name in sorted(lab.processes)), *(f"container {name}" for name in sorted(lab.running | lab.stopped)),
            *(f"network {name}" for name in sorted(lab.networks))]


def _mounts() -> list[str]:
    targets = subprocess.run(["findmnt", "--raw", "--noheadings", "--output=TARGET"], capture_output=True, text=True, check=True).stdout
    return [target for target in targets.split() if target.startswith(f"{BUILD}/")]
