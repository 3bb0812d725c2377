# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The gate inside a database: table `dr.gate`, one row per database server that has ever been a writer, or a copy that a writer has named.

Valid here and now: a row for @@server_uuid exists and its `valid_until` lies ahead of the database's own clock. Every time is
UNIX_TIMESTAMP(SYSDATE(6)) of that database: `NOW()` is fixed at statement start and can be set by a session, `SYSDATE` cannot.
Only an agent whose record was renewed moves `valid_until`; a dead, paused or cut-off agent closes its gate by doing nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from ..mysql import unfinished as marks
from ..mysql.replica_status import parse_status
from .gate_row import Row

T = TypeVar("T")

SCHEMA = "CREATE DATABASE IF NOT EXISTS dr"
# server_uuid is bytes: every write of the application looks its row up, and text would first be brought into the column's character set
# and then compared by its rules (docs/decisions/0007). A table that was made with text before works as well, and costs a little more.
TABLE = """\
CREATE TABLE IF NOT EXISTS dr.gate (
  server_uuid VARBINARY(36) NOT NULL PRIMARY KEY,
  site VARCHAR(32) NOT NULL,
  epoch BIGINT UNSIGNED NOT NULL,
  valid_until DECIMAL(16,6) NOT NULL,
  sequence BIGINT UNSIGNED NOT NULL,
  beat_at DECIMAL(16,6) NOT NULL)"""

_NOW = "UNIX_TIMESTAMP(SYSDATE(6))"


class GateSilent(Exception):
    """The database did not answer; carries its own words. Nothing is known about the statement's effect."""


class OthersServer(GateSilent):
    """What answers is a database server, but by its own row that of another site: an address leads astray. Nobody here shuts or opens it."""


@dataclass(frozen=True)
class GateLook:
    """One look: the database's clock, which server answered, and every row it holds. `named`: of servers that have never written, each made by one
    that did, to say whose the other is; their epoch is 0, which is no reign's. They are no gates, and `rows` is without them.
    """

    now: float
    server_uuid: str
    rows: tuple[Row, ...]
    named: tuple[Row, ...] = ()

    @property
    def own(self) -> Row | None:
        """The row of the server that answered; None where it has never been a writer."""
        return next((row for row in self.rows if row.server_uuid == self.server_uuid), None)

    @property
    def valid_for(self) -> float:
        """Seconds the gate stays valid on this server; 0 when it is shut."""
        return max(0.0, self.own.valid_until - self.now) if self.own else 0.0

    def has_row(self, server_uuid: str) -> bool:
        """Is anything said here of that server?"""
        return any(row.server_uuid == server_uuid for row in (*self.rows, *self.named))

    @property
    def whose(self) -> str | None:
        """The site whose the server is that answers, by its own row. None where it has none: it has never written, and no writer has named it yet, as
        one that was restored from a backup, or put in place of one that is gone.
        """
        return next((row.site for row in (*self.rows, *self.named) if row.server_uuid == self.server_uuid), None)

    def others(self, site: str) -> str | None:
        """Which other site's the server is that answers; None where it is of `site`, or nothing says whose it is."""
        return self.whose if self.whose != site else None

    @property
    def remembered_epoch(self) -> int | None:
        """The highest epoch any writer ever had, None when there has been none. Rows replicate, so a standby knows it too."""
        return max((row.epoch for row in self.rows), default=None)

    def age(self, site: str) -> float | None:
        """Seconds since the newest heartbeat of `site` that has arrived here; None when none ever has."""
        beats = [row.beat_at for row in self.rows if row.site == site]
        return max(0.0, self.now - max(beats)) if beats else None


@dataclass(frozen=True)
class Standing:
    """How the server that answers stands among others. `source`: whom it is set up to copy from, None when nobody; `copying`: it does."""

    source: str | None
    copying: bool
    read_only: bool

    @property
    def alone(self) -> bool:
        """It copies from nobody and takes writes: what a provider makes of the server it has promoted."""
        return self.source is None and not self.read_only


class GateTable(Protocol):
    """What agent and steps ask of a gate. Every call raises GateSilent when the database gives no answer."""

    def look(self) -> GateLook: ...
    def renew(self, epoch: int, valid_until: float) -> bool: ...
    def beat(self, epoch: int) -> float | None: ...
    def open(self, site: str, epoch: int, valid_until: float) -> bool: ...
    def close(self) -> bool: ...
    def retire(self, epoch: int) -> bool: ...
    def mark(self, epoch: int) -> bool: ...
    def assign(self, server_uuid: str, site: str, epoch: int) -> bool: ...
    def standing(self) -> Standing: ...
    def unfinished(self) -> str | None: ...


def may_succeed(look: GateLook, site: str, epoch: int) -> bool:
    """Is there a server of this site, open at this very epoch, that the one that answers may be the successor of?"""
    return look.remembered_epoch == epoch and any(row.site == site and row.epoch == epoch for row in look.rows)


