# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A copy that cannot speak TLS is let in only while its account's password is in the source's memory (caching_sha2_password), and a restart of the
source empties that. One login over TLS by the agent beside the copy puts it back, before the copy's tries run out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ..faults import Fault
from ..mysql import replication
from ..mysql.dialects import Source
from ..mysql.replica_status import ReplicaStatus
from .config import Config
from .databases import ReplicaDatabase
from .gate import GateSilent

EVERY = 15.0            # seconds between two looks; a copy waits for a minute between two tries, and gives up after ten
PATIENCE = 5.0          # seconds for each answer of the source
UNPRIMED = 2061         # "Authentication requires secure connection"


class Priming:
    """status: what the copy here says of itself; source: the other site's database and the account that a copy of it uses, None where nobody said;
    prime: as replication.prime."""

    def __init__(self, status: Callable[[], ReplicaStatus], source: Source | None, say: Callable[[str], None],
                 prime: Callable[[Source], None]) -> None:
        self._status, self._source, self._say, self._prime = status, source, say, prime
        self._said = ""

    def tend(self) -> float:
        """One look, and the login if it may be what the copy waits for; returns the pause. Never raises for a database that does not answer."""
        if self._source is None:
            return EVERY
        try:
            seen = self._status()
        except GateSilent:
            return EVERY
        said = ""
        if _kept_out(seen, self._source):
            try:
                self._prime(self._source)
                said = f"Logged in to {seen.source} over TLS as {self._source.user}: the copy here is let in again."
            except Fault as fault:              # a source that does not answer yet needs no words; the copy does not reach it either
                said = " ".join(str(fault).split()) if seen.io_error[0] == UNPRIMED else ""
        if said and said != self._said:
            self._say(said)
        self._said = said
        return EVERY


def _kept_out(seen: ReplicaStatus, source: Source) -> bool:
    """Whether the copy goes on trying to log in without TLS, and cannot. The source may be away still: who logs in as soon as it is back saves the
    copy a try in vain."""
    return seen.io == "Connecting" and 2000 <= seen.io_error[0] < 3000 and not seen.tls and seen.source_user == source.user


def make_priming(config: Config, say: Callable[[str], None]) -> Priming:
    """That of an agent."""
    peer = config.raw.get("peer_database") or {}
    user, password = peer.get("replication_user"), peer.get("replication_password")
    source = Source(peer["host"], int(peer.get("port") or 3306), user, password) if user and password else None
    return Priming(ReplicaDatabase(config).status, source, say, partial(replication.prime, patience=PATIENCE))
