# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A change of the gateway comes into force one tunnel after the other, is kept by whoever comes by, and taken back when nobody does."""

from __future__ import annotations

import json

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.vpn import change
from ansible_collections.multicloud.dr.plugins.module_utils.vpn.change import Change, NotTouched
from ansible_collections.multicloud.dr.plugins.module_utils.vpn.place import FILES, HEALTH, NETWORK, PLANE, SETTINGS
from ansible_collections.multicloud.dr.plugins.module_utils.vpn.planes import Failed

from tests.unit.plugins.vpn.host import A, B, Gateway, config


@pytest.fixture
def gateway(tmp_path):
    made = Gateway(tmp_path)
    made.in_force()
    return made


def test_the_first_time_everything_is_started(tmp_path):
    fresh = Gateway(tmp_path)
    fresh.active = set()
    told = Change(fresh.place, 5).load()
    assert told["down"] == {} and all(fresh.live(name) for name in FILES)
    assert [line for line in fresh.ran if line.startswith("systemctl")] == [
        "systemctl daemon-reload", "systemctl restart multicloud-vpn-network.service", "systemctl restart strongswan.service",
        "systemctl restart multicloud-vpn-health.service", f"systemctl enable {' '.join(change.DAEMONS)}"]


def test_nothing_differs_and_nothing_is_done(gateway):
    assert gateway.place.differs() == []
    Change(gateway.place, 5).load()
    assert gateway.ran == [f"systemctl enable {' '.join(change.DAEMONS)}"]


def test_both_tunnels_change_and_the_one_that_carries_is_never_touched(gateway):
    gateway.want(A, "two\n")
    gateway.want(B, "two\n")
    assert gateway.place.differs() == [A, B]
    told = Change(gateway.place, 5).load()
    # b stands by, so it goes first; then traffic is led by it, and only then a is loaded.
    assert gateway.seen == [("one\n", "two\n", "a"), ("two\n", "two\n", "b")]
    assert "systemctl restart strongswan.service" not in gateway.ran
    assert told["done"] == ["traffic led by tunnel a", "tunnel b loaded", "traffic led by tunnel b", "tunnel a loaded"]


def test_a_first_tunnel_that_does_not_come_back_leaves_the_other_as_it_was(gateway):
    gateway.breaks = {1: ("b",)}
    gateway.journal = json.dumps({"IKE_SA_NAME": "multicloud-b", "MESSAGE": "received AUTHENTICATION_FAILED notify error"})
    gateway.want(A, "two\n")
    gateway.want(B, "two\n")
    told = Change(gateway.place, 5).load()
    assert gateway.seen == [("one\n", "two\n", "a")] and gateway.live(A) == "one\n"
    assert list(told["down"]) == ["b"] and told["down"]["b"].startswith("the other side refused: the pre-shared key or the identity")


def test_a_tunnel_whose_child_for_the_sites_is_refused_is_down_although_it_answers(gateway):
    gateway.refused = {"b"}
    gateway.journal = json.dumps({"IKE_SA_NAME": "multicloud-b", "MESSAGE": "received TS_UNACCEPTABLE notify, no CHILD_SA built"})
    gateway.want(B, "two\n")
    told = Change(gateway.place, 2).load()
    assert told["down"]["b"].startswith("the other side refused: the ranges that this side offers")


def test_what_was_agreed_upon_before_is_ended_so_that_the_new_description_is_tried(gateway):
    """A key or a proposal that the other side refuses would else show only when the old keys end, hours later."""
    gateway.want(B, "two\n")
    Change(gateway.place, 2).load()
    assert "swanctl --terminate --ike multicloud-b --force --timeout 2" in gateway.ran
    assert not any("--ike multicloud-a" in line for line in gateway.ran)


def test_a_tunnel_that_carries_nothing_is_mended_first(gateway):
    gateway.up, gateway.newest = {"b"}, "b"
    gateway.want(A, "two\n")
    gateway.want(B, "two\n")
    Change(gateway.place, 0).load()
    assert gateway.seen[0][:2] == ("two\n", "one\n")


def test_traffic_that_cannot_be_led_away_stops_the_change(gateway):
    run = gateway.run
    gateway.place.run = lambda argv, timeout: "" if "--rekey" in argv else run(argv, timeout)
    gateway.want(A, "two\n")
    with pytest.raises(Failed, match="tunnel b answers, but traffic could not be led into it within 10 s"):
        Change(gateway.place, 5).load()
    assert gateway.live(A) == "one\n"


def test_traffic_is_led_into_the_tunnel_that_is_named_and_seen_there(gateway):
    Change(gateway.place, 0).lead("b")
    assert gateway.newest == "b" and gateway.ran == ["swanctl --rekey --child sites-b"]
    Change(gateway.place, 0).lead("b")
    assert gateway.ran == ["swanctl --rekey --child sites-b"]


