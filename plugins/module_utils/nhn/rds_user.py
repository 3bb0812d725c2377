# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Database user of an instance: name, where it may come from, what it may do. RDS makes users, SQL cannot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..engine import Field
from .iaas import meant
from .rds import RdsResource
from .resource import waits
from .spelling import called, long

RESERVED = ("mysql.session", "mysql.sys", "mysql.infoschema", "sqlgw", "admin", "etladm", "alertman", "prom", "rds_admin", "rds_mha", "rds_repl")
USER_NAME = called("(?s).{1,32}", "1 to 32 characters", RESERVED)


class RdsUser(RdsResource):
    """Fields: name, instance (id), host, authority, password, authentication_plugin, tls. Also read: id, status.

    A password cannot be read: with update_password=on_create it counts as right once the user exists, with always as wrong until this
    run has set it.
    """

    noun, stem, status_word = "database user", "dbUser", "dbUserStatus"
    fields = (
        Field("name", tidy=USER_NAME, option={"type": "str", "required": True}),
        Field("instance", fixed=True, option={"type": "str", "required": True}),
        Field("host", fixed=True, option={"type": "str", "default": "%"}),
        Field("authority", needed=True, option={"type": "str", "choices": ["READ", "CRUD", "DDL"]}),
        Field("password", needed=True, secret=True, tidy=long(4, 256)),
        Field("authentication_plugin", fixed=True, option={"type": "str", "choices": ["NATIVE", "SHA256", "CACHING_SHA2"]}),
        Field("tls", option={"type": "str", "choices": ["NONE", "SSL", "X509"]}),
    )
    options: ClassVar[dict[str, Any]] = {
        **waits(600),
        "update_password": {"type": "str", "choices": ["on_create", "always"], "default": "on_create", "no_log": False},
    }
    password_set = False

    def locate(self) -> dict[str, Any]:
        self.instance_id = self.instance(self.params["instance"])
        self.path = f"/db-instances/{self.instance_id}/db-users"
        return {}

    def pick(self, found: list[dict[str, Any]]) -> dict[str, Any] | None:
        here = [raw for raw in found if raw["host"] == self.params["host"] and raw.get("dbUserStatus") != "DELETED"]
        return meant([{"id": raw["dbUserId"], **raw} for raw in here], self.noun, self.name, "dbUserName")

    def resolve(self, want: dict[str, Any]) -> dict[str, Any]:
        return {**want, "instance": self.instance_id}

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        believed = self.password_set or self.params["update_password"] == "on_create"
        return {"id": raw["id"], "name": raw["dbUserName"], "instance": self.instance_id, "host": raw["host"],
                "authority": raw.get("authorityType"), "status": raw.get("dbUserStatus"),
                "authentication_plugin": raw.get("authenticationPlugin"), "tls": raw.get("tlsOption") or "NONE",
                "password": self.params["password"] if believed else None}

    def create(self, want: dict[str, Any]) -> dict[str, Any]:
        more = {theirs: want[ours] for ours, theirs in (("authentication_plugin", "authenticationPlugin"), ("tls", "tlsOption")) if ours in want}
        self.cloud.job("POST", self.path, doing="create database user", to=self.name,
                       json={"dbUserName": self.name, "dbPassword": want["password"], "host": want["host"],
                             "authorityType": want["authority"], **more})
        self.password_set = True
        return self.found_again()

    def update(self, have: dict[str, Any], want: dict[str, Any], drift: tuple[str, ...]) -> dict[str, Any]:
        api = {"authority": "authorityType", "password": "dbPassword", "tls": "tlsOption"}
        self.cloud.job("PUT", f"{self.path}/{have['id']}", doing=f"change {', '.join(drift)} of database user", to=self.name,
                       json={api[name]: want[name] for name in drift})
        self.password_set = self.password_set or "password" in drift
        return self.found_again()
