# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who is told of which alert, as Alertmanager reads it. Pure.

No secret is in it: those stand in files of their own, which Alertmanager reads when it tells somebody.

An alert that wakes somebody (`page`) and one that waits for the morning (`ticket`) go to whoever wants to hear of that. A rehearsed one goes to
nobody but the rehearsal, and neither silences a real alert nor is silenced by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

SEVERITIES = ("page", "ticket")
KINDS = {"webhook": "webhook_configs", "slack": "slack_configs", "mail": "email_configs"}
REHEARSED, REAL = 'rehearsal != ""', 'rehearsal = ""'
# What follows from something that is told already: {what is told: what is not told then}.
FOLLOWS = {"LinkDown": "OneTunnelLeft", "QuorumLost": "QuorumShaky", "Unprotected": "ReplicaStopped|ReplicaBehind"}
TITLE = "{{ .Status | toUpper }}: {{ .GroupLabels.alertname }}{{ if .GroupLabels.site }} at {{ .GroupLabels.site }}{{ end }}"
WORDS = ("{{ range .Alerts }}{{ .Annotations.summary }}. {{ .Annotations.description }}\n{{ .Annotations.runbook }} "
         "(seen from {{ .Labels.seen_from }})\n{{ end }}")


FOLDER = "/etc/prometheus/multicloud_receivers"


def secrets(receivers: Sequence[Mapping[str, Any]], url_files: bool) -> dict[str, str]:
    """{path: what stands there and nowhere else}. url_files: whether this Alertmanager takes a webhook's address from a file (since 0.26)."""
    return {_path(at, name): str(given[name]) for at, given in enumerate(receivers)
            for name in ("url", "token", "password") if given.get(name) and _in_file(given["kind"], name, url_files)}


def _path(at: int, name: str) -> str:
    return f"{FOLDER}/{at}.{name}"


def _in_file(kind: str, name: str, url_files: bool) -> bool:
    return url_files or (kind, name) != ("webhook", "url")


def config(receivers: Sequence[Mapping[str, Any]], repeat_hours: int, rehearsal_port: int, url_files: bool = False) -> dict[str, Any]:
    """Alertmanager's whole configuration. receivers: the role's monitoring_receivers; url_files: as above."""
    # A fault that was mended and comes back finds its old group, which tells again only after its interval.
    every = {"group_by": ["alertname", "site"], "group_interval": "5s", "repeat_interval": f"{repeat_hours}h", "group_wait": "2s"}
    rehearsal = {"url": f"http://127.0.0.1:{rehearsal_port}/", "send_resolved": True, "max_alerts": 0}
    return {
        "route": {**every, "receiver": "ticket", "routes": [
            {"receiver": "rehearsal", "matchers": [REHEARSED], "group_by": ["..."], "group_wait": "0s", "group_interval": "1s"},
            {"receiver": "page", "matchers": ['severity = "page"']}]},
        "receivers": [*(_receiver(severity, receivers, url_files) for severity in SEVERITIES), {"name": "rehearsal", "webhook_configs": [rehearsal]}],
        "inhibit_rules": [{"source_matchers": [f'alertname = "{cause}"', REAL], "target_matchers": [f'alertname =~ "{effects}"', REAL]}
                          for cause, effects in FOLLOWS.items()],
    }


def _receiver(severity: str, receivers: Sequence[Mapping[str, Any]], url_files: bool) -> dict[str, Any]:
    made: dict[str, Any] = {"name": severity}
    for at, given in enumerate(receivers):
        if severity in given.get("severities", SEVERITIES):
            made.setdefault(KINDS[given["kind"]], []).append({**_CHANNELS[given["kind"]](at, given, url_files), "send_resolved": True})
    return made


def _webhook(at: int, given: Mapping[str, Any], url_files: bool) -> dict[str, Any]:
    token = {"http_config": {"authorization": {"type": "Bearer", "credentials_file": _path(at, "token")}}} if given.get("token") else {}
    return {**({"url_file": _path(at, "url")} if url_files else {"url": str(given["url"])}), **token}


def _slack(at: int, given: Mapping[str, Any], _unused: bool) -> dict[str, Any]:
    place = {"channel": str(given["channel"])} if given.get("channel") else {}
    return {"api_url_file": _path(at, "url"), **place, "title": TITLE, "text": WORDS}


def _mail(at: int, given: Mapping[str, Any], _unused: bool) -> dict[str, Any]:
    """As text alone; encrypted on its way, unless the mail server is on this host."""
    host = str(given["smarthost"]).rpartition(":")[0]
    login = {"auth_username": str(given["user"]), "auth_password_file": _path(at, "password")} if given.get("user") else {}
    return {"to": ", ".join(given["to"]), "from": str(given["sender"]), "smarthost": str(given["smarthost"]), **login,
            "require_tls": host not in ("localhost", "127.0.0.1"), "headers": {"Subject": TITLE}, "html": "", "text": WORDS}


_CHANNELS = {"webhook": _webhook, "slack": _slack, "mail": _mail}
