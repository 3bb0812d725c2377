# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The door between the control plane and the rest of the lab.

`PUT /_lab/observed` takes what became real, `PUT /_lab/blocked` what load balancers have blocked, `GET /_lab/secrets` tells what AWS never
tells, and `GET /_lab/revision` is `{"revision": text}`, which differs after every write: who follows the control plane need read it anew only then.
"""

from __future__ import annotations

import base64
import json
import secrets
import threading
from collections.abc import Callable, Iterable
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends
from moto.rds.models import rds_backends

from lab import world
from lab.aws import autoscaling, certificates, instance_refresh, metadata, rds, waf_logs
from lab.aws.observed import OBSERVED
from lab.journal import LAB_PREFIX, Environ, RequestJournal, body_of


class LabSide:
    """WSGI middleware for the paths under /_lab/; everything else is the application's."""

    def __init__(self, app: RequestJournal):
        self.app = app
        self._started = secrets.token_hex(4)                        # a restarted control plane is another one, and empty
        self._going_on = threading.Lock()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if not path.startswith(LAB_PREFIX):
            return self.app(environ, start_response)
        status, answer = self._answer(environ["REQUEST_METHOD"], path, environ)
        body = json.dumps(answer).encode()
        start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    def _go_on(self) -> bool:
        """What AWS does by itself, once more is known of what is real; says whether it did something, which stands in no journal. One at a time:
        requests are served beside each other."""
        with self._going_on:
            before = autoscaling.standing()
            autoscaling.look_after()
            instance_refresh.step()
            return autoscaling.standing() != before

    def _answer(self, method: str, path: str, environ: Environ) -> tuple[str, dict[str, Any]]:
        if (method, path) == ("GET", "/_lab/revision"):
            return "200 OK", {"revision": f"{self._started}-{self.app.writes}"}
        if (method, path) == ("GET", "/_lab/secrets"):
            return "200 OK", known_secrets()
        if (method, path) == ("PUT", "/_lab/observed"):
            try:
                OBSERVED.report(json.loads(body_of(environ)))
            except ValueError as error:
                return "400 Bad Request", {"error": str(error)}
            return "200 OK", {"went_on": self._go_on()}
        if (method, path) == ("PUT", "/_lab/blocked"):
            for balancer, records in json.loads(body_of(environ)).items():
                waf_logs.take(balancer, records)
            return "200 OK", {}
        return "404 Not Found", {"error": f"{method} {path}: the lab has GET /_lab/revision and /_lab/secrets, PUT /_lab/observed and /_lab/blocked"}


def known_secrets() -> dict[str, Any]:
    """{"databases": {id: {"user", "password"}}, "keypairs": {name: public key}, "user_data": {instance id: text}, "certificates": {ARN: what
    ends TLS with it: certificate, chain and key}, "roles": {instance id: see `metadata.told`}}."""
    ec2 = ec2_backends[DEFAULT_ACCOUNT_ID][world.AWS_REGION]
    instances = [instance for reservation in list(ec2.reservations.values()) for instance in reservation.instances]
    return {
        "databases": rds.passwords(rds_backends[DEFAULT_ACCOUNT_ID][world.AWS_REGION]),
        "keypairs": {name: _text(pair.material_public) for name, pair in list(ec2.key_pairs.items())},
        "certificates": certificates.whole(),
        "roles": metadata.roles(instances),
        "user_data": {instance.id: _decoded(instance.user_data) for instance in instances if instance.user_data},
    }


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _decoded(user_data: Any) -> str:
    return base64.b64decode(_text(user_data)).decode()
