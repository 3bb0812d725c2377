# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the application is told by its environment. Read once at start; a missing or odd value stops it with a sentence."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field


class ConfigError(ValueError):
    """A setting is missing or cannot work."""


@dataclass(frozen=True)
class Settings:
    """database_url: SQLAlchemy URL; site: the name of the site this copy runs at; pool: connections kept to the database."""

    database_url: str = field(repr=False)
    site: str
    pool: int = 10


def from_environment(env: Mapping[str, str] | None = None) -> Settings:
    """Settings from DATABASE_URL, SITE and DATABASE_POOL. Raises ConfigError naming every fault at once."""
    env = os.environ if env is None else env
    faults = []
    url = env.get("DATABASE_URL", "")
    if not url:
        faults.append("DATABASE_URL is not set, e.g. mysql+pymysql://app:password@database:3306/tickets")
    site = env.get("SITE", "")
    if not site:
        faults.append("SITE is not set: the name of the site this copy runs at, e.g. nhn")
    pool = env.get("DATABASE_POOL", "10")
    if not pool.isdigit() or not 1 <= int(pool) <= 200:
        faults.append(f"DATABASE_POOL must be a number from 1 to 200, not {pool!r}")
    if faults:
        raise ConfigError("; ".join(faults))
    return Settings(database_url=url, site=site, pool=int(pool))
