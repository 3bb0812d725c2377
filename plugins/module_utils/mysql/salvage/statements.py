# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a statement in a log may have done that no row beside it tells of. Pure.

By words and names alone, so rather once too often and one table too many: that costs a decision of people, not a row.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from ..sync.tables import Table

# What is quoted stays, whatever looks like a comment in it; a comment goes, except the mark of one that MySQL runs.
_LEXEME = re.compile(r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`]|``)*`|/\*!\d*|/\*.*?\*/|\*/|--(?=\s|\Z)[^\n]*|#[^\n]*""", re.S)
_WORDLESS = re.compile(r"(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE\s+SAVEPOINT|XA\s+(START|BEGIN|END))\b", re.I)
_UNMADE = re.compile(r"(ALTER|DROP|RENAME|TRUNCATE)\b(?:\s+TEMPORARY\b)?(?:\s+(TABLES?|DATABASE|SCHEMA)\b)?", re.I)
# Of an ALTER: whole partitions, tables or columns that come or go with all that is in them, or values that become others.
_MOVED = re.compile(r"\bRENAME\s+(?!(?:COLUMN|INDEX|KEY)\b)|\b(?:TRUNCATE|EXCHANGE|DISCARD|IMPORT|MODIFY|CHANGE|CONVERT)\b|"
                    r"\bDROP\s+(?!(?:INDEX|KEY|PRIMARY|FOREIGN|CHECK|CONSTRAINT|DEFAULT)\b)", re.I)
UNMADE = frozenset({"altered", "moved", "emptied"})
_ROWS = re.compile(r"(INSERT|REPLACE|UPDATE|DELETE|LOAD|WITH|CALL|DO|SELECT)\b", re.I)


def unmakes(sql: str, default_schema: str, tables: Mapping[str, Table]) -> Iterator[tuple[str, str]]:
    """(label, kind) of tables that a statement in the log may have built differently (altered), built so that rows came, went or became others
    without a word about them (moved), or emptied likewise."""
    text = _plain(sql)
    found = _UNMADE.match(text)
    if not found or (found[1].upper() != "TRUNCATE" and not found[2]):
        return
    altered = found[1].upper() == "ALTER"
    kind = "emptied" if not altered else "moved" if _MOVED.search(text) else "altered"
    for label, table in tables.items():
        if (found[2] or "").upper() in ("DATABASE", "SCHEMA"):
            if not altered and _names(text, table.schema):
                yield label, kind
        elif _names(text, table.name) and (default_schema == table.schema or _names(text, table.schema)):
            yield label, kind


def stated(sql: str, default_schema: str, tables: Mapping[str, Table]) -> Iterator[str]:
    """Labels of tables whose rows a statement in the log may have changed, where others log the rows (binlog_format ROW): all of the schemas it is
    about, for triggers and cascades lead from one to the next."""
    text = _plain(sql).lstrip("(")
    if _ROWS.match(text):
        yield from (label for label, table in tables.items() if default_schema == table.schema or _names(text, table.schema))


def beyond_rows(sql: str, default_schema: str, schemas: Collection[str]) -> bool:
    """Whether a statement in the log may have done something to these schemas that no row event beside it tells: it built a table, say, or
    committed what was prepared long before. Then rows are compared."""
    text = _plain(sql)
    if not text or _WORDLESS.match(text):
        return False
    return text[:2].upper() == "XA" or default_schema in schemas or any(_names(text, schema) for schema in schemas)


def _plain(sql: str) -> str:
    """The statement as MySQL runs it, without comments."""
    return _LEXEME.sub(lambda found: found[0] if found[0][0] in "'\"`" else " ", sql).strip()


def _names(text: str, name: str) -> bool:
    return bool(re.search(rf"(?<![\w$]){re.escape(name.replace('`', '``'))}(?![\w$])", text, re.I))
