# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The application and its server: lab door, journal, faults, credentials, then moto with our extensions."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")       # read when moto is imported: saves a second and 500 images

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

from lab import world
from lab.aws import (
    addresses,
    autoscaling,
    compute,
    ecr,
    elb,
    iam,
    instance_refresh,
    launch_templates,
    metadata,
    offers,
    parameter_groups,
    quotas,
    rds,
    route53,
    route_propagation,
    vpn,
    wafv2,
)
from lab.aws.actions import classify
from lab.aws.credentials import Credentials
from lab.aws.faults import Faults
from lab.aws.lab_side import LabSide
from lab.journal import RequestJournal

EXTENSIONS = (addresses, compute, vpn, route_propagation, rds, parameter_groups, elb, route53, iam, quotas, offers, launch_templates,
              autoscaling, instance_refresh, wafv2, ecr)


class QuietHandler(MotoRequestHandler):
    """The journal has every request already; the log is for what goes wrong."""

    def log_request(self, *_: Any) -> None:
        """Say nothing."""


def build(
    keys: Callable[[], Mapping[str, str]], journal: Path = world.REQUESTS / "aws.jsonl", faults: Path = world.FAULTS,
) -> LabSide:
    """The WSGI application. keys: {access key id: secret access key} that are taken. Extending moto twice does no harm."""
    for extension in EXTENSIONS:
        extension.install()
    moto = DomainDispatcherApplication(create_backend_app)
    credentials = Credentials(moto, lambda: {**metadata.keys(), **keys()}, metadata.token)
    return LabSide(RequestJournal(Faults(credentials, faults), journal, classify))


def server(
    keys: Callable[[], Mapping[str, str]], host: str = world.MACHINE, port: int = world.AWS_PORT, **paths: Path,
) -> BaseWSGIServer:
    """A threaded server that is bound but does not serve yet; port 0 picks a free one."""
    return make_server(host, port, build(keys, **paths), threaded=True, request_handler=QuietHandler)
