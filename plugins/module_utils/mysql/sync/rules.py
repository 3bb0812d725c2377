# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a server makes of rows that are yet to come: column defaults, unique indexes, foreign keys, CHECK constraints, and the storage engine; and of
tables that are: the character set and collation that their schema gives them.

Two servers may hold the same rows and still not be alike: the one that lost a unique index sells a seat twice after it was promoted, and an engine
without transactions takes nothing back.
Such a difference keeps nobody from comparing or repairing rows, so it is named beside them. Constraints count by their names too: a
migration drops them by name. Indexes that are not unique, and triggers (the write gate's are where the writer may be), are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..connection import query
from .foreign import foreign_key_rows
from .tables import Table, plainly

NONE = "none"


@dataclass
class Rules:
    """Of one table. defaults: by column, NONE where there is none; others: by what they are ("unique index one_seat")."""

    defaults: dict[str, str] = field(default_factory=dict)
    others: dict[str, str] = field(default_factory=dict)


def rules(conn: Any, schemas: Sequence[str]) -> dict[str, Rules]:
    """Those of the tables of these schemas, by label. Raises DatabaseFault."""
    found: dict[str, Rules] = {}
    marks = ", ".join(["%s"] * len(schemas))

    def of(row: Mapping[str, Any]) -> Rules:
        return found.setdefault(f"{row['s']}.{row['t']}", Rules())

    for row in query(conn, (
            "SELECT table_schema AS s, table_name AS t, column_name AS c, column_default AS d, extra AS extra "
            f"FROM information_schema.columns WHERE table_schema IN ({marks})"), schemas, doing="read the defaults"):
        of(row).defaults[row["c"]] = _default(row["d"], row["extra"])
    for row in query(conn, (
            "SELECT table_schema AS s, table_name AS t, index_name AS i, column_name AS c, sub_part AS part, expression AS e, collation AS way "
            f"FROM information_schema.statistics WHERE table_schema IN ({marks}) AND non_unique = 0 "
            "ORDER BY table_schema, table_name, index_name, seq_in_index"), schemas, doing="read the unique indexes"):
        _append(of(row).others, "primary key" if row["i"] == "PRIMARY" else f"unique index {row['i']}", _part(row))
    for (schema, name, table), rows in foreign_key_rows(conn, schemas).items():
        first = rows[0]
        mine, its = (", ".join(row[column] for row in rows) for column in ("c", "pc"))
        of({"s": schema, "t": table}).others[f"foreign key {name}"] = (
            f"({mine}) to {first['ps']}.{first['pt']} ({its}) on update {first['u']} on delete {first['d']}")
    for row in query(conn, (
            "SELECT t.table_schema AS s, t.table_name AS t, t.constraint_name AS n, t.enforced AS e, c.check_clause AS c "
            "FROM information_schema.table_constraints AS t JOIN information_schema.check_constraints AS c "
            "ON c.constraint_schema = t.constraint_schema AND c.constraint_name = t.constraint_name "
            f"WHERE t.constraint_type = 'CHECK' AND t.table_schema IN ({marks})"), schemas, doing="read the constraints"):
        of(row).others[f"constraint {row['n']}"] = f"CHECK {row['c']}{'' if row['e'] == 'YES' else ' NOT ENFORCED'}"
    for row in query(conn, (
            "SELECT table_schema AS s, table_name AS t, engine AS e FROM information_schema.tables "
            f"WHERE table_type = 'BASE TABLE' AND table_schema IN ({marks})"), schemas, doing="read the storage engines"):
        of(row).others["storage engine"] = str(row["e"])
    return found


def rule_faults(table: Table, mine: Rules, theirs: Rules, *, same_key: bool = True) -> Iterator[str]:
    """What they disagree in, as sentences. A column that only one side has is somebody else's to name, and so is the primary key when
    rows are not told apart alike (`same_key`)."""
    for column in sorted({*mine.defaults} & {*theirs.defaults}):
        if mine.defaults[column] != theirs.defaults[column]:
            yield f"{table.label}.{column}: default {mine.defaults[column]} on the source, default {theirs.defaults[column]} on the target"
    for what in sorted({*mine.others, *theirs.others}):
        here, there = mine.others.get(what, "absent"), theirs.others.get(what, "absent")
        if here != there and (same_key or what != "primary key"):
            yield f"{table.label}: {what} {here} on the source, {there} on the target"


def schema_defaults(conn: Any) -> dict[str, str]:
    """Of every schema there is: the character set and collation of tables that name none. Raises DatabaseFault."""
    return {str(row["s"]): f"{plainly(row['cs'])} {plainly(row['co'])}" for row in query(conn, (
        "SELECT schema_name AS s, default_character_set_name AS cs, default_collation_name AS co FROM information_schema.schemata"),
        doing="read the schemas")}


def schema_faults(schemas: Sequence[str], mine: Mapping[str, str], theirs: Mapping[str, str]) -> Iterator[str]:
    """What they disagree in, as sentences: a CREATE TABLE that names no character set makes another table on the replica then. Of a schema that only
    one side has there is no more to say than of its tables."""
    for schema in sorted(schemas):
        if schema in mine and schema in theirs and mine[schema] != theirs[schema]:
            yield f"{schema}: default character set {mine[schema]} on the source, {theirs[schema]} on the target"


def _default(value: Any, extra: str) -> str:
    words = NONE if value is None else f"({value})" if "DEFAULT_GENERATED" in extra else f"'{value}'"
    _before, changed, how = extra.partition("on update ")
    return f"{words} {changed}{how}".rstrip()


def _part(row: Mapping[str, Any]) -> str:
    part = f"({row['e']})" if row["c"] is None else str(row["c"])
    return part + (f"({row['part']})" if row["part"] is not None else "") + (" DESC" if row["way"] == "D" else "")


def _append(others: dict[str, str], what: str, part: str) -> None:
    others[what] = f"{others[what][:-1]}, {part})" if what in others else f"({part})"
