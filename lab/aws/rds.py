# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Database instances that take their time: `creating`, without an endpoint, until the materialiser has seen MySQL answer; `rebooting` for a moment.

What they tell of their parameter group follows DBParameterGroupStatus in the API Reference: a group's change waits for the next reboot, and so does
another group.
"""

from __future__ import annotations

import secrets
import time
from typing import Any

from moto.rds.exceptions import RDSClientError
from moto.rds.models import DBInstance, RDSBackend

from lab.aws.extend import graft
from lab.aws.observed import OBSERVED

GP3 = {"iops": 3000, "storage_throughput": 125}                    # what AWS gives and tells for gp3 when nothing else is asked for


REBOOT_SECONDS = 3.0                # a minute or two at AWS


class _Database:
    @property
    def db_parameter_group_name(self: Any) -> str | None:
        return self._parameter_group

    @db_parameter_group_name.setter
    def db_parameter_group_name(self: Any, name: str | None) -> None:
        if not hasattr(self, "_parameter_group"):
            self.began, self.began_with = time.monotonic(), name
        self._parameter_group = name

    @property
    def db_parameter_group_status_list(self: Any) -> list[dict[str, str]]:
        [group] = self.db_parameter_groups()
        waits = self._parameter_group != self.began_with or getattr(group, "waits_since", 0.0) > self.began
        return [{"DBParameterGroupName": group.name, "ParameterApplyStatus": "pending-reboot" if waits else "in-sync"}]

    @property
    def dbi_resource_id(self: Any) -> str:
        """One of its own, for good; moto gives the same to all."""
        if not hasattr(self, "_resource"):
            self._resource = f"db-{secrets.token_hex(13).upper()}"
        return str(self._resource)

    @dbi_resource_id.setter
    def dbi_resource_id(self: Any, value: str) -> None:
        pass

    @property
    def iops(self: Any) -> int | None:
        return self._iops or (GP3["iops"] if getattr(self, "_storage_type", "") == "gp3" else None)

    @iops.setter
    def iops(self: Any, value: int | None) -> None:
        self._iops = value

    @property
    def storage_throughput(self: Any) -> int | None:
        return self._storage_throughput or (GP3["storage_throughput"] if self.storage_type == "gp3" else None)

    @storage_throughput.setter
    def storage_throughput(self: Any, value: int | None) -> None:
        self._storage_throughput = value

    @property
    def status(self: Any) -> str:
        if self._status == "available":
            if time.monotonic() < getattr(self, "rebooting_until", 0.0):
                return "rebooting"
            return OBSERVED.get("databases", self.db_instance_identifier, {}).get("status", "creating")
        return self._status

    @status.setter
    def status(self: Any, value: str) -> None:
        self._status = value

    @property
    def endpoint(self: Any) -> dict[str, Any] | None:
        seen = OBSERVED.get("databases", self.db_instance_identifier)
        if not seen:
            return None
        address = seen.get("address") or f"{self.db_instance_identifier}.{self.region}.rds.amazonaws.com"
        return {"Address": address, "Port": self.port, "HostedZoneId": "ZLA2NUCOLGUUR"}


class _Backend:
    def reboot_db_instance(self: Any, db_instance_identifier: str) -> DBInstance:
        database: Any = self.describe_db_instances(db_instance_identifier)[0]
        if database.status != "available":
            raise RDSClientError("InvalidDBInstanceState", f"Instance {db_instance_identifier} is not in available state.")
        database.began, database.began_with = time.monotonic(), database.db_parameter_group_name
        database.rebooting_until = database.began + REBOOT_SECONDS
        return database


def passwords(rds: Any) -> dict[str, dict[str, str]]:
    """Master user and password of every instance, which AWS never tells, for whoever builds the databases."""
    return {identifier: {"user": database.master_username, "password": database._master_user_password}
            for identifier, database in list(rds.databases.items())}


def install() -> None:
    """Put the slow start in place."""
    graft(DBInstance, _Database)
    graft(RDSBackend, _Backend)
