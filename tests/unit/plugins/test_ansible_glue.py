# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a task ends: secret fields are hidden by themselves, whatever Ansible hides besides, and what is needed first is said."""

from __future__ import annotations

from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils.ansible_glue import HIDDEN, finish, spec
from ansible_collections.multicloud.dr.plugins.module_utils.engine import Field, plan

FIELDS = (Field("name"), Field("psk", secret=True))


class Module:
    """Takes what a module would print."""

    def __init__(self) -> None:
        self.result: dict[str, Any] = {}
        self.warned: list[str] = []

    def exit_json(self, **result: Any) -> None:
        self.result = result

    def warn(self, words: str) -> None:
        self.warned.append(words)


def test_a_secret_field_is_hidden_on_both_sides_of_the_difference_and_in_the_resource() -> None:
    module = Module()
    step = plan(FIELDS, {"name": "a", "psk": "CANARY-old"}, {"name": "a", "psk": "CANARY-new"})
    finish(module, step, step.after)        # type: ignore[arg-type]
    assert module.result["changed"] and "CANARY" not in str(module.result)
    assert [side["psk"] for side in (module.result["diff"]["before"], module.result["diff"]["after"], module.result["resource"])] == [HIDDEN] * 3
    absent = plan(FIELDS, None, {"name": "a"})
    finish(module, absent, {"name": "a", "psk": None})      # type: ignore[arg-type]
    assert module.result["resource"]["psk"] is None         # that there is none is no secret


def test_secret_options_are_hidden_by_ansible_too() -> None:
    assert spec(FIELDS)["psk"]["no_log"] is True and "no_log" not in spec(FIELDS)["name"]


def test_what_is_needed_first_is_said_and_warned() -> None:
    module = Module()
    finish(module, plan(FIELDS, None, {"name": "a"}).needing(["vpc v", "vpc v"]), {})       # type: ignore[arg-type]
    assert (module.result["needs"], module.warned) == (["vpc v"], ["a needs vpc v first"])
