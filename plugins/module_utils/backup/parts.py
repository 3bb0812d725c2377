# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From one configuration file to the parts of a run: the only place where stores, clouds and databases are put together.

/etc/multicloud-dr/backup.json, written by role `db_backup`:
  topology, site: names · database: {host, port, user, password} · schemas: [...] · key_file: age identity · state_directory
  s3: {bucket, region_name, endpoint_url?, aws_access_key_id?, aws_secret_access_key?}
  nhn: null, or {auth, instance, container, template}: auth as the nhn_* modules take it; template: options of nhn_rds_instance for a
    new instance when the live one cannot be asked
  aws: null, or {instance, admin_user, client}: client: arguments of boto3
  retention: {days, last, nhn_days} · automatic_hours: an automatic backup not older than this is taken instead of making one (0: never)
  limits: {job_seconds}
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ..faults import Absent, BadInput, Damaged, Fault
from ..mysql.connection import Server, query, value
from ..mysql.heartbeat import was_writer
from ..nhn.auth import for_objects
from ..nhn.iaas import Iaas
from ..nhn.rds import Rds
from ..nhn.rds_backup import RdsBackup
from ..waiting import Clock, SystemClock
from .manifest import Manifest, Retention, check, key_of
from .objects import Objects
from .record import Record
from .s3 import S3

CONFIG = "/etc/multicloud-dr/backup.json"
TURN_SECONDS = 60.0
NEEDED = ("topology", "site", "database", "schemas", "key_file", "state_directory", "s3", "retention")


Reign = dict[str, Any]          # {uuid: of the server, epoch: number of the reign}


def reign_of(conn: Any) -> Reign | None:
    """The reign under which a server takes writes: its own gate row is valid by its own clock. None when it does not, or has no gate. In a
    consistent view: that of the view's moment, when it is asked for at once. Raises DatabaseFault."""
    if not query(conn, "SELECT 1 FROM information_schema.tables WHERE table_schema = 'dr' AND table_name = 'gate'"):
        return None
    rows = query(conn, "SELECT @@server_uuid AS u, epoch AS e FROM dr.gate WHERE server_uuid = @@server_uuid "
                       "AND valid_until > UNIX_TIMESTAMP(SYSDATE(6))", doing="read the gate")
    return {"uuid": str(rows[0]["u"]), "epoch": int(rows[0]["e"])} if rows else None


def past_reign(conn: Any) -> float | None:
    """Seconds since a server's own gate has run out, where its reign is the newest it knows of; None where it is another's, or there is no gate.
    An agent that starts anew, or cannot reach the record, lets it run out, and the server is nobody else's copy by that. Raises DatabaseFault."""
    if not was_writer(conn):
        return None
    return float(value(conn, "SELECT UNIX_TIMESTAMP(SYSDATE(6)) - valid_until FROM dr.gate WHERE server_uuid = @@server_uuid", doing="read the gate"))


@dataclass
class Parts:
    """Everything a run works with. now: seconds since the epoch; say: told now and then how far it is."""

    config: dict[str, Any]
    now: Callable[[], float]
    clock: Clock
    say: Callable[[str], None] = lambda _said: None

    @property
    def site(self) -> str:
        """Name of this site."""
        return str(self.config["site"])

    @property
    def schemas(self) -> list[str]:
        """What is backed up."""
        return list(self.config["schemas"])

    @property
    def key_file(self) -> str:
        """The age identity."""
        return str(self.config["key_file"])

    @cached_property
    def database(self) -> Server:
        """This site's live database."""
        told = self.config["database"]
        return Server(told["host"], int(told["port"]), told["user"], told["password"])

    @cached_property
    def s3(self) -> S3:
        """Where backups are kept."""
        told = dict(self.config["s3"])
        return S3(told.pop("bucket"), {name: value for name, value in told.items() if value}, str(self.config["state_directory"]))

    @cached_property
    def record(self) -> Record:
        """What this host remembers."""
        return Record(self.config["state_directory"])

    def turn(self, what: str) -> AbstractContextManager[None]:
        """For a `with` block in which no other `backup`, or no other `restore`, is under way here; one that is nearly through is waited for. Raises
        Fault."""
        return self.record.alone(what, TURN_SECONDS, self.clock)

    @property
    def nhn(self) -> dict[str, Any] | None:
        """How NHN is spoken to, None at a site that is not NHN's."""
        return self.config.get("nhn") or None

    @cached_property
    def rds(self) -> Rds:
        """NHN RDS."""
        return Rds(self._nhn()["auth"], clock=self.clock, job_seconds=int(self.config.get("limits", {}).get("job_seconds", 3600)))

    @cached_property
    def objects(self) -> Objects:
        """NHN's side of the copies."""
        return Objects(Iaas(for_objects(self._nhn()["auth"]), clock=self.clock), self._nhn()["container"])

    def nhn_backup(self, name: str | None, state: str = "present", **more: Any) -> RdsBackup:
        """A backup of the database's instance, as NHN RDS knows it; None: no certain one. more: further options of nhn_rds_backup."""
        told = self._nhn()
        return RdsBackup(self.rds, {"name": name, "instance": told["instance"], "auth": told["auth"], "state": state, **more})

    @property
    def retention(self) -> Retention:
        """How long copies in S3 are kept."""
        told = self.config["retention"]
        return Retention(float(told["days"]), int(told["last"]))

    def manifests(self, unusable: list[str] | None = None) -> list[Manifest]:
        """Every manifest in S3, those of backups being removed included. One that cannot be used is left out, and never removed; its name is
        added to `unusable`. Raises Fault when S3 does not answer: what could not be read is not what is not there."""
        found = []
        for key in self.s3.keys("backups/"):
            if key.endswith("/manifest.json"):
                name = key.split("/")[-2]
                try:
                    found.append(check(self.s3.get_json(key), name))
                except Damaged:
                    if unusable is not None:
                        unusable.append(name)
                except Absent:          # removed since it was listed: the other site keeps order as well
                    continue
        return found

    def manifest(self, name: str) -> Manifest:
        """One, by name. Raises Absent, Fault."""
        return check(self.s3.get_json(key_of(name)), name)

    def reign(self) -> Reign | None:
        """Under which this site's database takes writes now, None when it is not the writer. Raises DatabaseFault."""
        with self.database.connected() as conn:
            return reign_of(conn)

    def past_reign(self) -> float | None:
        """How long ago this site's database was the writer, where nobody else is known to be it since. Raises DatabaseFault."""
        with self.database.connected() as conn:
            return past_reign(conn)

    def _nhn(self) -> dict[str, Any]:
        if not self.nhn:
            raise Fault("reach NHN Cloud", left=f"Site {self.site} is not configured for it.", then="Run this on the management host.")
        return self.nhn


def parts_from(config: dict[str, Any], now: Callable[[], float], clock: Clock | None = None) -> Parts:
    """Raises BadInput, naming all that is missing."""
    if missing := [name for name in NEEDED if not config.get(name)]:
        raise BadInput(f"{name}: required" for name in missing)
    return Parts(config, now, clock or SystemClock())


def load(path: str, now: Callable[[], float]) -> Parts:
    """The parts a configuration file describes. Raises Fault, BadInput."""
    try:
        config = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Fault("read", path, left=str(error), then="Run site.yml with --tags db_backup.") from error
    return parts_from(config, now)
