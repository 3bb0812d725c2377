# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A logical backup: plain SQL text that any mysql client can read, should this collection be out of reach. And its way back.

One view of the schemas, in which nothing moves, gives the rows, their checksums and the place in the binary log. Values are written so
that nothing is lost on the way: text of UTF-8 as it is, other text and bytes in hexadecimal, FLOAT with all its digits, ENUM, SET and BIT as
their number. A date, a time, bytes or a long decimal inside a JSON document, which SQL put there, no text can tell: it comes back as what the
document's text says, and `proof` knows by which sum that is proven all the same. Tables first, then routines and views,
triggers last, as they were before the first row was read: what a migration makes of them since may stand on what the dump has not. Views
and programs come to belong to whoever loads them: the accounts they belonged to are not in a dump, and without them MySQL refuses. Events
come disabled: none may run before somebody has looked; in their own time zone, a server's SYSTEM as the offset that is there; and one that
ends as one that stays when it has (PRESERVE), for MySQL makes none whose time is over and that would go with it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..faults import Fault
from ..mysql.connection import DatabaseFault, execute, query, value
from ..mysql.sync.chunks import Chunk, checksum_sql
from ..mysql.sync.documents import as_text_sql, more_than_text
from ..mysql.sync.engines import refuse_other_engines
from ..mysql.sync.meanings import refuse_lost
from ..mysql.sync.shapes import comparable
from ..mysql.sync.tables import Table, describe, quote
from ..mysql.sync.views import refuse_unmakable
from ..mysql.sync.wide import refuse_too_wide
from .rows import inserts
from .rows import name as quoted

DELIMITER = "//dr//"
END = f"-- the end of the backup {DELIMITER}"
TABLES = "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = %s AND table_type ="
ROUTINES = "SELECT routine_name AS name FROM information_schema.routines WHERE routine_schema = %s AND routine_type ="
_GONE = frozenset({1049, 1146})
_QUOTED = r'''(?:`(?:[^`]|``)*`|"(?:[^"]|"")*")'''      # the latter where it was made under ANSI_QUOTES
_DEFINER = re.compile(rf"DEFINER\s*=\s*{_QUOTED}@{_QUOTED}\s*")
# In front of what somebody wrote: the name, the schedule (numbers, units and times), whether it stays, whether it runs.
_EVENT = re.compile(r"(CREATE EVENT `(?:[^`]|``)*` ON SCHEDULE )(.*?)( ON COMPLETION )(NOT PRESERVE|PRESERVE) "
                    r"(?:ENABLE|DISABLE ON (?:SLAVE|REPLICA)|DISABLE)\b")
MODES = "NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES"     # what is there, days no calendar has too, can be loaded again
CHARSET = "NAMES utf8mb4"       # and its collation: what a program was created under is put back to that
SETTINGS = (CHARSET, "SESSION time_zone = '+00:00'", "SESSION foreign_key_checks = 0", "SESSION unique_checks = 0",
            f"SESSION sql_mode = '{MODES}'")


@dataclass
class Beside:
    """What goes on beside a dump, table by table. look: called when a table's rows were read and the view still holds it, may raise; let_go: lets the
    view go of it, so that nobody has to wait for the end (snapshot.let_go). tables: filled with each one's proof, in the same view; altered: with the
    labels of those that were altered at the server after their turn."""

    look: Callable[[Table], None] = lambda _table: None
    let_go: Callable[[], None] = lambda: None
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    altered: list[str] = field(default_factory=list)

    def read(self, conn: Any, table: Table) -> None:
        """A table's turn is over."""
        self.tables[table.label] = _proof(conn, table)
        self.look(table)
        self.let_go()


