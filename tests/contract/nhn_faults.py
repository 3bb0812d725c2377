# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One fault before one request of a build, for every request and every fault in turn: the build must end as the one that nothing disturbed.

Everything runs in this process, each build against a fresh emulator, and no time passes while somebody waits.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.nhn.app import serve_in_thread
from lab.nhn.store import Store, shown
from lab.nhn.world import TABLES
from tests.contract.nhn_cloud import NhnCloud, no_time_passes
from tests.contract.nhn_walk import S3_FILE, WALK, WORLD

FAULTS: dict[str, dict[str, Any]] = {
    "lost reply": {"status": 504, "after": True},
    "throttle": {"status": 429, "headers": {"Retry-After": "2"}},
    "expired token": {"expire": True},
}
EXPIRED = "expired token"
LAG = "lagging read"            # answered as it was last time: got over by whoever looks again, and no figure of the bench
LOG_IN = ("/identity/v2.0/tokens", "/oauth2/token/create")
IN_THE_WORLD = {"vpc", "subnet", "routing_table", "internet_gateway", "port", "keypair", "rds_instance"}
Call = tuple[str, dict[str, Any]]
BUILD: list[Call] = [*WORLD, *((kind, made) for kind, (made, _, _) in WALK.items() if kind not in IN_THE_WORLD)]
# What differs between two builds that are the same: ids, names made of them, secrets, moments.
OWN = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{32,}\b|\d{4}-\d\d-\d\d[T ][0-9:.]+(Z|\+09:00)?"
                 r"|fa:16:3e:[0-9a-f:]{8}|vpc-[0-9a-f]{8}-[0-9a-f]{4}|\b1\d{9}\.\d+\b|\b[a-z0-9]{18}\.toastgslb\.com")


@dataclass(frozen=True)
class Result:
    """What became of one build. kind: the module that met the fault; failed: what it said when it did not get over it, else "";
    twice: what is there more often than without the fault; wrong: what else differs; again: what a second run of that module would write; late:
    whether that run had written something by then."""

    fault: str
    request: int
    kind: str
    failed: str = ""
    twice: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    late: bool = False

    @property
    def good(self) -> bool:
        """Whether the build converged and nothing is there twice."""
        return not (self.failed or self.twice or self.wrong or self.again)


@contextmanager
def fresh(version: str = "v3.0") -> Iterator[NhnCloud]:
    """An empty cloud of its own. version: of the RDS API."""
    url, store = serve_in_thread(auto_observe=True)
    Path(S3_FILE).unlink(missing_ok=True)
    cloud = NhnCloud(url, store)
    cloud.auth["rds_version"] = version
    try:
        with no_time_passes():
            yield cloud
    finally:
        store.close()


def can_meet(fault: str, entry: dict[str, Any], version: str) -> bool:
    """Whether a fault is one to a request (as the journal has it): a token cannot expire where none is carried, as by a log-in, by RDS v3.0, by
    the registry and by DNS Plus v1.0."""
    without = entry["path"] in LOG_IN or entry["path"].startswith(("/registry/", "/dns-plus/", *(["/rds/"] if version == "v3.0" else [])))
    return entry["method"] in ("GET", "HEAD") if fault == LAG else fault != EXPIRED or not without


def clean(calls: Iterable[Call], version: str = "v3.0") -> tuple[list[dict[str, Any]], list[list[str]]]:
    """(the requests of an undisturbed build as the journal has them, what is there after each module)."""
    sent: list[dict[str, Any]] = []
    pictures: list[list[str]] = []
    with fresh(version) as cloud:
        for kind, options in calls:
            cloud.make(kind, **options)
            sent += cloud.requests()
            pictures.append(picture(cloud.store))
    return sent, pictures


