# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tokens: bought when needed, once anew when void, and never again and again."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.switch import etcd_wire
from ansible_collections.multicloud.dr.plugins.module_utils.switch.etcd import EtcdNews
from ansible_collections.multicloud.dr.plugins.module_utils.switch.etcd_wire import Access, Etcd
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Unanswered

VOIDS = [(401, "etcdserver: invalid auth token"), (500, "auth: revision in header is old"), (400, "etcdserver: revision of auth store is old")]


class Member(BaseHTTPRequestHandler):
    """Sells tokens t1, t2, …; takes those in `good`; says `refusal` to others. What was asked stands in `asked`."""

    asked: list[str]
    good: set[str]
    refusal: tuple[int, str] = VOIDS[0]
    sold = 0

    def do_POST(self) -> None:
        kind = type(self)
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/v3/auth/authenticate":
            kind.asked.append(f"buy as {body['name']}")
            kind.sold += 1
            self._answer(200, {"header": {}, "token": f"t{kind.sold}"})
        else:
            token = self.headers.get("Authorization", "")
            kind.asked.append(f"ask with {token}")
            if token in kind.good:
                self._answer(200, {"header": {"revision": "1"}})
            else:
                self._answer(kind.refusal[0], {"error": kind.refusal[1], "code": 16})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def member() -> Iterator[tuple[type[Member], str]]:
    kind = type("OneMember", (Member,), {"asked": [], "good": set()})
    server = HTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield kind, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(autouse=True)
def no_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here it is about tokens; certificates are tried with real members."""
    monkeypatch.setattr(Etcd, "_certificates", lambda _: None)


ACCESS = Access(ca=__file__, certificate=__file__, key=__file__, user="agent", password="CANARY-of-the-agent")


def test_a_token_is_bought_once_and_used_on(member: tuple[type[Member], str]) -> None:
    kind, url = member
    kind.good = {"t1"}
    etcd = Etcd([url], 2.0, ACCESS)
    etcd.ask("/v3/kv/range", {})
    etcd.ask("/v3/kv/txn", {}, once=True)
    assert kind.asked == ["buy as agent", "ask with t1", "ask with t1"]


@pytest.mark.parametrize("refusal", VOIDS)
def test_a_void_token_is_bought_anew_once(member: tuple[type[Member], str], refusal: tuple[int, str]) -> None:
    kind, url = member
    kind.good, kind.refusal = {"t1"}, refusal
    etcd = Etcd([url], 2.0, ACCESS)
    etcd.ask("/v3/kv/range", {})
    kind.good = {"t2"}
    etcd.ask("/v3/kv/txn", {}, once=True)
    assert kind.asked == ["buy as agent", "ask with t1", "ask with t1", "buy as agent", "ask with t2"]
    kind.good = set()
    with pytest.raises(Unanswered, match=r"is old|invalid auth token") as told:
        etcd.ask("/v3/kv/txn", {}, once=True)
    assert kind.asked[5:] == ["ask with t2", "buy as agent", "ask with t3"]
    assert "CANARY" not in str(told.value) + repr(ACCESS)


def test_a_token_that_was_just_bought_and_is_refused_is_not_bought_again(member: tuple[type[Member], str]) -> None:
    kind, url = member
    with pytest.raises(Unanswered, match=r"invalid auth token"):
        Etcd([url], 2.0, ACCESS).ask("/v3/kv/range", {})
    assert kind.asked == ["buy as agent", "ask with t1"]


def test_what_is_refused_for_another_reason_is_not_asked_again(member: tuple[type[Member], str]) -> None:
    kind, url = member
    kind.refusal = (403, "etcdserver: permission denied")
    with pytest.raises(Unanswered, match=r"permission denied"):
        Etcd([url], 2.0, ACCESS).ask("/v3/kv/txn", {}, once=True)
    assert kind.asked == ["buy as agent", "ask with t1"]


class Keeping(Member):
    """As etcd does, it keeps connections; `met` counts them. `mute`: it answers nothing for a while; `leaves`: it hangs up after an answer."""

    protocol_version = "HTTP/1.1"
    met = 0
    mute = leaves = False

    def setup(self) -> None:
        type(self).met += 1
        super().setup()

    def do_POST(self) -> None:
        if self.mute:
            time.sleep(0.6)
        super().do_POST()
        self.close_connection = self.close_connection or self.leaves


@pytest.fixture
def keeping() -> Iterator[tuple[type[Keeping], str]]:
    kind = type("OneKeeping", (Keeping,), {"asked": [], "good": {"", "t1"}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield kind, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_a_connection_is_kept(keeping: tuple[type[Keeping], str]) -> None:
    kind, url = keeping
    etcd = Etcd([url], 2.0)
    for _ in range(5):
        etcd.ask("/v3/kv/range", {})
    assert kind.met == 1


def test_one_that_was_hung_up_meanwhile_is_not_used_again(keeping: tuple[type[Keeping], str]) -> None:
    """A write on it would be lost, and nobody could tell whether it was done."""
    kind, url = keeping
    kind.leaves = True
    etcd = Etcd([url], 2.0)
    etcd.ask("/v3/kv/range", {})
    end = time.monotonic() + 5
    while not etcd_wire._hung_up(etcd._kept[url][1]) and time.monotonic() < end:
        time.sleep(0.01)
    etcd.ask("/v3/kv/txn", {}, once=True)
    assert kind.met == 2


def test_one_that_was_not_answered_in_time_or_idled_for_long_is_not_used_again(
    keeping: tuple[type[Keeping], str], monkeypatch: pytest.MonkeyPatch,
) -> None:
    kind, url = keeping
    etcd = Etcd([url], 60.0)
    etcd.ask("/v3/kv/range", {})
    sock = etcd._kept[url][1].sock
    assert sock is not None
    sock.settimeout(0.05)       # on this one alone, where nothing will come: how busy the machine is does not matter
    kind.mute = True
    with pytest.raises(Unanswered, match="timed out"):
        etcd.ask("/v3/kv/range", {})
    kind.mute = False
    etcd.ask("/v3/kv/range", {})
    assert kind.met == 2, "what comes late on the first one is nobody's answer"
    monkeypatch.setattr(etcd_wire, "IDLE", 0.0)
    etcd.ask("/v3/kv/range", {})
    assert kind.met == 3


def test_a_refusal_keeps_the_connection(keeping: tuple[type[Keeping], str]) -> None:
    kind, url = keeping
    kind.refusal = (503, "etcdserver: no leader")
    kind.good = set()
    etcd = Etcd([url], 2.0)
    for _ in range(2):
        with pytest.raises(Unanswered, match=r"HTTP 503 .*no leader"):
            etcd.ask("/v3/kv/range", {})
    assert kind.met == 1


@pytest.mark.parametrize(("refusal", "refused"), [
    ((400, "etcdserver: authentication failed, invalid user ID or password"), True), ((403, "etcdserver: permission denied"), True), (VOIDS[1], True),
    ((503, "etcdserver: no leader"), False), ((504, "etcdserver: request timed out"), False)])
def test_who_is_refused_has_met_a_quorum_that_lives(member: tuple[type[Member], str], refusal: tuple[int, str], refused: bool) -> None:
    kind, url = member
    kind.refusal = refusal
    with pytest.raises(Unanswered) as told:
        Etcd(["http://127.0.0.1:9", url], 2.0).ask("/v3/kv/range", {})
    assert told.value.refused is refused and refusal[1] in str(told.value)
    with pytest.raises(Unanswered) as told:
        Etcd(["http://127.0.0.1:9"], 2.0).ask("/v3/kv/range", {})
    assert not told.value.refused, "nobody is there"


def test_who_cannot_ask_has_not_met_silence(member: tuple[type[Member], str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Our certificate is gone; what answers is not who it should be, or no etcd at all."""
    def no_certificate(_self: Etcd) -> None:
        raise FileNotFoundError("client.key")
    with pytest.raises(Unanswered) as told:
        Etcd([member[1].replace("http:", "https:")], 2.0).ask("/v3/kv/range", {})
    assert told.value.refused, told.value
    monkeypatch.setattr(Etcd, "_certificates", no_certificate)
    with pytest.raises(Unanswered) as told:
        Etcd([member[1]], 2.0).ask("/v3/kv/range", {})
    assert told.value.refused


