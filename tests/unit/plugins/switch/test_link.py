# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looking at the way to the other site: what answers, what carries, and what may not be asked."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.switch import link
from ansible_collections.multicloud.dr.plugins.module_utils.switch.link import Tunnel
from ansible_collections.multicloud.dr.plugins.module_utils.switch.observations import LinkView, NotLooked, Saw

ROOT = Path(__file__).parents[4]
A, B = Tunnel("a", "169.254.11.2", "169.254.11.1"), Tunnel("b", "169.254.12.2", "169.254.12.1")


def test_each_tunnel_is_told_by_its_name() -> None:
    seen = link.look("10.0.0.10", 8008, [A, B], 1.0, reaches=lambda *_: True, carries=lambda tunnel, _limit: tunnel is B)
    assert seen == Saw(LinkView(True, up=("b",), down=("a",)))


def test_a_site_where_no_tunnel_ends_says_what_answers() -> None:
    assert link.look("10.0.0.10", 8008, [], 1.0, reaches=lambda *_: False) == Saw(LinkView(False))


def test_what_may_not_be_asked_is_told_and_the_rest_all_the_same() -> None:
    def may_not(_tunnel: Tunnel, _limit: float) -> bool:
        raise link.MayNot(13, "no echo for you")

    seen = link.look("10.0.0.10", 8008, [A], 1.0, reaches=lambda *_: True, carries=may_not)
    assert isinstance(seen, Saw) and seen.value.across and "no echo for you" in (seen.value.unasked or "") and not seen.value.down


def test_a_tunnel_that_is_not_set_up_here_was_not_looked_at() -> None:
    def not_here(_tunnel: Tunnel, _limit: float) -> bool:
        raise OSError(99, "Cannot assign requested address")

    assert isinstance(link.look("10.0.0.10", 8008, [A], 1.0, reaches=lambda *_: True, carries=not_here), NotLooked)


def test_a_refusal_is_an_answer_and_silence_is_none() -> None:
    with socket.socket() as shut:
        shut.bind(("127.0.0.1", 0))
        port = shut.getsockname()[1]
        assert link.answers("127.0.0.1", port, 1.0), "a host that refuses is there"
        shut.listen(0)
        assert link.answers("127.0.0.1", port, 1.0)
        waiting = [socket.socket() for _ in range(3)]           # the queue is full: who comes now hears nothing
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        assert not link.answers("127.0.0.1", port, 0.2)
        for each in waiting:
            each.close()


INSIDE = """
import encodings.idna, os, sys
sys.path.insert(0, {path!r})
from ansible_collections.multicloud.dr.plugins.module_utils.switch import link
os.setgroups([])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)           # not before anything is imported: only root may read where the clone lies, perhaps
print(link.look("127.0.0.1", 9, [link.Tunnel("a", "169.254.11.2", "169.254.11.1"), link.Tunnel("b", "169.254.11.2", "169.254.12.1")], 0.4))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="a network of one's own takes root")
@pytest.mark.parametrize(("allowed", "said"), [
    ("0 2147483647", "Saw(value=LinkView(across=True, up=('a',), down=('b',), unasked=None))"),
    ("1 0", "this process may send no echo request; see net.ipv4.ping_group_range")])
def test_a_real_echo_between_real_addresses(allowed: str, said: str) -> None:
    """In a network of its own, as a user without any privilege."""
    made = f"ip link set lo up && ip address add 169.254.11.1/32 dev lo && ip address add 169.254.11.2/32 dev lo && " \
           f"echo '{allowed}' > /proc/sys/net/ipv4/ping_group_range && exec \"$0\" -c \"$1\""
    run = subprocess.run(["unshare", "--net", "sh", "-c", made, sys.executable, INSIDE.format(path=str(ROOT / "collections"))],
                         capture_output=True, text=True, check=False, timeout=30)
    assert said in run.stdout, run.stdout + run.stderr
