# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The copy's rows: brought over from one view of the standby, proven to be the same ones, and put under a gate of the copy's own.

The view holds no writer and no applier. A copy that replication shall go on from would have to (mysql.sync.snapshot); from this one nothing goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..backup import dump
from ..backup.manifest import differences
from ..faults import Fault
from ..mysql import accounts, connection
from ..mysql.accounts import Account
from ..mysql.connection import Server, execute, lasting
from ..mysql.sync.pair import prepared
from ..mysql.sync.snapshot import STALL_LIMIT
from ..switch.gate import Gate
from .still import Watch


def copied(source: Server, target: Server, schemas: Sequence[str], watch: Watch) -> dict[str, int]:
    """Fill an empty server. Returns {tables, rows}. Raises Fault, also where what arrived is not what was there."""
    try:
        with _view(source) as view:
            watch.over(view.thread_id())
            wanted = {"tables": dump.proof(view, schemas)}
            watch.check()
            with target.connected() as conn:
                dump.load(lasting(conn), watch.through(dump.dump(view, schemas)))
    except connection.DatabaseFault:
        watch.check()                       # whose session it ended: that is why
        raise
    with target.connected() as conn:
        seen = {"tables": dump.counted(conn, schemas)}
    if told := differences(wanted, seen, loaded=True):
        raise Fault("copy the standby", f"to {target}", left=f"What arrived is not what was there: {'; '.join(told[:5])}.",
                    then="Report this; the backup's restore test goes the same way (docs/runbooks/backups.md).")
    return {"tables": len(wanted["tables"]), "rows": sum(int(table["rows"]) for table in wanted["tables"].values())}


@contextmanager
def _view(source: Server) -> Iterator[Any]:
    with source.connected(raw=True) as conn:
        execute(lasting(prepared(conn)), "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        execute(conn, f"SET SESSION net_write_timeout = {STALL_LIMIT}", doing="say how long rows may wait for us")
        execute(conn, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY", doing="open a consistent view")
        yield conn


def have_account(target: Server, name: str, password: str, schema: str) -> None:
    """The application's, on the copy alone: what it logs in with there is known nowhere else."""
    account = Account(name, password, "CRUD", schemas=(schema,), read_schemas=("dr",))
    with target.connected() as conn:
        accounts.apply(conn, accounts.plan(account, None, False), account)


class OwnGate:
    """The gate of the copy. What it says is said in the copy, and read by nobody else."""

    def __init__(self, target: Server, site: str) -> None:
        self._site = f"{site} rehearsal"[:32]
        self._gate = Gate(lambda: connection.connect(target.host, target.port, target.user, target.password), (Fault, connection.DatabaseError))

    def open(self, seconds: float) -> int:
        """Let the copy take writes for so long. Returns the epoch."""
        look = self._gate.look()
        epoch = max(look.remembered_epoch or 0, look.own.epoch if look.own else 0) + 1
        self._gate.open(self._site, epoch, look.now + seconds)
        return epoch

    def close(self) -> None:
        self._gate.close()
        self._gate.drop()


def run_statements(target: Server, statements: Sequence[str]) -> None:
    """What somebody wants done on the copy before anything is bought there. Raises DatabaseFault."""
    with target.connected() as conn:
        for number, statement in enumerate(statements):
            execute(conn, statement, doing=f"run prepare_sql[{number}] on the copy")
