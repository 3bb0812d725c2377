# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keypairs: owned by the API user, known by name, with the private half shown once, when the service made it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from .calls import Answer, Call, Routes
from .errors import Refused
from .store import Record, find, shown

routes = Routes("/compute/v2/<tenant>")

NAME = re.compile("[A-Za-z0-9 _@.-]{1,255}")        # as Nova
LISTED = ("name", "public_key", "fingerprint")


@routes.on("GET", "/os-keypairs")
def list_keypairs(call: Call) -> Answer:
    return {"keypairs": [{"keypair": {key: keypair[key] for key in LISTED}} for keypair in call.store.keypairs.values()]}


@routes.on("GET", "/os-keypairs/<id>")
def get_keypair(call: Call) -> Answer:
    return {"keypair": shown(find(call.store.keypairs, call.id, "Keypair"))}


@routes.on("POST", "/os-keypairs")
def create_keypair(call: Call) -> Answer:
    store = call.store
    want = call.fields("keypair", ("name",), ("public_key",))
    if not NAME.fullmatch(want["name"]):
        raise Refused(400, "Keypair data is invalid: Keypair name contains unsafe characters")
    if want["name"] in store.keypairs:
        raise Refused(409, f"Key pair '{want['name']}' already exists.")
    made: Record = {}
    if not (public := want.get("public_key")):
        private = Ed25519PrivateKey.generate()
        public = private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
        made["private_key"] = private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
    keypair = {"name": want["name"], "public_key": public, "fingerprint": _fingerprint(public), "user_id": store.user_id}
    store.keypairs[want["name"]] = {**keypair, "id": len(store.keypairs) + 1, "created_at": store.zulu(), "deleted": False,
                                    "deleted_at": None, "updated_at": None, "_made": store.now()}
    return {"keypair": keypair | made}


@routes.on("DELETE", "/os-keypairs/<id>")
def delete_keypair(call: Call) -> Answer:
    del call.store.keypairs[find(call.store.keypairs, call.id, "Keypair")["name"]]
    return 202, None


def _fingerprint(public: str) -> str:
    try:
        kind, blob = public.split()[:2]
        raw = base64.b64decode(blob, validate=True)
    except (ValueError, binascii.Error) as error:
        raise Refused(400, "Keypair data is invalid: failed to generate fingerprint") from error
    if not kind.startswith(("ssh-", "ecdsa-", "sk-")):
        raise Refused(400, "Keypair data is invalid: failed to generate fingerprint")
    return "SHA256:" + base64.b64encode(hashlib.sha256(raw).digest()).decode().rstrip("=")
