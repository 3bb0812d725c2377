# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the agent answers over HTTP: GET /writer, /status (JSON), /metrics (Prometheus text). Reads memory only."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .askers import Askers
from .small_server import Answer, SmallServer

# An edge (HAProxy) takes 404 at its word: it sends nobody new, and breaks nothing off. It takes 503 as it takes silence, which may be that of
# an agent that is started anew while its gate is valid: only when it has heard nothing else for seconds, and then it breaks everything off.
WRITER, LEAVING, NOT_THE_WRITER = 200, 404, 503
_WORDS = {WRITER: "the writer\n", LEAVING: "the writer until now: send nobody any more\n", NOT_THE_WRITER: "not the writer\n"}


class Door:
    """What /writer says. A site that has stopped writing is left at once and in peace: it says so for `linger` seconds on `clock`, before it says
    that it is not the writer.
    """

    def __init__(self, linger: float, clock: Callable[[], float]) -> None:
        self._linger, self._clock = linger, clock
        self._wrote = float("-inf")

    def code(self, writes: bool, leaving: bool) -> int:
        """`writes`: the gate is valid; `leaving`: somebody else has asked for the record."""
        now = self._clock()
        if writes:
            self._wrote = now
            return LEAVING if leaving else WRITER
        return LEAVING if now - self._wrote < self._linger else NOT_THE_WRITER


def metrics(status: dict[str, Any]) -> str:
    """The status as Prometheus text; a figure that is not known is left out, never 0."""
    record, gate = status["record"], status["gate"]
    rows: list[tuple[str, str, str, float | int | None]] = [
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
    ]
    seen = status.get("observations") or {}
    replica, link, compared = seen.get("replica") or {}, seen.get("link") or {}, seen.get("compared") or {}
    site = f'{{site="{status.get("site", "")}"}}'
    here: list[tuple[str, str, float | None]] = [
        ("dr_rpo_seconds", "what would be lost at most if the writer were lost now: age of its newest heartbeat here, offset and bound added",
         replica.get("rpo_seconds")),
        ("dr_clock_offset_seconds", "the writer's database clock less the one here", replica.get("offset_seconds")),
        ("dr_clock_offset_bound_seconds", "how wrong that can be", replica.get("offset_bound_seconds")),
        ("dr_compared_age_seconds", "since the last comparison of the copy here with its source began", compared.get("age_seconds")),
    ]
    text = "".join(f"# HELP {name} {told}\n# TYPE {name} {kind}\n{name} {value}\n" for name, kind, told, value in rows if value is not None)
    if "across" in link:
        text += _gauge("multicloud_dr_link_answers", "1 when the other site's host answers over the link", {"": link["across"]})
        text += _gauge("multicloud_dr_tunnel_carries", "1 when a packet came back through the tunnel",
                       {**{f'{{tunnel="{name}"}}': True for name in link["up"]}, **{f'{{tunnel="{name}"}}': False for name in link["down"]}})
    if "equal" in compared:
        text += _gauge("dr_compared_equal", "1 when that comparison found every row equal; 0 also when none counts", {site: bool(compared["equal"])})
    unprotected = (status.get("protection") or {}).get("unprotected")
    if unprotected is not None:
        text += _gauge("multicloud_dr_unprotected", "1 when no copy follows what is sold here", {"": unprotected})
    verdict = status["verdict"]["verdict"]
    text += "".join(f"# HELP {name} {told}\n# TYPE {name} gauge\n{name}{site} {value}\n" for name, told, value in here if value is not None)
    return text + ("# HELP multicloud_dr_verdict what the agent concludes\n# TYPE multicloud_dr_verdict gauge\n"
                   f'multicloud_dr_verdict{{verdict="{verdict}"}} 1\n')


def _gauge(name: str, told: str, values: dict[str, bool]) -> str:
    rows = "".join(f"{name}{labels} {int(value)}\n" for labels, value in values.items())
    return f"# HELP {name} {told}\n# TYPE {name} gauge\n{rows}" if rows else ""


def serve(address: str, port: int, writer: Callable[[], int], status: Callable[[], dict[str, Any]], askers: Askers) -> SmallServer:
    """A bound server; call serve_forever on it. `askers` hears who was told what about the writer. Raises OSError when the address cannot be
    had.
    """

    def answer(path: str, asker: str) -> Answer:
        if path == "/writer":
            code = writer()
            askers.told(asker, code)
            return code, "text/plain", _WORDS[code]
        if path == "/status":
            return 200, "application/json", json.dumps(status(), sort_keys=True) + "\n"
        if path == "/metrics":
            return 200, "text/plain; version=0.0.4", metrics(status())
        return 404, "text/plain", "known: /writer /status /metrics\n"

    return SmallServer(address, port, answer)
