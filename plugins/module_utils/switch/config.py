# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The configuration of an agent or a switch.

/etc/multicloud-dr/agent.json, written by role `site_agent`:
  topology, site, primary: names · timing: see timing.py · etcd: {endpoints, timeout_seconds, access?}
  host: by which this host keeps its journal in etcd: no other agent host of the site may have it; the machine's name where it is absent
  etcd.access: {ca, certificate, key, user, password}, the first three as paths; absent where nobody is asked who he is
  database: {host, port, user, password, dialect, schemas, exclude}, the last two for tables that should have triggers of the gate
  edges: {site: URL asked as a user would} · application: see edge_watch.py · listen: {addresses, port}
  latch: {bucket, key, region, endpoint_url?, access_key?, secret_key?} or null · limits: see verdict.Limits
  peer_database: {host, port, user, password, dialect, replication_user?, replication_password?} of the other site, or absent: to measure how far its
    clock is from the one here, to see after a switch that nobody writes there, and see priming.py
  peer_agent: URL of the other site's agent over the link, or absent · tunnels: those that end at this
    site, [{name, customer_inside_address, inside_address}]
  capacity: {group, wanted, region, endpoint_url?, access_key?, secret_key?} or null: machines to have after a switch
  backups: whether somebody on this host waits to be asked for one (backup_wish.py)
  cloud_figures: URL of the exporter of the cloud's figures on this host · release: URL where this site's application tells what runs
  doors: [{name, host, port}] of what answers users by TLS · dates: {what: day} on which something ends that no host can look at; see provisions.py
  database_grace_seconds · state_directory · mode: automatic or managed, see actor.py
  notice_seconds: see agent.py · users_first_seconds: see switching.py
"""

from __future__ import annotations

import hashlib
import json
import platform
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import actor, agent_file, verdict
from .chain import readable
from .etcd import EtcdLedger, journal_key
from .etcd_wire import Access
from .journal import Journal
from .mirror import Mirror
from .timing import Timing, timing_from

CONFIG = "/etc/multicloud-dr/agent.json"
MACHINE = "/etc/machine-id"


class BadConfig(ValueError):
    """The configuration cannot be used; the message names every fault with its path."""


@dataclass(frozen=True)
class Config:
    """The file, checked. `raw` keeps all of it that is not empty."""

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
        return agent_file.limits(self.raw.get("limits") or {})

    @property
    def mode(self) -> str:
        return str(self.raw.get("mode", actor.AUTOMATIC))

    @property
    def access(self) -> Access | None:
        """How to be let in by etcd; None where nobody is asked who he is."""
        given = self.raw["etcd"].get("access")
        return Access(**given) if given else None

    def maintenance(self) -> bool:
        """Somebody has put this site into maintenance."""
        return (self.state / "maintenance").exists()

    @property
    def journal_path(self) -> Path:
        return self.state / "journal.jsonl"

    def journal(self) -> Journal:
        """The one of this host, with its copy in etcd."""
        etcd = self.raw["etcd"]
        ledger = EtcdLedger(etcd["endpoints"], journal_key(self.topology), min(float(etcd.get("timeout_seconds", 1.0)), self.timing.beat * 2),
                            self.access)
        node = f"{self.site}.{self.raw.get('host') or platform.node()}"
        return Journal(self.journal_path, time.time, Mirror(ledger, node, time.monotonic, _machine()))


def _machine() -> str:
    """Which machine this is, however it is called; empty where it does not say. A hash: machine-id(5) asks to tell the number itself to nobody."""
    try:
        return hashlib.sha256(f"multicloud.dr {Path(MACHINE).read_text(encoding='ascii').strip()}".encode()).hexdigest()[:12]
    except (OSError, ValueError):
        return ""


def read_config(path: str | Path = CONFIG) -> Config:
    """Raises BadConfig with every fault at once, or OSError when the file cannot be read."""
    try:
        raw = json.loads(Path(path).read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise BadConfig(f"{path}: not JSON ({error})") from error
    if faults := agent_file.faults(raw):
        raise BadConfig(readable("\n".join(f"{path}: {fault}" for fault in faults)))
    return Config(raw["site"], raw["primary"], raw["topology"], timing_from(raw.get("timing")), agent_file.filled(raw))
