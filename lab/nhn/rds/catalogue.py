# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What there is to choose from: flavors, engine versions, storage types, subnets."""

from __future__ import annotations

import ipaddress
from typing import Any

from ..calls import Answer, Call, Routes
from ..errors import SUCCESS
from ..store import Record
from .versions import BASE

routes = Routes(BASE)

FLAVORS: dict[str, Record] = {identity: {"dbFlavorId": identity, "dbFlavorName": name, "ram": ram, "vcpus": vcpus}
           for identity, name, ram, vcpus in (("71f69bf9-3c01-4c1a-b135-bb75e93f6268", "m2.c1m2", 2048, 1),
                                              ("50be6d9c-02d6-4594-a2d4-12010eb65ec0", "m2.c2m4", 4096, 2),
                                              ("6a709909-2c3e-4a7c-8a3b-8a4c7c4e7f4b", "m2.c4m8", 8192, 4))}
STORAGE_TYPES = ("General SSD", "General HDD")
# All that is listed, oldest first; the newest seven of each major can be created (db-engine.md), listed or not.
VERSIONS = {"MYSQL_V5731": False, "MYSQL_V5737": True, "MYSQL_V8028": False, "MYSQL_V8036": True, "MYSQL_V8040": True, "MYSQL_V8041": True,
            "MYSQL_V8042": True, "MYSQL_V8043": True, "MYSQL_V8044": True, "MYSQL_V8045": True, "MYSQL_V8405": True, "MYSQL_V8406": True,
            "MYSQL_V8407": True, "MYSQL_V8408": True}


def ok(**payload: Any) -> Record:
    """An answer of RDS: the payload lies beside the header."""
    return {"header": dict(SUCCESS), **payload}


@routes.on("GET", "/project/regions")
def list_rds_regions(_: Call) -> Answer:
    return ok(regions=[{"regionCode": "KR1", "isEnabled": True}])


@routes.on("GET", "/db-flavors")
def list_db_flavors(_: Call) -> Answer:
    return ok(dbFlavors=list(FLAVORS.values()))


@routes.on("GET", "/db-versions")
def list_db_versions(_: Call) -> Answer:
    return ok(dbVersions=[{"dbVersion": version, "dbVersionName": version_name(version), "restorableFromObs": True} for version in VERSIONS])


@routes.on("GET", "/storage-types")
def list_storage_types(_: Call) -> Answer:
    return ok(storageTypes=list(STORAGE_TYPES))


@routes.on("GET", "/network/subnets")
def list_rds_subnets(call: Call) -> Answer:
    store = call.store
    return ok(subnets=[{"subnetId": subnet["id"], "subnetName": subnet["name"], "subnetCidr": subnet["cidr"],
                        "usingGateway": bool(store.table_of(subnet["id"]).get("gateway_id")),
                        "availableIpCount": ipaddress.ip_network(subnet["cidr"]).num_addresses - 5 - len(store.holders_in(subnet["id"]))}
                       for subnet in store.subnets.values()])


def version_name(version: str) -> str:
    """`MYSQL_V8045` -> `MySQL 8.0.45`."""
    digits = version.removeprefix("MYSQL_V")
    return f"MySQL {digits[0]}.{digits[1]}.{int(digits[2:])}"
