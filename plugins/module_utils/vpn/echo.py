# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Echo requests through a tunnel, between its own inside addresses. Edge: raw sockets."""

from __future__ import annotations

import os
import socket
import struct
import time

REQUEST, REPLY, HEADER = 8, 0, struct.Struct("!BBHHH")


def checksum(data: bytes) -> int:
    """The internet's (RFC 1071)."""
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


class Echo:
    """Questions to one address from one of ours. Nothing blocks; `answers` takes in what has come."""

    def __init__(self, here: str, there: str) -> None:
        self.here, self.there = here, there
        self.number, self.mark = 0, os.urandom(2)
        self.socket: socket.socket | None = None

    def ask(self) -> bool:
        """Send one; False when there is no way at the moment."""
        try:
            if self.socket is None:
                self.socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
                self.socket.setblocking(False)
                self.socket.bind((self.here, 0))
            self.number = (self.number + 1) % 65536
            mark = int.from_bytes(self.mark, "big")
            body = struct.pack("!d", time.monotonic())
            packet = HEADER.pack(REQUEST, 0, 0, mark, self.number) + body
            self.socket.sendto(HEADER.pack(REQUEST, 0, checksum(packet), mark, self.number) + body, (self.there, 0))
        except OSError:
            self.close()
            return False
        return True

    def answers(self) -> list[float]:
        """Seconds that each answer since the last look took."""
        took = []
        while self.socket is not None:
            try:
                packet, (sender, *_unused) = self.socket.recvfrom(256)
            except BlockingIOError:
                break
            except OSError:
                self.close()
                break
            icmp = packet[(packet[0] & 15) * 4:] if packet else b""
            if sender == self.there and icmp[:1] == bytes([REPLY]) and icmp[4:6] == self.mark and len(icmp) >= 16:
                took.append(time.monotonic() - struct.unpack("!d", icmp[8:16])[0])
        return took

    def close(self) -> None:
        """Let the socket go; the next question opens another."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None
