# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Watches tell every change once and in order, also to whoever was away; and columns are those that people know."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from lab.kubernetes import openapi, store, tables
from lab.kubernetes.kinds import BY_NAME, KINDS
from lab.kubernetes.store import Store
from lab.kubernetes.watch import watch


def config(name: str, **labels: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default", "labels": labels}}


def told(kept: Store, since: str, seconds: float = 0.05, label: str = "") -> list[tuple[str, str]]:
    lines = watch(kept, since, "ConfigMap", lambda thing: not label or label in thing["metadata"]["labels"], seconds)
    return [(line["type"], line["object"].get("metadata", {}).get("name", line["object"].get("reason"))) for line in map(json.loads, lines)]


def test_what_is_there_comes_first_and_what_happens_then_once() -> None:
    kept = Store()
    kept.put(config("a"))
    version = kept.version
    kept.put(config("a", x="1"))
    kept.put(config("b"))
    kept.drop(config("a"))
    assert told(kept, "") == [("ADDED", "b")]
    assert told(kept, version) == [("MODIFIED", "a"), ("ADDED", "b"), ("DELETED", "a")]
    assert told(kept, version, label="x") == [("ADDED", "a"), ("DELETED", "a")]
    assert told(kept, kept.version) == []


def test_one_that_no_longer_fits_is_gone_to_whoever_asked() -> None:
    kept = Store()
    kept.put(config("a", x="1"))
    lines = watch(kept, "", "ConfigMap", lambda thing: "x" in thing["metadata"]["labels"], 5)
    assert json.loads(next(lines))["type"] == "ADDED"
    kept.put(config("a"))
    assert json.loads(next(lines))["type"] == "DELETED"
    kept.put(config("a", x="2"))
    assert json.loads(next(lines))["type"] == "ADDED"


def test_a_watch_waits_for_what_is_to_come() -> None:
    kept = Store()
    threading.Timer(0.2, lambda: kept.put(config("late"))).start()
    assert json.loads(next(watch(kept, kept.version, "ConfigMap", lambda _: True, 10)))["object"]["metadata"]["name"] == "late"


def test_whoever_was_away_too_long_is_told_to_list_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "KEPT", 3)
    kept = Store()
    version = kept.version
    for number in range(6):
        kept.put(config(f"c{number}"))
    assert told(kept, version) == [("ERROR", "Expired")]
    assert [name for _, name in told(kept, str(int(kept.version) - 2))] == ["c4", "c5"]


@pytest.mark.parametrize(("old", "words"), [(0, "0s"), (119, "119s"), (120, "2m"), (7200, "2h"), (172800, "2d")])
def test_ages_are_told_as_people_know_them(old: int, words: str) -> None:
    assert tables.age({"metadata": {"creationTimestamp": "1970-01-01T00:00:00Z"}}, float(old)) == words


def test_a_pod_that_cannot_be_pulled_says_so_in_its_row() -> None:
    waiting = {"name": "web", "ready": False, "restartCount": 3, "state": {"waiting": {"reason": "ImagePullBackOff"}}}
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [{}]}, "status": {"phase": "Pending", "containerStatuses": [waiting]}}
    made = tables.table(BY_NAME["Pod"], [pod], "7", 0.0)
    assert made["rows"][0]["cells"] == ["p", "0/1", "ImagePullBackOff", 3, "<unknown>"]
    assert [column["name"] for column in made["columnDefinitions"]] == ["Name", "Ready", "Status", "Restarts", "Age"]


def test_every_kind_is_in_its_groups_document_with_all_that_it_refers_to() -> None:
    index = openapi.document("/openapi/v3", KINDS)
    assert index and set(index["paths"]) == {"api/v1", "apis/apps/v1", "apis/batch/v1", "apis/autoscaling/v2", "apis/policy/v1",
                                             "apis/networking.k8s.io/v1"}
    seen = 0
    for place in index["paths"]:
        made = openapi.document(f"/openapi/v3/{place}", KINDS)
        assert made
        known = set(made["components"]["schemas"])
        assert {ref.rsplit("/", 1)[1] for ref in refs(made)} <= known
        seen += len(made["paths"])
    assert seen == len(KINDS) and openapi.document("/openapi/v3/apis/nothing/v1", KINDS) is None


def refs(thing: Any) -> list[str]:
    if isinstance(thing, dict):
        return [found for key, value in thing.items() for found in ([value] if key == "$ref" else refs(value))]
    return [found for value in thing for found in refs(value)] if isinstance(thing, list) else []
