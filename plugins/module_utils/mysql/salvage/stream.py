# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A server's binary log as a stream of row changes, read the way a replica reads it. Needs REPLICATION SLAVE and REPLICATION CLIENT.

Written here because the one Python package for it is in no distribution, and a standby host that lost its primary must be able to salvage
with what it has; in the tests that package is asked as a second opinion. MySQL 8.0 to 9.x, row images (ROW everywhere, see roles).
"""

from __future__ import annotations

import random
import struct
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...faults import Fault
from ..connection import DatabaseError, DatabaseFault, Server, execute, query, value, where
from ..dialects import Position
from ..sync.ours import is_ours
from ..sync.progress import Tell, through_log
from ..sync.tables import Column, Table
from .cells import OPAQUE, Unreadable, cell
from .said import said
from .statements import beyond_rows, stated, unmakes
from .tablemap import TableMap, length, readable, table_map
from .values import taken

_DUMP, _NON_BLOCK = 0x12, 0x01
_QUERY, _ROTATE, _FORMAT, _LOAD, _TABLE_MAP, _GTID, _ANONYMOUS, _PAYLOAD, _TAGGED = 2, 4, 15, 18, 19, 33, 34, 40, 42
_ROWS = {30: "insert", 31: "update", 32: "delete"}
_PARTIAL = 39

OTHER = "other"
STATED = "stated"

Row = dict[str, Any]        # {column: text, bytes, None or OPAQUE}


@dataclass(frozen=True)
class Change:
    """One row that was changed. server_id: of the server on which it was first written; gtid: its transaction's, "" without one;
    kind: insert, update or delete, or what a statement did to the table: altered, moved, emptied, unread, STATED (it may have changed rows, which
    are not logged), or OTHER for what nothing more is told of; before, after: the row, None where there is none or where it cannot be
    read (both: unreadable)."""

    server_id: int
    gtid: str
    table: str
    kind: str
    before: Row | None
    after: Row | None
    at: Position


def first_log(conn: Any) -> str:
    """The oldest binary log the server still has. Raises DatabaseFault, Fault."""
    rows = query(conn, "SHOW BINARY LOGS", doing="list the binary logs")
    if not rows:
        raise Fault("read the binary logs", f"of {where(conn)}", left="The server keeps none.", then="On AWS automated backups turn them on.")
    return str(rows[0]["Log_name"])


def changes(
    server: Server, tables: Mapping[str, Table], since: Position | None = None, *, schemas: Collection[str] = (), skip: Collection[str] = (),
    tell: Tell | None = None,
) -> Iterator[Change]:
    """Row changes of `tables` ({label: table}) from `since`, or from the oldest log there is, to where the log ends now. schemas: of these whatever
    else there is is told too, as OTHER: rows of tables that are in neither `tables` nor `skip`, and statements that rows do not tell of. tell: of
    how far the log is read, see sync.progress.

    Raises DatabaseFault (1236: the logs from there on are gone), Fault for a log nothing here can read.
    """
    with server.connected() as conn:
        start = since or Position(first_log(conn), 4)
        charsets = {int(row["i"]): str(row["c"]) for row in query(
            conn, "SELECT id AS i, character_set_name AS c FROM information_schema.collations", doing="read the collations")}
        # Whoever does not say that it knows checksums is refused a log that has them.
        execute(conn, "SET @source_binlog_checksum = @@GLOBAL.binlog_checksum, @master_binlog_checksum = @@GLOBAL.binlog_checksum")
        maps: dict[int, TableMap] = {}
        gtid, file, at = "", start.file, through_log(tell)
        for head, body in _events(conn, start):
            _time, kind, server_id, _size, end, _flags = head
            at(file, end)
            if kind == _ROTATE:
                file = body[8:8 + len(start.file)].decode()     # a rotation the source makes up may have a checksum nobody announced
            elif kind == _GTID:
                gtid = f"{_uuid(body[1:17])}:{int.from_bytes(body[17:25], 'little')}"
            elif kind in (_ANONYMOUS, _TAGGED):
                gtid = ""
            elif kind in (_QUERY, _LOAD):
                statement, here = said(body, 13 if kind == _QUERY else 26, charsets), Position(file, end)
                for label, what in unmakes(statement, tables):
                    yield Change(server_id, gtid, label, what, None, None, here)
                for label in stated(statement, tables):
                    yield Change(server_id, gtid, label, STATED, None, None, here)
                if schemas and beyond_rows(statement, schemas):
                    yield Change(server_id, gtid, "", OTHER, None, None, here)
            elif kind == _TABLE_MAP:
                number, described = table_map(body)
                maps[number] = described
            elif kind in _ROWS:
                described_as = maps.get(int.from_bytes(body[:6], "little"))
                if described_as and described_as.label in tables:
                    yield from _rows(_ROWS[kind], body, described_as, tables[described_as.label], charsets, server_id, gtid,
                                     Position(file, end))
                elif described_as and described_as.schema in schemas and described_as.label not in skip and not is_ours(described_as.label):
                    yield Change(server_id, gtid, described_as.label, OTHER, None, None, Position(file, end))
            elif kind in (_PAYLOAD, _PARTIAL):
                what = "compressed transactions (binlog_transaction_compression)" if kind == _PAYLOAD else "partial JSON (binlog_row_value_options)"
                raise Fault("read the binary log", f"of {server} at {file}:{end}", left=f"It holds {what}, which nothing here reads.",
                            then="Switch that off on both sites; until then compare by hand.")


def _events(conn: Any, start: Position) -> Iterator[tuple[tuple[int, ...], bytes]]:
    """(header, body) of every event up to the end of the log."""
    summed = 0                                              # bytes of checksum at the end of every event; each log's first event says
    replica = random.randint(0x70000000, 0x7FFFFFFF)        # any number no server has: the source would hang up on an older reader of the same
    try:
        conn._execute_command(_DUMP, struct.pack("<IHI", start.position, _NON_BLOCK, replica) + start.file.encode())
        while True:
            packet = conn._read_packet()
            if packet.is_eof_packet():
                return
            data = packet.get_all_data()[1:]
            head = struct.unpack_from("<IBIIIH", data)
            if head[1] == _FORMAT:
                summed = 4 if data[-5] == 1 else 0
                continue
            yield head, data[19:len(data) - summed]
    except DatabaseError as error:
        raise DatabaseFault("read the binary log", f"of {where(conn)} from {start.file}:{start.position}", error) from error


def _rows(
    kind: str, body: bytes, described: TableMap, table: Table, charsets: Mapping[int, str], server_id: int, gtid: str, at: Position,
) -> Iterator[Change]:
    """The rows of one event. A table whose columns are not what they were then gives changes without images, or without their cells."""
    place = 8 + int.from_bytes(body[8:10], "little")
    count, place = length(body, place)
    size = (count + 7) // 8
    masks = [body[place + size * index:place + size * (index + 1)] for index in range(2 if kind == "update" else 1)]
    place += size * len(masks)
    if count != len(table.columns):
        yield Change(server_id, gtid, table.label, kind, None, None, at)
        return
    known = [readable(column, index, described, charsets) for index, column in enumerate(table.columns)]
    try:
        while place < len(body):
            images = []
            for mask in masks:
                image, place = _image(body, place, mask, described, table.columns, known)
                images.append(image)
            before = images[0] if kind != "insert" else None
            yield Change(server_id, gtid, table.label, kind, before, images[-1] if kind != "delete" else None, at)
    except Unreadable:
        yield Change(server_id, gtid, table.label, kind, None, None, at)


def _image(
    body: bytes, at: int, mask: bytes, described: TableMap, columns: tuple[Column, ...], known: list[bool],
) -> tuple[Row, int]:
    present = [index for index in range(len(columns)) if mask[index // 8] >> index % 8 & 1]
    nulls = body[at:at + (len(present) + 7) // 8]
    at += len(nulls)
    row: Row = {column.name: OPAQUE for column in columns}
    for place, index in enumerate(present):
        column = columns[index]
        if nulls[place // 8] >> place % 8 & 1:
            row[column.name] = None
        else:
            value, at = cell(body, at, described.types[index], described.metas[index], described.unsigned.get(index, False),
                             column.charset is not None)
            row[column.name] = taken(column, value) if known[index] else OPAQUE
    return row, at


def _uuid(raw: bytes) -> str:
    text = raw.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def own_id(conn: Any) -> int:
    """The server's @@server_id, by which its own changes are told from those that arrived. Raises DatabaseFault."""
    return int(value(conn, "SELECT @@server_id", doing="read the server's id"))
