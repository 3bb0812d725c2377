# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A second pair of servers, with GTIDs and with the filters the roles set, for what breaks a pair: failovers, cuts, salvage."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server, execute
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.dialects import Source, for_site
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replication import detach
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.settling import Wish

from lab import podman
from lab.hosts.mysql.server import sql
from tests.contract.mysql_pair import CLONE, SCHEMAS, Pair, cut

NETWORK, PREFIX = f"lab-test-twins-{CLONE}", f"10.253.{CLONE}"
SPARE, SPARE_PREFIX = f"lab-test-spare-{CLONE}", f"10.251.{CLONE}"
NHN_PARAMETERS = {"gtid_mode": "ON", "enforce_gtid_consistency": "ON", "replicate_ignore_table": "mysql.rds_heartbeat2"}
AWS_PARAMETERS = {"gtid-mode": "ON", "enforce_gtid_consistency": "ON", "replicate-ignore-db": "rds_maintenance",
                  "replicate-wild-ignore-table": "rds_maintenance.%"}
OF = {"nhn": for_site("nhn_rds"), "aws": for_site("aws_rds")}
FILTERS = {"nhn": "REPLICATE_IGNORE_TABLE = (mysql.rds_heartbeat2)",
           "aws": "REPLICATE_IGNORE_DB = (rds_maintenance), REPLICATE_WILD_IGNORE_TABLE = ('rds_maintenance.%')"}
GATE = ("CREATE TABLE IF NOT EXISTS dr.gate (server_uuid CHAR(36) NOT NULL PRIMARY KEY, site VARCHAR(32) NOT NULL, epoch BIGINT UNSIGNED NOT NULL, "
        "valid_until DECIMAL(16,6) NOT NULL, sequence BIGINT UNSIGNED NOT NULL, beat_at DECIMAL(16,6) NOT NULL)")
TABLES = (
    "CREATE TABLE tickets.events (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(80) NOT NULL)",
    "CREATE TABLE tickets.seats (event INT NOT NULL, label VARCHAR(10) NOT NULL, state VARCHAR(10), PRIMARY KEY (event, label), "
    "FOREIGN KEY (event) REFERENCES tickets.events (id))",
    "CREATE TABLE tickets.purchases (id BIGINT AUTO_INCREMENT PRIMARY KEY, idem CHAR(4) NOT NULL, seat VARCHAR(10) NOT NULL, ticket VARCHAR(36), "
    "paid DECIMAL(12,2), at DATETIME(3), UNIQUE KEY one_key (idem), UNIQUE KEY one_seat (seat))",
    "INSERT INTO tickets.events (name) VALUES ('공연'), ('재공연')",
    "INSERT INTO tickets.seats VALUES (1, 'A-1', 'free'), (1, 'A-2', 'free'), (1, 'A-3', 'free'), (1, 'A-4', 'free')",
    "INSERT INTO tickets.purchases (idem, seat, ticket, paid, at) VALUES ('k1', 'A-1', 't1', 1000.50, '2026-01-01 10:00:00.125')",
)


@dataclass(frozen=True)
class Twins:
    """The pair, and the wishes to have one follow the other, either way."""

    pair: Pair

    def wish(self, leader: str, follower: str, **more: object) -> Wish:
        """That one site's server follows the other's, each in its own provider's dialect."""
        at, steered = self.pair.as_user(leader, "dr_agent"), self.pair.primary if follower == "nhn" else self.pair.standby
        wish = Wish("replicating", steered, f"{follower}_rds", reader=at, source=Source(at.host, 3306, "dr_repl", "it's repl"), schemas=SCHEMAS,
                    wait_seconds=30, lag_seconds=10)
        return replace(wish, **more)    # type: ignore[arg-type]

    def write(self, site: str, *statements: str) -> None:
        with self.pair.as_user(site, "dr_agent").connected() as conn:
            for statement in statements:
                execute(conn, statement)

    def beat(self, site: str, epoch: int, valid: float = 0.0) -> None:
        """One heartbeat of the site's gate; the gate is open for `valid` seconds, 0 leaves it shut."""
        now = "UNIX_TIMESTAMP(SYSDATE(6))"
        self.write(site, GATE, f"INSERT INTO dr.gate VALUES (@@server_uuid, '{site}', {epoch}, {now} + {valid}, 1, {now}) ON DUPLICATE KEY UPDATE "
                               f"epoch = {epoch}, valid_until = {now} + {valid}, sequence = sequence + 1, beat_at = {now}")

    @contextmanager
    def cut(self) -> Iterator[None]:
        """No packet passes between the two; both are reached from here all the same."""
        with cut(self.pair.primary.host, self.pair.standby.host):
            yield

    @contextmanager
    def slow(self, rate: str) -> Iterator[None]:
        """What NHN's server sends takes its time. rate: as tc writes it."""
        inside = ["nsenter", f"--net=/proc/{podman.podman('inspect', '--format={{.State.Pid}}', self.pair.nhn).strip()}/ns/net", "tc", "qdisc"]
        subprocess.run([*inside, "add", "dev", "eth0", "root", "tbf", "rate", rate, "burst", "64kb", "latency", "400ms"], check=True)
        try:
            yield
        finally:
            subprocess.run([*inside, "del", "dev", "eth0", "root"], check=True)

    @contextmanager
    def also_at(self, site: str, address: str) -> Iterator[None]:
        """The site's server answers at another address besides."""
        pid = podman.podman("inspect", "--format={{.State.Pid}}", self.pair.nhn if site == "nhn" else self.pair.aws).strip()
        inside = ["nsenter", f"--net=/proc/{pid}/ns/net", "ip", "address"]
        subprocess.run([*inside, "add", f"{address}/24", "dev", "eth0"], check=True)
        try:
            yield
        finally:
            subprocess.run([*inside, "del", f"{address}/24", "dev", "eth0"], check=True)

    def server(self, site: str, user: str = "dr_agent") -> Server:
        return self.pair.as_user(site, user)


@contextmanager
def emptied(twins: Twins) -> Iterator[Twins]:
    """Neither follows the other, and neither holds anything."""
    empty(twins)
    yield twins
    for site, filters in FILTERS.items():
        as_provider(twins, site, f"STOP REPLICA; SET GLOBAL replica_parallel_workers = 4; CHANGE REPLICATION FILTER {filters};")
    empty(twins)


def empty(twins: Twins) -> None:
    for site, server in (("nhn", twins.pair.primary), ("aws", twins.pair.standby)):
        with server.connected() as conn:
            detach(conn, OF[site])
            for schema in SCHEMAS:
                execute(conn, f"DROP DATABASE IF EXISTS {schema}")
                execute(conn, f"CREATE DATABASE {schema}")
        as_provider(twins, site, "SET sql_log_bin = 0; DROP DATABASE IF EXISTS rds_maintenance; RESET BINARY LOGS AND GTIDS;")


def as_provider(twins: Twins, site: str, statements: str) -> None:
    sql(twins.pair.nhn if site == "nhn" else twins.pair.aws, statements)
