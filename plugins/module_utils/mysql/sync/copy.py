# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Copy whole schemas into an empty target, from one consistent view: definitions, rows, views, triggers. Users are not copied.

The source writes the rows as lines, the target loads them, and what is between only carries blocks (lines, loading, moving). Foreign
keys are not checked while loading, so tables may come in any order; triggers come last, so none fires; keys that can wait are added
when the rows are in (shapes). All is built as it was at the moment the rows are of (blueprint), whatever a migration does meanwhile.

A copy that was killed is taken up again with `resume`. Its snapshot is gone, and with it every claim about what had arrived: rows may
have changed since, and replication will continue from the new snapshot's position. So nothing is kept on its word. What is kept is what
proves equal to the *new* snapshot, chunk by chunk, by the checksums that comparisons use; any other chunk is deleted and copied again. The
target itself is the checkpoint, there is no list of finished tables that could be wrong, and a chunk is proven in about a third of the
time it takes to copy it. Tables without a key cannot be cut into chunks and start over; so does one that will not take a chunk beside what it
holds, for a unique value may have moved to it from a row that is to be proven later.

All that can be refused is asked for before anything is touched. One run at a time fills a target (alone), and the rows are counted once all is there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from typing import Any

from ...faults import Fault
from ..connection import ACCESS_DENIED, DatabaseFault, Server, execute, lasting, query, server_uuid, value
from ..dialects import Position
from .alone import Turn, alone
from .blueprint import TABLE, TRIGGER, VIEW, Blueprint, Made, altered_since, blueprint, made, refuse_altered
from .documents import refuse_more_than_text
from .engines import refuse_other_engines
from .foreign import foreign_keys
from .guard import refuse_last_writer
from .loading import NotTaken, prepare_target, prepare_view
from .meanings import refuse_lost
from .moving import Moved, Mover, Pair, Size
from .owners import refuse_owners
from .pair import prepared
from .progress import Progress, Tell
from .shapes import Shape, add_keys_sql, referred_to, shape
from .snapshot import definitions, snapshot
from .tables import Table, describe, quote
from .views import refuse_unmakable
from .wide import refuse_too_wide

WORKERS = 2
UNKNOWN_SETTING = 1193          # on a server before 8.4
KEYS_LATER_FROM = 20_000        # rows; with fewer, an ALTER costs more than it saves


@dataclass(frozen=True)
class Copied:
    """position: replication continues from here; held_seconds, held_by: how long the source's writes were held up, and by what;
    kept_rows: rows of `rows` that an earlier attempt had brought and that were proven equal; by_table: rows by label;
    source_uuid: the server whose log the position is in; altered_since: what was altered at the source, came or went after the copy's moment
    (schema.name): a replica that follows from the position does the same, a copy that nobody follows with lacks it."""

    position: Position
    tables: int
    rows: int
    seconds: float
    held_seconds: float
    held_by: str = ""
    kept_rows: int = 0
    by_table: dict[str, int] = field(default_factory=dict)
    source_uuid: str = ""
    altered_since: list[str] = field(default_factory=list)

    def facts(self) -> dict[str, Any]:
        """Plain data for results."""
        return asdict(self)


def rows_in(target: Server, schemas: Sequence[str]) -> list[str]:
    """Labels of the tables that hold at least one row; [] for a target that is empty. Raises DatabaseFault."""
    if not schemas:
        return []
    with target.connected() as conn:
        return [table.label for table in describe(conn, schemas).values()
                if query(conn, f"SELECT 1 FROM {table.quoted} LIMIT 1", (), doing=f"look for rows in {table.label}")]


