# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One look at one endpoint, with Route 53's limits: connect within 4 s and an HTTP status within 2 s after; TCP within 10 s.

HTTP(S) wants 2xx or 3xx (redirects are not followed), string match also wants the string in the first 5,120 bytes, within another 2 s.
Certificates are not validated.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from typing import Any

CONNECT_SECONDS = 4.0
STATUS_SECONDS = 2.0
BODY_SECONDS = 2.0
TCP_SECONDS = 10.0
SEARCHED_BYTES = 5120

Resolve = Callable[[str], str]
"""Name to IPv4 address; raises OSError when it has none."""


def probe(config: Mapping[str, Any], resolve: Resolve, source: str = "") -> tuple[bool, str]:
    """(success, reason) of one probe of a check that is not CALCULATED; config is Route 53's HealthCheckConfig; source: the address it is sent from.
    Never raises OSError."""
    host = config.get("FullyQualifiedDomainName") or config["IPAddress"]
    try:
        address = config.get("IPAddress") or resolve(host)
        if config["Type"] == "TCP":
            with socket.create_connection((address, config["Port"]), TCP_SECONDS, (source, 0)):
                return True, "Success: connected"
        return _http(config, host, address, source)
    except (OSError, http.client.HTTPException) as error:
        return False, f"Failure: {type(error).__name__}: {error}"


def _http(config: Mapping[str, Any], host: str, address: str, source: str) -> tuple[bool, str]:
    secure = config["Type"].startswith("HTTPS")
    port = config.get("Port") or (443 if secure else 80)
    with socket.create_connection((address, port), CONNECT_SECONDS, (source, 0)) as plain:
        plain.settimeout(STATUS_SECONDS)
        connection = http.client.HTTPConnection(host, port)
        connection.sock = _unvalidated().wrap_socket(plain, server_hostname=host if config.get("EnableSNI") else None) if secure else plain
        connection.putrequest("GET", config.get("ResourcePath") or "/", skip_host=True)
        connection.putheader("Host", host if port in (80, 443) else f"{host}:{port}")
        connection.putheader("User-Agent", "Amazon-Route53-Health-Check-Service (lab)")
        connection.putheader("Connection", "close")
        connection.endheaders()
        response = connection.getresponse()
        if not 200 <= response.status < 400:
            return False, f"Failure: HTTP status {response.status}"
        if config["Type"].endswith("_STR_MATCH") and config["SearchString"].encode() not in _beginning(response, plain):
            return False, "Failure: the search string was not in the first 5120 bytes"
        return True, f"Success: HTTP status {response.status}"


def _unvalidated() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _beginning(response: http.client.HTTPResponse, connection: socket.socket) -> bytes:
    deadline = time.monotonic() + BODY_SECONDS
    body = b""
    while len(body) < SEARCHED_BYTES:
        connection.settimeout(max(deadline - time.monotonic(), 0.001))
        part = response.read1(SEARCHED_BYTES - len(body))
        if not part:
            break
        body += part
    return body