def retired(look: GateLook, site: str, epoch: int) -> bool:
    """Was the reign of `site` at `epoch` ended by itself for a release that came to nothing? Only the holder can make a later row."""
    return look.remembered_epoch == epoch + 1 and any(row.site == site and row.epoch == epoch + 1 for row in look.rows)


def may_open(look: GateLook, site: str, epoch: int, first_epoch: int, standing: Standing) -> bool:
    """May an agent whose site holds the record at `epoch` make the row of the server that answers?

    Yes for the very first writer (nothing was ever written elsewhere) unless it copies, as the other site's does, and for the successor of a
    server at this site that was open at
    this very epoch: the provider's own high-availability failover changed the server. At once when the new one stands alone and every
    row that is still valid is of this site and epoch (docs/decisions/0007); when it is set up to copy but does not, only once all have
    run out; never while it copies. Everything else needs a promotion first, and the step after it opens the gate. Rows of another site's
    earlier reign do not count: this one began after they had run out, and they are told in a clock that may be far ahead of the one here.
    """
    if standing.copying or standing.read_only:
        return False
    if not look.rows:
        return epoch == first_epoch
    if not may_succeed(look, site, epoch):
        return False
    valid = [row for row in look.rows if row.valid_until > look.now and (row.site == site or row.epoch >= epoch)]
    return not valid or (standing.alone and all((row.site, row.epoch) == (site, epoch) for row in valid))


def refuse_others(look: GateLook, site: str) -> GateLook:
    """`look`, where the server that answers is not another site's. Raises OthersServer with what to do."""
    if whose := look.others(site):
        raise OthersServer(f"the address of {site}'s database leads to server {look.server_uuid}, which is {whose}'s by its own row of dr.gate: "
                           f"{site} neither shuts nor opens it. Correct the address in the agent's configuration (role site_agent); "
                           "docs/runbooks/wrong-database.md says what to do where the server has changed hands")
    return look


