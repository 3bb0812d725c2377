# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One backup, from asking for it to its manifest. May be killed anywhere and run again: it goes on with the backup it had begun.

Nothing counts before its manifest is there, and the manifest comes last. At NHN: RDS makes a backup and exports it to Object Storage;
the files are streamed from there, checked, sealed and put into S3. At either site: a logical dump, out of one view in which nothing moves,
whose checksums and place in the binary log become the proof.

All of a backup is of one reign of one server: a writer that moved meanwhile sold what this one has not, and of the log that NHN's files would be
restored with nothing is left when its server became another one. So the reign is asked for at the beginning, kept with what is pending, and asked
for again in the view the dump is read from; and it is the moment of that view which tells which of two backups is the newer one.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from ..faults import Fault
from ..mysql.connection import server_version
from ..mysql.sync.identity import watching
from ..mysql.sync.snapshot import snapshot
from ..nhn.rds_backup import every_backup, object_path
from ..nhn.resource import Missing
from . import dump
from .manifest import DAY, FORMAT, Manifest, as_text, folder, key_of
from .manifest import parts as parts_of
from .parts import Parts, Reign, reign_of
from .record import told_of
from .retention import retain, retain_at_nhn
from .sealing import sealed

PENDING_SECONDS = 3 * DAY      # NHN keeps binary logs for five days (nhn_database_parameters), and what was exported is proven with all since then

SAID_SECONDS = 30
LATELY_SECONDS = 6 * 3600       # a gate that ran out before that was given up: the site lost its turn, and is to become a copy


class Summed:
    """A stream, and the sum and size of what has passed."""

    def __init__(self, body: Iterable[bytes]) -> None:
        self._body, self._digest, self.bytes = body, hashlib.sha256(), 0

    def __iter__(self) -> Iterator[bytes]:
        for block in self._body:
            self._digest.update(block)
            self.bytes += len(block)
            yield block

    @property
    def sha256(self) -> str:
        """Of what has passed so far."""
        return self._digest.hexdigest()


def make(parts: Parts) -> dict[str, Any]:
    """A backup of this site's database, when it is the writer's. Returns {made: name or None, said, removed: [names]}."""
    with parts.turn("backup"):
        try:
            return _ran(parts)
        except Exception as error:          # whatever it is, the last run did not end well: a mistake of ours as well as a fault
            parts.record.tell("backup", ok=False, said=told_of(error), ran=parts.now())
            raise


def _ran(parts: Parts) -> dict[str, Any]:
    reign = parts.reign()
    if reign is None:
        if (past := parts.past_reign()) is not None and past < LATELY_SECONDS:
            raise Fault("back up", f"site {parts.site}", left=f"Its gate has run out {past:.0f} s ago, and it knows of no other writer since: its "
                        "agent is silent, or starts anew. Nothing was made.",
                        then="This is tried again by itself. See playbooks/status.yml for the agent.")
        said = f"Site {parts.site} is not the writer, so there is nothing of its own to back up."
        _forget_what_is_past(parts, None)
        removed = retain_at_nhn(parts)      # what it made while it was is kept in order all the same
        parts.record.tell("backup", ok=True, said=said, ran=parts.now())
        return {"made": None, "said": said, "removed": removed}
    manifest = _made(parts, reign)
    size = sum(part["bytes"] for part in parts_of(manifest))
    altered = "".join(f" In the dump {each}." for each in as_text(manifest["proof"]))
    if since := manifest["proof"].get("altered"):
        altered += f" The dump has {', '.join(since)} as they were before they were altered meanwhile; the next backup has them as they are."
    parts.record.tell("backup", ok=True, said=altered.strip(), ran=parts.now(), name=manifest["name"], created=manifest["created"], bytes=size)
    parts.record.finished()
    made = {"made": manifest["name"], "said": f"{manifest['name']}: {size} bytes in S3, {len(manifest['proof']['tables'])} tables.{altered}"}
    try:
        return {**made, "removed": retain(parts)}
    except Fault as fault:                  # told, but this run has made its backup: begun again, it would make another
        parts.record.tell("backup", ok=False, said=(said := f"The backup is whole; old ones were not removed. {fault.told()}"))
        return {**made, "said": f"{made['said']} {said}", "removed": []}


