# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets of one lab, made when it is first brought up and thrown away with it: passwords, an SSH key, CAs and what they signed.

Every function keeps what is there and only adds what is missing, so that an interrupted `lab up` can be repeated.
"""

from __future__ import annotations

import datetime
import ipaddress
import secrets
import string
from collections.abc import Callable
from functools import cache
from pathlib import Path

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lab import files
from lab.world import KUBE, MACHINE, PUBLIC_NAME, SECRETS, SSH_KEY, TLS

LIFETIME = datetime.timedelta(days=365)


def ensure_secrets() -> None:
    """build/lab/secrets.yml (0600), ssh/, tls/ and kube/: everything that must be there before the first process starts."""
    ensure_passwords()
    ensure_ssh_key()
    ensure_kubernetes()
    ensure_certificate()


def _word(length: int) -> Callable[[], str]:
    """Letters and digits only, a letter first: what every password rule, every PSK rule and every URL accepts."""
    rest = string.ascii_letters + string.digits
    return lambda: secrets.choice(string.ascii_letters) + "".join(secrets.choice(rest) for _ in range(length - 1))


def _access_key() -> str:
    return "AKIA" + "".join(secrets.choice(string.ascii_uppercase + "234567") for _ in range(16))


def _age_identity() -> str:
    """A key for `age`: 32 random bytes in bech32, as age-keygen prints them."""
    letters, raw = "qpzry9x8gf2tvdw0s3jn54khce6mua7l", secrets.token_bytes(32)
    bits = int.from_bytes(raw) << 4                         # 256 bits in 52 groups of five
    data = [(bits >> shift) & 31 for shift in range(255, -1, -5)]
    prefix = "age-secret-key-"
    expanded = [ord(letter) >> 5 for letter in prefix] + [0] + [ord(letter) & 31 for letter in prefix]
    check = 1
    for value in [*expanded, *data, 0, 0, 0, 0, 0, 0]:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> bit & 1 else 0
    checksum = [((check ^ 1) >> 5 * (5 - place)) & 31 for place in range(6)]
    return (prefix + "1" + "".join(letters[value] for value in data + checksum)).upper()


@cache
def _authority() -> tuple[str, str]:
    """A CA of nobody but the quorum: (key, certificate), both PEM. The same pair each time it is asked for, as the two only make sense together."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("multicloud.dr lab quorum CA")
    made = _certificate(name, key.public_key(), name, 10 * LIFETIME).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True) \
        .add_extension(_usage(signs_certificates=True), critical=True) \
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False).sign(key, hashes.SHA256())
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return private.decode(), made.public_bytes(serialization.Encoding.PEM).decode()


def _signing_key() -> str:
    """What releases are signed with: an EC key of the curve P-256 in PEM."""
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()


MAKERS: dict[str, Callable[[], str]] = {
    "nhn_api_password": _word(20),
    "nhn_access_key_id": _word(20),
    "nhn_access_key_secret": _word(32),
    "nhn_appkey": _word(16),
    "aws_access_key": _access_key,
    "aws_secret_key": _word(40),
    "db_admin_password": _word(20),
    "db_app_password": _word(20),
    "db_agent_password": _word(20),
    "db_replication_password": _word(20),
    "db_sync_password": _word(20),
    "db_watch_password": _word(20),
    "db_backup_key": _age_identity,
    "quorum_ca_key": lambda: _authority()[0],
    "quorum_ca_certificate": lambda: _authority()[1],
    "quorum_root_password": _word(32),
    "quorum_agent_password": _word(32),
    "app_session_key": _word(48),
    "release_signing_key": _signing_key,
    "vpn_psk_a": _word(40),
    "vpn_psk_b": _word(40),
}


def ensure_passwords() -> dict[str, str]:
    """The flat map of secrets.yml: {name: secret}."""
    have: dict[str, str] = (yaml.safe_load(SECRETS.read_text()) or {}) if SECRETS.exists() else {}
    made = {name: have.get(name) or make() for name, make in MAKERS.items()}
    if made != have:
        files.write(SECRETS, yaml.safe_dump(made))
    return made


def aws_keys() -> dict[str, str]:
    """The lab's one pair of AWS keys, as boto3's clients take them: {aws_access_key_id, aws_secret_access_key}. Raises OSError before `up`."""
    known = yaml.safe_load(SECRETS.read_text())
    return {"aws_access_key_id": known["aws_access_key"], "aws_secret_access_key": known["aws_secret_key"]}


def ensure_ssh_key() -> str:
    """The key pair that opens the lab's hosts; returns the public key as one line."""
    public = SSH_KEY.with_suffix(".pub")
    if not (SSH_KEY.exists() and public.exists()):
        key = ed25519.Ed25519PrivateKey.generate()
        private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption())
        line = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        files.write(SSH_KEY, private.decode())
        files.write(public, f"{line.decode()} multicloud-dr-lab\n", mode=0o644)
    return public.read_text().strip()


def ensure_kubernetes() -> None:
    """A CA, a server certificate for this machine's lab address signed by it, and a bearer token."""
    if not (KUBE / "token").exists():
        files.write(KUBE / "token", secrets.token_urlsafe(32) + "\n")
    if all((KUBE / name).exists() for name in ("ca.crt", "server.crt", "server.key")):
        return
    _signed(KUBE, "multicloud.dr lab CA", MACHINE, x509.IPAddress(ipaddress.ip_address(MACHINE)))


def ensure_certificate() -> None:
    """A certificate for the name that users know, from a CA of the lab's own."""
    if not all((TLS / name).exists() for name in ("ca.crt", "server.crt", "server.key")):
        _signed(TLS, "multicloud.dr lab public CA", PUBLIC_NAME, x509.DNSName(PUBLIC_NAME))


def _signed(folder: Path, authority: str, subject: str, name: x509.GeneralName) -> None:
    """server.key and server.crt for a name, with the ca.crt that signed it; the CA's key is thrown away."""
    ca_key, server_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = _name(authority)
    ca = _certificate(ca_name, ca_key.public_key(), ca_name).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True) \
        .add_extension(_usage(signs_certificates=True), critical=True) \
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False).sign(ca_key, hashes.SHA256())
    server = _certificate(_name(subject), server_key.public_key(), ca_name) \
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True) \
        .add_extension(_usage(signs_certificates=False), critical=True) \
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False) \
        .add_extension(x509.SubjectAlternativeName([name]), critical=False) \
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False) \
        .sign(ca_key, hashes.SHA256())
    key = server_key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    files.write(folder / "server.key", key.decode())
    files.write(folder / "server.crt", server.public_bytes(serialization.Encoding.PEM).decode(), mode=0o644)
    files.write(folder / "ca.crt", ca.public_bytes(serialization.Encoding.PEM).decode(), mode=0o644)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _certificate(
    subject: x509.Name, key: ec.EllipticCurvePublicKey, issuer: x509.Name, lifetime: datetime.timedelta = LIFETIME,
) -> x509.CertificateBuilder:
    begin = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=5)
    return x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key) \
        .serial_number(x509.random_serial_number()).not_valid_before(begin).not_valid_after(begin + lifetime)


def _usage(signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates, key_cert_sign=signs_certificates, crl_sign=signs_certificates, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False)
