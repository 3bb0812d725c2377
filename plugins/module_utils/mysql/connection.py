# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One way to open a connection and to run a statement, with MySQL's own words kept when it says no.

Works with PyMySQL from 1.0.2 (Debian 12) on. TLS is always used: caching_sha2_password sends no password without it, and a login
over TLS is what puts a password into the server's cache (see replication.prime). Addresses inside the tunnels are what we connect
to, so the certificate is not compared with a name unless `ca` is given.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from ..faults import Answer, Fault

try:
    import pymysql
    import pymysql.converters
    from pymysql.err import Error as DatabaseError
except ImportError:                                         # reported by connect(), which is where it can be explained
    pymysql = None                                          # type: ignore[assignment]

    class DatabaseError(Exception):                         # type: ignore[no-redef]
        """Stands in for the driver's own base class."""

__all__ = ["DatabaseError", "DatabaseFault", "Server", "connect", "connected", "execute", "lasting", "query", "server_uuid", "server_version",
           "value"]

# When the other end of a connection says nothing at all, for seconds: ask after IDLE, then every INTERVAL, give up after COUNT times in vain. What
# was sent and is not confirmed is given up after as long. A server that works on a statement for hours does answer; a link that was cut does not.
IDLE, INTERVAL, COUNT = 15, 5, 6
SILENT = IDLE + INTERVAL * COUNT

WORK_SECONDS = 7 * 86400        # a session may wait for what others do, such as moving the rows of the largest table

# What a server's own settings would change in our answers, whatever its parameter group says: the times they are in, rows left out without a word, a
# SELECT of hours that ends after a second. The one place for it; sessions that write rows set more (sync.pair.prepared).
SETTINGS = "SET SESSION time_zone = '+00:00', sql_select_limit = 18446744073709551615, max_execution_time = 0"

_CLOSED = "the connection to it is closed"      # of which the driver says a number, 0, and no word
ACCESS_DENIED = frozenset({1044, 1045, 1142, 1227})


class DatabaseFault(Fault, DatabaseError):
    """A statement or a connection failed. `code` is MySQL's error number, 0 when the connection broke without one."""

    def __init__(self, doing: str, to: str, error: BaseException, *, left: str = "", then: str = "") -> None:
        self.code, words = _code_and_words(error)
        if not then and self.code == 1045:
            then = "Check user and password, and that the account may connect from this host."
        if not then and not self.code and not words:
            then = "Run again: a new run connects anew."
        answer = Answer("MySQL", code=str(self.code), words=words) if self.code else Answer("MySQL", words=f"nothing: {words or _CLOSED}")
        super().__init__(doing, to, answer=answer, left=left, then=then)


