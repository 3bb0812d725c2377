# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Three real etcd members on loopback, set up as role `quorum` sets them up: own CA, mutual TLS, members known by their common name.

etcd and etcdctl are looked for in the folder MULTICLOUD_DR_TEST_ETCD_BIN, or in PATH.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SEARCH = os.pathsep.join(filter(None, (os.environ.get("MULTICLOUD_DR_TEST_ETCD_BIN"), os.environ.get("PATH"))))
ETCD, ETCDCTL = (shutil.which(name, path=SEARCH) for name in ("etcd", "etcdctl"))
HAD = bool(ETCD and ETCDCTL)
MISSING = "needs etcd and etcdctl (apt install etcd-server etcd-client) in PATH or in MULTICLOUD_DR_TEST_ETCD_BIN"
LIMIT = 20.0
LOOPBACK = ("127.0.0.1", "127.0.0.2", "127.0.0.3")      # where members may be: the first, or hosts of their own that share a port
ROLE = Path(__file__).parents[2] / "roles" / "quorum"


def of_role(setting: str) -> str:
    """What role quorum gives every member; "" where it says nothing of it."""
    lines = (ROLE / "templates" / "etcd.env.j2").read_text(encoding="utf-8").splitlines()
    return next((line.partition("=")[2] for line in lines if line.startswith(f"ETCD_{setting}=")), "")


class Authority:
    """A CA in a folder, and what it signs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test CA")])
        self._write("ca", self._key, self._built(self._name, self._key.public_key(), ca=True).sign(self._key, hashes.SHA256()))

    def sign(self, name: str, *, common: str | None, usages: Sequence[x509.ObjectIdentifier], days: int = 30) -> int:
        """NAME.crt and NAME.key in the folder; returns the serial number."""
        key = ec.generate_private_key(ec.SECP256R1())
        kind = NameOID.COMMON_NAME if common else NameOID.ORGANIZATIONAL_UNIT_NAME
        made = self._built(x509.Name([x509.NameAttribute(kind, common or "client")]), key.public_key(), days=days)
        made = made.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        if common == "quorum-member":
            named = [x509.IPAddress(ipaddress.ip_address(address)) for address in LOOPBACK]
            made = made.add_extension(x509.SubjectAlternativeName(named), critical=False)
        signed = made.sign(self._key, hashes.SHA256())
        self._write(name, key, signed)
        return signed.serial_number

    def member(self, days: int = 30) -> int:
        """The members' certificate, as the role asks for it."""
        return self.sign("member", common="quorum-member", usages=[ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH], days=days)

    def files(self, name: str = "client") -> dict[str, str]:
        """As Access takes them."""
        return {"ca": str(self.folder / "ca.crt"), "certificate": str(self.folder / f"{name}.crt"), "key": str(self.folder / f"{name}.key")}

    def _built(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, ca: bool = False, days: int = 30) -> x509.CertificateBuilder:
        begin = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=5)
        return x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key).serial_number(x509.random_serial_number()) \
            .not_valid_before(begin).not_valid_after(begin + datetime.timedelta(days=days)) \
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)

    def _write(self, name: str, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        for suffix, data in (("key", private), ("crt", certificate.public_bytes(serialization.Encoding.PEM))):
            fresh = self.folder / f"{name}.{suffix}.new"
            fresh.write_bytes(data)
            fresh.replace(self.folder / f"{name}.{suffix}")


class Member:
    """One etcd. Its disk stays where it is when it is killed."""

    def __init__(self, name: str, folder: Path, ports: Sequence[int]) -> None:
        """ports: of clients, members and figures."""
        self.name, self.folder = name, folder
        self.data = folder / name
        self.url, self.peer, self.metrics = f"https://127.0.0.1:{ports[0]}", f"https://127.0.0.1:{ports[1]}", f"http://127.0.0.1:{ports[2]}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, begin: dict[str, str] | None = None, *, apart: bool = False) -> None:
        """begin: what /run/multicloud-dr-quorum.begin would say. apart: in a network of its own, where nobody is reached."""
        crt, key, ca = (str(self.folder / name) for name in ("member.crt", "member.key", "ca.crt"))
        given = {
            "NAME": self.name, "DATA_DIR": str(self.data), "LISTEN_CLIENT_URLS": self.url, "ADVERTISE_CLIENT_URLS": self.url,
            "LISTEN_PEER_URLS": self.peer, "INITIAL_ADVERTISE_PEER_URLS": self.peer, "LISTEN_METRICS_URLS": self.metrics,
            "INITIAL_CLUSTER_STATE": "existing", "INITIAL_CLUSTER_TOKEN": "test",
            "TRUSTED_CA_FILE": ca, "CERT_FILE": crt, "KEY_FILE": key, "CLIENT_CERT_AUTH": "true",
            "PEER_TRUSTED_CA_FILE": ca, "PEER_CERT_FILE": crt, "PEER_KEY_FILE": key, "PEER_CLIENT_CERT_AUTH": "true",
            "PEER_CERT_ALLOWED_CN": "quorum-member", "PRE_VOTE": of_role("PRE_VOTE"),
            "HEARTBEAT_INTERVAL": "50", "ELECTION_TIMEOUT": "500", **(begin or {}),
        }
        command = ["unshare", "--net", "sh", "-c", 'ip link set lo up; exec "$0"', str(ETCD)] if apart else [str(ETCD)]
        with (self.folder / f"{self.name}.log").open("ab") as log:
            told = {f"ETCD_{name}": value for name, value in given.items() if value}
            self.process = subprocess.Popen(command, env={"PATH": SEARCH, **told}, stdout=log, stderr=log)

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait(10)
            self.process = None

    def wait(self, limit: float = LIMIT) -> None:
        """Until it is part of a quorum. Raises AssertionError with its last words."""
        end = time.monotonic() + limit
        while time.monotonic() < end and self.process and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.metrics}/health", timeout=1):
                    return
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"{self.name}: {(self.folder / f'{self.name}.log').read_text(errors='replace')[-1500:]}")

    def says(self, words: str, since: int = 0, limit: float = LIMIT) -> None:
        """Until its log says so, beyond so many characters of it. Raises AssertionError."""
        end = time.monotonic() + limit
        while words not in (said := self.log[since:]):
            assert time.monotonic() < end and self.process and self.process.poll() is None, f"{self.name} never said {words!r}: {said[-1500:]}"
            time.sleep(0.05)

    @property
    def log(self) -> str:
        return (self.folder / f"{self.name}.log").read_text(errors="replace")

    def lose_disk(self) -> None:
        shutil.rmtree(self.data)


class Quorum:
    """Three of them, begun and ready."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder)
        self.authority.member()
        self.authority.sign("client", common=None, usages=[ExtendedKeyUsageOID.CLIENT_AUTH])
        ports = free_ports(9)       # at once, so that no two get the same
        self.members = [Member(name, folder, ports[at::3]) for at, name in enumerate(("nhn", "aws", "third"))]
        begin = {"INITIAL_CLUSTER": ",".join(f"{member.name}={member.peer}" for member in self.members), "INITIAL_CLUSTER_STATE": "new"}
        for member in self.members:
            member.start(begin)
        for member in self.members:
            member.wait()

    @property
    def urls(self) -> list[str]:
        return [member.url for member in self.members]

    def end(self) -> None:
        for member in self.members:
            member.kill()


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
