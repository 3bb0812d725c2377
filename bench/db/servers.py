# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two MySQL servers, a primary at NHN and a standby at AWS, and a container that holds the peers; all three on a network of their own.

Both servers are the lab's, with the parameters the roles give them. The lab's buffer pool and redo log (64 MiB, because ten servers share
a machine there) are raised until ten million rows fit: else every tool would measure how fast pages are thrown out, the larger the table
the more.
"""

from __future__ import annotations

import subprocess
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server, connected

from bench.record import ROOT
from lab import network, podman
from lab.hosts import mysql
from lab.hosts.mysql import server as hosts
from lab.images import REGISTRY, reference
from lab.images.build import ensure_images, existing

# Names and a range of its own for each clone: two that measure at a time would take each other's servers away.
CLONE = zlib.crc32(str(ROOT).encode()) % 200
NETWORK, PREFIX = f"bench-db-{CLONE}", f"10.249.{CLONE}"
NHN, AWS, TOOLS = f"{NETWORK}-nhn", f"{NETWORK}-aws", f"{NETWORK}-tools"
MEMORY = "SET GLOBAL innodb_buffer_pool_size = 4294967296; SET GLOBAL innodb_redo_log_capacity = 8589934592;"
USERS = [{"name": name, "host": "%", "password": name, "authority": authority} for name, authority in (
    ("dr_agent", "DDL"), ("dr_sync", "DDL"), ("shop", "CRUD"), ("dr_repl", "READ"))]
SCHEMA, TABLE = "bench", "sbtest"
BUILD = ROOT / "build" / "bench" / "db"


@dataclass(frozen=True)
class Pair:
    """source: the primary as its agent's account; target: the standby as its master user."""

    source: Server
    target: Server


@contextmanager
def running() -> Iterator[Pair]:
    """Start all three, and take them away at the end."""
    if reference("mysql") not in existing():
        ensure_images()
    _build_tools()
    _remove()
    BUILD.mkdir(parents=True, exist_ok=True)
    before, hosts.HOSTS = hosts.HOSTS, BUILD / "hosts"
    try:
        podman.podman("network", "create", "--internal", f"--subnet={PREFIX}.0/24", f"--gateway={PREFIX}.254", NETWORK)
        mysql.start(NHN, NETWORK, f"{PREFIX}.11", 3306, flavour="nhn", admin_user="operator", admin_password="operator",
                    parameters=_of_role("nhn"))
        mysql.start(AWS, NETWORK, f"{PREFIX}.12", 3306, flavour="aws", admin_user="admin", admin_password="admin", parameters=_of_role("aws"))
        podman.podman("run", "--detach", f"--name={TOOLS}", f"--network={NETWORK}:ip={PREFIX}.13", "--stop-timeout=1", _tools())
        bridge = podman.podman("network", "inspect", "--format={{.NetworkInterface}}", NETWORK).strip()
        subprocess.run(["ip", "address", "add", f"{PREFIX}.254/24", "dev", bridge], check=True)
        end = time.monotonic() + 60
        while not (mysql.ready(NHN) and mysql.ready(AWS)):
            if time.monotonic() > end:
                raise TimeoutError("the servers do not answer")
            time.sleep(0.2)
        for name in (NHN, AWS):
            hosts.sql(name, MEMORY)
            mysql.sync_users(name, USERS)
        yield Pair(Server(f"{PREFIX}.11", 3306, "dr_agent", "dr_agent"), Server(f"{PREFIX}.12", 3306, "admin", "admin"))
    finally:
        _remove()
        hosts.HOSTS = before


def boss(name: str, statements: str) -> list[list[str]]:
    """Run statements as the provider's superuser; rows come back. For what no tool under test may do itself."""
    return hosts.sql(name, statements, rows=True)


def tool(command: str, timeout: float = 1200) -> str:
    """Run a shell command where the peers are."""
    return podman.execute(TOOLS, ["bash", "-euo", "pipefail", "-c", command], timeout=timeout)


def versions() -> dict[str, str]:
    """What was measured against what."""
    return {"mysql": boss(NHN, "SELECT VERSION();")[0][0],
            **{name: tool(f"{name} --version 2>&1 | tail -1").strip() for name in ("mysqldump", "mydumper", "pt-table-sync")}}


def make_rows(rows: int) -> None:
    """The table as sysbench makes it, with so many rows, at the source. The server makes them itself, a million to a transaction."""
    boss(NHN, (
        f"DROP DATABASE IF EXISTS {SCHEMA}; CREATE DATABASE {SCHEMA}; USE {SCHEMA}; CREATE TABLE {TABLE} (id INT NOT NULL AUTO_INCREMENT PRIMARY "
        "KEY, k INT NOT NULL DEFAULT 0, c CHAR(120) NOT NULL DEFAULT '', pad CHAR(60) NOT NULL DEFAULT '', KEY k_1 (k));"))
    for start in range(0, rows, 1_000_000):
        podman.execute(NHN, ["mysql", "--no-defaults", "--socket=/run/mysqld/mysqld.sock", "--user=rds_admin"], timeout=300, stdin=(
            f"SET SESSION cte_max_recursion_depth = 1000000, sql_log_bin = 0; INSERT INTO {SCHEMA}.{TABLE} (id, k, c, pad) "
            f"WITH RECURSIVE n (i) AS (SELECT {start + 1} UNION ALL SELECT i + 1 FROM n WHERE i < {min(rows, start + 1_000_000)}) "
            f"SELECT i, FLOOR(RAND(i) * {rows}), CONCAT_WS('-', SHA2(i, 256), LPAD(i, 11, '0'), LPAD(i * 7, 11, '0'), LPAD(i * 13, 11, '0'), "
            "LEFT(SHA2(i + 1, 256), 19)), LEFT(CONCAT(SHA2(i * 3, 224), '-59-'), 59) FROM n;"))
    boss(NHN, f"ANALYZE TABLE {SCHEMA}.{TABLE};")


def clear_target() -> None:
    """Empty the target, and throw away its binary logs: ten million rows several times over would fill a disk."""
    boss(AWS, f"DROP DATABASE IF EXISTS {SCHEMA}; PURGE BINARY LOGS BEFORE NOW();")


def ask(server: Server, sql: str) -> Any:
    """The first value of the first row."""
    with connected(server.host, server.port, server.user, server.password) as conn, conn.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone()
        return row[0] if row else None


def _of_role(cloud: str) -> dict[str, object]:
    found: dict[str, object] = yaml.safe_load(Path(ROOT / "roles" / f"{cloud}_database" / "defaults" / "main.yml").read_text())[
        f"{cloud}_database_parameters"]
    return found


def _tools() -> str:
    return f"{REGISTRY}/bench-tools:{reference('debian-sid').rsplit(':', 1)[-1]}"


def _build_tools() -> None:
    if not podman.podman("images", "--quiet", _tools()).strip():
        print("building the image of the peers", flush=True)
        podman.podman("build", "--network=host", "--layers=false", f"--build-arg=BASE={reference('debian-sid')}", f"--tag={_tools()}",
                      str(Path(__file__).parent / "tools"), timeout=900)


def _remove() -> None:
    podman.remove(NHN, AWS, TOOLS)
    network.remove_network(NETWORK)
