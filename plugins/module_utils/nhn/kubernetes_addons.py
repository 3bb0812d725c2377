# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Addons of a cluster: those that are named are kept in their version, or kept away; those that are not named are somebody else's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..waiting import FAILED, PENDING, READY

Addon = Mapping[str, Any]

AT_BIRTH: list[dict[str, Any]] = [
    {"name": "calico", "version": "v3.28.2-nks1", "options": {"mode": "vxlan"}},
    {"name": "coredns", "version": "1.8.4-nks1"},
]
MANDATORY = ("cni", "kube-dns")     # types
OPTION: dict[str, Any] = {"type": "list", "elements": "dict", "options": {
    "name": {"type": "str", "required": True},
    "version": {"type": "str"},
    "options": {"type": "dict"},
    "resolve_conflicts": {"type": "str", "choices": ["none", "overwrite", "preserve"]},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}}


def faults(addons: Iterable[Addon] | None) -> Iterator[str]:
    """Each thing that cannot be, with its path."""
    said: set[str] = set()
    for index, addon in enumerate(addons or ()):
        if addon["name"] in said:
            yield f"addons[{index}].name: {addon['name']} is there twice"
        said.add(addon["name"])
        if addon["state"] == "present" and not addon.get("version"):
            yield f"addons[{index}].version: required to have {addon['name']}"


def asked(addons: Iterable[Addon] | None) -> list[dict[str, Any]]:
    """What a create call takes: what is wanted, and what no cluster goes without, unless it was named."""
    said = list(addons or ())
    named = {addon["name"] for addon in said}
    wanted = [addon for addon in AT_BIRTH if addon["name"] not in named] + [addon for addon in said if addon["state"] == "present"]
    return [{name: addon[name] for name in ("name", "version", "options") if addon.get(name) is not None} for addon in wanted]


def shape(raws: Iterable[Addon]) -> list[dict[str, Any]]:
    """Those installed, by name."""
    told = [{name: raw.get(name) for name in ("name", "version", "status")} for raw in raws]
    return sorted(told, key=lambda addon: str(addon["name"]))


def same(have: Iterable[Addon] | None, want: Iterable[Addon]) -> bool:
    """Nothing is to be done."""
    return not list(changes(have or (), want))


def changes(have: Iterable[Addon], want: Iterable[Addon]) -> Iterator[tuple[str, str, dict[str, Any] | None]]:
    """(method, path below the cluster, body) for each difference. Settings are used only when a cluster is made: no later call takes them."""
    there = {addon["name"]: addon["version"] for addon in have}
    for addon in want:
        name, version = addon["name"], addon.get("version")
        more = {"resolve_conflicts": addon["resolve_conflicts"]} if addon.get("resolve_conflicts") else {}
        if addon["state"] == "absent":
            if name in there:
                yield "DELETE", f"/addons/{name}", None
        elif name not in there:
            yield "POST", "/addons/", {"name": name, "version": version, **more}
        elif there[name] != version:
            yield "PATCH", f"/addons/{name}", {"version": version, **more}


def unoffered(have: Iterable[Addon], want: Iterable[Addon], catalogue: Iterable[Addon]) -> Iterator[str]:
    """Each thing that the service's own list of addons rules out, with its path: what is to come must be in it, and what no cluster goes without
    must not go. have: [] for a cluster that is to be made."""
    known = {(raw.get("name"), raw.get("version")): raw.get("type") for raw in catalogue}
    there = {addon["name"]: addon["version"] for addon in have} or {addon["name"]: addon["version"] for addon in AT_BIRTH}
    stays = {known.get((addon["name"], addon.get("version"))) for addon in want if addon["state"] == "present"}
    for index, addon in enumerate(want):
        name, version = addon["name"], addon.get("version")
        if addon["state"] == "present":
            if there.get(name) != version and (name, version) not in known:
                offered = ", ".join(f"{each} {which}" for each, which in sorted(known, key=str))
                yield f"addons[{index}]: there is no {name} {version}; the service offers {offered}"
        elif name in there and (kind := known.get((name, there[name]))) in MANDATORY and kind not in stays:
            yield f"addons[{index}]: {name} is the {kind} addon, which is mandatory"


def settled(addons: Iterable[Addon]) -> str:
    """Ready when every one is complete."""
    states = [str(addon.get("status") or "") for addon in addons]
    if any(state.endswith("_FAILED") for state in states):
        return FAILED
    return PENDING if any(state.endswith("_IN_PROGRESS") for state in states) else READY
