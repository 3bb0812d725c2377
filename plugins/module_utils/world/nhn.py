# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The primary's addresses, read from NHN Cloud by name. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..nhn.iaas import Iaas
from ..nhn.rds import Rds

ENDPOINT_PREFERENCE = ("INTERNAL_VIP", "INTERNAL", "PRIVATE")     # the first that an instance has; VIP moves with an HA failover


def look(iaas: Iaas, rds: Rds, names: Mapping[str, str]) -> dict[str, Any]:
    """{host, database, cluster}, each None where it does not exist yet. names: host, database, cluster."""
    return {
        "host": _host(iaas.named("compute", "/servers/detail", "servers", "server", names["host"])),
        "database": _database(rds, names["database"]),
        "cluster": _cluster(iaas.named("kubernetes", "/clusters", "clusters", "cluster", names["cluster"])),
    }


def _host(server: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if server is None or server.get("status") != "ACTIVE":
        return None
    addresses = [address for network in server.get("addresses", {}).values() for address in network]
    kinds = {address.get("OS-EXT-IPS:type"): address["addr"] for address in addresses}
    return {"id": server["id"], "private": kinds.get("fixed"), "public": kinds.get("floating")}


def _database(rds: Rds, name: str) -> dict[str, Any] | None:
    found = rds.named("/db-instances", "dbInstances", "dbInstance", name)
    if found is None or found.get("dbInstanceStatus") != "AVAILABLE":
        return None
    network = rds.call("GET", f"/db-instances/{found['id']}/network-info", doing="read the addresses of", to=f"database {name}")
    domains = {point.get("endPointType"): point for point in network.get("endPoints", ())}
    point = next((domains[kind] for kind in ENDPOINT_PREFERENCE if kind in domains), None)
    return {"id": found["id"], "host": point["domain"], "port": int(found["dbPort"])} if point else None


def _cluster(cluster: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if cluster is None or not str(cluster.get("status", "")).endswith("_COMPLETE"):
        return None
    return {"id": cluster.get("uuid") or cluster.get("id"), "name": cluster["name"]}