@dataclass(frozen=True)
class Server:
    """A database server and the account we use on it."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)

    def __str__(self) -> str:
        return f"{self.user}@{self.host}:{self.port}"

    def connected(self, **options: Any) -> Any:
        """A connection for a `with` block; options as for `connect`. Raises DatabaseFault."""
        return connected(self.host, self.port, self.user, self.password, **options)


def connect(
    host: str, port: int, user: str, password: str, *, database: str | None = None, connect_timeout: float = 5.0,
    read_timeout: float | None = None, write_timeout: float | None = None, tls: bool = True, ca: str | None = None, raw: bool = False,
    local_files: bool = False,
) -> Any:
    """An autocommit connection, utf8mb4, in UTC and without limits of rows and time, whatever the server's settings are. Timeouts in
    seconds, None waits, but no log-in for longer than a link that is silent.

    `raw`: values come as the server sends them (str, or bytes for binary columns), so that copying loses nothing to a Python type.
    `local_files`: LOAD DATA LOCAL may be sent; only sync.loading asks for it, which sends rows and never opens a file.
    Raises DatabaseFault.
    """
    if pymysql is None:
        raise Fault("talk to MySQL", f"{host}:{port}", left="Nothing was touched.",
                    then="Install the package python3-pymysql on the host that runs this.")
    options: dict[str, Any] = {"conv": _encoders_only()} if raw else {}
    try:
        conn: Any = pymysql.connect(
            host=host, port=int(port), user=user, password=password, database=database, charset="utf8mb4", autocommit=True,
            connect_timeout=max(1, round(connect_timeout)), read_timeout=read_timeout or SILENT, write_timeout=write_timeout,
            init_command=SETTINGS, ssl=_tls(ca) if tls else None,
            local_infile=local_files, **options)
        _watch(conn)
        conn._read_timeout = read_timeout           # nobody watches a log-in but this
        if local_files:
            conn._local_infile = False          # the server has agreed by now; should it ask for a file, PyMySQL refuses to open it
        return conn
    except (DatabaseError, OSError, RuntimeError, UnicodeError) as error:       # the last: a name that can be none of a host
        raise DatabaseFault(f"log in to MySQL as {user}", f"at {host}:{port}", error, left="Nothing was touched.") from error


@contextmanager
def connected(host: str, port: int, user: str, password: str, **options: Any) -> Iterator[Any]:
    """`connect`, closed at the end of the block."""
    with closing(connect(host, port, user, password, **options)) as conn:
        yield conn


def lasting(conn: Any) -> Any:
    """The connection, which the server will not end while it waits for others to finish. Not for one that holds locks meanwhile: they would
    outlast a host that is gone. Raises DatabaseFault."""
    execute(conn, f"SET SESSION wait_timeout = {WORK_SECONDS}", doing="say how long we may be silent")
    return conn


def query(conn: Any, sql: str, values: Sequence[Any] | None = None, *, doing: str = "read") -> list[dict[str, Any]]:
    """The rows of the first result, by column name. Raises DatabaseFault.

    With `values`, even empty ones, the driver formats the statement: a literal % is then written %%. `doing` completes "Could not ...".
    """
    with _told(conn, doing), conn.cursor() as cursor:
        cursor.execute(sql, None if values is None else tuple(values))
        names = [column[0] for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        _drain(cursor)
        return rows


def value(conn: Any, sql: str, values: Sequence[Any] | None = None, *, doing: str = "read") -> Any:
    """The first column of the first row, None without rows. Raises DatabaseFault."""
    rows = query(conn, sql, values, doing=doing)
    return next(iter(rows[0].values())) if rows else None


def execute(conn: Any, sql: str, values: Sequence[Any] | None = None, *, doing: str = "write") -> int:
    """Run a statement and return the number of rows it touched; what a procedure selects is read and dropped. Raises DatabaseFault."""
    with _told(conn, doing), conn.cursor() as cursor:
        count = cursor.execute(sql, None if values is None else tuple(values))
        _drain(cursor)
        return int(count)


def server_version(conn: Any) -> tuple[int, ...]:
    """(8, 4, 5) of "8.4.5-log"."""
    return parse_version(str(value(conn, "SELECT VERSION()", doing="read the server's version")))


def server_uuid(conn: Any) -> str:
    """The server's @@server_uuid."""
    return str(value(conn, "SELECT @@server_uuid", doing="read the server's uuid"))


def parse_version(text: str) -> tuple[int, ...]:
    """The leading numbers of a version string."""
    return tuple(int(part) for part in text.split("-", 1)[0].split(".") if part.isdigit())


def where(conn: Any) -> str:
    """user@host:port of a connection, for messages."""
    user = getattr(conn, "user", b"")
    return f"{user.decode() if isinstance(user, bytes) else user}@{getattr(conn, 'host', '?')}:{getattr(conn, 'port', '?')}"


@contextmanager
def _told(conn: Any, doing: str) -> Iterator[None]:
    try:
        yield
    except DatabaseFault:
        raise
    except (DatabaseError, OSError) as error:
        raise DatabaseFault(doing, f"as {where(conn)}", error) from error


def _drain(cursor: Any) -> None:
    """A procedure answers with several results; the connection is of no use until all are read."""
    while cursor.nextset():
        cursor.fetchall()


def _code_and_words(error: BaseException) -> tuple[int, str]:
    arguments = error.args
    if len(arguments) >= 2 and isinstance(arguments[0], int):
        return arguments[0], str(arguments[1])
    return 0, str(error) or ("" if isinstance(error, DatabaseError) else type(error).__name__)


def _watch(conn: Any) -> None:
    """A link that falls silent ends the connection in less than a minute, instead of never."""
    sock = getattr(conn, "_sock", None)
    if sock is None:
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, number in (("TCP_KEEPIDLE", IDLE), ("TCP_KEEPINTVL", INTERVAL), ("TCP_KEEPCNT", COUNT),
                         ("TCP_USER_TIMEOUT", 1000 * SILENT)):
        if hasattr(socket, name):           # Linux has them all
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), number)


def _tls(ca: str | None) -> ssl.SSLContext:
    if ca is None:          # nothing is verified, so the machine's list of authorities is not read: that takes longer than the log-in itself
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    context = ssl.create_default_context(cafile=ca)
    context.check_hostname = False                          # we connect to addresses, and no server has one in its certificate
    return context


def _encoders_only() -> dict[Any, Any]:
    return {kind: how for kind, how in pymysql.converters.conversions.items() if not isinstance(kind, int)}
