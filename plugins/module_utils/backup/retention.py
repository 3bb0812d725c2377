# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What goes when it is old: copies in S3 by the manifests there, and what lies at NHN by those that lie beside it.

Each store is kept in order by what it holds itself. S3's copies go after their days whoever writes, the manifest among them, and NHN may have
been away all that time: what then named NHN's exports would be gone before they are. Only what a manifest names is ever removed, and nothing while
something is restored here, which may be that very backup: the next run removes it.
"""

from __future__ import annotations

import json
from contextlib import suppress

from ..faults import Damaged
from .manifest import DAY, Manifest, check, doomed, good, key_of, stamp
from .manifest import parts as parts_of
from .parts import Parts


def retain(parts: Parts) -> list[str]:
    """For the site that writes: remove what is old in S3, and at NHN's site there too. Returns what was removed, as "s3 NAME" and "nhn NAME"."""
    with parts.record.unless("restore") as free:
        return [*_retain_in_s3(parts), *_retain_at_nhn(parts)] if free else []


def retain_at_nhn(parts: Parts) -> list[str]:
    """For NHN's site, whoever writes: remove what is old there; the newest that is whole stays. Returns "nhn NAME" each; [] at another site."""
    with parts.record.unless("restore") as free:
        return _retain_at_nhn(parts) if free else []


def _retain_in_s3(parts: Parts) -> list[str]:
    removed = []
    for manifest in doomed(parts.manifests(), parts.now(), parts.retention, _proven(parts)):
        name = manifest["name"]
        parts.s3.put_json(key_of(name), {**manifest, "retired": True})      # first: what is half removed must not count
        for part in parts_of(manifest):
            parts.s3.delete(part["key"])
        parts.s3.delete(key_of(name))
        removed.append(f"s3 {name}")
    return removed


def _retain_at_nhn(parts: Parts) -> list[str]:
    if not parts.nhn:
        return []
    removed = []
    pending = (parts.record.pending() or {}).get("name")
    whole = [manifest for manifest in good(_at_nhn(parts)) if manifest["name"] != pending]
    for manifest in whole[1:]:
        old = parts.now() - manifest["created"] > float(parts.config["retention"]["nhn_days"]) * DAY
        if old and manifest["name"] not in _proven(parts):
            _remove_at_nhn(parts, manifest)
            removed.append(f"nhn {manifest['name']}")
    return removed


def _proven(parts: Parts) -> list[str]:
    """The backup that was last proven restorable here."""
    name = parts.record.status().get("test", {}).get("name")
    return [name] if name else []


def _at_nhn(parts: Parts) -> list[Manifest]:
    """The manifests in NHN's container that are this site's. One that cannot be used is left out, and never removed."""
    found = []
    for entry in parts.objects.below(""):
        name = entry["name"].removesuffix("/manifest.json")
        if name != entry["name"] and f"{parts.config['topology']}-{parts.site}-{stamp(name)[:8]}-{stamp(name)[8:]}" == name:
            with suppress(Damaged, ValueError):
                manifest = check(json.loads(b"".join(parts.objects.get(entry))), name)
                if manifest.get("physical") and manifest["physical"]["path"].startswith(f"{name}/"):
                    found.append(manifest)
    return found


def _remove_at_nhn(parts: Parts, manifest: Manifest) -> None:
    """The exported files and the backup they are of; an automatic backup is the provider's to remove. The manifest goes last: it names them."""
    physical = manifest["physical"]
    for entry in parts.objects.below(physical["path"]):
        parts.objects.delete(entry["name"])
    instance = {"instance": physical["instance"]} if physical.get("instance") else {}       # it may have been built anew since, under its name
    backup = parts.nhn_backup(physical["backup"], "absent", **instance)
    backup.locate()
    if physical.get("kind") != "AUTO" and backup.find():
        backup.brought_about()
    parts.objects.delete(f"{manifest['name']}/manifest.json")
