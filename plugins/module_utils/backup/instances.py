# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""New database instances to restore into, made like the live one, at either cloud. An instance is known by the id that its cloud gave it, and until
that was heard by the mark that it was made with; a name may be somebody else's by tomorrow.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ..faults import Absent, Answer, BadInput, Fault
from ..mysql.connection import DatabaseFault, Server
from ..nhn.rds_instance import NAME, RdsInstance
from ..nhn.rds_restore import request
from ..waiting import FAILED, PENDING, READY, Clock, wait
from .parts import Parts

LIKE = ("version", "flavor", "port", "parameter_group", "security_groups", "subnet", "zone", "storage_type", "storage_gb", "backup")
TAG = "RestoredBy"
PAUSE_SECONDS = 5.0
ANSWER_SECONDS, ANSWER_PAUSE_SECONDS = 120.0, 2.0
BROKEN = ("failed", "incompatible-parameters", "incompatible-network", "storage-full", "incompatible-restore")


@dataclass(frozen=True)
class Seen:
    """An instance that is there. identity: the cloud's, which no other one ever has; mark: what whoever made it gave it along, "" if nothing."""

    name: str
    identity: str
    mark: str


class Instances(Protocol):
    """seen: what has that name; refuse: raise for what `make` would be refused, reading only; make: ask for a new one that carries `mark` and return
    its id, never taking one that is there; server: of the one with that id, once it is reachable; remove: the one with that id, gone when it
    returns, fine when it was gone."""

    def seen(self, name: str) -> Seen | None: ...
    def refuse(self, name: str, restore: dict[str, Any] | None) -> None: ...
    def make(self, name: str, restore: dict[str, Any] | None, mark: str) -> str: ...
    def server(self, seen: Seen) -> Server: ...
    def remove(self, seen: Seen) -> None: ...


def instances(parts: Parts) -> Instances:
    """Those of this site."""
    return NhnInstances(parts) if parts.nhn else AwsInstances(parts)


def refuse_name(parts: Parts, name: str) -> None:
    """Raise BadInput for what this site's cloud calls no instance. The name is part of a file's here, too."""
    try:
        if parts.nhn:
            NAME(name)
        elif not re.fullmatch("(?=.{1,63}$)[A-Za-z](-?[A-Za-z0-9])*", name):
            raise ValueError(f"{name!r} is not 1 to 63 letters, digits and single hyphens that begin with a letter")
    except ValueError as wrong:
        raise BadInput([f"instance: {wrong}"]) from None


class _New(RdsInstance):
    """One that is to be made here and now. What somebody else has made meanwhile under its name is not changed into it."""

    def update(self, have: dict[str, Any], want: dict[str, Any], drift: tuple[str, ...]) -> dict[str, Any]:
        if have["id"] not in self.mine and have["description"] != self.params["description"]:
            raise taken(self.name)
        return super().update(have, want, drift)


