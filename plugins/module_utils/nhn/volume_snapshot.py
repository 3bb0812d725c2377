# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Snapshot of a volume: made once, never changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from ..engine import Field, unseen
from ..waiting import FAILED, PENDING, READY, wait
from .iaas import Iaas
from .resource import Resource, waits


def made(seen: Mapping[str, Any]) -> str:
    """Ready when available, failed in the states that begin with error."""
    if seen["status"] == "available":
        return READY
    return FAILED if seen["status"].startswith("error") else PENDING


def leaving(snapshots: Iterable[Mapping[str, Any]], volume: str) -> list[str]:
    """The names of those of a volume that are on their way out: while they are, its volume cannot go, and they count as its snapshots."""
    return sorted(str(raw.get("name") or raw["id"]) for raw in snapshots if raw["volume_id"] == volume and raw["status"] == "deleting")


def see_left(cloud: Iaas, volume: str, seconds: int, to: str) -> None:
    """Wait for those to be gone."""
    wait(lambda: leaving(cloud.list("volume", "/snapshots/detail", "snapshots"), volume), lambda seen: PENDING if seen else READY, seconds, 5,
         cloud.clock, doing="see the snapshots gone that are on their way out:", to=to, show=", ".join)


class VolumeSnapshot(Resource):
    """Fields: name, volume (id), description, while_attached. Also read: id, size_gb, status, created_at."""

    noun, service, path, key = "snapshot", "volume", "/snapshots", "snapshot"
    fields = (
        Field("name", option={"type": "str", "required": True}),
        Field("volume", needed=True, fixed=True),
        Field("description", same=unseen),
        Field("while_attached", same=unseen, option={"type": "bool"}),
    )
    options: ClassVar[dict[str, Any]] = waits(1800)
    every: list[dict[str, Any]]                 # all snapshots, as last seen

    def resolve(self, want: dict[str, Any]) -> dict[str, Any]:
        if "volume" in want:
            want["volume"] = self.parent("volume", "volume", "/volumes", want["volume"])
        return want

    def find(self) -> dict[str, Any] | None:
        self.every = self.cloud.list("volume", "/snapshots/detail", "snapshots")
        raw = self.pick([raw for raw in self.every if raw["status"] not in ("deleting", "deleted")])
        return self.shape(raw) if raw else None

    def create(self, want: dict[str, Any]) -> dict[str, Any]:
        """Make it once none of the volume's is on its way out: there may be only so many."""
        if leaving(self.every, want["volume"]):
            see_left(self.cloud, want["volume"], self.params["wait_seconds"], self.params["volume"])
        return super().create(want)

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {"id": raw["id"], "name": raw["name"], "volume": raw["volume_id"], "description": raw.get("description") or "",
                "size_gb": raw.get("size"), "status": raw["status"], "created_at": raw.get("created_at")}

    def body(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {{"volume": "volume_id", "while_attached": "force"}.get(name, name): value for name, value in values.items()}

    def broken(self, have: dict[str, Any]) -> bool:
        return made(have) == FAILED

    def settled(self, now: dict[str, Any]) -> dict[str, Any]:
        """Wait until it can be restored from."""
        return self.once_ready(made, now, "see it made")

    def delete(self, have: dict[str, Any]) -> None:
        """Remove it and wait, so that its volume may go next."""
        super().delete(have)
        self.see_gone(self._present(have["id"]))

    def _present(self, identity: str) -> Callable[[], dict[str, Any] | None]:
        """How it is looked for while it goes: one on its way out is still there."""
        def look() -> dict[str, Any] | None:
            self.find()
            return next((raw for raw in self.every if raw["id"] == identity and raw["status"] != "deleted"), None)

        return look
