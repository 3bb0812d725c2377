# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a backup to a new instance that is proven to hold it. Never into an instance that exists.

Ways: `proof`: at NHN, the provider's backup and the binary logs after it, up to the place the proof is of: equal row for row. `files`: at
NHN, from the sealed copies in S3, when the provider's own backup is gone: as old as the backup, so tables that were written to while it
was made differ from the proof and are named. `dump`: the logical part into an empty instance: equal row for row, needs nothing of NHN.
`time`: at NHN, a moment within the reach of the binary logs; proven by the heartbeat that travels with the data.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from ..faults import Absent, BadInput, Fault
from ..mysql.connection import Server, query
from . import dump
from .instances import Instances, Seen, answering, instances, refuse_name
from .make import Summed
from .manifest import Manifest, as_text, differences, newest, stamp
from .parts import Parts
from .record import told_of
from .sealing import opened

BLOCK = 1 << 18
CLOCK_SECONDS = 5.0             # how far the last heartbeat may lie before the moment restored to


@dataclass(frozen=True)
class Chosen:
    """way, manifest: what is to be done with which backup. there: the instance that this very restore has made already; loaded: all of the backup is
    in it, and it is not proven; found: what that restore found, when it was finished."""

    way: str
    manifest: Manifest
    there: Seen | None = None
    loaded: bool = False
    found: dict[str, Any] | None = None

    @property
    def removes(self) -> Seen | None:
        """What must go first: loading was begun there and not ended, so that nobody knows what is in it."""
        return self.there if self.way == "dump" and not self.loaded and not self.found else None


def restore(parts: Parts, instance: str, *, name: str = "", way: str = "", time: str = "", accept_older: bool = False) -> dict[str, Any]:
    """Make `instance` of the named backup, else of the newest, and prove it.

    Returns {instance, host, port, backup, way, tables, rows, equal, differences, as_of, as_text, seconds, proven_at, made, removes}. accept_older:
    differences of way `files` are told but are no failure. A run that was killed is gone on with when it is asked for the same again; removes: as
    `foreseen` says it. One that was finished is told again with made False, and its instance is not touched, whatever is in it by now. Raises
    Fault, BadInput.
    """
    with parts.turn("restore"):
        chosen = _chosen(parts, instance, name, way, time)
        if chosen.found:
            return {**chosen.found, **_foretold(chosen)}
        found = {**_restored(parts, instance, chosen, time, accept_older), "proven_at": parts.now()}
        parts.record.go_on_restore(instance, found=found)
        return {**found, **_foretold(chosen)}


def foreseen(parts: Parts, instance: str, *, name: str = "", way: str = "", time: str = "") -> dict[str, Any]:
    """{instance, backup, way, made, removes} of what `restore` would do; refuses what it would refuse before it makes anything. Reads no backup.
    removes: the id of an instance of ours that is half loaded, and would be removed first; "" when there is none."""
    chosen = _chosen(parts, instance, name, way, time)
    return {"instance": instance, "backup": chosen.manifest["name"], "way": chosen.way, **_foretold(chosen)}


def _foretold(chosen: Chosen) -> dict[str, Any]:
    return {"made": not chosen.found, "removes": chosen.removes.identity if chosen.removes else ""}


def remove(parts: Parts, instance: str, *, check: bool = False) -> str:
    """Remove an instance that a restore made; its id, "" when there is none. Raises Fault for one that was not made so, and for the live one."""
    refuse_name(parts, instance)
    with parts.turn("restore"):
        where = instances(parts)
        there = where.seen(instance)
        if there is None:                               # what a killed run asked for may still come, and bears its mark: that is not forgotten
            return ""
        if not _ours(parts.record.restore(instance), there):
            raise Fault("remove", instance, left="It was not made by a restore from this host. Nothing was touched.", then="Remove it yourself.")
        _refuse_live(parts, "remove", there)
        if not check:
            where.remove(there)
            parts.record.end_restore(instance)
        return there.identity


def check(parts: Parts) -> dict[str, Any]:
    """The restore test: the newest backup into a throw-away instance, proven, and the instance removed. Keeps how it went."""
    name = f"{_live(parts)}-restore-test"
    with parts.turn("restore"):
        began = parts.clock.now()
        try:
            where = instances(parts)
            if (there := where.seen(name)) and "found" in (record := parts.record.restore(name)) and _ours(record, there):
                raise Fault("test the newest backup", f"in {name}", left="Somebody restored into an instance of that name. It was not touched.",
                            then="Remove it when it has served: restore.yml with db_backup_restore_state=absent.")
            _clear(parts, where, name)                  # what an earlier test left when it was killed
            try:
                found = _restored(parts, name, _chosen(parts, name, "", "", ""), "", False)
            finally:
                _clear(parts, where, name)
        except Exception as error:          # as in make.py
            parts.record.tell("test", ok=False, said=told_of(error), ran=parts.now())
            raise
        parts.record.tell("test", ok=True, said="", ran=parts.now(), at=parts.now(), name=found["backup"], way=found["way"], rows=found["rows"],
                          tables=found["tables"], seconds=round(parts.clock.now() - began, 1))
        return found


