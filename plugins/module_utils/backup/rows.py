# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A table's rows as INSERT statements that any client can send and any server takes.

Values are written so that nothing is lost on the way: text of UTF-8 as it is, other text and bytes in hexadecimal, FLOAT with all its digits,
ENUM, SET and BIT as their number. One row is held at a time. No statement comes near to what the mysql client sends (16 MiB, unless told
otherwise) or to max_allowed_packet: the long values of a wide row are put together on the server first, piece by piece in variables of the
session. So a value comes back if max_allowed_packet is not shorter than itself; where it is, loading stops instead of leaving NULL
in its place, and the backup of a server that could not take its own value again is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from ..faults import Fault
from ..mysql.connection import DatabaseError, DatabaseFault
from ..mysql.sync.encoding import LONG
from ..mysql.sync.keys import shown
from ..mysql.sync.rows import exact_columns
from ..mysql.sync.tables import AS_NUMBER, Column, Table, quote

BATCH_ROWS = 500
BATCH_BYTES = 1 << 19
WIDE_BYTES = 4 << 20            # of a row as it is; as SQL it is up to twice as long
PIECE_BYTES = 4 << 20
ASIDE_BYTES = 1 << 10           # what a value of a wide row may have within its INSERT: there may be a thousand of them
UTF8 = frozenset({"utf8mb4", "utf8mb3", "utf8", "ascii"})
TOO_LONG = "a value is longer than max_allowed_packet of this server"
_SIZED = LONG - {"json", "vector", "tinytext", "tinyblob"}      # the proof sees to documents, the others are short


def name(identifier: str) -> str:
    """An identifier in backquotes, for text that the driver does not format."""
    return "`" + identifier.replace("`", "``") + "`"


def inserts(conn: Any, table: Table, packet: int) -> Iterator[str]:
    """The statements, each on one line. packet: the server's max_allowed_packet. Raises DatabaseFault, Fault."""
    from pymysql.cursors import SSCursor

    sized = [column.name for column in table.stored if column.type in _SIZED]
    columns = ", ".join((exact_columns(table), *(f"LENGTH({quote(column)})" for column in sized)))
    order = f" ORDER BY {', '.join(quote(column) for column in table.key)}" if table.key else ""
    head = f"INSERT INTO {name(table.name)} ({', '.join(name(column.name) for column in table.stored)}) VALUES "
    held: list[str] = []
    size = 0
    try:
        with conn.cursor(SSCursor) as cursor:
            cursor.execute(f"SELECT {columns} FROM {table.quoted}{order}", ())
            while (row := cursor.fetchone()) is not None:
                values = row[:len(table.stored)]
                _refuse_longer(table, values, dict(zip(sized, row[len(table.stored):], strict=True)), packet)
                if sum(len(value) for value in values if isinstance(value, (bytes, str))) > WIDE_BYTES:
                    if held:
                        yield head + ",".join(held)
                        held, size = [], 0
                    yield from _wide(table, values, head)
                    continue
                held.append("(" + ",".join(literal(column, value) for column, value in zip(table.stored, values, strict=True)) + ")")
                size += len(held[-1])
                if len(held) >= BATCH_ROWS or size >= BATCH_BYTES:
                    yield head + ",".join(held)
                    held, size = [], 0
    except DatabaseError as error:
        raise DatabaseFault("read rows", f"of {table.label}", error, left="The backup is not finished and does not count.",
                            then="Run again.") from error
    if held:
        yield head + ",".join(held)


def literal(column: Column, value: Any) -> str:
    """A value as SQL text."""
    if value is None:
        return "NULL"
    if column.type in AS_NUMBER:
        return str(int(value))
    if isinstance(value, bytes) and (column.type == "json" or column.charset in UTF8):
        with suppress(UnicodeDecodeError):
            value = value.decode()
    if isinstance(value, bytes):
        return f"_{column.charset} X'{value.hex()}'" if column.charset else f"X'{value.hex()}'" if value else "''"
    text = str(value)
    for raw, escaped in (("\\", "\\\\"), ("'", "\\'"), ("\0", "\\0"), ("\n", "\\n"), ("\r", "\\r"), ("\x1a", "\\Z")):
        text = text.replace(raw, escaped)
    return f"'{text}'"


def _wide(table: Table, values: Sequence[Any], head: str) -> Iterator[str]:
    """The statements that bring one wide row."""
    written: list[str] = []
    made: list[str] = []
    for column, value in zip(table.stored, values, strict=True):
        if not isinstance(value, bytes) or len(value) <= ASIDE_BYTES:
            written.append(literal(column, value))
            continue
        made.append(variable := f"@dr{len(made) + 1}")
        yield f"SET {variable} = X'{value[:PIECE_BYTES].hex()}'"
        for begin in range(PIECE_BYTES, len(value), PIECE_BYTES):
            yield f"SET {variable} = CONCAT({variable}, X'{value[begin:begin + PIECE_BYTES].hex()}')"
        # What CONCAT cannot hold is NULL with a warning; the words of this error say what is wrong, in every client.
        yield f"SET {variable} = IF(LENGTH({variable}) <=> {len(value)}, {variable}, UUID_TO_BIN('{TOO_LONG}'))"
        charset = "utf8mb4" if column.type == "json" else column.charset
        written.append(f"CONVERT({variable} USING {charset})" if charset else variable)
    yield f"{head}({','.join(written)})"
    if made:
        yield f"SET {', '.join(f'{variable} = NULL' for variable in made)}"


def _refuse_longer(table: Table, values: Sequence[Any], sizes: dict[str, Any], packet: int) -> None:
    """A value can be longer than any statement brings it back: it came while max_allowed_packet was larger, or by replication."""
    longer = {column: int(size) for column, size in sizes.items() if size is not None and int(size) > packet}
    if longer:
        row = dict(zip((column.name for column in table.stored), values, strict=True))
        key = shown(table, tuple(row.get(column) for column in table.key))
        raise Fault("back up", f"{table.label} ({', '.join(f'{column} = {part}' for column, part in key.items()) or 'a row'})",
                    left=f"{', '.join(f'{column} has {size} bytes' for column, size in longer.items())}, and max_allowed_packet is {packet}: no "
                    "statement could bring that back. The backup does not count.",
                    then="Raise max_allowed_packet on both servers (parameter groups; a GiB at most), then run again.")
