# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Schema (database) of an instance. SQL-level CREATE DATABASE is refused on RDS, so it is made here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine import Field
from .rds import RdsResource
from .spelling import called

RESERVED = ("information_schema", "performance_schema", "db_helper", "sys", "mysql", "rds_maintenance")
SCHEMA_NAME = called("[A-Za-z][A-Za-z0-9_]{0,63}", "1 to 64 letters, digits and _ that begin with a letter", RESERVED)


class RdsSchema(RdsResource):
    """Fields: name, instance (id). Also read: id, status."""

    noun, stem, status_word = "database schema", "dbSchema", "dbSchemaStatus"
    fields = (
        Field("name", tidy=SCHEMA_NAME, option={"type": "str", "required": True}),
        Field("instance", fixed=True, option={"type": "str", "required": True}),
    )

    def locate(self) -> dict[str, Any]:
        self.instance_id = self.instance(self.params["instance"])
        self.path = f"/db-instances/{self.instance_id}/db-schemas"
        return {}

    def pick(self, found: list[dict[str, Any]]) -> dict[str, Any] | None:
        return super().pick([raw for raw in found if raw.get("dbSchemaStatus") != "DELETED"])

    def resolve(self, want: dict[str, Any]) -> dict[str, Any]:
        return {**want, "instance": self.instance_id}

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {"id": raw["id"], "name": raw["dbSchemaName"], "instance": self.instance_id, "status": raw.get("dbSchemaStatus")}

    def create(self, want: dict[str, Any]) -> dict[str, Any]:
        self.cloud.job("POST", self.path, doing="create database schema", to=self.name, json={"dbSchemaName": self.name})
        return self.found_again()
