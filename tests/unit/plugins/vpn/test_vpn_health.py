# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which tunnel carries: judged in time that the test makes pass, with a plane that only remembers what it was told."""

from __future__ import annotations

import json
import threading

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.vpn.daemon import Beside, Watch
from ansible_collections.multicloud.dr.plugins.module_utils.vpn.echo import checksum
from ansible_collections.multicloud.dr.plugins.module_utils.vpn.planes import Failed, Kernel, Tunnel, Userspace, missing, newest, tunnels_of

STEP = 0.25
CONFIG = {"interval_seconds": STEP, "silence_seconds": 1.0}


class Line:
    """A tunnel's echo: answers each question while it is whole."""

    def __init__(self):
        self.whole, self.waiting, self.socket = True, 0, None

    def ask(self):
        self.waiting += self.whole

    def answers(self):
        came, self.waiting = [0.001] * self.waiting, 0
        return came


class Plane:
    """fails: how often the next leads fail."""

    def __init__(self, carrying="a"):
        self.now, self.led, self.fails, self.settled, self.revived, self.renewed = carrying, [], 0, [], [], []

    def carrying(self):
        return self.now

    def lead(self, name):
        self.led.append(name)
        if self.fails:
            self.fails -= 1
            raise Failed("swanctl: no")
        self.now = name

    def settle(self, up):
        self.settled.append(dict(up))

    def revive(self, name):
        self.revived.append(name)

    def renew(self, name):
        self.renewed.append(name)
        return True


class World:
    def __init__(self, tmp_path, carrying="a"):
        self.time, self.said = 100.0, []
        self.lines, self.plane = {"a": Line(), "b": Line()}, Plane(carrying)
        self.watch = Watch(CONFIG, self.plane, self.lines, lambda: self.time, self.said.append, tmp_path / "state.json")
        self.state = tmp_path / "state.json"

    def run(self, seconds):
        for _ in range(int(seconds / STEP)):
            self.watch.ask()
            self.watch.take()
            self.time += STEP


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    made.run(2)
    assert made.plane.led == []
    return made


def test_the_tunnel_that_carries_dies_and_traffic_is_led_away_within_a_second_and_a_half(world):
    world.lines["a"].whole = False
    world.run(1.5)
    assert world.plane.led == ["b"] and "traffic moved from tunnel a to tunnel b" in world.said
    assert 1.0 < world.watch.pair.moves[0]["silent_seconds"] <= 1.5


def test_the_one_that_stands_by_dies_and_nothing_is_moved(world):
    world.lines["b"].whole = False
    world.run(10)
    assert world.plane.led == [] and "tunnel b carries nothing" in world.said


def test_a_lost_packet_or_two_is_no_lost_tunnel(world):
    world.lines["a"].whole = False
    world.run(0.75)
    world.lines["a"].whole = True
    world.run(2)
    assert world.plane.led == [] and world.watch.pair.pulses["a"].up


def test_with_both_down_all_stays_as_it_is_and_the_first_to_answer_carries(world):
    world.lines["a"].whole = world.lines["b"].whole = False
    world.run(5)
    assert world.plane.led == []
    world.lines["b"].whole = True
    world.run(1.5)
    assert world.plane.led == ["b"]


def test_one_that_came_back_does_not_take_traffic_away(world):
    world.lines["a"].whole = False
    world.run(2)
    world.lines["a"].whole = True
    world.run(3)
    assert world.plane.led == ["b"] and world.plane.settled[-1] == {"a": True, "b": True}


def test_a_child_that_was_built_anew_behind_a_cut_does_not_keep_traffic(world):
    """In the userspace plane the newest child leads, also one of a tunnel that loses packets one way."""
    world.lines["a"].whole = False
    world.run(2)
    world.plane.now = "a"
    world.run(1)
    assert world.plane.led == ["b", "b"] and world.plane.now == "b"


