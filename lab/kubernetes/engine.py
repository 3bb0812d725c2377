# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The container engine below the kubelet: podman, one container per pod.

A pod's directory, build/lab/kube/pods/<uid>/, holds its log and its volumes; it outlives restarts of the container and goes with the
pod. Nothing here knows of Kubernetes objects beyond the pod it is handed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab import registries
from lab.kubernetes.podspec import Plan, Unrunnable
from lab.podman import PodmanError, labels, podman, remove
from lab.world import KUBE, MACHINE

Object = dict[str, Any]
CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class State:
    """A container as podman sees it. `pid` is 0 unless it runs."""

    running: bool
    pid: int = 0
    exit_code: int = 0
    out_of_memory: bool = False
    cgroup: str = ""
    id: str = ""


@dataclass(frozen=True)
class Place:
    """Where a cluster's pods stand: its id, the podman network of its VPC, and the VPC's router."""

    cluster: str
    network: str
    router: str


class Podman:
    """The engine of the real lab."""

    def __init__(self, place: Place, pods: Path = KUBE / "pods"):
        self.place = place
        self.pods = pods

    def create(self, name: str, pod: Object, plan: Plan, address: str) -> State:
        """Start a pod's container. Raises Unrunnable (what to write into the pod's status) when it cannot be started now."""
        if not _there(plan.image):
            _pull(plan)
        if plan.non_root:
            _refuse_root(plan)
        home = self._home(pod)
        mounts = self._volumes(home, plan)
        metadata = pod["metadata"]
        more = {"mcdr.cluster": self.place.cluster, "mcdr.pod": f"{metadata['namespace']}/{metadata['name']}", "mcdr.pod-uid": metadata["uid"]}
        try:
            with tempfile.NamedTemporaryFile("w", dir=home, prefix="env", encoding="utf-8") as environment:
                environment.write("".join(f"{key}={value}\n" for key, value in plan.environment.items()))
                environment.flush()
                podman("run", "--detach", f"--name={name}", f"--network={self.place.network}:ip={address}", f"--dns={MACHINE}",
                       "--pull=never", "--log-driver=k8s-file", f"--log-opt=path={home / 'log'}", f"--env-file={environment.name}",
                       *labels("nhn", "pod", more), *plan.flags, *mounts, plan.image, *plan.args)
        except (PodmanError, subprocess.TimeoutExpired) as error:
            remove(name)
            raise Unrunnable(str(error)) from error
        return self._running(name)

    def start(self, name: str) -> State:
        """Start a container that ended. Raises PodmanError."""
        podman("start", name)
        return self._running(name)

    def state(self, name: str) -> State | None:
        """How a container is; None when there is none."""
        shown = podman("inspect", "--type=container", "--format={{json .State}} {{.Id}}", name, check=False).strip()
        if not shown:
            return None
        found, _, identity = shown.rpartition(" ")
        told = json.loads(found)
        return State(told["Running"], told["Pid"], told["ExitCode"], told["OOMKilled"], told.get("CgroupPath", ""), identity)

    def stop(self, name: str, grace: int) -> None:
        """Ask a container to end, and end it after `grace` seconds."""
        podman("stop", "--ignore", f"--time={grace}", name, timeout=grace + 60, check=False)

    def remove(self, name: str) -> None:
        """Remove a container in whatever state."""
        remove(name)

    def forget(self, pod: Object) -> None:
        """Remove what a pod left behind: its log and volumes."""
        shutil.rmtree(self._home(pod), ignore_errors=True)

    def execute(self, name: str, argv: list[str], timeout: float) -> tuple[bool, str]:
        """Run a command in the container: (whether it ended with 0, its words or why not)."""
        try:
            podman("exec", name, *argv, timeout=timeout)
        except subprocess.TimeoutExpired:
            return False, f"command {argv[0]} timed out after {timeout:g} s"
        except PodmanError as error:
            return False, str(error)
        return True, ""

    def log(self, pod: Object) -> str:
        """Everything the pod has written. Raises LookupError when it has not run yet."""
        path = self._home(pod) / "log"
        if not path.is_file():
            raise LookupError("waiting to start: no output yet")
        return plain_text(path.read_text(encoding="utf-8", errors="replace"))

    def cpu_seconds(self, state: State) -> float | None:
        """Processor time a running container has used since its start; None when the kernel does not tell."""
        relative = state.cgroup.lstrip("/")
        try:
            if (CGROUPS / "cpuacct").is_dir():
                return int((CGROUPS / "cpuacct" / relative / "cpuacct.usage").read_text()) / 1e9
            lines = (CGROUPS / relative / "cpu.stat").read_text().splitlines()
            return next(int(line.split()[1]) / 1e6 for line in lines if line.startswith("usage_usec"))
        except (OSError, ValueError, StopIteration):
            return None

    def memory_bytes(self, state: State) -> int | None:
        """Memory a running container works with: all it has, without file pages that nobody has touched lately. None when the kernel does not
        tell."""
        relative = state.cgroup.lstrip("/")
        old = (CGROUPS / "memory").is_dir()
        folder = CGROUPS / "memory" / relative if old else CGROUPS / relative
        try:
            used = int((folder / ("memory.usage_in_bytes" if old else "memory.current")).read_text())
            idle = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
            return max(0, used - int(idle["total_inactive_file" if old else "inactive_file"]))
        except (OSError, ValueError, KeyError):
            return None

    def _home(self, pod: Object) -> Path:
        path = self.pods / pod["metadata"]["uid"]
        path.mkdir(parents=True, exist_ok=True, mode=0o711)
        return path

    def _running(self, name: str) -> State:
        """A container just started. One that has ended already is fine: that is for the caller to see."""
        state = self.state(name)
        if state is None:
            raise Unrunnable(f"container {name} vanished right after its start")
        return self.adopt(state)

    def adopt(self, state: State) -> State:
        """Give a container that runs its way out of the VPC; podman forgets it at every start."""
        if state.running and self.place.router:
            subprocess.run(["nsenter", f"--target={state.pid}", "--net", "ip", "route", "replace", "default", "via", self.place.router],
                           capture_output=True, check=False, timeout=10)
        return state

    @staticmethod
    def _volumes(home: Path, plan: Plan) -> list[str]:
        for volume, files in plan.files.items():
            folder = home / "volumes" / volume
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o755 if files else 0o777)
            for name, content in files.items():
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        return [f"--volume={home / 'volumes' / where}:{path}{':ro' if read_only else ''}" for where, path, read_only in plan.mounts]