def _clear(parts: Parts, where: Instances, name: str) -> None:
    """Remove what a test made, and nothing else."""
    record = parts.record.restore(name)
    if record and "found" not in record and (there := where.seen(name)) and _ours(record, there):
        where.remove(there)
        parts.record.end_restore(name)


def _ours(record: dict[str, Any], there: Seen) -> bool:
    """Whether it is what the restore that is remembered has made: by its id, or while nobody has heard that, by the mark it was to carry."""
    return record["id"] == there.identity if "id" in record else bool(there.mark) and record.get("mark") == there.mark


def _refuse_live(parts: Parts, doing: str, there: Seen) -> None:
    if _live(parts).lower() in (there.name.lower(), there.identity.lower()):        # AWS tells names in lower case, however they were given
        raise Fault(doing, there.name, left="It is this site's live instance by now. Nothing was touched.", then="Remove it yourself.")


def verify(parts: Parts, manifest: Manifest) -> None:
    """Read every object of a backup in S3, and see that each is what the manifest says and opens with our key. Raises Fault."""
    for kind in ("physical", "logical"):
        for part in (manifest.get(kind) or {}).get("parts", ()):
            for _unused in plain(parts, part):
                pass


def plain(parts: Parts, part: dict[str, Any]) -> Iterator[bytes]:
    """An object of a backup, opened. Raises Fault, at its end at the latest, unless everything about it is right."""
    summed = Summed(opened(parts.s3.get(part), parts.key_file))
    yield from summed
    if (summed.bytes, summed.sha256) != (part["plain_bytes"], part["plain_sha256"]):
        raise Fault("use", part["key"], left="It opens, but what is inside is not what was sealed. It was not used.", then="Use another backup.")


def _live(parts: Parts) -> str:
    return str((parts.nhn or parts.config["aws"])["instance"])


def _restored(parts: Parts, instance: str, chosen: Chosen, time: str, accept_older: bool) -> dict[str, Any]:
    began, way, manifest = parts.clock.now(), chosen.way, chosen.manifest
    verify(parts, manifest)                             # before anything is made of it
    where, there = instances(parts), chosen.there
    if chosen.removes:
        where.remove(chosen.removes)
        there = None
    try:
        if there is None:
            there = _made(parts, where, instance, chosen, time)
        parts.record.go_on_restore(instance, id=there.identity)
        server = answering(where.server(there), parts.clock)
    finally:
        if way == "files":                              # they lay open there
            for entry in parts.objects.below(_opened_at(manifest)):
                parts.objects.delete(entry["name"])
    if way == "dump" and not chosen.loaded:
        with server.connected() as conn:
            for part in manifest["logical"]["parts"]:
                dump.load(conn, _unpacked(plain(parts, part)))
        parts.record.go_on_restore(instance, loaded=True)
    return {**_proven(server, manifest, way, time, accept_older), "instance": instance, "host": server.host, "port": server.port,
            "backup": manifest["name"], "way": way, "seconds": round(parts.clock.now() - began, 1)}


def _made(parts: Parts, where: Instances, instance: str, chosen: Chosen, time: str) -> Seen:
    """A new instance of the backup. That it is wanted is written down before: a run may be killed between asking for it and hearing its id."""
    mark = parts.record.begin_restore(instance, _asked(chosen.manifest, chosen.way, time))
    if chosen.way == "files":
        _open(parts, chosen.manifest)
    return Seen(instance, where.make(instance, _source(parts, chosen.manifest, chosen.way, time), mark), mark)


def _chosen(parts: Parts, instance: str, name: str, way: str, time: str) -> Chosen:
    refuse_name(parts, instance)
    way = _way(parts, way, time)
    manifest = parts.manifest(name) if name else _newest(parts, "logical" if way == "dump" else "physical")
    if manifest is None or manifest.get("retired"):
        raise Absent("restore", name or "a backup", left="There is none in S3 that this site can restore.", then="Make one first.")
    if way != "dump" and not manifest.get("physical"):
        raise Fault("restore", manifest["name"], left=f"It was made at {manifest['site']} and has no files of NHN's.",
                    then="Restore it at the standby site, where its dump can be loaded.")
    where, asked = instances(parts), _asked(manifest, way, time)
    there, record = where.seen(instance), parts.record.restore(instance)
    ours = there is not None and _ours(record, there)
    if ours and {key: record.get(key) for key in asked} == asked:
        chosen = Chosen(way, manifest, there, loaded="loaded" in record, found=record.get("found"))
    elif there is None:
        chosen = Chosen(way, manifest)
    else:
        of = f" It was made of {record['backup']} (way {record['way']})." if ours else ""
        raise Fault("restore into", instance, left=f"That instance exists; backups are restored into new ones only.{of} Nothing was touched.",
                    then="Choose another name, or remove that instance yourself.")
    if chosen.removes:
        _refuse_live(parts, "remove what is half loaded in", chosen.removes)
    if chosen.removes or there is None:
        where.refuse(instance, _source(parts, manifest, way, time))
    return chosen


