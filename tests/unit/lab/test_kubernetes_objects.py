# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Patches, field ownership, selectors, quantities: how objects are read and changed."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.kubernetes import ownership, patch, quantity, schema, selectors
from lab.kubernetes.ownership import Conflict, apply, pack, unpack

MODEL = "V1Deployment"


def web(image: str = "web:1", **spec: Any) -> dict[str, Any]:
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "labels": {"app": "web"}},
            "spec": {"template": {"spec": {"containers": [{"name": "web", "image": image}]}}, **spec}}


def applied(live: dict[str, Any] | None, config: dict[str, Any], manager: str = "us", force: bool = False) -> dict[str, Any]:
    return apply(MODEL, live, config, manager=manager, api_version="apps/v1", force=force, now="t")


def test_applying_twice_changes_nothing():
    once = applied(None, web())
    assert applied(copy.deepcopy(once), web()) == once


def test_a_field_no_longer_declared_goes_and_an_item_too():
    config = web(replicas=3)
    config["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    live = applied(None, config)
    smaller = web()
    smaller["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "B", "value": "2"}]
    after = applied(live, smaller)
    assert "replicas" not in after["spec"]
    assert after["spec"]["template"]["spec"]["containers"][0]["env"] == [{"name": "B", "value": "2"}]


def test_what_others_own_is_kept_and_not_taken_without_force():
    live = applied(None, web(replicas=2))
    scaled = {**live, "spec": {**live["spec"], "replicas": 5}}
    scaled["metadata"] = {**live["metadata"], "managedFields": ownership.updated(
        MODEL, live, scaled, manager="scaler", api_version="apps/v1", now="t")}
    with pytest.raises(Conflict) as refused:
        applied(scaled, web(replicas=2))
    assert refused.value.owners == {".spec.replicas": "scaler"}
    assert applied(scaled, web())["spec"]["replicas"] == 5
    forced = applied(scaled, web(replicas=2), force=True)
    assert forced["spec"]["replicas"] == 2
    assert [entry["manager"] for entry in forced["metadata"]["managedFields"]] == ["us"]


def test_two_managers_share_a_list_by_its_keys():
    live = applied(None, web())
    other = {"metadata": {"name": "web"}, "spec": {"template": {"spec": {"containers": [{"name": "side", "image": "side:1"}]}}}}
    both = applied(live, other, manager="them")
    assert [item["name"] for item in both["spec"]["template"]["spec"]["containers"]] == ["web", "side"]
    with pytest.raises(Conflict) as refused:
        applied(both, web("web:2"), manager="them")
    assert list(refused.value.owners) == ['.spec.template.spec.containers[name="web"].image']


@given(st.sets(st.lists(st.sampled_from(["f:a", "f:b", 'k:{"name":"x"}']), min_size=1, max_size=3).map(lambda path: (*path, "f:leaf"))))
def test_field_sets_survive_packing(paths):
    assert unpack(pack(paths)) == paths


def test_merge_patch_follows_the_rfc():
    assert patch.json_merge({"a": {"b": 1, "c": 2}, "d": [1]}, {"a": {"b": None}, "d": [2]}) == {"a": {"c": 2}, "d": [2]}


def test_strategic_merge_knows_lists_with_identity():
    was = {"containers": [{"name": "a", "image": "1", "args": ["x"]}, {"name": "b"}], "tolerations": [{"key": "k"}]}
    change = {"containers": [{"name": "a", "image": "2"}, {"name": "b", "$patch": "delete"}], "tolerations": [{"key": "l"}]}
    assert patch.strategic("V1PodSpec", was, change) == {"containers": [{"name": "a", "image": "2", "args": ["x"]}], "tolerations": [{"key": "l"}]}
    assert patch.strategic("V1PodSpec", was, {"containers": [{"$patch": "replace"}, {"name": "c"}]})["containers"] == [{"name": "c"}]
    with pytest.raises(ValueError, match="merge key: name"):
        patch.strategic("V1PodSpec", was, {"containers": [{"image": "2"}]})


@pytest.mark.parametrize(("text", "stored"), [("0.5", "500m"), ("1000m", "1"), ("1024Mi", "1Gi"), ("0.5Gi", "512Mi"), ("1e3", "1k"), ("0", "0"),
                                              ("100m", "100m"), ("64Mi", "64Mi"), ("1500m", "1500m")])
def test_quantities_are_stored_in_one_form(text, stored):
    assert quantity.canonical(text) == stored
    assert quantity.parse(stored) == quantity.parse(text)


def test_a_quantity_that_is_none_is_named():
    with pytest.raises(ValueError, match="12 bananas"):
        quantity.parse("12 bananas")


@pytest.mark.parametrize(("text", "chosen"), [
    ("app=web", True), ("app!=web", False), ("app in (web,db),tier", True), ("!tier", False), ("app notin (web)", False), ("", True), ("x", False)])
def test_label_selectors(text, chosen):
    assert selectors.matches(selectors.parse(text), {"app": "web", "tier": "front"}) is chosen


def test_field_selectors_refuse_what_they_do_not_know():
    assert selectors.field_matches("metadata.name=a,status.phase!=Failed", {"metadata": {"name": "a"}, "status": {"phase": "Running"}})
    with pytest.raises(ValueError, match=r"spec\.color"):
        selectors.field_matches("spec.color=red", {})


def test_types_are_checked_and_unknown_fields_named_with_their_path():
    pod = {"metadata": {"name": "a", "labels": None}, "spec": {"containers": [{"name": "a", "image": 5, "comand": []}], "hostPort": 1}}
    kept, unknown, wrong = schema.check("V1Pod", pod)
    assert unknown == ["spec.containers[0].comand", "spec.hostPort"]
    assert wrong == ["spec.containers[0].image: cannot unmarshal number into a field of type string"]
    assert kept["metadata"] == {"name": "a"}
    assert list(schema.missing("V1Pod", {"spec": {"containers": [{}]}})) == ["spec.containers[0].name"]
