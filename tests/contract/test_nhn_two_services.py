# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two services in one project, each by its roles: building the second touches nothing of the first, and removing it leaves the first as it was."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from lab.nhn.store import Store, shown
from lab.nhn.world import TABLES
from tests.contract.nhn_cloud import NhnCloud
from tests.contract.test_nhn_destroy import BUILD, Site, inventory

# Without the proofs, which need hosts and a cluster that answers. One gateway each, as a project may have three.
ENTRIES = [(role, entry) for role, entry in BUILD if role != "nhn_kubernetes"] + [("nhn_kubernetes", "cluster"), ("nhn_kubernetes", "groups")]
MORE: dict[str, Any] = {"nhn_kubernetes_accept_orphans": True, "nhn_kubernetes_subnet": "edge", "nhn_host_routes": []}


def service(nhn: NhnCloud, folder: Path, name: str) -> Site:
    return Site(nhn, folder / name, name, **MORE, nhn_network_internet_gateways=[f"{name}-edge"], nhn_network_routing_tables=[
        {"name": f"{name}-edge", "default": True, "internet_gateway": f"{name}-edge"}, {"name": f"{name}-private", "subnets": ["app"]}],
        nhn_kubernetes_node_groups=[{"name": "batch"}])


def everything(store: Store) -> dict[str, dict[str, Any]]:
    """Every record of the project, by table and id; without its status, which looking at it is what changes."""
    tables = {table: getattr(store, table) for table in TABLES} | store.lbaas
    return copy.deepcopy({table: {str(key): shown(record, "status") for key, record in records.items()} for table, records in tables.items()})


def missed(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> list[str]:
    """What of `before` is gone or another now."""
    return [f"{table} {key}" for table, records in before.items() for key, record in records.items() if after[table].get(key) != record]


@pytest.mark.whole
def test_the_second_service_touches_nothing_of_the_first(nhn: NhnCloud, tmp_path: Path) -> None:
    first, second = service(nhn, tmp_path, "tickets"), service(nhn, tmp_path, "movies")
    first.build(ENTRIES)
    held, mine = everything(nhn.store), inventory(nhn)
    ids = {key for records in held.values() for key in records if len(key) > 20}
    nhn.requests()

    second.build(ENTRIES)
    assert missed(held, everything(nhn.store)) == []
    writes = nhn.take_writes()
    assert len(writes) > 30 and [write for write in writes if any(key in write for key in ids)] == []
    both = inventory(nhn)
    assert all(len(both[table]) == 2 * len(mine[table]) > 0 for table in ("vpcs", "servers", "rds_instances", "clusters", "containers", "registries",
                                                                          "s3_credentials", "keypairs", "nat_gateways", "floating_ips"))

    nhn.requests()
    first.build(ENTRIES)
    assert nhn.take_writes() == []
    second.play("playbooks/destroy.yml", nhn_database_confirm="movies-db", destroy_sites=["nhn"])
    assert missed(held, everything(nhn.store)) == [] and inventory(nhn) == mine
