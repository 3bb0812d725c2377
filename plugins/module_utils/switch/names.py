# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A connection to a name, within a time that holds for finding its address too. The system's resolver waits for its servers as long as it is
configured to (resolv.conf(5): five seconds a try, two tries, for each server), and a socket's timeout does not count that.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import threading
import time
import urllib.request
from typing import Any


class _Asked:
    """One question to the resolver, on a thread of its own that ends with the answer."""

    def __init__(self, host: str, port: int) -> None:
        self.done = threading.Event()
        self.found: list[Any] = []
        self.error: Exception | None = None
        threading.Thread(target=self._ask, args=(host, port), daemon=True, name=f"resolving {host}").start()

    def _ask(self, host: str, port: int) -> None:
        try:
            self.found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            self.error = error
        self.done.set()


_asked: dict[tuple[str, int], _Asked] = {}      # at most one question about a name at a time, however long it takes
_lock = threading.Lock()


def _addresses(host: str, port: int, timeout: float) -> list[Any]:
    try:
        ipaddress.ip_address(host)
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except ValueError:
        pass
    with _lock:
        asked = _asked.get((host, port)) or _asked.setdefault((host, port), _Asked(host, port))
    if not asked.done.wait(timeout):
        raise TimeoutError(f"its name was not resolved within {timeout:g} s")
    with _lock:
        if _asked.get((host, port)) is asked:
            del _asked[(host, port)]
    if asked.error:
        raise asked.error
    return asked.found


def connect(host: str, port: int, timeout: float) -> socket.socket:
    """Like socket.create_connection, `timeout` in seconds for all of it. Raises OSError, and UnicodeError for what is no name."""
    end = time.monotonic() + timeout
    error: OSError = OSError(f"{host} has no address")
    for family, kind, proto, _name, address in _addresses(host, port, timeout):
        to = socket.socket(family, kind, proto)
        try:
            to.settimeout(max(0.01, end - time.monotonic()))
            to.connect(address)
        except OSError as said:
            error = said
            to.close()
        else:
            to.settimeout(timeout)
            return to
    raise error


class _Plain(http.client.HTTPConnection):
    def connect(self) -> None:
        if not isinstance(self.timeout, int | float):        # whoever asks here says for how long
            raise AssertionError
        self.sock = connect(self.host, self.port, self.timeout)


class _Secure(http.client.HTTPSConnection, _Plain):         # the library's own shakes hands on what _Plain has connected
    pass


class Http(urllib.request.HTTPHandler):
    """For build_opener: connects as above. Every request needs a timeout."""

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Plain, req)


class Https(urllib.request.HTTPSHandler):
    """Likewise."""

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Secure, req)