def counted(conn: Any, schemas: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Rows and checksum of every table: {"schema.table": {rows, digest, total, counted}}. counted: a mark of how it was counted, so that
    two sums are compared only when they were made in the same way."""
    tables = describe(conn, schemas)
    refuse_too_wide(tables.values(), conn)
    return {label: _counted(conn, table) for label, table in tables.items()}


def proof(conn: Any, schemas: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The same for a backup: a table with documents that are more than their text has besides as_text {digest, total, documents {column:
    rows}}, what it will be when it was loaded."""
    tables = describe(conn, schemas)
    refuse_too_wide(tables.values(), conn)
    return {label: _proof(conn, table) for label, table in tables.items()}


def _counted(conn: Any, table: Table) -> dict[str, Any]:
    sql, values = checksum_sql(Chunk(table))
    row = query(conn, sql, values, doing=f"add up {table.label}")[0]
    return {"rows": int(row["n"]), "digest": row["digest"], "total": row.get("total"), "counted": hashlib.sha256(sql.encode()).hexdigest()[:16]}


def _proof(conn: Any, table: Table) -> dict[str, Any]:
    found = _counted(conn, table)
    if documents := more_than_text(conn, table):
        sql, values = checksum_sql(Chunk(table))
        row = query(conn, sql.replace(f"FROM {table.quoted} ", f"FROM {as_text_sql(table)} ", 1), values,
                    doing=f"add up {table.label} as its text")[0]
        found["as_text"] = {"digest": row["digest"], "total": row.get("total"), "documents": documents}
    return found


def about_bytes(conn: Any, schemas: Sequence[str]) -> int:
    """As the server guesses of its tables; a dump that is packed is mostly smaller. Raises DatabaseFault."""
    marks = ", ".join(["%s"] * len(schemas))
    return int(value(conn, f"SELECT COALESCE(SUM(data_length), 0) FROM information_schema.tables WHERE table_schema IN ({marks})", schemas,
                     doing="ask how large the tables are"))


def dump(conn: Any, schemas: Sequence[str], beside: Beside | None = None) -> Iterator[bytes]:
    """The schemas as SQL text. conn: a raw connection inside a consistent view. Raises DatabaseFault, Fault, and what `beside` raises."""
    refuse_unmakable(conn, schemas, "back up")
    refuse_lost(conn, schemas, "back up")
    refuse_other_engines(conn, schemas, "back up")
    if beside:
        refuse_too_wide(describe(conn, schemas).values(), conn)
        beside.let_go()
    yield f"-- a logical backup of {', '.join(schemas)}\nDELIMITER {DELIMITER}\n".encode()
    yield from (_statement(f"SET {setting}") for setting in SETTINGS)
    tables, packet = describe(conn, schemas), int(value(conn, "SELECT @@max_allowed_packet"))
    last = list(_made_last(conn, schemas))
    if other := sorted({*tables} ^ {*describe(conn, schemas)}):
        raise Fault("back up", ", ".join(other), left="They came or went while it was read how views, routines and triggers are built. No row was "
                    "read, and the backup does not count.", then="Run again when the migration is over.")
    if beside:
        beside.let_go()
    built: dict[Table, str] = {}
    for schema in schemas:
        like = query(conn, "SELECT default_character_set_name AS cs, default_collation_name AS co FROM information_schema.schemata "
                           "WHERE schema_name = %s", (schema,))
        if not like:
            raise Fault("back up the schema", schema, left="The server has no such schema.", then="Create it, or leave it out.")
        yield _statement(f"CREATE DATABASE IF NOT EXISTS {quoted(schema)} CHARACTER SET {like[0]['cs']} COLLATE {like[0]['co']}")
        yield _statement(f"USE {quoted(schema)}")
        for table in (each for each in tables.values() if each.schema == schema):      # those of one look: one that came since is no part of it
            built[table] = _created(conn, "TABLE", schema, table.name)["Create Table"]
            yield _statement(built[table])
            yield from map(_statement, inserts(conn, table, packet))
            if beside:
                beside.read(conn, table)
    yield from last
    if beside:
        beside.altered += [table.label for table, statement in built.items() if not _stands(conn, table, statement)]
    yield f"{END}\n".encode()


def _made_last(conn: Any, schemas: Sequence[str]) -> Iterator[bytes]:
    """The statements that make what stands on the tables."""
    views = [(schema, name) for schema in schemas for name in _names(conn, schema, f"{TABLES} 'VIEW'")]
    for schema in schemas:              # before the views, which may call them
        yield from _programs(conn, schema, "FUNCTION", f"{ROUTINES} 'FUNCTION'")
        yield from _programs(conn, schema, "PROCEDURE", f"{ROUTINES} 'PROCEDURE'")
    for schema, name in _in_order(conn, views):
        yield _statement(f"USE {quoted(schema)}")
        view = _created(conn, "VIEW", schema, name)
        yield _statement(f"SET SESSION collation_connection = '{view['collation_connection']}'")
        yield _statement(_nobodys(view["Create View"]))
    yield _statement(f"SET {CHARSET}")
    for schema in schemas:
        yield from _programs(conn, schema, "TRIGGER", "SELECT trigger_name AS name FROM information_schema.triggers WHERE trigger_schema = %s "
                             "ORDER BY event_object_table, action_timing, event_manipulation, action_order")
        yield from _programs(conn, schema, "EVENT", "SELECT event_name AS name FROM information_schema.events WHERE event_schema = %s")


def _stands(conn: Any, table: Table, statement: str) -> bool:
    """Whether a table is still built as it was when it was dumped."""
    try:
        return comparable(_created(conn, "TABLE", table.schema, table.name)["Create Table"]) == comparable(statement)
    except DatabaseFault as fault:
        if fault.code not in _GONE:
            raise
        return False


def load(conn: Any, text: Iterable[bytes]) -> int:
    """Run a logical backup against an empty server; how many statements. Raises Fault when it is cut short, DatabaseFault."""
    count, ended = 0, False
    for statement in statements(text):
        if statement == END.removesuffix(f" {DELIMITER}"):
            ended = True
        else:
            execute(conn, statement, doing=f"load the backup, at {_head(statement)!r},")
            count += 1
    if not ended:
        raise Fault("load the backup", left=f"It breaks off after {count} statements; the new instance holds part of it.",
                    then="Remove that instance and use another backup.")
    return count


def _head(statement: str) -> str:
    """Which statement it is, for messages that others may read too: no value of a row. Those of a wide row begin with one (SET @dr1 = ...)."""
    return statement.split(" =" if statement.startswith("SET @") else "(", maxsplit=1)[0][:80].strip()


def statements(text: Iterable[bytes]) -> Iterator[str]:
    """The statements of a backup, without comments in front and without delimiters."""
    held: list[str] = []
    for line in _lines(text):
        if not held and (line.startswith("DELIMITER ") or (line.startswith("-- ") and not line.endswith(DELIMITER)) or not line):
            continue
        if line.endswith(f" {DELIMITER}"):
            yield "\n".join([*held, line.removesuffix(f" {DELIMITER}")])
            held = []
        else:
            held.append(line)
    if held:
        raise Fault("load the backup", left="It breaks off inside a statement.", then="Use another backup.")


def _lines(text: Iterable[bytes]) -> Iterator[str]:
    rest = b""
    for block in text:
        *lines, rest = (rest + block).split(b"\n")
        yield from (line.decode("utf-8") for line in lines)
    if rest:
        yield rest.decode("utf-8")


def _statement(sql: str) -> bytes:
    """Raises Fault for what would end before its end: values hold no line breaks, what somebody wrote may."""
    if f" {DELIMITER}\n" in f"{sql}\n":
        raise Fault("back up", repr(sql[:80]), left=f"A line of it ends in {DELIMITER}, by which a dump's statements end; the backup does not count.",
                    then="Take that out of its text.")
    return f"{sql} {DELIMITER}\n".encode()


def _nobodys(created: str) -> str:
    """A CREATE statement without its DEFINER, which stands in front of the name and so before anything somebody wrote."""
    return _DEFINER.sub("", created, count=1)


def _created(conn: Any, kind: str, schema: str, name: str) -> dict[str, Any]:
    return query(conn, f"SHOW CREATE {kind} {quote(schema)}.{quote(name)}", (), doing=f"read how {schema}.{name} is built")[0]


def _in_order(conn: Any, views: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Views after those they stand on."""
    uses: dict[tuple[str, str], set[tuple[str, str]]] = {view: set() for view in views}
    if views:
        for row in query(conn, "SELECT view_schema AS vs, view_name AS vn, table_schema AS ts, table_name AS tn "
                               "FROM information_schema.view_table_usage"):
            if (row["vs"], row["vn"]) in uses and (row["ts"], row["tn"]) in uses:
                uses[row["vs"], row["vn"]].add((row["ts"], row["tn"]))
    ordered: list[tuple[str, str]] = []
    while len(ordered) < len(uses):
        ready = [view for view in uses if view not in ordered and uses[view] <= set(ordered)]
        ordered += ready or [view for view in uses if view not in ordered]
    return ordered


def _names(conn: Any, schema: str, sql: str) -> list[str]:
    return [str(row["name"]) for row in query(conn, sql, (schema,), doing=f"read what {schema} holds")]


def _programs(conn: Any, schema: str, kind: str, sql: str) -> Iterator[bytes]:
    """Functions, procedures, triggers or events of a schema, each under the mode and collation it was created under: what its texts are equal to."""
    yield _statement(f"USE {quoted(schema)}")
    for name in _names(conn, schema, sql):
        built = _created(conn, kind, schema, name)
        text = built["SQL Original Statement"] if kind == "TRIGGER" else built[f"Create {kind.title()}"]
        if not text:
            raise Fault("back up", f"{kind.lower()} {schema}.{name}", left="This account may not read how it is built; the backup does not count.",
                        then="Give the account SELECT on *.*, or SHOW_ROUTINE.")
        yield _statement(f"SET SESSION sql_mode = '{built['sql_mode']}', collation_connection = '{built['collation_connection']}'")
        if kind == "EVENT":
            yield _statement(f"SET SESSION time_zone = '{_zone(conn, built['time_zone'])}'")
        yield _statement(_at_rest(_nobodys(str(text))) if kind == "EVENT" else _nobodys(str(text)))
    yield from (_statement(f"SET {setting}") for setting in (CHARSET, f"SESSION sql_mode = '{MODES}'", "SESSION time_zone = '+00:00'"))


def _zone(conn: Any, zone: str) -> str:
    """What an event's times and its statements are in, on whichever server."""
    if zone != "SYSTEM":
        return zone
    minutes = int(query(conn, "SELECT TIMESTAMPDIFF(MINUTE, UTC_TIMESTAMP(), CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', 'SYSTEM')) AS n")[0]["n"])
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _at_rest(created: str) -> str:
    """A CREATE EVENT that runs nothing when it is loaded, and loads whenever that is."""
    found = _EVENT.match(created)
    if not found:
        raise Fault("back up the event", created[:80], left="Its definition is not understood, so it could not be kept from running when it "
                    "is loaded; the backup does not count.", then="Drop that event, or report this.")
    begin, schedule, on, stays = found.groups()
    if schedule.startswith("AT ") or " ENDS " in schedule:
        stays = "PRESERVE"
    return f"{begin}{schedule}{on}{stays} DISABLE{created[found.end():]}"
