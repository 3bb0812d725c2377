# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An agent's status in sentences, for people who look before they act. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import mirror


def in_words(status: Mapping[str, Any]) -> list[str]:
    """/status as a few sentences: the conclusion, the record, the gate of the database here, and whom that database follows; and what
    somebody forgot.
    """
    seen, gate = status["observations"], status.get("gate") or {}
    return [
        f"{status['verdict']['verdict']}: {status['verdict']['because']}",
        _record(status.get("record") or {}),
        "The gate of this database " + _told(seen.get("gate"), lambda gate: "is open." if gate["open"] else "is shut."),
        "This database " + _told(seen.get("replica"), _following),
        *(["A person is asked to run fail_over.yml: this agent is managed and does not take over by itself."] if status.get("asks") else []),
        *([_journal(status["journal"])] if "journal" in status else []),
        *([f"{gate['drain']}"] if gate.get("drain") else []),
        *([_ungated(gate["ungated"])] if gate.get("ungated") else []),
    ]


def _journal(journal: Mapping[str, Any]) -> str:
    if "lines" in journal:
        return mirror.in_words(**journal)
    return "The journal of switches " + _told(journal, str)


def _ungated(tables: list[str]) -> str:
    shown = ", ".join(tables[:5]) + (f" and {len(tables) - 5} more" if len(tables) > 5 else "")
    return f"Tables that take writes while the gate is shut: {shown}. Run playbooks/deploy_app.yml with --tags db_gate."


def _record(record: Mapping[str, Any]) -> str:
    if record.get("said"):
        return f"The record: {record['said']}"
    if not record.get("writer"):
        return "The record names nobody yet."
    return f"The record names {record['writer']} at epoch {record['epoch']}, unchanged for {record.get('unchanged_seconds') or 0:.1f} s."


def _following(replica: Mapping[str, Any]) -> str:
    if not replica["following"]:
        return "follows nobody."
    lag, rpo = replica.get("lag_seconds"), replica.get("rpo_seconds")
    if rpo is not None:
        clocks = f"{replica['offset_seconds']:+.3f} s between the clocks, ±{replica['offset_bound_seconds']:.3f} s"
        return f"follows the other one; {rpo:.2f} s would be lost at most ({clocks}, counted in)."
    return "follows the other one; no heartbeat has arrived yet." if lag is None else f"follows the other one, {lag:.2f} s behind."


def _told(look: Any, say: Any) -> str:
    """What was seen, or why nothing was."""
    if not isinstance(look, Mapping):
        return "was not looked at."
    if "no_answer" in look:
        return f"gave no answer ({look['no_answer']})."
    if "not_looked" in look:
        return f"was not looked at ({look['not_looked']})."
    return str(say(look))
