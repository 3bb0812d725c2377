# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Moving one block of lines: out of a view of the source, into a table of the target.

MySQL's client protocol lets the *server* name the file that a LOAD DATA LOCAL sends, and PyMySQL would open whatever it names. Here the
packets are sent by hand: a server that asks for another file gets rows, nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ...faults import Fault
from ..connection import DatabaseError, DatabaseFault, execute, lasting, query
from . import lines
from .chunks import Chunk
from .lines import Into
from .pair import prepared
from .tables import Table

BLOCK_BYTES = 4 << 20           # what a block should have
BLOCK_LIMIT = 15 << 20          # what the source may make of one: a packet of the protocol ends at 16 MiB
PACKET = 1 << 20
_DUPLICATE = 1062
FILES_REFUSED = frozenset({1148, 3948})         # LOAD DATA LOCAL is not allowed on this server

_COUNTS = re.compile(rb"(Records|Deleted|Skipped|Warnings): +(\d+)")


class NotTaken(Fault):
    """The target did not take rows as they are: it altered a value, or another of its rows holds what must be unique."""


@dataclass(frozen=True)
class Block:
    """Some rows of a table as lines. zeros: see lines.block_sql."""

    rows: int
    zeros: int
    lines: bytes


def prepare_view(view: Any) -> None:
    """Settings of a source connection that blocks are read from. Raises DatabaseFault."""
    largest = int(query(view, "SELECT @@max_allowed_packet AS n")[0]["n"])
    prepared(view)
    for setting in (f"group_concat_max_len = {min(BLOCK_LIMIT, largest)}", "information_schema_stats_expiry = 0"):
        execute(view, f"SET SESSION {setting}", doing="prepare the source")


def prepare_target(into: Any) -> None:
    """Settings of a target connection that blocks are written to, and committed by the caller. Raises DatabaseFault.

    Values are what the source holds, allowed there or not (zero dates, 31 February), so no mode refuses them; `write` sees to it that
    none is altered either. Each read sees what is there now, whatever was read in the transaction before, and two workers whose chunks
    are neighbours lock no gap between them.
    """
    lasting(prepared(into))
    for setting in ("foreign_key_checks = 0", "unique_checks = 0", "autocommit = 0", "TRANSACTION ISOLATION LEVEL READ COMMITTED"):
        execute(into, f"SET SESSION {setting}", doing="prepare the target")


def read(view: Any, chunk: Chunk, into: Into) -> Block | None:
    """The rows of a chunk as the source wrote them; None when they are too long for one block. Raises DatabaseFault."""
    condition, values = chunk.condition()
    with _told("read rows", chunk.table), view.cursor() as cursor:
        cursor.execute(lines.block_sql(chunk.table, condition, into), tuple(values))
        [(count, zeros, block)] = cursor.fetchall()
        if cursor._result.warning_count:
            return None
    return Block(int(count), int(zeros), _bytes(block))


def stream(view: Any, chunk: Chunk, into: Into) -> Iterator[Block]:
    """The same rows one by one, joined into blocks here. For rows of megabytes, and for tables without a key to cut them by."""
    from pymysql.cursors import SSCursor  # here, because a host without the driver must get this far to be told so

    condition, values = chunk.condition()
    table = chunk.table
    enums = [number for number, column in enumerate(table.stored) if column.type == "enum"]
    with _told("read rows", table), _verbatim(view), view.cursor(SSCursor) as cursor:
        cursor.execute(f"SELECT {lines.cells_sql(table)} FROM {table.quoted} WHERE {condition}", tuple(values))
        held: list[bytes] = []
        size = zeros = 0
        while (row := cursor.fetchone()) is not None:
            held.append(lines.line(table, row, into))
            size += len(held[-1])
            zeros += sum(row[number] == b"0" for number in enums)
            if size >= BLOCK_BYTES:
                yield Block(len(held), zeros, lines.join(held, into))
                held, size, zeros = [], 0, 0
        if held:
            yield Block(len(held), zeros, lines.join(held, into))


def write(conn: Any, table: Table, block: Block, into: Into) -> None:
    """Add a block to the table, and make sure that no value was altered on the way.

    Raises DatabaseFault (code in FILES_REFUSED when the server takes no local files; nothing was written then), NotTaken, Fault.
    """
    if not block.rows:
        return
    with _told("write rows", table):
        if into is Into.FILE:
            written, warnings = _load(conn, lines.load_sql(table), block.lines)
        else:
            with conn.cursor() as cursor:
                written = cursor.execute(lines.insert_sql(table, block.lines))
                warnings = cursor._result.warning_count
    if written != block.rows or warnings != min(block.zeros, 0xFFFF):
        said = query(conn, "SHOW WARNINGS LIMIT 3")
        words = "; ".join(str(row["Message"]) for row in said) or f"{written} of {block.rows} rows were written"
        raise _not_taken(table, words)


def _not_taken(table: Table, words: str) -> NotTaken:
    return NotTaken("write rows", f"of {table.label} as they are", left=f"MySQL says: {words}. The target holds part of the rows.",
                    then="The target's settings, version or a constraint do not let it hold what the source holds; mend that, then run again.")


def _load(conn: Any, sql: str, data: bytes) -> tuple[int, int]:
    """Run LOAD DATA LOCAL and send `data`, whatever file the server asks for. Returns rows written and warnings."""
    from pymysql.constants import COMMAND
    from pymysql.protocol import OKPacketWrapper

    conn._execute_command(COMMAND.COM_QUERY, sql)
    asked = conn._read_packet()
    if not asked.is_load_local_packet():
        raise Fault("write rows", "with LOAD DATA LOCAL", left="The server did not ask for the rows.", then="Is there a proxy in between?")
    view = memoryview(data)
    for start in range(0, len(data), PACKET):
        conn.write_packet(bytes(view[start:start + PACKET]))
    conn.write_packet(b"")
    answer = OKPacketWrapper(conn._read_packet())
    counts = {name: int(number) for name, number in _COUNTS.findall(answer.message)}
    return counts[b"Records"] - counts[b"Skipped"], min(counts[b"Warnings"], 0xFFFF)


@contextmanager
def _verbatim(view: Any) -> Iterator[None]:
    """Text as the bytes of its column's character set, instead of utf8mb4 made into str."""
    before = view.use_unicode
    execute(view, "SET SESSION character_set_results = NULL")
    view.use_unicode = False
    try:
        yield
    finally:
        view.use_unicode = before
        if view.open:
            execute(view, "SET SESSION character_set_results = utf8mb4")


@contextmanager
def _told(doing: str, table: Table) -> Iterator[None]:
    try:
        yield
    except DatabaseFault:
        raise
    except (DatabaseError, OSError) as error:
        if error.args[:1] == (_DUPLICATE,):         # what a file's lines are skipped for, with a warning
            raise _not_taken(table, str(error.args[1])) from error
        raise DatabaseFault(doing, f"of {table.label}", error, left="The target holds part of the rows.",
                            then="Run again: rows that have arrived are kept.") from error


def _bytes(value: str | bytes | None) -> bytes:
    return value.encode() if isinstance(value, str) else value or b""
