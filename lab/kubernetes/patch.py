# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a patch changes an object: JSON merge patch (RFC 7386) and Kubernetes' strategic merge patch. Pure."""

from __future__ import annotations

import copy
from typing import Any

from lab.kubernetes.schema import MERGE_KEYS, fields

Object = dict[str, Any]


def json_merge(target: Any, patch: Any) -> Any:
    """RFC 7386: maps are merged, null deletes, everything else replaces."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = json_merge(merged.get(key), value)
    return merged


def strategic(model: str, target: Any, patch: Object) -> Object:
    """Like `json_merge`, but lists whose items have an identity in `model` are merged item by item.

    Directives: `$patch: delete` on an item, `$patch: replace` on a map or in a list, `$retainKeys`, `$deleteFromPrimitiveList/<field>`
    and `$setElementOrder/<field>` (the order is not kept, as order of identified items has no meaning here).
    """
    if patch.get("$patch") == "replace":
        return json_merge({}, {key: value for key, value in patch.items() if key != "$patch"})
    merged = copy.deepcopy(target) if isinstance(target, dict) else {}
    known = fields(model)
    if "$retainKeys" in patch:
        merged = {key: value for key, value in merged.items() if key in patch["$retainKeys"]}
    for key, value in patch.items():
        if key.startswith("$deleteFromPrimitiveList/"):
            name = key.split("/", 1)[1]
            merged[name] = [item for item in merged.get(name, []) if item not in value]
        elif key.startswith("$"):
            continue
        elif value is None:
            merged.pop(key, None)
        elif isinstance(value, list) and (model, key) in MERGE_KEYS:
            merged[key] = _merge_items(known[key][2:], MERGE_KEYS[model, key], merged.get(key, []), value)
        elif isinstance(value, dict):
            merged[key] = strategic(known.get(key, ""), merged.get(key), value)
        else:
            merged[key] = copy.deepcopy(value)
    return merged


def _merge_items(model: str, key: str, target: list[Object], patch: list[Object]) -> list[Object]:
    if any(item.get("$patch") == "replace" for item in patch):
        return [strategic(model, {}, item) for item in patch if "$patch" not in item]
    merged = {item.get(key): item for item in target}
    for item in patch:
        name = item.get(key)
        if name is None:
            raise ValueError(f"map: {item} does not contain declared merge key: {key}")
        if item.get("$patch") == "delete":
            merged.pop(name, None)
        else:
            merged[name] = strategic(model, merged.get(name), item)
    return list(merged.values())