def copy(
    source: Server, target: Server, schemas: Sequence[str], *, keep: Collection[str] = (), resume: bool = False, workers: int = WORKERS,
    tell: Tell | None = None, accept_writer: bool = False, turn: Turn | None = None, begin: Callable[[Any], None] = lambda _into: None,
) -> Copied:
    """Copy the schemas. Tables and views that are on the target already are replaced, except those named in `keep`: ask `rows_in`
    first whether that loses anything. resume: what is there came from an attempt of ours; keep what proves equal. tell: see progress.
    accept_writer: go on although the target is, or has become, the writer. turn: to fill the target, of whoever has it already; begin: called with a
    connection to the target once the schemas are there and nothing can be refused any more.

    Raises DatabaseFault, Fault. After a failure the target holds part of the rows; copying again, best with `resume`, mends that.
    """
    began = time.monotonic()
    by_table: dict[str, int] = {}
    kept = 0
    with ExitStack() as stack:
        turn = turn or stack.enter_context(alone(target))
        reader = stack.enter_context(source.connected())
        before = blueprint(lasting(prepared(reader)), schemas)
        view, into = stack.enter_context(snapshot(source, schemas, workers)), stack.enter_context(target.connected())
        execute(lasting(prepared(into)), "SET SESSION foreign_key_checks = 0", doing="prepare the target")
        _let_foreign_keys_be(into)
        described, plan = describe(view.conn, schemas), blueprint(reader, schemas)
        if altered := plan.unlike(before) or sorted({*described} ^ {f"{schema}.{name}" for schema in schemas for name in plan.names(TABLE, schema)}):
            raise Fault("copy", ", ".join(altered), left="They were altered while writers were held for the moment that is to be copied. Nothing was "
                        "touched.", then="Run again when the migration is over.")
        _refuse(view.conn, into, schemas, described)
        view.let_go()
        pairs = [Pair(each, stack.enter_context(target.connected(local_files=True))) for each in view.views]
        for pair in pairs:
            prepare_view(pair.view)
            prepare_target(pair.into)
        allow = _allowed(turn, accept_writer)
        allow(into)
        uuid = server_uuid(view.conn)
        for schema in schemas:
            _create_schema(view.conn, into, schema)
        begin(into)
        mover = Mover(pairs, Progress("copy", tell), allow)
        referred = referred_to((schema, each.statement) for (kind, schema, _name), each in plan.things.items() if kind == TABLE)
        for key in foreign_keys(into, schemas):         # of tables that are there and are not copied
            referred.setdefault((key.parent[0].lower(), key.parent[1].lower()), set()).update(key.parent_columns)
        for schema in schemas:
            tables = [described[f"{schema}.{name}"] for name in plan.names(TABLE, schema)]
            allow(into)
            _make_room(into, schema, {*keep, *(table.name for table in tables)} if resume else keep)
            for table in tables:
                allow(into)
                wanted = shape(plan[TABLE, schema, table.name].statement, referred.get((schema.lower(), table.name.lower()), ()))
                rows, proven = _copy_table(view.conn, into, mover, table, wanted, resume)
                refuse_altered(reader, table, plan)
                view.let_go()
                by_table[table.label] = rows
                kept += proven
            _create_views(plan, into, schema)
            for name in plan.names(TRIGGER, schema):
                _create(into, schema, TRIGGER, name, plan[TRIGGER, schema, name])
        _count(into, {described[label]: rows for label, rows in by_table.items()})
        allow(into)
        since = altered_since(reader, schemas, plan)
    return Copied(view.position, len(by_table), sum(by_table.values()), round(time.monotonic() - began, 3), view.held_seconds, view.held_by,
                  kept, by_table, uuid, since)


def _allowed(turn: Turn, accept_writer: bool) -> Callable[[Any], None]:
    """What is asked of the target before anything is done to it, and before it is committed."""
    def allow(into: Any) -> None:
        turn.refuse_lost(into)
        if not accept_writer:
            refuse_last_writer(into)
    return allow


def _refuse(source: Any, into: Any, schemas: Sequence[str], described: Mapping[str, Table]) -> None:
    """All that can be known to be in the way of a copy. Raises Fault."""
    for schema in schemas:
        _charset(source, schema)
    _refuse_owners(source, into, schemas)
    for schema in schemas:
        definitions(into, schema)
    refuse_other_engines(source, schemas, "copy")
    _refuse_made_keys(source, into, schemas)
    refuse_unmakable(source, schemas, "copy", into)
    refuse_lost(source, schemas, "copy")
    refuse_more_than_text(source, described.values())
    refuse_too_wide(described.values(), source, into)


