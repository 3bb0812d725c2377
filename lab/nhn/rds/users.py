# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Database users and schemas of an instance. A job of theirs ends when the database really has them."""

from __future__ import annotations

from ..calls import Answer, Call, Routes, checked
from ..errors import Refused
from ..store import Record, find, new_id, shown
from . import jobs
from .catalogue import ok
from .checks import one_of, plugin_for, schema_name, user_name, user_password
from .instances import built_instance, look_at
from .versions import BASE

routes = Routes(f"{BASE}/db-instances/<id>")

AUTHORITIES = ("READ", "CRUD", "DDL")
TLS = ("NONE", "SSL", "X509")


@routes.on("GET", "/db-users")
def list_db_users(call: Call) -> Answer:
    return ok(dbUsers=[shown(user) for user in _seen(call)["_users"].values()])


@routes.on("POST", "/db-users")
def create_db_user(call: Call) -> Answer:
    store, instance = call.store, built_instance(call)
    want = checked(call.json(), ("dbUserName", "dbPassword", "host", "authorityType"), ("authenticationPlugin", "tlsOption"))
    user_name(want["dbUserName"])
    user_password(want["dbPassword"])
    one_of("authorityType", want["authorityType"], AUTHORITIES)
    one_of("tlsOption", want.get("tlsOption", "NONE"), TLS)
    if any((user["dbUserName"], user["host"]) == (want["dbUserName"], want["host"]) for user in instance["_users"].values()):
        raise Refused(409, f"dbUserName: '{want['dbUserName']}'@'{want['host']}' exists already.")
    user = {"dbUserId": new_id(), "dbUserName": want["dbUserName"], "host": want["host"], "authorityType": want["authorityType"],
            "dbUserStatus": "CREATING", "authenticationPlugin": plugin_for(instance["dbVersion"], want.get("authenticationPlugin")),
            "tlsOption": want.get("tlsOption", "NONE"), "createdYmdt": store.ymdt(), "updatedYmdt": store.ymdt(),
            "_password": want["dbPassword"], "_admin": False, "_unread": False}
    instance["_users"][user["dbUserId"]] = user
    return _user_job(call, instance, user, "CREATING_USER")


@routes.on("PUT", "/db-users/<user>")
def update_db_user(call: Call) -> Answer:
    store, instance = call.store, built_instance(call)
    user = find(instance["_users"], call.path["user"], "DbUser")
    want = checked(call.json(), (), ("dbPassword", "authorityType", "authenticationPlugin", "tlsOption"))
    if "dbPassword" in want:
        user_password(want["dbPassword"])
    elif "authenticationPlugin" in want:
        raise Refused(400, "authenticationPlugin: can only be changed together with dbPassword.")
    if "authorityType" in want:
        one_of("authorityType", want["authorityType"], AUTHORITIES)
    one_of("tlsOption", want.get("tlsOption", "NONE"), TLS)
    plugin = plugin_for(instance["dbVersion"], want["authenticationPlugin"]) if "authenticationPlugin" in want else user["authenticationPlugin"]
    user.update(_password=want.get("dbPassword", user["_password"]), authorityType=want.get("authorityType", user["authorityType"]),
                tlsOption=want.get("tlsOption", user["tlsOption"]), authenticationPlugin=plugin, dbUserStatus="UPDATING", _unread=True)
    store.observed.get("rds_users", {}).pop(user["dbUserId"], None)
    return _user_job(call, instance, user, "UPDATING_USER")


@routes.on("DELETE", "/db-users/<user>")
def delete_db_user(call: Call) -> Answer:
    instance = built_instance(call)
    user = find(instance["_users"], call.path["user"], "DbUser")
    if user["_admin"]:
        raise Refused(400, f"dbUserName: '{user['dbUserName']}' came with the instance and stays with it.")
    user["dbUserStatus"] = "DELETING"

    def finish() -> None:
        del instance["_users"][user["dbUserId"]]
    return jobs.start(call.store, instance, "DB_INSTANCE", call.id, "DELETING_USER", finish=finish)


@routes.on("GET", "/db-schemas")
def list_db_schemas(call: Call) -> Answer:
    return ok(dbSchemas=[shown(schema) for schema in _seen(call)["_schemas"].values()])


@routes.on("POST", "/db-schemas")
def create_db_schema(call: Call) -> Answer:
    store, instance = call.store, built_instance(call)
    name = checked(call.json(), ("dbSchemaName",), ())["dbSchemaName"]
    schema_name(name)
    if any(schema["dbSchemaName"].lower() == name.lower() for schema in instance["_schemas"].values()):
        raise Refused(409, f"dbSchemaName: '{name}' exists already.")
    schema = {"dbSchemaId": new_id(), "dbSchemaName": name, "dbSchemaStatus": "CREATING", "createdYmdt": store.ymdt()}
    instance["_schemas"][schema["dbSchemaId"]] = schema

    def finish() -> None:
        schema["dbSchemaStatus"] = "STABLE"
    return jobs.start(store, instance, "DB_INSTANCE", call.id, "CREATING_SCHEMA", finish=finish,
                      done=lambda: store.observation("rds_schemas", schema["dbSchemaId"], "STABLE") == "STABLE")


@routes.on("DELETE", "/db-schemas/<schema>")
def delete_db_schema(call: Call) -> Answer:
    instance = built_instance(call)
    schema = find(instance["_schemas"], call.path["schema"], "DbSchema")
    schema["dbSchemaStatus"] = "DELETING"

    def finish() -> None:
        del instance["_schemas"][schema["dbSchemaId"]]
    return jobs.start(call.store, instance, "DB_INSTANCE", call.id, "DELETING_SCHEMA", finish=finish)


def _seen(call: Call) -> Record:
    instance = find(call.store.rds_instances, call.id, "DbInstance")
    look_at(call.store, instance)
    return instance


def _user_job(call: Call, instance: Record, user: Record, progress: str) -> Answer:
    """A job that makes a user STABLE once the database has it. The instance's first user is the instance's own affair: nobody reports it."""
    store = call.store

    def finish() -> None:
        user.update(dbUserStatus="STABLE", updatedYmdt=store.ymdt())
    return jobs.start(store, instance, "DB_INSTANCE", call.id, progress, finish=finish,
                      done=lambda: user["_admin"] or store.observation("rds_users", user["dbUserId"], "STABLE") == "STABLE")
