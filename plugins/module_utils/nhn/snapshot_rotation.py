# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Snapshots of a volume on a schedule: one for each stamp, called VOLUME-STAMP, of which the newest good ones stay.

Only what has such a name and is of that volume is ever removed. What failed is never counted as kept: days on which none could be made take no
good one away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..faults import Absent, BadInput, Fault, WentWrong
from .iaas import Iaas
from .volume_snapshot import VolumeSnapshot

Snapshot = Mapping[str, Any]
OPTIONS: dict[str, Any] = {
    "volumes": {"type": "list", "elements": "dict", "required": True, "options": {
        "name": {"type": "str", "required": True},
        "keep": {"type": "int", "required": True},
    }},
    "stamp": {"type": "str", "required": True},
    "wait_seconds": {"type": "int", "default": 1800},
}


@dataclass(frozen=True)
class Turn:
    """What is to be done for one volume. before, after: names to remove before and after `make` is made, "" when this stamp's is good."""

    before: tuple[str, ...]
    make: str
    after: tuple[str, ...]
    kept: tuple[str, ...]

    @property
    def changes(self) -> bool:
        """Whether anything is written."""
        return bool(self.before or self.make or self.after)


def scheduled(volume: Mapping[str, Any], snapshots: Iterable[Snapshot]) -> list[Snapshot]:
    """Those of a schedule, oldest first: of this volume, and named by it and a stamp. volume: id, name."""
    pattern = re.compile(re.escape(volume["name"]) + r"-\d+")
    mine = [each for each in snapshots if each["volume_id"] == volume["id"] and pattern.fullmatch(each.get("name") or "")]
    return sorted(mine, key=lambda each: (str(each.get("created_at")), each["name"]))


def turn(volume: Mapping[str, Any], keep: int, stamp: str, snapshots: Iterable[Snapshot]) -> Turn:
    """Pure. The oldest go before a new one is made, as a project may have as many of a volume as it keeps and no more; the only one goes after."""
    mine, this = scheduled(volume, snapshots), f"{volume['name']}-{stamp}"
    failed = [each["name"] for each in mine if each["status"].startswith("error")]
    good = [each["name"] for each in mine if each["status"] == "available" and each["name"] != this]
    there = any(each["name"] == this and each["status"] == "available" for each in mine)
    surplus = good[:max(len(good) - keep + 1, 0)]
    late = surplus if keep == 1 and not there else []
    kept = (*good[len(surplus):], this)
    return Turn(tuple(failed + [name for name in surplus if name not in late]), "" if there else this, tuple(late), kept)


def faults(params: Mapping[str, Any]) -> list[str]:
    """What cannot be, with its path."""
    wrong = [] if re.fullmatch(r"\d+", params["stamp"]) else [f"stamp: {params['stamp']!r} is not digits alone"]
    wrong += [f"volumes[{n}].keep: {volume['keep']} is less than 1" for n, volume in enumerate(params["volumes"]) if volume["keep"] < 1]
    names = [volume["name"] for volume in params["volumes"]]
    return wrong + [f"volumes: {name} is there twice" for name in sorted({name for name in names if names.count(name) > 1})]


def rotate(cloud: Iaas, params: Mapping[str, Any], check: bool) -> dict[str, Any]:
    """{changed, rotations: [{volume, made, removed, kept}]} for every volume of OPTIONS. One that cannot be done leaves no other one undone;
    what went wrong with each is raised together in the end."""
    if wrong := faults(params):
        raise BadInput(wrong)
    told, went_wrong = [], []
    with cloud.one_look():                      # one picture answers for all volumes, and is enough where nothing is to be done
        first = {volume["name"]: _planned(cloud, volume["name"], volume["keep"], params["stamp"]) for volume in params["volumes"]}
    for volume in params["volumes"]:
        name, seen = volume["name"], first[volume["name"]]
        try:
            if isinstance(seen, Fault):
                raise seen
            told.append(_foretold(name, seen[1]) if check or not seen[1].changes else _one(cloud, name, volume["keep"], params))
        except Fault as fault:
            went_wrong.append((name, fault))
    if len(went_wrong) == 1 and len(params["volumes"]) == 1:
        raise went_wrong[0][1]
    if went_wrong:
        done = ", ".join(each["volume"] for each in told) or "none"
        raise WentWrong("keep the snapshots of", ", ".join(name for name, _fault in went_wrong),
                        left="\n".join(fault.told() for _name, fault in went_wrong), then=f"Done: {done}.")
    return {"changed": any(each["made"] or each["removed"] for each in told), "rotations": told}


def _plan(cloud: Iaas, name: str, keep: int, stamp: str) -> tuple[str, Turn]:
    """The id of a volume, and what is to be done for it."""
    volume = cloud.named("volume", "/volumes", "volumes", "volume", name)
    if not volume:
        raise Absent("take a snapshot of", f"volume {name}", left="It does not exist; its snapshots were not touched.",
                     then="Make it, or take it off the schedule.")
    return str(volume["id"]), turn(volume, keep, stamp, cloud.list("volume", "/snapshots/detail", "snapshots"))


def _planned(cloud: Iaas, name: str, keep: int, stamp: str) -> tuple[str, Turn] | Fault:
    try:
        return _plan(cloud, name, keep, stamp)
    except Fault as fault:
        return fault


def _one(cloud: Iaas, name: str, keep: int, params: Mapping[str, Any]) -> dict[str, Any]:
    """Planned anew: the volumes before this one may have taken half an hour."""
    volume, todo = _plan(cloud, name, keep, params["stamp"])
    for snapshot in todo.before:
        _bring(cloud, params, name=snapshot, state="absent")
    if todo.make:
        _bring(cloud, params, name=todo.make, volume=volume, while_attached=True, state="present")
    for snapshot in todo.after:
        _bring(cloud, params, name=snapshot, state="absent")
    return _foretold(name, todo)


def _foretold(name: str, todo: Turn) -> dict[str, Any]:
    return {"volume": name, "made": todo.make, "removed": [*todo.before, *todo.after], "kept": list(todo.kept)}


def _bring(cloud: Iaas, params: Mapping[str, Any], **wish: Any) -> None:
    VolumeSnapshot(cloud, {"wait_seconds": params["wait_seconds"], **wish}).brought_about()
