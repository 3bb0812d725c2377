# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Everything the emulated cloud remembers, in memory. Records are plain dicts; keys that start with `_` are never shown to a client."""

from __future__ import annotations

import ipaddress
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import yaml

from lab import world

from .errors import Refused
from .unkind import Orders

Record = dict[str, Any]
Table = dict[str, Record]

TENANT = "0123456789abcdef0123456789abcdef"
OBJECT_TENANT = "fedcba9876543210fedcba9876543210"     # Object Storage has a tenant of its own
USERNAME = "ops@example.com"
PUBLIC_NETWORK = "b04b1c31-f2e9-4ae0-a264-02b7d61ad618"
PUBLIC_SUBNET = "7bd4b8fd-4d52-4a0d-8cbf-52c10b3e2a11"
ZONES = ("kr-pub-a", "kr-pub-b")
KST = timezone(timedelta(hours=9))
PATIENCE = 1    # how many looks at a changing resource still show the old state


@dataclass(frozen=True)
class Credentials:
    """Who may talk to the emulator: the API password of one account, and the access key and appkey of RDS."""

    password: str = "api-password"
    appkey: str = "appkey"
    access_key_id: str = "access-key-id"
    access_key_secret: str = "access-key-secret"
    username: str = USERNAME
    tenant_id: str = TENANT
    object_tenant_id: str = OBJECT_TENANT

    @classmethod
    def from_file(cls, path: Path) -> Credentials:
        """From the lab's secrets file (`build/lab/secrets.yml`)."""
        secrets = yaml.safe_load(path.read_text(encoding="utf-8"))
        return cls(password=secrets["nhn_api_password"], appkey=secrets["nhn_appkey"],
                   access_key_id=secrets["nhn_access_key_id"], access_key_secret=secrets["nhn_access_key_secret"])


@dataclass
class Settings:
    """How this emulator behaves; `auto_observe` makes everything built at the next poll, for tests without a materialiser."""

    credentials: Credentials = field(default_factory=Credentials)
    auto_observe: bool = False
    token_seconds: float = 12 * 3600
    kube: Path = world.KUBE
    kubernetes_url: str = world.KUBERNETES_URL
    registry: str = ""                      # host of the registry behind NCR; "" for a name like those that NHN gives, behind which is nothing
    faults: Path = world.FAULTS
    objects: Path = world.OBJECTS           # bodies of objects
    backups: Path = world.BACKUPS           # physical backups, as the materialiser took them
    clock: Callable[[], float] = time.time

    @classmethod
    def from_environment(cls) -> Settings:
        """The lab's settings: secrets from its secrets file, token lifetime from LAB_NHN_TOKEN_SECONDS."""
        return cls(credentials=Credentials.from_file(world.SECRETS), registry=f"{world.MACHINE}:{world.NCR_PORT}",
                   token_seconds=float(os.environ.get("LAB_NHN_TOKEN_SECONDS", "43200")))


