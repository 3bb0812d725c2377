# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pairs of real MySQL servers, each for a whole run of the tests: a primary at NHN and a standby at AWS. One comes to follow, another never does."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import accounts, dialects
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server, execute
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.settling import Wish, settle

from lab import podman
from lab.hosts import mysql
from lab.hosts.mysql import server as hosts

# A range of its own for each clone, so that a lab and another clone's tests may be up beside it.
CLONE = zlib.crc32(str(Path(__file__).resolve()).encode()) % 200
NETWORK, PREFIX = f"lab-test-mysql-{CLONE}", f"10.254.{CLONE}"
NHN, AWS = f"{NETWORK}-nhn", f"{NETWORK}-aws"

# The pair whose servers never follow each other.
ALONE, ALONE_PREFIX = f"lab-test-alone-{CLONE}", f"10.252.{CLONE}"
NATIVE_KEYS = {"innodb_native_foreign_keys": "ON"}          # what a cascade does is in no binary log
ALONE_NHN, ALONE_AWS = f"{ALONE}-nhn", f"{ALONE}-aws"

USERS = [{"name": "dr_agent", "host": "%", "password": "agent", "authority": "DDL"},
         {"name": "dr_repl", "host": "%", "password": "it's repl", "authority": "READ"},
         {"name": "dr_sync", "host": "%", "password": "sync", "authority": "DDL"},      # what the gate's triggers let pass
         {"name": "app", "host": "%", "password": "app", "authority": "CRUD"}]
HELD_TO: dict[str, dict[str, Any]] = {"app": {"schemas": ("sales",), "read_schemas": ("dr",)}}                     # on AWS, where that can be said
SCHEMAS = ("tickets", "dr")


def missing() -> str | None:
    """Why these tests cannot run here, None when they can."""
    if os.geteuid() != 0 or not shutil.which("podman"):
        return "needs root and podman"
    if not podman.podman("images", "--quiet", hosts.IMAGES).strip():
        return f"needs the image {hosts.IMAGES}: .venv/bin/python -m lab up"
    return None


def until(look: Callable[[], object], limit: float = 25.0) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + limit
    while not look():
        assert time.monotonic() < end, f"not within {limit} s"
        time.sleep(0.1)


@contextmanager
def cut(one: str, other: str) -> Iterator[None]:
    """No packet passes between two addresses on one bridge, and nobody is told; both are reached from here all the same."""
    table = f"bridge lab_test_cut_{one.replace('.', '_')}"
    rules = "".join(f"ip saddr {here} ip daddr {there} drop\n" for here, there in ((one, other), (other, one)))
    script = f"table {table} {{ chain forward {{ type filter hook forward priority 0;\n{rules}}}\n}}\n"
    subprocess.run(["nft", "-f", "-"], input=script, text=True, check=True)
    try:
        yield
    finally:
        subprocess.run(["nft", "delete", "table", *table.split()], check=True)


@dataclass(frozen=True)
class Pair:
    """Two servers and what podman calls them. Servers are (NHN's, AWS's), as the accounts that steer them log in."""

    nhn: str
    aws: str
    primary: Server
    standby: Server

    def as_user(self, site: str, user: str) -> Server:
        """The server of a site, as one of USERS."""
        server = self.primary if site == "nhn" else self.standby
        return Server(server.host, server.port, user, next(each["password"] for each in USERS if each["name"] == user))


@contextmanager
def running(folder: Path) -> Iterator[tuple[Server, Server]]:
    """The primary's and the standby's server, with the accounts and schemas the providers would have made. `folder`: their files."""
    with another(folder, NETWORK, PREFIX) as pair:
        yield pair.primary, pair.standby


