# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The book that several processes on several hosts share: a table in the target's schema `dr`, one row a chunk.

A chunk is claimed by a row lock that its worker holds until the result is committed (SKIP LOCKED: others take the next one). A worker that
is killed loses its connection, the server rolls back and the chunk is free again: no leases, no clocks, nothing to clean up. Tables
are cut as the work goes on, each by whoever finds nothing else to do. A name belongs to one comparison; when it is finished the
table stays and answers, until somebody drops it (`forget`). It is this server's own business and kept out of its binary log where the account
may say so; where it may not, and the server follows by GTID, it would hold transactions that its source never had, and there is no checkpoint.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from ...faults import BadInput, Fault, TimedOut
from ...waiting import Clock
from ..connection import ACCESS_DENIED, DatabaseError, DatabaseFault, Server, execute, query, server_uuid, value, where
from ..heartbeat import newest_reign
from ..replica_status import status
from .book import Tally, cut, rows_a_chunk
from .chunks import Chunk
from .guard import refuse_writer
from .keys import Key
from .look import Found, Look, batches
from .ours import PREFIX, SCHEMA
from .tables import Table, quote

PATIENCE = 3600.0           # seconds to wait for chunks that others have claimed, while nothing at all is finished
POLL_SECONDS = 0.2
KEYS = 2                    # how keys are written down; a checkpoint that has them otherwise is another comparison's
FOUND_BYTES = 2**21          # of what a row keeps of the rows that differ; more goes into rows of its own, for a statement has its limit
IDLE_SECONDS = 900          # after which the server gives up a worker whose host is gone without a word

_NAME = re.compile(r"[A-Za-z0-9_]{1,48}\Z")
_TABLE = """\
CREATE TABLE IF NOT EXISTS {table} (
  label VARCHAR(140) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  number INT UNSIGNED NOT NULL,
  state VARCHAR(8) CHARACTER SET ascii NOT NULL,
  after_key LONGTEXT, upto_key LONGTEXT, found LONGTEXT, unsettled LONGTEXT,
  row_count BIGINT UNSIGNED NOT NULL DEFAULT 0, differing BIGINT UNSIGNED NOT NULL DEFAULT 0, moving BIGINT UNSIGNED NOT NULL DEFAULT 0,
  began DECIMAL(16,6), ended DECIMAL(16,6), worker VARCHAR(120),
  PRIMARY KEY (label, number), KEY state (state, label, number)) CHARACTER SET utf8mb4"""
_NOW = "UNIX_TIMESTAMP(SYSDATE(6))"


def forget(target: Server, name: str) -> None:
    """Drop a checkpoint, finished or not. Raises BadInput, DatabaseFault."""
    with target.connected() as conn:
        _keep_out_of_log(conn)
        execute(conn, f"DROP TABLE IF EXISTS {_quoted(name)}", doing=f"drop the checkpoint {name}")


def forget_all(target: Server) -> None:
    """Drop every checkpoint of a target that is about to be filled anew: what was compared there was another copy. Raises DatabaseFault, Fault."""
    with target.connected() as conn:
        names = [str(row["name"]) for row in query(conn, "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = %s "
                                                   "AND table_type = 'BASE TABLE'", (SCHEMA,), doing="list the checkpoints")]
        if mine := [name for name in names if name.startswith(PREFIX)]:
            _keep_out_of_log(conn)
            for name in mine:
                execute(conn, f"DROP TABLE IF EXISTS {quote(SCHEMA)}.{quote(name)}", (), doing=f"drop the checkpoint {name.removeprefix(PREFIX)}")


