# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a site has laid in for the day on which it serves everybody: room at its cloud, the application as it runs here, certificates and other things
that end, a backup that can be restored, and a rehearsal. Looked at once a minute for the readiness score; no switch waits for any of it or asks it.

Nothing here calls a cloud: its figures are those that the exporter beside the agent heard last (role monitoring).
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import backup_wish
from .certificate import ends_at
from .observations import Look, NoAnswer, NotLooked, Saw, to_plain
from .room import Room, room_of

REHEARSED = Path("/var/lib/multicloud-dr-rehearsal/status.json")
MOST = 1_000_000        # bytes of an answer that are read
PATIENCE = 2.0          # seconds for one question
# The questions are for this host and for this site's own doors: no proxy from the environment.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_UNSEEN = NotLooked("nothing has been looked at yet")


@dataclass(frozen=True)
class Release:
    """What runs here. `release`: the application's own name for it; `keys`: marks of the keys that log-ins are signed with, the newest first."""

    release: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dates:
    """`ends`: when each thing ends, in epoch seconds; `unread`: why that is not known of the others."""

    ends: Mapping[str, float] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Backup:
    """`made`: when the newest good one was, in epoch seconds; `proven`: when one was last restored and found equal; `made_ok`, `test_ok`: how the
    last run of each went. None: not known.
    """

    made: float | None
    made_ok: bool | None
    proven: float | None
    test_ok: bool | None


@dataclass(frozen=True)
class Rehearsal:
    """The last one: `ok`, when (`at`, epoch seconds), and what was said when it went wrong. `good`: when the last that went well was; `rto_seconds`:
    the outage that one lets expect.
    """

    ok: bool
    at: float
    said: str = ""
    good: float | None = None
    rto_seconds: float | None = None


class Provisions:
    """All of it, as it was when it was looked at last. `raw`: the agent's configuration."""

    def __init__(self, raw: Mapping[str, Any], backup: Path = backup_wish.STATUS, rehearsed: Path = REHEARSED) -> None:
        self._raw, self._backup, self._rehearsed = raw, backup, rehearsed
        self._seen: dict[str, Look[Any]] = dict.fromkeys(("room", "release", "dates", "backup", "rehearsal"), _UNSEEN)

    def look(self) -> None:
        """Each once; some seconds at most where nothing answers."""
        self._seen = {"room": self._room(), "release": self._release(), "dates": self._dates(), "backup": look_backup(self._backup),
                      "rehearsal": look_rehearsal(self._rehearsed)}

    def told(self) -> dict[str, Any]:
        """For /status."""
        return {name: to_plain(look) for name, look in self._seen.items()}

    def _room(self) -> Look[Room]:
        url = self._raw.get("cloud_figures")
        if not url:
            return NotLooked("nobody has said where the cloud's figures are told (site_agent_cloud_figures)")
        text = _asked(url)
        return text if isinstance(text, NoAnswer) else room_of(text)

    def _release(self) -> Look[Release]:
        url = self._raw.get("release")
        if not url:
            return NotLooked("nobody has said where the application tells its release (site_agent_release)")
        text = _asked(url)
        return text if isinstance(text, NoAnswer) else release_of(text, url)

    def _dates(self) -> Look[Dates]:
        access = (self._raw.get("etcd") or {}).get("access") or {}
        files = {f"{name} of the quorum": access[key] for name, key in (("CA", "ca"), ("certificate", "certificate")) if access.get(key)}
        return look_dates(files, self._raw.get("doors") or (), self._raw.get("dates") or {})


def release_of(text: str, url: str) -> Look[Release]:
    """What the application says of itself."""
    try:
        told = json.loads(text)
        return Saw(Release(str(told["release"]), tuple(str(key) for key in told.get("keys") or ())))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return NoAnswer(f"{url}: what answers tells no release")


def look_dates(files: Mapping[str, str], doors: Sequence[Mapping[str, Any]], told: Mapping[str, str]) -> Look[Dates]:
    """When each thing ends. files: {what: path of a certificate}; doors: what answers by TLS, {name, host, port}, and is asked for that name;
    told: {what: day} of whose end no host can see.
    """
    ends: dict[str, float] = {}
    unread: dict[str, str] = {}
    for name, path in files.items():
        try:
            ends[name] = ends_at(ssl.PEM_cert_to_DER_cert(_first(Path(path).read_text(encoding="ascii"))))
        except (OSError, ValueError) as error:
            unread[name] = f"{path}: {error}"
    for door in doors:
        try:
            ends[str(door["name"])] = ends_at(_shown(str(door["host"]), int(door.get("port") or 443), str(door["name"])))
        except (OSError, ValueError) as error:      # ssl.SSLError is an OSError
            unread[str(door["name"])] = f"{door['host']}: {error}"
    for name, day in told.items():
        ends[name] = datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
    return Saw(Dates(ends, unread)) if ends or unread else NotLooked("nobody has said what may end (site_agent_doors, site_agent_dates)")


def look_backup(path: Path = backup_wish.STATUS) -> Look[Backup]:
    """What whoever makes backups here has written about the last ones."""
    def parts(told: Mapping[str, Any]) -> Backup:
        made, test = told.get("backup") or {}, told.get("test") or {}
        return Backup(_number(made.get("created")), _flag(made.get("ok")), _number(test.get("at")), _flag(test.get("ok")))
    return _kept(path, parts, "no backup has been made or tested by this host")


def look_rehearsal(path: Path = REHEARSED) -> Look[Rehearsal]:
    """What the last rehearsal on this host has left."""
    def parts(told: Mapping[str, Any]) -> Rehearsal:
        return Rehearsal(told["ok"] is True, float(told["at"]), str(told.get("said") or ""), _number(told.get("good")),
                         _number(told.get("rto_seconds")))
    return _kept(path, parts, "nobody has rehearsed on this host")


def _kept(path: Path, parts: Any, none: str) -> Look[Any]:
    try:
        return Saw(parts(json.loads(path.read_text(encoding="utf-8"))))
    except FileNotFoundError:
        return NotLooked(none)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        return NoAnswer(f"{path} cannot be read: {error}")


def _asked(url: str) -> str | NoAnswer:
    try:
        with _opener.open(url, timeout=PATIENCE) as response:
            return str(response.read(MOST).decode("utf-8", "replace"))
    except urllib.error.HTTPError as error:
        return NoAnswer(f"{url}: HTTP {error.code}")
    except (OSError, http.client.HTTPException, ValueError) as error:
        return NoAnswer(f"{url}: {getattr(error, 'reason', error)}")


def _first(pem: str) -> str:
    found = re.search(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", pem, re.DOTALL)
    if not found:
        raise ValueError("holds no certificate")
    return found[0]


def _shown(host: str, port: int, name: str) -> bytes:
    """The certificate that is shown to whoever asks for `name` there. When it ends is the question, so one that has ended is looked at as well."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection((host, port), timeout=PATIENCE) as plain, context.wrap_socket(plain, server_hostname=name) as wrapped:
        return wrapped.getpeercert(binary_form=True) or b""


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None