class Telling(Member):
    """A member whose answer goes on: it says each of `pieces`, then hangs up, and says to nobody but who has token t1."""

    protocol_version = "HTTP/1.1"
    pieces: tuple[str, ...] = ()

    def do_POST(self) -> None:
        if self.path != "/v3/watch" or self.headers.get("Authorization") not in type(self).good:
            super().do_POST()
            return
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in self.pieces:
            data = piece.encode() + b"\n"
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")


@pytest.mark.parametrize(("pieces", "rings", "because"), [
    (('{"result": {"header": {}, "created": true}}', '{"result": {"header": {}, "events": [{"kv": {}}]}}', '{"result": {"header": {}}}',
      '{"result": {"events": [{}, {}]}}'), 2, "hung up"),
    (('{"result": {"created": true, "canceled": true, "cancel_reason": "etcdserver: permission denied"}}',), 0, "permission denied"),
    (('{"result": {"events": [{}]}}', '{"error": {"message": "rpc error"}}'), 1, "rpc error"),
    (("hello",), 0, "http://127.0.0.1"), (('["x"]',), 0, "x"), ((), 0, "hung up")])
def test_news_of_a_key_ring_and_decide_nothing(pieces: tuple[str, ...], rings: int, because: str) -> None:
    kind = type("OneTelling", (Telling,), {"asked": [], "good": {"t1"}, "pieces": pieces})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    heard = []
    try:
        with pytest.raises(Unanswered, match=because) as told:
            for each in EtcdNews([f"http://127.0.0.1:{server.server_port}"], "/key", 2.0, ACCESS).heard():
                heard.append(each)
    finally:
        server.shutdown()
    assert len(heard) == rings and kind.asked == ["buy as agent"] and "CANARY" not in str(told.value)


def test_news_are_asked_for_elsewhere_where_nobody_tells_them_and_with_a_fresh_token(member: tuple[type[Member], str]) -> None:
    kind, url = member
    news = EtcdNews(["http://127.0.0.1:9", url], "/key", 2.0, ACCESS)
    for _ in range(2):
        with pytest.raises(Unanswered, match="invalid auth token"):
            list(news.heard())
    assert kind.asked == ["buy as agent", "ask with t1", "buy as agent", "ask with t2"]
