# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a configuration file to the parts of a rehearsal.

/etc/multicloud-dr/rehearsal.json, written by role `rehearsal`:
  topology, site: names · schemas: what is copied, `dr` among them · state_directory · agent_url: this site's agent
  database: {host, port, user, password} of the standby's live database: an account that may read everything in the schemas
  aws: {instance, admin_user, admin_password, client}: the live instance, the first user of new ones, arguments of boto3
  application: {image, registry, command, environment, account, schema, address, port, memory_mb, live_url}
    registry: of ECR, which wants a pass before the image is pulled; "" for none
    image, command: what is run; environment: of the application, without its database; account, schema: as whom it logs in, to what;
    address, port: where it answers, on loopback; live_url: where this site's own application answers beside its edge
  prepare_sql: statements that make something buyable on the copy · edge_file: configuration of the edge on this host
  timing: the topology's, as proof.report.floor_seconds takes it · limits: {job_seconds, still_seconds, sale_seconds}
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ..backup.instances import AwsInstances
from ..backup.parts import Parts as InstanceParts
from ..faults import Answer, BadInput, Fault
from ..mysql.connection import Server
from ..waiting import Clock, SystemClock
from .container import Podman
from .kept import Kept

CONFIG = "/etc/multicloud-dr/rehearsal.json"
CONTAINER = "multicloud-dr-rehearsal"
NEEDED = ("topology", "site", "schemas", "state_directory", "agent_url", "database", "aws", "application", "timing")
SUFFIX = "-rehearsal"


@dataclass
class Parts:
    """Everything that a rehearsal works with. now: seconds since the epoch."""

    config: Mapping[str, Any]
    now: Callable[[], float]
    clock: Clock = field(default_factory=SystemClock)

    @property
    def site(self) -> str:
        return str(self.config["site"])

    @property
    def schemas(self) -> list[str]:
        return list(self.config["schemas"])

    @property
    def application(self) -> Mapping[str, Any]:
        return dict(self.config["application"])

    @property
    def instance(self) -> str:
        """Name of the copy; the rights of this host end at names that begin with that of the live one."""
        return f"{self.config['aws']['instance']}{SUFFIX}"

    @property
    def url(self) -> str:
        """Where the application on the copy answers."""
        return f"http://{self.application['address']}:{int(self.application['port'])}"

    @property
    def live(self) -> Server:
        """The standby's own database."""
        told = self.config["database"]
        return Server(told["host"], int(told.get("port", 3306)), told["user"], told["password"])

    def limit(self, name: str, default: float) -> float:
        return float((self.config.get("limits") or {}).get(name, default))

    @cached_property
    def kept(self) -> Kept:
        return Kept(str(self.config["state_directory"]))

    @cached_property
    def instances(self) -> AwsInstances:
        """Where the copy is made, by the same means as an instance that a backup is restored into."""
        return AwsInstances(InstanceParts(dict(self.config), self.now, self.clock))

    @cached_property
    def podman(self) -> Podman:
        return Podman(CONTAINER)

    def have_image(self) -> None:
        """Have the application's image here. A pass of ECR's lasts for half a day, so one is asked for each time. Raises Fault."""
        told = self.application
        if registry := str(told.get("registry") or ""):
            self.podman.login(registry, *ecr_pass(self.config["aws"]["client"]))
        self.podman.pull(str(told["image"]))


def ecr_pass(client: Mapping[str, str]) -> tuple[str, str]:
    """(user, password) for the account's registry. client: arguments of boto3. Raises Fault."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError
    try:
        asked = boto3.client("ecr", **{name: value for name, value in client.items() if value}).get_authorization_token()
    except (BotoCoreError, ClientError) as error:
        raise Fault("ask ECR for a pass", "to pull the application's image", answer=Answer("AWS", words=str(error)),
                    then="Run site.yml with --tags aws_access, which gives this host the right to.") from error
    user, _unused, password = base64.b64decode(asked["authorizationData"][0]["authorizationToken"]).decode().partition(":")
    return user, password


def parts_from(config: Mapping[str, Any], now: Callable[[], float], clock: Clock | None = None) -> Parts:
    """Raises BadInput, naming all that is missing."""
    if missing := [name for name in NEEDED if config.get(name) in (None, "", [], {})]:
        raise BadInput(f"{name}: required" for name in missing)
    return Parts(config, now, clock or SystemClock())


def load(path: str, now: Callable[[], float]) -> Parts:
    """The parts that a configuration file describes. Raises Fault, BadInput."""
    try:
        config = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Fault("read", path, left=str(error), then="Run site.yml with --tags rehearsal.") from error
    return parts_from(config, now)
