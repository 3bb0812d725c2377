# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is built otherwise on a copy than on its source, and neither hinders rows nor comes with them: views, routines, events, indexes that are not
unique, triggers that only the copy has. By replication they come from the place on that is followed from; what the log told before that
place, and this copy never read, does not come at all. So it is named, for a person to bring or to drop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..connection import query

Things = dict[str, str]                 # what it is, and how it is built as far as this account may see
# A definition that an account may not see is NULL; then only that it is there counts, on either side.
_ASKED = (
    "SELECT CONCAT('view ', table_schema, '.', table_name) AS what, view_definition AS how FROM information_schema.views WHERE table_schema IN ({0})",
    "SELECT CONCAT(LOWER(routine_type), ' ', routine_schema, '.', routine_name) AS what, routine_definition AS how FROM information_schema.routines "
    "WHERE routine_schema IN ({0})",
    "SELECT CONCAT('event ', event_schema, '.', event_name) AS what, event_definition AS how FROM information_schema.events "
    "WHERE event_schema IN ({0})",
    "SELECT CONCAT('index ', index_name, ' of ', table_schema, '.', table_name) AS what, CONCAT_WS(' ', COUNT(*), GROUP_CONCAT(CONCAT_WS(' ', "
    "column_name, expression, sub_part, collation) ORDER BY seq_in_index)) AS how FROM information_schema.statistics "
    "WHERE non_unique = 1 AND table_schema IN ({0}) GROUP BY table_schema, table_name, index_name",
    "SELECT CONCAT('trigger ', trigger_schema, '.', trigger_name) AS what, NULL AS how FROM information_schema.triggers "
    "WHERE trigger_name NOT LIKE 'dr\\_gate\\_%%' AND trigger_schema IN ({0})")


def unbrought(source: Any, copy: Any, schemas: Sequence[str]) -> list[str]:
    """A sentence on each, in the order of their names. Triggers of the application that the source has are brought (firing). Raises DatabaseFault."""
    there, here = _built(source, schemas), _built(copy, schemas)
    told = [f"{what} is only at the source" for what in there.keys() - here.keys() if not what.startswith("trigger ")]
    told += [f"{what} is only here" for what in here.keys() - there.keys()]
    return sorted(told + [f"{what} is built otherwise" for what in there.keys() & here.keys()
                          if there[what] and here[what] and there[what] != here[what]])


def _built(conn: Any, schemas: Sequence[str]) -> Things:
    marks = ", ".join(["%s"] * len(schemas))
    return {str(row["what"]): str(row["how"] or "") for asked in _ASKED
            for row in query(conn, asked.format(marks), schemas, doing="read what is built beside tables")}
