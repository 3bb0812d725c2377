# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""JSON documents that are more than their text: SQL puts dates, times, bytes and long decimals into them, and their text reads back as others.

Nobody can write such a document from its text (mysqldump cannot either), so it is told apart in checksums and refused where it would
have to be written. All others are alike when their texts, read back, are: 1.5 is 1.50, DECIMAL or DOUBLE. (1 is not 1.0, which MySQL's own =
takes for one: an UPDATE from one to the other changes nothing, see writing.)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...faults import Fault
from ..connection import query
from .tables import Table, quote

# Every value of a document in its order, with its kind; numbers are of one kind. Names that no column of anybody's has.
_KINDS = ("(SELECT BIT_XOR(CAST(CONV(LEFT(SHA2(CONCAT(`dr n`, ':', IF(JSON_TYPE(`dr v`) IN ('DECIMAL', 'DOUBLE', 'INTEGER', 'UNSIGNED INTEGER'), "
          "'NUMBER', JSON_TYPE(`dr v`))), 256), 16), 16, 10) AS UNSIGNED)) FROM JSON_TABLE(JSON_ARRAY(JSON_EXTRACT({0}, '$', '$**.*', '$**[*]')), "
          "'$[0][*]' COLUMNS (`dr n` FOR ORDINALITY, `dr v` JSON PATH '$')) AS `dr x`)")


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
    names = [column.name for column in table.stored if column.type == "json"]
    if not names:
        return {}
    counts = ", ".join(f"COALESCE(SUM(NOT ({plain_sql(quote(name))})), 0) AS c{number}" for number, name in enumerate(names))
    row = query(conn, f"SELECT {counts} FROM {table.quoted}", (), doing=f"look into the documents of {table.label}")[0]
    return {name: int(count) for name, count in zip(names, row.values(), strict=True) if int(count)}


def refuse_more_than_text(conn: Any, tables: Iterable[Table]) -> None:
    """For whoever is to write these tables anew. Raises Fault, naming every column with such documents; DatabaseFault."""
    found = [f"{table.label}.{name}: {count} rows" for table in tables for name, count in more_than_text(conn, table).items()]
    if found:
        raise Fault("copy JSON documents", ", ".join(found), left="They hold dates, times, bytes or long decimals, which SQL put there and "
                    "their text does not tell: written anew they would be other documents. Nothing was copied.",
                    then="Turn them into what their text says, at the source: UPDATE t SET c = CAST(CAST(c AS CHAR) AS JSON).")


def as_text_sql(table: Table) -> str:
    """The table as it will be once it was written anew from its documents' texts, to be read FROM."""
    columns = ", ".join(f"{_read_back(quote(column.name))} AS {quote(column.name)}" if column.type == "json" else quote(column.name)
                        for column in table.columns)
    return f"(SELECT {columns} FROM {table.quoted}) AS `dr as text`"


def _read_back(name: str) -> str:
    return f"CAST(CAST({name} AS CHAR) AS JSON)"
