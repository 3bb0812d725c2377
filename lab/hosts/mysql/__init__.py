# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Managed databases of both clouds, as MySQL containers that grant no more than the real services do.

`start` makes one; it is set up by mysqld itself before the first connection is taken, so `ready` is only ever a question.
`sync_users` and `sync_schemas` make the server hold what the control plane says it holds, and cost one read when nothing changed.
Remove an instance with `lab.podman.remove`: the data lives in an anonymous volume that goes with the container.
"""

from __future__ import annotations

from lab.hosts.mysql.accounts import sync_schemas, sync_users
from lab.hosts.mysql.backups import replay, take
from lab.hosts.mysql.server import ready, start

__all__ = ["ready", "replay", "start", "sync_schemas", "sync_users", "take"]
