# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the nhn_* modules document to return is what they return, all the way down: nothing more in the walk, and nothing that the walk never saw."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Answer, Fault

from tests.contract.nhn_cloud import MODULES, Outcome
from tests.contract.nhn_faults import fresh
from tests.contract.nhn_walk import ACTS, LOOKS, WALK, WORLD

NAMES = sorted(path.stem.removeprefix("nhn_") for path in Path("plugins/modules").glob("nhn_*.py"))
ANSIBLES = {"changed", "failed", "invocation", "msg", "warnings", "deprecations"}     # said of every module by Ansible itself
# What is of the service's or the caller's own keys, and what other tests have: a verdict, a failure, a missing parent.
OPEN = {"parameters", "options", "labels", "headers", "before", "after"}
ELSEWHERE = ("failure", "judgement.", "needs")
UNIT = re.compile(r"\b(GB|MB|bytes|seconds|minutes|hours|days|percent|port|number|position|weight|RV\(metrics\[\]\.unit\))", re.IGNORECASE)
# Beyond the walk: what only version 4.0 of RDS tells, and what is told of a thing before it is made.
MORE: dict[str, dict[str, Any]] = {
    "rds_instance": {"slow_query_analysis": False, "candidate_name": "stands-by"}, "kubernetes_cluster": {"labels": {"user_script_v2": "#!/bin/sh"}},
    "kubernetes_node_group": {"labels": {"user_script_v2": "#!/bin/sh"}}}
ASKED: dict[str, dict[str, Any]] = {
    "rds_metric_info": {"instance": "database"}, "kubernetes_config": {"name": "cluster"},
    "volume_snapshot_rotation": {"volumes": [{"name": "data", "keep": 2}], "stamp": "20260101"}}
Types = dict[str, set[str]]


def returned(kind: str) -> dict[str, Any]:
    return dict(yaml.safe_load(importlib.import_module(f"{MODULES}nhn_{kind}").RETURN))


def documented(values: dict[str, Any], below: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Each value with its path, "resource.rules.cidr"."""
    for name, value in values.items():
        yield f"{below}{name}", value
        yield from documented(value.get("contains") or {}, f"{below}{name}.")


def told(value: Any, path: str, seen: Types) -> None:
    """Note the types of what was returned, by path; lists are looked into."""
    seen.setdefault(path, set()).add(type(value).__name__)
    for item in value if isinstance(value, list) else []:
        if isinstance(item, dict):
            told(item, path, seen)
    if isinstance(value, dict) and path.rsplit(".", 1)[-1] not in OPEN:
        for name, inner in value.items():
            told(inner, f"{path}.{name}" if path else name, seen)


@pytest.fixture(scope="module")
def seen() -> dict[str, Types]:
    """What each module returned in the walk, and in the looks at what the walk made."""
    paths: dict[str, Types] = {kind: {} for kind in NAMES}

    def note(kind: str, outcome: Outcome) -> None:
        assert not outcome.failed, (kind, outcome.result["msg"])
        told({name: value for name, value in outcome.result.items() if name not in ANSIBLES}, "", paths[kind])

    with fresh("v4.0") as cloud:
        for kind, options in WORLD:
            cloud.make(kind, **options)
        for kind, (made, altered, _) in WALK.items():
            whole = {**made, **altered, **MORE.get(kind, {})}
            note(kind, cloud.run(kind, check=True, **whole))
            for options in (made, whole):
                for check in (True, False):
                    note(kind, cloud.run(kind, check=check, **options))
        for kind in sorted(LOOKS | ACTS):
            note(kind, cloud.run(kind, **ASKED.get(kind, {})))
        for kind, (made, _, _) in WALK.items():
            note(kind, cloud.run(kind, check=True, **made, state="absent"))
    return paths


@pytest.mark.parametrize("kind", NAMES)
def test_what_is_returned_is_described_and_what_is_described_is_returned(kind: str, seen: dict[str, Types]) -> None:
    described = dict(documented(returned(kind)))
    there = {path: types for path, types in seen[kind].items() if path}
    assert sorted(set(there) - set(described)) == []
    assert [path for path in described if path not in there and not path.startswith(ELSEWHERE)] == []
    for path, types in there.items():
        assert described[path]["type"] in types or types == {"NoneType"}, (path, types)


@pytest.mark.parametrize("kind", NAMES)
def test_each_value_has_words_a_type_an_example_and_a_unit(kind: str) -> None:
    for path, value in documented(returned(kind)):
        assert value["description"] and value["type"], path
        assert "sample" in value or value.get("contains"), path
        if value["type"] in ("int", "float"):
            assert UNIT.search(str(value["description"])), f"{path}: in what unit?"


@pytest.mark.parametrize("kind", NAMES)
def test_a_failure_is_described_by_all_its_facts(kind: str) -> None:
    fault = Fault("make", "it", answer=Answer("NHN Cloud", 409, "Conflict", "no", "req-1"), left="Nothing.", then="Wait.")
    facts: Types = {}
    told({"failure": fault.facts()}, "", facts)
    described = {path: value for path, value in documented(returned(kind)) if path.startswith("failure")}
    assert {path: {value["type"]} for path, value in described.items()} == {path: types for path, types in facts.items() if path}
