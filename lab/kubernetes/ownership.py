# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who owns which field: managedFields, and server-side apply on top of them. Pure.

A set of fields is a set of paths; a path is a tuple of fieldsV1 elements: `f:name` (field or map key), `k:{…}` (list item by its
keys), `v:…` (set member), and a final `.` for a list item itself. Status is not tracked: only controllers write it here.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from lab.kubernetes.schema import ATOMIC, ATOMIC_FIELDS, LIST_KEYS, SETS, fields, types

Object = dict[str, Any]
Path = tuple[str, ...]

KEY_DEFAULTS = {"protocol": "TCP"}
UNTRACKED = {"apiVersion", "kind", "status"}
UNTRACKED_METADATA = {"name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "generateName",
                      "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"}
NOTHING = object()


class Conflict(Exception):
    """Other managers own these fields with other values. `owners`: {readable path: manager}."""

    def __init__(self, owners: dict[str, str]):
        super().__init__(", ".join(owners))
        self.owners = owners


def tracked(thing: Object) -> Object:
    """The part of an object that managers own."""
    part = {key: value for key, value in thing.items() if key not in UNTRACKED}
    metadata = {key: value for key, value in thing.get("metadata", {}).items() if key not in UNTRACKED_METADATA}
    return {**part, "metadata": metadata} if metadata else {key: value for key, value in part.items() if key != "metadata"}


def leaves(model: str, value: Object, path: Path = ()) -> Iterator[Path]:
    """The paths of everything `value` (read as `model`) says."""
    known = fields(model)
    for key, item in value.items():
        here = (*path, f"f:{key}")
        kind = known.get(key, "any")
        if (model, key) in LIST_KEYS:
            for entry in item:
                place = (*here, _item_key(model, key, entry))
                yield (*place, ".")
                yield from leaves(kind[2:], entry, place)
        elif (model, key) in SETS:
            yield from ((*here, f"v:{json.dumps(entry)}") for entry in item)
        elif _granular(model, key, kind) and isinstance(item, dict) and item:
            yield from leaves(kind if kind in types() else "", item, here)
        else:
            yield here


def _granular(model: str, key: str, kind: str) -> bool:
    """Whether the parts of a map or struct are owned one by one."""
    if (model, key) in ATOMIC_FIELDS or kind in ATOMIC:
        return False
    return kind in types() or kind.startswith("{}")


def _item_key(model: str, key: str, item: Object) -> str:
    keys = {name: item.get(name, KEY_DEFAULTS.get(name)) for name in LIST_KEYS[model, key]}
    return f"k:{json.dumps(keys, sort_keys=True, separators=(',', ':'))}"


def lookup(model: str, value: Any, path: Path) -> Any:
    """What stands at `path`, or NOTHING."""
    for index, step in enumerate(path):
        if step == ".":
            return value
        if step.startswith("v:"):
            return step if value is not NOTHING and json.loads(step[2:]) in value else NOTHING
        if step.startswith("k:"):
            owner, key = _place(model, path[:index])
            value = next((item for item in value if _item_key(owner, key, item) == step), NOTHING)
        else:
            value = value.get(step[2:], NOTHING) if isinstance(value, dict) else NOTHING
        if value is NOTHING:
            return NOTHING
    return value


def _place(model: str, path: Path) -> tuple[str, str]:
    """(type, field) a path ends in."""
    key = ""
    owner = kind = model
    for step in path:
        if step.startswith("f:"):
            owner, key = kind, step[2:]
            kind = fields(owner).get(key, "").removeprefix("[]").removeprefix("{}")
    return owner, key


def merge(model: str, live: Object, config: Object) -> Object:
    """`live` with everything `config` says laid over it; nothing is removed."""
    merged = dict(live)
    known = fields(model)
    for key, item in config.items():
        kind = known.get(key, "any")
        if (model, key) in LIST_KEYS:
            items = {_item_key(model, key, entry): entry for entry in merged.get(key, [])}
            for entry in item:
                name = _item_key(model, key, entry)
                items[name] = merge(kind[2:], items.get(name, {}), entry)
            merged[key] = list(items.values())
        elif (model, key) in SETS:
            merged[key] = [*merged.get(key, []), *(entry for entry in item if entry not in merged.get(key, []))]
        elif _granular(model, key, kind) and isinstance(item, dict) and isinstance(merged.get(key), dict):
            merged[key] = merge(kind if kind in types() else "", merged[key], item)
        else:
            merged[key] = copy.deepcopy(item)
    return merged


def remove(model: str, thing: Object, path: Path) -> None:
    """Take one path out of `thing`, in place; a map left empty by that goes too."""
    parent = lookup(model, thing, path[:-1])
    step = path[-1]
    if parent is NOTHING:
        return
    if step == ".":
        owner, key = _place(model, path[:-2])
        items = lookup(model, thing, path[:-2])
        items[:] = [item for item in items if _item_key(owner, key, item) != path[-2]]
        if not items:
            remove(model, thing, path[:-2])
    elif step.startswith("v:"):
        parent.remove(json.loads(step[2:]))
    else:
        parent.pop(step[2:], None)
        if not parent and len(path) > 2 and path[-2].startswith("f:"):
            remove(model, thing, path[:-1])


