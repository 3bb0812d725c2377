# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""New database instances to restore into, made like the live one, at either cloud. Neither ever touches an instance that it did not make."""

from __future__ import annotations

from typing import Any, Protocol

from ..faults import Absent, Answer, Fault
from ..mysql.connection import DatabaseFault, Server
from ..nhn.rds_instance import RdsInstance
from ..waiting import FAILED, PENDING, READY, Clock, wait
from .parts import Parts

LIKE = ("version", "flavor", "port", "parameter_group", "security_groups", "subnet", "zone", "storage_type", "storage_gb", "backup")
PAUSE_SECONDS = 5.0
ANSWER_SECONDS, ANSWER_PAUSE_SECONDS = 120.0, 2.0
BROKEN = ("failed", "incompatible-parameters", "incompatible-network", "storage-full", "incompatible-restore")


class Instances(Protocol):
    """exists: whether that name is taken; make: a new one, reachable; remove: gone when it returns, fine when it was gone."""

    def exists(self, name: str) -> bool: ...
    def make(self, name: str, restore: dict[str, Any] | None) -> Server: ...
    def remove(self, name: str) -> None: ...


def instances(parts: Parts) -> Instances:
    """Those of this site."""
    return NhnInstances(parts) if parts.nhn else AwsInstances(parts)


class NhnInstances:
    """restore: as option `restore` of nhn_rds_instance; the accounts are those of the backup, ours among them."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        assert parts.nhn
        self._told = parts.nhn

    def exists(self, name: str) -> bool:
        return self._kind(name).find() is not None

    def make(self, name: str, restore: dict[str, Any] | None) -> Server:
        live = self._kind(self._told["instance"]).find()
        like = {key: live[key] for key in LIKE} if live else dict(self._told.get("template") or {})
        if not like:
            raise Absent("make", name, left=f"{self._told['instance']} is gone, and no template says what a new one is to be like.",
                         then="Give db_backup_nhn_template and run site.yml with --tags db_backup.")
        now = self._kind(name, **like, restore=restore, deletion_protection=False, high_availability=False).brought_about()
        database = self._parts.database
        return Server(str(now["address"]), int(now["port"]), database.user, database.password)

    def remove(self, name: str) -> None:
        self._kind(name, state="absent").brought_about()

    def _kind(self, name: str, **options: Any) -> RdsInstance:
        return RdsInstance(self._parts.rds, {"name": name, "auth": self._told["auth"], **options})


class AwsInstances:
    """Empty ones, like the live one; `restore` is not for them."""

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

    def exists(self, name: str) -> bool:
        return self._look(name) is not None

    def make(self, name: str, restore: dict[str, Any] | None) -> Server:
        if not self._look(name):
            live = self._look(self._told["instance"])
            if not live:
                raise Absent("make", name, left=f"{self._told['instance']} is gone, so nothing says what a new one is to be like.",
                             then="Run site.yml with --tags aws_database first.")
            self._call("make", name, "create_db_instance", DBInstanceIdentifier=name, Engine="mysql", EngineVersion=live["EngineVersion"],
                       DBInstanceClass=live["DBInstanceClass"], AllocatedStorage=live["AllocatedStorage"],
                       StorageType=live.get("StorageType") or "gp3", StorageEncrypted=bool(live.get("StorageEncrypted")),
                       MasterUsername=self._told["admin_user"], MasterUserPassword=self._told["admin_password"],
                       Port=int(live.get("Endpoint", {}).get("Port") or 3306), PubliclyAccessible=False,
                       BackupRetentionPeriod=int(live.get("BackupRetentionPeriod") or 0),
                       DBSubnetGroupName=live["DBSubnetGroup"]["DBSubnetGroupName"], AutoMinorVersionUpgrade=False, DeletionProtection=False,
                       DBParameterGroupName=live["DBParameterGroups"][0]["DBParameterGroupName"],
                       VpcSecurityGroupIds=[group["VpcSecurityGroupId"] for group in live["VpcSecurityGroups"]],
                       Tags=[{"Key": "Name", "Value": name}])
        seen = wait(lambda: self._look(name) or {}, _available, self._limit, PAUSE_SECONDS, self._clock, doing="see it available: database instance",
                    to=name, show=lambda found: found.get("DBInstanceStatus"))
        return Server(seen["Endpoint"]["Address"], int(seen["Endpoint"]["Port"]), self._told["admin_user"], self._told["admin_password"])

    def remove(self, name: str) -> None:
        if not self._look(name):
            return
        self._call("remove", name, "delete_db_instance", DBInstanceIdentifier=name, SkipFinalSnapshot=True, DeleteAutomatedBackups=True)
        wait(lambda: self._look(name), lambda seen: PENDING if seen else READY, self._limit, PAUSE_SECONDS, self._clock,
             doing="see it gone: database instance", to=name, show=lambda seen: seen and seen.get("DBInstanceStatus"))

    def _look(self, name: str) -> dict[str, Any] | None:
        try:
            return dict(self.client.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0])
        except self.client.exceptions.DBInstanceNotFoundFault:
            return None
        except _failures() as error:
            raise _fault("read", name, error) from error

    def _call(self, doing: str, name: str, method: str, **arguments: Any) -> None:
        try:
            getattr(self.client, method)(**arguments)
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


def _available(seen: dict[str, Any]) -> str:
    status = seen.get("DBInstanceStatus")
    return READY if status == "available" and seen.get("Endpoint") else FAILED if status in BROKEN else PENDING


def _failures() -> tuple[type[Exception], ...]:
    from botocore.exceptions import BotoCoreError, ClientError
    return (BotoCoreError, ClientError)


def _fault(doing: str, name: str, error: Exception) -> Fault:
    told = getattr(error, "response", {}).get("Error", {})
    return Fault(f"{doing} database instance", name, answer=Answer("AWS", None, told.get("Code", type(error).__name__), told.get("Message", "")))
