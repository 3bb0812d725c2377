# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An AWS of a test's own, on loopback: the lab's control plane, clients for it, and what crossed the wire. Its health checkers are made up:
every check is well as soon as it is there, or has not been looked at while `checkers` is 0.
"""

from __future__ import annotations

import json
import tempfile
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import boto3
from botocore.config import Config
from moto.moto_api._internal import moto_api_backend
from moto.route53.models import route53_backends

from lab import world
from lab.aws.app import server
from lab.aws.observed import OBSERVED
from lab.journal import entries

ONE_TRY = Config(retries={"total_max_attempts": 1})
KEYS = {"aws_access_key_id": "AKIATESTED", "aws_secret_access_key": "tested/secret"}


class Watched:
    """A clock that does not sleep: while it says that time passes, `happens` happens."""

    def __init__(self, happens: Callable[[], object] = lambda: None) -> None:
        self._happens, self._now = happens, 0.0

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds
        self._happens()


class AwsCloud:
    """Use it with `with`; empty at first, as moto's state is dropped on the way in."""

    def __enter__(self) -> AwsCloud:
        self._folder = tempfile.TemporaryDirectory()
        self.journal, self.faults = Path(self._folder.name) / "aws.jsonl", Path(self._folder.name) / "faults.json"
        self._health, world.HEALTH = world.HEALTH, self         # what checkers have seen is asked for there
        self.checkers = 16
        taken = {KEYS["aws_access_key_id"]: KEYS["aws_secret_access_key"]}
        self._server = server(lambda: taken, "127.0.0.1", 0, journal=self.journal, faults=self.faults)
        self.url = f"http://127.0.0.1:{self._server.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self._clients: dict[str, Any] = {}
        self._counted = 0
        moto_api_backend.reset()
        OBSERVED.forget()
        self.take_writes()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        world.HEALTH = self._health
        self._folder.cleanup()

    def client(self, service: str) -> Any:
        """A boto3 client that does not try again by itself."""
        if service not in self._clients:
            self._clients[service] = boto3.client(service, region_name=world.AWS_REGION, endpoint_url=self.url, config=ONE_TRY, **KEYS)
        return self._clients[service]

    def take_writes(self) -> list[str]:
        """The actions since the last call that would have changed something."""
        lines = list(entries(self.journal))
        fresh, self._counted = lines[self._counted:], len(lines)
        return [line["action"] for line in fresh if line["write"]]

    def exists(self) -> bool:
        return True

    def read_text(self) -> str:
        """`checkers` of them have reported on every health check that there is, all of them well."""
        checks = [check for account in route53_backends.values() for backend in account.values() for check in backend.health_checks]
        return json.dumps({check: {"checkers": self.checkers, "last": "Success: HTTP status 200"} for check in checks})

    def lab(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """A request to the lab's own door."""
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(self.url + path, data=data, method=method)) as response:
            return json.load(response)

    def network(self, name: str = "tickets") -> dict[str, str]:
        """A VPC with one public subnet and an attached VPN gateway, named as role aws_network names them: {vpc, subnet, gateway}."""
        ec2 = self.client("ec2")

        def tags(kind: str, value: str) -> list[dict[str, Any]]:
            return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": value}]}]

        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tags("vpc", f"{name}-vpc"))["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24", AvailabilityZone="ap-northeast-2a",
                                   TagSpecifications=tags("subnet", f"{name}-public-a"))["Subnet"]["SubnetId"]
        gateway = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
        ec2.attach_vpn_gateway(VpnGatewayId=gateway, VpcId=vpc)
        self.take_writes()
        return {"vpc": vpc, "subnet": subnet, "gateway": gateway}
