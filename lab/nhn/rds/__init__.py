# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""RDS for MySQL, below /rds/v3.0 and /rds/v4.0: HTTP 200 and an envelope, an appkey and an access key, jobs for whatever takes time."""

from __future__ import annotations

from . import backups, catalogue, failover, instances, jobs, monitoring, parameter_groups, restore, security_groups, settings, tokens, users
from .tokens import authenticate

__all__ = ["ALL", "authenticate"]

ALL = (catalogue.routes, jobs.routes, restore.routes, instances.routes, failover.routes, backups.routes, settings.routes, users.routes,
       parameter_groups.routes, security_groups.routes, monitoring.routes, tokens.routes)
