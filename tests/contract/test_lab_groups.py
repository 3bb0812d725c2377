# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Security groups as the kernel enforces them: real packets between a machine, somebody in its network and somebody behind its tunnel.

That something is dropped is known when what was sent after it has arrived: nothing here waits for a silence.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass

import pytest

from lab.kubernetes.netns import inside
from lab.materialise.filtering import ruleset
from lab.materialise.specs import Filter, Rule

pytestmark = pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("nft") or not shutil.which("unshare"),
                                reason="needs root, nft and unshare: apt install nftables util-linux")

LIMIT = 10.0                        # seconds for what must arrive
PORT, MARKER = 7000, 7001
NEIGHBOUR, MACHINE, TUNNEL, FAR = "10.1.0.2", "10.1.0.1", "10.2.0.1", "10.2.0.2"
ANY = ("0.0.0.0/0",)
AFTER = tuple(Rule(way, ANY, 17, MARKER, MARKER) for way in ("ingress", "egress"))


@dataclass(frozen=True)
class Place:
    """A network namespace, kept by the process `pid`, and the address of whoever is in it."""

    pid: int
    address: str

    def run(self, *command: str, stdin: str = "") -> None:
        subprocess.run(["nsenter", f"--net=/proc/{self.pid}/ns/net", *command], input=stdin, text=True, check=True, capture_output=True,
                       timeout=LIMIT)

    def open(self, kind: socket.SocketKind, port: int = 0) -> socket.socket:
        with inside(self.pid):
            made = socket.socket(socket.AF_INET, kind, socket.IPPROTO_ICMP if kind == socket.SOCK_RAW else 0)
        made.settimeout(LIMIT)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(("", port))
        return made


@dataclass(frozen=True)
class Lan:
    neighbour: Place
    machine: Place
    far: Place

    def filter(self, filter_: Filter | None) -> None:
        self.machine.run("nft", "--file", "-", stdin=ruleset(filter_))

    def allow(self, *rules: Rule, sources: tuple[str, ...] = ()) -> None:
        self.filter(Filter((*rules, *AFTER), sources))


@pytest.fixture
def lan() -> Iterator[Lan]:
    """The machine has `eth0` in its network and `ipsec0`, a tunnel, to somebody far; it forwards between them."""
    with ExitStack() as stack:
        pids = []
        for _ in range(3):
            process = subprocess.Popen(["unshare", "--net", "sh", "-c", "ip link set lo up; echo ready; exec sleep 600"],
                                       stdout=subprocess.PIPE, text=True)
            stack.callback(process.wait)
            stack.callback(process.kill)
            assert process.stdout and process.stdout.readline() == "ready\n"
            pids.append(process.pid)
        lan = Lan(Place(pids[0], NEIGHBOUR), Place(pids[1], MACHINE), Place(pids[2], FAR))
        for device, other, address in (("eth0", lan.neighbour, MACHINE), ("ipsec0", lan.far, TUNNEL)):
            lan.machine.run("ip", "link", "add", device, "type", "veth", "peer", "name", "eth0", "netns", str(other.pid))
            for place, name, own in ((lan.machine, device, address), (other, "eth0", other.address)):
                place.run("ip", "address", "add", f"{own}/24", "dev", name)
                place.run("ip", "link", "set", name, "up")
            other.run("ip", "route", "add", "default", "via", address)
        lan.machine.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
        yield lan


def passes(one: Place, other: Place, address: str = "", echo: bytes = b"") -> bool:
    """Whether a datagram (or an ICMP message) from one place arrives at the other, where one sent after it does."""
    kind = socket.SOCK_RAW if echo else socket.SOCK_DGRAM
    with (one.open(kind) as sender, other.open(kind, PORT) as wanted, one.open(socket.SOCK_DGRAM) as later,
          other.open(socket.SOCK_DGRAM, MARKER) as after):
        with suppress(PermissionError):         # one that is dropped on its way out is refused to the sender
            sender.sendto(echo or b"x", (address or other.address, PORT))
        later.sendto(b"x", (address or other.address, MARKER))
        after.recv(1)
        wanted.setblocking(False)
        try:
            return bool(wanted.recv(100))
        except BlockingIOError:
            return False


def test_nothing_comes_in_but_what_a_rule_names(lan: Lan) -> None:
    lan.allow()
    assert not passes(lan.neighbour, lan.machine)
    lan.allow(Rule("ingress", ANY, 6, PORT, PORT), Rule("ingress", ANY, 17, PORT + 10, PORT + 20), Rule("ingress", ("10.9.0.0/16",), 17, PORT, PORT),
              Rule("ingress", ()), Rule("egress", ANY))
    assert not passes(lan.neighbour, lan.machine)
    for rule in (Rule("ingress", (NEIGHBOUR,), 17, PORT - 5, PORT), Rule("ingress", ("10.1.0.0/16",), 17), Rule("ingress", ANY)):
        lan.allow(rule)
        assert passes(lan.neighbour, lan.machine)