class SharedBook:
    """A comparison's book in the target. The first worker makes it; others must be given the same task."""

    def __init__(self, target: Server, name: str, tables: dict[str, Table], chunk_rows: int, clock: Clock, source: Server) -> None:
        """Raises BadInput for a bad name, Fault when the name belongs to another comparison or the target is the writer."""
        self.table, self.name, self.target, self.tables, self.chunk_rows, self.clock = _quoted(name), name, target, tables, chunk_rows, clock
        with target.connected() as conn, source.connected() as reader:
            refuse_writer(conn)
            _keep_out_of_log(conn)
            reign = newest_reign(reader)        # in another one the target may have been the writer in between
            task = {"source": server_uuid(reader), "target": server_uuid(conn), "keys": KEYS, "epoch": reign.epoch if reign else 0,
                    "tables": {label: tables[label].built for label in sorted(tables)}}
            if not query(conn, "SELECT 1 FROM information_schema.tables WHERE table_schema = %s AND table_name = %s", (SCHEMA, PREFIX + name)):
                execute(conn, f"CREATE DATABASE IF NOT EXISTS {SCHEMA}", doing="make the checkpoint's schema")
                execute(conn, _TABLE.format(table=self.table), doing=f"make the checkpoint {name}")
            asked = f"SELECT after_key FROM {self.table} WHERE label = '' AND number = 0"
            kept = value(conn, asked, doing=f"read the checkpoint {name}")
            if kept is None:            # it is written together with the rest; who sees it need not wait for anybody's lock
                rows = [("", 0, "task", json.dumps(task)), *((label, 0, "cut", None) for label in tables)]
                execute(conn, f"INSERT IGNORE INTO {self.table} (label, number, state, after_key) VALUES "
                        + ", ".join(["(%s, %s, %s, %s)"] * len(rows)), [part for row in rows for part in row],
                        doing=f"begin the checkpoint {name}")
                kept = value(conn, asked, doing=f"read the checkpoint {name}")
        if (begun := json.loads(kept)) != task:
            raise Fault("go on with the checkpoint", name, left=_unlike(begun, task),
                        then="Use a name of its own for this one, or drop that one (worker --forget).")

    @contextmanager
    def desk(self) -> Iterator[_Desk]:
        with self.target.connected() as conn:
            _keep_out_of_log(conn)
            for setting in ("SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", f"SESSION wait_timeout = {IDLE_SECONDS}", "autocommit = 0"):
                execute(conn, f"SET {setting}", doing="sit down at the checkpoint")
            yield _Desk(self, conn)

    def tallies(self) -> dict[str, Tally]:
        with self.target.connected() as conn:
            rows = query(conn, (
                "SELECT label, CAST(SUM(row_count) AS UNSIGNED) AS n, SUM(number > 0 AND state = 'done') AS chunks, SUM(differing) AS d, "
                f"SUM(moving) AS m, MIN(began) AS b, MAX(ended) AS e FROM {self.table} WHERE label <> '' GROUP BY label"),
                doing=f"read the checkpoint {self.name}")
        return {row["label"]: Tally(int(row["n"]), int(row["chunks"]), int(row["d"]), int(row["m"]), float(row["b"] or 0), float(row["e"] or 0))
                for row in rows}

    def age(self) -> float:
        with self.target.connected() as conn:
            return float(value(conn, f"SELECT COALESCE({_NOW} - MIN(began), 0) FROM {self.table}", doing=f"read the checkpoint {self.name}"))

    def found(self, label: str) -> Iterator[list[Found]]:
        for text in self._kept("found", label):
            yield [Found(_key(row[0]), *row[1:]) for row in json.loads(text)]

    def unsettled(self, label: str) -> Iterator[list[Key]]:
        for text in self._kept("unsettled", label):
            yield [_key(key) for key in json.loads(text)]

    def _kept(self, column: str, label: str) -> Iterator[str]:
        with self.target.connected() as conn:
            numbers = query(conn, f"SELECT number FROM {self.table} WHERE label = %s AND {column} IS NOT NULL ORDER BY number", (label,),
                            doing=f"read the checkpoint {self.name}")
            for row in numbers:
                yield value(conn, f"SELECT {column} FROM {self.table} WHERE label = %s AND number = %s", (label, row["number"]),
                            doing=f"read the checkpoint {self.name}")


