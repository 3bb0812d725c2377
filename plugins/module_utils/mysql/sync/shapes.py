# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a table is built, as SHOW CREATE TABLE tells it, and which of its keys are better added when the rows are in. Pure text.

A key that is added to a full table is sorted once and written in order; one that is kept up row by row costs a search for each row
and reads pages from all over. On a million rows that is 0.6 s against 3 s (docs/figures).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

_NEXT = re.compile(r" AUTO_INCREMENT=(\d+)")
_COLUMN = re.compile(r"` \(`((?:[^`]|``)+)`")
_OLD = re.compile(r"(?<=CHARSET=)utf8\b|(?<=CHARACTER SET )utf8\b|(?<=COLLATE[ =])utf8(?=_)")        # the name of utf8mb3 before MySQL 8.0.30
_NAMED = re.compile(r"  `((?:[^`]|``)+)` (.*)")
_REFERS = re.compile(r"  CONSTRAINT `(?:[^`]|``)+` FOREIGN KEY \(.*?\) REFERENCES (?:`((?:[^`]|``)+)`\.)?`((?:[^`]|``)+)` \((.*?`)\)")
_NAME = re.compile(r"`((?:[^`]|``)+)`")
_TEXT = re.compile(r"'(?:[^'\\]|''|\\.)*'")          # a default, a comment, a member of an ENUM: what it says is not how the column is built


@dataclass(frozen=True)
class Shape:
    """full: the definition; lean: the same without `later`, the keys to be added at the end ("KEY `k` (`k`)")."""

    full: str
    lean: str
    later: tuple[str, ...] = ()

    def same(self, other: str) -> str | None:
        """Whether another SHOW CREATE TABLE tells of this table: "full", "lean", or None. Where its numbering stands does not matter."""
        told = comparable(other)
        return "full" if told == comparable(self.full) else "lean" if told == comparable(self.lean) else None

    @property
    def numbered_to(self) -> int | None:
        """The next AUTO_INCREMENT value, None where there is none yet."""
        found = _NEXT.search(self.full.rsplit("\n)", 1)[-1])
        return int(found[1]) if found else None


def shape(definition: str, referred: Collection[str] = ()) -> Shape:
    """Take SHOW CREATE TABLE apart. Keys that must be there from the start stay: the primary key, the one that numbers rows, FULLTEXT and
    SPATIAL ones, every key of a table that has foreign keys, and of one without a primary key (one of them orders its rows); and each that begins
    with one of the columns `referred`, to which foreign keys refer: MySQL makes none without the key on its other end, whatever is checked.
    """
    rows = definition.split("\n")
    named = (match for row in rows if (match := _NAMED.match(row)))
    numbers = next((match[1].replace("``", "`") for match in named if "AUTO_INCREMENT" in _TEXT.sub("''", match[2])), None)
    if not any(row.startswith("  PRIMARY KEY ") for row in rows) or any(re.match(r"  CONSTRAINT `.*` FOREIGN KEY ", row) for row in rows):
        return Shape(definition, definition)
    needed = {numbers.lower() if numbers else None, *(name.lower() for name in referred)}
    later = [row for row in rows if row.startswith(("  KEY `", "  UNIQUE KEY `")) and (_first_column(row) or "").lower() not in needed]
    if not later:
        return Shape(definition, definition)
    kept = [row for row in rows if row not in later]
    end = next(number for number, row in enumerate(kept) if row.startswith(")"))
    kept[end - 1] = kept[end - 1].removesuffix(",")
    return Shape(definition, "\n".join(kept), tuple(row.strip().removesuffix(",") for row in later))


def referred_to(definitions: Iterable[tuple[str, str]]) -> dict[tuple[str, str], set[str]]:
    """The columns that foreign keys refer to: {(schema, table), in small letters: columns}. definitions: (schema, SHOW CREATE TABLE) of every
    table that may have foreign keys. A key is written in its table's definition whether or not what it refers to is there."""
    found: dict[tuple[str, str], set[str]] = {}
    for within, definition in definitions:
        for row in definition.split("\n"):
            if match := _REFERS.match(row):
                schema, table = ((match[place] or within).replace("``", "`").lower() for place in (1, 2))
                found.setdefault((schema, table), set()).update(name.replace("``", "`") for name in _NAME.findall(match[3]))
    return found


def add_keys_sql(quoted: str, keys: Sequence[str]) -> str:
    """One ALTER for all of them: the rows are read once."""
    return f"ALTER TABLE {quoted} " + ", ".join(f"ADD {key}" for key in keys)


def comparable(definition: str) -> str:
    """A definition without the next AUTO_INCREMENT value, which is in the line of options that follows the last column or key, and without the
    character sets that collations imply, and with utf8mb3 by that name: a table made from SHOW CREATE TABLE names them where its model does not."""
    head, sep, tail = _OLD.sub("utf8mb3", definition).rpartition("\n)")
    return re.sub(r" CHARACTER SET \w+(?= COLLATE )", "", head + sep + _NEXT.sub("", tail, count=1) if sep else tail)


def _first_column(row: str) -> str | None:
    found = _COLUMN.search(row)
    return found[1].replace("``", "`") if found else None
