# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looking at a site while it gets something new: its application, its edge, pages as visitors ask for them, and how users fare.

What is judged of it is in judge.py. Here are only the questions, and the loop that asks them until there is a verdict.
"""

from __future__ import annotations

import csv
import http.client
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..waiting import Clock
from .judge import PENDING, UNKNOWN, Limits, Look, Verdict, error_percent, judge

REFUSED = (ConnectionRefusedError, ConnectionResetError, TimeoutError, socket.timeout, http.client.HTTPException)


@dataclass(frozen=True)
class Site:
    """What to ask. ready, edge: addresses that answer 200 when all is well; pages: what visitors ask for, each so many times a look;
    edge_socket: HAProxy's own, where users are counted; "" for none; frontend: under which name."""

    ready: str
    edge: str
    pages: tuple[str, ...] = ()
    times: int = 1
    edge_socket: str = ""
    frontend: str = "users"
    timeout: float = 3.0


Ask = Callable[[str, float], bool | None]


def answers(url: str, timeout: float) -> bool | None:
    """Whether it answers 200. None where that could not be asked: no such name, no way there."""
    try:
        asked = urllib.request.Request(url, headers={"User-Agent": "multicloud.dr release"})
        with urllib.request.build_opener().open(asked, timeout=timeout) as answer:
            answer.read()
            return bool(answer.status == 200)
    except urllib.error.HTTPError:
        return False
    except urllib.error.URLError as error:
        return False if isinstance(error.reason, REFUSED) else None
    except REFUSED:
        return False
    except OSError:
        return None


def users(path: str, frontend: str) -> tuple[int, int] | None:
    """(requests, answers of 500 and above) of users since HAProxy began; None where it does not tell."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asked:
            asked.settimeout(3)
            asked.connect(path)
            asked.sendall(b"show stat\n")
            text = b"".join(iter(lambda: asked.recv(65536), b"")).decode()
    except OSError:
        return None
    return counted(text, frontend)


def counted(text: str, frontend: str) -> tuple[int, int] | None:
    """The same, of what `show stat` says."""
    for row in csv.DictReader(text.removeprefix("# ").splitlines()):
        if (row.get("pxname"), row.get("svname")) == (frontend, "FRONTEND"):
            return int(row.get("req_tot") or 0), int(row.get("hrsp_5xx") or 0)
    return None


class Watch:
    """Looks at one site once a `pause`."""

    def __init__(self, site: Site, clock: Clock, ask: Ask = answers, count: Callable[[str, str], tuple[int, int] | None] = users) -> None:
        self.site, self.clock, self.ask, self.count = site, clock, ask, count
        self._began = clock.now()
        self._counted = self._users()

    def look(self) -> Look:
        """One look now."""
        site = self.site
        told = [self.ask(page, site.timeout) for page in site.pages for _unused in range(site.times)]
        asked = [one for one in told if one is not None]
        seen = Look(self.clock.now() - self._began, self.ask(site.ready, site.timeout), self.ask(site.edge, site.timeout), len(asked),
                    sum(not one for one in asked))
        now, before = self._users(), self._counted
        self._counted = now
        if now is None or before is None or now[0] < before[0]:         # HAProxy began anew, and counts from nothing
            return seen
        return replace(seen, users=now[0] - before[0], user_errors=max(0, now[1] - before[1]))

    def _users(self) -> tuple[int, int] | None:
        return self.count(self.site.edge_socket, self.site.frontend) if self.site.edge_socket else None


def watch(seen: Watch, limits: Limits, before_percent: float = 0.0, pause: float = 1.0, longest: float | None = None) -> tuple[Verdict, list[Look]]:
    """Look until there is a verdict; one that never comes is "unknown" after `longest` seconds (twice the time to be watched without it)."""
    looks: list[Look] = []
    limit = limits.watch_seconds * 2 + limits.silent_looks * pause if longest is None else longest
    while True:
        looks.append(seen.look())
        told = judge(looks, limits, before_percent)
        if told.verdict != PENDING:
            return told, looks
        if looks[-1].at > limit:
            return Verdict(UNKNOWN, f"it was neither well nor ill for {limit:.0f} s: {told.because}", len(looks), told.error_percent), looks
        seen.clock.sleep(pause)


def summary(looks: Sequence[Look], limits: Limits) -> dict[str, Any]:
    """What a report says of them."""
    return {"looks": len(looks), "ready": sum(look.ready is True for look in looks), "edge": sum(look.edge is True for look in looks),
            "asked": sum(look.asked for look in looks), "wrong": sum(look.wrong for look in looks),
            "users": sum(look.users or 0 for look in looks), "user_errors": sum(look.user_errors or 0 for look in looks),
            "error_percent": error_percent(looks, limits)}
