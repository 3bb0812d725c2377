# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which table it is that stands under a name: the numbers InnoDB gave to it and to its partitions.

EXCHANGE PARTITION, a swap by RENAME and a DROP with a CREATE put other rows under a name. How the table is built stays the same, and so may the
second in which it was made; and a view of rows opened before reads the other rows without a word. The number goes with the rows. So it is read before
the view is opened, and again once a table's rows were read, while the view still keeps everybody from changing it: where both are the same nothing
was swapped. InnoDB tells its numbers to accounts with PROCESS, which authority READ of NHN has, and the administrator at AWS.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ...faults import Fault
from ..connection import ACCESS_DENIED, DatabaseFault, Server, lasting, query
from .tables import Table, describe

_PLAIN = re.compile(r"[0-9A-Za-z_]")
Which = tuple[tuple[str, int], ...]     # of one table: InnoDB's names of it, or of its partitions, each with its number
Numbers = dict[str, Which]              # {InnoDB's name of a table, in small letters: those}


def numbers(conn: Any, schema: str = "", name: str = "") -> Numbers:
    """Of all tables of a server, or of one of them and of others whose names begin alike. Raises DatabaseFault; Fault for an account that may not see
    them."""
    # A server may have a hundred thousand of them, and each table that is read asks.
    only, values = (" WHERE LOWER(name) LIKE %s ESCAPE '|'", (f"{_like(schema)}/{_like(name)}%",)) if schema else ("", None)
    try:
        rows = query(conn, f"SELECT name AS name, table_id AS id FROM information_schema.innodb_tables{only}", values,
                     doing="ask which table is which")
    except DatabaseFault as fault:
        if fault.code not in ACCESS_DENIED:
            raise
        raise Fault("ask which table is which", fault.to, answer=fault.answer, left="Without that a table whose rows are swapped meanwhile (EXCHANGE "
                    "PARTITION, RENAME) would be taken for itself. Nothing was touched.", then="GRANT PROCESS ON *.* to this account.") from fault
    known: Numbers = {}
    for file, number in sorted((str(row["name"]), int(row["id"])) for row in rows):
        table = re.split("#p#", file, maxsplit=1, flags=re.IGNORECASE)[0].lower()
        known[table] = (*known.get(table, ()), (file, number))
    return known


def of_table(known: Numbers, schema: str, name: str) -> Which:
    """The numbers of one table. () for one that is not InnoDB's, or not there."""
    written = f"{_as_file(schema)}/{_as_file(name)}".lower()
    if written in known or _PLAIN.sub("", f"{schema}{name}") == "":
        return known.get(written, ())
    wanted = re.compile(written)
    return tuple(each for table in sorted(known) if wanted.fullmatch(table) for each in known[table])


@contextmanager
def watching(server: Server, *, as_described: bool = False) -> Iterator[Callable[[Table], None]]:
    """To be begun before a view of this server is opened. What it gives is called with each table, when rows of that were read in the view and before
    the view lets go of it: raises Fault for one that is another one now, DatabaseFault. Raises as `numbers`. as_described: also for one whose columns
    or key are others than the table's, which INSTANT makes them without another number, and of which a view's own statements do not tell."""
    with server.connected() as conn:
        before = numbers(lasting(conn))

        def look(table: Table) -> None:
            now = of_table(numbers(conn, table.schema, table.name), table.schema, table.name)
            if not now:
                raise Fault("read rows", f"of {table.label}", left="InnoDB tells no number of that table, so nobody knows whether the rows are its "
                            "own: it is gone, or is not one of InnoDB's. What was read does not count.",
                            then="Run again when the migration is over; ALTER TABLE ... ENGINE = InnoDB where it is of another engine.")
            if now != of_table(before, table.schema, table.name):
                raise Fault("read rows", f"of {table.label}", left="Another table, or other partitions, have come to stand under that name meanwhile "
                            "(EXCHANGE PARTITION, RENAME, TRUNCATE or a migration). What was read is not what it held at the moment this began with, "
                            "and does not count.", then="Run again when the migration is over.")
            if as_described and [each.built for each in describe(conn, [table.schema], table.name).values()] != [table.built]:
                raise Fault("read rows", f"of {table.label}", left="It was altered after this was begun: its rows were read by the columns and the "
                            "key that it had, and it has others. What was read does not count.", then="Run again when the migration is over.")
        yield look


def _as_file(name: str) -> str:
    """How InnoDB writes a name, as a pattern: what is no letter of ASCII by its number in four hexadecimal digits, letters of some other
    alphabets, circled and wide ones too, in two signs of MySQL's own. Two tables whose names differ in such a letter alone are watched together."""
    return "".join(sign if _PLAIN.fullmatch(sign) else f"(?:@{ord(sign):04x}|@[@0-9a-z]{{2}})" for sign in name)


def _like(name: str) -> str:
    """The same for LIKE with | to escape, which takes in more than that."""
    return "".join("|_" if sign == "_" else sign.lower() if _PLAIN.fullmatch(sign) else "@%" for sign in name)
