# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a site has laid in: read from what real files and real answers hold, and told to be unknown where they hold something else."""

from __future__ import annotations

import datetime
import json
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.backup import record
from ansible_collections.multicloud.dr.plugins.module_utils.monitoring.clouds.figures import ABOUT, figure, text
from ansible_collections.multicloud.dr.plugins.module_utils.switch import certificate, provisions, room
from ansible_collections.multicloud.dr.plugins.module_utils.switch.observations import NoAnswer, NotLooked, Saw
from ansible_collections.multicloud.dr.plugins.module_utils.switch.provisions import Provisions, Rehearsal, Release
from ansible_collections.multicloud.dr.plugins.module_utils.switch.room import Room, room_of
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def made(ends: datetime.datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tickets.example.com")])
    return x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(2**150).not_valid_before(
        datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)).not_valid_after(ends).sign(key, hashes.SHA256()), key


@pytest.mark.parametrize("year", [2049, 2050, 2120])
def test_when_a_certificate_ends_whichever_way_its_year_is_written(year: int) -> None:
    ends = datetime.datetime(year, 3, 1, 12, 30, 5, tzinfo=datetime.UTC)
    assert certificate.ends_at(made(ends)[0].public_bytes(serialization.Encoding.DER)) == ends.timestamp()


@pytest.mark.parametrize("junk", [b"", b"\x30", b"\x30\x82\xff\xff", b"\x30\x00", b"\x30\x02\x30\x00", b"\x02\x01\x01", bytes(range(256))])
def test_what_is_no_certificate_is_said_to_be_none(junk: bytes) -> None:
    with pytest.raises(ValueError, match="no certificate"):
        certificate.ends_at(junk)
    der = made(datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC))[0].public_bytes(serialization.Encoding.DER)
    for cut in range(0, len(der), 7):
        with pytest.raises(ValueError, match="no certificate"):
            certificate.ends_at(der[:cut])


class Host(BaseHTTPRequestHandler):
    """Answers what `said` has for a path."""

    said: ClassVar[dict[str, bytes]]

    def do_GET(self) -> None:
        found = self.said.get(self.path)
        self.send_response(200 if found is not None else 404)
        self.end_headers()
        self.wfile.write(found or b"")

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def host() -> Iterator[tuple[str, type[Host]]]:
    class One(Host):
        said: ClassVar[dict[str, bytes]] = {}

    server = HTTPServer(("127.0.0.1", 0), One)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", One
    server.shutdown()
    server.server_close()


def test_all_of_it_from_what_is_really_there(host: tuple[str, type[Host]], tmp_path: Path) -> None:
    url, answers = host
    ends = datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)
    cert, key = made(ends)
    pem = cert.public_bytes(serialization.Encoding.PEM)
    (tmp_path / "ca.crt").write_bytes(b"# ours\n" + pem + pem)
    (tmp_path / "door.pem").write_bytes(pem + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "door.pem")
    door = HTTPServer(("127.0.0.1", 0), answers)
    door.socket = context.wrap_socket(door.socket, server_side=True)
    threading.Thread(target=door.serve_forever, daemon=True).start()
    answers.said = {"/figures": text([*figure("multicloud_dr_cloud_answers", 1, api="rds")]).encode(),
                    "/release": b'{"release": "sha256:77", "keys": ["5d41402abc4b"]}'}
    kept = record.Record(str(tmp_path / "backups"))
    kept.tell("backup", created=1000.0, ok=True, bytes=7)
    kept.tell("test", at=900.0, ok=False, said="No.")
    (tmp_path / "rehearsed.json").write_text(json.dumps({"ok": True, "at": 1200.0, "good": 1200.0, "rto_seconds": 31.5}))
    there = Provisions({"cloud_figures": f"{url}/figures", "release": f"{url}/release", "etcd": {"access": {"ca": str(tmp_path / "ca.crt"),
                        "certificate": str(tmp_path / "none.crt")}}, "doors": [{"name": "tickets.example.com", "host": "127.0.0.1",
                        "port": door.server_port}], "dates": {"NHN password": "2031-02-03"}}, tmp_path / "backups" / "status.json",
                       tmp_path / "rehearsed.json")
    assert there.told()["room"] == {"not_looked": "nothing has been looked at yet"}
    there.look()
    told = there.told()
    door.shutdown()
    door.server_close()
    assert told["room"] == {"short": (), "silent": ()} and told["release"] == {"release": "sha256:77", "keys": ("5d41402abc4b",)}
    assert told["dates"]["ends"] == {"CA of the quorum": ends.timestamp(), "tickets.example.com": ends.timestamp(),
                                     "NHN password": datetime.datetime(2031, 2, 3, tzinfo=datetime.UTC).timestamp()}
    assert list(told["dates"]["unread"]) == ["certificate of the quorum"]
    assert told["backup"] == {"made": 1000.0, "made_ok": True, "proven": 900.0, "test_ok": False}
    assert told["rehearsal"] == {"ok": True, "at": 1200.0, "said": "", "good": 1200.0, "rto_seconds": 31.5}
    json.dumps(told, allow_nan=False)