class Gate:
    """dr.gate over a PyMySQL-like connection. `connect` opens an autocommit connection with short timeouts; it is called again
    after every failure. `failures`: what the driver raises when the database does not answer or refuses. `site`: whose servers alone are shut, opened
    and kept open, whatever answers when; None where nobody says. `schemas`: the application's; none where nobody has named them.
    """

    def __init__(self, connect: Callable[[], Any], failures: tuple[type[Exception], ...], site: str | None = None,
                 schemas: Sequence[str] = ()) -> None:
        self._connect, self._site, self._schemas = connect, site, schemas
        self._failures: tuple[type[Exception], ...] = (*failures, OSError)
        self._connection: Any = None

    def look(self) -> GateLook:
        rows = self._run(
            f"SELECT {_NOW}, @@server_uuid, CAST(g.server_uuid AS CHAR), g.site, g.epoch, g.valid_until, g.sequence, g.beat_at "
            "FROM (SELECT 1) AS one LEFT JOIN dr.gate AS g ON TRUE")[1]
        found = [Row(row[2], row[3], int(row[4]), float(row[5]), int(row[6]), float(row[7])) for row in rows if row[2] is not None]
        return GateLook(float(rows[0][0]), str(rows[0][1]), tuple(row for row in found if row.epoch), tuple(row for row in found if not row.epoch))

    def renew(self, epoch: int, valid_until: float) -> bool:
        """Move `valid_until` forward after a successful renewal. False when this server has no row at `epoch`."""
        return self._change(f"valid_until = GREATEST(valid_until, %s), sequence = sequence + 1, beat_at = {_NOW}", "epoch = %s",
                            f"{valid_until:.6f}", epoch)

    def beat(self, epoch: int) -> float | None:
        """A heartbeat: sequence and time alone, and only while the gate is valid, so that a process that was paused writes nothing
        when it wakes. Returns the seconds the gate stays valid, None when it is shut.

        One question for both: what LAST_INSERT_ID is given comes back with the answer to the statement. Counted in microseconds and from one, as 0
        says that nothing was given.
        """
        mine, where = ((), "") if self._site is None else ((self._site,), " AND site = %s")

        def ask(connection: Any) -> float | None:
            with connection.cursor() as cursor:
                changed = cursor.execute(
                    f"UPDATE dr.gate SET sequence = sequence + 1 + 0 * LAST_INSERT_ID(1 + GREATEST(0, FLOOR(1000000 * (valid_until - {_NOW})))), "
                    f"beat_at = {_NOW} WHERE server_uuid = @@server_uuid AND epoch = %s AND valid_until > {_NOW}{where}", (epoch, *mine))
                return (int(cursor.lastrowid) - 1) / 1e6 if changed else None
        return self._on(ask)

    def open(self, site: str, epoch: int, valid_until: float) -> bool:
        """Make or move this server's row to `epoch`. Never goes back to an older epoch; False when nothing changed."""
        until, make = f"{valid_until:.6f}", (
            f"INSERT INTO dr.gate (server_uuid, site, epoch, valid_until, sequence, beat_at) VALUES (@@server_uuid, %s, %s, %s, 1, {_NOW}) "
            "ON DUPLICATE KEY UPDATE ")
        # MySQL assigns from left to right and later expressions see the new values, so `epoch` comes last.
        if self._site is None:
            return bool(self._run(
                f"{make}site = IF(epoch <= %s, %s, site), valid_until = IF(epoch <= %s, %s, valid_until), "
                f"sequence = sequence + 1, beat_at = {_NOW}, epoch = GREATEST(epoch, %s)",
                (site, epoch, until, epoch, site, epoch, until, epoch))[0])
        return bool(self._run(
            f"{make}valid_until = IF(site = %s AND epoch <= %s, %s, valid_until), sequence = IF(site = %s, sequence + 1, sequence), "
            f"beat_at = IF(site = %s, {_NOW}, beat_at), epoch = IF(site = %s, GREATEST(epoch, %s), epoch)",
            (site, epoch, until, site, epoch, until, site, site, site, epoch))[0])

    def close(self) -> bool:
        """Shut this server's gate now. False when it was shut already."""
        return self._change("valid_until = 0", f"valid_until > {_NOW}")

    def fence(self, epoch: int) -> bool:
        """Shut this server's gate now if it is of an earlier reign than `epoch`. For who holds the record elsewhere: it may have slept, and this
        server may be the writer again by now. False when nothing was shut.
        """
        return self._change("valid_until = 0", f"valid_until > {_NOW} AND epoch < %s", epoch)

    def retire(self, epoch: int) -> bool:
        """Shut it for good for the reign at `epoch`: the row moves on to the next one, so that no renewal for this one, however late it
        arrives, opens it again. False when there is no row at `epoch`.
        """
        return self._change(f"valid_until = 0, epoch = epoch + 1, sequence = sequence + 1, beat_at = {_NOW}", "epoch = %s", epoch)

    def mark(self, epoch: int) -> bool:
        """Count on in this server's row at `epoch`, which is shut: a copy that has the row as it is then has all that was committed before. False
        when there is no such row, or it is open.
        """
        return self._change(f"sequence = sequence + 1, beat_at = {_NOW}", f"epoch = %s AND valid_until <= {_NOW}", epoch)

    def assign(self, server_uuid: str, site: str, epoch: int) -> bool:
        """Say of a server that has no row whose it is: `site`'s. Only where the gate is open at `epoch`: made anywhere else it would be a transaction
        that the writer never had. False when nothing was said.
        """
        mine, where = ((), "") if self._site is None else ((self._site,), " AND g.site = %s")
        return bool(self._run(
            "INSERT INTO dr.gate (server_uuid, site, epoch, valid_until, sequence, beat_at) SELECT %s, %s, 0, 0, 0, 0 FROM dr.gate AS g "
            f"WHERE g.server_uuid = @@server_uuid AND g.epoch = %s AND g.valid_until > {_NOW}{where} "
            "AND NOT EXISTS (SELECT 1 FROM dr.gate AS k WHERE k.server_uuid = %s)", (server_uuid, site, epoch, *mine, server_uuid))[0])

    def _change(self, how: str, where: str, *values: Any) -> bool:
        """Of this server's row, if it is one of this site's; whether there was one. The statement itself asks whose it is: an address may lead to
        another server than the one that was looked at.
        """
        mine = () if self._site is None else (self._site,)
        return bool(self._run(f"UPDATE dr.gate SET {how} WHERE server_uuid = @@server_uuid AND {where}{' AND site = %s' if mine else ''}",
                              (*values, *mine) or None)[0])

    def standing(self) -> Standing:
        """How the very server that answers `look` stands: over the same connection, as the address may lead to two in turn."""
        def ask(connection: Any) -> Standing:
            with connection.cursor() as cursor:
                cursor.execute("SHOW REPLICA STATUS")
                names = [column[0] for column in cursor.description]
                seen = parse_status([dict(zip(names, row, strict=True)) for row in cursor.fetchall()])
                cursor.execute("SELECT @@GLOBAL.read_only")
                return Standing(seen.source, bool(seen.source) and not seen.halted, bool(int(cursor.fetchone()[0])))
        return self._on(ask)

    def unfinished(self) -> str | None:
        """Why the rows of that very server are no state that anybody sold by, as the end of a sentence about it; None when nothing says so."""
        return self._on(lambda connection: marks.unfinished(connection, self._schemas))

    def drop(self) -> None:
        """Forget the connection; the next call opens a new one."""
        broken, self._connection = self._connection, None
        if broken is not None:
            # Closing a broken connection may fail in its own way; the reason that matters is already on its way up.
            with contextlib.suppress(Exception):
                broken.close()

    def _run(self, sql: str, values: Sequence[Any] | None = None) -> tuple[int, Sequence[Sequence[Any]]]:
        def ask(connection: Any) -> tuple[int, Sequence[Sequence[Any]]]:
            with connection.cursor() as cursor:
                count = cursor.execute(sql, values)
                return count, cursor.fetchall()
        return self._on(ask)

    def _on(self, ask: Callable[[Any], T]) -> T:
        try:
            if self._connection is None:
                self._connection = self._connect()
            return ask(self._connection)
        except self._failures as error:
            self.drop()
            raise GateSilent(str(error) or type(error).__name__) from error
