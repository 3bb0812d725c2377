# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From one configuration file to the parts of an agent or a switch: the only place where the pure code meets network and database.

/etc/multicloud-dr/agent.json, written by role `site_agent`:
  topology, site, primary: names · timing: see timing.py · etcd: {endpoints, timeout_seconds, access?}
  etcd.access: {ca, certificate, key, user, password}, the first three as paths; absent where nobody is asked who he is
  database: {host, port, user, password, dialect, schemas, exclude}, the last two for tables that should have triggers of the gate
  edges: {site: URL asked as a user would} · application: see edge_watch.py · listen: {addresses, port}
  latch: {bucket, key, region, endpoint_url?, access_key?, secret_key?} or null · limits: {lag_seconds, takeovers}
  peer_database: {host, port, user, password, dialect} of the other site, or absent: to measure how far its clock is from the one here, and to see
    after a switch that nobody writes there
  peer_agent: URL of the other site's agent over the link, or absent · tunnels: those that end at this
    site, [{name, customer_inside_address, inside_address}]
  capacity: {group, wanted, region, endpoint_url?, access_key?, secret_key?} or null: machines to have after a switch
  backups: whether somebody on this host waits to be asked for one (backup_wish.py)
  database_grace_seconds · state_directory · mode: automatic or managed, see actor.py
  notice_seconds: see agent.py · users_first_seconds: see switching.py
"""

from __future__ import annotations

import contextlib
import json
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from ..faults import Fault
from ..mysql import connection, dialects, replication, transactions
from ..mysql import unfinished as marks
from ..mysql.clocks import Offset
from ..mysql.parting import Parting
from . import actor, backup_wish, gate_triggers, link, probes, verdict
from .backup_wish import BackupWish
from .capacity import AutoScaling
from .etcd import EtcdLedger, EtcdMembers, EtcdStore, EtcdWishes, journal_key, record_key, wish_key
from .etcd_wire import Access
from .gate import Gate, GateLook, GateSilent
from .journal import Journal
from .latch import S3Latch
from .memory import OnDisk
from .mirror import Mirror
from .observations import LinkView, Look, MembersView, NoAnswer, NotLooked, Observations, PeerView, Saw, from_plain
from .record import Record, Seen, Sight, Unanswered, look
from .steps import Switch
from .timing import Timing, timing_from

T = TypeVar("T")
Key = TypeVar("Key", EtcdStore, EtcdWishes)

TAKEOVERS_WITHIN = 3600.0       # seconds; see verdict.Limits

CONFIG = "/etc/multicloud-dr/agent.json"


class BadConfig(ValueError):
    """The configuration cannot be used; the message names every fault with its path."""


@dataclass(frozen=True)
class Config:
    """The file, checked. `raw` keeps the whole of it."""

    site: str
    primary: str
    topology: str
    timing: Timing
    raw: dict[str, Any]

    @property
    def state(self) -> Path:
        return Path(self.raw.get("state_directory", "/var/lib/multicloud-dr"))

    @property
    def agent_url(self) -> str:
        return f"http://127.0.0.1:{self.raw['listen']['port']}"

    @property
    def limits(self) -> verdict.Limits:
        return verdict.Limits(**(self.raw.get("limits") or {}))

    @property
    def mode(self) -> str:
        return str(self.raw.get("mode", actor.AUTOMATIC))

    def maintenance(self) -> bool:
        """Somebody has put this site into maintenance."""
        return (self.state / "maintenance").exists()

    def journal(self) -> Journal:
        """The one of this host, with its copy in etcd."""
        etcd = self.raw["etcd"]
        ledger = EtcdLedger(etcd["endpoints"], journal_key(self.topology), min(float(etcd.get("timeout_seconds", 1.0)), self.timing.beat * 2),
                            _access(self))
        return Journal(self.state / "journal.jsonl", time.time, Mirror(ledger, f"{self.site}.{platform.node()}", time.monotonic))


def read_config(path: str | Path = CONFIG) -> Config:
    """Raises BadConfig with every fault at once, or OSError when the file cannot be read."""
    try:
        raw = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadConfig(f"{path}: not JSON ({error})") from error
    if not isinstance(raw, dict):
        raise BadConfig(f"{path}: not a JSON object")
    needed = ("topology", "site", "primary", "etcd", "database", "edges", "listen")
    faults = [f"{path}: {name}: missing" for name in needed if not raw.get(name)]
    for name, keys in (("etcd", ("endpoints",)), ("database", ("host", "user", "password")), ("listen", ("addresses", "port")),
                       ("capacity", ("group", "wanted", "region"))):
        part = raw.get(name) or {}
        faults += [f"{path}: {name}.{key}: missing" for key in keys if part and not part.get(key)]
    if raw.get("mode", actor.AUTOMATIC) not in actor.MODES:
        faults.append(f"{path}: mode: {raw['mode']!r} is not one of {', '.join(actor.MODES)}")
    faults += [f"{path}: tunnels[{at}].{key}: missing" for at, tunnel in enumerate(raw.get("tunnels") or [])
               for key in ("name", "inside_address", "customer_inside_address") if not tunnel.get(key)]
    access = (raw.get("etcd") or {}).get("access")
    faults += [f"{path}: etcd.access.{key}: missing" for key in ("ca", "certificate", "key", "user", "password") if access and not access.get(key)]
    try:
        timing = timing_from(raw.get("timing"))
    except ValueError as error:
        faults.append(f"{path}: {error}")
    if faults:
        raise BadConfig("\n".join(faults))
    return Config(raw["site"], raw["primary"], raw["topology"], timing, raw)


def make_store(config: Config) -> EtcdStore:
    return _at_etcd(config, EtcdStore, record_key(config.topology))


def make_wishes(config: Config) -> EtcdWishes:
    return _at_etcd(config, EtcdWishes, wish_key(config.topology))


def make_members(config: Config) -> Callable[[], Look[MembersView]]:
    """Asks every member of etcd once."""
    etcd = config.raw["etcd"]
    members = EtcdMembers(etcd["endpoints"], min(float(etcd.get("timeout_seconds", 1.0)), config.timing.blink / 4), _access(config))
    return lambda: Saw(members.look())


def make_peer(config: Config) -> Callable[[], Look[PeerView]]:
    """Asks the other site's agent once."""
    url = config.raw.get("peer_agent")
    if not url:
        return lambda: NotLooked("nobody has said where the other site's agent answers")
    return lambda: probes.peer_answers(url, config.timing.blink / 4)


