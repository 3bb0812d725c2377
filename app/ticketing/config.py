# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the application is told by its environment. Read once at start; a missing or odd value stops it with a sentence."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field


class ConfigError(ValueError):
    """A setting is missing or cannot work."""


@dataclass(frozen=True)
class Rate:
    """At most `hits` in `seconds`; 0 hits: no limit."""

    hits: int
    seconds: int


# By whom or from where, and what. RATE_LIMITS changes single ones: "log_in_address=500/900,sign_up_address=0/1".
RATES: Mapping[str, Rate] = {
    "log_in_account": Rate(10, 900), "log_in_address": Rate(300, 900), "sign_up_address": Rate(60, 3600),
    "order_account": Rate(120, 60), "order_address": Rate(0, 60),
}
SHORTEST_KEY = 32
LOCAL, BOTH_SITES, REFUSE = "local", "both_sites", "refuse"


@dataclass(frozen=True)
class Settings:
    """database_url: SQLAlchemy URL; site: the name of the site this copy runs at; pool: connections kept to the database.

    session_keys: what log-ins are signed with, the newest first; the same at every site, or a log-in does not survive a switch. Without
    any the process makes one for itself (`own_key`). hold_seconds: how long a seat is kept for somebody who is about to buy it.
    holds: how many seats one account may hold. rates: see RATES.

    ack: what a buyer is told once it is true: `local`, this site's database holds the purchase; `both_sites`, the standby's does, too.
    standby_url: the standby's database, only read, for `both_sites`. ack_wait_ms: how long a purchase waits for the standby.
    ack_without_standby: what then, and while the standby is away: `local` (the buyer is told that) or `refuse`.

    release: what whoever put it here calls this build.
    """

    database_url: str = field(repr=False)
    site: str
    pool: int = 10
    session_keys: tuple[str, ...] = field(default_factory=lambda: (secrets.token_urlsafe(32),), repr=False)
    own_key: bool = True
    hold_seconds: int = 300
    holds: int = 4
    rates: Mapping[str, Rate] = field(default_factory=lambda: dict(RATES))
    ack: str = LOCAL
    standby_url: str = field(default="", repr=False)
    ack_wait_ms: int = 700
    ack_without_standby: str = LOCAL
    release: str = ""

    @property
    def marks(self) -> list[str]:
        """Of the keys that log-ins are signed with, the newest first: the same key has the same one everywhere, and nobody finds the key by it. A key
        that this process made for itself has none.
        """
        return [] if self.own_key else [hashlib.sha256(f"ticketing session key {key}".encode()).hexdigest()[:12] for key in self.session_keys]


def from_environment(env: Mapping[str, str] | None = None) -> Settings:
    """Settings from DATABASE_URL, SITE, DATABASE_POOL, SESSION_KEYS, HOLD_SECONDS, HOLDS_PER_ACCOUNT, RATE_LIMITS, ACK, STANDBY_DATABASE_URL,
    ACK_WAIT_MS, ACK_WITHOUT_STANDBY and RELEASE.

    Raises ConfigError naming every fault at once.
    """
    env = os.environ if env is None else env
    faults: list[str] = []
    url = env.get("DATABASE_URL", "")
    if not url:
        faults.append("DATABASE_URL is not set, e.g. mysql+pymysql://app:password@database:3306/tickets")
    site = env.get("SITE", "")
    if not site:
        faults.append("SITE is not set: the name of the site this copy runs at, e.g. nhn")
    pool = _number(env, "DATABASE_POOL", 10, 200, faults)
    hold_seconds = _number(env, "HOLD_SECONDS", 300, 86400, faults)
    holds = _number(env, "HOLDS_PER_ACCOUNT", 4, 100, faults)
    keys = tuple(key for part in env.get("SESSION_KEYS", "").split(",") if (key := part.strip()))
    if any(len(key) < SHORTEST_KEY for key in keys):
        faults.append(f"SESSION_KEYS: each key needs {SHORTEST_KEY} characters or more; they are separated by commas, the newest first")
    rates = _rates(env.get("RATE_LIMITS", ""), faults)
    ack = _one_of(env, "ACK", (LOCAL, BOTH_SITES), faults)
    standby_url = env.get("STANDBY_DATABASE_URL", "")
    if ack == BOTH_SITES and not standby_url:
        faults.append("ACK is both_sites and STANDBY_DATABASE_URL is not set: where is the standby's database?")
    ack_wait_ms = _number(env, "ACK_WAIT_MS", 700, 10_000, faults)
    ack_without_standby = _one_of(env, "ACK_WITHOUT_STANDBY", (LOCAL, REFUSE), faults)
    if faults:
        raise ConfigError("; ".join(faults))
    given = {"session_keys": keys, "own_key": False} if keys else {}
    return Settings(database_url=url, site=site, pool=pool, hold_seconds=hold_seconds, holds=holds, rates=rates, ack=ack, standby_url=standby_url,
                    ack_wait_ms=ack_wait_ms, ack_without_standby=ack_without_standby, release=env.get("RELEASE", ""), **given)  # type: ignore[arg-type]


def _number(env: Mapping[str, str], name: str, default: int, most: int, faults: list[str]) -> int:
    """A whole number from 1 to `most`."""
    said = env.get(name, str(default))
    if not (said.isascii() and said.isdigit() and len(said) < 10 and 1 <= int(said) <= most):
        faults.append(f"{name} must be a number from 1 to {most}, not {said!r}")
        return default
    return int(said)


def _one_of(env: Mapping[str, str], name: str, known: tuple[str, ...], faults: list[str]) -> str:
    """One of the words, the first where nothing is said."""
    said = env.get(name, known[0])
    if said not in known:
        faults.append(f"{name} must be {' or '.join(known)}, not {said!r}")
    return said


def _rates(said: str, faults: list[str]) -> dict[str, Rate]:
    rates = dict(RATES)
    for part in filter(None, (part.strip() for part in said.split(","))):
        match = re.fullmatch(r"(\w+)=(\d{1,9})/(\d{1,6})", part, re.ASCII)
        if not match or match[1] not in RATES or int(match[3]) < 1:
            faults.append(f"RATE_LIMITS: {part!r} is not NAME=HITS/SECONDS with a name of {', '.join(RATES)}")
        else:
            rates[match[1]] = Rate(int(match[2]), int(match[3]))
    return rates
