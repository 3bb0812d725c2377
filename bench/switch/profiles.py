# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The timing tables that are measured, as extra variables of site.yml, and what each lets expect. Pure."""

from __future__ import annotations

import json

from ansible_collections.multicloud.dr.plugins.module_utils.proof.report import floor_seconds

# As the design's table has them: seconds, and how many failed checks count.
PROFILES: dict[str, dict[str, float]] = {
    "default": {"renew": 2, "beat": 0.25, "ttl": 10, "margin": 1, "check_interval": 10, "check_threshold": 2, "dns_ttl": 10},
    "fast": {"renew": 1, "beat": 0.25, "ttl": 5, "margin": 0.5, "check_interval": 10, "check_threshold": 1, "dns_ttl": 5},
}
AFTER_LIMIT = 3.0       # floors until all clients must be served again
OVER_FLOOR = 1.1        # an outage may be so many times the floor
# A site that takes over again and again asks a person; here that is what is measured.
MANY_TAKEOVERS = 100_000


def variables(profile: str) -> str:
    """What site.yml is given with -e: agents that act by themselves, this timing, and no end of takeovers."""
    return json.dumps({"dr_mode": "automatic", "topology_timing": PROFILES[profile], "site_agent_max_takeovers": MANY_TAKEOVERS})


def floor(profile: str) -> float:
    """Seconds of a client-seen outage that the timing itself costs."""
    return floor_seconds(PROFILES[profile])
