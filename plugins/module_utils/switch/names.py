# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A connection to a name, within a time that holds for finding its address too. The system's resolver waits for its servers as long as it is
configured to (resolv.conf(5): five seconds a try, two tries, for each server), and a socket's timeout does not count that.
"""

from __future__ import annotations

import http.client
import ipaddress
import os
import socket
import ssl
import threading
import time
import urllib.request
from typing import Any
from urllib.parse import urlsplit

LONGEST = 65536         # bytes of the first line of an answer
_trusted: dict[object, ssl.SSLContext] = {}     # one at most


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
        return self.do_open(_Secure, req, context=trusted())


def trusted() -> ssl.SSLContext:
    """Whom this machine believes; read anew when that changes. To read it takes longer than all the rest of a question."""
    paths = ssl.get_default_verify_paths()
    stamp = tuple((path, os.stat(path).st_mtime_ns) for path in (paths.cafile, paths.capath) if path and os.path.exists(path))
    if (known := _trusted.get(stamp)) is not None:
        return known
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    _trusted.clear()
    _trusted[stamp] = context
    return context


def status(url: str, timeout: float) -> int:
    """With which code a GET is answered, on a connection of its own; where a redirect points to is not asked. `timeout`: seconds until there is a
    connection, and then for each answer on it. Every agent asks so twice a second, and the library's own way takes several times as long. Raises
    OSError, http.client.HTTPException, and ValueError for what is no URL.
    """
    to = urlsplit(url)
    secure, host = to.scheme == "https", to.hostname
    path = to._replace(scheme="", netloc="", fragment="").geturl() or "/"
    if not host or to.scheme not in ("http", "https") or any(not "!" <= letter <= "~" for letter in to.netloc + path):
        raise ValueError(f"no URL that can be asked: {url!r}")
    asking = connect(host, to.port or (443 if secure else 80), timeout)
    try:
        if secure:
            asking = trusted().wrap_socket(asking, server_hostname=host)
        host = to.netloc.rpartition("@")[2]
        asking.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: multicloud.dr\r\nConnection: close\r\n\r\n".encode())
        with asking.makefile("rb") as said:
            while 100 <= (code := _code(said.readline(LONGEST))) < 200:         # not the answer yet
                while said.readline(LONGEST).strip():
                    pass
            return code
    finally:
        asking.close()


def _code(line: bytes) -> int:
    if not line:
        raise http.client.RemoteDisconnected("hung up without an answer")
    words = line.split(None, 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit() or len(words[1]) != 3:
        raise http.client.BadStatusLine(repr(line[:80]))
    return int(words[1])