def test_the_other_is_not_touched_before_the_health_unit_calls_this_one_up(gateway):
    """It would lead traffic back into the one that is being taken away."""
    state = gateway.root / "run/multicloud-vpn-health/state.json"
    told = {"code": gateway.place.code(), "tunnels": {"a": {"up": True}, "b": {"up": False}}}
    state.write_text(json.dumps(told))
    gateway.newest = "b"
    with pytest.raises(Failed, match="the other was not touched"):
        Change(gateway.place, 0).lead("b")
    sleep = gateway.place.sleep

    def until_up(seconds):
        sleep(seconds)
        state.write_text(json.dumps({**told, "tunnels": {"a": {"up": True}, "b": {"up": gateway.time > 12}}}))

    gateway.place.sleep = until_up
    Change(gateway.place, 0).lead("b")
    assert gateway.time > 12


def test_settings_are_reloaded_and_only_another_plane_starts_the_daemon_anew(gateway):
    gateway.want(SETTINGS, "two\n")
    Change(gateway.place, 5).load()
    assert "systemctl reload strongswan.service" in gateway.ran and "systemctl restart strongswan.service" not in gateway.ran
    gateway.want(PLANE, "two\n")
    Change(gateway.place, 5).load()
    assert "systemctl restart strongswan.service" in gateway.ran


@pytest.mark.parametrize(("plane", "let_go"), [
    ("userspace", ["ip route del blackhole 10.0.0.0/16"]),
    ("kernel", [*["ip route del 10.0.0.0/16 dev vpn-a", "ip route del 10.0.0.0/16 dev vpn-b"] * 2, "ip route del blackhole 10.0.0.0/16"]),
])
def test_a_range_that_is_no_longer_the_other_sites_is_let_go_when_nobody_sets_it_any_more(tmp_path, plane, let_go):
    gateway = Gateway(tmp_path, plane)
    gateway.in_force()
    gateway.want(NETWORK, "two\n")
    gateway.want(HEALTH, json.dumps(config(plane, remote="10.1.0.0/16")))
    Change(gateway.place, 5).load()
    assert [line for line in dict.fromkeys(gateway.ran) if " del " in line] == list(dict.fromkeys(let_go))
    assert gateway.ran.index(let_go[0]) > gateway.ran.index("systemctl restart multicloud-vpn-health.service")


def test_an_address_inside_that_is_no_longer_ours_is_let_go(gateway):
    other = config()
    other["tunnels"][0]["here"] = "c"
    gateway.up.add("c")
    gateway.want(HEALTH, json.dumps(other))
    Change(gateway.place, 5).load()
    assert "ip address del a/32 dev lo" in gateway.ran and "ip address del b/32 dev lo" not in gateway.ran


def test_what_an_interrupted_run_did_not_let_go_is_let_go_by_the_next(gateway):
    gateway.want(HEALTH, json.dumps(config(remote="10.1.0.0/16")))
    gateway.place.put(gateway.place.wanted, gateway.root, HEALTH)
    Change(gateway.place, 5).load()
    assert "ip route del blackhole 10.0.0.0/16" in gateway.ran


def test_a_run_that_was_interrupted_is_finished_by_the_next(gateway):
    change.begin(gateway.place, 5, 60)
    assert gateway.place.differs() == ["loading"]
    assert next(line for line in gateway.ran if line.startswith("systemd-run")).startswith("systemd-run --collect --unit=multicloud-vpn-back")


def test_code_that_is_newer_than_what_runs_and_a_unit_that_stands_still_differ(gateway):
    (gateway.root / "run/multicloud-vpn-health/state.json").write_text('{"code": "old"}')
    gateway.active.discard("strongswan.service")
    assert gateway.place.differs() == ["strongswan.service", "code"]


@pytest.mark.parametrize(("what", "done"), [("network", "multicloud-vpn-network.service restarted"), ("daemon", "strongswan.service restarted"),
                                            ("tunnels", "strongswan.service reloaded")])
def test_a_service_that_runs_with_other_files_than_those_that_are_there_is_found(gateway, what, done):
    gateway.stale = {what}
    assert gateway.place.differs() == [f"{what} in force"]
    assert Change(gateway.place, 5).load()["done"] == [done]


