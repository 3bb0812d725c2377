# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One pod from its start to its end: a thread that starts its container, probes it, restarts it, and stops it.

`Worker.tick` is the whole life, one step at a time; the thread only decides when to tick: at once when the process ends or the pod
changes, else when the next probe is due.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import select
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lab.kubernetes import netns, pod_status
from lab.kubernetes.addresses import Addresses
from lab.kubernetes.engine import Podman, State, watch_process
from lab.kubernetes.podspec import Unrunnable, plan
from lab.kubernetes.probes import Probes, restart_delay
from lab.kubernetes.store import Store
from lab.podman import PodmanError

Object = dict[str, Any]
LONGEST_REST = 5.0      # seconds after which a worker looks again although nothing is due
RETRY = 2.0             # seconds between attempts to start what could not be started
STARTS = threading.Semaphore(2)     # podman starts at a time: the machine is small


@dataclass
class Life:
    """What a worker knows of its container."""

    address: str = ""
    waiting: str = ""               # why there is no container (the last refusal), "" when there is none to tell
    next_try: float = 0.0
    state: State | None = None      # None: never started
    probes: Probes | None = None
    started: float = 0.0
    ended: float = 0.0
    restarts: int = 0
    last: Object = field(default_factory=dict)      # the container's previous terminated state
    reason: str = ""                # why the kubelet itself ended the container


