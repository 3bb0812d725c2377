# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Roles: defaults and argument specs tell the same story; variables carry their role's name; everything has a sentence."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

ROOT = Path(__file__).parents[2]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())
PYTHON = {"str": str, "path": str, "int": int, "float": (int, float), "bool": bool, "list": list, "dict": dict}


def load(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text()) or {} if path.exists() else {}


def specs(role: str) -> dict[str, dict[str, Any]]:
    return load(ROOT / "roles" / role / "meta" / "argument_specs.yml").get("argument_specs", {})


def options(role: str) -> dict[str, dict[str, Any]]:
    return {name: option for entry in specs(role).values() for name, option in (entry.get("options") or {}).items()}


def leaves(path: str, option: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    inner = option.get("options") or {}
    return [(path, option)] + [leaf for name, child in inner.items() for leaf in leaves(f"{path}.{name}", child)]


@pytest.mark.parametrize("role", ROLES)
def test_defaults_and_specs_agree_in_names_values_and_types(role):
    defaults, given = load(ROOT / "roles" / role / "defaults" / "main.yml"), options(role)
    assert given, f"{role} has no argument spec"
    with_default = {name: option["default"] for name, option in given.items() if "default" in option}
    assert defaults == with_default
    for name, value in defaults.items():
        kind = given[name].get("type", "str")
        assert isinstance(value, PYTHON[kind]) and (kind == "bool" or not isinstance(value, bool)), f"{name}: {value!r} is not {kind}"


@pytest.mark.parametrize("role", ROLES)
def test_a_roles_own_defaults_pass_its_spec(role):
    """Else nobody can leave them as they are: an empty mapping does, unless something in it is required."""
    for name, value in load(ROOT / "roles" / role / "defaults" / "main.yml").items():
        judged = ArgumentSpecValidator({name: options(role)[name]}).validate({name: value})
        assert not judged.error_messages, judged.error_messages


@pytest.mark.parametrize("role", ROLES)
def test_specs_are_typed_to_the_leaf_and_say_what_each_thing_is(role):
    for name, option in options(role).items():
        assert name.startswith(f"{role}_"), f"{name} does not carry its role's name"
        assert option.get("required") or "default" in option, f"{name} is neither required nor has a default"
        assert not (option.get("required") and "default" in option), f"{name} is required and has a default"
        for path, leaf in leaves(name, option):
            assert leaf.get("description"), f"{path} has no description"
            assert leaf.get("type"), f"{path} has no type"
            assert leaf["type"] != "list" or leaf.get("elements"), f"{path} is a list of what?"


@pytest.mark.parametrize("role", ROLES)
def test_every_entry_point_has_its_tasks_and_every_default_its_comment(role):
    for entry, spec in specs(role).items():
        assert (ROOT / "roles" / role / "tasks" / f"{entry}.yml").exists(), entry
        assert spec.get("short_description"), entry
    path = ROOT / "roles" / role / "defaults" / "main.yml"
    lines = path.read_text().splitlines() if path.exists() else []
    explained = False
    for line in lines:
        if line.startswith("#"):
            explained = True
        elif not line.strip():
            explained = False
        elif line[0].isalpha():
            assert explained, f"{role}: {line.split(':')[0]} has no comment above it"


def test_tags_of_the_inventory_are_the_roles_and_prove():
    names = load(ROOT / "inventories/lab/group_vars/all/names.yml")
    assert sorted(names["topology_tags"]) == sorted([*ROLES, "prove"])


def tasks(role: str) -> list[tuple[Path, dict[str, Any]]]:
    """Every task of a role, blocks opened, with its file."""
    def opened(given: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [inner for task in given for inner in (opened(task["block"]) if "block" in task else [task])]
    files = sorted((ROOT / "roles" / role / "tasks").glob("*.yml"))
    return [(path, task) for path in files for task in opened(yaml.safe_load(path.read_text()) or [])]


@pytest.mark.parametrize("role", ROLES)
def test_whether_a_service_starts_anew_is_asked_of_what_runs(role):
    """A run interrupted between describing and restarting must be made good by the next one, which finds nothing to describe."""
    assert not (ROOT / "roles" / role / "handlers").exists()
    for path, task in tasks(role):
        for module in ("ansible.builtin.systemd_service", "ansible.builtin.service", "ansible.builtin.systemd"):
            assert "changed" not in str(task.get(module, "")), f"{path.relative_to(ROOT)}: {task['name']}"


SECRET = re.compile(r"psk|password|secret|_key\b|_config\b|token|kubeconfig", re.IGNORECASE)    # how variables with secrets in them are called here


def written(role: str, task: dict[str, Any], given: dict[str, Any]) -> list[str]:
    """What a task of ansible.builtin.template or copy puts into files: the expressions of its content and of its templates."""
    source, loop = given.get("src", ""), task.get("loop", "")
    names = [source] if "{{" not in source else [item["src"] for item in loop] if isinstance(loop, list) else []
    bodies = [(ROOT / "roles" / role / "templates" / name).read_text() for name in names if name.endswith(".j2")]
    return [str(given.get("content", "")), str(loop)] + [text for body in bodies for text in re.findall(r"\{\{.*?\}\}", body)]


@pytest.mark.parametrize("role", ROLES)
def test_a_file_with_a_secret_in_it_is_written_unseen_and_for_few(role):
    for path, task in tasks(role):
        for given in (task.get("ansible.builtin.template"), task.get("ansible.builtin.copy")):
            if given and any(SECRET.search(text) for text in written(role, task, given)):
                where = f"{path.relative_to(ROOT)}: {task['name']}"
                assert task.get("no_log") is True, f"{where} may show it"
                assert given["mode"][-1] == "0", f"{where} lets everybody read it"


@pytest.mark.parametrize("role", ROLES)
def test_what_a_role_describes_it_uses(role):
    """A variable that nothing reads is something that is not built, such as a scaler that no task applies."""
    folder = ROOT / "roles" / role
    read = "".join(path.read_text() for part in ("tasks", "templates") for path in (folder / part).glob("*") if path.is_file())
    described = load(folder / "vars" / "main.yml")
    for name in described:
        others = "".join(str(value) for other, value in described.items() if other != name)
        assert re.search(rf"\b{name}\b", read + others), f"{role}: nothing reads {name}"


def test_whoever_only_looks_looks_in_check_mode_too() -> None:
    """A command is skipped there, with rc 0 and no words: what is asked for the state of things would say that all is well."""
    asks = {path: task for path in sorted((ROOT / "roles").glob("*/tasks/status.yml")) for task in yaml.safe_load(path.read_text(encoding="utf-8"))
            if "ansible.builtin.command" in task}
    assert len(asks) >= 4
    assert [f"{path.parts[-3]}: {task['name']}" for path, task in asks.items() if task.get("check_mode") is not False] == []
