# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The edge as role site_edge describes it, run by a real HAProxy: whoever comes while nobody writes waits, and is served once.

Needs root, podman and the image of the lab's appliances; skipped, with the reason, where one is missing.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml
from ansible_collections.multicloud.dr.plugins.module_utils.switch.timing import TIMINGS
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from lab import podman
from lab.world import ROOT

ROLE = ROOT / "roles" / "site_edge"
pytestmark = pytest.mark.long

IMAGE = "localhost/multicloud-dr/appliance"
SITE = {"site_edge_site": "nhn", "site_edge_agent_address": "127.0.0.1", "site_edge_peer_address": "127.0.0.2", "ansible_managed": "by a test",
        "site_edge_apps": [{"name": "app", "address": "127.0.0.1", "port": 8000}], "site_edge_queue_seconds": 3, "site_edge_idle_seconds": 8}


def image() -> str:
    """The newest image with HAProxy in it; skips where there is none."""
    if os.geteuid() != 0 or not shutil.which("podman"):
        pytest.skip("needs root and podman")
    found = json.loads(podman.podman("images", "--format=json", "--sort=created", IMAGE) or "[]")
    if not found:
        pytest.skip(f"needs the image {IMAGE}: .venv/bin/python -m lab up")
    return str(found[0]["Names"][0])


