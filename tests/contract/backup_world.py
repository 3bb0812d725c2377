# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A small world for backups: NHN's and AWS's control planes in threads, the pair's real primary, and hands that make restored servers real."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils.backup.parts import Parts, parts_from
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server, execute, query

from lab import podman
from lab.hosts import mysql
from lab.nhn.app import serve_in_thread
from lab.nhn.store import Store
from tests.contract.aws_cloud import KEYS, AwsCloud
from tests.contract.mysql_pair import ALONE as NETWORK
from tests.contract.mysql_pair import ALONE_AWS as AWS
from tests.contract.mysql_pair import ALONE_NHN as NHN
from tests.contract.mysql_pair import ALONE_PREFIX as PREFIX
from tests.contract.nhn_cloud import NhnCloud

SCHEMAS = ["kept", "dr"]
BUCKET = "tickets-backups"


class QuickClock:
    """The machine's clock, with pauses cut short."""

    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(min(seconds, 0.02))


class Hands(threading.Thread):
    """What the materialiser does, for one emulator: takes its backups of the pair's primary, starts what is restored, removes what is gone."""

    def __init__(self, store: Store) -> None:
        super().__init__(daemon=True)
        self.store, self.stopping, self.made, self.faults = store, threading.Event(), dict[str, str](), list[BaseException]()

    def run(self) -> None:
        while not self.stopping.wait(0.02):
            try:
                self._look()
            except (podman.PodmanError, OSError, RuntimeError) as error:
                self.faults.append(error)

    def close(self) -> None:
        self.stopping.set()
        self.join()
        podman.remove(*self.made.values())

    def _look(self) -> None:
        backups = self.store.observed.setdefault("rds_backups", {})
        for identity, backup in list(self.store.rds_backups.items()):
            if backup["backupStatus"] == "BACKING_UP" and identity not in backups:
                mysql.take(NHN, self.store.settings.backups / f"{identity}.tar.gz")
                backups[identity] = "COMPLETED"
        there = self.store.observed.setdefault("rds_instances", {})
        for identity, database in list(self.store.rds_instances.items()):
            if database["_restore"] and identity not in self.made:
                self.made[identity] = f"{NETWORK}-{identity[:8]}"
                mysql.start(self.made[identity], NETWORK, database["_address"], 3306, flavour="nhn", admin_user="", admin_password="",
                            restore=Path(database["_restore"]["archive"]))
            if identity not in there and (identity not in self.made or mysql.ready(self.made[identity])):
                if database["_restore"] and database["_restore"]["replay"]:
                    mysql.replay(self.made[identity], NHN, database["_restore"]["replay"])
                there[identity] = "AVAILABLE"
        for identity in set(self.made) - set(self.store.rds_instances):
            podman.remove(self.made.pop(identity))


class BackupWorld:
    """nhn, aws: the control planes; parts(site): what a run at that site works with; primary: the live database."""

    def __init__(self, nhn: NhnCloud, aws: AwsCloud, hands: Hands, primary: Server, standby: Server, folder: Path) -> None:
        self.nhn, self.aws, self.hands, self.primary, self.standby, self.folder = nhn, aws, hands, primary, standby, folder
        self.shift = 0.0                            # seconds the clock of the runs is ahead
        self.key_file = folder / "key"
        subprocess.run(["age-keygen", "-o", self.key_file], check=True, capture_output=True)

    def config(self, site: str = "nhn", **other: Any) -> dict[str, Any]:
        live = self.primary if site == "nhn" else self.standby
        return {
            "topology": "tickets", "site": site, "schemas": SCHEMAS, "key_file": str(self.key_file), "state_directory": str(self.folder / site),
            "database": {"host": live.host, "port": live.port, "user": live.user, "password": live.password},
            "s3": {"bucket": BUCKET, "region_name": "ap-northeast-2", "endpoint_url": self.aws.url, **KEYS},
            "nhn": {"auth": self.nhn.auth, "instance": "database", "container": "exports"} if site == "nhn" else None,
            "aws": {"instance": "tickets-db", "admin_user": "admin", "admin_password": "boss-boss", "client": {
                "region_name": "ap-northeast-2", "endpoint_url": self.aws.url, **KEYS}} if site == "aws" else None,
            "retention": {"days": 30, "last": 1, "nhn_days": 7}, "automatic_hours": 0, "limits": {"job_seconds": 90}, **other}

    def parts(self, site: str = "nhn", **other: Any) -> Parts:
        return parts_from(self.config(site, **other), lambda: time.time() + self.shift, QuickClock())

    def objects(self) -> list[str]:
        return self.parts().s3.keys("")