def _made(parts: Parts, reign: Reign) -> Manifest:
    _forget_what_is_past(parts, reign)
    pending = parts.record.pending()
    if pending is None:
        began = parts.now()
        moment = datetime.fromtimestamp(began, UTC)
        pending = {"name": f"{parts.config['topology']}-{parts.site}-{moment.strftime('%Y%m%d-%H%M%S')}", "began": began, "reign": reign, "parts": {}}
        parts.record.begin(pending)
    name = pending["name"]
    parts.s3.forget_halves(folder(name))
    physical = _physical(parts, pending) if parts.nhn else None
    logical, proof, server = _logical(parts, name, reign)
    manifest = {"format": FORMAT, "name": name, "site": parts.site, "created": proof["at"], "schemas": parts.schemas, "server": server,
                "physical": physical, "logical": logical, "proof": proof}
    if parts.nhn:
        parts.objects.put(f"{name}/manifest.json", lambda: [_json(manifest)])
    parts.s3.put_json(key_of(name), manifest)           # last: from here on it is a backup
    return manifest


def _forget_what_is_past(parts: Parts, reign: Reign | None) -> None:
    """A pending backup that nothing can be made of any more, of another reign than the one there is or begun too long ago, and what it left."""
    pending = parts.record.pending()
    if pending is None or (reign in (None, pending.get("reign")) and parts.now() - pending.get("began", 0.0) <= PENDING_SECONDS):
        return
    name = pending["name"]
    left = parts.s3.keys(folder(name))
    if key_of(name) not in left:            # else it is whole, and was killed just before it said so
        for key in left:
            parts.s3.delete(key)
        if parts.nhn:
            for entry in parts.objects.below(name):
                parts.objects.delete(entry["name"])
            backup = parts.nhn_backup(name, "absent")
            backup.locate()
            if backup.find():
                backup.brought_about()
    parts.record.finished()


def _physical(parts: Parts, pending: dict[str, Any]) -> dict[str, Any]:
    """NHN's own backup, exported, fetched, sealed and put into S3, part by part. A place of its export has that backup's name in it."""
    if not parts.nhn:
        raise AssertionError
    name = pending["name"]
    if "backup" not in pending:
        pending["backup"] = _automatic(parts, pending["reign"]) or name
        parts.record.begin(pending)
    path = f"{name}/files" if pending["backup"] == name else f"{name}/files/{pending['backup']}"
    if not pending.get("exported"):
        for half in parts.objects.below(path):          # of an export that nobody saw the end of
            parts.objects.delete(half["name"])
    have = parts.nhn_backup(pending["backup"], export={"container": parts.nhn["container"], "path": path}).brought_about()
    pending["exported"] = True
    parts.record.begin(pending)
    stored = []
    for number, entry in enumerate(parts.objects.below(path), 1):
        done = pending["parts"].get(entry["name"])
        if not done or done["md5"] != entry["hash"]:
            key, size = f"{folder(name)}physical/{number:04d}.age", int(entry["bytes"])
            part = _store(parts, key, _heard(parts, key, parts.objects.get(entry), size), size)
            done = pending["parts"][entry["name"]] = {**part, "md5": entry["hash"]}
            parts.record.begin(pending)
        stored.append({key: value for key, value in done.items() if key != "md5"})
    if have.get("binlog_file") is None:
        raise Fault("back up", parts.nhn["instance"], left=f"NHN does not tell where the binary log stood for backup {have['name']}.",
                    then="Run again; if it stays so, make the next backup on demand (automatic_hours: 0).")
    return {"backup": have["name"], "backup_id": have["id"], "instance": have["instance"], "kind": have["kind"], "version": have["version"],
            "container": parts.nhn["container"], "path": path, "parts": stored,
            "binlog": {"file": have["binlog_file"], "position": have["binlog_position"]}}


