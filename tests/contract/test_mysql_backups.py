# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A physical backup of a real server: restored it holds the rows of its moment, and with the binary logs those of a later one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server, execute, query

from lab import podman
from lab.hosts import mysql
from lab.hosts.mysql import server as hosts
from tests.contract import mysql_pair
from tests.contract.mysql_pair import NETWORK, NHN, PREFIX, until

RESTORED = f"{NETWORK}-restored"


@pytest.fixture
def restored(pair: tuple[Server, Server], tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A backup of the primary, and a server made of it."""
    primary, _ = pair
    with primary.connected() as conn:
        execute(conn, "CREATE TABLE dr.kept (id INT PRIMARY KEY, what TEXT)")
        execute(conn, "INSERT INTO dr.kept VALUES (1, '표'), (2, NULL)")
        archive = tmp_path / "b.tar.gz"
        facts = mysql.take(NHN, archive)
        execute(conn, "INSERT INTO dr.kept VALUES (3, 'after')")
        later = query(conn, "SHOW BINARY LOG STATUS")[0]
        execute(conn, "DELETE FROM dr.kept")
    podman.remove(RESTORED)
    mysql.start(RESTORED, NETWORK, f"{PREFIX}.13", 3306, flavour="nhn", admin_user="", admin_password="", restore=archive)
    until(lambda: mysql.ready(RESTORED))
    yield {"facts": facts, "archive": archive, "file": later["File"], "position": later["Position"]}
    podman.remove(RESTORED)
    with primary.connected() as conn:
        execute(conn, "DROP TABLE dr.kept")


def ids() -> list[str]:
    return [row[0] for row in hosts.sql(RESTORED, "SELECT id FROM dr.kept ORDER BY id;", rows=True)]


def test_restored_it_is_another_server_with_the_rows_of_that_moment_and_then_of_a_later_one(restored: dict[str, Any]) -> None:
    assert ids() == ["1", "2"]
    facts = restored["facts"]
    assert hosts.sql(RESTORED, "SELECT @@server_uuid;", rows=True) != [[facts["uuid"]]]
    with mysql_pair.Server(f"{PREFIX}.13", 3306, "dr_agent", "agent").connected() as conn:      # the accounts came along
        assert query(conn, "SELECT 1 AS one") == [{"one": 1}]
    upto = {"from_file": facts["file"], "from_position": facts["position"], "file": restored["file"], "position": restored["position"]}
    mysql.replay(RESTORED, NHN, upto)
    assert ids() == ["1", "2", "3"]
    mysql.replay(RESTORED, NHN, upto)       # once is enough
    with pytest.raises(podman.PodmanError, match="is not among them"):
        podman.execute(RESTORED, ["rm", "/var/lib/mysql/.replayed"])
        mysql.replay(RESTORED, NHN, {**upto, "from_file": "mysql-bin.999999"})
