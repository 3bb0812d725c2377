# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A row as one line that the target reads back to the byte. Pure text: nothing here opens a connection.

The source writes the lines itself, some ten thousand to a block (one GROUP_CONCAT), so Python moves blocks of megabytes and looks at no
row. A line is the row's values by commas: numbers as they are, all else in single quotes with a backslash before quotes and backslashes,
NULL as the bare word NULL. Read with "ENCLOSED BY '\\'' ESCAPED BY '\\\\'" a LOAD DATA line means exactly what an INSERT's row means, so the
same line serves both. No value is converted on its way: text goes as the bytes of its column's own character set (CAST ... AS BINARY,
CHARACTER SET binary), a FLOAT with all of its digits, BIT, ENUM and SET as their numbers (an ENUM's error value '' and a label '' are
two things), JSON as its text, spatial values as MySQL stores them. An INSERT's quoted values carry `_binary` in front for that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum

from .tables import Column, Table, quote

_TEXT = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext"})
_PLAIN = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "double", "year"})
_NUMBERED = frozenset({"bit", "enum", "set"})


class Into(Enum):
    """How rows get into the target; the value separates the lines of a block."""

    FILE = "\n"         # LOAD DATA LOCAL INFILE
    INSERT = "),("      # for a server that takes no local files


def block_sql(table: Table, condition: str, into: Into) -> str:
    """One row: n, the number of rows; zeros, how many ENUM cells hold the error value; lines, all rows that fulfil the condition.

    To be run with values, so a literal % is doubled. MySQL cuts what is too long and says so with a warning: a block that came with any
    warning must be thrown away.
    """
    separator = into.value.replace("\n", "\\n")
    lines = f"CONCAT_WS(',', {', '.join(_cell(column, into) for column in table.stored)})"
    return (f"SELECT COUNT(*) AS n, {zeros_sql(table)} AS zeros, GROUP_CONCAT(CAST({lines} AS BINARY) SEPARATOR '{separator}') AS `lines` "
            f"FROM {table.quoted} WHERE {condition}")


def zeros_sql(table: Table) -> str:
    """Every ENUM cell that holds the error value makes MySQL warn when it is written again, rightly: so they are counted."""
    counted = [f"COALESCE(SUM({quote(column.name)} + 0 = 0), 0)" for column in table.stored if column.type == "enum"]
    return " + ".join(counted) or "0"


def cells_sql(table: Table) -> str:
    """The same values, one by one, for rows that are too long for a block; `line` makes a line of them."""
    return ", ".join(_value(column) for column in table.stored)


def line(table: Table, row: Sequence[bytes | None], into: Into) -> bytes:
    """What the source would have written for this row, from the bytes of `cells_sql`."""
    cells = []
    for column, cell in zip(table.stored, row, strict=True):
        if cell is None:
            cells.append(b"NULL")
        elif column.type in _PLAIN or column.type in _NUMBERED or column.type == "float":
            cells.append(cell)
        else:
            quoted = b"'" + cell.replace(b"\\", b"\\\\").replace(b"'", b"\\'") + b"'"
            if into is Into.INSERT:
                quoted = _binary(column)[0].encode() + quoted + _binary(column)[1].encode()
            cells.append(quoted)
    return b",".join(cells)


def load_sql(table: Table) -> str:
    """The statement that reads lines. Whatever file it names, the caller sends the lines (loading.write)."""
    names, conversions = [], []
    for number, column in enumerate(table.stored):
        if column.type in _NUMBERED:
            conversions.append(f"{quote(column.name)} = CAST(@c{number} AS UNSIGNED)")
        elif column.type == "json":         # the lines are binary, and JSON is not made of binary
            conversions.append(f"{quote(column.name)} = CONVERT(@c{number} USING utf8mb4)")
        else:
            names.append(quote(column.name))
            continue
        names.append(f"@c{number}")
    told = f" SET {', '.join(conversions)}" if conversions else ""
    return (f"LOAD DATA LOCAL INFILE 'rows' INTO TABLE {table.quoted} CHARACTER SET binary FIELDS TERMINATED BY ',' ENCLOSED BY '\\'' "
            f"ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' ({', '.join(names)}){told}").replace("%%", "%")


def insert_sql(table: Table, lines: bytes) -> bytes:
    """The INSERT of a block of lines."""
    listed = ", ".join(quote(column.name) for column in table.stored).replace("%%", "%")
    return f"INSERT INTO {table.quoted.replace('%%', '%')} ({listed}) VALUES (".encode() + lines + b")"


def join(lines: Iterable[bytes], into: Into) -> bytes:
    """Lines as a block."""
    return into.value.encode().join(lines)


def _cell(column: Column, into: Into) -> str:
    """A column in a line of the source's making; never NULL, which CONCAT_WS would leave out without a word."""
    value = _value(column)
    if column.type in _PLAIN or column.type in _NUMBERED or column.type == "float":
        return f"IFNULL({value}, 'NULL')"
    if column.type in _TEXT or column.type == "json":
        value = f"CAST({value} AS BINARY)"
    before, after = _binary(column) if into is Into.INSERT else ("", "")
    # Not QUOTE(): from MySQL 9 on it makes text of bytes, and refuses those that are none.
    escaped = f"REPLACE(REPLACE({value}, '\\\\', '\\\\\\\\'), '\\'', '\\\\\\'')"
    return f"IFNULL(CONCAT('{before}\\'', {escaped}, '\\'{after}'), 'NULL')"


def _value(column: Column) -> str:
    name = quote(column.name)
    if column.type == "float":          # as it is, it shows six digits of itself
        return f"CAST({name} AS DOUBLE)"
    if column.type == "enum":
        return f"({name} + 0)"
    if column.type in ("set", "bit"):
        return f"CAST({name} AS UNSIGNED)"
    if column.type == "json":
        return f"CAST({name} AS CHAR CHARACTER SET utf8mb4)"
    if column.type == "vector":         # REPLACE takes none
        return f"UNHEX(HEX({name}))"
    return name


def _binary(column: Column) -> tuple[str, str]:
    """What stands before and after a quoted value in an INSERT, so that its bytes are taken as they are."""
    return ("CONVERT(_binary", " USING utf8mb4)") if column.type == "json" else ("_binary", "")
