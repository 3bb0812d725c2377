# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A link that is cut while somebody logs in: nothing has gone wrong yet that the kernel would notice, and nobody may wait for ever."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import connection
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import DatabaseFault, connect

# Protocol::HandshakeV10 of the MySQL Source Code Documentation: protocol 4.1, plugins of authentication, no TLS.
GREETING = (b"\x0a8.4.0\0" + struct.pack("<I", 7) + b"12345678\0" + struct.pack("<H", 0x0200 | 0x8000) + b"\x2d" + struct.pack("<HH", 2, 0x0008)
            + bytes([21]) + bytes(10) + b"901234567890\0" + b"caching_sha2_password\0")


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that greets and says nothing more."""
    held: list[socket.socket] = []

    def greet(listener: socket.socket) -> None:
        client, _ = listener.accept()
        held.append(client)
        client.sendall(len(GREETING).to_bytes(3, "little") + b"\0" + GREETING)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=greet, args=(listener,), daemon=True)
        thread.start()
        yield int(listener.getsockname()[1])
        thread.join(5)
    for each in held:
        each.close()


def test_a_log_in_that_is_not_answered_ends(silent: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "SILENT", 1)
    with pytest.raises(DatabaseFault, match=r"(?s)log in to MySQL as u.*timed out"):
        connect("127.0.0.1", silent, "u", "p", tls=False)