def make_link(config: Config) -> Callable[[], Look[LinkView]]:
    """Looks at the way to the other site once."""
    url = urlsplit(config.raw.get("peer_agent") or "")
    host, port = url.hostname, url.port or 80
    if not host:
        return lambda: NotLooked("nobody has said where the other site's agent answers")
    tunnels = link.tunnels_from(config.raw.get("tunnels") or [])
    return lambda: link.look(host, port, tunnels, config.timing.blink / 4)


def _at_etcd(config: Config, kind: type[Key], key: str) -> Key:
    etcd = config.raw["etcd"]
    return kind(etcd["endpoints"], key, float(etcd.get("timeout_seconds", 1.0)), _access(config))


def _access(config: Config) -> Access | None:
    given = config.raw["etcd"].get("access")
    return Access(**given) if given else None


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


def make_memory(config: Config) -> OnDisk:
    return OnDisk(config.state / "epoch")


def make_gate(config: Config) -> Gate:
    return Gate(lambda: connect_database(config), (Fault, connection.DatabaseError))


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
        """Why its rows are no state its source ever had. Raises GateSilent."""
        return self._ask(lambda conn, _dialect: marks.unfinished(conn))

    def follows(self) -> str | None:
        """The source's address, None when this database stands alone. Raises GateSilent."""
        return self._parting.source if self._parting else self.status().source

    def applies(self) -> str | None:
        """The source's address while rows of it may be applied. Raises GateSilent."""
        seen = self.status()
        return None if seen.sql == "No" and seen.drained else seen.source

    def promote(self) -> str:
        """Apply what has arrived, and no more. Raises GateSilent with the reason when that cannot be done."""
        def begin(conn: Any, dialect: dialects.Dialect) -> replication.Promotion:
            parting = Parting(lambda: connect_database(self._config, self.patience), dialect)
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
        return self._ask(lambda conn, _dialect: gate_triggers.ungated(
            gate_triggers.base_tables(conn, schemas, database.get("exclude") or []), gate_triggers.before_triggers(conn, schemas)))


def make_latch(config: Config) -> S3Latch | None:
    given = config.raw.get("latch")
    if not given:
        return None
    return S3Latch(config.site, given["bucket"], given["key"], _client(given))


def _client(given: Mapping[str, Any]) -> dict[str, Any]:
    client = {"region_name": given["region"], "endpoint_url": given.get("endpoint_url"),
              "aws_access_key_id": given.get("access_key"), "aws_secret_access_key": given.get("secret_key")}
    return {name: value for name, value in client.items() if value}


def make_capacity(config: Config) -> AutoScaling | None:
    given = config.raw.get("capacity")
    return AutoScaling(given["group"], int(given["wanted"]), _client(given)) if given else None


def make_backups(config: Config) -> BackupWish | None:
    return BackupWish(config.state / backup_wish.WANTED) if config.raw.get("backups") else None


def sight_to_plain(sight: Sight | None) -> dict[str, Any] | None:
    """A sight for /status. Its times are CLOCK_MONOTONIC seconds of this boot of this host, so another process here may go on from it."""
    if sight is None:
        return None
    record = sight.seen.record
    return {"record": vars(record) if record else None, "revision": sight.seen.revision, "since": sight.since, "last": sight.last,
            "looked": sight.looked, "alive": sight.alive, "boot": _boot()}


def sight_from_plain(plain: dict[str, Any] | None) -> Sight | None:
    """None when there is none, or when it was made in another boot, whose clock says nothing here."""
    if not plain or plain.get("boot") != _boot():
        return None
    record = Record(**plain["record"]) if plain["record"] else None
    return Sight(Seen(record, int(plain["revision"])), plain["since"], plain["last"], plain["looked"], plain["alive"])


