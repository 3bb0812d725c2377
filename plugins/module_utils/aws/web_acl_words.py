# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rules of a web ACL as AWS tells them and as they are asked for, brought to one spelling; what an update must say again. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# What UpdateWebACL replaces as a whole and this collection has no opinion on: said again as it is, or AWS would take it away.
KEPT = ("CustomResponseBodies", "CaptchaConfig", "ChallengeConfig", "TokenDomains", "AssociationConfig", "DataProtectionConfig",
        "OnSourceDDoSProtectionConfig", "ApplicationConfig", "MonetizationConfig", "AnalyticsConfig")
RATE_DEFAULTS = {"EvaluationWindowSec": 300, "AggregateKeyType": "IP"}      # AWS fills them in


def spelled(rules: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rules in one spelling: by priority, strings as text, without what is empty, with what AWS fills in. Raises ValueError with all faults."""
    plain = [_plain(rule) for rule in rules]
    if wrong := [fault for index, rule in enumerate(plain) for fault in _faults(f"[{index}]", rule, plain[:index])]:
        raise ValueError(*wrong)
    return sorted(({**rule, "Priority": int(rule["Priority"]), "Statement": _filled(rule["Statement"])} for rule in plain),
                  key=lambda rule: rule["Priority"])


def _faults(here: str, rule: Mapping[str, Any], before: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield from (f"{here}.{key}: is missing" for key in ("Name", "Priority", "Statement", "VisibilityConfig") if key not in rule)
    if ("Action" in rule) is ("OverrideAction" in rule):
        yield f"{here}.Action: either this or OverrideAction is needed, and not both"
    yield from (f"{here}.{key}: {rule[key]!r} is there already" for key in ("Name", "Priority")
                if key in rule and rule[key] in [other.get(key) for other in before])


def same(have: Sequence[Mapping[str, Any]] | None, want: Sequence[Mapping[str, Any]]) -> bool:
    """Whether both are the same rules."""
    return json.dumps(have, sort_keys=True) == json.dumps(want, sort_keys=True)


def sent(rules: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rules as boto3 wants them: search strings as bytes."""
    return [_bytes(rule) for rule in rules]


def kept(acl: Mapping[str, Any]) -> dict[str, Any]:
    """What an update of this web ACL has to say again."""
    return {key: acl[key] for key in KEPT if acl.get(key)}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items() if item is not None and item != []}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _filled(statement: Any) -> Any:
    if not isinstance(statement, Mapping) or "RateBasedStatement" not in statement:
        return statement
    return {"RateBasedStatement": {**RATE_DEFAULTS, **statement["RateBasedStatement"]}}


def _bytes(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: item.encode() if key == "SearchString" and isinstance(item, str) else _bytes(item) for key, item in value.items()}
    return [_bytes(item) for item in value] if isinstance(value, list) else value