def _refuse_made_keys(source: Any, into: Any, schemas: Sequence[str]) -> None:
    """A target that makes a primary key (my_row_id) for each table without one would hold other tables than the source. Where the account may say
    so it does not do that for us. The setting is not there before MySQL 8.0.30."""
    seen = query(into, "SHOW VARIABLES LIKE 'sql_generate_invisible_primary_key'", doing="read the target's settings")
    if not seen or seen[0]["Value"] != "ON":
        return
    try:
        execute(into, "SET SESSION sql_generate_invisible_primary_key = OFF", doing="have tables made as they are")
    except DatabaseFault as fault:
        if fault.code not in ACCESS_DENIED:
            raise
        bare = query(source, (
            "SELECT t.table_schema AS s, t.table_name AS t FROM information_schema.tables AS t LEFT JOIN information_schema.table_constraints AS c "
            "ON c.table_schema = t.table_schema AND c.table_name = t.table_name AND c.constraint_type = 'PRIMARY KEY' WHERE c.table_name IS NULL "
            f"AND t.table_type = 'BASE TABLE' AND t.table_schema IN ({', '.join(['%s'] * len(schemas))}) ORDER BY 1, 2"), schemas,
            doing="look for tables without a primary key")
        if bare:
            raise Fault("copy", ", ".join(f"{row['s']}.{row['t']}" for row in bare), answer=fault.answer, left="They have no primary key, and the "
                        "target would make them with one (sql_generate_invisible_primary_key). Nothing was touched.",
                        then="Give them a primary key at the source, or turn that off in the target's parameter group.") from fault


def _count(into: Any, brought: Mapping[Table, int]) -> None:
    """The last look: nobody else has written there meanwhile, or taken out. Raises Fault, DatabaseFault."""
    seen = {table: int(value(into, f"SELECT COUNT(*) FROM {table.quoted}", (), doing=f"count the rows of {table.label}")) for table in brought}
    if wrong := [f"{table.label} ({seen[table]} rows, {rows} were copied)" for table, rows in brought.items() if seen[table] != rows]:
        raise Fault("copy", ", ".join(wrong), left="Somebody else has written there meanwhile: the target is no copy.",
                    then="See to it that nobody does, then run again: rows that are right are kept.")


def _let_foreign_keys_be(into: Any) -> None:
    """Since 8.4 MySQL makes no foreign key that refers to a key which is not unique, unless told to; the source, an older one perhaps, has it. Where
    the account may not say so, MySQL's own words come with the table."""
    try:
        execute(into, "SET SESSION restrict_fk_on_non_standard_key = OFF", doing="have foreign keys made as they are")
    except DatabaseFault as fault:
        if fault.code not in ACCESS_DENIED | {UNKNOWN_SETTING}:
            raise


def _create_schema(source: Any, into: Any, schema: str) -> None:
    """Have the schema on the target with the source's character set: a table that is made at the source later, and names none, has that one, and
    replication makes it here by what this schema says. Raises Fault when the source has none."""
    charset, collation = _charset(source, schema)
    there = query(into, "SELECT default_collation_name AS co FROM information_schema.schemata WHERE schema_name = %s", (schema,))
    if not there or there[0]["co"] != collation:
        execute(into, f"{'ALTER' if there else 'CREATE'} DATABASE {quote(schema)} CHARACTER SET {charset} COLLATE {collation}", (),
                doing=f"{'alter' if there else 'create'} schema {schema} on the target")


def _charset(source: Any, schema: str) -> tuple[str, str]:
    """A schema's character set and collation. Raises Fault when there is no such schema."""
    found = query(source, "SELECT default_character_set_name AS cs, default_collation_name AS co FROM information_schema.schemata "
                          "WHERE schema_name = %s", (schema,))
    if not found:
        raise Fault("copy the schema", schema, left="The source has no such schema. Nothing was touched.", then="Create it there, or leave it out.")
    return str(found[0]["cs"]), str(found[0]["co"])


def _refuse_owners(source: Any, into: Any, schemas: Sequence[str]) -> None:
    marks = ", ".join(["%s"] * len(schemas))
    asked = (f"SELECT definer AS who FROM information_schema.triggers WHERE trigger_schema IN ({marks}) "
             f"UNION SELECT definer FROM information_schema.views WHERE table_schema IN ({marks})")
    owners = {str(row["who"]) for row in query(source, asked, (*schemas, *schemas))}
    refuse_owners(into, owners, "copy triggers and views", "of " + ", ".join(schemas))