class NhnInstances:
    """restore: as option `restore` of nhn_rds_instance; the accounts are those of the backup, ours among them. The mark is its description."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        if not parts.nhn:
            raise AssertionError
        self._told = parts.nhn

    def seen(self, name: str) -> Seen | None:
        found = self._kind(name).find()
        return Seen(str(found["name"]), str(found["id"]), str(found["description"])) if found else None

    def refuse(self, name: str, restore: dict[str, Any] | None) -> None:
        new = self._new(name, restore, "")
        step, _unused = new.planned()
        try:
            request(self._parts.rds, self._told["auth"], restore or {}, new.params["version"])
        except Absent as fault:
            if (restore or {}).get("backup"):
                fault.say(left=fault.left, then="Take way files: it makes the instance of the sealed copies in S3, as old as the backup.")
            raise
        step.refuse_needs()

    def make(self, name: str, restore: dict[str, Any] | None, mark: str) -> str:
        new = self._new(name, restore, mark)
        step, want = new.planned()
        if step.action != "create":
            raise taken(name)
        return str(new.carried_out(step, want)["id"])

    def server(self, seen: Seen) -> Server:
        now, database = self._kind(seen.identity).brought_about(), self._parts.database
        return Server(str(now["address"]), int(now["port"]), database.user, database.password)

    def remove(self, seen: Seen) -> None:
        self._kind(seen.identity, state="absent").brought_about()

    def _new(self, name: str, restore: dict[str, Any] | None, mark: str) -> _New:
        live = self._kind(self._told["instance"]).find()
        like = {key: live[key] for key in LIKE} if live else dict(self._told.get("template") or {})
        if not like:
            raise Absent("make", name, left=f"{self._told['instance']} is gone, and no template says what a new one is to be like.",
                         then="Give db_backup_nhn_template and run site.yml with --tags db_backup.")
        like.update(description=mark, restore=restore, deletion_protection=False, high_availability=False)
        return _New(self._parts.rds, {"name": name, "auth": self._told["auth"], **like})

    def _kind(self, name: str, **options: Any) -> RdsInstance:
        return RdsInstance(self._parts.rds, {"name": name, "auth": self._told["auth"], **options})


class AwsInstances:
    """Empty ones, like the live one; `restore` is not for them. The mark is a tag."""

    def __init__(self, parts: Parts) -> None:
        told = parts.config.get("aws")
        if not told:
            raise Fault("make an instance", left=f"Site {parts.site} is configured for neither cloud.", then="Run site.yml with --tags db_backup.")
        self._told = told
        self._clock: Clock = parts.clock
        self._limit = float(parts.config.get("limits", {}).get("job_seconds", 3600))
        self._made: Any = None

    @property
    def client(self) -> Any:
        """boto3's, for RDS."""
        if self._made is None:
            import boto3
            self._made = boto3.client("rds", **{name: value for name, value in self._told["client"].items() if value})
        return self._made

    def seen(self, name: str) -> Seen | None:
        found = self._look(name)
        return Seen(str(found["DBInstanceIdentifier"]), str(found["DbiResourceId"]), _mark(found)) if found else None

    def refuse(self, name: str, restore: dict[str, Any] | None) -> None:
        self._like(name)

    def make(self, name: str, restore: dict[str, Any] | None, mark: str) -> str:
        live = self._like(name)
        made = self._call("make", name, "create_db_instance", DBInstanceIdentifier=name, Engine="mysql", EngineVersion=live["EngineVersion"],
                          DBInstanceClass=live["DBInstanceClass"], AllocatedStorage=live["AllocatedStorage"],
                          StorageType=live.get("StorageType") or "gp3", StorageEncrypted=bool(live.get("StorageEncrypted")),
                          MasterUsername=self._told["admin_user"], MasterUserPassword=self._told["admin_password"],
                          Port=int(live.get("Endpoint", {}).get("Port") or 3306), PubliclyAccessible=False,
                          BackupRetentionPeriod=int(live.get("BackupRetentionPeriod") or 0),
                          DBSubnetGroupName=live["DBSubnetGroup"]["DBSubnetGroupName"], AutoMinorVersionUpgrade=False, DeletionProtection=False,
                          DBParameterGroupName=live["DBParameterGroups"][0]["DBParameterGroupName"],
                          VpcSecurityGroupIds=[group["VpcSecurityGroupId"] for group in live["VpcSecurityGroups"]],
                          Tags=[{"Key": "Name", "Value": name}, {"Key": TAG, "Value": mark}])
        return str(made["DBInstance"]["DbiResourceId"])

    def server(self, seen: Seen) -> Server:
        def judge(found: Mapping[str, Any]) -> str:
            return FAILED if found.get("DbiResourceId", seen.identity) != seen.identity else _available(found)

        found = wait(lambda: self._look(seen.name) or {}, judge, self._limit, PAUSE_SECONDS, self._clock,
                     doing="see it available: database instance", to=seen.name, show=lambda found: found.get("DBInstanceStatus"))
        return Server(found["Endpoint"]["Address"], int(found["Endpoint"]["Port"]), self._told["admin_user"], self._told["admin_password"])

    def remove(self, seen: Seen) -> None:
        def look() -> dict[str, Any] | None:
            found = self._look(seen.name)
            return found if found and found["DbiResourceId"] == seen.identity else None

        if not (there := look()):
            return
        if there.get("DBInstanceStatus") != "deleting":
            self._call("remove", seen.name, "delete_db_instance", DBInstanceIdentifier=seen.name, SkipFinalSnapshot=True, DeleteAutomatedBackups=True)
        wait(look, lambda found: PENDING if found else READY, self._limit, PAUSE_SECONDS, self._clock, doing="see it gone: database instance",
             to=seen.name, show=lambda found: found and found.get("DBInstanceStatus"))

    def quotas(self) -> dict[str, tuple[int, int]]:
        """{name: (used, most)} of what the account may have of RDS, by AWS's own names."""
        told = self._call("read the quotas for", "RDS", "describe_account_attributes")
        return {str(each["AccountQuotaName"]): (int(each["Used"]), int(each["Max"])) for each in told["AccountQuotas"]}

    def storage_gb(self) -> int:
        """What the live one has, and one like it would take."""
        return int(self._like("one more").get("AllocatedStorage") or 0)

    def _like(self, name: str) -> dict[str, Any]:
        """The live one."""
        if live := self._look(self._told["instance"]):
            return live
        raise Absent("make", name, left=f"{self._told['instance']} is gone, so nothing says what a new one is to be like.",
                     then="Run site.yml with --tags aws_database first.")

    def _look(self, name: str) -> dict[str, Any] | None:
        try:
            return dict(self.client.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0])
        except self.client.exceptions.DBInstanceNotFoundFault:
            return None
        except _failures() as error:
            raise _fault("read", name, error) from error

    def _call(self, doing: str, name: str, method: str, **arguments: Any) -> dict[str, Any]:
        try:
            return dict(getattr(self.client, method)(**arguments))
        except _failures() as error:
            raise _fault(doing, name, error) from error


def answering(server: Server, clock: Clock) -> Server:
    """The server, once it takes our log-in: a new address needs a moment to be known. Raises TimedOut with what was last said."""
    def look() -> str:
        try:
            with server.connected():
                return ""
        except DatabaseFault as fault:
            return str(fault.answer)

    wait(look, lambda said: PENDING if said else READY, ANSWER_SECONDS, ANSWER_PAUSE_SECONDS, clock, doing="log in to the new instance",
         to=str(server))
    return server


def taken(name: str) -> Fault:
    """Of an instance that is there and is not to be touched."""
    return Fault("make database instance", name, left="Somebody has made one of that name. It was not touched.", then="Choose another name.")


def _mark(found: Mapping[str, Any]) -> str:
    return next((str(tag["Value"]) for tag in found.get("TagList") or () if tag["Key"] == TAG), "")


def _available(seen: Mapping[str, Any]) -> str:
    status = seen.get("DBInstanceStatus")
    return READY if status == "available" and seen.get("Endpoint") else FAILED if status in BROKEN else PENDING


def _failures() -> tuple[type[Exception], ...]:
    from botocore.exceptions import BotoCoreError, ClientError
    return (BotoCoreError, ClientError)


def _fault(doing: str, name: str, error: Exception) -> Fault:
    told = getattr(error, "response", {}).get("Error", {})
    return Fault(f"{doing} database instance", name, answer=Answer("AWS", None, told.get("Code", type(error).__name__), told.get("Message", "")))
