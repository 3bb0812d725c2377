# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What differs between the two services: time zone, binlog names, the provider's own superuser, and what the first user may do.

Everything here becomes the init file that mysqld runs before it takes connections, at every start, outside the binary log.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lab.hosts.mysql.quoting import account, text

# authorityType of the NHN API, cumulative, as its reference lists them. (scope, privileges)
READ = (
    ("*.*", "SELECT, SHOW VIEW, PROCESS, SHOW DATABASES, REPLICATION SLAVE, REPLICATION CLIENT"),
    ("mysql.*", "SELECT"), ("performance_schema.*", "SELECT"), ("sys.*", "SELECT, EXECUTE"),
)
CRUD = (*READ, ("*.*", "INSERT, UPDATE, DELETE, CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE"))
DDL = (
    *CRUD,
    ("*.*", "CREATE, DROP, INDEX, ALTER, CREATE VIEW, REFERENCES, EVENT, ALTER ROUTINE, CREATE ROUTINE, TRIGGER, RELOAD"),
    ("mysql.*", "EXECUTE"),
)
AUTHORITIES = {"READ": READ, "CRUD": CRUD, "DDL": DDL}

# The master user of RDS for MySQL 8.4: also the contents of rds_superuser_role. No SUPER, FILE, SHUTDOWN or *_ADMIN that replicates.
AWS_MASTER = (
    "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, PROCESS, REFERENCES, INDEX, ALTER, SHOW DATABASES, CREATE TEMPORARY TABLES, "
    "LOCK TABLES, EXECUTE, REPLICATION SLAVE, REPLICATION CLIENT, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, CREATE USER, "
    "EVENT, TRIGGER, CREATE ROLE, DROP ROLE, APPLICATION_PASSWORD_ADMIN, ROLE_ADMIN, SET_ANY_DEFINER, ALLOW_NONEXISTENT_DEFINER, "
    "XA_RECOVER_ADMIN"
)
AWS_NOT_IN_MYSQL = (
    "INSERT, UPDATE, DELETE, CREATE, DROP, INDEX, ALTER, REFERENCES, CREATE VIEW, CREATE ROUTINE, ALTER ROUTINE, EVENT, TRIGGER"
)


@dataclass(frozen=True)
class Flavour:
    """One managed service. `superuser` is the provider's own account: socket only, definer of every procedure."""

    name: str
    superuser: str
    flags: dict[str, str]

    def init_sql(self, admin_user: str, admin_password: str) -> str:
        """The init file, which mysqld reads statement by statement; it knows `DELIMITER`, as the mysql client does."""
        boss = account(self.superuser, "localhost")
        lines = [
            "SET SESSION sql_log_bin = 0;",
            f"CREATE USER IF NOT EXISTS {boss} IDENTIFIED WITH auth_socket AS 'root';",
            f"GRANT ALL ON *.* TO {boss} WITH GRANT OPTION;",
            "DROP USER IF EXISTS 'root'@'localhost', 'debian-sys-maint'@'localhost';",
            "CREATE TABLE IF NOT EXISTS mysql.api_schemas (name VARCHAR(64) PRIMARY KEY);",     # what sync_schemas has made
            (Path(__file__).parent / f"{self.name}.sql").read_text(encoding="utf-8"),
            *self._first_user(admin_user, admin_password),
            "SET GLOBAL offline_mode = OFF;",      # the server starts offline: had a line above failed, nobody but the superuser gets in
        ]
        return "\n".join(lines) + "\n"

    def _first_user(self, user: str, password: str) -> list[str]:
        if not user:        # restored from files alone: the accounts are those in the files
            return []
        who = account(user, "%")
        made = f"CREATE USER IF NOT EXISTS {who} IDENTIFIED BY {text(password)};"
        if self.name == "nhn":
            return [made, *grants(who, "DDL")]
        role = account("rds_superuser_role", "%")
        return [
            made,
            f"CREATE ROLE IF NOT EXISTS {role};",
            *[line for each in (role, who) for line in (
                f"GRANT {AWS_MASTER} ON *.* TO {each} WITH GRANT OPTION;", f"REVOKE {AWS_NOT_IN_MYSQL} ON mysql.* FROM {each};")],
            f"GRANT {role} TO {who} WITH ADMIN OPTION;",
            f"SET DEFAULT ROLE {role} TO {who};",
        ]


def grants(who: str, authority: str) -> list[str]:
    """GRANT statements of one NHN authority. `who` is quoted already. Raises KeyError for an authority NHN does not have."""
    return [f"GRANT {privileges} ON {scope} TO {who};" for scope, privileges in AUTHORITIES[authority]]


NHN = Flavour("nhn", "rds_admin", {
    "log_bin": "mysql-bin", "default_time_zone": "+09:00", "binlog_expire_logs_seconds": str(5 * 24 * 3600), "gtid_mode": "OFF",
})
AWS = Flavour("aws", "rdsadmin", {
    # Without a retention set by mysql.rds_set_configuration, RDS throws binlogs away as soon as its own backups have them.
    "log_bin": "mysql-bin-changelog", "default_time_zone": "+00:00", "binlog_expire_logs_seconds": "300", "gtid_mode": "OFF_PERMISSIVE",
    "partial_revokes": "ON",
})
FLAVOURS = {flavour.name: flavour for flavour in (NHN, AWS)}
