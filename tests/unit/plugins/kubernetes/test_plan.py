# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is refused of an application's plan, each with its path; and the parts of objects that are made of lists."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.multicloud.dr.plugins.filter.kubernetes import k8s_app_faults
from ansible_collections.multicloud.dr.plugins.module_utils.kubernetes import plan, shapes

ROLE = Path(__file__).parents[4] / "roles" / "k8s_app"
DEFAULTS = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())
GIVEN = {"image": "ncr.example.com/shop:1.4", **{name.removeprefix("k8s_app_"): value for name, value in DEFAULTS.items()}}


def test_the_defaults_with_an_image_are_a_plan() -> None:
    assert plan.faults(GIVEN) == []


def test_the_role_hands_over_every_variable_that_is_judged() -> None:
    described = yaml.safe_load((ROLE / "vars" / "main.yml").read_text())["__k8s_app_plan"]
    assert {name: f"{{{{ k8s_app_{name} }}}}" for name in described} == described
    seen: set[str] = set()

    class Watched(dict[str, Any]):
        def __getitem__(self, name: str) -> Any:
            seen.add(name)
            return super().__getitem__(name)

    plan.faults(Watched({**GIVEN, "migrate": True, "replicas_min": 1}))
    assert seen == set(described)


@pytest.mark.parametrize(("given", "words"), [
    ({"name": "Shop"}, "k8s_app_name: 'Shop' is no name"),
    ({"namespace": "a" * 54}, "at most 53"),
    ({"image": "ncr.example.com/shop"}, "names neither a tag nor a digest"),
    ({"image": "localhost:5000/shop"}, "names neither a tag nor a digest"),
    ({"image": "shop:latest"}, "the tag of 'shop:latest' moves"),
    ({"image": "shop@sha256:12"}, "names neither a tag nor a digest"),
    ({"migrate": True, "migrate_command": []}, "k8s_app_migrate_command: is empty"),
    ({"settings": {"A-B": "1"}}, "k8s_app_settings.A-B: is no name of an environment variable"),
    ({"settings": {"A": 1}}, "k8s_app_settings.A: must be a text"),
    ({"secrets": {"A": ""}}, "k8s_app_secrets.A: is empty"),
    ({"migrate_secrets": {"A": ""}}, "k8s_app_migrate_secrets.A: is empty"),
    ({"settings": {"A": "1"}, "secrets": {"A": "x"}}, "k8s_app_settings.A: is among k8s_app_secrets, too"),
    ({"image_settings": {"A": 1}}, "k8s_app_image_settings.A: must be a text"),
    ({"settings": {"A": "1"}, "image_settings": {"A": "2"}}, "k8s_app_image_settings.A: is among k8s_app_settings or k8s_app_secrets, too"),
    ({"replicas_min": 0}, "k8s_app_replicas_min: 0 is less than one"),
    ({"replicas_max": 1}, "k8s_app_replicas_max: 1 is less than k8s_app_replicas_min, 2"),
    ({"replicas_min": 1}, "k8s_app_disruption_budget: with one replica"),
    ({"memory_limit": "much"}, "k8s_app_memory_limit: 'much' is no amount"),
    ({"cpu_request": "0"}, "k8s_app_cpu_request: '0' is no amount"),
    ({"memory_request": "1Gi"}, "k8s_app_memory_request: 1Gi is more than k8s_app_memory_limit, 256Mi"),
    ({"cpu_target_percent": 0}, "k8s_app_cpu_target_percent: 0 is less than one"),
    ({"scale_down_window_seconds": 3601}, "more than an hour"),
    ({"service_port": 70000}, "k8s_app_service_port: 70000 is no port"),
    ({"run_as_user": 0}, "k8s_app_run_as_user: 0 is root"),
    ({"ready_path": "readyz"}, "k8s_app_ready_path: 'readyz' does not begin with /"),
    ({"scratch_paths": ["/"]}, "k8s_app_scratch_paths[0]: '/' is no folder below /"),
    ({"scratch_paths": ["/tmp", "/tmp"]}, "k8s_app_scratch_paths[1]: /tmp is named twice"),
    ({"allowed_cidrs": ["everywhere"]}, "k8s_app_allowed_cidrs[0]: 'everywhere' does not appear to be an IPv4 or IPv6 network"),
    ({"egress": [{"cidr": "10.0.0.0/8", "port": 0}]}, "k8s_app_egress[0].port: 0 is no port"),
    ({"registry": {"host": "ncr.example.com"}}, "k8s_app_registry.password: is missing"),
])
def test_each_fault_is_told_with_its_path(given: dict[str, Any], words: str) -> None:
    assert any(words in fault for fault in plan.faults({**GIVEN, **given}))


def test_no_secret_is_in_what_is_told() -> None:
    told = plan.faults({**GIVEN, "secrets": {"A b": "CANARY-1"}, "migrate_secrets": {"1": "CANARY-2"},
                        "registry": {"host": "", "user": "u", "password": "CANARY-3"}})
    assert len(told) == 3 and "CANARY" not in str(told)


def test_objects_are_judged_where_the_plan_is_whole() -> None:
    thing = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"b": 1}}
    assert k8s_app_faults(GIVEN, [thing], "v1.32.3") == ["ConfigMap/a: data.b: must be string, not 1"]
    assert k8s_app_faults({**GIVEN, "name": "A"}, [thing], "v1.32.3")[0].startswith("k8s_app_name")


def test_each_folder_to_write_into_is_its_own() -> None:
    assert shapes.mounts(["/tmp"]) == [{"name": "scratch", "mountPath": "/tmp"}]
    made = shapes.mounts(["/var/a-b", "/var/a/b"])
    assert len({mount["subPath"] for mount in made}) == 2 and all("/" not in mount["subPath"] for mount in made)


def test_pods_of_one_version_are_spread() -> None:
    made = shapes.spread(["zone"], {"app": "shop"}, True)
    assert made == [{"topologyKey": "zone", "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "shop"}},
                     "matchLabelKeys": ["pod-template-hash"]}]


def test_a_border_lets_in_by_one_port_and_out_to_names_and_what_is_named() -> None:
    free = shapes.border({"app": "shop"}, 8000, [], [])
    assert free["policyTypes"] == ["Ingress"] and free["ingress"] == [{"ports": [{"port": 8000, "protocol": "TCP"}]}] and "egress" not in free
    closed = shapes.border({"app": "shop"}, 8000, ["10.0.0.0/8"], [{"cidr": "10.1.0.0/16", "port": 3306}])
    assert closed["ingress"][0]["from"] == [{"ipBlock": {"cidr": "10.0.0.0/8"}}]
    assert [[port["port"] for port in rule["ports"]] for rule in closed["egress"]] == [[53, 53], [3306]]


def test_a_login_is_what_podman_keeps() -> None:
    kept = json.loads(base64.b64decode(shapes.pull_login({"host": "ncr.example.com:5000", "user": "me", "password": "pa:ss"})))
    assert base64.b64decode(kept["auths"]["ncr.example.com:5000"]["auth"]) == b"me:pa:ss"
    assert shapes.pull_login({}) == ""
