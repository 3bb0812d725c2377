# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Expressions of tables that SHOW CREATE TABLE does not give back: a table made from it would check, compute or index by another text.

MySQL keeps an expression in the bytes of the client that wrote it and shows it as if they were UTF-8 of three bytes at most: a question mark stands
for what is not, such as the Korean of a client that speaks EUC-KR, or an emoji of anybody's. information_schema has the bytes, each as one letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from ...faults import Fault
from ..connection import query
from .tables import quote

_ASKED = (
    "SELECT t.table_schema AS s, t.table_name AS t, CONCAT('CHECK ', t.constraint_name) AS n, c.check_clause AS e "
    "FROM information_schema.table_constraints AS t JOIN information_schema.check_constraints AS c "
    "ON c.constraint_schema = t.constraint_schema AND c.constraint_name = t.constraint_name "
    "WHERE t.constraint_type = 'CHECK' AND t.table_schema IN ({marks})",
    "SELECT table_schema AS s, table_name AS t, CONCAT('column ', column_name) AS n, generation_expression AS e "
    "FROM information_schema.columns WHERE generation_expression <> '' AND table_schema IN ({marks})",
    "SELECT table_schema AS s, table_name AS t, CONCAT('default of ', column_name) AS n, column_default AS e "
    "FROM information_schema.columns WHERE extra LIKE '%%DEFAULT_GENERATED%%' AND table_schema IN ({marks})",
    "SELECT table_schema AS s, table_name AS t, CONCAT('index ', index_name) AS n, expression AS e "
    "FROM information_schema.statistics WHERE expression IS NOT NULL AND table_schema IN ({marks})")
_TEXT = re.compile(r"_\w+'(?:[^'\\]|\\.)*'", re.S)


def refuse_lost(conn: Any, schemas: Sequence[str], doing: str) -> None:
    """Raises Fault, with every such expression by name; DatabaseFault."""
    if lost := sorted(_lost(conn, schemas)):
        raise Fault(doing, "what MySQL does not tell any more:\n  " + "\n  ".join(lost), left="SHOW CREATE TABLE has a question mark for letters "
                    "that are in these, and a table made from it would let in or compute something else. Nothing was begun.",
                    then="Make each anew by a client that speaks utf8mb4, with emoji written as CONVERT(0xF09F8EAB USING utf8mb4).")


def _lost(conn: Any, schemas: Sequence[str]) -> Iterator[str]:
    marks = ", ".join(["%s"] * len(schemas))
    built: dict[tuple[str, str], str] = {}
    for asked in _ASKED:
        for row in query(conn, asked.format(marks=marks), schemas, doing="read the expressions of tables"):
            told, place = str(row["e"]), (str(row["s"]), str(row["t"]))
            if told.isascii():
                continue
            if place not in built:
                made = query(conn, f"SHOW CREATE TABLE {quote(place[0])}.{quote(place[1])}", (), doing=f"read how {'.'.join(place)} is built")
                built[place] = str(made[0]["Create Table"])
            if not kept(told, built[place]):
                yield f"{'.'.join(place)}: {row['n']}"


def kept(told: str, built: str) -> bool:
    """Whether SHOW CREATE TABLE has all of an expression. told: as information_schema has it."""
    plain = re.sub(r"\\(.)", r"\1", told, flags=re.S)
    if plain in built or _as_utf8(plain) in built:
        return True
    # Some it shows in UTF-8 although they are kept in something else: those have letters where the others have question marks.
    pattern, at = "", 0
    for text in _TEXT.finditer(plain):
        if not text[0].isascii():
            pattern += re.escape(_as_utf8(plain[at:text.start()])) + r"_\w+'[^'?]+'"
            at = text.end()
    return at > 0 and bool(re.search(pattern + re.escape(_as_utf8(plain[at:])), built))


def _as_utf8(told: str) -> str:
    try:
        return told.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return told
