# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fixtures of the contract tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server, query
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.dialects import Position
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.settling import Wish, settle

from lab.nhn.app import serve_in_thread
from tests.contract import mysql_pair
from tests.contract.copy_world import origin, strangers
from tests.contract.gate_places import places, primary, standby
from tests.contract.nhn_cloud import NhnCloud, no_time_passes
from tests.contract.twins import AWS_PARAMETERS, NETWORK, NHN_PARAMETERS, PREFIX, SPARE, SPARE_PREFIX, TABLES, Twins, emptied

__all__ = ["followed", "nhn", "nhn_server", "origin", "pair", "places", "primary", "slept", "standby", "strangers"]


@pytest.fixture
def slept() -> Iterator[list[float]]:
    """Sleeps return at once and move the modules' clock; the list holds how long each would have been."""
    with no_time_passes() as pauses:
        yield pauses


@pytest.fixture(scope="module")
def nhn_server() -> Iterator[NhnCloud]:
    """One NHN Cloud for a file of tests, empty at first; it builds things by itself."""
    url, store = serve_in_thread(auto_observe=True)
    yield NhnCloud(url, store)
    store.close()


@pytest.fixture
def nhn(nhn_server: NhnCloud, slept: list[float]) -> NhnCloud:
    """That cloud, with nothing counted yet and nothing on order."""
    nhn_server.requests()
    nhn_server.kind()
    return nhn_server


@pytest.fixture(scope="session")
def hosts_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the files of every pair are: the lab looks for them in one place."""
    return tmp_path_factory.mktemp("hosts")


@pytest.fixture(scope="session")
def pair(hosts_folder: Path) -> Iterator[tuple[Server, Server]]:
    """Two MySQL servers, the primary and the standby, one pair for all tests."""
    if reason := mysql_pair.missing():
        pytest.skip(reason)
    with mysql_pair.running(hosts_folder) as servers:
        yield servers


@pytest.fixture(scope="session")
def alone(hosts_folder: Path) -> Iterator[tuple[Server, Server]]:
    """Two servers that never follow each other, for backups, copying and foreign keys, which behave there as everywhere before MySQL 9.6."""
    if reason := mysql_pair.missing():
        pytest.skip(reason)
    with mysql_pair.another(hosts_folder, mysql_pair.ALONE, mysql_pair.ALONE_PREFIX, mysql_pair.NATIVE_KEYS, mysql_pair.NATIVE_KEYS) as both:
        yield both.primary, both.standby


@pytest.fixture(scope="session")
def twins(hosts_folder: Path) -> Iterator[Twins]:
    """Another pair, which the tests of following, of seeding again and of salvage break and mend."""
    yield from _twins(hosts_folder, NETWORK, PREFIX)


@pytest.fixture(scope="session")
def spare(hosts_folder: Path) -> Iterator[Twins]:
    """One more like them, which is emptied again and again: the others are followed from their very first transaction on."""
    yield from _twins(hosts_folder, SPARE, SPARE_PREFIX)


def _twins(folder: Path, network: str, prefix: str) -> Iterator[Twins]:
    if reason := mysql_pair.missing():
        pytest.skip(reason)
    with mysql_pair.another(folder, network, prefix, NHN_PARAMETERS, AWS_PARAMETERS) as both:
        yield Twins(both)


@pytest.fixture(scope="session")
def built(twins: Twins) -> Twins:
    """NHN's server with the application's tables, AWS's following it from its very first transaction on."""
    with twins.server("nhn").connected() as conn:
        first = str(query(conn, "SHOW BINARY LOGS")[0]["Log_name"])
    twins.write("nhn", *TABLES)
    twins.beat("nhn", 1)
    assert settle(twins.wish("nhn", "aws", position=Position(first, 4), retention_hours=72)).moves == ["retain", "point", "start"]
    return twins


@pytest.fixture
def bare(spare: Twins) -> Iterator[Twins]:
    """Those two, of which neither follows the other and neither holds anything, and so they are left."""
    with emptied(spare):
        yield spare


@pytest.fixture(scope="session")
def followed(pair: tuple[Server, Server]) -> Wish:
    """That pair, replicating. The tests of test_mysql_servers.py turn it round in the end."""
    return mysql_pair.follow(*pair)
