# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Draining: who counts as older, how long one waits, and who is ended. Real servers: tests/contract/test_gate_drain.py."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.transactions import Transaction
from ansible_collections.multicloud.dr.plugins.module_utils.switch.drain import LOOK_EVERY, StillRunning, drain

NO_ID = "281479271677952"       # what InnoDB shows until a transaction has written


def trx(thread: int, started: str = "12:00:00", id: str = NO_ID, **more: int | bool) -> Transaction:
    return Transaction(thread, id, started, "app", **more)      # type: ignore[arg-type]


class Server:
    """A script of lists, one a look; the last is repeated. A killed thread is gone from then on, unless it is in `deaf`."""

    def __init__(self, *lists: Sequence[Transaction], deaf: Sequence[int] = ()) -> None:
        self.lists, self.deaf = list(lists), deaf
        self.now, self.looks = 0.0, 0
        self.killed: list[int] = []

    def running(self) -> tuple[Transaction, ...]:
        found = self.lists[min(self.looks, len(self.lists) - 1)]
        self.looks += 1
        return tuple(each for each in found if each.thread not in self.killed or each.thread in self.deaf)

    def kill(self, thread: int) -> bool:
        self.killed.append(thread)
        return True

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_an_idle_server_is_looked_at_once() -> None:
    """A list is never older than the look for it, and the gate was shut before that."""
    server = Server([])
    assert str(drain(server, server.clock, server.sleep, 5.0)) == "nothing older runs after 0.0 s"
    assert server.looks == 1


def test_what_the_first_list_shows_is_waited_for() -> None:
    server = Server([trx(3)], [trx(3)], [])
    assert drain(server, server.clock, server.sleep, 5.0).waited == pytest.approx(2 * LOOK_EVERY)
    assert server.looks == 3 and server.killed == []


def test_what_began_later_is_not_waited_for() -> None:
    server = Server([trx(3)], [trx(3), trx(4, "12:00:01")], [trx(4, "12:00:01")])
    drain(server, server.clock, server.sleep, 5.0)
    assert server.looks == 3 and server.killed == []


def test_the_next_transaction_of_a_connection_is_another_one() -> None:
    for following in (trx(3, "12:00:01"), trx(3, id="901")):
        server = Server([trx(3, id="900")], [following])
        drain(server, server.clock, server.sleep, 5.0)
        assert server.looks == 2


def test_a_transaction_that_writes_for_the_first_time_is_still_the_same() -> None:
    server = Server([trx(3)], [trx(3, id="900", rows=1)])
    assert drain(server, server.clock, server.sleep, 0.0).killed == ("app (thread 3)",)


def test_nobody_is_ended_before_patience_is_at_an_end() -> None:
    server = Server([trx(3), trx(4)], [trx(3), trx(4)], [trx(3), trx(4)], [trx(4)])
    done = drain(server, server.clock, server.sleep, 1.0)
    assert server.killed == [4] and done.killed == ("app (thread 4)",) and done.waited >= 1.0


def test_what_is_being_undone_is_not_waited_for() -> None:
    server = Server([trx(3, undoing=True)])
    assert drain(server, server.clock, server.sleep, 5.0).killed == () and server.looks == 1


def test_what_was_prepared_is_waited_for_and_never_ended() -> None:
    """It is no connection's any more, and may have had no id while it was one's."""
    for seen in ([trx(3, id="900", rows=1)], [trx(3)]):
        server = Server(seen, [trx(0, id="900", rows=1)], [trx(0, id="900", rows=1)], [])
        assert drain(server, server.clock, server.sleep, 0.0).killed == () and server.looks == 4
    server = Server([trx(0, id="900", rows=1)])
    with pytest.raises(StillRunning, match=r"an XA transaction that was prepared \(since 12:00:00\), which only its coordinator can end"):
        drain(server, server.clock, server.sleep, 0.0, limit=1.0)
    assert server.killed == []


def test_who_does_not_concern_us_is_left_alone() -> None:
    server = Server([trx(3), trx(4, rows=2)])
    assert drain(server, server.clock, server.sleep, 0.0, concerns=lambda each: each.rows > 0).killed == ("app (thread 4)",)
    assert server.killed == [4]


def test_who_does_not_end_is_named_in_bounded_time() -> None:
    server = Server([trx(3)], deaf=[3])
    with pytest.raises(StillRunning, match=r"still running 2 s after .*app \(thread 3, since 12:00:00\)"):
        drain(server, server.clock, server.sleep, 1.0, limit=2.0)
    assert server.now < 3.5
