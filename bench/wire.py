# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`python -m bench.wire ROUND_TRIP_MS ADDRESS:PORT=HOST:PORT…`: a link of some length. Whoever connects to ADDRESS:PORT is led on to HOST:PORT, and
every piece arrives half a round trip late, in either direction. Stopped (SIGSTOP) it is a link that is cut without a word.

The kernels that measurements run on have no netem.
"""

from __future__ import annotations

import queue
import socket
import sys
import threading
import time

PIECE = 65536


def pump(source: socket.socket, sink: socket.socket, delay: float) -> None:
    """One direction, to its end."""
    pieces: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()

    def arrive() -> None:
        try:
            while True:
                due, piece = pieces.get()
                time.sleep(max(0.0, due - time.monotonic()))
                if not piece:
                    break
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass                                # the other end has gone: nothing arrives any more

    threading.Thread(target=arrive, daemon=True).start()
    piece = b"-"
    while piece:
        try:
            piece = source.recv(PIECE)
        except OSError:
            piece = b""
        pieces.put((time.monotonic() + delay, piece))


def lead(accepted: socket.socket, host: str, port: int, delay: float) -> None:
    """One connection."""
    try:
        onward = socket.create_connection((host, port), 5)
    except OSError:
        accepted.close()
        return
    onward.settimeout(None)
    for end in (accepted, onward):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for ends in ((accepted, onward), (onward, accepted)):
        threading.Thread(target=pump, args=(*ends, delay), daemon=True).start()


def serve(listening: socket.socket, host: str, port: int, delay: float) -> None:
    """Everybody who comes."""
    while True:
        accepted, _ = listening.accept()
        threading.Thread(target=lead, args=(accepted, host, port, delay), daemon=True).start()


def main(argv: list[str]) -> None:
    """Entry point."""
    delay = float(argv[0]) / 2000
    servers = []
    for way in argv[1:]:
        here, there = (end.rsplit(":", 1) for end in way.split("="))
        listening = socket.create_server((here[0], int(here[1])))
        servers.append(threading.Thread(target=serve, args=(listening, there[0], int(there[1]), delay)))
    for server in servers:
        server.start()


if __name__ == "__main__":
    main(sys.argv[1:])