def _there(image: str) -> bool:
    """Whether this machine has it. Of the lab's registries by its name; else by tag or digest, which `podman images` knows of no image built here."""
    return registries.held(image) if registries.ours(image) else bool(podman("image", "inspect", "--format={{.Id}}", image, check=False).strip())


def _pull(plan: Plan) -> None:
    place = registries.ours(plan.image)
    if place is None:
        raise Unrunnable(f'Failed to pull image "{plan.image}": not in the lab\'s image store')
    try:
        registries.pull(plan.image, plan.logins.get(place))
    except (PodmanError, subprocess.TimeoutExpired) as error:
        raise Unrunnable(f'Failed to pull image "{plan.image}": {error}') from error


def _refuse_root(plan: Plan) -> None:
    user = plan.user or podman("image", "inspect", "--format={{.User}}", plan.image).strip().split(":")[0]
    if user in ("", "0", "root"):
        raise Unrunnable("container has runAsNonRoot and image will run as root")
    if not user.isdigit():
        raise Unrunnable(f"container has runAsNonRoot and image has non-numeric user ({user}), cannot verify user is non-root")


def plain_text(log: str) -> str:
    """The output in a container log of lines `<time> <stream> <F|P> <text>`; P lines go on in the next."""
    text = []
    for line in log.splitlines():
        parts = line.split(" ", 3)
        if len(parts) == 4:
            text.append(parts[3] + ("" if parts[2] == "P" else "\n"))
    return "".join(text)


def watch_process(pid: int) -> int | None:
    """A descriptor that becomes readable when the process ends; None when it has ended already."""
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        return None