@contextmanager
def another(
    folder: Path, network: str, prefix: str, nhn_parameters: Mapping[str, object] | None = None,
    aws_parameters: Mapping[str, object] | None = None,
) -> Iterator[Pair]:
    """A pair in a network of its own, with parameter groups of its own."""
    nhn, aws = f"{network}-nhn", f"{network}-aws"
    patch = pytest.MonkeyPatch()
    patch.setattr(hosts, "HOSTS", folder)
    podman.remove(nhn, aws)
    podman.podman("network", "rm", "--force", network, check=False)
    podman.podman("network", "create", "--internal", f"--subnet={prefix}.0/24", f"--gateway={prefix}.254", network)
    try:
        mysql.start(nhn, network, f"{prefix}.11", 3306, flavour="nhn", admin_user="operator", admin_password="boss", parameters=nhn_parameters)
        mysql.start(aws, network, f"{prefix}.12", 3306, flavour="aws", admin_user="admin", admin_password="boss", parameters=aws_parameters)
        bridge = podman.podman("network", "inspect", "--format={{.NetworkInterface}}", network).strip()
        subprocess.run(["ip", "address", "add", f"{prefix}.254/24", "dev", bridge], check=True)
        until(lambda: mysql.ready(nhn) and mysql.ready(aws))
        for name in (nhn, aws):         # what is committed outlives the process, as tests need; that it outlives the machine they do not
            hosts.sql(name, "SET GLOBAL sync_binlog = 0; SET GLOBAL innodb_flush_log_at_trx_commit = 2;")
        mysql.sync_users(nhn, USERS)
        mysql.sync_schemas(nhn, [{"name": name} for name in SCHEMAS])
        primary, standby = Server(f"{prefix}.11", 3306, "dr_agent", "agent"), Server(f"{prefix}.12", 3306, "admin", "boss")
        with standby.connected() as conn:
            wanted = [accounts.Account(user["name"], user["password"], user["authority"], **HELD_TO.get(user["name"], {})) for user in USERS]
            for account, steps in accounts.plans(conn, standby, wanted):
                accounts.apply(conn, steps, account)
        yield Pair(nhn, aws, primary, standby)
    finally:
        podman.remove(nhn, aws)
        podman.podman("network", "rm", "--force", network, check=False)
        patch.undo()


def follow(primary: Server, standby: Server) -> Wish:
    """The wish that the standby follows the primary, fulfilled, over rows of every awkward kind."""
    with primary.connected() as conn:
        for statement in (
            "CREATE TABLE tickets.events (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(80))",
            "CREATE TABLE tickets.sold (a VARCHAR(9), b BINARY(3), event INT, f FLOAT, j JSON, bits BIT(5), place GEOMETRY, blobs LONGBLOB, "
            "span TIME(3), at TIMESTAMP(6) DEFAULT '2026-01-01 00:00:00', twice INT GENERATED ALWAYS AS (event * 2), PRIMARY KEY (a, b), "
            "FOREIGN KEY (event) REFERENCES tickets.events (id))",
            "CREATE TABLE tickets.nokey (x INT, y TEXT)",
            "CREATE VIEW tickets.all_events AS SELECT * FROM tickets.events",
            "INSERT INTO tickets.events (name) VALUES ('공연 🎫'), (NULL), ('')",
            "INSERT INTO tickets.sold (a, b, event, f, j, bits, place, blobs, span) VALUES ('k', X'00FF25', 1, 0.1, '{\"a\": [null]}', b'10101', "
            "ST_GeomFromText('POINT(1 2)', 4326), REPEAT(X'00FF', 100000), '-100:00:01.5'), ('', '', 2, NULL, NULL, NULL, NULL, NULL, NULL)",
            "INSERT INTO tickets.nokey VALUES (1, 'a'), (1, 'a'), (2, NULL)",
            "CREATE TRIGGER tickets.shout BEFORE INSERT ON tickets.events FOR EACH ROW SET new.name = CONCAT(new.name, '!')",
        ):
            execute(conn, statement)
    wish = Wish("replicating", standby, "aws_rds", reader=primary, source=dialects.Source(primary.host, 3306, "dr_repl", "it's repl"),
                schemas=SCHEMAS, retention_hours=72, wait_seconds=30)
    assert settle(wish, check=True).moves == settle(wish).moves == ["retain", "seed", "point", "start"]
    return wish
