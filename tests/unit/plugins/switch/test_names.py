# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An edge is asked by name, and a resolver that is silent is no answer in good time: neither blindness, nor a delay of anything else."""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.switch import names, probes, verdict
from ansible_collections.multicloud.dr.plugins.module_utils.switch.edge_watch import EdgeWatch
from ansible_collections.multicloud.dr.plugins.module_utils.switch.observations import (
    ComparedView,
    GateView,
    NoAnswer,
    Observations,
    RecordView,
    ReplicaView,
    Saw,
)
from ansible_collections.multicloud.dr.plugins.module_utils.switch.timing import TIMINGS

from .test_probes import answering

REAL = socket.getaddrinfo


class Resolver:
    """The system's, which waits for servers that are away until `answers` is set. Knows every name as this machine."""

    def __init__(self) -> None:
        self.answers = threading.Event()
        self.asked: list[str] = []

    def __call__(self, host: str, *arguments: Any, **more: Any) -> Any:
        if host[0].isdigit():
            return REAL(host, *arguments, **more)
        self.asked.append(host)
        self.answers.wait(20.0)
        if host == "unknown.test":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return REAL("127.0.0.1", *arguments, **more)


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Resolver]:
    asked = Resolver()
    monkeypatch.setattr(socket, "getaddrinfo", asked)
    yield asked
    asked.answers.set()


def test_the_standby_takes_over_from_a_dead_writer_while_its_resolver_is_away(resolver: Resolver) -> None:
    timing = TIMINGS["fast"]
    watch = EdgeWatch({"aws": "http://tickets.elb.test/edgez"}, lambda url: probes.edge_answers(url, timing.blink / 2), "nhn", lambda: "aws",
                      timing.blink * 2, time.monotonic)
    watch.tend()
    look = watch.look("aws")
    assert isinstance(look, NoAnswer) and "not resolved within 1 s" in look.reason
    seen = Observations("nhn", Saw(RecordView("aws", 2, 60.0)), gate=Saw(GateView(False, 1)), replica=Saw(ReplicaView(True, 0.2)), writer_edge=look,
                        compared=Saw(ComparedView(True, 60.0)))
    assert verdict.judge(seen, timing).action == verdict.TAKE_OVER


def test_while_it_is_away_one_question_waits_for_it_and_not_a_thread_each_time(resolver: Resolver) -> None:
    with answering(200) as url:
        named = url.replace("127.0.0.1", "tickets.test")
        for _ in range(5):
            assert isinstance(probes.edge_answers(named, 0.05), NoAnswer)
        assert resolver.asked == ["tickets.test"]
        resolver.answers.set()
        assert probes.edge_answers(named, 5.0) == probes.edge_answers(named, 5.0) == Saw(True)
        assert len(resolver.asked) == 2, "an answer that came late is used once"
        assert probes.edge_answers(url, 5.0) == Saw(True) and len(resolver.asked) == 2, "an address is nobody's question"


def test_who_is_asked_by_https_is_spoken_to_in_tls() -> None:
    with answering(200) as url:
        look = probes.edge_answers(url.replace("http:", "https:"), 5.0)
    assert isinstance(look, NoAnswer) and "SSL" in look.reason


def test_a_name_that_nobody_knows_is_told_as_such(resolver: Resolver) -> None:
    resolver.answers.set()
    look = probes.edge_answers("http://unknown.test/edgez", 5.0)
    assert isinstance(look, NoAnswer) and "Name or service not known" in look.reason


def test_what_our_own_edge_says_waits_for_no_name(resolver: Resolver) -> None:
    with answering(200) as url:
        watch = EdgeWatch({"nhn": "http://tickets.test/edgez", "aws": url}, lambda asked: probes.edge_answers(asked, 10.0), "aws", lambda: "nhn",
                          30.0, time.monotonic)
        away = threading.Thread(target=watch.tend, daemon=True)
        away.start()
        watch.tend_own()
        assert watch.look("aws") == Saw(True) and away.is_alive()
        resolver.answers.set()
        away.join(5.0)


def test_time_that_finding_took_is_not_there_for_connecting(resolver: Resolver, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float] = []

    class Silent(socket.socket):
        def settimeout(self, value: float | None) -> None:
            given.append(value or 0.0)

        def connect(self, _address: object) -> None:
            raise TimeoutError("timed out")
    monkeypatch.setattr(socket, "socket", Silent)
    threading.Timer(0.3, resolver.answers.set).start()
    with pytest.raises(TimeoutError):
        names.connect("tickets.test", 80, 1.0)
    assert len(given) == 1 and 0.0 < given[0] <= 0.75


@contextmanager
def saying(said: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server that says this to everybody, whatever it is; and what it was asked."""
    listening, asked = socket.create_server(("127.0.0.1", 0)), []

    def serve() -> None:
        while True:
            try:
                accepted, _ = listening.accept()
            except OSError:
                return
            with accepted, suppress(OSError):       # who has heard enough hangs up
                asked.append(accepted.recv(4096))
                accepted.sendall(said)
                accepted.shutdown(socket.SHUT_WR)
                accepted.recv(1)
    threading.Thread(target=serve, daemon=True).start()
    yield f"http://user:word@127.0.0.1:{listening.getsockname()[1]}/a/b?c=d#e", asked
    listening.close()


def test_an_interim_answer_is_none_yet_and_the_path_is_asked_for() -> None:
    with saying(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 503 Away\r\n\r\n") as (url, asked):
        assert names.status(url, 5.0) == 503 and probes.edge_answers(url, 5.0) == Saw(False)
    assert asked[0].startswith(b"GET /a/b?c=d HTTP/1.1\r\nHost: 127.0.0.1:") and b"word" not in asked[0]


@pytest.mark.parametrize("said", [b"", b"\r\n", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 2x0 OK\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n",
                                  b"\xff" * 200000])
def test_what_speaks_no_http_is_no_answer(said: bytes) -> None:
    with saying(said) as (url, _):
        assert isinstance(probes.edge_answers(url, 5.0), NoAnswer)


@pytest.mark.parametrize("url", ["http://", "ftp://127.0.0.1/", "127.0.0.1", "http://127.0.0.1:x/", "http://127.0.0.1:9/a b",
                                 "http://127.0.0.1:9/\r\nX: y"])
def test_what_is_no_url_is_no_answer_and_asks_nobody(url: str) -> None:
    assert isinstance(probes.edge_answers(url, 1.0), NoAnswer)


def test_whom_this_machine_believes_is_read_again_only_when_that_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was read for each question to an edge by https: 20 ms, twice a second."""
    authorities = tmp_path / "certificates"
    authorities.mkdir()
    monkeypatch.setenv("SSL_CERT_DIR", str(authorities))
    first = names.trusted()
    assert names.trusted() is first and first.verify_mode == ssl.CERT_REQUIRED and first.check_hostname
    os.utime(authorities, ns=(1, 1))
    assert names.trusted() is not first and len(names._trusted) == 1
