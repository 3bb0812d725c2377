# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""JSON documents that are more than their text: SQL puts dates, times, bytes and long decimals into them, and their text reads back as others.

Nobody can write such a document from its text (mysqldump cannot either), so it is told apart in checksums and refused where it would
have to be written. All others are alike when their texts, read back, are: 1.5 is 1.50, DECIMAL or DOUBLE. (1 is not 1.0, which MySQL's own =
takes for one: an UPDATE from one to the other changes nothing, see writing.) One whose text is longer than max_allowed_packet has none, and is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from ...faults import Fault
from ..connection import DatabaseFault, query, where
from .tables import Table, quote

# Every value of a document in its order, with its kind; numbers are of one kind. Names that no column of anybody's has.
_KINDS = ("(SELECT BIT_XOR(CAST(CONV(LEFT(SHA2(CONCAT(`dr n`, ':', IF(JSON_TYPE(`dr v`) IN ('DECIMAL', 'DOUBLE', 'INTEGER', 'UNSIGNED INTEGER'), "
          "'NUMBER', JSON_TYPE(`dr v`))), 256), 16), 16, 10) AS UNSIGNED)) FROM JSON_TABLE(JSON_ARRAY(JSON_EXTRACT({0}, '$', '$**.*', '$**[*]')), "
          "'$[0][*]' COLUMNS (`dr n` FOR ORDINALITY, `dr v` JSON PATH '$')) AS `dr x`)")


_NO_DOCUMENT = 3141     # what MySQL says of reading back a text that it has cut to nothing


def digest_sql(name: str) -> str:
    """What only documents (of a quoted column) that are alike share: 64 hexadecimal digits, or as many, a plus and a number."""
    return (f"IF({plain_sql(name)}, SHA2(CAST({_read_back(name)} AS CHAR), 256), CONCAT(SHA2({name}, 256), '+', {_KINDS.format(name)}))")


def kinds_sql(name: str) -> str:
    """What the text of a document does not tell of it: '' for one that is its text, as nearly all are."""
    return f"IF({plain_sql(name)}, '', {_KINDS.format(name)})"


def plain_sql(name: str) -> str:
    """Whether a document is its text: read back, it is the same. NULL is NULL."""
    return f"{name} = {_read_back(name)}"


def more_than_text(conn: Any, table: Table) -> dict[str, int]:
    """{column: how many of its documents are more than their text}, of those that hold any. Raises DatabaseFault."""
    names = _columns(table)
    if not names:
        return {}
    counts = ", ".join(f"COALESCE(SUM(NOT ({plain_sql(quote(name))})), 0) AS c{number}" for number, name in enumerate(names))
    with too_long_named(table, conn):
        row = query(conn, f"SELECT {counts} FROM {table.quoted}", (), doing=f"look into the documents of {table.label}")[0]
    return {name: int(count) for name, count in zip(names, row.values(), strict=True) if int(count)}


def refuse_more_than_text(conn: Any, tables: Iterable[Table]) -> None:
    """For whoever is to write these tables anew. Raises Fault, naming every column with such documents; DatabaseFault."""
    found = [f"{table.label}.{name}: {count} rows" for table in tables for name, count in more_than_text(conn, table).items()]
    if found:
        raise Fault("copy JSON documents", ", ".join(found), left="They hold dates, times, bytes or long decimals, which SQL put there and "
                    "their text does not tell: written anew they would be other documents. Nothing was copied.",
                    then="Turn them into what their text says, at the source: UPDATE t SET c = CAST(CAST(c AS CHAR) AS JSON).")


@contextmanager
def too_long_named(table: Table, *conns: Any) -> Iterator[None]:
    """For a block that reads documents of this table on these connections: MySQL's word for one that is too long names neither column nor cause."""
    try:
        yield
    except DatabaseFault as fault:
        found = list(_too_long(table, conns)) if fault.code == _NO_DOCUMENT else []
        if not found:
            raise
        raise Fault("read JSON documents", "; ".join(found), answer=fault.answer, left="Their text is longer than max_allowed_packet, and documents "
                    "are read by their text. Nothing was written.",
                    then="Raise max_allowed_packet on both servers (parameter groups; a GiB at most), then run again.") from fault


def _too_long(table: Table, conns: Iterable[Any]) -> Iterator[str]:
    """The first document of each column that is, on each server."""
    key = ", ".join(quote(name) for name in table.key) or "'a row' AS `dr row`"
    for conn in conns:
        for name in _columns(table):
            asked = (f"SELECT @@max_allowed_packet AS `dr limit`, {key} FROM {table.quoted} "
                     f"WHERE NOT JSON_VALID(CAST({quote(name)} AS CHAR)) LIMIT 1")
            for row in query(conn, asked, (), doing=f"look into the documents of {table.label}"):
                limit, *values = row.values()
                yield f"{table.label}.{name} ({', '.join(map(str, values))}) at {where(conn)}, which takes {int(limit)} bytes"


def _columns(table: Table) -> list[str]:
    return [column.name for column in table.stored if column.type == "json"]


def as_text_sql(table: Table) -> str:
    """The table as it will be once it was written anew from its documents' texts, to be read FROM."""
    columns = ", ".join(f"{_read_back(quote(column.name))} AS {quote(column.name)}" if column.type == "json" else quote(column.name)
                        for column in table.columns)
    return f"(SELECT {columns} FROM {table.quoted}) AS `dr as text`"


def _read_back(name: str) -> str:
    return f"CAST(CAST({name} AS CHAR) AS JSON)"