class Store:
    """The tables of every service, the lock that guards them, and what the materialiser has reported as real."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.lock = threading.RLock()
        self.tokens: dict[str, float] = {}          # token id -> epoch second at which it expires
        self.scopes: dict[str, str] = {}            # token id -> the tenant it is for
        self.access_tokens: dict[str, float] = {}   # tokens of the access key -> epoch second at which they expire
        self.user_id = uuid.uuid4().hex
        self.vpcs: Table = {}
        self.subnets: Table = {}
        self.routing_tables: Table = {}
        self.routes: Table = {}
        self.internet_gateways: Table = {}
        self.floating_ips: Table = {}
        self.security_groups: Table = {}
        self.security_group_rules: Table = {}
        self.ports: Table = {}
        self.keypairs: Table = {}                   # by name
        self.servers: Table = {}
        self.server_groups: Table = {}
        self.images: Table = {}                     # uploaded ones
        self.volumes: Table = {}
        self.snapshots: Table = {}
        self.nat_gateways: Table = {}
        self.lbaas: dict[str, Table] = {kind: {} for kind in ("loadbalancer", "listener", "pool", "member", "healthmonitor")}
        self.clusters: Table = {}
        self.rds_instances: Table = {}
        self.rds_jobs: Table = {}
        self.rds_parameter_groups: Table = {}
        self.rds_security_groups: Table = {}
        self.rds_backups: Table = {}
        self.containers: Table = {}                 # of Object Storage, by name
        self.s3_uploads: Table = {}                 # in parts, not complete, by id
        self.s3_credentials: Table = {}             # by access key
        self.registries: dict[int, Record] = {}     # by project_id
        self.dns_zones: Table = {}                  # of DNS Plus, as are the next three
        self.dns_gslbs: Table = {}
        self.dns_pools: Table = {}
        self.dns_health_checks: Table = {}
        self.dns_seen: dict[tuple[str, str], tuple[bool, str]] = {}    # (pool's id, endpoint) -> (healthy, why), once it was looked at
        self.orders = Orders()                      # misbehaviour still to happen
        self.observed: dict[str, dict[str, str]] = {}
        self.requests: Path | None = None           # the journal of this emulator's requests, when it keeps one
        self.close: Callable[[], None] = lambda: None

    def now(self) -> float:
        return self.settings.clock()

    def stamp(self) -> str:
        """Now, as the network service writes it: a space, no zone."""
        return datetime.fromtimestamp(self.now(), UTC).strftime("%Y-%m-%d %H:%M:%S.%f")

    def zulu(self) -> str:
        """Now, as compute and Kubernetes write it."""
        return datetime.fromtimestamp(self.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def ymdt(self) -> str:
        """Now, as RDS writes it: Korean time with its offset."""
        return datetime.fromtimestamp(self.now(), KST).isoformat(timespec="milliseconds")

    def observation(self, kind: str, identity: str, wanted: str) -> str | None:
        """What the materialiser last reported about a resource, or None; with `auto_observe` whatever is wanted."""
        return wanted if self.settings.auto_observe else self.observed.get(kind, {}).get(identity)

    def addresses_in(self, subnet_id: str) -> set[str]:
        """Every address of a subnet that somebody holds: its gateway, DHCP, SNAT, ports, databases and cluster nodes."""
        network = ipaddress.ip_network(self.subnets[subnet_id]["cidr"])
        return {str(network[number]) for number in (1, 2, 3)} | self.holders_in(subnet_id)

    def holders_in(self, subnet_id: str) -> set[str]:
        """The addresses that keep a subnet from being deleted."""
        held = {ip["ip_address"] for port in self.ports.values() for ip in port["fixed_ips"] if ip["subnet_id"] == subnet_id}
        held |= {database["_address"] for database in self.rds_instances.values() if database["_subnet_id"] == subnet_id}
        return held | {node for cluster in self.clusters.values() if cluster["fixed_subnet"] == subnet_id
                       for node in cluster["node_addresses"]}

    def free_address(self, subnet_id: str, start: int = 4) -> str:
        """The lowest free address of a subnet from its `start`-th on; refuses when there is none."""
        network = ipaddress.ip_network(self.subnets[subnet_id]["cidr"])
        taken = self.addresses_in(subnet_id)
        for number in range(min(start, network.num_addresses - 1), network.num_addresses - 1):
            if (address := str(network[number])) not in taken:
                return address
        raise Refused(409, f"No more IP addresses available on network {subnet_id}.", "IpAddressGenerationFailure")

    def table_of(self, subnet_id: str) -> Record:
        """The routing table a subnet follows: its own, else its VPC's default."""
        subnet = self.subnets[subnet_id]
        if subnet["_table"]:
            return self.routing_tables[subnet["_table"]]
        return next(table for table in self.routing_tables.values() if table["_vpc"] == subnet["vpc_id"] and table["default_table"])


def new_id() -> str:
    return str(uuid.uuid4())


def find(table: Table, identity: str, kind: str) -> Record:
    """The record with this id; 404 when there is none."""
    if identity not in table:
        raise Refused(404, f"{kind} {identity} could not be found.", f"{kind}NotFound")
    return table[identity]


def shown(record: Record, *without: str) -> Record:
    """A record as a client may see it."""
    return {key: value for key, value in record.items() if not key.startswith("_") and key not in without}


def ripe(record: Record, patience: int = PATIENCE) -> bool:
    """Counts one look at a changing record; true once it has been looked at often enough to show its new state."""
    record["_looks"] = record.get("_looks", 0) + 1
    return record["_looks"] > patience


def named(records: Iterable[Record], key: str, value: Any) -> Record | None:
    """The first record whose `key` is `value`."""
    return next((record for record in records if record.get(key) == value), None)
