# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who vouches for an image: a signature over its digest, in the form that cosign gave it and podman, skopeo and admission controllers read.

Beside the image lies another one, tagged sha256-DIGEST.sig, whose layer is the text that was signed and whose annotation is the signature
(ECDSA over P-256 and SHA-256). The text names the place the image lies at, so each registry has a signature of its own. No Ansible, no network: an
OCI layout, a folder, is written and read; whoever calls carries it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..absent import absent

try:
    from cryptography import exceptions
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
except ImportError:
    exceptions = hashes = serialization = ec = absent("cryptography")

ANOTHER = "it is signed by another key, or was changed after it was signed"
KIND = "cosign container image signature"
LAYER = "application/vnd.dev.cosign.simplesigning.v1+json"
SIGNATURE = "dev.cosignproject.cosign/signature"
CONFIG, MANIFEST = "application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.manifest.v1+json"


class Unsigned(Exception):
    """Nobody we trust vouches for it; says why."""


class BadKey(Exception):
    """The key given is none that can be used here. Never quotes it."""


def tag(digest: str) -> str:
    """Under which tag the signature of a digest lies."""
    return f"{digest.replace(':', '-', 1)}.sig"


def payload(place: str, digest: str) -> bytes:
    """The text that is signed. place: registry and repository, without tag or digest."""
    said = {"critical": {"identity": {"docker-reference": place}, "image": {"docker-manifest-digest": digest}, "type": KIND}, "optional": None}
    return json.dumps(said, separators=(",", ":"), sort_keys=True).encode()


def sign(private_key: str, text: bytes) -> str:
    """The signature, as the annotation holds it. Raises BadKey."""
    key = _private(private_key)
    return base64.b64encode(key.sign(text, ec.ECDSA(hashes.SHA256()))).decode()


def _private(pem: str) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError) as error:
        raise BadKey("the signing key is no private key in PEM without a password") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise BadKey("the signing key is not of the curve P-256, which those who check signatures expect")
    return key


def public_half(private_key: str) -> str:
    """The key to check with, in PEM. Raises BadKey."""
    key = _private(private_key)
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def write(folder: Path, text: bytes, signature: str) -> None:
    """An OCI layout of the signature's image."""
    config = json.dumps({"architecture": "", "config": {}, "os": "", "rootfs": {"diff_ids": [_digest(text)], "type": "layers"}}).encode()
    manifest = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": _described(CONFIG, config),
                           "layers": [{**_described(LAYER, text), "annotations": {SIGNATURE: signature}}]}).encode()
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)
    for blob in (text, config, manifest):
        (blobs / _digest(blob).removeprefix("sha256:")).write_bytes(blob)
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [_described(MANIFEST, manifest)]}))


def check_any(folder: Path, public_keys: Sequence[str], place: str, digest: str) -> None:
    """Whether the layout holds a signature of that digest at that place by the owner of one of the keys. Raises Unsigned, BadKey."""
    reasons: list[Unsigned] = []
    for key in public_keys:
        try:
            return check(folder, key, place, digest)
        except Unsigned as error:
            reasons.append(error)
    raise next((each for each in reasons if str(each) != ANOTHER), Unsigned(ANOTHER))


def check(folder: Path, public_key: str, place: str, digest: str) -> None:
    """Whether the layout holds a signature of that digest at that place by the owner of the key. Raises Unsigned, BadKey."""
    try:
        key = serialization.load_pem_public_key(public_key.encode())
    except ValueError as error:
        raise BadKey("the key to check with is no public key in PEM") from error
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise BadKey("the key to check with is of no elliptic curve")
    why = "there is no signature in it"
    for text, signature in _signatures(folder):
        try:
            key.verify(base64.b64decode(signature), text, ec.ECDSA(hashes.SHA256()))
        except (exceptions.InvalidSignature, ValueError):
            why = ANOTHER
            continue
        said = json.loads(text)["critical"]
        signed = said["identity"]["docker-reference"], said["image"]["docker-manifest-digest"], said["type"]
        if signed == (place, digest, KIND):
            return
        why = f"what is signed is {signed[0]} at {signed[1]}"
    raise Unsigned(why)


def _signatures(folder: Path) -> list[tuple[bytes, str]]:
    """Every (text, signature) of the layout whose text is what the manifest says it is."""
    try:
        manifests = json.loads((folder / "index.json").read_text())["manifests"]
        found: list[tuple[bytes, str]] = []
        for entry in manifests:
            for layer in json.loads(_blob(folder, entry))["layers"]:
                if layer.get("mediaType") == LAYER:
                    found.append((_blob(folder, layer), layer.get("annotations", {}).get(SIGNATURE, "")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unsigned(f"what lies there is no signature ({error})") from error
    return found


def _blob(folder: Path, entry: dict[str, Any]) -> bytes:
    held = (folder / "blobs" / "sha256" / str(entry["digest"]).removeprefix("sha256:")).read_bytes()
    if _digest(held) != entry["digest"]:
        raise ValueError(f"{entry['digest']} is not what it is called")
    return held


def _described(media: str, blob: bytes) -> dict[str, Any]:
    return {"mediaType": media, "digest": _digest(blob), "size": len(blob)}


def _digest(blob: bytes) -> str:
    return f"sha256:{hashlib.sha256(blob).hexdigest()}"
