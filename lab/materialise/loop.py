# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The loop: look at both clouds and at podman, start what is missing, tell the clouds what has become real."""

from __future__ import annotations

import logging
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from lab import files, world
from lab.hosts import networks
from lab.materialise import act, aws_cloud, nhn_cloud, observe, read
from lab.materialise.actual import Actual, Eyes
from lab.materialise.backups import Backups
from lab.materialise.plan import plan
from lab.materialise.siblings import Siblings
from lab.materialise.specs import SITES, Host, Network, Site, Spec, names
from lab.materialise.work import Work
from lab.podman import PodmanError

log = logging.getLogger("lab.materialise")
EVERY = 0.5                         # seconds between looks
REPEAT = 10.0                       # seconds after which a report is made again, as a control plane may have started anew


def desired(worlds: Mapping[str, Mapping[str, Any]], kept: Mapping[str, str]) -> tuple[dict[str, Spec], set[str]]:
    """Every spec the looked-at sites ask for, and which sites were understood: one that asks for the impossible counts as not looked at."""
    derive: dict[str, Callable[[Mapping[str, Any]], dict[str, Spec]]] = {
        "nhn": nhn_cloud.desired, "aws": lambda aws: aws_cloud.desired(aws, kept)}
    found: dict[str, Spec] = {}
    understood = set()
    for site, held in worlds.items():
        try:
            found |= derive[site](held)
            understood.add(site)
        except (ValueError, LookupError, TypeError) as error:
            log.error("what %s holds makes no sense, leaving its site as it is: %r", site, error)
    return found, understood


class Materialiser:
    """One `step` is one look and what follows from it; `run` repeats it until told to stop."""

    def __init__(self) -> None:
        self.wake, self.stopping = threading.Event(), False
        self.nhn, self.aws = read.Nhn(), read.Aws()
        self.eyes, self.watch, self.siblings = Eyes(), observe.Watch(self.aws.blocked), Siblings()
        self.backups = Backups()
        self.work = Work(act.act, ended=self.wake.set)
        self.applied: dict[str, tuple[Spec, str]] = {}
        self.reported: dict[str, tuple[observe.Seen, float]] = {}
        self.names: dict[str, dict[str, str]] = {"before": files.read_json(world.NAMES, {})}
        self.anew = True

    def run(self) -> None:
        """Until `stop`; containers stay as they are afterwards. What an action has made possible is begun at once."""
        while not self.stopping:
            self.wake.clear()         # before the look: what ends during it calls for another one
            try:
                self.step()
            except (PodmanError, OSError, ValueError, subprocess.SubprocessError) as error:
                log.error("this look came to nothing: %s", error)
            if not self.stopping:
                self.wake.wait(EVERY)
        for part in (self.work, self.siblings, self.watch, self.backups):
            part.close()

    def stop(self) -> None:
        """End `run` after what is under way; safe in a signal handler."""
        self.stopping = True
        self.wake.set()

    def step(self) -> None:
        """One look. Raises PodmanError when podman itself does not answer."""
        self._collect()
        worlds = read.both(self.nhn, self.aws, read.silent_control_planes())
        broken = read.broken_sites()
        actual, fresh = self.eyes.see(anew=self.anew)
        self.anew = False
        want, sites = desired({site: held for site, held in worlds.items() if site not in broken}, actual.kept)
        if fresh:
            networks.address_bridges(actual.bridges)
            self.siblings.mend(actual, sites)
            self.applied = {name: entry for name, entry in self.applied.items() if name in actual.things}
        self.work.submit(plan(want, actual.things, sites, self.applied, actual.occupied))
        hosts = {name: spec.site for name, spec in want.items() if isinstance(spec, Host) and name in actual.pids}
        self.anew |= self.siblings.serve(hosts)
        self._publish_names(want, sites)
        ended = self.backups.serve(nhn_cloud.backups(worlds["nhn"])) if "nhn" in sites else {}
        self._report(want, actual, sites, ended)

    def _collect(self) -> None:
        for action in self.work.collect():
            self.anew = True
            if action.verb == "update" and action.spec:
                self.applied[action.name] = (action.spec, action.run)
            elif action.verb == "remove":
                self.applied.pop(action.name, None)

    def _publish_names(self, want: dict[str, Spec], sites: set[str]) -> None:
        """DNS names of sites that were looked at; those of the others stay as they were."""
        for site in SITES:
            if site in sites:
                self.names[site] = names(want, site)
        if all(site in self.names for site in SITES):
            self.names.pop("before", None)
        merged = {name: address for part in ("before", *SITES) for name, address in self.names.get(part, {}).items()}
        if merged != files.read_json(world.NAMES, None):
            files.write_json(world.NAMES, merged)

    def _report(self, want: dict[str, Spec], actual: Actual, sites: set[str], backups: dict[str, str]) -> None:
        runs = {name: thing.run for name, thing in actual.things.items()}
        real = [spec for name, spec in want.items() if runs.get(name) and self.applied.get(name) == (spec, runs[name])]
        gone = [spec for name, spec in want.items() if not isinstance(spec, Network) and not runs.get(name)]
        self.watch.look(real, gone)
        if "nhn" in sites:
            self._tell("nhn", {**observe.nhn(real), "rds_backups": backups})
        if "aws" in sites:
            self._tell("aws", observe.aws(real, self.watch.telemetry, self.watch.health))

    def _tell(self, site: Site, seen: observe.Seen) -> None:
        now = time.monotonic()
        before, when = self.reported.get(site, (None, 0.0))
        if seen != before or now - when > REPEAT:
            cloud = self.nhn if site == "nhn" else self.aws
            if cloud.observed(seen):
                self.reported[site] = (seen, now)
