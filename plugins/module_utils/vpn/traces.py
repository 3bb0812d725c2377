# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a configuration of the gateway sets on its host beside files, and how that is let go when the configuration is another. Pure.

multicloud-vpn-network.service only adds: a range or an address that is wanted no longer would stay in the tunnels until the host starts anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

TABLE = ("nft", "delete", "table", "inet", "multicloud_vpn")
INSIDE = 30                     # AWS's inside networks


def undoing(config: Mapping[str, Any] | None) -> list[tuple[str, ...]]:
    """The commands that take away everything a configuration sets, what leads packets first. config: of the health unit; None sets nothing."""
    if config is None:
        return []
    remote, kernel = config["remote_cidr"], config["plane"] == "kernel"
    routes = [("ip", "route", "del", remote, "dev", tunnel["interface"]) for tunnel in config["tunnels"] if kernel]
    # Twice: the tunnel that took over has the route of the one that carried and its own.
    found: list[tuple[str, ...]] = [*routes, *routes, ("ip", "route", "del", "blackhole", remote)]
    for tunnel in config["tunnels"]:
        here = (f"{tunnel['here']}/{INSIDE}", "dev", tunnel["interface"]) if kernel else (f"{tunnel['here']}/32", "dev", "lo")
        found.append(("ip", "address", "del", *here))
    return found + [("ip", "link", "del", tunnel["interface"]) for tunnel in config["tunnels"] if kernel] + [TABLE]


def left_over(were: Iterable[Mapping[str, Any] | None], wanted: Mapping[str, Any] | None) -> list[tuple[str, ...]]:
    """The commands that take away what any of some configurations set and the wanted one does not."""
    kept = set(undoing(wanted))
    return [command for config in were for command in undoing(config) if command not in kept]
