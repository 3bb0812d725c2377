# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The databases of both sites as the switch uses them: gate, copy, sessions and tables, each on a connection of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ..faults import Fault
from ..mysql import compared, connection, dialects, replication, transactions
from ..mysql import unfinished as marks
from ..mysql.parting import END_SECONDS, Parting
from . import gate_triggers
from .config import Config
from .gate import Gate, GateLook, GateSilent

T = TypeVar("T")


def connect_database(config: Config, patience: float = 2.0, which: str = "database") -> Any:
    """A new autocommit connection that waits `patience` seconds for each answer: short, so that a silent database never holds an agent.
    Shorter still until it is made: the address may lead to a new server at any moment.
    """
    database = config.raw[which]
    return connection.connect(host=database["host"], port=int(database.get("port", 3306)), user=database["user"],
                              password=database["password"], connect_timeout=1.0, read_timeout=patience, write_timeout=patience)


def connect_peer(config: Config) -> Callable[[], Any] | None:
    """Opens a connection to the other site's database; None where nobody said how."""
    peer = config.raw.get("peer_database")
    if not peer:
        return None
    return lambda: connection.connect(host=peer["host"], port=int(peer.get("port", 3306)), user=peer["user"], password=peer["password"],
                                      connect_timeout=2.0, read_timeout=2.0, write_timeout=2.0)


def make_gate(config: Config) -> Gate:
    return Gate(lambda: connect_database(config), (Fault, connection.DatabaseError), config.site, config.raw["database"].get("schemas") or ())


STEERING_PATIENCE = 10.0        # MySQL takes two seconds to stop copying from a source that is a black hole


class _Steered:
    """A database beside its gate, through the dialect of whoever runs it, on a connection of its own. `which`: part of the configuration."""

    patience = STEERING_PATIENCE

    def __init__(self, config: Config, which: str = "database") -> None:
        self._config, self._which = config, which
        self._dialect: dialects.Dialect | None = None
        self._connection: Any = None

    def _ask(self, do: Callable[[Any, dialects.Dialect], T]) -> T:
        try:
            if self._connection is None:
                self._connection = connect_database(self._config, self.patience, self._which)
            if self._dialect is None:
                version = connection.server_version(self._connection)
                self._dialect = dialects.for_site(self._config.raw[self._which].get("dialect", "plain"), version)
            return do(self._connection, self._dialect)
        except (Fault, connection.DatabaseError, OSError) as error:
            broken, self._connection = self._connection, None
            if broken is not None:
                with contextlib.suppress(Exception):    # closing a broken connection may fail in its own way; the cause is on its way up
                    broken.close()
            raise GateSilent(str(error)) from error


class ReplicaDatabase(_Steered):
    """It as a copy of another. Promoted by one switch, and used by that switch alone from then on."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self._parting: Parting | None = None        # begun by this switch, and not yet seen to its end

    def status(self) -> replication.ReplicaStatus:
        """What the server says of its copying. Raises GateSilent."""
        return self._ask(replication.status)

    def unfinished(self) -> str | None:
        """Why its rows, those of the application's schemas where somebody has named them, are no state its source ever had. Raises GateSilent."""
        schemas = self._config.raw["database"].get("schemas") or ()
        return self._ask(lambda conn, _dialect: marks.unfinished(conn, schemas))

    def compared(self) -> compared.Kept | None:
        """The last comparison of it with its source. Raises GateSilent."""
        return self._ask(lambda conn, _dialect: compared.last(conn))

    def follows(self) -> str | None:
        """The source's address, None when this database stands alone. Raises GateSilent."""
        return self._parting.source if self._parting else self.status().source

    def applies(self) -> str | None:
        """The source's address while rows of it may be applied. Raises GateSilent."""
        seen = self.status()
        return None if seen.sql == "No" and (seen.drained or self._parting) else seen.source      # what it parts with was applied before

    def promote(self) -> str:
        """Apply what has arrived, and no more. Raises GateSilent with the reason when that cannot be done."""
        def begin(conn: Any, dialect: dialects.Dialect) -> replication.Promotion:
            parting = Parting(lambda: connect_database(self._config, END_SECONDS), dialect)
            done = parting.begin(conn)
            self._parting = parting if done.changed else None
            return done

        return str(self._ask(begin))

    def stand_alone(self) -> str:
        """Forget the source, or see to it that this was done. Raises GateSilent."""
        parting, self._parting = self._parting, None
        if parting:
            with contextlib.suppress(Fault, OSError):       # why it failed shows when it is done once more
                parting.end()
        source = parting.source if parting else self.status().source
        self._ask(replication.detach)
        return f"Nothing will ever arrive from {source} again by itself."


class LocalSessions(_Steered):
    """Who is at work there."""

    patience = 2.0

    def running(self) -> tuple[transactions.Transaction, ...]:
        """Everybody's open transactions but our own and the server's. Raises GateSilent."""
        return self._ask(lambda conn, _dialect: transactions.open_transactions(conn))

    def kill(self, thread: int) -> bool:
        """End a connection; False when it had ended by itself. Raises GateSilent."""
        return self._ask(lambda conn, dialect: transactions.kill(conn, dialect, thread))


class OtherDatabase(LocalSessions):
    """That of the other site, over the link."""

    def __init__(self, config: Config) -> None:
        super().__init__(config, "peer_database")
        self._gate = Gate(lambda: connect_database(config, self.patience, "peer_database"), (Fault, connection.DatabaseError))

    def look(self) -> GateLook:
        return self._gate.look()

    def fence(self, epoch: int) -> bool:
        return self._gate.fence(epoch)


class Tables(_Steered):
    """What the application keeps there."""

    patience = 2.0

    def ungated(self) -> list[str] | None:
        """Those without triggers of the gate, None when nobody has said which schemas are the application's. Raises GateSilent."""
        database = self._config.raw["database"]
        schemas = database.get("schemas") or []
        if not schemas:
            return None
        return self._ask(lambda conn, _dialect: _ungated(conn, schemas, database.get("exclude") or []))


def _ungated(conn: Any, schemas: Sequence[str], exclude: Sequence[str]) -> list[str]:
    tables = gate_triggers.base_tables(conn, schemas, exclude)
    return sorted({*gate_triggers.ungated(tables, gate_triggers.before_triggers(conn, schemas)),
                   *(child for child, _parent in gate_triggers.reached(conn, schemas, tables))})