class _Desk:
    """One thread's place. Between `claim` and `done` its transaction holds the chunk's row."""

    def __init__(self, book: SharedBook, conn: Any) -> None:
        self._book, self._conn, self._claimed = book, conn, ("", 0)
        self._worker = f"{socket.gethostname()}/{os.getpid()}"

    def claim(self, source: Any) -> Chunk | None:
        waited, last = 0.0, -1
        while True:
            refuse_writer(self._conn)
            if row := self._first("todo"):
                self._claimed = (row["label"], row["number"])
                self._began = value(self._conn, f"SELECT {_NOW}")
                return Chunk(self._book.tables[row["label"]], _bound(row["after_key"]), _bound(row["upto_key"]))
            if row := self._first("cut"):
                self._cut(source, row["label"], row["after_key"])
                continue
            self._conn.rollback()
            left = int(value(self._conn, f"SELECT COUNT(*) FROM {self._book.table} WHERE state IN ('todo', 'cut')") or 0)
            self._conn.rollback()
            if not left:
                return None
            waited = 0.0 if left != last else waited + POLL_SECONDS
            last = left
            if waited > PATIENCE:
                raise TimedOut("finish the comparison", self._book.name, left=f"Others hold {left} chunks and have finished none for "
                               f"{PATIENCE:.0f} s.", then="Look for their sessions on the target; this worker has left nothing undone.")
            self._book.clock.sleep(POLL_SECONDS)

    @contextmanager
    def away(self) -> Iterator[None]:
        """What is claimed is looked at, or waits until the target has caught up, for however long: the server must not take our silence for the end
        of this host. Nobody else may use the desk meanwhile."""
        back = threading.Event()
        knocking = threading.Thread(target=self._knock, args=(back, IDLE_SECONDS / 3), daemon=True)
        knocking.start()
        try:
            yield
        finally:
            back.set()
            knocking.join()

    def _knock(self, back: threading.Event, pause: float) -> None:
        while not back.wait(pause):
            try:
                self._conn.ping(reconnect=False)
            except (DatabaseError, OSError):        # whoever comes back to it is told
                return

    def done(self, seen: Look) -> None:
        found = _pieces([_plain(row.key), row.mine, row.theirs, row.rows] for row in seen.found)
        unsettled = _pieces(_plain(key) for key in seen.unsettled)
        first, number = (next(found, None), next(unsettled, None)), 0
        for more in zip_longest(found, unsettled):
            number = number + 1 if number else self._next_number()
            execute(self._conn, f"INSERT INTO {self._book.table} (label, number, state, found, unsettled) VALUES (%s, %s, 'more', %s, %s)",
                    (self._claimed[0], number, *more), doing="write down a chunk")
        execute(self._conn, (
            f"UPDATE {self._book.table} SET state = 'done', row_count = %s, differing = %s, moving = %s, found = %s, unsettled = %s, "
            f"began = %s, ended = {_NOW}, worker = %s WHERE label = %s AND number = %s"),
            (seen.rows, sum(row.rows for row in seen.found), len(seen.unsettled), *first, self._began, self._worker, *self._claimed),
            doing="write down a chunk")
        self._commit()

    def split(self, parts: Sequence[Chunk]) -> None:
        label, number = self._claimed
        execute(self._conn, f"UPDATE {self._book.table} SET upto_key = %s WHERE label = %s AND number = %s", (_text(parts[0].upto), label, number),
                doing="write down chunks")
        self._write_down(label, self._next_number(), parts[1:])
        self._commit()

    def _next_number(self) -> int:
        """The first number that no chunk of the table has whose chunk is claimed. Nobody else gives one away until we commit: its row 0 is held."""
        label = self._claimed[0]
        query(self._conn, f"SELECT 1 FROM {self._book.table} WHERE label = %s AND number = 0 FOR UPDATE", (label,), doing="number chunks")
        return int(value(self._conn, f"SELECT MAX(number) FROM {self._book.table} WHERE label = %s", (label,))) + 1

    def _write_down(self, label: str, number: int, chunks: Sequence[Chunk]) -> None:
        for some in batches(list(enumerate(chunks, number)), 500):
            marks = ", ".join(["(%s, %s, 'todo', %s, %s)"] * len(some))
            execute(self._conn, f"INSERT INTO {self._book.table} (label, number, state, after_key, upto_key) VALUES {marks}", [
                part for each, chunk in some for part in (label, each, _text(chunk.after), _text(chunk.upto))], doing="write down chunks")

    def _first(self, state: str) -> dict[str, Any] | None:
        """The first row in this state that nobody holds, held from now on."""
        rows = query(self._conn, (
            f"SELECT label, number, after_key, upto_key FROM {self._book.table} WHERE state = %s ORDER BY label, number LIMIT 1 "
            "FOR UPDATE SKIP LOCKED"), (state,), doing="claim a chunk")
        return rows[0] if rows else None

    def _cut(self, source: Any, label: str, after: str | None) -> None:
        table, book = self._book.tables[label], self._book
        chunks, ended = cut(source, table, _bound(after), rows_a_chunk(table, book.chunk_rows))
        start = int(value(self._conn, f"SELECT MAX(number) FROM {book.table} WHERE label = %s", (label,)) or 0)
        self._write_down(label, start + 1, chunks)
        execute(self._conn, f"UPDATE {book.table} SET state = %s, after_key = %s WHERE label = %s AND number = 0",
                ("end" if ended else "cut", _text(chunks[-1].upto), label), doing="write down chunks")
        self._commit()

    def _commit(self) -> None:
        try:
            self._conn.commit()
        except Exception as error:
            with contextlib.suppress(Exception):
                self._conn.rollback()
            raise DatabaseFault("write down a chunk", f"in the checkpoint {self._book.name}", error,
                                left="Its result is not kept, what was written down before is.", then="Run again to go on.") from error