def _make_room(into: Any, schema: str, keep: Collection[str]) -> None:
    """Drop what is there, except tables named in `keep`: those lose their triggers only, which would fire on rows that are written."""
    for name, kind in definitions(into, schema):
        if kind == "VIEW" or name not in keep:
            execute(into, f"DROP {'VIEW' if kind == 'VIEW' else 'TABLE'} {quote(schema)}.{quote(name)}", (),
                    doing=f"make room for {schema}.{name}")
    for row in query(into, "SELECT trigger_name AS name FROM information_schema.triggers WHERE trigger_schema = %s", (schema,)):
        execute(into, f"DROP TRIGGER {quote(schema)}.{quote(row['name'])}", (), doing=f"make room for trigger {schema}.{row['name']}")


def _copy_table(view: Any, into: Any, mover: Mover, table: Table, wanted: Shape, resume: bool) -> tuple[int, int]:
    """Returns the table's rows, and how many of them were there already."""
    size = _size(view, table)
    if size.rows < KEYS_LATER_FROM:
        wanted = Shape(wanted.full, wanted.full)
    found = wanted.same(made(into, TABLE, table.schema, table.name).statement) if resume and _is_there(into, table) else None
    moved = _proven(mover, table, size) if found and table.key else None
    if moved is None:
        found = None
        mover.allow(into)
        execute(into, f"DROP TABLE IF EXISTS {table.quoted}", (), doing=f"make room for {table.label}")
        execute(into, f"USE {quote(table.schema)}", ())
        execute(into, wanted.lean, doing=f"create table {table.label} on the target")
        moved = mover.move(table, size)
    elif wanted.numbered_to:
        execute(into, f"ALTER TABLE {table.quoted} AUTO_INCREMENT = {wanted.numbered_to}", (), doing=f"number the rows of {table.label}")
    if wanted.later and found != "full":
        execute(into, add_keys_sql(table.quoted, wanted.later).replace("%%", "%"), doing=f"add the keys of {table.label}")
    return moved.rows, moved.kept


def _proven(mover: Mover, table: Table, size: Size) -> Moved | None:
    """What is there kept where it proves equal, and the rest brought; None when the table does not take that beside what it holds."""
    try:
        return mover.move(table, size, prove=True)
    except NotTaken:
        mover.take_back()
        return None


def _size(conn: Any, table: Table) -> Size:
    row = query(conn, "SELECT table_rows AS n, avg_row_length AS bytes FROM information_schema.tables WHERE table_schema = %s "
                      "AND table_name = %s", (table.schema, table.name), doing=f"read the size of {table.label}")[0]
    return Size(int(row["n"] or 0), int(row["bytes"] or 0))


def _is_there(into: Any, table: Table) -> bool:
    return bool(query(into, "SELECT 1 FROM information_schema.tables WHERE table_schema = %s AND table_name = %s", (table.schema, table.name)))


def _create_views(plan: Blueprint, into: Any, schema: str) -> None:
    """Views may stand on other views: those that cannot be created yet are tried again after the others."""
    left = plan.names(VIEW, schema)
    while left:
        later = []
        for name in left:
            try:
                _create(into, schema, VIEW, name, plan[VIEW, schema, name])
            except DatabaseFault as fault:
                if fault.code != 1146 or len(left) == 1:
                    raise
                later.append(name)
        if len(later) == len(left):
            raise Fault("create the views", ", ".join(f"{schema}.{name}" for name in left),
                        left="They stand on tables or views of schemas that are not copied.", then="Name those schemas as well.")
        left = later


def _create(into: Any, schema: str, kind: str, name: str, how: Made) -> None:
    ours = value(into, "SELECT @@collation_connection")
    execute(into, f"USE {quote(schema)}", ())
    execute(into, "SET SESSION sql_mode = %s, collation_connection = %s", (how.mode, how.collation or ours))
    execute(into, how.statement, doing=f"create {kind.lower()} {schema}.{name} on the target")
    execute(prepared(into), "SET SESSION collation_connection = %s", (ours,))
