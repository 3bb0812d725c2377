# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bringing salvaged rows to the writer, by decision: a report's id, and which of its rows. Once each, however often it is asked.

Every row goes in one transaction together with its line in `dr.salvaged`, so a run that was killed goes on where it stopped, and the
line travels to the other site with the row. What the writer holds now is looked at again, under a lock that lasts until the row is in: a
verdict is as old as its report, and whoever has the row at that moment may have bought it by the time we get it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...faults import BadInput, Fault
from ..connection import DatabaseFault, Server, execute, query, value
from ..heartbeat import lag_seconds
from ..replica_status import status
from ..sync.guard import valid_for
from ..sync.keys import among
from ..sync.pair import prepared
from ..sync.tables import Column, Table, describe, quote
from .kin import in_the_way, let_go, links
from .report import Left, Report
from .rows import by_key, canonical, exact_key, standing_in_the_way
from .shape import parents_first, shapes
from .values import sql_value
from .verdicts import VERDICTS

REFUSALS = {1048: "a column may not be NULL", 1062: "another row holds what must be unique", 1451: "other rows refer to it",
            1452: "a row that it refers to is not there", 3819: "it breaks a CHECK constraint"}
JOURNAL = """\
CREATE TABLE IF NOT EXISTS dr.salvaged (
  report VARCHAR(40) NOT NULL, row_id VARCHAR(20) NOT NULL, decided_by VARCHAR(100) NOT NULL, decision VARCHAR(20) NOT NULL,
  label VARCHAR(160) NOT NULL, done_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6), PRIMARY KEY (report, row_id))"""


@dataclass(frozen=True)
class Decision:
    """What somebody decided. verdicts, rows: which rows of the report, by verdict or by id; discard: write down that they are given up
    instead of replaying them; by: who says so."""

    by: str
    verdicts: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    discard: bool = False


@dataclass
class Replayed:
    """Row ids by what became of them. refused: {id: why}, rows that do not fit into what the writer holds now; the others are done all the same."""

    done: list[str] = field(default_factory=list)
    already: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def chosen(report: Report, decision: Decision) -> list[Left]:
    """The rows a decision means. Raises BadInput for verdicts and ids the report does not have, all at once."""
    ids = {row.id for row in report.rows}
    faults = [f"rows: the report has no row {name}" for name in decision.rows if name not in ids]
    faults += [f"verdicts: {name} is none of {', '.join(VERDICTS)}" for name in decision.verdicts if name not in VERDICTS]
    if not decision.by.strip():
        faults.append("by: say who decides")
    if faults:
        raise BadInput(faults)
    return [row for row in report.rows if row.verdict in decision.verdicts or row.id in decision.rows]


def undecided(conn: Any, report: Report) -> list[str]:
    """Rows of the report nobody has decided on yet: neither replayed nor given up. Raises DatabaseFault."""
    done = _decided(conn, report)
    return [row.id for row in report.rows if row.id not in done and row.verdict != "superseded"]


