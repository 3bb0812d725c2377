# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The link that measurements go over is as long as it says, and the figures are those of what was measured."""

from __future__ import annotations

import socket
import threading
import time

from bench import ack, wire


def test_every_piece_is_half_a_round_trip_late_and_they_do_not_wait_for_each_other() -> None:
    echo, link = socket.create_server(("127.0.0.1", 0)), socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        accepted, _ = echo.accept()
        with accepted:
            while piece := accepted.recv(100):
                accepted.sendall(piece)

    threading.Thread(target=answer, daemon=True).start()
    threading.Thread(target=wire.serve, args=(link, *echo.getsockname(), 0.1), daemon=True).start()
    with socket.create_connection(link.getsockname(), 5) as asked:
        began = time.monotonic()
        for number in range(4):
            asked.sendall(b"%d" % number)
            time.sleep(0.02)
        said = b""
        while len(said) < 4:
            said += asked.recv(100)
            assert time.monotonic() - began >= 0.2
        assert said == b"0123" and time.monotonic() - began < 0.7
        asked.shutdown(socket.SHUT_WR)
        assert asked.recv(100) == b"", "the end comes over, too"


def test_the_figures_are_the_worst_cut_and_the_middle_of_the_rounds() -> None:
    made = ack.figures({
        "round_trip_ms": 4.2, "apply_ms": 2.5, "one": {"local": {"median_ms": 5.0}, "both_sites": {"median_ms": 11.25}}, "shares": [0.7, 0.9, 0.8],
        "rates": {"local": [300.0, 310.0, 320.0], "both_sites": [210.0, 279.0, 256.0], "cut": [300.0, 290.0, 280.0]},
        "cuts": [{"first_local_seconds": 0.81, "longest_wait_seconds": 0.85}, {"first_local_seconds": 0.9, "longest_wait_seconds": 0.7}]})
    assert made == {
        "both_sites_extra_ms": 6.25, "both_sites_round_trip_ms": 4.2, "both_sites_apply_ms": 2.5, "both_sites_share_of_local": 0.8,
        "both_sites_to_local_seconds": 0.9, "both_sites_per_second": 256.0, "local_per_second": 310.0, "cut_per_second": 290.0}
