# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab's side of the emulator, below /_lab/: what should be real, what was seen to be real, and misbehaviour on order.

The materialiser reads `GET /_lab/world`, makes it real and reports with `PUT /_lab/observed`. Deleted resources leave the world
at once. None of this exists at NHN Cloud, none of it is recorded in the request journal, and no fault ever hides it.
"""

from __future__ import annotations

from typing import Any

from .calls import Answer, Call, Routes, checked
from .dns_plus import answers
from .errors import Refused
from .image import IMAGES
from .network.security_groups import default_group
from .rds.backups import archive, begin
from .rds.failover import fail_over
from .rds.parameter_groups import groups
from .store import PUBLIC_NETWORK, Record, Store, find, new_id, shown

routes = Routes("/_lab")

OBSERVABLE = {"servers": {"ACTIVE", "ERROR"}, "rds_instances": {"AVAILABLE", "FAIL_TO_CONNECT"}, "rds_users": {"STABLE"},
              "rds_schemas": {"STABLE"}, "rds_backups": {"COMPLETED", "ERROR"}, "clusters": {"CREATE_COMPLETE", "CREATE_FAILED"}}
# Everything a project may hold, and by which of its words a record of any kind is told.
TABLES = ("vpcs", "subnets", "routing_tables", "routes", "internet_gateways", "floating_ips", "security_groups", "security_group_rules", "ports",
          "keypairs", "servers", "volumes", "snapshots", "nat_gateways", "clusters", "rds_instances", "rds_parameter_groups",
          "rds_security_groups", "rds_backups", "containers", "registries", "s3_credentials", "dns_zones", "dns_gslbs", "dns_pools",
          "dns_health_checks")
CALLED = ("zoneName", "gslbName", "poolName", "healthCheckName", "name", "dbInstanceName", "parameterGroupName", "dbSecurityGroupName", "backupName",
          "label", "cidr", "id", "access")


@routes.on("GET", "/inventory")
def take_inventory(call: Call) -> Answer:
    """What the project holds, to be counted: {table: names}, a name for each time it is there. The services' own defaults, which come into being
    when they are first looked at, are there from the start."""
    default_group(call.store)
    groups(call.store)
    held = {name: getattr(call.store, name) for name in TABLES} | call.store.lbaas
    return {table: sorted(next((str(record[word]) for word in CALLED if record.get(word)), str(key)) for key, record in records.items())
            for table, records in sorted(held.items())}


@routes.on("GET", "/world")
def read_world(call: Call) -> Answer:
    """Everything the control plane holds that wants a body. `?onlooker=NAME`: somebody who makes nothing of it real reads along."""
    store = call.store
    if "onlooker" not in call.request.args:
        for database in store.rds_instances.values():
            for user in database["_users"].values():
                user["_unread"] = False
    return {"external_network_id": PUBLIC_NETWORK,
            "vpcs": [shown(vpc) for vpc in store.vpcs.values()],
            "subnets": [{**shown(subnet), "routing_table_id": store.table_of(subnet["id"])["id"]} for subnet in store.subnets.values()],
            "routing_tables": [_table(store, table) for table in store.routing_tables.values()],
            "internet_gateways": [shown(gateway) for gateway in store.internet_gateways.values()],
            "floating_ips": [shown(floating) for floating in store.floating_ips.values()],
            "security_groups": [{**shown(group), "rules": [shown(rule) for rule in store.security_group_rules.values()
                                                           if rule["security_group_id"] == group["id"]]}
                                for group in store.security_groups.values()],
            "ports": [shown(port) for port in store.ports.values()],
            "keypairs": [{"name": keypair["name"], "public_key": keypair["public_key"]} for keypair in store.keypairs.values()],
            "servers": [_server(store, server) for server in store.servers.values() if not server["_deleting"] and not server["_doomed"]],
            "rds_instances": [_database(store, database) for database in store.rds_instances.values()
                              if not database["_deleting"] and database["dbInstanceType"] == "MASTER"],
            "rds_backups": [{"id": backup["backupId"], "instance": _body(store, backup["dbInstanceId"]),
                             "archive": str(archive(store, backup["backupId"]))}
                            for backup in store.rds_backups.values() if backup["backupStatus"] == "BACKING_UP"],
            "clusters": [_cluster(cluster) for cluster in store.clusters.values() if not cluster["_deleting"] and not cluster["_doomed"]]}


@routes.on("PUT", "/observed")
def report_observed(call: Call) -> Answer:
    """Take the materialiser's report. What it says of a user changed since the world was last read is about the old user: ignored."""
    reported = checked(call.json(), (), OBSERVABLE)
    for kind, states in reported.items():
        if wrong := set(states.values()) - OBSERVABLE[kind]:
            raise Refused(400, f"{kind}: {sorted(wrong)} is not among {sorted(OBSERVABLE[kind])}.")
    unread = {identity for database in call.store.rds_instances.values() for identity, user in database["_users"].items() if user["_unread"]}
    for kind, states in reported.items():
        call.store.observed.setdefault(kind, {}).update({key: state for key, state in states.items() if key not in unread})
    return 204, None