def test_nothing_goes_out_but_what_a_rule_names(lan: Lan) -> None:
    lan.allow(Rule("ingress", ANY), Rule("egress", (FAR,)))
    assert not passes(lan.machine, lan.neighbour)
    lan.allow(Rule("egress", (NEIGHBOUR,)))
    assert passes(lan.machine, lan.neighbour)


def test_what_has_begun_is_answered_and_goes_on_without_a_rule_of_its_own(lan: Lan) -> None:
    lan.allow(Rule("ingress", ANY, 6, PORT, PORT))
    with lan.machine.open(socket.SOCK_STREAM, PORT) as listener, lan.neighbour.open(socket.SOCK_STREAM) as client:
        listener.listen()
        client.connect((MACHINE, PORT))
        served, _ = listener.accept()
        with served:
            served.settimeout(LIMIT)
            lan.allow()
            client.sendall(b"still there?")
            assert served.recv(100) == b"still there?"
            served.sendall(b"yes")
            assert client.recv(100) == b"yes"
        with lan.neighbour.open(socket.SOCK_STREAM) as late:
            late.setblocking(False)
            late.connect_ex((MACHINE, PORT))
            assert not passes(lan.neighbour, lan.machine)
            with pytest.raises(OSError):
                late.getpeername()


def test_icmp_by_its_type(lan: Lan) -> None:
    request = b"\x08\x00" + (0xffff - 0x0800 - 1).to_bytes(2, "big") + b"\x00\x01\x00\x00"      # type 8, code 0, checksum, number 1
    lan.allow(Rule("ingress", ANY, 1, 13), Rule("ingress", ANY, 1, 8, 1), Rule("ingress", ANY, 17))
    assert not passes(lan.neighbour, lan.machine, echo=request)
    lan.allow(Rule("ingress", ANY, 1, 8))
    assert passes(lan.neighbour, lan.machine, echo=request)


def test_the_machine_s_own_devices_and_tunnels_are_its_own_affair(lan: Lan) -> None:
    lan.allow()
    assert passes(lan.machine, lan.machine, "127.0.0.1") and passes(lan.machine, lan.machine) and passes(lan.far, lan.machine, TUNNEL)


def test_what_it_passes_on_is_filtered_as_well_and_sent_from_its_own_addresses_only(lan: Lan) -> None:
    lan.allow(Rule("ingress", (NEIGHBOUR,)), sources=(MACHINE, "10.2.0.0/24"))
    assert passes(lan.neighbour, lan.far) and not passes(lan.far, lan.neighbour)
    lan.allow(Rule("egress", ANY), sources=(MACHINE, "10.2.0.0/24"))
    assert passes(lan.far, lan.neighbour) and not passes(lan.neighbour, lan.far)
    lan.allow(Rule("egress", ANY), sources=(MACHINE,))
    assert passes(lan.machine, lan.neighbour)
    with lan.far.open(socket.SOCK_DGRAM) as far, lan.neighbour.open(socket.SOCK_DGRAM, MARKER) as there:
        far.sendto(b"spoofed", (NEIGHBOUR, MARKER))
        with lan.far.open(socket.SOCK_DGRAM) as probe, lan.machine.open(socket.SOCK_DGRAM, MARKER) as passed:
            probe.sendto(b"x", (TUNNEL, MARKER))
            passed.recv(1)
        there.setblocking(False)
        with pytest.raises(BlockingIOError):
            there.recv(10)


def test_port_security_off_lets_everything_pass(lan: Lan) -> None:
    lan.filter(Filter())
    lan.filter(None)
    lan.filter(None)
    assert passes(lan.neighbour, lan.machine) and passes(lan.far, lan.neighbour)


@pytest.mark.parametrize("first", ["who called", "who was called"])
def test_what_has_begun_before_there_was_any_filter_goes_on(lan: Lan, first: str) -> None:
    """A machine that starts answers before its groups are in force, and the kernel follows connections only from then on."""
    with lan.machine.open(socket.SOCK_STREAM, PORT) as listener, lan.neighbour.open(socket.SOCK_STREAM) as client:
        listener.listen()
        client.connect((MACHINE, PORT))
        served, _ = listener.accept()
        with served:
            served.settimeout(LIMIT)
            lan.allow(Rule("ingress", ANY, 6, PORT, PORT))
            for one, other in ((client, served), (served, client))[:: 1 if first == "who called" else -1]:
                one.sendall(b"still there?")
                assert other.recv(100) == b"still there?"
