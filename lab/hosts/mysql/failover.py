# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What NHN Cloud's high availability does to a database when it fails over, done to a real server.

The candidate takes over under the same address: another server uuid, no binary log of before, and, if it had not received them, without
the last rows. The lab has one server where NHN has two, so it is that one which comes back as somebody else.
"""

from __future__ import annotations

import time

from lab import podman
from lab.hosts.mysql.quoting import name as quoted
from lab.hosts.mysql.server import DATA, sql

SENDING = ("SELECT id FROM performance_schema.processlist WHERE command LIKE 'Binlog Dump%' AND state NOT LIKE 'Source has sent all binlog%';")
NOT_OURS = "('mysql', 'sys', 'information_schema', 'performance_schema', 'dr')"


def fail_over(container: str, *, lose_rows: int = 0) -> None:
    """Make the server in `container` its own successor and return when it was started; `ready` tells when it answers.

    lose_rows: so many of the newest rows of every table numbered by AUTO_INCREMENT that no other refers to, and the heartbeats beside
    them, never reached the candidate, and whoever follows from outside has them. Raises lab.podman.PodmanError.
    """
    losses = []
    if lose_rows:
        _let_followers_have_all(container)
        losses = ["SET GLOBAL read_only = OFF;", *(
            f"DELETE FROM {quoted(schema)}.{quoted(table)} ORDER BY {quoted(column)} DESC LIMIT {lose_rows};"
            for schema, table, column in _numbered(container))]
        if sql(container, "SELECT 1 FROM information_schema.tables WHERE table_schema = 'dr' AND table_name = 'gate';", rows=True):
            losses.append("UPDATE dr.gate SET sequence = sequence - LEAST(sequence, 8), beat_at = beat_at - 2 WHERE server_uuid = @@server_uuid;")
    # Nobody may write between the loss and the end: what was told then would be lost in no way a failover loses anything.
    # super_read_only would stop us as well; offline_mode throws everybody else out and us not.
    sql(container, "\n".join([
        "SET GLOBAL offline_mode = ON;", "SET SESSION sql_log_bin = 0, foreign_key_checks = 0;", *losses, "RESET BINARY LOGS AND GTIDS;"]))
    podman.execute(container, ["rm", "-f", f"{DATA}/auto.cnf"])
    podman.podman("kill", container)
    podman.podman("start", container)


def _let_followers_have_all(container: str) -> None:
    """What no follower has either is gone for good and proves nothing, so writers are held up until all is sent; five seconds at most."""
    sql(container, "SET GLOBAL super_read_only = ON;")
    until = time.monotonic() + 5
    while time.monotonic() < until and sql(container, SENDING, rows=True):
        time.sleep(0.05)


def _numbered(container: str) -> list[list[str]]:
    return sql(container, "SELECT table_schema, table_name, column_name FROM information_schema.columns WHERE extra LIKE '%auto_increment%' "
                          f"AND table_schema NOT IN {NOT_OURS} AND (table_schema, table_name) NOT IN (SELECT "
                          "referenced_table_schema, referenced_table_name FROM information_schema.key_column_usage WHERE "
                          "referenced_table_name IS NOT NULL);", rows=True)
