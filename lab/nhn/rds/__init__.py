# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""RDS for MySQL v3.0, below /rds/v3.0: HTTP 200 and an envelope, an appkey and an access key, jobs for whatever takes time."""

from __future__ import annotations

from ..calls import Call
from ..errors import Refused
from ..store import Store
from . import backups, catalogue, instances, jobs, parameter_groups, restore, security_groups, settings, users

ALL = (catalogue.routes, jobs.routes, restore.routes, instances.routes, backups.routes, settings.routes, users.routes,
       parameter_groups.routes, security_groups.routes)


def authenticate(store: Store, call: Call) -> None:
    """80401 unless all three headers are right."""
    want, given = store.settings.credentials, call.request.headers
    if (given.get("X-TC-APP-KEY"), given.get("X-TC-AUTHENTICATION-ID"), given.get("X-TC-AUTHENTICATION-SECRET")) != (
            want.appkey, want.access_key_id, want.access_key_secret):
        raise Refused(401, "Unauthorized")
