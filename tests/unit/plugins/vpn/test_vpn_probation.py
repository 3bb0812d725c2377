# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A change on probation: kept or taken back, and never a bit of both, whoever comes by and whenever."""

from __future__ import annotations

import json

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.vpn import change
from ansible_collections.multicloud.dr.plugins.module_utils.vpn.change import Change
from ansible_collections.multicloud.dr.plugins.module_utils.vpn.place import FILES, HEALTH
from ansible_collections.multicloud.dr.plugins.module_utils.vpn.planes import Failed

from tests.unit.plugins.vpn.host import A, B, Gateway, config

MARK = "rolled-back"


@pytest.fixture
def gateway(tmp_path):
    """A change is in force and on probation."""
    made = Gateway(tmp_path)
    made.in_force()
    made.want(A, "two\n")
    made.want(HEALTH, json.dumps(config(remote="198.51.100.254/32")))
    change.begin(made.place, 5, 60)
    change.load(made.place, 5, 60)
    made.ran.clear()
    return made


def after_each(gateway, first, act):
    """Does `act` after each command that is run, from the `first` on; what that raised."""
    run, told = gateway.run, []

    def ran(argv, timeout):
        answer = run(argv, timeout)
        if len(gateway.ran) >= first and gateway.ran:
            gateway.place.run = run
            with pytest.raises(Failed) as caught:
                act()
            told.append(str(caught.value))
            gateway.place.run = ran
        return answer

    gateway.place.run = ran
    return told


def all_of(gateway, text):
    """The whole of one configuration is in force and kept."""
    return gateway.live(A) == text == (gateway.place.kept / A).read_text() and all(
        gateway.live(name) == (gateway.place.kept / name).read_text() for name in FILES)


def test_who_reaches_the_host_while_a_change_is_taken_back_does_not_keep_it(gateway):
    """It is in reach again as soon as the routes of the change are let go, long before the files are those of before."""
    seen = []

    def come_by():
        seen.append((gateway.place.state / MARK).exists())
        change.keep(gateway.place)

    told = after_each(gateway, 2, come_by)          # the first ends the loader, and nothing is decided by then
    change.back(gateway.place)
    gateway.place.run = gateway.run
    assert len(told) > 5 and all("another change of this host has been going on" in each for each in told) and all(seen)
    assert all_of(gateway, "one\n")
    with pytest.raises(Failed, match=r"nobody reached this host .*; the one before it is in force again"):
        change.keep(gateway.place)


def test_who_comes_by_in_the_last_moment_has_kept_it(gateway):
    """The timer has gone off, and waits for whoever keeps it."""
    run = gateway.run

    def ran(argv, timeout):
        gateway.place.run = run
        assert "left" not in change.keep(gateway.place)
        return run(argv, timeout)

    gateway.place.run = ran                          # while the way back ends the loader
    change.back(gateway.place)
    gateway.place.run = run
    assert all_of(gateway, "two\n") and not (gateway.place.state / MARK).exists() and gateway.place.differs() == []
    assert not any("restart" in line for line in gateway.ran)


def test_nothing_is_taken_back_while_it_is_kept(gateway):
    told = after_each(gateway, 1, lambda: change.back(gateway.place))
    change.keep(gateway.place)
    gateway.place.run = gateway.run
    assert told and all("another change of this host has been going on" in each for each in told)
    change.back(gateway.place)
    assert all_of(gateway, "two\n") and not (gateway.place.state / MARK).exists()


def test_no_change_begins_while_another_is_loaded(gateway):
    gateway.want(A, "three\n")
    change.begin(gateway.place, 5, 60)
    gateway.ran.clear()
    told = after_each(gateway, 1, lambda: change.begin(gateway.place, 5, 60))
    assert change.load(gateway.place, 5, 60) and told
    assert all("another change of this host has been going on" in each for each in told)


def test_the_way_back_that_is_ended_half_way_is_not_taken_for_a_change_that_may_be_kept(gateway):
    gateway.place.run = lambda argv, timeout: (_ for _ in ()).throw(KeyboardInterrupt) if " ".join(argv).endswith("daemon-reload") else ""
    with pytest.raises(KeyboardInterrupt):
        change.back(gateway.place)
    gateway.place.run = gateway.run
    with pytest.raises(Failed, match="it is being taken back"):
        change.keep(gateway.place)
    assert {"loading", MARK} <= set(gateway.place.differs()), "the next run begins anew"


