# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Is a value built of mappings and lists as its reader expects? Pure: the first look at what a person wrote, before its meaning is judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

KINDS = ((Mapping, "a mapping"), (str, "a text"), (bool, "a truth value"), (int | float, "a number"), (Sequence, "a list"))


@dataclass(frozen=True)
class Unset:
    """A value that could not be had, and why, such as "'vault_vpn_psk_a' is undefined"."""

    why: str


def shaped(value: Any, shape: Any, path: str) -> tuple[Any, list[str]]:
    """(the value, with None where it is not what it should be; a fault "path: what is wrong" for each such place).

    shape: {key: shape of that key's value}, [shape of every element], or None for a value that is no container of ours.
    Keys that the shape does not name are kept as they are, but for an `Unset` in them; keys that are absent stay absent.
    """
    if isinstance(value, Unset):
        return None, [f"{path}: {value.why}"]
    if value is None:
        return None, []
    if isinstance(shape, Mapping):
        if not isinstance(value, Mapping):
            return None, [f"{path}: must be a mapping, not {_kind(value)}"]
        parts = {key: shaped(part, shape.get(key), f"{path}.{key}") for key, part in value.items()}
        return {key: part for key, (part, _unused) in parts.items()}, [fault for _unused, faults in parts.values() for fault in faults]
    if isinstance(shape, Sequence):
        if isinstance(value, str) or not isinstance(value, Sequence):
            return None, [f"{path}: must be a list, not {_kind(value)}"]
        elements = [shaped(part, shape[0], f"{path}[{index}]") for index, part in enumerate(value)]
        return [part for part, _unused in elements], [fault for _unused, faults in elements for fault in faults]
    return value, []


def _kind(value: Any) -> str:
    return next((name for kind, name in KINDS if isinstance(value, kind)), type(value).__name__)
