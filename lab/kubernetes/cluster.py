# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One cluster at work: its store and API, its controllers, a worker per pod, its load balancers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from lab.kubernetes.addresses import BALANCERS, PODS, Addresses
from lab.kubernetes.api import Api
from lab.kubernetes.balancers import Balancers
from lab.kubernetes.controllers import Controllers
from lab.kubernetes.engine import Place, Podman
from lab.kubernetes.metrics import ADDON, Counters, Meter
from lab.kubernetes.store import Store
from lab.kubernetes.worker import Worker

Object = dict[str, Any]
REST = 1.0              # seconds after which controllers look again although nothing changed: deadlines and windows pass
METRICS_SECONDS = 15.0  # over how long a pod's cpu figure is taken, as by metrics-server
CHECK_SECONDS = 3.0     # how often balancers are checked for life


class Cluster:
    """A cluster in a VPC. `dark()` says whether its site is down."""

    def __init__(self, place: Place, cidr: str, dark: Callable[[], bool], engine: Podman | None = None, balancers: Balancers | None = None):
        self.place, self.dark = place, dark
        self.store = Store()
        self.engine = engine or Podman(place)
        self.meter = Meter()
        self.api = Api(self.store, self.engine.log, self.meter.usage)
        self.controllers = Controllers(self.store, self.meter.cores, lambda: self.api.metrics)
        self.balancers = balancers or Balancers(self.store, place, Addresses(cidr, BALANCERS))
        self._pods = Addresses(cidr, PODS)
        self._workers: dict[str, Worker] = {}
        self._thread = threading.Thread(target=self._run, name=f"cluster {place.cluster[:8]}", daemon=True)
        self._ended = threading.Event()

    def has(self, addons: Iterable[str]) -> None:
        """Be told which addons are installed."""
        self.api.metrics = ADDON in addons

    def start(self) -> None:
        """Begin to reconcile."""
        self._thread.start()

    def discard(self) -> None:
        """End, and leave no container behind."""
        self._ended.set()
        self.store.changed.set()
        if self._thread.is_alive():
            self._thread.join(60)
        for worker in self._workers.values():
            worker.discard()
        for worker in self._workers.values():
            worker.join(60)
        self.balancers.discard()

    def _run(self) -> None:
        sampled = checked = 0.0
        was_dark = False
        while not self._ended.is_set():
            self.store.changed.wait(REST)
            self.store.changed.clear()
            if self.dark():
                was_dark = True
                self._ended.wait(REST)
                continue
            now = time.time()
            if now - sampled >= METRICS_SECONDS:
                sampled = now
                self.meter.sample(now, self._counters())
            if now - checked >= CHECK_SECONDS:
                checked = now
                self.balancers.check()
            self.reconcile()
            if was_dark:
                was_dark = False
                for worker in self._workers.values():
                    worker.ring()

    def reconcile(self) -> None:
        """One pass of everything."""
        self.controllers.run()
        self._assign()
        self.balancers.run()

    def _assign(self) -> None:
        """A worker for every pod; those whose pod is on its way out are told."""
        pods = {pod["metadata"]["uid"]: pod for pod in self.store.all("Pod")}
        for uid, worker in list(self._workers.items()):
            if not worker.is_alive():
                del self._workers[uid]
            elif uid not in pods or "deletionTimestamp" in pods[uid]["metadata"]:
                worker.ring()
        for uid, pod in pods.items():
            if uid not in self._workers:
                self._workers[uid] = Worker(pod, self.store, self.engine, self._pods, self.dark)
                self._workers[uid].start()

    def _counters(self) -> dict[str, Counters]:
        counters = {}
        for uid, worker in self._workers.items():
            state = worker.life.state
            used = self.engine.cpu_seconds(state) if state and state.running else None
            if state and used is not None:
                counters[uid] = Counters(used, self.engine.memory_bytes(state))
        return counters