def test_a_move_that_fails_is_said_and_tried_again(world):
    world.plane.fails = 1
    world.lines["a"].whole = False
    world.run(2.5)
    assert world.plane.led == ["b", "b"] and world.plane.now == "b" and "could not move traffic: swanctl: no" in world.said


def test_what_is_gone_of_a_tunnel_that_misses_answers_is_asked_for_at_once_and_every_second(world):
    """The other end deletes a tunnel when it maintains it; charon begins only what went silent."""
    world.lines["b"].whole = False
    world.run(1)
    assert world.plane.revived == ["b"] and world.watch.pair.pulses["b"].up
    world.run(5)
    assert set(world.plane.revived) == {"b"} and 5 <= len(world.plane.revived) <= 6


def test_a_tunnel_that_seems_well_is_looked_over_now_and_then(world):
    world.run(21)
    assert sorted(world.plane.revived) == ["a", "a", "b", "b"]


def test_the_time_that_charon_lets_us_wait_is_no_silence(world):
    def slow(name):
        world.time += 2.0

    world.plane.revive = slow
    world.watch.revived = dict.fromkeys("ab", float("-inf"))
    world.watch.ask()
    world.watch.take()
    world.watch.take()          # as when an answer to the one comes before that to the other
    assert world.plane.led == [] and all(pulse.up for pulse in world.watch.pair.pulses.values())
    world.plane.revive = lambda name: None
    world.lines["a"].whole = False
    world.run(1.5)
    assert world.plane.led == ["b"]


def test_looking_that_fails_is_said_and_nothing_ends(world):
    def fails(name):
        raise Failed("swanctl: no")

    world.plane.revive = fails
    world.run(12)
    assert "could not see what is missing of tunnel a: swanctl: no" in world.said and world.plane.led == []


def test_what_it_knows_can_be_read_by_all(world):
    world.lines["a"].whole = False
    world.run(2)
    told = json.loads(world.state.read_text())
    assert told["carrying"] == "b" and {name: each["up"] for name, each in told["tunnels"].items()} == {"a": False, "b": True}
    assert told["moves"][0]["from"] == "a" and len(told["code"]) == 12


def test_the_checksum_is_the_internets():
    assert checksum(bytes.fromhex("0800000000010001")) == 0xF7FD


# -- planes ------------------------------------------------------------------------------------------------------------------------------


SAS = """list-sa event {multicloud-a {uniqueid=7 version=2 state=ESTABLISHED child-sas {probe-a-12 {name=probe-a uniqueid=12 reqid=2 state=INSTALLED}
sites-a-9 {name=sites-a uniqueid=9 reqid=1 state=INSTALLED mode=TUNNEL local-ts=[192.168.0.0/16]}}}}
list-sa event {multicloud-b {uniqueid=6 child-sas {sites-b-10 {name=sites-b uniqueid=10 reqid=1 state=INSTALLED}}}}
list-sas reply {}
"""


def test_the_newest_installed_child_of_the_sites_carries():
    assert newest(SAS) == "b"
    assert newest(SAS.replace("uniqueid=9 ", "uniqueid=11 ")) == "a"
    assert newest(SAS.replace("uniqueid=10 reqid=1 state=INSTALLED", "uniqueid=10 reqid=1 state=INSTALLING")) == "a"
    assert newest("list-sas reply {}") is None


def test_a_child_is_built_anew_and_where_there_is_none_built():
    ran = []

    def run(argv, timeout):
        ran.append(" ".join(argv))
        if "--rekey" in argv and "sites-b" in argv:
            raise Failed("no such child")
        return ""

    Userspace(run).lead("a")
    Userspace(run).lead("b")
    assert ran == ["swanctl --rekey --child sites-a", "swanctl --rekey --child sites-b", "swanctl --initiate --child sites-b --timeout -1"]