def test_what_was_loaded_is_armed_until_somebody_comes_by(gateway):
    gateway.want(SETTINGS, "two\n")
    change.begin(gateway.place, 5, 60)
    assert change.load(gateway.place, 5, 60)
    assert change.result(gateway.place, 1) == {"done": ["strongswan.service reloaded"], "down": {}}
    assert any("--on-active=60 " in line and line.endswith("change back") for line in gateway.ran)
    gateway.ran.clear()
    change.keep(gateway.place)
    assert gateway.ran == ["systemctl stop multicloud-vpn-back.timer"] and gateway.place.differs() == []
    assert (gateway.place.kept / SETTINGS).read_text() == "two\n"


def test_nobody_comes_by_and_what_was_kept_is_in_force_again(gateway):
    gateway.want(A, "two\n")
    gateway.want(HEALTH, json.dumps(config(remote="198.51.100.254/32")))
    change.begin(gateway.place, 5, 60)
    change.load(gateway.place, 5, 60)
    assert gateway.live(A) == "two\n"
    change.back(gateway.place)
    assert gateway.live(A) == "one\n" and json.loads(gateway.live(HEALTH)) == config()
    assert gateway.ran.index("ip route del blackhole 198.51.100.254/32") > gateway.ran.index("systemctl stop multicloud-vpn-health.service")
    assert gateway.ran[-1] == "systemctl restart multicloud-vpn-health.service"
    assert "the one before it is in force again" in change.result(gateway.place, 1)["rolled_back"]
    with pytest.raises(Failed, match="nobody reached this host"):
        change.keep(gateway.place)
    assert "rolled-back" in gateway.place.differs()


def test_a_first_configuration_that_cuts_the_host_off_leaves_nothing(tmp_path):
    fresh = Gateway(tmp_path)
    fresh.active = set()
    change.begin(fresh.place, 5, 60)
    change.load(fresh.place, 5, 60)
    change.back(fresh.place)
    assert [fresh.live(name) for name in FILES] == [None] * len(FILES) and "systemctl stop strongswan.service" in fresh.ran
    assert {"ip route del blackhole 10.0.0.0/16", "ip address del a/32 dev lo", "nft delete table inet multicloud_vpn"} < set(fresh.ran)


def test_loading_that_fails_says_so_and_is_not_taken_for_an_end(gateway):
    gateway.want(HEALTH, json.dumps(config()))
    gateway.place.run = lambda argv, timeout: (_ for _ in ()).throw(Failed("systemctl restart: refused")) if "restart" in argv else ""
    gateway.want(NETWORK, "two\n")
    assert not change.load(gateway.place, 5, 60)
    assert change.result(gateway.place, 1) == {"failed": "systemctl restart: refused; the one before it is in force again"}
    (gateway.place.state / "result.json").unlink()
    gateway.place.run = gateway.run
    gateway.active.add("multicloud-vpn-load.service")
    assert "has not ended within 1 s" in change.result(gateway.place, 1)["failed"]
    gateway.active.discard("multicloud-vpn-load.service")
    assert "was ended before it was done" in change.result(gateway.place, 60)["failed"] and gateway.time < 3, "nobody waits for one that is gone"


def broken_load(gateway):
    """A first tunnel is loaded; the second's description is one that swanctl refuses."""
    gateway.want(A, "two\n")
    gateway.want(B, "two\n")
    gateway.want(SETTINGS, "two\n")
    reload = "systemctl reload strongswan.service"
    ran = gateway.run

    def run(argv, timeout):
        if argv == ["systemctl", "reload", "strongswan.service"] and gateway.live(A) == gateway.live(B) == "two\n":
            gateway.ran.append(reload)
            raise Failed("swanctl --load-all: loading connection 'multicloud-a' failed")
        return ran(argv, timeout)

    gateway.place.run = run
    return reload


def test_a_load_that_fails_half_way_leaves_the_whole_of_what_was_in_force(gateway):
    """Each reload loads the whole set, so the last one with the files before lets go of what the failed one had loaded."""
    reload = broken_load(gateway)
    change.begin(gateway.place, 5, 60)
    assert not change.load(gateway.place, 5, 60)
    assert change.result(gateway.place, 1)["failed"] == \
        "swanctl --load-all: loading connection 'multicloud-a' failed; the one before it is in force again"
    assert {gateway.live(name) for name in (A, B, SETTINGS)} == {"one\n"}
    after = gateway.ran[len(gateway.ran) - 1 - gateway.ran[::-1].index(reload):]
    assert not any("restart" in line for line in gateway.ran) and after[0] == reload, "with as little as it takes"
    assert gateway.ran[-1] == "systemctl stop multicloud-vpn-back.timer", "nothing is left to be taken back"
    change.keep(gateway.place)          # the controller comes by all the same
    assert (gateway.place.kept / A).read_text() == "one\n" and A in gateway.place.differs()


