# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How the loops of a service run, each on a thread of its own, and how systemd hears of them. What they do is not known here."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from typing import Protocol

from .small_server import SmallServer


class Service(Protocol):
    """`stop` is set by `end`."""

    stop: threading.Event

    def end(self) -> None:
        """Tell every loop to stop."""


def notify(message: str) -> None:
    """Tell systemd, when it listens."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
        to.connect("\0" + address[1:] if address.startswith("@") else address)
        to.sendall(message.encode())


def loop(service: Service, one_pass: Callable[[], float], wake: threading.Event, failed: list[BaseException]) -> None:
    """Repeat one pass until told to stop; its pause ends early when `wake` is set.

    An error nobody foresaw ends the service: systemd starts a fresh one, the gate waits.
    """
    try:
        while not service.stop.is_set():
            wake.wait(one_pass())
            if wake is not service.stop:
                wake.clear()
    except BaseException as error:
        failed.append(error)
        service.end()
        raise


def serve(service: Service, server: SmallServer, failed: list[BaseException]) -> None:
    """Answer until told to stop. An agent that edges cannot ask looks like one that does not write: then a fresh one is better."""
    try:
        server.serve_forever()
    except BaseException as error:
        failed.append(error)
        service.end()
        raise
