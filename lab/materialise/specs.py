# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What there should be, as values. Two equal specs need no work; `identity` names the part that only a rebuild can change."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Literal

Site = Literal["nhn", "aws"]
SITES: tuple[Site, ...] = ("nhn", "aws")


@dataclass(frozen=True)
class Network:
    """A VPC: one flat podman network."""

    name: str
    site: Site
    resource: str
    cidr: str

    @property
    def machine_address(self) -> str:
        """This machine's own address there: the last usable one, so that no cloud hands it out."""
        return str(ipaddress.ip_network(self.cidr).broadcast_address - 1)

    @property
    def identity(self) -> tuple[object, ...]:
        return (self.cidr,)


@dataclass(frozen=True, order=True)
class Nat:
    """One public address and the private address behind it, or the range whose members share it on their way out."""

    public: str
    private: str


@dataclass(frozen=True, order=True)
class Route:
    cidr: str
    via: str


@dataclass(frozen=True)
class Router:
    """A VPC's way out. `open`: an internet gateway is attached. `shared`: ranges behind a NAT gateway; `shut`: ranges without a way out."""

    name: str
    site: Site
    resource: str
    network: str
    cidr: str
    address: str
    internet_address: str
    open: bool = False
    nat: tuple[Nat, ...] = ()
    routes: tuple[Route, ...] = ()
    shared: tuple[Nat, ...] = ()
    shut: tuple[str, ...] = ()

    @property
    def identity(self) -> tuple[object, ...]:
        return (self.network, self.address, self.internet_address)


