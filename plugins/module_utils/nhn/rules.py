# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rules of security groups, of servers and of databases alike: sets without order, notes aside, changed only by making and removing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Rule = Mapping[str, Any]


def identity(rule: Rule) -> frozenset[tuple[str, Any]]:
    """What makes two rules the same to the cloud: everything that is said, but the note."""
    return frozenset((name, value) for name, value in rule.items() if name != "description" and value is not None)


def once(rules: Iterable[Rule]) -> list[Rule]:
    """Each rule once: two that differ in their note alone are one to the cloud, the first of them."""
    seen: dict[frozenset[tuple[str, Any]], Rule] = {}
    for rule in rules:
        seen.setdefault(identity(rule), rule)
    return list(seen.values())


def same_rules(have: Iterable[Rule], want: Iterable[Rule]) -> bool:
    """Equal as sets, notes aside."""
    return {identity(rule) for rule in have} == {identity(rule) for rule in want}


def difference(have: Iterable[tuple[Rule, str]], want: Iterable[Rule]) -> tuple[list[Rule], list[str]]:
    """(rules to make, ids of rules to remove). have: the rules that are there, each with its id."""
    there = {identity(rule): key for rule, key in have}
    wanted = {identity(rule): rule for rule in want}
    return [wanted[key] for key in wanted if key not in there], [there[key] for key in there if key not in wanted]
