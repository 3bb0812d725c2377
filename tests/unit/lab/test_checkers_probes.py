# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Probes against a scripted server on loopback: what Route 53 calls a success."""

from __future__ import annotations

import contextlib
import socket
import threading

import pytest

from lab.dns import probes
from lab.dns.probes import probe


@pytest.fixture
def endpoint():
    """Gives a function that serves one scripted reply and returns the port; the request heard is in `endpoint.heard`."""
    sockets, heard = [], []

    def serve(reply):
        listening = socket.create_server(("127.0.0.1", 0))
        sockets.append(listening)

        def once():
            with contextlib.suppress(OSError):          # a test that only connects may be over before this runs
                answer(listening.accept()[0])

        def answer(peer):
            sockets.append(peer)
            heard.append(peer.recv(4096).decode())
            if reply is not None:
                peer.sendall(reply)
                peer.close()

        threading.Thread(target=once, daemon=True).start()
        return listening.getsockname()[1]

    serve.heard = heard
    yield serve
    for opened in sockets:
        opened.close()


def check(port, **more):
    return {"Type": "HTTP", "IPAddress": "127.0.0.1", "Port": port, "ResourcePath": "/edgez", **more}


def nowhere(name):
    raise OSError(f"{name} has no address")


@pytest.mark.parametrize(("status", "success"), [(200, True), (204, True), (301, True), (399, True), (403, False), (404, False), (503, False)])
def test_two_and_three_hundreds_are_success(endpoint, status, success):
    port = endpoint(f"HTTP/1.1 {status} Words\r\nContent-Length: 0\r\n\r\n".encode())
    assert probe(check(port), nowhere) == (success, f"{'Success' if success else 'Failure'}: HTTP status {status}")


def test_a_checker_has_an_address_of_its_own():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        probe({"Type": "TCP", "IPAddress": "127.0.0.1", "Port": listening.getsockname()[1]}, nowhere, "127.0.0.2")
        peer, (address, _) = listening.accept()
        peer.close()
    assert address == "127.0.0.2"


def test_the_named_host_is_asked_for_at_the_given_address(endpoint):
    port = endpoint(b"HTTP/1.1 200 OK\r\n\r\n")
    assert probe(check(port, FullyQualifiedDomainName="tickets.lab.test"), nowhere)[0]
    assert endpoint.heard[0].startswith("GET /edgez HTTP/1.1\r\n")
    assert f"Host: tickets.lab.test:{port}\r\n" in endpoint.heard[0]


def test_without_an_address_the_name_is_resolved_each_time(endpoint):
    port = endpoint(b"HTTP/1.1 200 OK\r\n\r\n")
    config = {"Type": "HTTP", "FullyQualifiedDomainName": "tickets.lab.test", "Port": port}
    assert probe(config, {"tickets.lab.test": "127.0.0.1"}.__getitem__)[0]
    assert probe(config, nowhere) == (False, "Failure: OSError: tickets.lab.test has no address")


@pytest.mark.parametrize(("body", "success"), [
    (b"x" * 5000 + b"writer", True), (b"x" * 5118 + b"writer", False), (b"", False)])
def test_the_string_must_be_in_the_first_5120_bytes(endpoint, body, success):
    port = endpoint(b"HTTP/1.1 200 OK\r\n\r\n" + body)
    assert probe(check(port, Type="HTTP_STR_MATCH", SearchString="writer"), nowhere)[0] is success


def test_a_silent_endpoint_fails_within_its_time(endpoint, monkeypatch):
    monkeypatch.setattr(probes, "STATUS_SECONDS", 0.05)
    assert probe(check(endpoint(None)), nowhere) == (False, "Failure: TimeoutError: timed out")


def test_a_refused_connection_fails_and_tcp_wants_nothing_more_than_one(endpoint):
    port = endpoint(None)
    assert probe({"Type": "TCP", "IPAddress": "127.0.0.1", "Port": port}, nowhere) == (True, "Success: connected")
    with socket.create_server(("127.0.0.1", 0)) as closing:
        gone = closing.getsockname()[1]
    assert probe({"Type": "TCP", "IPAddress": "127.0.0.1", "Port": gone}, nowhere)[1].startswith("Failure: ConnectionRefusedError")


def test_nonsense_on_the_line_is_a_failure_not_a_crash(endpoint):
    assert probe(check(endpoint(b"SSH-2.0-OpenSSH\r\n")), nowhere)[0] is False


@pytest.fixture
def limits(monkeypatch):
    """Every time limit that a probe puts on its socket, in seconds and in order."""
    seen = []

    class Limited(socket.socket):
        def settimeout(self, value):
            seen.append(value)
            super().settimeout(value)

    monkeypatch.setattr(socket, "socket", Limited)      # what socket.create_connection makes its sockets of
    return seen


def test_route_53_s_own_limits_connect_in_4_s_status_in_2_s_more_the_string_in_another_2_s(endpoint, limits):
    port = endpoint(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100 + b"writer")
    assert probe(check(port, Type="HTTP_STR_MATCH", SearchString="writer"), nowhere)[0]
    connect, status, *body = limits
    assert (connect, status) == (4.0, 2.0)
    assert body and all(1.0 < limit <= 2.0 for limit in body) and body == sorted(body, reverse=True)


def test_route_53_s_own_limit_for_tcp_is_10_s(endpoint, limits):
    assert probe({"Type": "TCP", "IPAddress": "127.0.0.1", "Port": endpoint(None)}, nowhere)[0]
    assert limits == [10.0]