def offset_to_plain(offset: Offset | None, said: str | None) -> dict[str, Any]:
    """The clocks' offset for /status; `measured` in CLOCK_MONOTONIC seconds of this boot of this host."""
    known = {"seconds": offset.seconds, "bound": offset.bound, "measured": offset.measured} if offset else {}
    return {**known, "said": said, "boot": _boot()}


def offset_from_plain(plain: dict[str, Any] | None) -> Offset | None:
    """None when there is none, or when it was measured in another boot."""
    if not plain or plain.get("boot") != _boot() or "seconds" not in plain:
        return None
    return Offset(plain["seconds"], plain["bound"], plain["measured"])


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


class Witness:
    """Looks at everything the verdict needs. A switch goes on from the sight of the agent on this host when there is one: it has
    been watching for longer. `edge`, `members`, `peer`, `way`: what is known of a site's edge, of the record's members, of the other site's
    agent and of the way there; taken from the agent's status where nobody says. Only the writer's edge, without which nobody is judged lost,
    is asked on the spot then: looks that take long are looks too far apart to count.
    """

    def __init__(self, config: Config, edge: Callable[[str], Look[bool]] | None = None, members: Callable[[], Look[MembersView]] | None = None,
                 peer: Callable[[], Look[PeerView]] | None = None, way: Callable[[], Look[LinkView]] | None = None) -> None:
        self._config, self._timing = config, config.timing
        self._edge, self._members, self._peer, self._link = edge, members, peer, way
        self._told: Mapping[str, Any] = {}          # what the agent here has seen itself
        self._store, self._gate, self._database = make_store(config), make_gate(config), ReplicaDatabase(config)
        self._journal = config.journal()
        self._sight: Sight | None = None
        self.offset: Offset | None = None       # of both databases' clocks; whoever measures it puts it here

    def look(self) -> tuple[Observations, Sight | None]:
        """Everything that can be known now, and the sight of the record it rests on."""
        silent: str | None = None
        told = probes.agent_status(self._config.agent_url) or {}
        self._told = told.get("observations") or {}
        earlier = self._sight or sight_from_plain(told.get("sight"))
        self.offset = self.offset or offset_from_plain(told.get("clock"))
        try:
            self._sight = look(self._store, earlier, self._timing, time.monotonic)
        except Unanswered as error:
            silent = str(error)
        return self.observe(self._sight, silent), self._sight

    def observe(self, sight: Sight | None, silent: str | None) -> Observations:
        """Look at edges, gate and copy, beside a sight of the record that is already there."""
        config = self._config
        record = probes.view_record(sight, silent, self._timing, time.monotonic())
        writer = getattr(getattr(record, "value", None), "writer", None)
        edge = self._edge_of(writer) if writer else NotLooked("nobody holds the record")
        unfinished = self._journal.unfinished()
        seen = Observations(config.site, record, writer_edge=edge, maintenance=config.maintenance(),
                            own_edge=self._edge(config.site) if self._edge else from_plain(self._told.get("own_edge")),
                            members=self._members() if self._members else from_plain(self._told.get("members"), MembersView),
                            peer=self._peer() if self._peer else from_plain(self._told.get("peer"), PeerView),
                            link=self._link() if self._link else from_plain(self._told.get("link"), LinkView),
                            unfinished=unfinished["step"] if unfinished else None,
                            takeovers=self._journal.takeovers(time.time() - TAKEOVERS_WITHIN),
                            alone=isinstance(record, Saw) and writer == config.site and bool(self._journal.unprotected(record.value.epoch)))
        try:
            gate = self._gate.look()
            replica = probes.view_replica(gate, record, self._database.status, self._timing, self.offset, time.monotonic(),
                                         self._database.unfinished)
        except GateSilent as error:
            return replace(seen, gate=NoAnswer(str(error)), replica=NoAnswer(str(error)))
        return replace(seen, gate=probes.view_gate(gate, config.site), replica=replica)

    def _edge_of(self, site: str) -> Look[bool]:
        if self._edge:
            return self._edge(site)
        url = self._config.raw["edges"].get(site)
        return probes.edge_answers(url) if url else NotLooked(f"no edge of {site} is configured")


def make_switch(config: Config, overrides: frozenset[str] = frozenset(), planned: bool = False,
                look: Callable[[], tuple[Observations, Sight | None]] | None = None) -> Switch:
    """A switch to the site of this host. `look`: how to see what is there now; by itself where no agent says how."""
    return Switch(
        site=config.site, timing=config.timing, store=make_store(config), gate=make_gate(config), database=ReplicaDatabase(config),
        sessions=LocalSessions(config), latch=make_latch(config), look=look or Witness(config).look,
        writer_answers=lambda: probes.writer_answers(config.agent_url),
        journal=config.journal(), clock=time.monotonic, wall=time.time, sleep=time.sleep, limits=config.limits, overrides=overrides,
        wishes=make_wishes(config), planned=planned, capacity=make_capacity(config),
        other=OtherDatabase(config) if config.raw.get("peer_database") else None, backups=make_backups(config),
        users_first=float(config.raw.get("users_first_seconds", 60.0)))
