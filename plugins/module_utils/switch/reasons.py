# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kinds of trouble that the readiness score knows: what each costs, and what mends it. Data only."""

from __future__ import annotations

from dataclasses import dataclass

# In points. The first alone brings a site below half: then a loss of the writer is an outage without end.
COSTS = {"takeover": 60, "writer": 25, "record": 15, "copy": 15, "proof": 5, "guard": 15, "link": 10, "dns": 10, "journal": 10, "maintenance": 5,
         "room": 10, "release": 10, "dates": 10, "backup": 10, "rehearsal": 10, "clocks": 10}

CURES = {
    "takeover": "See docs/runbooks/would-not-take-over.md.",
    "writer": "See docs/runbooks/nobody-writes.md, docs/runbooks/site-down.md where its agent is silent.",
    "record": "See docs/runbooks/record.md.",
    "copy": "playbooks/status.yml names its cure; see docs/runbooks/replica.md.",
    "proof": "Run playbooks/compare.yml.",
    "guard": "Run site.yml with --tags db_gate; where the copy lacks what the writer has, with -e db_gate_anew=true as well.",
    "link": "See docs/runbooks/link.md.",
    "dns": "Run site.yml with --tags dns_failover; where a marker stands, see docs/runbooks/would-not-take-over.md.",
    "journal": "See docs/runbooks/journal.md.",
    "maintenance": "End it: playbooks/maintenance.yml -e maintenance_site=SITE -e maintenance=ended.",
    "room": "See docs/runbooks/capacity.md.",
    "release": "Run site.yml with --tags k8s_app,aws_web.",
    "dates": "See docs/runbooks/certificate.md.",
    "backup": "See docs/runbooks/backups.md.",
    "rehearsal": "Run playbooks/drill.yml with --tags rehearse; see docs/runbooks/rehearsal.md.",
    "clocks": "See docs/runbooks/clocks.md.",
}


@dataclass(frozen=True)
class Reason:
    """`cost`: points that are missing for it; `said`: what is wrong, `cure`: what mends it, a sentence or two each."""

    name: str
    cost: int
    said: str
    cure: str


def reason(name: str, said: str) -> Reason:
    """One of its kind."""
    return Reason(name, COSTS[name], said, CURES[name])