def test_whoever_keeps_hears_what_the_loader_said_although_it_was_not_waited_for_to_its_end(gateway, capsys):
    gateway.active.add("multicloud-vpn-load.service")
    result = (gateway.place.state / "result.json")
    said = result.read_text()
    result.unlink()
    assert "has not ended" in change.result(gateway.place, 1)["failed"]
    result.write_text(said)
    assert change.keep(gateway.place)["done"] == json.loads(said)["done"] != []


def test_a_loader_that_is_still_at_work_when_the_controller_comes_by_is_waited_for(gateway):
    """It was not waited for to its end before; it was ended for that, and a change that went well was taken back."""
    path = gateway.place.state / "result.json"
    said = path.read_text()
    path.unlink()
    gateway.active.add("multicloud-vpn-load.service")
    sleep = gateway.place.sleep

    def at_work(seconds):
        sleep(seconds)
        if gateway.time > 100:
            gateway.active.discard("multicloud-vpn-load.service")
            path.write_text(said)

    gateway.place.sleep = at_work
    assert change.keep(gateway.place) == json.loads(said) and all_of(gateway, "two\n")
    assert not any("multicloud-vpn-load" in line for line in gateway.ran)


def test_a_loader_that_does_not_end_is_ended_and_what_it_did_is_taken_back(gateway):
    (gateway.place.state / "result.json").unlink()
    gateway.active.add("multicloud-vpn-load.service")
    with pytest.raises(Failed, match="loading was ended before it was done; the one before it is in force again"):
        change.keep(gateway.place)
    assert gateway.ran[0] == "systemctl stop multicloud-vpn-load.service" and gateway.time >= 300 and all_of(gateway, "one\n")


def test_what_an_interrupted_run_had_put_is_not_kept_by_one_that_touched_nothing(gateway):
    """The host was started anew meanwhile, so no timer took it back."""
    gateway.want(B, "three\n")
    gateway.place.put(gateway.place.wanted, gateway.root, B)
    gateway.want(A, "three\n")
    gateway.up = {"a"}
    change.begin(gateway.place, 5, 60)
    assert not change.load(gateway.place, 2, 60)
    assert "must come up first" in change.keep(gateway.place)["failed"]
    assert (gateway.place.kept / A).read_text() == (gateway.place.kept / B).read_text() == "one\n"


def test_one_look_that_missed_the_other_tunnel_takes_nothing_back(gateway):
    """The description that was loaded may have a key that AWS knows alone."""
    gateway.want(A, "three\n")
    gateway.want(B, "three\n")
    before, looks = len(gateway.seen), []            # at a, once it is loaded: it came up, and is looked at again before b is touched

    def carries(here, there):
        looks.extend([here] if here == "a" and len(gateway.seen) > before else [])
        return here in gateway.up and not (here == "a" and len(looks) == 2)

    gateway.place.carries = carries
    told = Change(gateway.place, 5).load()
    assert len(looks) > 2 and "left" not in told and gateway.live(A) == gateway.live(B) == "three\n"


def test_a_tunnel_that_cannot_be_let_go_stays_and_so_does_the_one_that_was_loaded(gateway):
    """Traffic could not be led into the one that is new: both answer, nothing is taken back, and it is told."""
    gateway.want(A, "three\n")
    gateway.want(B, "three\n")
    run = gateway.run
    gateway.place.run = lambda argv, timeout: "" if "--rekey" in argv and len(gateway.seen) > before else run(argv, timeout)
    before = len(gateway.seen)
    assert change.load(gateway.place, 5, 60)
    told = change.keep(gateway.place)
    assert told["left"].startswith("tunnel b was left as it was, and tunnel a is loaded: tunnel a answers, but traffic could not be led into it")
    assert (gateway.live(A), gateway.live(B)) == ("three\n", "one\n") and gateway.place.differs()[0] == B


def test_traffic_that_is_in_a_tunnel_already_is_not_said_to_be_led_while_the_health_unit_calls_it_down(gateway):
    """It would lead traffic out of it again, into the one that is taken away next."""
    state = gateway.root / "run/multicloud-vpn-health/state.json"
    state.write_text(json.dumps({"tunnels": {"a": {"up": True}, "b": {"up": False}}}))
    with pytest.raises(Failed, match="could not be led into it"):
        change._lead(gateway.place, "b", accept=False)
    assert change._lead(gateway.place, "b", accept=True) == 0, "who can do without both"