def _asked(manifest: Manifest, way: str, time: str) -> dict[str, Any]:
    return {"backup": manifest["name"], "way": way, "time": time}


def _newest(parts: Parts, having: str) -> Manifest | None:
    """The newest backup with that part. Raises Fault when a later one's manifest cannot be used: an older one is taken by a person only."""
    unusable: list[str] = []
    found = newest(parts.manifests(unusable), having=having)
    if later := [name for name in unusable if stamp(name) > (stamp(found["name"]) if found else "")]:
        raise Fault("tell which backup is the newest", left=f"The manifest of {', '.join(later)} cannot be used. Nothing was touched.",
                    then="Restore an earlier version of that object, or name the backup that is wanted"
                    + (f"; the newest with a whole manifest is {found['name']}." if found else "."))
    return found


def _way(parts: Parts, way: str, time: str) -> str:
    ways = ("proof", "files", "time") if parts.nhn else ("dump",)
    way = way or ("time" if time else ways[0])
    faults = []
    if way not in ways:
        faults.append(f"way: {way} cannot be gone at site {parts.site}; {', '.join(ways)} can")
    if (way == "time") != bool(time):
        faults.append("time: goes with way time, which NHN's binary logs make possible, and only with it")
    if time and not _moment(time):
        faults.append(f"time: {time!r} is no moment like 2026-01-31T12:00:00+09:00")
    if faults:
        raise BadInput(faults)
    return way


def _moment(time: str) -> bool:
    try:
        return datetime.fromisoformat(time).tzinfo is not None
    except ValueError:
        return False


def _source(parts: Parts, manifest: Manifest, way: str, time: str) -> dict[str, Any] | None:
    """Option `restore` of the new instance."""
    if way == "dump":
        return None
    if not parts.nhn:
        raise AssertionError
    if way == "proof":
        return {"backup": manifest["physical"]["backup"], "binlog_file": manifest["proof"]["binlog"]["file"],
                "binlog_position": int(manifest["proof"]["binlog"]["position"])}
    if way == "time":
        return {"instance": parts.nhn["instance"], "time": time}
    return {"container": parts.nhn["container"], "path": _opened_at(manifest)}


def _open(parts: Parts, manifest: Manifest) -> None:
    """Put the files of a backup where NHN can read them."""
    path, files = _opened_at(manifest), manifest["physical"]["parts"]
    for number, part in enumerate(files, 1):
        parts.objects.put(path if len(files) == 1 else f"{path}/{number:04d}", partial(plain, parts, part))


def _opened_at(manifest: Manifest) -> str:
    """Where in Object Storage the opened files lie while NHN makes an instance of them."""
    return f"restore/{manifest['name']}"


def _proven(server: Server, manifest: Manifest, way: str, time: str, accept_older: bool) -> dict[str, Any]:
    with server.connected() as conn:
        seen = {"tables": dump.counted(conn, manifest["schemas"])}
        beats = query(conn, "SELECT MAX(beat_at) AS at FROM dr.gate") if "dr.gate" in seen["tables"] else []
    as_of = float(beats[0]["at"]) if beats and beats[0]["at"] is not None else None
    told = differences(manifest["proof"], seen, loaded=way == "dump")
    facts = {"tables": len(seen["tables"]), "rows": sum(table["rows"] for table in seen["tables"].values()), "equal": not told,
             "differences": told, "as_of": as_of, "as_text": as_text(manifest["proof"]) if way == "dump" else []}
    if way == "time":
        wanted = datetime.fromisoformat(time).timestamp()
        if as_of is None or not -CLOCK_SECONDS <= as_of - wanted <= 1.0:
            raise Fault("prove", "the restored instance", left=f"Its data is as of {as_of}, wanted was {wanted:.0f} ({time}). It was not removed.",
                        then="See whether the agent was beating at that moment; if it was, the binary logs were not applied up to it.")
    elif told and not (way == "files" and accept_older):
        older = " It is as old as the backup, and the proof is a little younger: tables written to in between differ." if way == "files" else ""
        raise Fault("prove", "the restored instance", left=f"It differs from the backup: {'; '.join(told[:10])}.{older} It was not removed.",
                    then="Use another backup, or look into the instance.")
    return facts


def _unpacked(body: Iterable[bytes]) -> Iterator[bytes]:
    """The stream without its gzip, in blocks of BLOCK at most: a few bytes may stand for a thousand times as many."""
    unpacker = zlib.decompressobj(31)
    for block in body:
        left = block
        while left:
            yield unpacker.decompress(left, BLOCK)
            left = unpacker.unconsumed_tail
    yield unpacker.flush()
