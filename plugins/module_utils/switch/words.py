# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An agent's status in sentences, for people who look before they act. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from . import mirror
from .conclusion import ago, unproven
from .observations import ComparedView, Saw


def in_words(status: Mapping[str, Any]) -> list[str]:
    """/status as a few sentences: the conclusion, the record, the gate of the database here, whom that database follows, and the way to the
    other site; and what somebody forgot.
    """
    seen, gate = status["observations"], status.get("gate") or {}
    return [
        f"{status['verdict']['verdict']}: {status['verdict']['because']}",
        *_record(status.get("record") or {}),
        "The gate of this database " + _told(seen.get("gate"), _gate),
        "This database " + _told(seen.get("replica"), _following),
        *(["This copy " + _told(seen["compared"], _compared)] if _is_copy(seen.get("compared")) else []),
        *(["The way to the other site " + _told(seen["link"], _link)] if "link" in seen else []),
        *(_protection(status["protection"]) if status.get("protection") else []),
        *(["A person is asked to run fail_over.yml: this agent is managed and does not take over by itself."] if status.get("asks") else []),
        *([_journal(status["journal"])] if "journal" in status else []),
        *([f"{gate['drain']}"] if gate.get("drain") else []),
        *([_ungated(gate["ungated"], bool(status.get("writer")))] if gate.get("ungated") else []),
    ]


def _gate(gate: Mapping[str, Any]) -> str:
    if gate.get("others"):
        return f"is one of {gate['others'].upper()}, and left alone: the address leads to that site's server (docs/runbooks/wrong-database.md)."
    return "is open." if gate["open"] else "is shut."


def _journal(journal: Mapping[str, Any]) -> str:
    if "lines" in journal:
        return mirror.in_words(**journal)
    return "The journal of switches " + _told(journal, str)


def _protection(protection: Mapping[str, Any]) -> list[str]:
    rows = []
    if protection.get("since"):
        backup = f"a backup was made at {_clock(protection['backup_made'])}" if protection.get("backup_made") else \
            "a backup is asked for, and not made yet" if protection.get("backup_asked") else "no backup was made since"
        rows.append(f"ALARM: UNPROTECTED since {_clock(protection['since'])}. No copy has followed this database since its site was made the writer, "
                    f"so what is sold exists once; {backup}.")
    if left := protection.get("left"):
        rows.append(f"The last switch left to do: {', '.join(left)}. The agent goes on trying; its log says what it waits for.")
    return rows


def _clock(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, ValueError, OSError):        # somebody else's number, or what a disk has made of one
        return "a time that is none"


def _ungated(tables: list[str], writer: bool) -> str:
    """What a copy lacks and the writer has too, a plain run of the role finds nothing to do about."""
    shown = ", ".join(tables[:5]) + (f" and {len(tables) - 5} more" if len(tables) > 5 else "")
    return f"Tables that take writes while the gate is shut: {shown}. Run site.yml with --tags db_gate{'' if writer else ' -e db_gate_anew=true'}."


def _record(record: Mapping[str, Any]) -> list[str]:
    kept = [record["kept"]] if record.get("kept") else []
    if record.get("said"):
        return [f"The record: {record['said']}", *kept]
    if not record.get("writer"):
        return ["The record names nobody yet."]
    return [f"The record names {record['writer']} at epoch {record['epoch']}, unchanged for {record.get('unchanged_seconds') or 0:.1f} s.", *kept]


def _following(replica: Mapping[str, Any]) -> str:
    if not replica["following"]:
        return "follows nobody."
    lag, rpo = replica.get("lag_seconds"), replica.get("rpo_seconds")
    if rpo is not None:
        clocks = f"{replica['offset_seconds']:+.3f} s between the clocks, ±{replica['offset_bound_seconds']:.3f} s"
        return f"follows the other one; {rpo:.2f} s would be lost at most ({clocks}, counted in)."
    return "follows the other one; no heartbeat has arrived yet." if lag is None else f"follows the other one, {lag:.2f} s behind."


def _is_copy(look: Any) -> bool:
    """There is something to say: of the writer's own database nothing is proven, and nothing has to be."""
    return isinstance(look, Mapping) and "not_looked" not in look


def _compared(seen: Mapping[str, Any]) -> str:
    if why := unproven(Saw(ComparedView(**seen))):
        return f"{why}. Compare it (playbooks/compare.yml)."
    return f"was proven equal {ago(seen['age_seconds'])}: {seen['rows_compared']} rows."


def _link(link: Mapping[str, Any]) -> str:
    tunnels = [f"tunnel {name} carries packets" for name in link["up"]] + [f"tunnel {name} carries nothing" for name in link["down"]]
    if link.get("unasked"):
        tunnels.append(f"its tunnels could not be asked: {link['unasked']}")
    return "; ".join(["is open" if link["across"] else "is shut: nothing there answers over it", *tunnels]) + "."


def _told(look: Any, say: Any) -> str:
    """What was seen, or why nothing was."""
    if not isinstance(look, Mapping):
        return "was not looked at."
    if "no_answer" in look:
        return f"gave no answer ({look['no_answer']})."
    if "not_looked" in look:
        return f"was not looked at ({look['not_looked']})."
    return str(say(look))
