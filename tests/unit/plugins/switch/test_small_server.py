# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One thread answers everybody: who is slow, rude or gone holds up nobody else."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.switch import small_server
from ansible_collections.multicloud.dr.plugins.module_utils.switch.small_server import Live, SmallServer


@pytest.fixture
def server() -> Iterator[SmallServer]:
    made = SmallServer("127.0.0.1", 0, lambda path, _asker: (200, "text/plain", f"you asked for {path}\n"))
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()


def said(server: SmallServer, *parts: bytes) -> bytes:
    """What is heard on one connection, to its end."""
    with socket.create_connection(("127.0.0.1", server.port), 5) as asking:
        for part in parts:
            asking.sendall(part)
        heard = b""
        with contextlib.suppress(ConnectionResetError):     # it was not read to its end
            while more := asking.recv(4096):
                heard += more
    return heard


def test_a_question_is_answered_whole_and_the_connection_ends(server: SmallServer) -> None:
    head, body = said(server, b"GET /writer HTTP/1.1\r\nHost: here\r\n\r\n").split(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 200 OK\r\n") and b"Content-Length: 22" in head and body == b"you asked for /writer\n"
    assert said(server, b"HEAD /x HTTP/1.0\r\n\r\n").endswith(b"\r\n\r\n"), "the head alone"
    assert said(server, b"GET /y\n\n").endswith(b"you asked for /y\n"), "by hand"


def test_in_pieces(server: SmallServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port), 5) as slow:
        slow.sendall(b"GET /slow HT")
        assert said(server, b"GET /quick HTTP/1.0\r\n\r\n").endswith(b"/quick\n"), "others are answered meanwhile"
        slow.sendall(b"TP/1.0\r\nX: y\r\n\r\n")
        assert slow.recv(4096).endswith(b"you asked for /slow\n")


@pytest.mark.parametrize("question", [b"POST /writer HTTP/1.0\r\nContent-Length: 0\r\n\r\n", b"\r\n\r\n", b"x" * 5000, b"GET\r\n\r\n"])
def test_what_is_no_question_is_refused(server: SmallServer, question: bytes) -> None:
    assert said(server, question)[:12] in (b"HTTP/1.0 501", b"")


