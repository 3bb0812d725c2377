# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What role k8s_app makes of its variables: what goes with an image goes into its pods, and another database behind one image is migrated."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.house.test_playbooks import ROOT

CANARY = "CANARY-91"
GIVEN: dict[str, Any] = {"k8s_app_cluster": "lab", "k8s_app_image": "shop@sha256:" + "a" * 64, "k8s_app_name": "shop", "k8s_app_namespace": "sales",
                         "k8s_app_settings": {"SITE": "nhn"}, "k8s_app_secrets": {"SESSION_KEYS": CANARY, "DATABASE_URL": "left"},
                         "k8s_app_migrate": True, "k8s_app_migrate_secrets": {"DATABASE_URL": "left"}, "k8s_app_image_settings": {"RELEASE": "1.4"}}
CASES: dict[str, dict[str, Any]] = {
    "as it is": {}, "again": {},
    "another release": {"k8s_app_image_settings": {"RELEASE": "1.5"}},
    "another database to migrate": {"k8s_app_migrate_secrets": {"DATABASE_URL": "right"}},
    "another database": {"k8s_app_secrets": {"SESSION_KEYS": CANARY, "DATABASE_URL": "right"}},
    "another setting": {"k8s_app_settings": {"SITE": "aws"}}}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """{case: {kind, and kind/name of several: the object}}."""
    folder = tmp_path_factory.mktemp("objects")
    role = ROOT / "roles" / "k8s_app"
    defaults = yaml.safe_load((role / "defaults" / "main.yml").read_text(encoding="utf-8"))
    tasks = [{"ansible.builtin.copy": {"content": "{{ (__k8s_app_inside + __k8s_app_outside) | to_json }}", "dest": str(folder / f"{number}.json")},
              "vars": more} for number, more in enumerate(CASES.values())]
    (folder / "play.json").write_text(json.dumps([{
        "hosts": "localhost", "connection": "local", "gather_facts": False, "vars_files": [str(role / "vars" / "main.yml")],
        "vars": {**defaults, **GIVEN, "ansible_python_interpreter": sys.executable}, "tasks": tasks}]), encoding="utf-8")
    done = subprocess.run([str(Path(sys.executable).parent / "ansible-playbook"), "-i", "localhost,", str(folder / "play.json")], check=False,
                          capture_output=True, text=True, timeout=240, env={**os.environ, "ANSIBLE_NOCOLOR": "1"})
    assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]
    objects = {case: json.loads((folder / f"{number}.json").read_text()) for number, case in enumerate(CASES)}
    return {case: {f"{each['kind']}/{each['metadata']['name']}" if each["kind"] in ("Secret", "ConfigMap") else each["kind"]: each for each in found}
            for case, found in objects.items()}


def container(thing: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = thing["spec"]["template"]["spec"]["containers"][0]
    return found


def test_what_goes_with_an_image_is_its_pods_own(made: dict[str, dict[str, Any]]) -> None:
    """A pod of the version before that starts anew while the next one comes reads the ConfigMap of now, and would say that it is the next one."""
    now, next_one = made["as it is"], made["another release"]
    assert next_one["ConfigMap/shop"] == now["ConfigMap/shop"] and "RELEASE" not in now["ConfigMap/shop"]["data"]
    for kind in ("Deployment", "Job"):
        assert container(now[kind])["env"] == [{"name": "RELEASE", "value": "1.4"}]
        assert container(next_one[kind])["env"] == [{"name": "RELEASE", "value": "1.5"}]


def test_a_migration_is_made_again_for_another_database_and_for_nothing_else(made: dict[str, dict[str, Any]]) -> None:
    names = {case: found["Job"]["metadata"]["name"] for case, found in made.items()}
    assert names["again"] == names["as it is"]
    for case in ("another database to migrate", "another database", "another setting"):
        assert names[case] != names["as it is"], case


def test_a_job_says_by_what_it_was_told_without_saying_it(made: dict[str, dict[str, Any]]) -> None:
    """Its template cannot be changed once it is made: it differs only where its name does."""
    for found in made.values():
        job = found["Job"]
        assert CANARY not in json.dumps(job) and len(job["spec"]["template"]["metadata"]["annotations"]["multicloud.dr/settings"]) == 64
    assert made["another database"]["Job"]["spec"] != made["as it is"]["Job"]["spec"]
