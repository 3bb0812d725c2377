# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The dialogue with etcd's JSON gateway, as etcd 3.4 was seen to speak it, and with a real one.

The real one is at MULTICLOUD_DR_TEST_ETCD=URL, or started here from Debian's etcd-server where that is in PATH.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import threading
import time
import urllib.request
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.switch.etcd import EtcdLedger, EtcdMembers, EtcdStore
from ansible_collections.multicloud.dr.plugins.module_utils.switch.observations import MembersView
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Record, Seen, Unanswered

ETCD = shutil.which("etcd")      # `make test` puts its own first in PATH


class Gateway(BaseHTTPRequestHandler):
    """One key. int64 are strings; `kvs` and `succeeded` are left out when empty or false."""

    value: str | None = None
    revision = 0
    leader: str | None = "10276657743932975437"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        kind = type(self)
        answer: dict[str, Any] = {"header": {"revision": str(type(self).revision)}}
        if self.path == "/v3/maintenance/status":
            answer |= {"version": "3.4.23", **({"leader": kind.leader} if kind.leader else {})}
        elif self.path == "/v3/kv/range":
            if kind.value is not None:
                answer |= {"kvs": [{"key": body["key"], "value": kind.value, "mod_revision": str(kind.revision)}], "count": "1"}
        elif body["compare"][0]["mod_revision"] == str(kind.revision):
            kind.revision += 1
            kind.value = body["success"][0]["request_put"]["value"]
            answer = {"header": {"revision": str(kind.revision)}, "succeeded": True}
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Quiet."""


def free_ports(count: int) -> list[int]:
    """Ports of the loopback address that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an etcd that answers."""
    if given := os.environ.get("MULTICLOUD_DR_TEST_ETCD"):
        yield given
        return
    if ETCD is None:
        pytest.skip("needs etcd in PATH (apt install etcd-server) or MULTICLOUD_DR_TEST_ETCD=URL")
    url, peer = (f"http://127.0.0.1:{port}" for port in free_ports(2))
    folder = tmp_path_factory.mktemp("etcd")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [ETCD, f"--data-dir={folder / 'data'}", f"--listen-client-urls={url}", f"--advertise-client-urls={url}",
             f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}", f"--initial-cluster=default={peer}"],
            stdout=log, stderr=subprocess.STDOUT)
    try:
        wait_for_health(url, process, folder / "log")
        yield url
    finally:
        process.terminate()
        process.wait(10)


def wait_for_health(url: str, process: subprocess.Popen[bytes], log: Path, limit: float = 15.0) -> None:
    """Return once etcd says that it is healthy; fail with its own log when it ends or says nothing in time."""
    end = time.monotonic() + limit
    while process.poll() is None and time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=1) as answer:
                if json.load(answer)["health"] == "true":
                    return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"etcd was not healthy within {limit} s:\n{log.read_text(errors='replace')[-2000:]}")


@pytest.fixture(params=["scripted", "real"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "real":
        yield request.getfixturevalue("real")
        return
    server = HTTPServer(("127.0.0.1", 0), type("OneGateway", (Gateway,), {}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_conversation(url: str) -> None:
    store = EtcdStore([url], f"/test/{uuid.uuid4()}")
    assert store.read() == Seen(None, 0)
    first = store.swap(0, Record("nhn", 1, 1))
    assert first is not None and store.read() == first
    assert store.swap(0, Record("aws", 2, 2)) is None
    second = store.swap(first.revision, Record("nhn", 1, 2))
    assert second is not None and second.revision > first.revision
    assert store.swap(first.revision, Record("aws", 2, 3)) is None
    assert store.read() == Seen(Record("nhn", 1, 2), second.revision)


def test_the_next_endpoint_is_read_and_then_written(url: str) -> None:
    store = EtcdStore(["http://127.0.0.1:9", url], f"/test/{uuid.uuid4()}")
    with pytest.raises(Unanswered, match=r"127\.0\.0\.1:9"):
        store.swap(0, Record("nhn", 1, 1))
    assert store.read().record is None
    assert store.swap(0, Record("nhn", 1, 1)) is not None


def test_members_are_counted_each_by_itself(url: str) -> None:
    assert EtcdMembers([url, "http://127.0.0.1:9"]).look() == MembersView(total=2, answering=1, led=1)


def test_a_member_without_a_leader_is_told_apart() -> None:
    server = HTTPServer(("127.0.0.1", 0), type("Alone", (Gateway,), {"leader": None}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    assert EtcdMembers([f"http://127.0.0.1:{server.server_port}"]).look() == MembersView(total=1, answering=1, led=0)
    server.shutdown()


def test_silence_is_told() -> None:
    with pytest.raises(Unanswered, match=r"127\.0\.0\.1:9.*refused"):
        EtcdStore(["http://127.0.0.1:9"], "/x").read()


def test_a_foreign_value_is_no_answer() -> None:
    server = HTTPServer(("127.0.0.1", 0), type("Foreign", (Gateway,), {"value": base64.b64encode(b"hello").decode(), "revision": 3}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with pytest.raises(Unanswered, match="no record: 'hello'"):
        EtcdStore([f"http://127.0.0.1:{server.server_port}"], "/x").read()
    server.shutdown()


def test_a_ledger_puts_once_and_lists_in_order(real: str) -> None:
    ledger = EtcdLedger(["http://127.0.0.1:9", real], f"/test/{uuid.uuid4()}/journal")
    assert ledger.under("aws.host/") == []
    for number in (2, 1, 10):
        assert ledger.add(f"aws.host/abc/{number:08d}", f"line {number}")
    assert not ledger.add("aws.host/abc/00000002", "another")
    assert ledger.add("aws.host2/abc/00000001", "of another host")
    assert [text for _name, text in ledger.under("aws.host/abc/")] == ["line 1", "line 2", "line 10"]
    assert ledger.under("aws.host/")[0] == ("aws.host/abc/00000001", "line 1")
