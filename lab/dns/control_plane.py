# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the control planes say: Route 53's zones and checks from lab.aws, endpoint names from names.json. Only the last good word counts."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lab import world
from lab.dns.answers import World, plain
from lab.journal import LAB_AGENT

POLL_SECONDS = 0.5


class ControlPlane:
    """Follows both sources; `world` is what DNS answers from. on_checks gets {id: HealthCheckConfig} whenever Route 53 was read.
    keys: boto3's arguments aws_access_key_id and aws_secret_access_key.
    """

    def __init__(
        self, url: str, names: Path, on_checks: Callable[[Mapping[str, Mapping[str, Any]]], None], keys: Mapping[str, str],
    ):
        self.url = url
        self.names = names
        self.on_checks = on_checks
        self.world = World()
        self._revision: str | None = None
        self._route53 = boto3.client(
            "route53", region_name=world.AWS_REGION, endpoint_url=url, **keys,
            config=Config(user_agent_extra=LAB_AGENT, connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 1}))

    def run(self, stop: threading.Event) -> None:
        """Look every half second until told to stop."""
        while not stop.wait(POLL_SECONDS):
            self.look()

    def look(self) -> None:
        """Take over what has changed; whatever cannot be read stays as it was last known."""
        try:
            names = {plain(name): address for name, address in json.loads(self.names.read_text()).items()}
        except FileNotFoundError:
            names = dict(self.world.names)
        self.world = World(self.world.record_sets, names)
        try:
            revision = self._asked_revision()
            if revision == self._revision:
                return
            self.world = World(self._record_sets(), names)
            self.on_checks(self._checks())
            self._revision = revision
        except (OSError, BotoCoreError, ClientError) as error:
            self._say(f"Route 53 cannot be read, going on with what is known: {error}")

    def _asked_revision(self) -> str:
        with urllib.request.urlopen(f"{self.url}/_lab/revision", timeout=2) as response:
            return json.load(response)["revision"]

    def _record_sets(self) -> dict[str, list[dict[str, Any]]]:
        zones = [zone for page in self._route53.get_paginator("list_hosted_zones").paginate() for zone in page["HostedZones"]]
        sets = self._route53.get_paginator("list_resource_record_sets")
        return {plain(zone["Name"]): [record for page in sets.paginate(HostedZoneId=zone["Id"]) for record in page["ResourceRecordSets"]]
                for zone in zones}

    def _checks(self) -> dict[str, dict[str, Any]]:
        pages = self._route53.get_paginator("list_health_checks").paginate()
        return {check["Id"]: check["HealthCheckConfig"] for page in pages for check in page["HealthChecks"]}

    _said = ""

    def _say(self, what: str) -> None:
        if what != self._said:
            self._said = what
            print(f"lab.dns: {what}", flush=True)
