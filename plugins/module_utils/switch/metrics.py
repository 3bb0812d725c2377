# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an agent tells Prometheus. Pure. A figure that is not known is left out, never 0: extensions/prometheus/ goes by what is missing as well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .reasons import COSTS


def metrics(status: dict[str, Any], now: float | None = None) -> str:
    """/status as Prometheus text. now: what this host's own clock says, in seconds since the epoch."""
    record, gate, site = status["record"], status["gate"], f'{{site="{status.get("site", "")}"}}'
    seen = status.get("observations") or {}
    replica, link, compared, members = (_seen(seen.get(name)) for name in ("replica", "link", "compared", "members"))
    ready, rehearsed = status.get("readiness") or {}, _seen((status.get("provisions") or {}).get("rehearsal"))
    switched, journal, stands_by = status.get("switched") or {}, status.get("journal") or {}, record.get("writer") not in (None, status.get("site"))
    one: list[tuple[str, str, str, float | int | None]] = [
        ("multicloud_dr_time_seconds", "gauge", "what the clock of this host says, in seconds since the epoch", now),
        ("multicloud_dr_writer", "gauge", "1 when the gate is valid here", int(status["writer"])),
        ("multicloud_dr_maintenance", "gauge", "1 when this site is in maintenance", int(status["maintenance"])),
        ("multicloud_dr_record_epoch", "gauge", "epoch of the record", record.get("epoch")),
        ("multicloud_dr_record_unchanged_seconds", "gauge", "seconds this site has watched the record without a change",
         record.get("unchanged_seconds")),
        ("multicloud_dr_record_renewals_total", "counter", "renewals of the record by this agent", status["renewals"]),
        ("multicloud_dr_gate_beats_total", "counter", "heartbeats written by this agent", status["beats"]),
        ("multicloud_dr_gate_age_seconds", "gauge", "age of the writer's newest heartbeat in the database here", gate.get("age_seconds")),
        ("multicloud_dr_ungated_tables", "gauge", "application tables that take writes while the gate is shut",
         None if gate.get("ungated") is None else len(gate["ungated"])),
        ("multicloud_dr_members", "gauge", "members that shall keep the record", members.get("total")),
        ("multicloud_dr_members_in_step", "gauge", "those of them that answer and know a leader", members.get("led")),
        ("multicloud_dr_edge_answers", "gauge", "1 when the edge of this site answers as users would be answered", _one(seen.get("own_edge"))),
        ("multicloud_dr_copy_follows", "gauge", "1 when the database here follows the writer's; not told at the writer's site",
         _one(replica.get("following")) if stands_by else None),
        ("multicloud_dr_would_take_over", "gauge",
         "1 when this site would take over, were the writer lost now, or ask a person to; not told at the writer's site",
         int(status["if_lost"]["action"] == "take_over") if stands_by and status.get("if_lost") else None),
        ("multicloud_dr_asks", "gauge", "1 while this agent waits for a person to decide on a takeover", _one(status.get("asks"))),
        ("multicloud_dr_switched_timestamp_seconds", "gauge", "when a switch to this site was finished last, in seconds since the epoch",
         switched.get("finished")),
        ("multicloud_dr_journal_faults", "gauge", "what does not hold in the journal of switches here",
         len(journal["faults"]) if "faults" in journal else None),
        ("multicloud_dr_readiness_score", "gauge", "how ready both sites are, of 100, as this agent weighs it once a minute", ready.get("score")),
        ("multicloud_dr_readiness_timestamp_seconds", "gauge", "when that was, in seconds since the epoch", ready.get("weighed")),
        ("multicloud_dr_rehearsal_ok", "gauge", "1 when the last rehearsal on this host went well", _one(rehearsed.get("ok"))),
        ("multicloud_dr_rehearsed_timestamp_seconds", "gauge", "when the last that went well was, in seconds since the epoch", rehearsed.get("good")),
        ("multicloud_dr_rehearsed_rto_seconds", "gauge", "the outage that it lets expect", rehearsed.get("rto_seconds")),
        ("multicloud_dr_link_answers", "gauge", "1 when the other site's host answers over the link", _one(link.get("across"))),
        ("multicloud_dr_unprotected", "gauge", "1 when no copy follows what is sold here", _one((status.get("protection") or {}).get("unprotected"))),
    ]
    here: list[tuple[str, str, float | int | None]] = [
        ("dr_rpo_seconds", "what would be lost at most if the writer were lost now: age of its newest heartbeat here, offset and bound added",
         replica.get("rpo_seconds")),
        ("dr_clock_offset_seconds", "the writer's database clock less the one here", replica.get("offset_seconds")),
        ("dr_clock_offset_bound_seconds", "how wrong that can be", replica.get("offset_bound_seconds")),
        ("dr_compared_age_seconds", "since the last comparison of the copy here with its source began", compared.get("age_seconds")),
        ("dr_compared_equal", "1 when that comparison found every row equal; 0 also when none counts",
         int(bool(compared["equal"])) if "equal" in compared else None),
    ]
    return "".join([
        *(_told(name, kind, about, {"": value}) for name, kind, about, value in one if value is not None),
        *(_told(name, "gauge", about, {site: value}) for name, about, value in here if value is not None),
        _told("multicloud_dr_tunnel_carries", "gauge", "1 when a packet came back through the tunnel",
              {f'{{tunnel="{name}"}}': carries for carries, names in ((1, link.get("up") or ()), (0, link.get("down") or ())) for name in names}),
        _told("multicloud_dr_readiness_missing", "gauge", "points of the readiness score that are missing, by what for",
              {f'{{reason="{name}"}}': points for name, points in _missing(ready).items()}),
        _told("multicloud_dr_verdict", "gauge", "what the agent concludes", {f'{{verdict="{status["verdict"]["verdict"]}"}}': 1}),
    ])


def _missing(ready: Mapping[str, Any]) -> dict[str, int]:
    """Every kind of trouble, most of them with 0: what was missing and is no more is to be seen as well. Nothing before it was weighed."""
    if "reasons" not in ready:
        return {}
    return {**dict.fromkeys(COSTS, 0), **{each["name"]: sum(one["cost"] for one in ready["reasons"] if one["name"] == each["name"])
                                          for each in ready["reasons"]}}


def _seen(look: Any) -> Mapping[str, Any]:
    """What was seen; nothing where nothing was."""
    return look if isinstance(look, Mapping) else {}


def _one(answer: Any) -> int | None:
    """1 for yes, 0 for no, None where nobody knows."""
    return int(answer) if isinstance(answer, bool) else None


def _told(name: str, kind: str, about: str, values: Mapping[str, float | int]) -> str:
    rows = "".join(f"{name}{labels} {value}\n" for labels, value in values.items())
    return f"# HELP {name} {about}\n# TYPE {name} {kind}\n{rows}" if rows else ""
