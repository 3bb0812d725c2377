# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Snapshot of a volume: made once, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..engine import Field, unseen
from ..waiting import FAILED, PENDING, READY
from .resource import Resource, waits


def made(seen: Mapping[str, Any]) -> str:
    """Ready when available, failed in the states that begin with error."""
    if seen["status"] == "available":
        return READY
    return FAILED if seen["status"].startswith("error") else PENDING


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

    def resolve(self, want: dict[str, Any]) -> dict[str, Any]:
        if "volume" in want:
            want["volume"] = self.parent("volume", "volume", "/volumes", want["volume"])
        return want

    def find(self) -> dict[str, Any] | None:
        raw = self.pick([raw for raw in self.cloud.list("volume", "/snapshots/detail", "snapshots")
                         if raw["status"] not in ("deleting", "deleted")])
        return self.shape(raw) if raw else None

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
        self.see_gone()
