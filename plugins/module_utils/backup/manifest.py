# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The manifest of a backup, and what may be removed when. Pure: no network, no clock.

A backup is what has a manifest; it is written last. Files (all times are seconds since the epoch):
  name, site, schemas, server {uuid, epoch, version}: whose data, and in which reign (epoch of dr.gate) it was the writer's
  created: the moment whose data it is, and by which it is newer or older than another; the name tells when it was begun
  physical: the provider's own files, or null {backup, instance (its id), kind, container, path, version, binlog {file, position}, parts}
  logical: our dump, or null {parts}
  parts: [{key, bytes, sha256, plain_bytes, plain_sha256}], in order, sealed as they are in S3
  proof: {binlog {file, position}, at, tables {"schema.table": {rows, digest, total, counted, as_text?}}}, from one view in which nothing moved; the
  logical part is that same view, the physical part is a little older and reaches it with the binary logs in between
  as_text: {digest, total, documents {column: rows}} of a table with JSON documents that are more than their text: what the logical part brings
  retired: true while it is being removed; it is no backup any more
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..faults import Damaged

FORMAT = 1
NAME = re.compile(r"[a-z][a-z0-9-]{0,60}-(\d{8})-(\d{6})")
DAY = 86400.0

Manifest = dict[str, Any]


@dataclass(frozen=True)
class Retention:
    """days: how long backups are kept; last: how many are kept however old they are (at least one)."""

    days: float
    last: int = 1


def key_of(name: str) -> str:
    """Where a backup's manifest is."""
    return f"{folder(name)}manifest.json"


def stamp(name: str) -> str:
    """When a backup was begun, as its name tells: sorts by time; "" for a name that is none of ours."""
    found = NAME.fullmatch(name)
    return "".join(found.groups()) if found else ""


def folder(name: str) -> str:
    """Below which everything of a backup is."""
    return f"backups/{name}/"


def parts(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every object a manifest names."""
    return [part for kind in ("physical", "logical") if manifest.get(kind) for part in manifest[kind]["parts"]]


def check(manifest: Any, name: str) -> Manifest:
    """The manifest, if it is one of that name and names nothing outside of its own folder. Raises Damaged."""
    def refuse(why: str) -> Damaged:
        return Damaged("use the backup", name, left=f"Its manifest {why}. Nothing was touched.", then="Use another backup; `status` lists them.")

    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise refuse(f"is not of format {FORMAT}")
    if missing := [field for field in ("name", "site", "created", "schemas", "server", "proof") if field not in manifest]:
        raise refuse(f"lacks {', '.join(missing)}")
    if manifest["name"] != name:
        raise refuse(f"is that of {manifest['name']}")
    if not parts(manifest):
        raise refuse("names no object")
    if outside := [part["key"] for part in parts(manifest) if not str(part["key"]).startswith(folder(name))]:
        raise refuse(f"names {outside[0]}, which is not its own")
    return manifest


def good(manifests: Iterable[Manifest]) -> list[Manifest]:
    """Those that count as backups, newest first."""
    return sorted((manifest for manifest in manifests if not manifest.get("retired")), key=lambda manifest: manifest["created"], reverse=True)


def newest(manifests: Iterable[Manifest], *, having: str = "", site: str = "") -> Manifest | None:
    """The newest backup, of those with that part and made at that site when asked."""
    return next((manifest for manifest in good(manifests) if (not having or manifest.get(having)) and (not site or manifest["site"] == site)), None)


def doomed(manifests: Collection[Manifest], now: float, retention: Retention, proven: Collection[str] = ()) -> list[Manifest]:
    """Backups that may go: older than `days`, not among the newest `last`, and not the last one that was proven restorable.

    Whatever is asked, the newest backup stays. What is half removed already comes first.
    """
    kept = good(manifests)
    stays = {manifest["name"] for manifest in kept[:max(1, retention.last)]}
    stays |= {manifest["name"] for manifest in kept if manifest["name"] in proven}
    half = [manifest for manifest in manifests if manifest.get("retired")]
    return half + [manifest for manifest in reversed(kept) if manifest["name"] not in stays and now - manifest["created"] > retention.days * DAY]


def as_text(proof: Mapping[str, Any]) -> list[str]:
    """What comes back from a dump as its text only, as sentences."""
    told = []
    for label, table in sorted(proof["tables"].items()):
        if found := table.get("as_text", {}).get("documents"):
            told.append(f"{sum(found.values())} documents of {label} ({', '.join(sorted(found))}) are what their text says: dates, times, bytes and "
                        "long decimals that SQL put there no text can tell")
    return told


def differences(proof: Mapping[str, Any], seen: Mapping[str, Any], *, loaded: bool = False) -> list[str]:
    """Where a restored server is not what the proof says, as sentences; [] when it is the same row for row. loaded: from the dump."""
    wanted, found = proof["tables"], seen["tables"]
    told = [f"{label}: missing" for label in sorted(set(wanted) - set(found))]
    told += [f"{label}: not in the backup" for label in sorted(set(found) - set(wanted))]
    for label in sorted(set(wanted) & set(found)):
        mine, theirs = wanted[label], found[label]
        if loaded:
            mine = {**mine, **mine.get("as_text", {})}
        if mine["counted"] != theirs["counted"]:
            told.append(f"{label}: built differently, or counted by another version of this collection")
        elif (mine["rows"], mine["digest"], mine["total"]) != (theirs["rows"], theirs["digest"], theirs["total"]):
            told.append(f"{label}: {theirs['rows']} rows, {mine['rows']} in the backup" if mine["rows"] != theirs["rows"]
                        else f"{label}: {mine['rows']} rows, not the same ones")
    return told
