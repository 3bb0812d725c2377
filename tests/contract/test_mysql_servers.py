# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two real MySQL servers with the grants and procedures of both providers: seeded, followed, compared, lost, promoted.

Needs root, podman and the MySQL image that `python -m lab up` builds; skipped, with the reason, where one is missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import accounts, dialects, replication
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import DatabaseFault, Server, execute, query, value
from ansible_collections.multicloud.dr.plugins.module_utils.sync.compare import compare
from ansible_collections.multicloud.dr.plugins.module_utils.sync.seeding import Wish, settle

from lab import podman
from lab.hosts import mysql
from lab.hosts.mysql import server as hosts

NETWORK, PREFIX = "lab-test-mysql", "10.254.77"      # a range of its own, so that a lab may be up beside it
NHN, AWS = "lab-test-mysql-nhn", "lab-test-mysql-aws"
USERS = [{"name": "dr_agent", "host": "%", "password": "agent", "authority": "DDL"},
         {"name": "dr_repl", "host": "%", "password": "it's repl", "authority": "READ"}]
SCHEMAS = ("tickets", "dr")


def missing() -> str | None:
    """Why these tests cannot run here, None when they can."""
    if os.geteuid() != 0 or not shutil.which("podman"):
        return "needs root and podman"
    if not podman.podman("images", "--quiet", hosts.IMAGES).strip():
        return f"needs the image {hosts.IMAGES}: python -m lab up"
    return None


def until(look: Callable[[], object], limit: float = 25.0) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + limit
    while not look():
        assert time.monotonic() < end, f"not within {limit} s"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    """The primary's and the standby's server, with the accounts and schemas the providers would have made."""
    if reason := missing():
        pytest.skip(reason)
    patch = pytest.MonkeyPatch()
    patch.setattr(hosts, "HOSTS", tmp_path_factory.mktemp("hosts"))
    podman.remove(NHN, AWS)
    podman.podman("network", "rm", "--force", NETWORK, check=False)
    podman.podman("network", "create", "--internal", f"--subnet={PREFIX}.0/24", f"--gateway={PREFIX}.254", NETWORK)
    try:
        mysql.start(NHN, NETWORK, f"{PREFIX}.11", 3306, flavour="nhn", admin_user="operator", admin_password="boss")
        mysql.start(AWS, NETWORK, f"{PREFIX}.12", 3306, flavour="aws", admin_user="admin", admin_password="boss")
        bridge = podman.podman("network", "inspect", "--format={{.NetworkInterface}}", NETWORK).strip()
        subprocess.run(["ip", "address", "add", f"{PREFIX}.254/24", "dev", bridge], check=True)
        until(lambda: mysql.ready(NHN) and mysql.ready(AWS))
        mysql.sync_users(NHN, USERS)
        mysql.sync_schemas(NHN, [{"name": name} for name in SCHEMAS])
        primary, standby = Server(f"{PREFIX}.11", 3306, "dr_agent", "agent"), Server(f"{PREFIX}.12", 3306, "admin", "boss")
        with standby.connected() as conn:
            wanted = [accounts.Account(user["name"], user["password"], user["authority"]) for user in USERS]
            for account, steps in accounts.plans(conn, standby, wanted):
                accounts.apply(conn, steps, account)
        yield primary, standby
    finally:
        podman.remove(NHN, AWS)
        podman.podman("network", "rm", "--force", NETWORK, check=False)
        patch.undo()


@pytest.fixture(scope="module")
def followed(pair: tuple[Server, Server]) -> Wish:
    """The wish that the standby follows the primary, fulfilled, over rows of every awkward kind."""
    primary, standby = pair
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


def differing(wish: Wish) -> list[tuple[str, str]]:
    assert wish.reader is not None
    found = compare(wish.reader, wish.replica, SCHEMAS, chunk_rows=2)
    assert not found.unsettled_rows and not found.definitions
    return sorted((row["table"], row["kind"]) for row in found.differences)


def test_a_seeded_replica_is_equal_and_a_second_run_does_nothing(followed: Wish) -> None:
    assert settle(followed).moves == []
    assert differing(followed) == []


def test_every_kind_of_difference_is_found(followed: Wish) -> None:
    with followed.replica.connected() as conn:
        execute(conn, "SET SESSION foreign_key_checks = 0")
        execute(conn, "DELETE FROM tickets.events WHERE id = 3")
        execute(conn, "INSERT INTO tickets.events VALUES (9, 'x')")
        execute(conn, "UPDATE tickets.sold SET f = 0.10000001 WHERE a = 'k'")
        execute(conn, "DELETE FROM tickets.nokey WHERE x = 1 LIMIT 1")
        assert differing(followed) == [
            ("tickets.events", "extra"), ("tickets.events", "missing"), ("tickets.nokey", "rows"), ("tickets.sold", "different")]
        execute(conn, "INSERT INTO tickets.events VALUES (3, '')")
        execute(conn, "UPDATE tickets.events SET name = '' WHERE id = 3")      # the trigger is there too
        execute(conn, "DELETE FROM tickets.events WHERE id = 9")
        execute(conn, "UPDATE tickets.sold SET f = 0.1 WHERE a = 'k'")
        execute(conn, "INSERT INTO tickets.nokey VALUES (1, 'a')")
    assert differing(followed) == []


def test_neither_provider_lets_a_user_do_it_by_hand(pair: tuple[Server, Server]) -> None:
    for server in pair:
        with server.connected() as conn:
            for statement in ("STOP REPLICA", "SET GLOBAL read_only = 1", "SET SESSION sql_log_bin = 0"):
                with pytest.raises(DatabaseFault) as refused:
                    execute(conn, statement)
                assert refused.value.code == 1227


def test_the_loss_of_the_primary_loses_nothing_that_had_arrived(followed: Wish) -> None:
    assert followed.reader is not None
    with followed.reader.connected() as conn, followed.replica.connected() as other:
        execute(conn, "INSERT INTO tickets.nokey VALUES (77, 'last')")
        until(lambda: query(other, "SELECT 1 FROM tickets.nokey WHERE x = 77"))
    podman.podman("kill", AWS, NHN)
    podman.podman("start", AWS)
    until(lambda: mysql.ready(AWS))
    with followed.replica.connected() as conn:
        aws = dialects.for_site("aws_rds")
        assert replication.status(conn, aws).source == f"{PREFIX}.11:3306"
        assert replication.promote(conn, aws).changed
        assert not replication.promote(conn, aws).changed
        assert value(conn, "SELECT COUNT(*) FROM tickets.nokey WHERE x = 77") == 1
    with pytest.raises(Fault, match="nothing was touched"):
        settle(followed)
    podman.podman("start", NHN)
    until(lambda: mysql.ready(NHN))
    assert differing(followed) == []


def test_the_primary_can_follow_the_standby_without_tls(followed: Wish) -> None:
    assert followed.reader is not None
    with followed.reader.connected() as conn:
        execute(conn, "SET SESSION foreign_key_checks = 0")
        for table in ("tickets.events", "tickets.sold", "tickets.nokey", "dr.crossing"):
            execute(conn, f"DROP TABLE {table}")
    back = Wish("replicating", followed.reader, "nhn_rds", reader=Server(followed.replica.host, 3306, "dr_agent", "agent"),
                source=dialects.Source(followed.replica.host, 3306, "dr_repl", "it's repl"), schemas=SCHEMAS, wait_seconds=30)
    assert settle(back).moves == ["seed", "point", "start"]
    assert differing(back) == []
