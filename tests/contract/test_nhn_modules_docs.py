# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the nhn_* modules document is what they take, and the action group holds them all."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.multicloud.dr.plugins.doc_fragments.nhn import ModuleDocFragment
from ansible_collections.multicloud.dr.plugins.module_utils.ansible_glue import STATE
from ansible_collections.multicloud.dr.plugins.module_utils.nhn import frame

from tests.contract.nhn_cloud import MODULES
from tests.contract.nhn_walk import MORE_REQUESTS

NAMES = sorted(path.stem for path in Path("plugins/modules").glob("nhn_*.py"))
COMPARED = ("type", "required", "choices", "default", "elements")


class Caught(Exception):
    """Carries the spec out of main()."""


def spec_of(name: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The argument_spec that main() hands to AnsibleModule."""
    module = importlib.import_module(MODULES + name)

    def catch(argument_spec: dict[str, Any], supports_check_mode: bool) -> None:
        assert supports_check_mode
        raise Caught(argument_spec)

    monkeypatch.setattr(frame, "AnsibleModule", catch)
    monkeypatch.setattr(module, "AnsibleModule", catch, raising=False)
    with pytest.raises(Caught) as caught:
        module.main()
    return caught.value.args[0]


def documented(name: str) -> dict[str, Any]:
    """The options of a module with those of its fragments."""
    doc = yaml.safe_load(importlib.import_module(MODULES + name).DOCUMENTATION)
    options = dict(doc["options"])
    for fragment in doc["extends_documentation_fragment"]:
        part = fragment.removeprefix("multicloud.dr.nhn").removeprefix(".") or "documentation"
        options.update(yaml.safe_load(getattr(ModuleDocFragment, part.upper()))["options"])
    return options


def contract(options: dict[str, Any], below: str) -> dict[str, Any]:
    """What both sides must agree on, all the way down."""
    return {name: {**{key: option[key] for key in COMPARED if option.get(key) not in (None, False)},
                   "below": contract(option.get(below) or {}, below)} for name, option in options.items()}


@pytest.mark.parametrize("name", NAMES)
def test_docs_say_what_the_module_takes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert contract(documented(name), "suboptions") == contract(spec_of(name, monkeypatch), "options")


@pytest.mark.parametrize("name", NAMES)
def test_examples_and_return_values_are_yaml_and_say_something(name: str) -> None:
    module = importlib.import_module(MODULES + name)
    tasks = yaml.safe_load(module.EXAMPLES)
    assert all(set(task) >= {"name", f"multicloud.dr.{name}"} for task in tasks)
    assert all(value["description"] and value["returned"] for value in yaml.safe_load(module.RETURN).values())


def test_the_action_group_holds_every_module() -> None:
    assert yaml.safe_load(Path("meta/runtime.yml").read_text(encoding="utf-8"))["action_groups"]["nhn"] == NAMES


def test_the_requests_that_an_unchanged_call_may_send_are_documented() -> None:
    told = dict(re.findall(r"^\| `nhn_(\w+)` \| (\d+) \|", Path("docs/nhn.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert {kind: int(most) for kind, most in told.items()} == MORE_REQUESTS


def test_every_module_is_in_the_table_of_what_is_covered() -> None:
    covered = re.sub(r"`(nhn_\w+)` and `_info`", r"`\1`, `\1_info`", Path("docs/nhn.md").read_text(encoding="utf-8"))
    assert [name for name in NAMES if f"`{name}`" not in covered] == []


def test_what_is_secret_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        options = spec_of(name, monkeypatch)
        for option, told in {**options, **options["auth"]["options"]}.items():
            if any(word in option for word in ("password", "secret", "appkey")) and option not in STATE:
                assert "no_log" in told, f"{name}: {option}"