@contextmanager
def backup_world(pair: tuple[Server, Server], folder: Path) -> Iterator[BackupWorld]:
    """The world, with a schema worth keeping and a gate that says that the primary writes."""
    url, store = serve_in_thread()
    nhn = NhnCloud(url, store)
    hands = Hands(store)
    hands.start()
    nhn.make("vpc", name="vpc", cidr=f"{PREFIX}.0/24")
    nhn.make("subnet", name="app", vpc="vpc", cidr=f"{PREFIX}.0/24")
    nhn.make("rds_security_group", name="database", rules=[{"cidr": "192.168.0.0/16"}])
    nhn.make("rds_parameter_group", name="database", version="MYSQL_V8408")
    nhn.make("rds_instance", name="database", version="MYSQL_V8408", flavor="m2.c2m4", port=3306, admin_user="operator", admin_password="boss-boss",
             parameter_group="database", security_groups=["database"], subnet="app", zone="kr-pub-a", storage_type="General SSD", storage_gb=20,
             backup={"days": 1})
    nhn.make("object_container", name="exports")
    primary, standby = pair
    with AwsCloud() as aws:
        aws.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
        with primary.connected() as conn:
            had_gate = bool(query(conn, "SELECT 1 FROM information_schema.tables WHERE table_schema = 'dr' AND table_name = 'gate'"))
            for statement in CONTENTS:
                execute(conn, statement)
        yield BackupWorld(nhn, aws, hands, primary, standby, folder)
        with primary.connected() as conn:
            execute(conn, "DROP DATABASE kept")
            execute(conn, "DELETE FROM dr.gate WHERE site = 'kept'" if had_gate else "DROP TABLE dr.gate")
    hands.close()
    store.close()
    podman.remove(f"{AWS}-restored")


CONTENTS = (
    "CREATE DATABASE kept",
    "CREATE TABLE kept.events (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(80))",
    "CREATE TABLE kept.odd (a VARCHAR(9), b BINARY(3), f FLOAT, j JSON, bits BIT(5), place GEOMETRY, blobs LONGBLOB, span TIME(3), "
    "at TIMESTAMP(6) DEFAULT '2026-01-01 00:00:00', event INT, twice INT GENERATED ALWAYS AS (event * 2), PRIMARY KEY (a, b), "
    "FOREIGN KEY (event) REFERENCES kept.events (id))",
    "CREATE TABLE kept.nokey (x INT, y TEXT)",
    "CREATE VIEW kept.b AS SELECT * FROM kept.events",
    "CREATE VIEW kept.a AS SELECT * FROM kept.b",
    "INSERT INTO kept.events (name) VALUES ('공연 🎫; //dr//'), (NULL), (''), ('it''s \\\\ a\\nline //dr//\\n-- the end')",
    "INSERT INTO kept.odd (a, b, f, j, bits, place, blobs, span, event) VALUES ('k', X'00FF25', 0.1, '{\"a\": [null, \"\\\\n\"]}', b'10101', "
    "ST_GeomFromText('POINT(1 2)', 4326), REPEAT(X'00FF', 100000), '-100:00:01.5', 1), ('', '', NULL, NULL, NULL, NULL, NULL, NULL, 2)",
    "INSERT INTO kept.nokey VALUES (1, 'a'), (1, 'a'), (2, NULL)",
    "CREATE TRIGGER kept.shout BEFORE INSERT ON kept.events FOR EACH ROW BEGIN SET new.name = CONCAT(new.name, '!');\nSET @x = 1; END",
    "CREATE FUNCTION kept.plus(x INT) RETURNS INT DETERMINISTIC BEGIN\n-- one\nRETURN x + 1; END",
    "CREATE PROCEDURE kept.nothing() BEGIN END",
    "CREATE VIEW kept.c AS SELECT kept.plus(id) AS n FROM kept.events",
    "CREATE EVENT kept.sweep ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 00:00:00' DO DELETE FROM kept.nokey",
    "CREATE TABLE IF NOT EXISTS dr.gate (server_uuid CHAR(36) PRIMARY KEY, site VARCHAR(32) NOT NULL, epoch BIGINT UNSIGNED NOT NULL, "
    "valid_until DECIMAL(16,6) NOT NULL, sequence BIGINT UNSIGNED NOT NULL, beat_at DECIMAL(16,6) NOT NULL)",
    "REPLACE INTO dr.gate VALUES (@@server_uuid, 'kept', 1, UNIX_TIMESTAMP(SYSDATE(6)) + 3600, 1, UNIX_TIMESTAMP(SYSDATE(6)))",
)