def disturbed(calls: list[Call], fault: str, request: int, expected: list[list[str]], version: str = "v3.0", to_the_end: bool = True) -> Result:
    """A build with one fault before the request of that number. The module that meets it is run again at once, and must write nothing.

    to_the_end: build on after that. Without, what is there is compared with what was there at that point without the fault: each module is
    a process of its own and knows nothing of what another one met.
    """
    with fresh(version) as cloud:
        cloud.unkind("*", skip=request, **FAULTS[fault])
        met: str = ""
        again: tuple[str, ...] = ()
        wanted: list[str] = []
        for (kind, options), undisturbed in zip(calls, expected, strict=True):
            wanted = undisturbed
            outcome = cloud.run(kind, **options)
            if outcome.failed:
                return Result(fault, request, met or kind, failed=str(outcome.result["msg"]))
            if not met and not cloud.orders():
                met = kind
                cloud.take_writes()
                repeated = cloud.run(kind, **options)
                again = tuple(cloud.take_writes()) or (() if repeated.result.get("action") == "none" else (str(repeated.result.get("msg")),))
                if not to_the_end:
                    break
        twice, wrong = _difference(picture(cloud.store), wanted)
        return Result(fault, request, met, twice=twice, wrong=wrong, again=again)


def steps(kind: str) -> list[tuple[str, dict[str, Any]]]:
    """[(name, options)] of a module's walk that change something, in order."""
    made, altered, _ = WALK[kind]
    return [("make", made), *([("alter", {**made, **altered})] if altered else []), ("drop", {**made, "state": "absent"})]


def walk_disturbed(cloud: NhnCloud, kind: str, fault: str, only: str = "") -> Iterator[Result]:
    """The same for each step of one module's walk, in a cloud that has what it lives in: every request of every step that can meet the fault, one
    after another.

    only: that step alone. What changes between the steps is brought about undisturbed. Each result's `kind` names the step too.
    """
    order = steps(kind)
    for number, (step, options) in enumerate(order):
        if only not in ("", step):
            continue
        before = [order[-1], *order[:number]]
        _bring(cloud, kind, before)
        cloud.requests()
        cloud.make(kind, **options)
        sent = cloud.requests()
        cloud.make(kind, **options)             # looked at as often as after a fault: some states move only when they are looked at
        wanted = picture(cloud.store)
        for request in [number for number, entry in enumerate(sent) if can_meet(fault, entry, cloud.auth["rds_version"])]:
            _bring(cloud, kind, before)
            cloud.unkind("*", skip=request, **({"stale": True} if fault == LAG else FAULTS[fault]))
            outcome = cloud.run(kind, **options)
            missed = cloud.orders()
            cloud.kind()
            cloud.take_writes()
            repeated = cloud.run(kind, **options)
            again = tuple(cloud.take_writes()) or (() if repeated.result.get("action") == "none" else (str(repeated.result.get("msg")),))
            failed = str(outcome.result["msg"]) if outcome.failed else "no request met the fault" if missed else ""
            twice, wrong = _difference(picture(cloud.store), wanted)
            late = any(entry["write"] for entry in sent[:request])
            yield Result(fault, request, f"{kind} {step}", failed, twice, wrong, again, late)
    _bring(cloud, kind, [order[-1]])


def _bring(cloud: NhnCloud, kind: str, there: Iterable[tuple[str, dict[str, Any]]]) -> None:
    for step, options in there:
        cloud.make(kind, **options)
        if step == "drop":                          # exported files outlive their backup
            for container in cloud.store.containers.values():
                container["objects"].clear()


def _difference(there: list[str], wanted: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(twice, wrong) of a Result: what is there too often, and what is otherwise not as it should be."""
    surplus = [line for line in set(there) if there.count(line) > wanted.count(line)]
    lacking = [line for line in set(wanted) if wanted.count(line) > there.count(line)]
    return (tuple(surplus), ()) if len(there) > len(wanted) else ((), tuple(surplus + lacking))


def picture(store: Store) -> list[str]:
    """Everything a project holds, a line each, without what differs between two builds that are the same."""
    found = [(table, shown(record)) for table in TABLES for record in getattr(store, table, {}).values()]
    found += [(kind, shown(record)) for kind, table in store.lbaas.items() for record in table.values()]
    for instance in store.rds_instances.values():
        found += [("db-users", shown(user)) for user in instance["_users"].values()]
        found += [("db-schemas", shown(schema)) for schema in instance["_schemas"].values()]
    return sorted(f"{table} {OWN.sub('#', json.dumps(record, sort_keys=True, default=str))}" for table, record in found)
