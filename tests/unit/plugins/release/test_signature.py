# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A signature holds for one digest at one place by one key, and for nothing that was changed since. That others read it is a contract test."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.release import signature
from ansible_collections.multicloud.dr.plugins.module_utils.release.signature import BadKey, Unsigned
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

PLACE, DIGEST = "ncr.example.com/shop/web", "sha256:" + "a" * 64


def pem(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> str:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()


KEY = pem(ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    text = signature.payload(PLACE, DIGEST)
    signature.write(tmp_path, text, signature.sign(KEY, text))
    return tmp_path


def test_it_holds_for_what_was_signed(signed: Path) -> None:
    signature.check(signed, signature.public_half(KEY), PLACE, DIGEST)
    assert signature.tag(DIGEST) == "sha256-" + "a" * 64 + ".sig"


@pytest.mark.parametrize(("place", "digest"), [(PLACE, "sha256:" + "b" * 64), ("ncr.example.com/shop/other", DIGEST)])
def test_it_holds_for_nothing_else(signed: Path, place: str, digest: str) -> None:
    with pytest.raises(Unsigned, match="what is signed is ncr"):
        signature.check(signed, signature.public_half(KEY), place, digest)


def test_it_holds_for_nobody_elses_key(signed: Path) -> None:
    with pytest.raises(Unsigned, match="signed by another key"):
        signature.check(signed, signature.public_half(pem(ec.generate_private_key(ec.SECP256R1()))), PLACE, DIGEST)


def test_a_key_of_before_is_good_enough(signed: Path) -> None:
    """Keys are changed, and an image that was signed before is brought again: its signature lies under a tag that cannot be written anew."""
    now, other = (signature.public_half(pem(ec.generate_private_key(ec.SECP256R1()))) for _unused in range(2))
    signature.check_any(signed, [now, other, signature.public_half(KEY)], PLACE, DIGEST)
    with pytest.raises(Unsigned, match="signed by another key"):
        signature.check_any(signed, [now, other], PLACE, DIGEST)
    with pytest.raises(Unsigned, match="what is signed is ncr"):
        signature.check_any(signed, [now, signature.public_half(KEY)], PLACE, "sha256:" + "b" * 64)
    with pytest.raises(BadKey):
        signature.check_any(signed, ["no key", signature.public_half(KEY)], PLACE, DIGEST)


def test_what_was_changed_is_unsigned(signed: Path, tmp_path: Path) -> None:
    for blob in (tmp_path / "blobs" / "sha256").iterdir():
        if b"docker-manifest-digest" in (text := blob.read_bytes()) and text.startswith(b'{"critical"'):
            blob.write_bytes(text.replace(b"a" * 64, b"b" * 64))
    with pytest.raises(Unsigned, match="is not what it is called"):
        signature.check(signed, signature.public_half(KEY), PLACE, DIGEST)


def test_nothing_is_no_signature(tmp_path: Path) -> None:
    with pytest.raises(Unsigned, match="no signature"):
        signature.check(tmp_path, signature.public_half(KEY), PLACE, DIGEST)
    (tmp_path / "index.json").write_text(json.dumps({"manifests": []}))
    with pytest.raises(Unsigned, match="there is no signature in it"):
        signature.check(tmp_path, signature.public_half(KEY), PLACE, DIGEST)


@pytest.mark.parametrize(("key", "words"), [("", "no private key in PEM"), ("CANARY", "no private key in PEM"),
                                            (pem(ec.generate_private_key(ec.SECP384R1())), "not of the curve P-256"),
                                            (pem(ed25519.Ed25519PrivateKey.generate()), "not of the curve P-256")])
def test_a_key_that_will_not_do_is_refused_without_being_told(key: str, words: str) -> None:
    with pytest.raises(BadKey, match=words) as refused:
        signature.sign(key, b"text")
    assert not key or key.strip().splitlines()[-2 if "-----" in key else 0] not in str(refused.value)
