# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is built otherwise on a copy than on its source, and neither hinders rows nor comes with them: views, routines, events, indexes, rules for
rows that are yet to come, triggers that only the copy has. By replication they come from the place on that is followed from; what the log told before
that place, and this copy never read, does not come at all. So it is named, for a person to bring or to drop.

To whom something belongs is not looked at, nor whether an event runs: on a copy none does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..connection import query
from .ours import is_ours
from .rules import Rules, rule_faults, rules, schema_defaults, schema_faults
from .tables import Table

Things = dict[str, str]                 # what it is, and how it is built as far as this account may see
_OLD = re.compile(r"(?<![0-9A-Za-z])utf8(?![0-9A-Za-z])")    # utf8mb3 before MySQL 8.0.30
# Of one thing several rows, in their order. A definition that an account may not see is NULL; then only that it is there counts, on either side.
_ASKED = (
    "SELECT CONCAT('view ', table_schema, '.', table_name) AS what, CONCAT_WS('|', NULLIF(view_definition, ''), check_option, security_type, "
    "collation_connection) AS how, NULLIF(view_definition, '') IS NULL AS hidden FROM information_schema.views WHERE table_schema IN ({0})",
    "SELECT CONCAT(LOWER(routine_type), ' ', routine_schema, '.', routine_name) AS what, CONCAT_WS('|', routine_definition, is_deterministic, "
    "sql_data_access, security_type, sql_mode, collation_connection) AS how, routine_definition IS NULL AS hidden "
    "FROM information_schema.routines WHERE routine_schema IN ({0})",
    "SELECT CONCAT(LOWER(routine_type), ' ', specific_schema, '.', specific_name) AS what, CONCAT_WS('|', parameter_mode, parameter_name, "
    "dtd_identifier, collation_name) AS how, 0 AS hidden FROM information_schema.parameters WHERE specific_schema IN ({0}) "
    "ORDER BY specific_schema, specific_name, routine_type, ordinal_position",
    "SELECT CONCAT('event ', event_schema, '.', event_name) AS what, CONCAT_WS('|', event_definition, event_type, execute_at, interval_value, "
    "interval_field, starts, ends, on_completion, time_zone, sql_mode, collation_connection) AS how, event_definition IS NULL AS hidden "
    "FROM information_schema.events WHERE event_schema IN ({0})",
    "SELECT CONCAT('trigger ', trigger_schema, '.', trigger_name) AS what, '' AS how, 1 AS hidden FROM information_schema.triggers "
    "WHERE trigger_name NOT LIKE 'dr\\_gate\\_%%' AND trigger_schema IN ({0})")
_INDEXES = (
    "SELECT CONCAT(table_schema, '.', table_name) AS label, index_name AS i, CONCAT_WS(' ', index_type, column_name, expression, sub_part, "
    "collation, is_visible) AS how FROM information_schema.statistics WHERE non_unique = 1 AND table_schema IN ({0}) "
    "ORDER BY table_schema, table_name, index_name, seq_in_index")


def unbrought(source: Any, copy: Any, schemas: Sequence[str]) -> list[str]:
    """A sentence on each, in the order of the alphabet. Triggers of the application that the source has are brought (firing); that a table is on one
    side only is somebody else's to tell. Raises DatabaseFault."""
    laws = rules(source, schemas), rules(copy, schemas)
    both = {label for label in laws[0].keys() & laws[1].keys() if not is_ours(label) and all(_is_table(side[label]) for side in laws)}
    there, here = (_built(conn, schemas) | _indexes(conn, schemas, both) for conn in (source, copy))
    told = [f"{what} is only at the source" for what in there.keys() - here.keys() if not what.startswith("trigger ")]
    told += [f"{what} is only here" for what in here.keys() - there.keys()]
    told += [f"{what} is built otherwise" for what in there.keys() & here.keys()
             if there[what] and here[what] and there[what] != here[what]]
    return sorted([*told, *_rules(laws, both), *schema_faults(schemas, schema_defaults(source), schema_defaults(copy))])


def _rules(laws: Sequence[Mapping[str, Rules]], labels: Iterable[str]) -> Iterator[str]:
    for label in labels:
        schema, _dot, name = label.partition(".")
        yield from rule_faults(Table(schema, name, (), ()), *(side[label] for side in laws))


def _is_table(of: Rules) -> bool:
    """A view has columns with defaults too."""
    return "storage engine" in of.others


def _built(conn: Any, schemas: Sequence[str]) -> Things:
    marks, found, hidden = ", ".join(["%s"] * len(schemas)), dict[str, str](), set[str]()
    for row in (row for asked in _ASKED for row in query(conn, asked.format(marks), schemas, doing="read what is built beside tables")):
        what = str(row["what"])
        found[what] = f"{found.get(what, '')}{_plainly(row['how'])}\n"
        if int(row["hidden"]):
            hidden.add(what)
    return {what: "" if what in hidden else how for what, how in found.items()}


def _indexes(conn: Any, schemas: Sequence[str], labels: set[str]) -> Things:
    found: Things = {}
    for row in query(conn, _INDEXES.format(", ".join(["%s"] * len(schemas))), schemas, doing="read the indexes that are not unique"):
        if row["label"] in labels:
            what = f"index {row['i']} of {row['label']}"
            found[what] = f"{found.get(what, '')}{_plainly(row['how'])}\n"
    return found


def _plainly(how: Any) -> str:
    return _OLD.sub("utf8mb3", str(how))
