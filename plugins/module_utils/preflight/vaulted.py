# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Are the secrets such that one may build on them? None is ever quoted, and none by its length. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from ..shape import Unset
from .findings import Finding, World

SHORTEST = 12               # characters, of what we make up ourselves
MADE_BY_US = re.compile(r"vault_(db_\w+_password|quorum_\w+_password|app_session_key|vpn_psk_\w)")
PLACEHOLDER = re.compile(r"(?i)change[_ -]?me|replace[_ -]?me|example|placeholder|^(to[_ -]?do|x+|secret|password)\d*$|^<.*>$|\.\.\.")
SPACE = re.compile(r"^\s|\s$")
CA_DAYS = 90                # of what is left of the quorum's own authority


def judge(world: World) -> Iterable[Finding]:
    """Everything that is wrong with a secret."""
    secrets = {name: value for name, value in world.values.items() if name.startswith("vault_")}
    plain = {name: value for name, value in secrets.items() if isinstance(value, str) and value.strip()}
    if not secrets:
        yield Finding("vault_*", "there are no secrets at all",
                      "Fill the vault by the names in group_vars/all/vault.yml: docs/runbooks/preflight.md.")
    for name, value in secrets.items():
        if not isinstance(value, Unset) and name not in plain:
            yield Finding(name, "is empty", "Put it into the vault: docs/runbooks/preflight.md says what each one is.")
    for name, value in plain.items():
        pem = "-----BEGIN" in value
        if not pem and PLACEHOLDER.search(value):
            yield Finding(name, "looks like a placeholder, not like a secret", "Make one up by a generator and put it into the vault.")
        elif MADE_BY_US.fullmatch(name) and len(value.strip()) < SHORTEST:
            yield Finding(name, f"is too short to withstand guessing ({SHORTEST} characters are the least)",
                          "`openssl rand -hex 20` makes a good one.")
        if not pem and SPACE.search(value):
            yield Finding(name, "begins or ends with a blank or the end of a line", "Take that away: it becomes part of the secret.")
    yield from _twice(plain)
    yield from _authority(plain, world.now)


def _twice(plain: dict[str, str]) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for name, value in plain.items():
        if value in first:
            yield Finding(name, f"is the same as {first[value]}: who learns one has both", "Make a new one for it.")
        first.setdefault(value, name)


def _authority(plain: dict[str, str], now: float) -> Iterator[Finding]:
    """The quorum's CA: its key and its certificate are a pair, and it lasts."""
    key, certificate = plain.get("vault_quorum_ca_key"), plain.get("vault_quorum_ca_certificate")
    if key is None or certificate is None:
        return
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

    try:
        public = load_pem_private_key(key.encode(), None).public_key()
    except (ValueError, TypeError):
        yield Finding("vault_quorum_ca_key", "is no private key in PEM without a passphrase", "Make the pair anew: docs/runbooks/preflight.md.")
        return
    try:
        read = x509.load_pem_x509_certificate(certificate.encode())
    except ValueError:
        yield Finding("vault_quorum_ca_certificate", "is no certificate in PEM", "Make the pair anew: docs/runbooks/preflight.md.")
        return
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if public.public_bytes(*form) != read.public_key().public_bytes(*form):
        yield Finding("vault_quorum_ca_certificate", "does not belong to vault_quorum_ca_key", "Put both halves of one pair into the vault.")
    left = (read.not_valid_after_utc - datetime.fromtimestamp(now, UTC)).days
    if left < CA_DAYS:
        yield Finding("vault_quorum_ca_certificate", f"{'ended' if left < 0 else 'ends'} on {read.not_valid_after_utc:%Y-%m-%d}",
                      "Make a new pair: every member's certificate stands on it.")