def test_what_is_not_there_is_not_known_and_nothing_waits_for_it(tmp_path: Path) -> None:
    empty = Provisions({}, tmp_path / "none", tmp_path / "none")
    empty.look()
    assert all("not_looked" in look for look in empty.told().values())
    silent = Provisions({"cloud_figures": "http://127.0.0.1:9/", "release": "http://127.0.0.1:9/", "doors": [{"name": "x", "host": "127.0.0.1",
                         "port": 9}]}, tmp_path, tmp_path)
    began = time.monotonic()
    silent.look()
    told = silent.told()
    assert time.monotonic() - began < 5
    assert all("no_answer" in told[name] for name in ("room", "release", "backup", "rehearsal")) and list(told["dates"]["unread"]) == ["x"]


@pytest.mark.parametrize("answer", ["", "[]", "7", "null", '{"keys": []}', '{"release": "1", "keys": 7}', "[" * 100_000])
def test_what_tells_no_release_is_no_answer(answer: str) -> None:
    assert isinstance(provisions.release_of(answer, "http://x"), NoAnswer)


def test_a_release_and_a_rehearsal_that_say_little() -> None:
    assert provisions.release_of('{"release": 7}', "http://x") == Saw(Release("7"))
    assert Rehearsal(False, 1.0).good is None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"ok": true}', '{"ok": 1, "at": "never"}', '"x"', "\x00", f'{{"ok": true, "at": 1{"0" * 400}}}',
                                     "[" * 100_000], ids=lambda content: content[:20])
def test_a_torn_file_is_no_answer(content: str, tmp_path: Path) -> None:
    (tmp_path / "status.json").write_text(content)
    assert isinstance(provisions.look_rehearsal(tmp_path / "status.json"), NoAnswer)


def told(*figures: tuple[str, float, dict[str, str]]) -> str:
    return text([each for name, value, labels in (("answers", 1.0, {"api": "rds"}), *figures)
                 for each in figure(f"multicloud_dr_cloud_{name}", value, **labels)])


@pytest.mark.parametrize(("figures", "short"), [
    ((), ()),
    ((("quota", 64, {"of": "vcpu", "what": "limit"}), ("quota", 6, {"of": "vcpu", "what": "used"})), ()),
    ((("quota", 64, {"of": "vcpu", "what": "limit"}), ("quota", 60, {"of": "vcpu", "what": "used"})),
     ("60 of the 64 vcpu that the account may have are used",)),
    ((("quota", 64, {"of": "vcpu", "what": "limit"}),), ()),
    ((("group_machines", 2, {"what": "wanted"}), ("group_machines", 3, {"what": "most"}), ("group_machines", 2, {"what": "serving"})), ()),
    ((("group_machines", 3, {"what": "wanted"}), ("group_machines", 3, {"what": "most"}), ("group_machines", 1, {"what": "serving"})),
     ("its group has as many machines as it may, 3", "1 of its 3 machines serve")),
    ((("targets", 0, {"state": "healthy"}), ("targets", 2, {"state": "unhealthy"})), ("its load balancer finds nobody healthy",)),
    ((("targets", 1, {"state": "healthy"}),), ()),
    ((("database_available", 0, {}),), ("its database is not available",)),
    ((("database_size_bytes", 100, {}), ("measure", 7, {"of": "database", "measure": "FreeStorageSpace", "stat": "Minimum", "unit": "bytes"})),
     ("7% of its database's volume is left",)),
    ((("pods", 0, {"ready": "yes"}), ("pods", 2, {"ready": "no"})), ("no copy of the application is ready",)),
    ((("scaler_replicas", 6, {"scaler": "ticketing", "what": "wanted"}), ("scaler_replicas", 6, {"scaler": "ticketing", "what": "most"})),
     ("scaler ticketing runs as many copies as it may, 6",)),
])
def test_room_is_told_by_the_exporters_own_figures(figures: tuple[tuple[str, float, dict[str, str]], ...], short: tuple[str, ...]) -> None:
    assert all(f"multicloud_dr_cloud_{name}" in ABOUT for name, _value, _labels in figures)
    assert room_of(told(*figures)) == Saw(Room(short))


def test_a_cloud_that_does_not_answer_is_named_and_one_nobody_asked_is_not_judged() -> None:
    assert room_of(told(("answers", 0.0, {"api": "autoscaling"}))) == Saw(Room(silent=("autoscaling",)))
    for nothing in ("", "up 1\n", "multicloud_dr_cloud_answers{api=\"rds\"} NaN\n", "<html>"):
        assert isinstance(room_of(nothing), NotLooked)
    assert room.NEARLY_ALL == 0.8