def test_who_hangs_up_or_never_ends_is_forgotten(server: SmallServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(small_server, "PATIENCE", 0.2)
    for _ in range(5):
        socket.create_connection(("127.0.0.1", server.port), 5).close()
    with socket.create_connection(("127.0.0.1", server.port), 5) as idle:
        assert idle.recv(10) == b"", "sent away"
    assert said(server, b"GET /after HTTP/1.0\r\n\r\n").endswith(b"/after\n")
    assert not server._asked


def test_a_crowd_does_not_keep_the_next_one_out(server: SmallServer) -> None:
    crowd = [socket.create_connection(("127.0.0.1", server.port), 5) for _ in range(small_server.AT_ONCE + 10)]
    assert said(server, b"GET /me HTTP/1.0\r\n\r\n").endswith(b"/me\n")
    for each in crowd:
        each.close()


def test_an_address_that_is_taken_is_told(server: SmallServer) -> None:
    with pytest.raises(OSError, match="in use"):
        SmallServer("127.0.0.1", server.port, lambda path, asker: (200, asker, path))


def test_a_question_that_nobody_foresaw_silences_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    def answer(path: str, asker: str) -> small_server.Answer:
        assert asker == "127.0.0.1"
        if path == "/bad":
            raise KeyError("not foreseen")
        return 200, "text/plain", "well\n"

    made = SmallServer("127.0.0.1", 0, answer)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    assert said(made, b"GET /bad HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.0 500 ")
    assert said(made, b"GET /good HTTP/1.0\r\n\r\n").endswith(b"well\n")
    made.shutdown()
    assert "not foreseen" in capsys.readouterr().err


BIG = "x" * 8_000_000       # more than a kernel keeps for one who does not take it


@pytest.fixture
def telling(monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallServer]:
    monkeypatch.setattr(small_server, "EVERY", 0.05)
    pieces = iter(range(1_000_000))
    answers: dict[str, small_server.Answer | Live] = {
        "/big": (200, "text/plain", BIG), "/events": Live("text/event-stream", lambda: f"data: {next(pieces)}\n\n"),
        "/flood": Live("text/event-stream", lambda: BIG)}
    made = SmallServer("127.0.0.1", 0, lambda path, _asker: answers.get(path, (200, "text/plain", "well\n")))
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()


def test_who_takes_a_long_answer_slowly_gets_all_of_it_and_holds_up_nobody(telling: SmallServer) -> None:
    with socket.create_connection(("127.0.0.1", telling.port), 5) as slow:
        slow.sendall(b"GET /big HTTP/1.0\r\n\r\n")
        assert slow.recv(10) == b"HTTP/1.0 2"
        assert said(telling, b"GET /writer HTTP/1.0\r\n\r\n").endswith(b"well\n"), "while the other has not taken his"
        heard = 10
        while more := slow.recv(1 << 20):
            heard += len(more)
    assert heard > len(BIG)


def test_a_listener_is_told_at_once_and_again_and_may_leave(telling: SmallServer) -> None:
    with socket.create_connection(("127.0.0.1", telling.port), 5) as listener:
        listener.sendall(b"GET /events HTTP/1.1\r\nLast-Event-ID: 7\r\n\r\n")
        heard = b""
        while heard.count(b"data: ") < 3:
            heard += listener.recv(4096)
        assert heard.startswith(b"HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n") and b"Content-Length" not in heard
        assert heard.index(b"data: 0\n\n") < heard.index(b"data: 1\n\n")
        listener.sendall(b"POST /promote HTTP/1.1\r\n\r\n")
        assert b"data: " in listener.recv(4096), "what a listener says counts for nothing"
    assert said(telling, b"HEAD /events HTTP/1.0\r\n\r\n").endswith(b"\r\n\r\n"), "a head has an end"
    assert gone(telling)


def gone(server: SmallServer) -> bool:
    """Has every listener been forgotten? Asks until it is so, or for five seconds."""
    until = time.monotonic() + 5.0
    while server._live and time.monotonic() < until:
        said(server, b"GET /tick HTTP/1.0\r\n\r\n")
    return not server._live


def test_listeners_have_places_of_their_own_and_no_more(telling: SmallServer) -> None:
    listeners = [socket.create_connection(("127.0.0.1", telling.port), 5) for _ in range(small_server.LISTENERS)]
    for each in listeners:
        each.sendall(b"GET /events HTTP/1.0\r\n\r\n")
        assert each.recv(4096)
    assert said(telling, b"GET /events HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.0 503 ")
    crowd = [socket.create_connection(("127.0.0.1", telling.port), 5) for _ in range(small_server.AT_ONCE + 10)]
    assert said(telling, b"GET /writer HTTP/1.0\r\n\r\n").endswith(b"well\n")
    assert listeners[0].recv(4096), "nor does a crowd push them out"
    for each in [*listeners, *crowd]:
        each.close()


def test_a_listener_who_takes_nothing_is_sent_away(telling: SmallServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(small_server, "PATIENCE", 0.1)
    with socket.create_connection(("127.0.0.1", telling.port), 5) as deaf:
        deaf.sendall(b"GET /flood HTTP/1.0\r\n\r\n")
        assert deaf.recv(10) and gone(telling)


def test_a_piece_that_cannot_be_made_silences_nobody_else(telling: SmallServer, capsys: pytest.CaptureFixture[str]) -> None:
    def broken() -> str:
        raise KeyError("not foreseen")

    made = SmallServer("127.0.0.1", 0, lambda path, _asker: Live("text/event-stream", broken) if path == "/e" else (200, "text/plain", "well\n"))
    threading.Thread(target=made.serve_forever, daemon=True).start()
    said(made, b"GET /e HTTP/1.0\r\n\r\n")
    assert said(made, b"GET /x HTTP/1.0\r\n\r\n").endswith(b"well\n") and not made._live
    made.shutdown()
    assert "not foreseen" in capsys.readouterr().err
