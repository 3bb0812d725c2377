# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Views that could not be made again elsewhere. MySQL keeps a view whose table is gone, and makes none: a copy or a restore would stop at it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ...faults import Fault
from ..connection import DatabaseFault, query
from .tables import quote

_GONE = frozenset({1049, 1054, 1146, 1305, 1356})       # a schema, column, table or function that is not there; any of them, inside a view
_CALL = re.compile(r"(?:`((?:[^`]|``)+)`\.)?`((?:[^`]|``)+)`\(")        # MySQL writes its own functions without backquotes
_EVERYWHERE = frozenset({"mysql", "sys", "information_schema", "performance_schema"})


def refuse_unmakable(conn: Any, schemas: Sequence[str], doing: str, into: Any = None) -> None:
    """Raises Fault, with every view of `schemas` that could not be made again by name. into: the server they are for, which gets tables and views of
    these schemas; None for one that gets their routines as well, and has nothing else. Raises DatabaseFault."""
    marks = ", ".join(["%s"] * len(schemas))
    views = query(conn, "SELECT table_schema AS s, table_name AS v, view_definition AS d FROM information_schema.views "
                        f"WHERE table_schema IN ({marks}) ORDER BY 1, 2", schemas, doing="list the views")
    if faults := [*_broken(conn, views), *_lacking(conn, views, schemas, into)]:
        raise Fault(doing, "views that could not be made again:\n  " + "\n  ".join(faults), left="Nothing was begun.",
                    then="Drop a view whose table is gone, or mend it; name the other schema as well, or make what it needs there first.")


def _broken(conn: Any, views: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for schema, name in ((row["s"], row["v"]) for row in views):
        try:
            query(conn, f"SELECT 1 FROM {quote(schema)}.{quote(name)} LIMIT 0", (), doing=f"look at the view {schema}.{name}")
        except DatabaseFault as fault:
            if fault.code not in _GONE or fault.answer is None:
                raise
            yield f"{schema}.{name}: MySQL says {fault.answer.words}"


def _lacking(conn: Any, views: Iterable[Mapping[str, Any]], schemas: Sequence[str], into: Any) -> Iterator[str]:
    """What views stand on that does not come along."""
    marks = ", ".join(["%s"] * len(schemas))
    for row in query(conn, "SELECT view_schema AS s, view_name AS v, table_schema AS us, table_name AS un FROM information_schema.view_table_usage "
                           f"WHERE view_schema IN ({marks}) ORDER BY 1, 2, 3, 4", schemas, doing="read what views stand on"):
        if row["us"] not in schemas and row["us"] not in _EVERYWHERE and not (into is not None and _has(into, "table", row["us"], row["un"])):
            yield f"{row['s']}.{row['v']}: it needs the table {row['us']}.{row['un']}, which is not there then"
    for view in views:
        # MySQL's own list of them (view_routine_usage) leaves out those of other schemas.
        for of, name in {(of.replace("``", "`") or view["s"], name.replace("``", "`")) for of, name in _CALL.findall(view["d"] or "")}:
            comes = of in _EVERYWHERE or (into is None and of in schemas) or (into is not None and _has(into, "routine", of, name))
            if not comes and _has(conn, "routine", of, name):
                yield f"{view['s']}.{view['v']}: it needs the function {of}.{name}, which is not there then"


def _has(conn: Any, kind: str, schema: str, name: str) -> bool:
    return bool(query(conn, f"SELECT 1 FROM information_schema.{kind}s WHERE {kind}_schema = %s AND {kind}_name = %s", (schema, name)))
