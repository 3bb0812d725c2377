# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Can this host watch both sites as it is told to? Pure: looks at what is planned, and asks nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import Any

from .told import SEVERITIES

# Alerts promise a page within thirty seconds of a fault: two readings and what a rule waits for have to fit.
SLOWEST = 15
URL = re.compile(r"https?://[^\s/]+(/\S*)?")
NAME = re.compile(r"[a-z][a-z0-9_-]*")
ABOVE_NOTHING = ("retention_days", "retention_gb", "repeat_hours", "settle_seconds")
PORTS = ("prometheus_port", "alertmanager_port", "node_port", "mysqld_port", "blackbox_port", "cloud_port", "rehearsal_port", "grafana_port")


def faults(given: Mapping[str, Any]) -> list[str]:
    """Every reason why it cannot, as "path: what is wrong", without any address that may hold a secret; empty when it can.

    given: the role's variables without its name before each.
    """
    found = (*_agents(given), *_applications(given["applications"]), *_group(given["scaling_group"]), *_database(given["database"]),
             *_doors(given["doors"]), *_cloud(given["cloud"]), *_grafana(given), *_numbers(given), *_receivers(given["receivers"]),
             *_remote_write(given["remote_write"]))
    return [f"monitoring_{fault}" for fault in found]


def _agents(given: Mapping[str, Any]) -> Iterator[str]:
    agents: Sequence[Mapping[str, Any]] = given["agents"]
    sites = [str(agent["site"]) for agent in agents]
    for at, agent in enumerate(agents):
        if not NAME.fullmatch(sites[at]):
            yield f"agents[{at}].site: {sites[at]!r} is no name of a site: small letters, digits, - and _"
        if sites[at] in sites[:at]:
            yield f"agents[{at}].site: {sites[at]} is watched already"
        if not _endpoint(str(agent["address"])):
            yield f"agents[{at}].address: {agent['address']!r} is no address and port, such as 10.0.1.10:8008"
        elif str(agent["address"]) in [str(other["address"]) for other in agents[:at]]:
            yield f"agents[{at}].address: {agent['address']} is that of another site as well"
    if given["site"] not in sites:
        yield f"site: {given['site']} is none of monitoring_agents"


def _applications(addresses: Sequence[Any]) -> Iterator[str]:
    for at, address in enumerate(addresses):
        if not _endpoint(str(address)):
            yield f"applications[{at}]: {address!r} is no address and port, such as 10.0.0.21:8000"
        elif address in addresses[:at]:
            yield f"applications[{at}]: {address} is asked already"


def _group(given: Mapping[str, Any]) -> Iterator[str]:
    for name in ("name", "region"):
        if given and not re.fullmatch(r"[A-Za-z0-9][\w.-]*", str(given.get(name, ""))):
            yield f"scaling_group.{name}: {given.get(name, '')!r} is no name"
    if given and not 0 < int(given.get("port", 0)) < 65536:
        yield f"scaling_group.port: {given.get('port', '')!r} is no port"
    if given.get("endpoint_url") and not URL.fullmatch(str(given["endpoint_url"])):
        yield f"scaling_group.endpoint_url: {given['endpoint_url']!r} is no http:// or https:// address"


def _database(given: Mapping[str, Any]) -> Iterator[str]:
    """A fault of the password is told without it."""
    if not given["host"]:
        yield "database.host: is empty; the database has to be built first"
    elif not re.fullmatch(r"[A-Za-z0-9.-]+", str(given["host"])):
        yield f"database.host: {given['host']!r} is no address or name"
    if not re.fullmatch(r"\w+", str(given["user"])):
        yield f"database.user: {given['user']!r} is no name of an account"
    if not given["password"] or re.search(r"[`\x00-\x1f]|%\(", str(given["password"])):
        yield "database.password: is empty, or holds what the exporter's file cannot: a backquote, a line's end, or %("