def _automatic(parts: Parts, reign: Reign) -> str | None:
    """A fresh automatic backup that no manifest has yet, None when there is none or none is wanted.

    It must have been begun after a backup of this very reign: before that the server may have been another one, whose log went with it.
    """
    if not parts.nhn:
        raise AssertionError
    hours = float(parts.config.get("automatic_hours") or 0)
    if not hours:
        return None
    instance = parts.nhn_backup(None).instance(parts.nhn["instance"])
    if isinstance(instance, Missing):
        return None
    known = parts.manifests()
    since = min((manifest["created"] for manifest in known if {**manifest["server"], **reign} == manifest["server"]), default=None)
    if since is None:
        return None
    taken = {manifest["physical"]["backup"] for manifest in known if manifest.get("physical")}
    fresh = [raw for raw in every_backup(parts.rds, dbInstanceId=instance, backupType="AUTO") if raw["backupStatus"] == "COMPLETED"
             and raw["backupName"] not in taken and _fits_a_path(raw["backupName"]) and datetime.fromisoformat(raw["createdYmdt"]).timestamp() > since
             and parts.now() - datetime.fromisoformat(raw["updatedYmdt"]).timestamp() < hours * 3600]
    return max(fresh, key=lambda raw: datetime.fromisoformat(raw["updatedYmdt"]))["backupName"] if fresh else None


def _fits_a_path(name: str) -> bool:
    try:
        return "/" not in object_path(name)
    except ValueError:
        return False


def _logical(parts: Parts, name: str, reign: Reign) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """(logical part, proof, server), all of one moment. Raises Fault when that reign is over."""
    with watching(parts.database, as_described=True) as look, snapshot(parts.database, parts.schemas) as view:
        at = parts.now()
        if reign_of(view.conn) != reign:
            raise Fault("back up", str(parts.database), left=f"When this backup was begun it took writes as server {reign['uuid']} in reign "
                        f"{reign['epoch']}, and does so no more: the writer has moved, or its server is another one. Nothing of it counts.",
                        then="Nothing: the next run goes on where that reign does, else it begins anew, and who writes now makes backups of its own.")
        server = {**reign, "version": ".".join(map(str, server_version(view.conn)))}
        beside = dump.Beside(look, view.let_go)
        key, about = f"{folder(name)}logical.sql.gz.age", dump.about_bytes(view.conn, parts.schemas)
        part = _store(parts, key, _packed(_heard(parts, key, dump.dump(view.conn, parts.schemas, beside), about)), about)
        proof = {"binlog": {"file": view.position.file, "position": view.position.position}, "at": at,
                 "held_seconds": view.held_seconds, "tables": beside.tables, "altered": beside.altered}
    return {"parts": [part]}, proof, server


def _store(parts: Parts, key: str, body: Iterable[bytes], expected: int) -> dict[str, Any]:
    plain = Summed(body)
    stored = parts.s3.put(key, sealed(plain, parts.key_file), expected)
    return {**stored, "plain_bytes": plain.bytes, "plain_sha256": plain.sha256}


def _heard(parts: Parts, key: str, body: Iterable[bytes], expected: int) -> Iterator[bytes]:
    """The same; how much of it has passed is said every half minute. expected: of what passes here, so a dump is heard before it is packed."""
    passed, said = 0, parts.now()
    for block in body:
        passed += len(block)
        if parts.now() - said >= SAID_SECONDS:
            said = parts.now()
            parts.say(f"{key}: {passed >> 20} MiB" + (f" of about {expected >> 20}" if expected else ""))
        yield block


def _packed(body: Iterable[bytes]) -> Iterator[bytes]:
    """The stream as gzip."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    for block in body:
        if piece := packer.compress(block):
            yield piece
    yield packer.flush()


def _json(value: Any) -> bytes:
    import json
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
