# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every module's walk, counted: make, make again, alter, alter again, drop, drop again, each foretold in check mode first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.contract.nhn_cloud import NhnCloud
from tests.contract.nhn_faults import LOG_IN, fresh
from tests.contract.nhn_walk import LOOK_AT, TO_LOOK_AT, WALK, WORLD


def walked() -> dict[str, dict[str, int]]:
    """{module: {steps, foretold (steps that did what was foretold, and no other), check_writes, idle_writes, requests (the most that a call sent
    which changed nothing, beyond the log-in)}}."""
    told: dict[str, dict[str, int]] = {}
    with fresh() as cloud:
        for kind, options in WORLD:
            cloud.make(kind, **options)
        for kind in WALK:
            told[kind] = _walk(cloud, kind)
            for container in cloud.store.containers.values():       # exported files outlive their backup
                container["objects"].clear()
    return told


def looked() -> dict[str, int]:
    """{module that only looks: requests it sent beyond the log-in to look at one thing}."""
    told: dict[str, int] = {}
    with fresh() as cloud:
        for kind, options in [*WORLD, *((kind, WALK[kind][0]) for kind in TO_LOOK_AT)]:
            cloud.make(kind, **options)
        for kind, options in LOOK_AT.items():
            cloud.requests()
            cloud.run(kind, **options)
            told[kind] = len([entry for entry in cloud.requests() if entry["path"] not in LOG_IN])
    return told


def _steps(kind: str) -> Iterator[tuple[dict[str, Any], str]]:
    made, altered, _ = WALK[kind]
    yield made, "create"
    yield made, "none"
    if altered:
        yield {**made, **altered}, "update"
        yield {**made, **altered}, "none"
    yield {**made, "state": "absent"}, "delete"
    yield {**made, "state": "absent"}, "none"


def _walk(cloud: NhnCloud, kind: str) -> dict[str, int]:
    count = dict.fromkeys(("steps", "foretold", "check_writes", "idle_writes", "requests"), 0)
    for options, action in _steps(kind):
        cloud.requests()
        foretold = cloud.run(kind, check=True, **options)
        count["check_writes"] += len(cloud.take_writes())
        done = cloud.run(kind, **options)
        sent = [entry for entry in cloud.requests() if entry["path"] not in LOG_IN]
        count["steps"] += 1
        count["foretold"] += foretold.result.get("action") == done.result.get("action") == action and foretold.result["diff"] == done.result["diff"]
        if action == "none":
            count["idle_writes"] += sum(entry["write"] for entry in sent)
            count["requests"] = max(count["requests"], len(sent))
    return count