class Worker(threading.Thread):
    """One pod's kubelet. `dark()` says whether the site is down: then nothing is done, and nothing is revived."""

    def __init__(self, pod: Object, store: Store, engine: Podman, addresses: Addresses, dark: Callable[[], bool]):
        super().__init__(name=f"pod {pod['metadata']['name']}", daemon=True)
        self.pod, self.store, self.engine, self.addresses, self.dark = pod, store, engine, addresses, dark
        self.clock = store.clock
        self.container = f"lab-pod-{engine.place.cluster[:8]}-{pod['metadata']['namespace']}-{pod['metadata']['name']}"
        self.life = Life()
        self.discarded = False
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._process: int | None = None

    # --- when

    def ring(self) -> None:
        """The pod changed, or the site came back: look at once."""
        os.eventfd_write(self._bell, 1)

    def discard(self) -> None:
        """The cluster is gone: end without a word to the API."""
        self.discarded = True
        self.ring()

    def run(self) -> None:
        """Tick until the pod is gone."""
        try:
            while self.tick():
                self._wait()
        finally:
            if self._process is not None:
                os.close(self._process)
            os.close(self._bell)

    def _wait(self) -> None:
        now = self.clock()
        life = self.life
        due = now + LONGEST_REST
        if life.state is None or not life.state.running:
            due = min(due, life.next_try) if life.next_try > now else due
        elif life.probes and (probe := life.probes.next_due()) is not None:
            due = min(due, probe)
        poll = select.poll()
        poll.register(self._bell, select.POLLIN)
        if self._process is not None and not self.dark():
            poll.register(self._process, select.POLLIN)
        poll.poll(max(0.02, due - now) * 1000)
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._bell)

    # --- what

    def tick(self) -> bool:
        """Do what is due. False when there is nothing more to do for this pod, ever."""
        if self.discarded:
            self._clear()
            return False
        if self.dark():
            return True
        pod = self.store.get("Pod", self.pod["metadata"]["namespace"], self.pod["metadata"]["name"])
        if pod is None or pod["metadata"]["uid"] != self.pod["metadata"]["uid"]:
            self._clear()
            return False
        self.pod = pod
        if "deletionTimestamp" in pod["metadata"]:
            self._terminate(pod["metadata"].get("deletionGracePeriodSeconds", 0))
            self._clear()
            self.store.drop(pod)
            return False
        if not self._over():
            self._live(self.clock())
        self.store.set_status(pod, pod_status.status(pod, self.life, self.clock()))
        return True

    def _live(self, now: float) -> None:
        life = self.life
        if life.state is None:
            if now >= life.next_try:
                self._create(now)
            return
        if life.state.running and self._process is not None and select.select([self._process], [], [], 0)[0]:
            self._look_again(now)
        if life.state.running:
            self._probe(now)
        elif not self._over() and now >= life.next_try:
            self._restart(now)

    def _create(self, now: float) -> None:
        life = self.life
        namespace = self.pod["metadata"]["namespace"]
        try:
            life.address = life.address or self.addresses.take()
            wanted = plan(self.pod, life.address, lambda kind, name: self.store.get(kind, namespace, name))
            with STARTS:
                state = self.engine.create(self.container, self.pod, wanted, life.address)
        except (Unrunnable, PodmanError) as problem:
            life.waiting, life.next_try = str(problem), now + RETRY
            return
        life.waiting = ""
        self._begun(state, self.clock())

    def _begun(self, state: State, now: float) -> None:
        life = self.life
        life.state, life.started, life.reason = state, now, ""
        life.probes = Probes(self.pod["spec"]["containers"][0], now)
        if self._process is not None:
            os.close(self._process)
        self._process = watch_process(state.pid) if state.running else None
        if state.running and self._process is None:
            self._look_again(now)
        elif not state.running:
            self._ended(state, now)

    def _look_again(self, now: float) -> None:
        """The process we knew is gone. Someone may have started the container anew meanwhile: then that one is ours."""
        if self.dark():
            return
        state = self.engine.state(self.container)
        if state is None:                                   # removed behind our back: begin again with a new container
            self._ended(State(running=False, exit_code=137), now)
            self.life.state = None
        elif state.running and self.life.state and state.pid != self.life.state.pid:
            self.life.restarts += 1
            self._begun(self.engine.adopt(state), now)
        elif not state.running:
            self._ended(state, now)

    def _ended(self, state: State, now: float) -> None:
        life = self.life
        life.state, life.ended = state, now
        life.last = pod_status.terminated(life)
        if self._process is not None:
            os.close(self._process)
            self._process = None
        life.next_try = now + restart_delay(life.restarts, now - life.started)
        if self._over():
            self.engine.remove(self.container)              # its log stays; a container that is done must not be started by anyone
            self.addresses.give(life.address)

    def _restart(self, now: float) -> None:
        life = self.life
        life.restarts += 1
        try:
            with STARTS:
                state = self.engine.start(self.container)
        except (PodmanError, Unrunnable) as problem:
            life.waiting, life.next_try = str(problem), now + RETRY
            return
        life.waiting = ""
        self._begun(state, self.clock())

    def _over(self) -> bool:
        """Whether the container has ended for good."""
        return self.life.state is not None and pod_status.final_phase(self.pod, self.life) != ""

    def _probe(self, now: float) -> None:
        probes = self.life.probes
        if probes is None:
            return
        for _kind, watch in probes.due(now):
            success, words = self._try(watch.spec, watch.spec["timeoutSeconds"])
            watch.record(success, words, now)
        if probes.kill:
            self.life.reason = probes.kill
            self.engine.stop(self.container, self.pod["spec"]["terminationGracePeriodSeconds"])
            self._look_again(self.clock())

    def _try(self, handler: Object, timeout: float) -> tuple[bool, str]:
        """One probe or hook: (whether it succeeded, what was seen)."""
        if "exec" in handler:
            return self.engine.execute(self.container, handler["exec"].get("command", []), timeout)
        target = handler.get("httpGet") or handler["tcpSocket"]
        port = self._port(target["port"])
        pid = self.life.state.pid if self.life.state else 0
        try:
            connection = netns.connect(pid, target.get("host") or self.life.address, port, timeout)
            if "httpGet" not in handler:
                connection.close()
                return True, ""
            headers = {header["name"]: header["value"] for header in target.get("httpHeaders", ())}
            code = netns.http_get(connection, f"{self.life.address}:{port}", target["path"], headers, timeout)
        except (OSError, http.client.HTTPException) as error:
            return False, f"{type(error).__name__}: {error}"
        return 200 <= code < 400, f"HTTP probe failed with statuscode: {code}"

    def _port(self, port: int | str) -> int:
        if isinstance(port, int):
            return port
        named = {entry.get("name"): entry["containerPort"] for entry in self.pod["spec"]["containers"][0].get("ports", ())}
        return named.get(port) or int(port)

    def _terminate(self, grace: int) -> None:
        """preStop, TERM, and KILL when the grace period is over."""
        if self.life.state is None or not self.life.state.running:
            return
        begun = time.monotonic()
        hook = self.pod["spec"]["containers"][0].get("lifecycle", {}).get("preStop", {})
        if grace and "sleep" in hook and self._process is not None:
            select.select([self._process], [], [], min(grace, hook["sleep"]["seconds"]))
        elif grace and hook:
            self._try(hook, grace)
        self.engine.stop(self.container, max(0, grace - int(time.monotonic() - begun)))

    def _clear(self) -> None:
        self.engine.remove(self.container)
        self.engine.forget(self.pod)
        self.addresses.give(self.life.address)