def replay(writer: Server, report: Report, decision: Decision, *, check: bool = False) -> Replayed:
    """Do what was decided. With `check` only say what would be done. Raises DatabaseFault, Fault: of a server that does not write, too."""
    rows = chosen(report, decision)
    with writer.connected() as conn:
        _refuse_unfit(conn, writer)
    result = Replayed()
    with writer.connected(raw=True) as conn:
        prepared(conn)          # what one server holds the other takes: zero dates, and days that no calendar has
        done = _decided(conn, report)
        result.already = [row.id for row in rows if row.id in done]
        left = [row for row in rows if row.id not in done]
        if not left:
            return result
        if not check:
            execute(conn, JOURNAL, doing="make room for decisions")
            # Each look sees what is there now, whatever was read in the transaction before.
            execute(conn, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", doing="prepare to write")
        now = _Now(conn, left)
        # Children are deleted before their parents, everything else comes after them; what stands in the way of a row may still go.
        left.sort(key=lambda row: (row.change != "delete", -now.order[row.table] if row.change == "delete" else now.order[row.table]))
        while left:
            result.refused, planned, again = {}, ([row for row in rows if row.id in result.done] if check else []), list[Left]()
            for row in left:
                if why := _foretold(now, row, planned, decision) if check else _one(now, report, row, decision):
                    result.refused[row.id] = why
                    again.append(row)
                else:
                    result.done.append(row.id)
                    planned += [row] * check
            if len(again) == len(left):
                break
            left = again
    return result


def _refuse_unfit(conn: Any, at: Server) -> None:
    """What is decided is written down where it replicates from, and nowhere else: a copy would have a transaction that its source never had, and the
    writer's own line for the same row would stop its replication."""
    if above := status(conn).source:
        raise Fault("do what was decided", f"at {at}", left=f"It copies from {above} itself, which would lack what is written there. Nothing was "
                    "touched.", then="Name the writer.")
    if not valid_for(conn) and any(lag_seconds(conn, own=own) is not None for own in (True, False)):
        raise Fault("do what was decided", f"at {at}", left="It is not the writer now: its gate is shut. Nothing was touched.",
                    then="Find out who the writer is (playbooks/status.yml).")


class _Now:
    """The writer's tables as they are built now, those of these rows and those they refer to."""

    def __init__(self, conn: Any, rows: Sequence[Left]) -> None:
        schemas = sorted({row.table.split(".", 1)[0] for row in rows})
        self.conn = conn
        self.tables, self.links = describe(conn, schemas), links(conn, schemas)
        self.order = {label: place for place, label in enumerate(parents_first(conn, sorted({row.table for row in rows})))}


def _decided(conn: Any, report: Report) -> set[str]:
    try:
        return {row["row_id"] for row in query(conn, "SELECT row_id FROM dr.salvaged WHERE report = %s", (report.id,), doing="read the decisions")}
    except DatabaseFault as fault:
        if fault.code in (1049, 1146):
            return set()
        raise


def _obstacle(on: _Now, row: Left, planned: Sequence[Left]) -> str | None:
    """Why the row cannot be brought as it is now, None when it can: the writer must hold what the report says it held. planned: rows that only
    would have been brought before it."""
    conn, table = on.conn, on.tables.get(row.table)
    if table is None:
        return "its table is not there any more"
    if not table.key or not row.key:
        return "a table without a key cannot be replayed row by row"
    now = by_key(conn, table, [tuple(row.key[name] for name in table.key)])
    there = next(iter(now.values()), None)
    if not row.renumber and canonical(table, there) != canonical(table, row.writer_values):
        return "the writer's row is not what it was when the report was made; search again"
    if row.change != "delete" and row.values is not None:
        shape = shapes(conn, [table])[table.label]
        itself = None if there is None or row.renumber else canonical(table, there)
        clash = {index: other for index, other in standing_in_the_way(conn, table, row.values, shape.uniques).items()
                 if itself is None or canonical(table, other) != itself}
        if clash:
            return "another row holds what must be unique: " + ", ".join(sorted(clash))
    return in_the_way(conn, on.links, row, planned)


def _foretold(on: _Now, row: Left, planned: Sequence[Left], decision: Decision) -> str | None:
    return None if decision.discard else _obstacle(on, row, planned)


def _one(on: _Now, report: Report, row: Left, decision: Decision) -> str | None:
    """Why it was not done or taken back, None when it is done."""
    conn, table = on.conn, on.tables.get(row.table)
    execute(conn, "START TRANSACTION")
    try:
        if not decision.discard:
            if table is not None:
                _lock(on, table, row)
            if why := _obstacle(on, row, ()):
                execute(conn, "ROLLBACK")
                return why
        execute(conn, "INSERT INTO dr.salvaged (report, row_id, decided_by, decision, label) VALUES (%s, %s, %s, %s, %s)",
                (report.id, row.id, decision.by, "discard" if decision.discard else "replay", row.table), doing="write the decision down")
        if not decision.discard and table is not None:
            sql, values = statement(table, row)
            done = execute(conn, sql, values, doing=f"replay row {row.id} of {row.table}")
            if done and row.change != "delete" and not _arrived(conn, table, row):
                execute(conn, "ROLLBACK")
                return ("the writer would not hold it as it was: a trigger changes it, or a value in it cannot be written by SQL; "
                        "nothing of it was done")
            if not done:
                raise Fault("replay", f"row {row.id} of {row.table}", left="The writer's row changed in this very moment; nothing of it was done.",
                            then="Run again.")
        execute(conn, "COMMIT")
        return None
    except DatabaseFault as fault:
        execute(conn, "ROLLBACK")
        if fault.code in REFUSALS:          # this row's own trouble: the others need not wait for it
            return f"MySQL refused it: {REFUSALS[fault.code]} ({fault.code}); nothing of it was done"
        raise
    except BaseException:
        execute(conn, "ROLLBACK")
        raise


def _lock(on: _Now, table: Table, row: Left) -> None:
    """Have the writer's row to ourselves until this transaction ends: whoever has it, or writes a child of it, is waited for, and nobody refers to it
    anew. A child locks what it refers to where its foreign key finds it, which may be another index than the key's. Raises DatabaseFault."""
    if row.renumber or row.change == "insert" or not table.key or not row.key:
        return                      # what is not there cannot be locked: who came first is for MySQL to say, and another's number stays his
    condition, values = among(table, [exact_key(table, [row.key[name] for name in table.key])])
    query(on.conn, f"SELECT 1 FROM {table.quoted} WHERE {condition} FOR UPDATE", values, doing=f"lock row {row.id} of {row.table}")
    for link in on.links:
        if link.parent.label == row.table:
            link.lock(on.conn, list(let_go(link, row)))


def _arrived(conn: Any, table: Table, row: Left) -> bool:
    """Whether the writer now holds in this transaction what the old server held."""
    if row.values is None:
        raise AssertionError
    wanted = canonical(table, row.values)
    key = [row.values[name] for name in table.key] if not row.renumber else [str(value(conn, "SELECT LAST_INSERT_ID()", doing="read the new number"))]
    made = next(iter(by_key(conn, table, [tuple(key)]).values()), None)
    return made is not None and wanted == {**(canonical(table, made) or {}), **({table.key[0]: (wanted or {})[table.key[0]]} if row.renumber else {})}


def statement(table: Table, row: Left) -> tuple[str, list[Any]]:
    """The SQL of one row, and its values."""
    stored = {column.name: column for column in table.stored}
    given: Mapping[str, Any] = row.values or {}
    values: list[Any] = []

    def put(column: Column, value: Any) -> str:
        place, used = sql_value(column, value)
        values.extend(used)
        return place

    def where() -> str:
        text, used = among(table, [exact_key(table, [row.key[name] for name in table.key])])
        values.extend(used)
        return text

    if row.change == "delete":
        return f"DELETE FROM {table.quoted} WHERE {where()}", values
    # A key the two servers spell differently is still one key: what is unlike in it is written too.
    skip: Collection[str] = table.key if row.renumber else ()
    columns = [column for name, column in stored.items() if name not in skip]
    if row.change == "update":
        sets = ", ".join(f"{quote(column.name)} = {put(column, given.get(column.name))}" for column in columns)
        return f"UPDATE {table.quoted} SET {sets} WHERE {where()}", values
    listed = ", ".join(quote(column.name) for column in columns)
    return f"INSERT INTO {table.quoted} ({listed}) VALUES ({', '.join(put(column, given.get(column.name)) for column in columns)})", values
