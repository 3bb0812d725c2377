# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Users' credentials for single services (IAM API Reference, ListServiceSpecificCredentials): nobody has any. moto lacks the question."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.iam.responses import IamResponse

from lab.aws.extend import graft


class _Actions:
    def list_service_specific_credentials(self: Any) -> ActionResult:
        self.backend.get_user(self._get_param("UserName"))          # raises NoSuchEntity
        return ActionResult({"ServiceSpecificCredentials": []})


def install() -> None:
    """Put the question in place."""
    graft(IamResponse, _Actions)