@dataclass(frozen=True, order=True)
class Rule:
    """What may pass: to or from `remotes` (ranges; without any, nobody), of an IP protocol by number (None: any), and of that the ports from
    `low` to `high`, or of ICMP the type `low` and the code `high` (None: any)."""

    direction: Literal["ingress", "egress"]
    remotes: tuple[str, ...]
    protocol: int | None = None
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True)
class Filter:
    """A port's security groups: without a rule nothing passes. `sources`: ranges it may send from, () for any."""

    rules: tuple[Rule, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Host:
    """A server or instance: systemd, sshd, one key, user data run once."""

    name: str
    site: Site
    resource: str
    network: str
    address: str
    gateway: str
    hostname: str
    user: str
    public_key: str
    user_data: str = field(default="", repr=False)
    metadata: str = field(default="", repr=False)           # what the cloud tells it about itself, as JSON; "" where there is no such service
    public: tuple[str, ...] = ()    # addresses it is reached by from outside
    powered: bool = True            # a stopped server keeps its disk
    filter: Filter | None = None    # None: its port filters nothing

    @property
    def identity(self) -> tuple[object, ...]:
        return (self.resource, self.network, self.address)


@dataclass(frozen=True)
class Tunnel:
    """One of a VPN connection's two tunnels, seen from the cloud's end. Times in seconds."""

    name: str
    outside: str                    # our outside address
    peer_id: str                    # how the customer gateway calls itself: its public address
    inside: str                     # our address in the tunnel, answers pings
    peer_inside: str
    psk: str = field(repr=False)
    ike_proposals: str
    esp_proposals: str
    ike_seconds: int
    esp_seconds: int
    dpd_interval: int
    dpd_timeout: int
    version: int = 0                # of IKE: 1, 2, or 0 for whichever the peer speaks
    starts: bool = False            # whether the cloud begins to talk by itself
    restarts: bool = False          # and again when its peer went silent
    options: str = ""               # fingerprint of all its options: whatever is modified, the cloud takes the tunnel down for it


@dataclass(frozen=True)
class Vgw:
    """A virtual private gateway with its VPN connections' tunnels; `remote`: the static routes, `local`: the VPC."""

    name: str
    site: Site
    resource: str
    network: str
    address: str
    local: str
    remote: tuple[str, ...]
    tunnels: tuple[Tunnel, ...]

    @property
    def identity(self) -> tuple[object, ...]:
        return (self.network, self.address, self.tunnels[0].outside)


@dataclass(frozen=True)
class User:
    id: str
    name: str
    password: str = field(repr=False)
    host: str
    authority: str


@dataclass(frozen=True)
class Schema:
    id: str
    name: str


@dataclass(frozen=True)
class Restore:
    """What a database begins with. archive: a physical backup; replay: what of whose binary logs is applied on top, () for none;
    adopt: its accounts and schemas are those of the backup, whatever the control plane says."""

    archive: str
    replay: tuple[tuple[str, str], ...] = ()
    source: str = ""                # the container whose binary logs those are
    adopt: bool = False


@dataclass(frozen=True)
class Database:
    name: str
    site: Site
    resource: str
    network: str
    address: str
    gateway: str
    port: int
    domain: str
    admin_user: str
    admin_password: str = field(repr=False)
    parameters: tuple[tuple[str, str], ...] = ()
    users: tuple[User, ...] = ()
    schemas: tuple[Schema, ...] = ()
    restore: Restore | None = None
    filter: Filter | None = None

    @property
    def identity(self) -> tuple[object, ...]:
        return (self.resource, self.network, self.address, self.port)


@dataclass(frozen=True, order=True)
class Target:
    id: str
    address: str
    port: int


@dataclass(frozen=True)
class TargetGroup:
    """Where a load balancer sends requests, and how it asks whether a target is well. Times in seconds."""

    arn: str
    name: str
    targets: tuple[Target, ...]
    check_path: str
    check_port: int | None          # None: the target's own port
    check_codes: str
    interval: int
    timeout: int
    rise: int
    fall: int


@dataclass(frozen=True, order=True)
class Listener:
    port: int
    group: str                      # name of a TargetGroup; "" for one that only sends elsewhere
    redirect: str = ""              # where to: "https 443 HTTP_301"
    certificate: str = field(default="", repr=False)       # certificate, chain and key; "" for one without TLS


@dataclass(frozen=True)
class Condition:
    """What a web ACL's own rule asks of a request: `addresses` and `countries` (one of `values`), `path` (how, what), `rate` (more than `limit` from
    one address within `seconds`), or of other conditions: `not`, `and`, `or`."""

    kind: Literal["addresses", "countries", "path", "rate", "not", "and", "or"]
    values: tuple[str, ...] = ()
    inner: tuple[Condition, ...] = ()
    limit: int = 0
    seconds: int = 0

    def kinds(self) -> list[str]:
        """Its own and those of all within it."""
        return [self.kind, *(kind for each in self.inner for kind in each.kinds())]


@dataclass(frozen=True)
class FirewallRule:
    """A rule of a web ACL: on a condition, or a managed `group`, of which the rules in `counted` decide nothing."""

    name: str
    action: Literal["Allow", "Block", "Count"]
    condition: Condition | None = None
    group: str = ""
    counted: tuple[str, ...] = ()


@dataclass(frozen=True)
class WebAcl:
    """What a load balancer asks before it lets a request in; rules in the order they are asked."""

    resource: str
    name: str
    rules: tuple[FirewallRule, ...] = ()
    default: Literal["Allow", "Block"] = "Allow"


@dataclass(frozen=True)
class LoadBalancer:
    name: str
    site: Site
    resource: str
    network: str
    address: str
    internet_address: str           # "" for one that is internal
    domain: str
    listeners: tuple[Listener, ...] = ()
    groups: tuple[TargetGroup, ...] = ()
    filter: Filter | None = None
    web_acl: WebAcl | None = None

    @property
    def identity(self) -> tuple[object, ...]:
        return (self.network, self.address, self.internet_address)


Spec = Network | Router | Host | Vgw | Database | LoadBalancer
KINDS: dict[type, str] = {Router: "router", Host: "host", Vgw: "vgw", Database: "mysql", LoadBalancer: "lb"}


def short(resource: str) -> str:
    """The first eight characters of an id without AWS's type prefix: `vpc-0a1b2c3d4e` -> `0a1b2c3d`."""
    return resource.removeprefix("vpc-").removeprefix("vgw-").removeprefix("i-")[:8]


def hostname(name: str) -> str:
    """A name as one DNS label."""
    label = "".join(letter if letter.isalnum() else "-" for letter in name.lower()).strip("-")
    return label[:63] or "host"


def host_address(cidr: str, offset: int) -> str:
    """The address `offset` places after the start of a network; counted from its end when negative."""
    network = ipaddress.ip_network(cidr)
    return str((network.network_address if offset >= 0 else network.broadcast_address) + offset)


def lowest_free(first: str, last: str, taken: set[str]) -> str:
    """The lowest address of a range that nobody holds. Raises ValueError when there is none."""
    for number in range(int(ipaddress.ip_address(first)), int(ipaddress.ip_address(last)) + 1):
        if (address := str(ipaddress.ip_address(number))) not in taken:
            return address
    raise ValueError(f"no free address left between {first} and {last}")


def names(specs: dict[str, Spec], site: Site) -> dict[str, str]:
    """DNS names one site's databases and load balancers are reached by: {name: address}."""
    found: dict[str, str] = {}
    for spec in specs.values():
        if spec.site == site and isinstance(spec, Database | LoadBalancer) and spec.domain:
            found[spec.domain] = spec.address if isinstance(spec, Database) else spec.internet_address or spec.address
    return found
