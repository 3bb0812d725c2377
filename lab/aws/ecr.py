# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ECR's passes and addresses are those of the lab's registry (ECR API Reference, GetAuthorizationToken): moto's lead nowhere. Images are not among
what the control plane tells: whoever wants to know what lies there asks the registry.
"""

from __future__ import annotations

import base64
import datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.ecr.models import Repository
from moto.ecr.responses import ECRResponse

from lab import registries
from lab.aws.extend import graft

PASS_LASTS = datetime.timedelta(hours=12)
_moto_repository = Repository.__init__


class _Repository:
    def __init__(self: Any, *given: Any, **more: Any) -> None:
        _moto_repository(self, *given, **more)
        self.uri = f"{registries.host('ecr')}/{self.name}"


class _Actions:
    def get_authorization_token(self: Any) -> ActionResult:
        try:
            user, password = registries.login("ecr")
        except FileNotFoundError:           # a control plane without a lab has no registry behind it
            user, password = "AWS", "nobody-takes-this"
        return ActionResult({"authorizationData": [{
            "authorizationToken": base64.b64encode(f"{user}:{password}".encode()).decode(),
            "expiresAt": datetime.datetime.now(datetime.UTC) + PASS_LASTS,
            "proxyEndpoint": f"http://{registries.host('ecr')}"}]})


def install() -> None:
    """Put both in place."""
    graft(Repository, _Repository)
    graft(ECRResponse, _Actions)
