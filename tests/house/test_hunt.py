# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The hunter finds what it should, so that its silence means something."""

from __future__ import annotations

import http.server
import json
import socket
import threading

import yaml

from tests import hunt
from tests.hunt import files, leaks, tokens


def test_a_planted_canary_is_found(tmp_path):
    build = tmp_path / "build"
    (build / "lab" / "ssh").mkdir(parents=True)
    (build / "tests").mkdir()
    (build / "lab" / "secrets.yml").write_text("db: CANARY-51-long")
    (build / "lab" / "ssh" / "key").write_text("CANARY-51-long")
    assert leaks({"db": "CANARY-51-long"}, files(build)) == []
    (build / "tests" / "story.log").write_text("msg: login with CANARY-51-long failed")
    assert leaks({"db": "CANARY-51-long", "short": "msg"}, files(build)) == ["build/tests/story.log: db"]


ACCOUNT = {"identity_url": "", "username": "ops@example.com", "tenant_id": "t1", "object_tenant_id": "t2", "password": "{{ vault }}"}


def identity(answer):
    """(a Keystone that answers each request with answer(tenant): a token, or a status; its URL; what it was asked)."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            auth = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["auth"]
            asked.append((self.path, auth["tenantId"], auth["passwordCredentials"]))
            given = answer(auth["tenantId"])
            self.send_response(given if isinstance(given, int) else 200)
            self.end_headers()
            if not isinstance(given, int):
                self.wfile.write(json.dumps({"access": {"token": {"id": given}}}).encode())

        def log_message(self, *_):
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}/v2.0", asked


def test_tokens_are_hunted_too_the_clusters_and_those_of_both_tenants(tmp_path):
    lab = tmp_path / "lab"
    (lab / "kube").mkdir(parents=True)
    (lab / "kube" / "token").write_text("CANARY-of-the-cluster\n")
    (lab / "tls").mkdir()
    (lab / "tls" / "server.key").write_text("CANARY-of-the-name\n")
    server, url, asked = identity(lambda tenant: f"CANARY-of-{tenant}")
    try:
        found, silent = tokens(lab, {**ACCOUNT, "identity_url": url}, "the password")
    finally:
        server.shutdown()
        server.server_close()
    assert (found, silent) == ({"kube token": "CANARY-of-the-cluster", "key of the public name": "CANARY-of-the-name",
                                "NHN token of tenant_id": "CANARY-of-t1", "NHN token of object_tenant_id": "CANARY-of-t2"}, "")
    assert asked == [("/v2.0/tokens", tenant, {"username": "ops@example.com", "password": "the password"}) for tenant in ("t1", "t2")]


def test_an_nhn_that_is_lost_is_said_and_a_refusal_is_an_error(tmp_path):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        found, silent = tokens(tmp_path, {**ACCOUNT, "identity_url": f"http://127.0.0.1:{closed.getsockname()[1]}"}, "p")
    assert found == {} and "NHN's tokens were not hunted" in silent
    server, url, _ = identity(lambda _: 503)
    try:
        assert "503" in tokens(tmp_path, {**ACCOUNT, "identity_url": url}, "p")[1]
    finally:
        server.shutdown()
        server.server_close()


def test_what_instances_are_given_is_hunted_and_an_aws_that_is_away_is_said():
    class Door(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"roles": {"i-1": {"role": "app", "access_key": "ASIA1", "secret_key": "s", "token": "t"}}}).encode())

        def log_message(self, *_):
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        assert hunt.roles(f"http://127.0.0.1:{server.server_port}") == ({"secret_key of role app": "s", "token of role app": "t"}, "")
    finally:
        server.shutdown()
        server.server_close()
    found, said = hunt.roles(f"http://127.0.0.1:{server.server_port}")
    assert found == {} and said.startswith("What AWS's instances are given was not hunted")


def test_the_whole_hunt_finds_a_token_in_a_log(tmp_path, monkeypatch, capsys):
    build = tmp_path / "build"
    (build / "lab" / "kube").mkdir(parents=True)
    (build / "lab" / "kube" / "token").write_text("CANARY-of-the-cluster\n")
    (build / "lab" / "secrets.yml").write_text("nhn_api_password: the-api-password\n")
    (tmp_path / "accounts.yml").write_text(yaml.safe_dump({"nhn_auth": ACCOUNT}))
    server, url, _ = identity(lambda tenant: f"CANARY-of-{tenant}")
    monkeypatch.setattr(hunt, "ROOT", tmp_path)
    monkeypatch.setattr(hunt, "ACCOUNTS", tmp_path / "accounts.yml")
    monkeypatch.setattr(hunt, "processes", lambda: ())
    monkeypatch.setattr(hunt, "roles", lambda _: ({"token of role tickets-app": "CANARY-of-a-role"}, ""))
    try:
        (tmp_path / "accounts.yml").write_text(yaml.safe_dump({"nhn_auth": {**ACCOUNT, "identity_url": url}}))
        assert hunt.main() == 0 and "5 secrets hunted, none found" in capsys.readouterr().out
        (build / "lab" / "log").mkdir()
        (build / "lab" / "log" / "nhn.log").write_text("X-Auth-Token: CANARY-of-t1")
        (build / "run.log").write_text("Authorization: Bearer CANARY-of-the-cluster")
        (build / "see.log").write_text("X-Amz-Security-Token: CANARY-of-a-role")
        assert hunt.main() == 1
    finally:
        server.shutdown()
        server.server_close()
    assert capsys.readouterr().out.split("\n")[:3] == ["build/lab/log/nhn.log: NHN token of tenant_id", "build/run.log: kube token",
                                                        "build/see.log: token of role tickets-app"]


def test_a_key_of_many_lines_is_found_however_its_lines_end():
    key = "-----BEGIN " + "PRIVATE KEY-----\n" + "MIGHAgEAMBMGByqGSM49CANARY0000000000000000000000\n" + "-----END " + "PRIVATE KEY-----\n"
    assert leaks({"ca": key}, [("log", "content: " + key.replace("\n", "\\n"))]) == ["log: ca"]
    assert leaks({"ca": key}, [("log", "-----BEGIN " + "PRIVATE KEY-----")]) == []
