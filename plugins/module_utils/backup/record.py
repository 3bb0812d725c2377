# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host remembers of its backups: what is under way, how the last ones went, and the same for Prometheus.

In the state directory: pending.json (a backup that was begun, so that a killed run goes on with it), restore-INSTANCE.json (one that was begun,
or finished: what is to be made of what, the mark it is made with, and its id as soon as the cloud has told it), status.json, metrics.prom.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from ..faults import Fault, TimedOut
from ..waiting import PENDING, READY, Clock, wait

METRICS = {
    "last_success_seconds": ("backup", "created", "When the newest good backup was made, in seconds since the epoch."),
    "last_bytes": ("backup", "bytes", "Size of the newest good backup as it is in S3."),
    "last_run_ok": ("backup", "ok", "Whether the last run made a backup, or rightly made none."),
    "restore_proven_seconds": ("test", "at", "When a backup was last restored and proven equal, in seconds since the epoch."),
    "restore_ok": ("test", "ok", "Whether the last restore test proved its backup."),
}


LOCKS = {"backup": "lock", "restore": "restore.lock"}


def _taken(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


class Record:
    """The files of one state directory."""

    def __init__(self, directory: str) -> None:
        self.directory = Path(directory)

    @contextmanager
    def alone(self, what: str, patience: float = 0.0, clock: Clock | None = None) -> Iterator[None]:
        """One `backup` and one `restore` at a time on this host; neither waits for the other, for a restore may take half a day. Raises Fault when
        another is under way, and still is after `patience` seconds."""
        with self._lock(LOCKS[what]) as lock:
            try:
                wait(lambda: _taken(lock), lambda taken: READY if taken else PENDING, patience, 1.0, clock, doing="start", to=f"a {what}")
            except TimedOut as fault:
                raise Fault(fault.doing, fault.to, left="Another one is under way on this host.", then="Run again when it has ended.") from fault
            yield

    @contextmanager
    def unless(self, what: str) -> Iterator[bool]:
        """Whether none of these is under way; none begins before the block ends."""
        with self._lock(LOCKS[what]) as lock:
            yield _taken(lock)

    @contextmanager
    def _lock(self, name: str) -> Iterator[IO[str]]:
        """An open file that can be locked, and is let go at the end of the block."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(self.directory / name, os.O_CREAT | os.O_RDWR, 0o666), "w") as lock:
            if os.fstat(lock.fileno()).st_uid == os.geteuid():
                os.fchmod(lock.fileno(), 0o666)         # the timers' user and an operator's task take turns
            yield lock

    def pending(self) -> dict[str, Any] | None:
        """The backup that was begun and not finished, None when there is none."""
        return self._read("pending.json")

    def begin(self, pending: dict[str, Any]) -> None:
        """Remember what is under way, and how far it is."""
        self._write("pending.json", json.dumps(pending, indent=1, sort_keys=True))

    def finished(self) -> None:
        """Nothing is under way any more."""
        (self.directory / "pending.json").unlink(missing_ok=True)

    def restore(self, instance: str) -> dict[str, Any]:
        """What is known of a restore into that instance: {backup, way, time, mark, id?, loaded?, found?}, {} when there is nothing of the kind."""
        return self._read(f"restore-{instance}.json") or {}

    def begin_restore(self, instance: str, of: dict[str, Any]) -> str:
        """Remember what is going to be made, before the cloud is asked. Returns the mark that it is to carry: while its id is not known, only what
        carries that is ours. A run that was killed may have asked for it without hearing the answer, so the same wish keeps its mark."""
        known = self.restore(instance)
        asked = "id" not in known and {name: known.get(name) for name in of} == of
        mark = str(known["mark"]) if asked and known.get("mark") else f"multicloud-dr-restore-{secrets.token_hex(8)}"
        self._keep_restore(instance, {**of, "mark": mark})
        return mark

    def go_on_restore(self, instance: str, **facts: Any) -> None:
        """Remember how far it is. id: the cloud's own of what was made; loaded: all of the backup is in it; found: it is whole and proven, and from
        now on rows may come into it that no backup has."""
        self._keep_restore(instance, {**self.restore(instance), **facts})

    def end_restore(self, instance: str) -> None:
        """It is gone."""
        (self.directory / f"restore-{instance}.json").unlink(missing_ok=True)

    def _keep_restore(self, instance: str, known: dict[str, Any]) -> None:
        self._write(f"restore-{instance}.json", json.dumps(known, sort_keys=True))

    def status(self) -> dict[str, Any]:
        """{backup: {...}, test: {...}}, as last told; {} at first."""
        return self._read("status.json") or {}

    def tell(self, what: str, **facts: Any) -> dict[str, Any]:
        """Keep how a `backup` or `test` went: facts that are not given stay as they were. Returns the whole status."""
        with self._lock("status.lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            status = self.status()
            status[what] = {**status.get(what, {}), **facts}
            self._write("status.json", json.dumps(status, indent=1, sort_keys=True) + "\n")
            self._write("metrics.prom", metrics(status))
            return status

    def _read(self, name: str) -> Any:
        try:
            return json.loads((self.directory / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise Fault("read", str(self.directory / name), left="It is damaged.", then="Remove it; the next run starts over.") from error

    def _write(self, name: str, text: str) -> None:
        """In one step and on disk: a run may be killed at any moment."""
        self.directory.mkdir(parents=True, exist_ok=True)
        fresh = self.directory / f".{name}"
        with fresh.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.chmod(0o644)
        fresh.replace(self.directory / name)


def told_of(error: Exception) -> str:
    """Why a run did not end well, for people. Of what nobody foresaw only its kind: its words may hold rows."""
    return error.told() if isinstance(error, Fault) else f"It ended in {type(error).__name__}, which nobody foresaw: see the unit's log."


def metrics(status: dict[str, Any]) -> str:
    """The status in Prometheus's text format. What was never seen is left out."""
    lines = []
    for name, (part, key, told) in METRICS.items():
        value = status.get(part, {}).get(key)
        if value is not None:
            lines += [f"# HELP multicloud_dr_backup_{name} {told}", f"# TYPE multicloud_dr_backup_{name} gauge",
                      f"multicloud_dr_backup_{name} {float(value):.0f}"]
    return "\n".join(lines) + "\n"


def words(status: dict[str, Any], now: float) -> list[str]:
    """The status in sentences."""
    from datetime import UTC, datetime

    def day(moment: float) -> str:
        return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M UTC")

    backup, test = status.get("backup", {}), status.get("test", {})
    told = [f"Newest backup: {backup['name']}, {(now - backup['created']) / 3600:.1f} h old, {backup['bytes'] / 1e6:.1f} MB." if backup.get("name")
            else "No backup has been made by this host yet."]
    if backup.get("ok") is False:
        told.append(f"The last run failed: {backup['said']}")
    elif backup.get("said"):
        told.append(backup["said"])
    if test.get("ok"):
        told.append(f"Backup restorable: yes, {test['name']}, on {day(test['at'])}.")
    elif test:
        last = f" Last proven: {test['name']}, on {day(test['at'])}." if test.get("at") else ""
        told.append(f"Backup restorable: NOT proven. {test['said']}{last}")
    else:
        told.append("Backup restorable: not tested yet.")
    return told