def _is_key(path: Path) -> bool:
    """Whether a path is one of the fields its list item is known by; those go with the item or not at all."""
    return len(path) > 1 and path[-2].startswith("k:") and path[-1][2:] in json.loads(path[-2][2:])


def pack(paths: set[Path]) -> Object:
    """As fieldsV1."""
    packed: Object = {}
    for path in sorted(paths):
        node = packed
        for step in path:
            node = node.setdefault(step, {})
    return packed


def unpack(packed: Object, path: Path = ()) -> set[Path]:
    """From fieldsV1."""
    if not packed:
        return {path} if path else set()
    return set().union(*(unpack(inner, (*path, step)) for step, inner in packed.items()))


def apply(model: str, live: Object | None, config: Object, *, manager: str, api_version: str, force: bool, now: str) -> Object:
    """Server-side apply: what the object becomes when `manager` declares `config`. Raises Conflict unless `force`.

    Fields this manager declared before and no longer does are removed, unless someone else owns them too.
    """
    entries = copy.deepcopy((live or {}).get("metadata", {}).get("managedFields", []))
    declared = set(leaves(model, tracked(config)))
    mine = next((entry for entry in entries if entry["manager"] == manager and entry["operation"] == "Apply"), None)
    others = [entry for entry in entries if entry is not mine and "subresource" not in entry]
    owners = {id(entry): unpack(entry["fieldsV1"]) for entry in others}
    foreign = {
        path: entry["manager"] for entry in others for path in owners[id(entry)] & declared
        if path[-1] != "." and lookup(model, live, path) != lookup(model, config, path)
    }
    if foreign and not force:
        raise Conflict({readable(path): owner for path, owner in sorted(foreign.items())})
    merged = copy.deepcopy(merge(model, live or {}, config))
    merged["metadata"] = {**(live or {}).get("metadata", {}), **merged["metadata"]}
    for entry in others:
        owners[id(entry)] -= foreign.keys()
    kept = set().union(*owners.values())
    before = unpack(mine["fieldsV1"]) if mine else set()
    for path in sorted(before - declared - kept, key=lambda path: (path[-1] != ".", -len(path))):     # whole items first
        item_shared = path[-1] == "." and any(other[:len(path) - 1] == path[:-1] for other in kept)
        if not item_shared and not _is_key(path):
            remove(model, merged, path)
    if mine is None:
        mine = {"manager": manager, "operation": "Apply", "apiVersion": api_version, "time": now, "fieldsType": "FieldsV1"}
        entries.append(mine)
    if before != declared:
        mine["time"] = now
    mine["fieldsV1"] = pack(declared)
    merged["metadata"]["managedFields"] = _kept(entries, others, owners)
    return merged


def updated(model: str, live: Object | None, new: Object, *, manager: str, api_version: str, now: str) -> list[Object]:
    """The managedFields after `manager` wrote `new` by other means than apply: what it changed is its own now."""
    entries = copy.deepcopy((live or {}).get("metadata", {}).get("managedFields", []))
    after = set(leaves(model, tracked(new)))
    before = set(leaves(model, tracked(live))) if live else set()
    changed = {path for path in after if live is None or lookup(model, live, path) != lookup(model, new, path)}
    changed = {path for path in changed if path[-1] != "." or path not in before}
    gone = before - after
    if not changed and not gone:
        return entries
    mine = next((entry for entry in entries if entry["manager"] == manager and entry["operation"] == "Update"), None)
    if mine is None and changed:
        mine = {"manager": manager, "operation": "Update", "apiVersion": api_version, "time": now, "fieldsType": "FieldsV1", "fieldsV1": {}}
        entries.append(mine)
    owners = {id(entry): unpack(entry["fieldsV1"]) - gone - (set() if entry is mine else changed) for entry in entries}
    if mine is not None:
        owners[id(mine)] |= changed
        mine["time"] = now
    return _kept(entries, entries, owners)


def _kept(entries: list[Object], touched: list[Object], owners: dict[int, set[Path]]) -> list[Object]:
    """Entries with their new sets; a manager that owns nothing any more leaves the list."""
    for entry in touched:
        entry["fieldsV1"] = pack(owners[id(entry)])
    return [entry for entry in entries if entry["fieldsV1"]]


def readable(path: Path) -> str:
    """As error messages spell a path: `.spec.template.spec.containers[name="app"].image`."""
    text = ""
    for step in path:
        if step.startswith("f:"):
            text += f".{step[2:]}"
        elif step.startswith("k:"):
            text += "[" + ",".join(f"{key}={json.dumps(value)}" for key, value in json.loads(step[2:]).items()) + "]"
    return text
