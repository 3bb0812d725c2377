# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`python3 wire.py PORT DELAY CUT SEED`: a bad wire, run on a lab host with nothing but Python's own library. Whoever is redirected to PORT is
led on to where he wanted to go, each piece up to DELAY seconds late, and one connection in CUT is cut: before the request got through, or,
which is worse, after it did and before the answer comes back.
"""

from __future__ import annotations

import random
import socket
import struct
import sys
import threading
import time

ORIGINAL_DESTINATION = 80       # SO_ORIGINAL_DST
PIECE = 65536


def wanted(accepted: socket.socket) -> tuple[str, int]:
    """Where a redirected connection was going."""
    raw = accepted.getsockopt(socket.SOL_IP, ORIGINAL_DESTINATION, 16)
    port, address = struct.unpack("!2xH4s8x", raw)
    return socket.inet_ntoa(address), port


def reset(connection: socket.socket) -> None:
    """Close it as a broken wire does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def pump(source: socket.socket, sink: socket.socket, delay: float, dice: random.Random, cut: bool) -> None:
    """One direction, to its end; with `cut` nothing that comes this way arrives."""
    try:
        while piece := source.recv(PIECE):
            time.sleep(dice.uniform(0, delay))
            if cut:
                break
            sink.sendall(piece)
    except OSError:
        pass
    for end in (source, sink):
        try:
            if cut:
                reset(end)
            else:
                end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def lead(accepted: socket.socket, delay: float, cut: int, dice: random.Random) -> None:
    """One connection."""
    fate = dice.randrange(cut * 2) if cut else -1
    try:
        onward = socket.create_connection(wanted(accepted), 5)
    except OSError:
        reset(accepted)
        return
    if fate == 0:
        reset(accepted)
        reset(onward)
        return
    # What is spoken is encrypted, so a request cannot be told from a handshake: the answers' side is cut after some pieces.
    back = threading.Thread(target=answers, args=(onward, accepted, delay, dice, fate == 1), daemon=True)
    back.start()
    pump(accepted, onward, delay, dice, cut=False)
    back.join(30)
    for end in (accepted, onward):
        end.close()


def answers(onward: socket.socket, accepted: socket.socket, delay: float, dice: random.Random, cut: bool) -> None:
    """The way back; with `cut` it ends after the handshake, when the request has been sent."""
    if cut:
        try:
            for _ in range(dice.randint(1, 3)):
                piece = onward.recv(PIECE)
                time.sleep(dice.uniform(0, delay))
                accepted.sendall(piece)
        except OSError:
            pass
    pump(onward, accepted, delay, dice, cut)


def main() -> None:
    """Until it is killed."""
    port, delay, cut, seed = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    dice = random.Random(seed)
    with socket.create_server(("127.0.0.1", port)) as server:
        while True:
            accepted, _ = server.accept()
            threading.Thread(target=lead, args=(accepted, delay, cut, dice), daemon=True).start()


if __name__ == "__main__":
    main()
