# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Is a variable what its role takes? By the role's own argument spec, before the role is there to say so, and for all variables at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ..shape import Unset

NUMBERS: dict[str, Any] = {"type": "dict", "of_numbers": True}
PRICE: dict[str, Any] = {
    "cloud": {"type": "str", "required": True, "choices": ["nhn", "aws"]}, "region": {"type": "str", "required": True},
    "kind": {"type": "str", "required": True}, "price": {"type": "float", "required": True},
    "currency": {"type": "str", "required": True, "choices": ["USD", "KRW"]}, "as_of": {"type": "str", "required": True},
    "basis": {"type": "str", "choices": ["read", "assumed"], "default": "read"}, "source": {"type": "str", "required": True}}
OWN: dict[str, dict[str, Any]] = {      # what is preflight's own, in the same words
    "preflight_nhn_quotas": NUMBERS, "preflight_budget": NUMBERS, "preflight_expected": NUMBERS, "preflight_aws_account": {"type": "str"},
    "preflight_own_prices": {"type": "list", "elements": "dict", "options": PRICE}}


def as_taken(name: str, value: Any, option: Mapping[str, Any]) -> Any:
    """The value as the role would have it ("4" is 4 to it), or an `Unset` that says why it is none. What is secret is not quoted."""
    if value is None or _unset(value):
        return value
    spec = {key: part for key, part in option.items() if key != "of_numbers"} | {"required": False}
    judged = ArgumentSpecValidator({name: spec}).validate({name: value})
    if judged.error_messages:
        return Unset("is not what is taken there, which is secret and not told here" if _secret(option) else "; ".join(judged.error_messages))
    found = judged.validated_parameters[name]
    if option.get("of_numbers") and (wrong := [key for key, part in found.items() if isinstance(part, bool) or not isinstance(part, int | float)]):
        return Unset(f"{', '.join(map(str, wrong))}: is no number")
    return found


def _unset(value: Any) -> bool:
    """Whether something in it could not be had: that is told by itself."""
    if isinstance(value, Mapping):
        return any(_unset(part) for part in value.values())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return any(_unset(part) for part in value)
    return isinstance(value, Unset)


def _secret(option: Mapping[str, Any]) -> bool:
    return bool(option.get("no_log")) or any(_secret(part) for part in (option.get("options") or {}).values())
