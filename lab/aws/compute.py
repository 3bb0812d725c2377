# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Instances that take their time: `pending` until the materialiser has seen the host run."""

from __future__ import annotations

from typing import Any

from moto.ec2.models.instances import Instance, InstanceState

from lab.aws.extend import graft
from lab.aws.observed import OBSERVED

PENDING = InstanceState("pending", 0)


class _Instance:
    @property
    def instance_state(self: Any) -> InstanceState:
        if self._state.name == "running" and OBSERVED.get("instances", self.id) != "running":
            return PENDING
        return self._state

    @property
    def state(self: Any) -> str:
        return self.instance_state.name

    @property
    def state_code(self: Any) -> int:
        return self.instance_state.code


def install() -> None:
    """Put the slow start in place."""
    graft(Instance, _Instance)