def test_only_what_nobody_is_about_to_build_is_missing():
    both = ("sites", "probe")
    assert missing(SAS, "a", both) == [] and missing(SAS, "b", both) == []
    established = SAS.replace("{uniqueid=6 ", "{uniqueid=6 state=ESTABLISHED ")
    assert missing(established, "b", both) == ["probe-b"] and missing(established, "b", ("sites",)) == []
    assert missing(established.replace("child-sas {sites-b", "tasks-queued=[CHILD_CREATE] child-sas {sites-b"), "b", both) == []
    assert missing("list-sas reply {}", "a", both) == ["sites-a", "probe-a"]
    assert missing("list-sa event {multicloud-a {uniqueid=8 state=CONNECTING child-sas {}}}", "a", both) == []


def test_a_silent_tunnel_that_ike_holds_to_be_well_is_built_anew_and_not_for_ever(world):
    """Two ends that began at once had left a child without its policy: it was there, and carried nothing until somebody came."""
    world.lines["b"].whole = False
    world.run(14)
    assert world.plane.renewed == []
    world.run(6)
    assert world.plane.renewed == ["b"]
    assert "tunnel b says nothing although IKE holds it to be well; it is built anew" in world.said
    world.run(30)
    assert len(world.plane.renewed) == 3
    world.lines["b"].whole = True
    world.run(40)
    assert len(world.plane.renewed) == 3


def test_only_what_seems_whole_is_ended():
    established = SAS.replace("{uniqueid=6 ", "{uniqueid=6 state=ESTABLISHED ")
    ran = []

    def asked(listing, name):
        ran.clear()
        found = Userspace(lambda argv, timeout: listing if "--list-sas" in argv else ran.append(" ".join(argv)) or "").renew(name)
        return found, list(ran)

    whole = ("list-sa event {multicloud-b {uniqueid=6 state=ESTABLISHED child-sas {sites-b-3 {name=sites-b uniqueid=3 state=INSTALLED} "
             "probe-b-4 {name=probe-b uniqueid=4 state=INSTALLED}}}}")
    assert asked(whole, "b") == (True, ["swanctl --terminate --ike multicloud-b --force --timeout -1"])
    assert asked(established, "b") == (False, []), "one that lacks a child is completed"
    assert asked("list-sas reply {}", "b") == (False, [])
    assert asked(whole.replace("ESTABLISHED", "CONNECTING"), "b") == (False, [])


class Routes:
    """Just enough of `ip route` for one range: {metric: interface}, as the kernel has one route of a metric."""

    def __init__(self):
        self.have = {100: "vpn-a", 200: "vpn-b"}

    def __call__(self, argv, timeout):
        match list(argv):
            case ["ip", "route", "show", "exact", "10.0.0.0/16"]:
                return "".join(f"10.0.0.0/16 dev {name} scope link src 192.168.0.10 metric {metric} \n" for metric, name in self.have.items()) + \
                    "blackhole 10.0.0.0/16 metric 500 \n"
            case ["ip", "route", "replace", "10.0.0.0/16", "dev", name, "src", "192.168.0.10", "metric", metric]:
                self.have[int(metric)] = name
            case ["swanctl", *_]:
                return ""
            case other:
                raise AssertionError(other)
        return ""


TUNNELS = [{"name": "a", "here": "x", "there": "y", "interface": "vpn-a", "metric": 100},
           {"name": "b", "here": "x", "there": "y", "interface": "vpn-b", "metric": 200}]


def kernel(routes):
    return Kernel("10.0.0.0/16", "192.168.0.10", tunnels_of({"tunnels": TUNNELS}), routes)