@routes.on("POST", "/backup-window/<id>")
def open_backup_window(call: Call) -> Answer:
    """Let an instance's automatic backup begin, as its window would: nothing in the lab waits for an hour of the day."""
    instance = find(call.store.rds_instances, call.id, "DbInstance")
    if not instance["_backup"]["backupPeriod"]:
        raise Refused(409, "Automatic backups are off: backupPeriod is 0.")
    return begin(call.store, instance, f"auto-{new_id()[:8]}", "AUTO")


@routes.on("POST", "/failover/<id>")
def fail_an_instance_over(call: Call) -> Answer:
    """Let an instance's candidate take over, as the service does when four pings fail; what it does to the server itself is `lab break nhn-ha`."""
    return {"id": fail_over(call.store, find(call.store.rds_instances, call.id, "DbInstance"))["dbInstanceId"]}


@routes.on("GET", "/dns-plus/answer")
def answer_as_dns_plus(call: Call) -> Answer:
    """What DNS Plus's name servers would answer to `?name=NAME&type=TYPE`: the lab has none of them at a port of their own."""
    said = answers.answer(call.store, call.request.args.get("name", ""), call.request.args.get("type", "A"))
    return {"code": said.code, "records": [list(record) for record in said.records]}


@routes.on("POST", "/unkind")
def order_unkindness(call: Call) -> Answer:
    """Misbehaviour to come; unkind.py says what can be ordered."""
    try:
        call.store.orders.add(**call.json())
    except (TypeError, ValueError) as error:
        raise Refused(400, "An order is {match, status, after, times, skip, expire, delay, stale, message, headers, code, drop}: "
                      f"{error}") from error
    return 204, None


@routes.on("GET", "/unkind")
def list_unkindness(call: Call) -> Answer:
    return {"orders": call.store.orders.pending()}


@routes.on("DELETE", "/unkind")
def clear_unkindness(call: Call) -> Answer:
    call.store.orders.clear()
    return 204, None


def _table(store: Store, table: Record) -> Record:
    return {**shown(table), "gateway_id": table.get("gateway_id"), "vpc_id": table["_vpc"],
            "routes": [shown(route) for route in store.routes.values() if route["routingtable_id"] == table["id"]],
            "subnets": [subnet["id"] for subnet in store.subnets.values() if store.table_of(subnet["id"]) is table]}


def _server(store: Store, server: Record) -> Record:
    ports = [port for port in store.ports.values() if port["device_id"] == server["id"]]
    return {**{key: server[key] for key in ("id", "name", "status", "key_name", "user_data", "metadata", "flavor_id", "image_id")},
            "availability_zone": server["zone"], "login_username": IMAGES[server["image_id"]]["login_username"],
            "ports": [port["id"] for port in ports], "fixed_ips": [ip for port in ports for ip in port["fixed_ips"]]}


def _body(store: Store, identity: str) -> str:
    """By which id the materialiser knows a database: that of the instance it was made for, whoever is the master since."""
    return str(store.rds_instances[identity]["_body"]) if identity in store.rds_instances else identity


def _database(store: Store, database: Record) -> Record:
    groups = [store.rds_security_groups[group] for group in database["dbSecurityGroupIds"]]
    users = [{"id": user["dbUserId"], "name": user["dbUserName"], "password": user["_password"], "host": user["host"],
              "authority": user["authorityType"], "plugin": user["authenticationPlugin"]}
             for user in database["_users"].values() if user["dbUserStatus"] != "DELETING" and not user["_admin"]]
    schemas = [{"id": schema["dbSchemaId"], "name": schema["dbSchemaName"]} for schema in database["_schemas"].values()
               if schema["dbSchemaStatus"] != "DELETING"]
    admin = next(user for user in database["_users"].values() if user["_admin"])
    return {"id": database["_body"], "name": database["dbInstanceName"], "version": database["dbVersion"],
            "port": database["dbPort"], "subnet_id": database["_subnet_id"], "address": database["_address"],
            "public_address": database["_public_address"], "domain": database["_domain"], "parameters": database["_parameters"],
            "server_id": database["_server_id"], "admin_user": admin["dbUserName"], "admin_password": admin["_password"],
            "users": users, "schemas": schemas, "ha": database["_ha"], "restore": database["_restore"],
            "security_groups": [{"id": group["dbSecurityGroupId"], "rules": [shown(rule) for rule in group["rules"]]} for group in groups]}


def _cluster(cluster: Record) -> dict[str, Any]:
    return {key: cluster[key] for key in ("uuid", "name", "status", "fixed_network", "fixed_subnet", "node_count", "node_addresses",
                                          "labels")} | {
        "id": cluster["uuid"], "addons": [addon["name"] for addon in cluster["_addons"]
                                          if addon["status"] != "CREATE_IN_PROGRESS" and not addon["status"].startswith("DELETE")]}