def _keep_out_of_log(conn: Any) -> None:
    """Raises Fault where that may not be said and a replica by GTID would be left with transactions of its own."""
    try:
        execute(conn, "SET SESSION sql_log_bin = 0", doing="keep the checkpoint out of the binary log")
    except DatabaseFault as fault:
        if fault.code not in ACCESS_DENIED:
            raise
        if status(conn).auto_position:
            raise Fault("keep a checkpoint", f"as {where(conn)}", answer=fault.answer, left="This server follows by GTID, and this account may not "
                        "keep a checkpoint out of its binary log: its source would lack what is written there. Nothing was touched.",
                        then="Leave the checkpoint out; or grant the account SESSION_VARIABLES_ADMIN, where the provider does.") from fault


def _unlike(begun: dict[str, Any], task: dict[str, Any]) -> str:
    before, now = begun.get("tables"), task["tables"]
    if isinstance(before, dict) and {**begun, "tables": [*before]} == {**task, "tables": [*now]}:
        altered = ", ".join(label for label in now if before[label] != now[label])
        return f"Since it was begun {altered} came to be built otherwise; what was added up before proves nothing of that."
    if {**begun, "epoch": 0} == {**task, "epoch": 0}:
        return (f"It was begun in reign {begun.get('epoch', '?')}, and this is reign {task['epoch']}: the target may have been the writer in "
                "between, and what was added up before proves nothing of it now.")
    return "It belongs to a comparison of other servers or other tables."


def _quoted(name: str) -> str:
    if not _NAME.match(name):
        raise BadInput([f"checkpoint: {name!r} must be 1 to 48 letters, digits and underscores"])
    return f"`{SCHEMA}`.`{PREFIX}{name}`"


def _text(key: Key | None) -> str | None:
    return None if key is None else json.dumps(_plain(key))


def _bound(text: str | None) -> Key | None:
    return None if text is None else _key(json.loads(text))


def _pieces(rows: Iterable[Any]) -> Iterator[str]:
    """A JSON list of these, or several of FOUND_BYTES each; none for none."""
    texts: list[str] = []
    size = 0
    for row in rows:
        texts.append(json.dumps(row))
        size += len(texts[-1]) + 2
        if size >= FOUND_BYTES:
            yield f"[{', '.join(texts)}]"
            texts, size = [], 0
    if texts:
        yield f"[{', '.join(texts)}]"


def _plain(key: Key) -> list[Any]:
    """Bytes and decimals do not exist in JSON."""
    return [{"hex": part.hex()} if isinstance(part, bytes) else {"decimal": str(part)} if isinstance(part, Decimal) else part for part in key]


def _key(parts: Sequence[Any]) -> Key:
    return tuple(part if not isinstance(part, dict) else bytes.fromhex(part["hex"]) if "hex" in part else Decimal(part["decimal"])
                 for part in parts)
