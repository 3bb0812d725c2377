# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every alert once through Alertmanager and out to whoever listens, and its end likewise, without anything being wrong.

What is handed to Alertmanager is what Prometheus would hand to it, but for a label that leads it to this rehearsal alone: nobody is woken.
That a fault makes Prometheus raise an alert is not seen here.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from ..faults import Answer, Fault, TimedOut
from ..waiting import PENDING, READY, wait

Told = dict[tuple[str, str], float]         # {(alert, "firing" or "resolved"): when it arrived, by the monotonic clock}
PATIENCE = 5.0                              # seconds that Alertmanager may take to take something


def rehearse(rules: Sequence[Mapping[str, Any]], site: str, alertmanager: str, port: int, limit: float) -> dict[str, dict[str, float]]:
    """{alert: {fired, ended}}, each in seconds until it arrived. rules: as in a file of rules; port: where Alertmanager sends what is
    rehearsed. Raises Fault, which names the alerts that did not arrive in `limit` seconds; what was handed over is taken back in any case.
    """
    name = f"{site}-{time.time_ns()}"
    alerts = [_alert(rule, site, name) for rule in rules if "alert" in rule]
    names = [str(alert["labels"]["alertname"]) for alert in alerts]
    with _listening(port, name) as told:
        took: dict[str, dict[str, float]] = {each: {} for each in names}
        since = time.monotonic()
        try:
            _hand_over(alertmanager, alerts)
            _until(told, names, "firing", limit)
            took = {each: {"fired": told[each, "firing"] - since} for each in names}
        finally:
            since = time.monotonic()
            _hand_over(alertmanager, [{**alert, "endsAt": _at(timedelta(0))} for alert in alerts])
        _until(told, names, "resolved", limit)
        return {each: {**took[each], "ended": told[each, "resolved"] - since} for each in names}


def _alert(rule: Mapping[str, Any], site: str, name: str) -> dict[str, Any]:
    """As Prometheus would send it. It ends by itself, should nobody be left to end it."""
    labels = {"alertname": str(rule["alert"]), "severity": str(rule["labels"]["severity"]), "site": site, "seen_from": site, "rehearsal": name}
    summary = f"Rehearsal of {rule['alert']}: nothing is wrong"
    return {"labels": labels, "annotations": {**rule["annotations"], "summary": summary}, "startsAt": _at(timedelta(0)),
            "endsAt": _at(timedelta(minutes=5))}


def _at(later: timedelta) -> str:
    return (datetime.now(UTC) + later).isoformat()


@contextmanager
def _listening(port: int, name: str) -> Iterator[Told]:
    """What arrives there of this rehearsal. Raises Fault when somebody else listens there."""
    told: Told = {}

    class Receive(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            for alert in said["alerts"]:
                if alert["labels"].get("rehearsal") == name:
                    told.setdefault((alert["labels"]["alertname"], alert["status"]), time.monotonic())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_unused: object) -> None:
            """Quiet: what is told is returned."""

    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), Receive)
    except OSError as error:
        raise Fault("listen", f"at 127.0.0.1:{port}", answer=Answer("This host", words=str(error)), left="Nothing was handed to Alertmanager.",
                    then="Let another rehearsal end, or give monitoring_rehearsal_port another port and run role monitoring.") from error
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()


def _hand_over(alertmanager: str, alerts: Sequence[Mapping[str, Any]]) -> None:
    request = urllib.request.Request(f"{alertmanager}/api/v2/alerts", json.dumps(alerts).encode(), {"Content-Type": "application/json"})
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    doing, to = "hand alerts", f"to Alertmanager at {alertmanager}"
    try:
        direct.open(request, timeout=PATIENCE).close()
    except urllib.error.HTTPError as error:
        words = error.read().decode(errors="replace")[:500]
        raise Fault(doing, to, answer=Answer("Alertmanager", error.code, words=words),
                    then="Run role monitoring, which checks what it is given.") from error
    except OSError as error:
        raise Fault(doing, to, answer=Answer("Alertmanager", words=str(error)), left="Nobody is told of any alert from here.",
                    then="Look at its service, prometheus-alertmanager.") from error


def _until(told: Told, names: Sequence[str], status: str, limit: float) -> None:
    def missing() -> list[str]:
        return [name for name in names if (name, status) not in told]

    try:
        wait(missing, lambda left: PENDING if left else READY, limit, 0.1)
    except TimedOut as fault:
        came = len(names) - len(missing())
        raise Fault("see alerts arrive", f"as {status}", left=f"After {limit:.0f} s {came} of {len(names)} had. Missing: {', '.join(missing())}.",
                    then="See what Alertmanager's log says, and that its configuration is that of role monitoring.") from fault
