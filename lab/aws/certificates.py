# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Certificates in ACM: the one that the account has before anything is built, and what a load balancer needs to end TLS, which ACM tells nobody."""

from __future__ import annotations

from moto.acm.models import acm_backends
from moto.core import DEFAULT_ACCOUNT_ID

from lab import world


def give() -> None:
    """Import the lab's certificate of its public name, as the account's owner does ("Importing certificates" in the ACM User Guide)."""
    certificate, key, chain = ((world.TLS / name).read_bytes() for name in ("server.crt", "server.key", "ca.crt"))
    acm_backends[DEFAULT_ACCOUNT_ID][world.AWS_REGION].import_certificate(certificate, key, chain, None, [])


def whole() -> dict[str, str]:
    """{ARN: certificate, chain and key as one text of PEM}."""
    held = acm_backends[DEFAULT_ACCOUNT_ID][world.AWS_REGION]._certificates
    return {arn: "\n".join(part.decode().strip() for part in (bundle.cert, bundle.chain, bundle.key) if part) + "\n"
            for arn, bundle in list(held.items())}