def test_what_cannot_be_taken_back_gently_is_started_anew(gateway):
    gateway.want(SETTINGS, "two\n")
    gateway.fails = ["systemctl reload strongswan.service"] * 2
    assert not change.load(gateway.place, 5, 60)
    assert gateway.live(SETTINGS) == "one\n" and "systemctl restart strongswan.service" in gateway.ran


def test_a_first_load_that_fails_leaves_nothing_in_force(tmp_path):
    fresh = Gateway(tmp_path)
    fresh.active, fresh.fails = set(), ["systemctl restart strongswan.service"]
    assert not change.load(fresh.place, 5, 60)
    assert change.result(fresh.place, 1)["failed"].endswith("nothing of it is in force")
    assert [fresh.live(name) for name in FILES] == [None] * len(FILES)


@pytest.mark.parametrize("dies_after", range(1, 7))
def test_a_loader_that_is_killed_at_any_point_leaves_what_was_in_force(gateway, dies_after):
    """kill -9 runs no handler: what it had put and loaded by then is taken back by whoever comes by, or by the timer."""
    gateway.want(A, "two\n")
    gateway.want(B, "two\n")
    gateway.want(SETTINGS, "two\n")
    run, left = gateway.run, [dies_after]

    def until(argv, timeout):
        if argv[:2] != ["systemctl", "is-active"]:
            left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return run(argv, timeout)

    change.begin(gateway.place, 5, 60)
    gateway.place.run = until
    with pytest.raises(KeyboardInterrupt):
        change.load(gateway.place, 5, 60)
    gateway.place.run = run
    assert "was ended before it was done" in change.result(gateway.place, 60)["failed"]
    gateway.ran.clear()
    with pytest.raises(Failed, match="loading was ended before it was done; the one before it is in force again"):
        change.keep(gateway.place)
    assert {gateway.live(name) for name in (A, B, SETTINGS)} == {"one\n"} and (gateway.place.kept / A).read_text() == "one\n"
    assert "systemctl reload strongswan.service" in gateway.ran and "systemctl stop multicloud-vpn-back.timer" in gateway.ran


def test_the_last_tunnel_that_carries_is_not_ended_by_a_run_after_one_that_was_refused(gateway):
    """The first run changed the one that stood by, which does not come up; the next finds only the other one different."""
    gateway.breaks = {1: ("b",)}
    gateway.want(A, "two\n")
    gateway.want(B, "two\n")
    assert "b" in Change(gateway.place, 5).load()["down"]
    change.keep(gateway.place)
    assert gateway.place.differs() == [A]
    gateway.ran.clear()
    with pytest.raises(NotTouched) as caught:
        Change(gateway.place, 5).load()
    assert "tunnel b carries nothing" in str(caught.value) and "Tunnel b must come up first" in str(caught.value)
    assert "-e vpn_gateway_accept_both_down=true" in str(caught.value)
    assert gateway.live(A) == "one\n" and not any("--terminate" in line or "reload" in line for line in gateway.ran)
    assert not change.load(gateway.place, 5, 60) and "must come up first" in change.result(gateway.place, 1)["failed"]
    assert gateway.live(B) == "two\n", "what was not begun is not taken back"

    gateway.up.add("b")                 # mended at the other end
    assert Change(gateway.place, 5).load()["down"] == {} and gateway.live(A) == "two\n"


def test_who_can_do_without_both_says_so(gateway):
    gateway.up, gateway.newest = {"a"}, "a"
    gateway.want(A, "two\n")
    Change(gateway.place, 0, accept=True).load()
    assert gateway.live(A) == "two\n"


def test_a_tunnel_that_comes_up_meanwhile_is_waited_for(gateway):
    gateway.up = {"a"}
    gateway.want(A, "two\n")
    sleep = gateway.place.sleep

    def later(seconds):
        sleep(seconds)
        if gateway.time > 3:
            gateway.up.add("b")

    gateway.place.sleep = later
    Change(gateway.place, 5).load()
    assert gateway.live(A) == "two\n" and gateway.seen[-1][2] == "b", "led away first"


def test_traffic_is_not_led_into_a_tunnel_that_carries_nothing(gateway, capsys):
    """AWS takes the other one away next."""
    gateway.up = {"a"}
    with pytest.raises(NotTouched, match="Tunnel b must come up first"):
        change._lead(gateway.place, "b", accept=False)
    gateway.up, gateway.newest = {"b"}, "a"
    with pytest.raises(NotTouched, match="Tunnel a must come up first"):
        change._lead(gateway.place, "a", accept=False)      # also where it leads already
    gateway.up = {"a", "b"}
    assert change._lead(gateway.place, "b", accept=False) == 0 and json.loads(capsys.readouterr().out)["carrying"] == "b"
