# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A world whose agents act by themselves: the lab up, site.yml applied with the timing of a profile. What is there already is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ansible_collections.multicloud.dr.plugins.module_utils.proof.names import NoAddress, lookup

from bench.site import lab, play
from lab import status

from .history import History
from .home import DOMAIN, bring_home
from .hosts import NAMESERVER, NotThere, World
from .profiles import PROFILES, variables

# What a change of profile concerns; the rest of site.yml would change nothing.
CONCERNED = "site_agent,dns_failover"


def ready(profile: str, folder: Path, say: Callable[[str], None]) -> World:
    """The world, NHN selling in it, in this profile. Raises bench.site.Failed, NotHome."""
    if status.status()["state"] != "up":
        say("raising the lab")
        lab("up")
    try:
        world = World()
    except NotThere as missing:
        say(f"building both sites with the timing of profile {profile}: {missing}")
        play("site.yml", "-e", variables(profile))
        world = World()
    _home(world, folder, say)           # whoever was interrupted left it anywhere
    if not _has(world, profile):
        say(f"giving both sites the timing of profile {profile}")
        play("site.yml", "--tags", CONCERNED, "-e", variables(profile))
        world = World()
        _home(world, folder, say)
    return world


def _home(world: World, folder: Path, say: Callable[[str], None]) -> None:
    history = History(folder / "home.jsonl")
    try:
        bring_home(world, history, folder / "salvage", say)
    finally:
        history.close()


def _has(world: World, profile: str) -> bool:
    timing = PROFILES[profile]
    wanted = {name: timing[name] for name in ("renew", "beat", "ttl", "margin")}
    try:
        age = lookup(DOMAIN, NAMESERVER)[1]
    except NoAddress:
        return False
    return age == timing["dns_ttl"] and all(
        site.config["timing"] == wanted and site.config.get("mode") == "automatic" for site in world.sites.values())