def _doors(doors: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for at, door in enumerate(doors):
        if not NAME.fullmatch(str(door["site"])):
            yield f"doors[{at}].site: {door['site']!r} is no name of a site"
        if not URL.fullmatch(str(door["url"])):
            yield f"doors[{at}].url: {door['url']!r} is no http:// or https:// address"
        elif door["url"] in [other["url"] for other in doors[:at]]:
            yield f"doors[{at}].url: {door['url']} is knocked at already"


# What of each cloud can be asked for: at least one of these.
ASKED = {"aws": ("database", "balancer", "group"), "nhn": ("database", "cluster")}


def _cloud(cloud: Mapping[str, Any]) -> Iterator[str]:
    """A fault is told without what stands there: among it are keys."""
    named = [name for name in ASKED if cloud.get(name)]
    if cloud and len(named) != 1:
        yield f"cloud: is that of one site, either {' or '.join(ASKED)}"
    for name in named:
        if not any(cloud[name].get(what) for what in ASKED[name]):
            yield f"cloud.{name}: names nothing to ask for; at least one of {', '.join(ASKED[name])}"
        for what in (*ASKED[name], "namespace"):
            if cloud[name].get(what) and not re.fullmatch(r"[A-Za-z][A-Za-z0-9_.-]*", str(cloud[name][what])):
                yield f"cloud.{name}.{what}: is no name"
        if cloud[name].get("cluster") and not cloud[name].get("namespace"):
            yield f"cloud.{name}.namespace: is missing, and a cluster needs it"
        login = "client" if name == "aws" else "auth"
        if not cloud[name].get(login):
            yield f"cloud.{name}.{login}: is missing"


def _grafana(given: Mapping[str, Any]) -> Iterator[str]:
    """Nothing of it counts where there is none. A fault of the password is told without it."""
    if not given["grafana_enabled"]:
        return
    password, address = str(given["grafana_password"]), str(given["grafana_address"])
    if len(password) < 12 or re.search(r"[\x00-\x1f]", password):
        yield "grafana_password: is shorter than 12 characters, or holds the end of a line; without a Grafana monitoring_grafana_enabled is false"
    try:
        reached = ip_address(address)
        if reached.is_unspecified or not (reached.is_loopback or reached.is_private):
            yield f"grafana_address: {address} may be reached from anywhere; take loopback, or an address behind the VPN"
    except ValueError:
        yield f"grafana_address: {address!r} is no address"
    for name in ("grafana_repository", "grafana_key_url"):
        if not re.fullmatch(r"https://\S+", str(given[name])):
            yield f"{name}: is no https:// address"
    if not re.fullmatch(r"[0-9A-F]{40}", str(given["grafana_key_fingerprint"])):
        yield "grafana_key_fingerprint: is not a whole fingerprint, forty digits of 0-9 and A-F"
    if not re.fullmatch(r"[0-9A-Za-z.*+~-]+", str(given["grafana_version"])):
        yield f"grafana_version: {given['grafana_version']!r} is no version, such as 11.6.*"


def _numbers(given: Mapping[str, Any]) -> Iterator[str]:
    if not 1 <= int(given["scrape_seconds"]) <= SLOWEST:
        yield (f"scrape_seconds: {given['scrape_seconds']} is not between 1 and {SLOWEST}; read less often, a site is down longer than the alerts "
               "promise before anybody hears of it")
    if not 15 <= int(given["cloud_seconds"]) <= 3600:
        yield f"cloud_seconds: {given['cloud_seconds']} is not between 15 and 3600"
    for name in ABOVE_NOTHING:
        if int(given[name]) < 1:
            yield f"{name}: {given[name]} is not above 0"
    ports = [int(given[name]) for name in PORTS]
    for at, name in enumerate(PORTS):
        if not 0 < ports[at] < 65536:
            yield f"{name}: {ports[at]} is no port"
        elif ports[at] in ports[:at]:
            yield f"{name}: {ports[at]} is taken by monitoring_{PORTS[ports.index(ports[at])]}"


# What each kind of receiver needs, and what it knows besides.
NEEDS = {"webhook": {"url"}, "slack": {"url"}, "mail": {"to", "sender", "smarthost"}}
KNOWS: dict[str, set[str]] = {"webhook": {"token"}, "slack": {"channel"}, "mail": {"user", "password"}}


def _receivers(receivers: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A fault is told by its place alone: what stands there may be a secret."""
    for at, given in enumerate(receivers):
        path, kind = f"receivers[{at}]", str(given["kind"])
        if kind not in NEEDS:
            yield f"{path}.kind: is none of {', '.join(NEEDS)}"
            continue
        said = {name for name, value in given.items() if value} - {"kind", "severities"}
        yield from (f"{path}.{name}: is missing, and {kind} needs it" for name in sorted(NEEDS[kind] - said))
        yield from (f"{path}.{name}: {kind} knows nothing of it" for name in sorted(said - NEEDS[kind] - KNOWS[kind]))
        if "url" in said & NEEDS[kind] and not URL.fullmatch(str(given["url"])):
            yield f"{path}.url: is no http:// or https:// address"
        if "smarthost" in said & NEEDS[kind] and not _endpoint(str(given["smarthost"])):
            yield f"{path}.smarthost: is no HOST:PORT"
        if "token" in said and not re.fullmatch(r"[\x21-\x7e]+", str(given["token"])):
            yield f"{path}.token: holds what no header of a request can, such as a blank or the end of a line"
        if kind == "webhook" and "token" in said and "@" in str(given.get("url", "")).partition("://")[2].partition("/")[0]:
            yield f"{path}.token: the address has a log-in already, and a request has one"
        if "password" in said and re.search(r"[\x00-\x1f]|^\s|\s$", str(given["password"])):
            yield f"{path}.password: holds the end of a line, or begins or ends with a blank"
        if kind == "mail" and ("user" in said) != ("password" in said):
            yield f"{path}.{'password' if 'user' in said else 'user'}: an account has both"
        if not set(given.get("severities", SEVERITIES)) <= set(SEVERITIES) or not given.get("severities", SEVERITIES):
            yield f"{path}.severities: at least one of {', '.join(SEVERITIES)}, and nothing else"
        if given in receivers[:at]:
            yield f"{path}: is told already"


def _remote_write(targets: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A fault is told by its place alone, as with receivers."""
    for at, given in enumerate(targets):
        path, login = f"remote_write[{at}]", {name for name in ("user", "password", "token") if given.get(name)}
        if not re.fullmatch(r"https://[^\s/@]+(/\S*)?", str(given["url"])):
            yield f"{path}.url: is no https:// address without a log-in; a log-in has options of its own"
        if login not in (set(), {"token"}, {"user", "password"}):
            yield f"{path}: takes user and password, or token, or neither"
        yield from (f"{path}.{name}: holds the end of a line, or a blank at an end" for name in sorted(login - {"user"})
                    if re.search(r"[\x00-\x1f]|^\s|\s$", str(given[name])))
        if given["url"] in [other["url"] for other in targets[:at]]:
            yield f"{path}.url: is written to already"


def _endpoint(text: str) -> bool:
    found = re.fullmatch(r"([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\]):(\d{1,5})", text)
    return found is not None and 0 < int(found[2]) < 65536