def test_in_the_kernel_the_least_metric_carries_and_the_other_stands_by():
    routes = Routes()
    plane = kernel(routes)
    assert plane.tunnels["a"] == Tunnel("a", "x", "y", "vpn-a", 100)
    assert plane.carrying() == "a"
    plane.lead("b")
    assert plane.carrying() == "b" and routes.have == {100: "vpn-b", 200: "vpn-a"}
    plane.settle({"a": True, "b": True})
    assert routes.have == {100: "vpn-b", 200: "vpn-a"}
    routes.have = {100: "vpn-b"}
    plane.settle({"a": True, "b": True})
    assert routes.have == {100: "vpn-b", 200: "vpn-a"}
    routes.have = {}
    assert plane.carrying() is None
    plane.settle({"a": False, "b": False})
    assert routes.have == {}
    plane.settle({"a": False, "b": True})
    assert routes.have == {100: "vpn-b", 200: "vpn-a"}
    routes.have = {200: "vpn-a"}
    plane.settle({"a": True, "b": True})
    assert routes.have == {100: "vpn-a", 200: "vpn-b"}, "the one that is left carries, and has the place of the one that does"
    plane.lead("b")
    assert routes.have == {100: "vpn-b", 200: "vpn-a"}


@pytest.mark.parametrize("left", [{}, {100: "vpn-a"}, {200: "vpn-b"}])
def test_routes_that_went_with_an_interface_are_set_again_while_both_answer(world, left):
    """An interface that was made anew has its address, and the tunnel answers all the while: nothing changed, and nothing carried."""
    routes = Routes()
    world.watch.plane = kernel(routes)
    world.run(3)
    routes.have = dict(left)
    world.run(3)
    assert sorted(routes.have) == [100, 200] and set(routes.have.values()) == {"vpn-a", "vpn-b"}
    assert not left or routes.have[100] == left[min(left)], "what still carries goes on"


def test_a_health_unit_that_is_started_anew_sets_what_is_missing(tmp_path):
    routes = Routes()
    routes.have = {}
    fresh = World(tmp_path)
    fresh.watch.plane = kernel(routes)
    fresh.run(3)
    assert routes.have == {100: "vpn-a", 200: "vpn-b"}


def test_in_the_kernel_one_that_came_back_or_flaps_does_not_take_traffic_away(world):
    """The health unit's own word, kept by the plane too: each time it took traffic back, its next silence was the sites'."""
    routes = Routes()
    world.watch.plane = plane = kernel(routes)
    world.lines["a"].whole = False
    world.run(2)
    assert plane.carrying() == "b"
    for _ in range(3):
        world.lines["a"].whole = True
        world.run(1.25)
        assert plane.carrying() == "b"
        world.lines["a"].whole = False
        world.run(1.25)
        assert plane.carrying() == "b"
    assert len(world.watch.pair.moves) == 1
    world.lines["a"].whole = True
    world.run(2)
    plane.lead("a")             # as before AWS takes b away
    world.lines["b"].whole = False
    world.run(2)
    world.lines["b"].whole = True
    world.run(2)
    assert plane.carrying() == "a" and len(world.watch.pair.moves) == 1


def test_a_charon_that_lets_wait_keeps_nobody_from_leaving_a_dead_tunnel(world):
    """Seen in an emulated machine: each question took charon two seconds, and traffic lay in a dead tunnel for 19 s."""
    answers, asked = threading.Event(), []
    world.watch.beside = Beside()
    world.plane.revive = lambda name: (asked.append(name), answers.wait(60))
    world.lines["a"].whole = False
    world.run(1.5)
    assert world.plane.led == ["b"] and asked == ["a"]
    answers.set()
    world.watch.beside.thread.join(60)


def test_of_two_tunnels_that_are_to_be_built_neither_keeps_the_other_waiting(world):
    free, begun = [False], []

    def beside(what):
        if free[0]:
            free[0] = False
            what()
            return True
        return False

    world.watch.beside = beside
    world.plane.revive = begun.append
    world.lines["a"].whole = world.lines["b"].whole = False
    for _ in range(4):
        world.run(2)
        free[0] = True
        world.run(0.25)
    assert sorted(begun) == ["a", "a", "b", "b"]
