# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""More machines for a site that serves everybody now: the desired size of one Auto Scaling group. It is raised and never lowered.

This calls a control plane, so it is asked only after the switch is finished, and nothing waits for it. All it needs of AWS is
autoscaling:SetDesiredCapacity on that one group and autoscaling:DescribeAutoScalingGroups.
"""

from __future__ import annotations

from typing import Any


class AutoScaling:
    """`wanted`: machines that shall be there; `client` arguments go to boto3 as they are. Without keys boto3 uses the host's own role."""

    def __init__(self, group: str, wanted: int, client: dict[str, Any], timeout: float = 3.0) -> None:
        self.group, self.wanted = group, wanted
        self._arguments, self._timeout = client, timeout
        self._made: Any = None

    def __str__(self) -> str:
        return f"Auto Scaling group {self.group}"

    def now(self) -> int:
        """How many are desired now. Raises OSError when AWS does not answer, or knows no such group."""
        try:
            groups = self._client().describe_auto_scaling_groups(AutoScalingGroupNames=[self.group])["AutoScalingGroups"]
        except Exception as error:      # boto3 makes its exception classes at run time
            raise OSError(f"Could not look at {self}: {error}") from error
        if not groups:
            raise OSError(f"There is no {self}.")
        return int(groups[0]["DesiredCapacity"])

    def widen(self) -> None:
        """Ask for them; they come by themselves. Raises OSError, as when the group may not become so large."""
        try:
            self._client().set_desired_capacity(AutoScalingGroupName=self.group, DesiredCapacity=self.wanted, HonorCooldown=False)
        except Exception as error:
            raise OSError(f"Could not widen {self} to {self.wanted}: {error}") from error

    def _client(self) -> Any:
        if self._made is None:
            import boto3  # only where a group is named
            from botocore.config import Config
            config = Config(connect_timeout=self._timeout, read_timeout=self._timeout, retries={"max_attempts": 2, "mode": "standard"})
            self._made = boto3.client("autoscaling", config=config, **self._arguments)
        return self._made
