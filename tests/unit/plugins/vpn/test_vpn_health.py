# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which tunnel carries: judged in time that the test makes pass, with a plane that only remembers what it was told."""

from __future__ import annotations

import json
import threading

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.vpn.daemon import Beside, Watch
from ansible_collections.multicloud.dr.plugins.module_utils.vpn.echo import checksum
from ansible_collections.multicloud.dr.plugins.module_utils.vpn.planes import Failed

from tests.unit.plugins.vpn.test_vpn_planes import Routes, kernel

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


@pytest.mark.parametrize("seconds", [0.5, 2.0, 5.0])
def test_a_charon_that_is_slow_to_say_what_carries_hides_a_dead_tunnel_for_two_looks_at_most(world, seconds):
    """Each look counted as time without silence, and the next began at once: traffic lay in a dead tunnel for 20 s."""
    look = world.plane.carrying

    def slow():
        world.time += seconds
        return look()

    world.plane.carrying = slow
    world.run(8)
    assert world.plane.led == [] and all(pulse.up for pulse in world.watch.pair.pulses.values()), "a tunnel that answers is not called down"
    died, world.lines["a"].whole = world.time, False
    while not world.plane.led:
        world.run(STEP)
        assert world.time - died < 2 * seconds + 2.5
    assert world.plane.led == ["b"]


def test_a_look_at_the_kernels_routes_is_one_process(world):
    routes, ran = Routes(), []
    world.watch.plane = kernel(lambda argv, timeout: ran.append(argv) or routes(argv, timeout))
    world.run(1.25)
    ran.clear()
    world.run(4)
    assert len([argv for argv in ran if "route" in argv]) == 2


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
