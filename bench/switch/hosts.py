# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the parts of the lab's world are, and how to reach them from this machine: the hosts by podman, agents and databases by their own
addresses, which this machine has a foot in. Nothing here decides anything.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import yaml
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import Server

from lab.podman import containers, execute, podman
from lab.world import LABEL_KIND, MACHINE, NAMES, SECRETS

CONFIG = "/etc/multicloud-dr/agent.json"
AGENT_PORT = 8008
SITES = ("nhn", "aws")
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class NotThere(RuntimeError):
    """Something of the world is missing; the message says what."""


@dataclass(frozen=True)
class Site:
    """host, database: names of containers; address: of the host's agent; config: what the agent there is told."""

    name: str
    host: str
    database: str
    address: str
    config: Mapping[str, Any]

    def run(self, *argv: str, timeout: float = 60, check: bool = True, stdin: str | None = None) -> str:
        """A command on the site's host, as root."""
        return execute(self.host, argv, stdin=stdin, timeout=timeout, check=check)

    def status(self, timeout: float = 1.0) -> dict[str, Any] | None:
        """What the agent says of itself; None when it gives no answer."""
        try:
            with _opener.open(f"http://{self.address}:{AGENT_PORT}/status", timeout=timeout) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except (OSError, ValueError):
            return None

    def writes(self, timeout: float = 1.0) -> bool:
        """The agent says that this site is the writer."""
        try:
            with _opener.open(f"http://{self.address}:{AGENT_PORT}/writer", timeout=timeout) as answer:
                return bool(answer.status == 200)
        except (urllib.error.HTTPError, OSError):
            return False

    def journal(self) -> list[dict[str, Any]]:
        """Every whole line of the journal of switches to this site."""
        lines = []
        for text in self.run("cat", "/var/lib/multicloud-dr/journal.jsonl", check=False).splitlines():
            try:
                lines.append(json.loads(text))
            except ValueError:
                continue
        return lines


class World:
    """Both sites as they are now. Found when it is made; addresses of a lab's parts do not move while it stands."""

    def __init__(self) -> None:
        found = [(row["labels"].get("mcdr.site", ""), row["labels"].get(LABEL_KIND, ""), row["name"]) for row in containers()]
        self.sites: dict[str, Site] = {}
        for name in SITES:
            hosts = [each for site, kind, each in found if (site, kind) == (name, "host") and self._has_agent(each)]
            databases = [each for site, kind, each in found if (site, kind) == (name, "mysql")]
            if len(hosts) != 1 or len(databases) != 1:
                raise NotThere(f"{name} has {len(hosts)} hosts with an agent and {len(databases)} databases, not one of each")
            config = json.loads(execute(hosts[0], ["cat", CONFIG]))
            self.sites[name] = Site(name, hosts[0], databases[0], str(config["listen"]["addresses"][-1]), config)
        self.third = next((each for site, kind, each in found if (site, kind) == ("third", "host")), "")
        self.secrets: dict[str, str] = yaml.safe_load(SECRETS.read_text())

    @staticmethod
    def _has_agent(container: str) -> bool:
        return bool(execute(container, ["sh", "-c", f"test -f {CONFIG} && echo yes"], check=False).strip())

    @cached_property
    def databases(self) -> dict[str, str]:
        """The address of each site's database."""
        return {name: self._address(site) for name, site in self.sites.items()}

    def _address(self, site: Site) -> str:
        host = str(site.config["database"]["host"])
        if host.replace(".", "").isdigit():
            return host
        known = json.loads(NAMES.read_text())
        if host in known:
            return str(known[host])
        networks = json.loads(podman("inspect", site.database))[0]["NetworkSettings"]["Networks"]
        return next(str(each["IPAddress"]) for each in networks.values() if each["IPAddress"])

    def server(self, site: str, user: str) -> Server:
        """A database with one of the accounts the inventory names: app, dr_agent, dr_sync, admin."""
        secret = {"app": "db_app_password", "dr_agent": "db_agent_password", "dr_sync": "db_sync_password", "admin": "db_admin_password"}[user]
        return Server(self.databases[site], 3306, user, self.secrets[secret])

    @property
    def profile_timing(self) -> dict[str, float]:
        """The timing that the agents run with."""
        timing: dict[str, float] = dict(self.sites["aws"].config["timing"])
        return timing


NAMESERVER = MACHINE
