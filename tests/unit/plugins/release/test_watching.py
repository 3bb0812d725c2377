# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Questions to a site: what counts as an answer, what as none, how users are counted; and the loop around them, in time that does not pass."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.release.judge import BACK, GOOD, UNKNOWN, Limits
from ansible_collections.multicloud.dr.plugins.module_utils.release.watching import Site, Watch, answers, counted, summary, users, watch

from tests.unit.plugins.still_clock import StillClock

STATS = "# pxname,svname,req_tot,hrsp_5xx,\nusers,FRONTEND,{},{},\napps,nks,7,0,\n"
SITE = Site("http://ready", "http://edge", ("http://page",), times=10)
LIMITS = Limits(watch_seconds=10, least_requests=20)


@pytest.fixture
def server() -> Iterator[str]:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(int(self.path.strip("/")))
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Quiet."""

    made = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{made.server_address[1]}"
    made.shutdown()
    made.server_close()


def test_an_answer_is_two_hundred_and_no_way_there_is_no_evidence(server: str) -> None:
    assert answers(f"{server}/200", 2) is True
    assert answers(f"{server}/503", 2) is False and answers(f"{server}/404", 2) is False
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert answers(f"http://127.0.0.1:{taken.getsockname()[1]}/", 2) is False       # nobody listens: looked, no answer
    assert answers("http://no.such.host.invalid/", 2) is None


def test_users_are_counted_where_haproxy_tells(tmp_path: Path) -> None:
    assert counted(STATS.format(120, 3), "users") == (120, 3) and counted(STATS.format(1, 0), "others") is None
    assert users(str(tmp_path / "nobody"), "users") is None
    path = str(tmp_path / "admin.sock")
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(path)
    listening.listen()

    def serve() -> None:
        asked, _ = listening.accept()
        assert asked.recv(100) == b"show stat\n"
        asked.sendall(STATS.format(5, 1).encode())
        asked.close()

    threading.Thread(target=serve, daemon=True).start()
    assert users(path, "users") == (5, 1)
    listening.close()


def seen(ask: Callable[[str, float], bool | None], counts: list[tuple[int, int] | None] | None = None) -> Watch:
    told = iter(counts or [])
    return Watch(Site(**{**SITE.__dict__, "edge_socket": "there" if counts else ""}), StillClock(), ask, lambda *_: next(told))


def test_a_site_that_is_well_is_watched_to_the_end() -> None:
    verdict, looks = watch(seen(lambda url, _: True), LIMITS)
    assert verdict.verdict == GOOD and looks[-1].at == 10 and summary(looks, LIMITS)["asked"] == 110


def test_one_that_is_ill_is_left_at_once() -> None:
    verdict, looks = watch(seen(lambda url, _: url != "http://ready"), LIMITS)
    assert verdict.verdict == BACK and len(looks) == 3


def test_one_that_is_neither_is_not_watched_for_ever() -> None:
    turns = iter([True, False] * 100)
    verdict, looks = watch(seen(lambda url, _: next(turns) if url == "http://edge" else True), Limits(watch_seconds=9))
    assert verdict.verdict == GOOD and looks[-1].at == 10           # the look that ends it has to be a good one
    verdict, looks = watch(seen(lambda url, _: None if url == "http://edge" and url else True), LIMITS)
    assert verdict.verdict == UNKNOWN and len(looks) == 3


def test_users_are_the_difference_between_two_looks_and_none_after_a_restart() -> None:
    counts: list[tuple[int, int] | None] = [(100, 5), (130, 9), (10, 0), None, (20, 0)]
    looking = seen(lambda url, _: True, counts)
    assert [(look.users, look.user_errors) for look in (looking.look() for _ in range(4))] == [(30, 4), (None, None), (None, None), (None, None)]
