# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A lab's secrets: private files, stable across runs, a certificate that clients accept."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from lab import secrets


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(secrets, "SECRETS", tmp_path / "secrets.yml")
    monkeypatch.setattr(secrets, "SSH_KEY", tmp_path / "ssh/id_ed25519")
    monkeypatch.setattr(secrets, "KUBE", tmp_path / "kube")
    secrets.ensure_secrets()
    return tmp_path


def test_secrets_are_for_their_owner_only(folder: Path) -> None:
    for name in ("secrets.yml", "ssh/id_ed25519", "kube/server.key", "kube/token"):
        assert (folder / name).stat().st_mode & 0o777 == 0o600, name


def test_a_second_run_changes_nothing(folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    secrets.ensure_secrets()
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_secret_that_is_missing_is_added_and_the_others_stay(folder: Path) -> None:
    have = yaml.safe_load((folder / "secrets.yml").read_text())
    lost = have.pop("vpn_psk_b")
    (folder / "secrets.yml").write_text(yaml.safe_dump(have))
    now = secrets.ensure_passwords()
    assert now["vpn_psk_b"] != lost and {**have, "vpn_psk_b": now["vpn_psk_b"]} == now


def test_secrets_pass_the_strictest_rules(folder: Path) -> None:
    have = yaml.safe_load((folder / "secrets.yml").read_text())
    assert re.fullmatch(r"AGE-SECRET-KEY-1[0-9A-Z]{58}", have["db_backup_key"])
    others = {name: value for name, value in have.items()
              if name not in ("db_backup_key", "quorum_ca_key", "quorum_ca_certificate", "release_signing_key")}
    assert all(re.fullmatch(r"[0-9A-Za-z]{16,64}", value) for value in others.values())
    assert len(set(have.values())) == len(have)


def test_the_quorums_ca_is_its_own_and_its_key_fits_its_certificate(folder: Path) -> None:
    have = yaml.safe_load((folder / "secrets.yml").read_text())
    ca = x509.load_pem_x509_certificate(have["quorum_ca_certificate"].encode())
    ca.verify_directly_issued_by(ca)
    assert serialization.load_pem_private_key(have["quorum_ca_key"].encode(), None).public_key() == ca.public_key()
    assert ca.public_key() != x509.load_pem_x509_certificate((folder / "kube" / "ca.crt").read_bytes()).public_key()
    assert (ca.not_valid_after_utc - ca.not_valid_before_utc).days > 2 * 365       # outlives what it signs


def test_the_kubernetes_certificate_is_for_this_machine_and_signed_by_the_labs_ca(folder: Path) -> None:
    ca, server = (x509.load_pem_x509_certificate((folder / "kube" / name).read_bytes()) for name in ("ca.crt", "server.crt"))
    server.verify_directly_issued_by(ca)
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["198.51.100.254"]


def test_the_ssh_key_is_one_openssh_accepts(folder: Path) -> None:
    assert re.fullmatch(r"ssh-ed25519 \S+ multicloud-dr-lab\n", (folder / "ssh/id_ed25519.pub").read_text())
    assert (folder / "ssh/id_ed25519").read_text().splitlines()[0].strip("-") == "BEGIN OPENSSH PRIVATE KEY"