def described(folder: Path, **site: Any) -> list[str]:
    """podman's flags that give a container the files of an edge."""
    templates = jinja2.Environment(loader=jinja2.FileSystemLoader(ROLE / "templates"), undefined=jinja2.StrictUndefined, keep_trailing_newline=True,
                                   trim_blocks=True)
    templates.tests["search"] = lambda value, pattern: bool(re.search(pattern, value))          # Ansible's own
    variables = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text()) | SITE | site
    (folder / "haproxy.cfg").write_text(templates.get_template("haproxy.cfg.j2").render(variables))
    (folder / "waiting.http").write_text(templates.get_template("waiting.http.j2").render(variables))
    return [
        f"--volume={folder}/haproxy.cfg:/etc/haproxy/haproxy.cfg:ro",
        f"--volume={ROLE}/files/await_writer.lua:/etc/haproxy/await_writer.lua:ro",
        f"--volume={folder}/waiting.http:/etc/haproxy/errors/multicloud-waiting.http:ro",
        f"--volume={ROLE}/files/unsure.html:/etc/haproxy/errors/multicloud-unsure.html:ro", "--tmpfs=/run/haproxy"]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What edge_world.py saw."""
    name = image()
    said = podman.podman(
        "run", "--rm", "--network=none", *described(tmp_path_factory.mktemp("edge")),
        f"--volume={Path(__file__).with_name('edge_world.py')}:/edge_world.py:ro", "--entrypoint=python3", name, "/edge_world.py")
    return json.loads(said.splitlines()[-1])


def test_an_application_may_have_a_name_that_nobody_knows_yet(tmp_path: Path) -> None:
    apps = [{"name": "inner", "address": "internal-tickets-inner-1.ap-northeast-2.elb.amazonaws.com", "port": 8000}]
    files = described(tmp_path, site_edge_apps=apps)
    assert "server-template inner- 3 internal-tickets-inner-1" in (tmp_path / "haproxy.cfg").read_text()
    podman.podman("run", "--rm", "--network=none", *files, "--entrypoint=haproxy", image(), "-c", "-f", "/etc/haproxy/haproxy.cfg")


def test_an_agents_page_is_shown_by_tls_and_nothing_else_of_it(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "nhn")]), datetime.now(UTC)
    shown = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
             .not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
             .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
             .sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    (tmp_path / "page.pem").write_bytes(shown + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "ca.crt").write_bytes(shown)
    said = json.loads(podman.podman(
        "run", "--rm", "--network=none", *described(tmp_path, site_edge_console_certificate="/etc/page.crt"),
        f"--volume={tmp_path}/page.pem:/etc/haproxy/multicloud-console.pem:ro", f"--volume={tmp_path}/ca.crt:/ca.crt:ro",
        f"--volume={Path(__file__).with_name('edge_console_world.py')}:/world.py:ro", "--entrypoint=python3", image(), "/world.py").splitlines()[-1])
    assert said["told"] == {"GET /console": [200, "GET /console"], "GET /console/data": [200, "GET /console/data"],
                            "GET /console/events": [200, "GET /console/events"], "GET /": [302, ""], "GET /status": [404, ""],
                            "GET /writer": [404, ""], "POST /console": [405, ""], "GET /console/../status": [404, ""]}
    assert said["leads_to"] == "/console" and said["heard"] == ["GET /console", "GET /console/data", "GET /console/events"]
    assert said["oldest"] == "TLSv1.2" and said["plain"] != 200


MARKER = "https://example-com-tickets-latch.s3.ap-northeast-2.amazonaws.com/taken-over"


def test_without_a_marker_nothing_is_said_of_one(tmp_path: Path) -> None:
    described(tmp_path)
    assert "taken-over" not in (tmp_path / "haproxy.cfg").read_text() and "backend marker" not in (tmp_path / "haproxy.cfg").read_text()


def test_a_marker_in_s3_is_asked_for_by_its_name_and_over_tls(tmp_path: Path) -> None:
    files = described(tmp_path, site_edge_marker_url=MARKER)
    told = (tmp_path / "haproxy.cfg").read_text()
    assert "amazonaws.com:443 ssl verify required" in told and "resolvers names" in told
    podman.podman("run", "--rm", "--network=none", *files, "--entrypoint=haproxy", image(), "-c", "-f", "/etc/haproxy/haproxy.cfg")


def test_an_edge_says_what_the_marker_says_and_nothing_when_it_cannot_tell(tmp_path: Path) -> None:
    """Whoever is asked by a health checker answers at once, also while nobody writes and everybody else waits."""
    said = json.loads(podman.podman(
        "run", "--rm", "--network=none", *described(tmp_path, site_edge_marker_url="http://127.0.0.3:9000/latch/taken-over"),
        f"--volume={Path(__file__).with_name('edge_marker_world.py')}:/edge_marker_world.py:ro", "--entrypoint=python3", image(),
        "/edge_marker_world.py").splitlines()[-1])
    told = said["told"]
    assert {status: answer["status"] for status, answer in told.items()} == {
        "403": 404, "404": 404, "200": 200, "500": 503, "301": 503, "0": 504, "away": 503}
    assert (told["200"]["text"], told["403"]["text"], told["200"]["kept"]) == ("taken-over", "not-taken-over", "no-store")
    assert max(answer["seconds"] for answer in told.values()) < 3
    assert {(request["path"], request["host"]) for request in said["heard"]} == {("/latch/taken-over", "127.0.0.3:9000")}
    assert not {"authorization", "cookie", "range", "if-none-match"} & {name for request in said["heard"] for name in request["headers"]}


def test_who_comes_while_nobody_writes_waits_and_then_gets_the_waiting_page(seen: dict[str, Any]) -> None:
    assert (seen["nobody"]["status"], seen["nobody"]["retry_after"]) == (503, "2")
    assert "잠시만 기다려 주세요" in seen["nobody"]["text"] and "One moment, please" in seen["nobody"]["text"]


def test_who_waits_is_served_once_and_in_full_when_somebody_writes(seen: dict[str, Any]) -> None:
    assert (seen["waiting"]["early"], seen["waiting"]["status"], seen["served"]["status"]) == (0, 201, 201)
    assert seen["orders"][:2] == ["x" * 9000, "right away"]


def test_no_visitor_is_told_what_sites_tell_each_other(seen: dict[str, Any]) -> None:
    """The application answers every path with 200 here, as does the agent while its gate is open."""
    hidden = [404, 200]
    assert seen["hidden"] == {"/release": hidden, "/%72elease": hidden, "/writer": hidden, "/%77riter": hidden, "/releases": [200, 200]}


def test_a_websocket_may_be_silent_and_ends_when_its_site_stops_writing(seen: dict[str, Any]) -> None:
    """So whoever holds one comes again, and is led to the writer."""
    lived = seen["lived"]
    assert lived["began"] == "101" and (lived["later"], lived["leaving"]) == ("still here", "to the end"), "nothing is broken off while a site leaves"
    assert lived["ended"] is True and lived["again"].endswith("at the other one")


def test_a_kept_connection_outlives_the_move(seen: dict[str, Any]) -> None:
    before, (status, same) = seen["kept"]
    assert before == [201, 201] and (status, same) == (201, True)


def test_while_a_site_leaves_nobody_new_is_sent_there_and_who_comes_is_served_once_by_the_next(seen: dict[str, Any]) -> None:
    assert (seen["moved"]["early"], seen["moved"]["status"]) == (0, 201)
    assert seen["orders"][-2:] == ["y" * 9000, "kept, after"]


def test_an_agent_that_is_started_anew_breaks_nothing_off(seen: dict[str, Any]) -> None:
    """It is away, and then does not know yet; the gate is valid all the while."""
    assert (seen["anew"]["status"], seen["anew"]["was"]) == (201, "UP")


def test_a_site_is_left_that_says_so_and_one_that_says_nothing_for_long(seen: dict[str, Any]) -> None:
    assert seen["gone"]["told"] < min(seen["gone"]["refused"], seen["gone"]["silent"])


def test_a_silent_site_is_left_before_another_may_become_the_writer() -> None:
    """Each look may wait as long for an answer as for the next look."""
    given = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())
    longest = given["site_edge_silent_checks"] * 2 * given["site_edge_check_milliseconds"] / 1000
    assert longest < min(timing.takeover for timing in TIMINGS.values())


def test_who_gets_no_answer_is_not_told_that_nothing_was_done(seen: dict[str, Any]) -> None:
    for status, answer in ((502, seen["broken"]), (504, seen["late"])):
        assert answer["status"] == status and "내 티켓" in answer["text"] and "may or may not have been done" in answer["text"]
    assert "Nothing was charged" not in seen["broken"]["text"] + seen["late"]["text"] and seen["orders"].count("broken off") == 1
