# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a statement in a log may have done that no row beside it tells of. Pure.

By words and names alone, so rather once too often and one table too many: that costs a decision of people, not a row.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from ..sync.tables import Table
from .said import Said

# What is quoted stays, whatever looks like a comment in it; a comment goes, except the mark of one that MySQL runs.
_LEXEME = re.compile(r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`]|``)*`|/\*!\d*|/\*.*?\*/|\*/|--(?=\s|\Z)[^\n]*|#[^\n]*""", re.S)
_WORDLESS = re.compile(r"(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE\s+SAVEPOINT|XA\s+(START|BEGIN|END))\b", re.I)
_UNMADE = re.compile(r"(ALTER|DROP|RENAME|TRUNCATE)\b(?:\s+TEMPORARY\b)?(?:\s+(TABLES?|DATABASE|SCHEMA)\b)?", re.I)
# Of an ALTER: whole partitions, tables or columns that come or go with all that is in them, or values that become others.
_MOVED = re.compile(r"\bRENAME\s+(?!(?:COLUMN|INDEX|KEY)\b)|\b(?:TRUNCATE|EXCHANGE|DISCARD|IMPORT|MODIFY|CHANGE|CONVERT)\b|"
                    r"\bDROP\s+(?!(?:INDEX|KEY|PRIMARY|FOREIGN|CHECK|CONSTRAINT|DEFAULT)\b)", re.I)
UNREAD = "unread"
UNMADE = frozenset({"altered", "moved", "emptied", UNREAD})
_ROWS = re.compile(r"(INSERT|REPLACE|UPDATE|DELETE|LOAD|WITH|CALL|DO|SELECT)\b", re.I)


def unmakes(said: Said, tables: Mapping[str, Table]) -> Iterator[tuple[str, str]]:
    """(label, kind) of tables that a statement in the log may have built differently (altered), built so that rows came, went or became others
    without a word about them (moved), or emptied likewise. UNREAD, of every one: it did so to some table, and nobody can read to which."""
    text = _plain(said)
    found = _UNMADE.match(text)
    if not found or (found[1].upper() != "TRUNCATE" and not found[2]):
        return
    altered = found[1].upper() == "ALTER"
    kind = UNREAD if not said.certain else "emptied" if not altered else "moved" if _MOVED.search(text) else "altered"
    for label, table in tables.items():
        if (found[2] or "").upper() in ("DATABASE", "SCHEMA"):
            if not altered and _names(said, text, table.schema):
                yield label, kind
        elif _names(said, text, table.name) and (said.schema == table.schema or _names(said, text, table.schema)):
            yield label, kind


def stated(said: Said, tables: Mapping[str, Table]) -> Iterator[str]:
    """Labels of tables whose rows a statement in the log may have changed, where others log the rows (binlog_format ROW): all of the schemas it is
    about, for triggers and cascades lead from one to the next."""
    text = _plain(said).lstrip("(")
    if _ROWS.match(text):
        yield from (label for label, table in tables.items() if said.schema == table.schema or _names(said, text, table.schema))


def beyond_rows(said: Said, schemas: Collection[str]) -> bool:
    """Whether a statement in the log may have done something to these schemas that no row event beside it tells: it built a table, say, or
    committed what was prepared long before. Then rows are compared."""
    text = _plain(said)
    if not text or _WORDLESS.match(text):
        return False
    return text[:2].upper() == "XA" or said.schema in schemas or any(_names(said, text, schema) for schema in schemas)


def _plain(said: Said) -> str:
    """The statement as MySQL runs it, without comments."""
    return _LEXEME.sub(lambda found: found[0] if found[0][0] in "'\"`" else " ", said.text).strip()


def _names(said: Said, text: str, name: str) -> bool:
    """text: of the statement, without comments."""
    if not said.certain or (not name.isascii() and name.encode() in said.raw):
        return True
    return bool(re.search(rf"(?<![\w$]){re.escape(name.replace('`', '``'))}(?![\w$])", text, re.I))
