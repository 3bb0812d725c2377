# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a configuration to the parts of an agent or a switch: the only place where the pure code meets the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from ..aloud import aloud
from . import backup_wish, link, probes
from .apart import Apart
from .backup_wish import BackupWish
from .capacity import AutoScaling
from .config import Config
from .etcd import EtcdMembers, EtcdNews, EtcdStore, EtcdWishes, record_key, wish_key
from .latch import S3Latch
from .memory import OnDisk
from .observations import LinkView, Look, MembersView, NotLooked, PeerView, Saw

Key = TypeVar("Key", EtcdStore, EtcdWishes, EtcdNews)
Part = TypeVar("Part", S3Latch, AutoScaling)


def make_store(config: Config) -> EtcdStore:
    return _at_etcd(config, EtcdStore, record_key(config.topology))


def make_news(config: Config) -> EtcdNews:
    """Of renewals of the record. Nobody waits longer than this for a member that says nothing at all."""
    return _at_etcd(config, EtcdNews, record_key(config.topology))


def make_wishes(config: Config) -> EtcdWishes:
    return _at_etcd(config, EtcdWishes, wish_key(config.topology))


def make_members(config: Config) -> Callable[[], Look[MembersView]]:
    """Asks every member of etcd once."""
    etcd = config.raw["etcd"]
    members = EtcdMembers(etcd["endpoints"], min(float(etcd.get("timeout_seconds", 1.0)), config.timing.blink / 4), config.access)
    return lambda: Saw(members.look())


def make_peer(config: Config, keep: Callable[[dict[str, Any]], None]) -> Callable[[], Look[PeerView]]:
    """Asks the other site's agent once. `keep`: is handed the whole of its answer."""
    url = config.raw.get("peer_agent")
    if not url:
        return lambda: NotLooked("nobody has said where the other site's agent answers")
    return lambda: probes.peer_answers(url, config.timing.blink / 4, keep)


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
    return kind(etcd["endpoints"], key, float(etcd.get("timeout_seconds", 1.0)), config.access)


def make_memory(config: Config) -> OnDisk:
    return OnDisk(config.state / "epoch", aloud)


def make_latch(config: Config, lasting: bool = False) -> S3Latch | None:
    """`lasting`: see assembly.make_switch."""
    given = config.raw.get("latch")
    return _kept(S3Latch(config.site, given["bucket"], given["key"], _client(given)), lasting) if given else None


def _client(given: Mapping[str, Any]) -> dict[str, Any]:
    client = {"region_name": given["region"], "endpoint_url": given.get("endpoint_url"),
              "aws_access_key_id": given.get("access_key"), "aws_secret_access_key": given.get("secret_key")}
    return {name: value for name, value in client.items() if value}


def make_capacity(config: Config, lasting: bool = False) -> AutoScaling | None:
    """`lasting`: see assembly.make_switch."""
    given = config.raw.get("capacity")
    return _kept(AutoScaling(given["group"], int(given["wanted"]), _client(given)), lasting) if given else None


def _kept(part: Part, lasting: bool) -> Part:
    return cast("Part", Apart(part)) if lasting else part


def make_backups(config: Config) -> BackupWish | None:
    return BackupWish(config.state / backup_wish.WANTED) if config.raw.get("backups") else None
