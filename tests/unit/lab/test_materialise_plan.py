# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what there is to what there should be: the least that has to be done, in an order that works, and never on a guess."""

from __future__ import annotations

import dataclasses
import threading
from typing import Any

from lab.materialise import observe
from lab.materialise.actual import read_rows
from lab.materialise.plan import Action, Thing, fingerprint, plan
from lab.materialise.specs import Database, Host, Network, Schema, Spec, User
from lab.materialise.work import Work

NETWORK = Network("lab-nhn-1", "nhn", "vpc", "192.168.0.0/16")
HOST = Host("lab-nhn-host-1", "nhn", "server-1", "lab-nhn-1", "192.168.0.10", "192.168.0.1", "management", "debian", "ssh-ed25519 A")
DATABASE = Database("lab-nhn-db-1", "nhn", "db-1", "lab-nhn-1", "192.168.10.50", "192.168.0.1", 3306, "db.example", "admin", "x",
                    users=(User("u", "app", "y", "%", "CRUD"),), schemas=(Schema("s", "tickets"),))
BOTH = ("nhn", "aws")


def world(*specs: Spec) -> dict[str, Spec]:
    return {spec.name: spec for spec in specs}


def there(*specs: Spec, run: str = "100 1") -> dict[str, Thing]:
    return {spec.name: Thing(spec.name, spec.site, fingerprint(spec), "" if isinstance(spec, Network) else run, isinstance(spec, Network))
            for spec in specs}


def verbs(actions: list[Action]) -> list[tuple[str, str]]:
    return [(action.verb, action.name) for action in actions]


def test_a_network_comes_before_what_is_in_it() -> None:
    want = world(NETWORK, HOST)
    assert verbs(plan(want, {}, BOTH, {})) == [("create", "lab-nhn-1")]
    assert verbs(plan(want, there(NETWORK), BOTH, {})) == [("create", "lab-nhn-host-1")]


def test_what_is_new_or_has_restarted_is_brought_into_force_once() -> None:
    want, have = world(NETWORK, HOST), there(NETWORK, HOST)
    assert verbs(plan(want, have, BOTH, {})) == [("update", HOST.name)]
    assert plan(want, have, BOTH, {HOST.name: (HOST, "100 1")}) == []
    assert verbs(plan(want, have, BOTH, {HOST.name: (HOST, "99 1")})) == [("update", HOST.name)]


def test_a_stopped_container_is_started() -> None:
    assert verbs(plan(world(NETWORK, HOST), there(NETWORK, HOST, run=""), BOTH, {})) == [("start", HOST.name)]


def test_a_stopped_server_is_stopped_not_thrown_away() -> None:
    off, on = dataclasses.replace(HOST, powered=False), there(NETWORK, HOST)
    assert verbs(plan(world(NETWORK, off), on, BOTH, {})) == [("stop", HOST.name)]
    assert plan(world(NETWORK, off), there(NETWORK, HOST, run=""), BOTH, {}) == []
    assert plan(world(NETWORK, off), there(NETWORK), BOTH, {}) == []


def test_a_change_within_reach_is_an_update_any_other_a_rebuild() -> None:
    have, applied = there(NETWORK, HOST), {HOST.name: (HOST, "100 1")}
    assert verbs(plan(world(NETWORK, dataclasses.replace(HOST, public=("198.51.100.100",))), have, BOTH, applied)) == [("update", HOST.name)]
    assert verbs(plan(world(NETWORK, dataclasses.replace(HOST, address="192.168.0.11")), have, BOTH, applied)) == [("remove", HOST.name)]


def test_what_is_gone_goes_and_its_network_after_it() -> None:
    have = there(NETWORK, HOST)
    assert verbs(plan({}, have, BOTH, {}, {"lab-nhn-1"})) == [("remove", HOST.name)]
    assert verbs(plan({}, there(NETWORK), BOTH, {})) == [("remove", "lab-nhn-1")]
    assert plan({}, there(NETWORK), BOTH, {}, {"lab-nhn-1"}) == []


def test_a_site_nobody_looked_at_is_left_alone() -> None:
    assert plan({}, there(NETWORK, HOST), ("aws",), {}) == []
    assert plan(world(NETWORK, HOST), there(NETWORK, HOST, run=""), ("aws",), {}) == []


def test_the_fingerprint_ignores_what_can_be_changed_in_place() -> None:
    assert fingerprint(HOST) == fingerprint(dataclasses.replace(HOST, public_key="ssh-ed25519 B"))
    assert fingerprint(HOST) != fingerprint(dataclasses.replace(HOST, resource="server-2"))


def finished(work: Work) -> list[Action]:
    done: list[Action] = []
    for _ in range(1000):
        done += work.collect()
        if not work.busy:
            return done
        threading.Event().wait(0.002)
    raise AssertionError("work never ended")


def test_one_failure_waits_and_holds_up_nobody() -> None:
    now = [0.0]
    tried: list[str] = []

    def act(action: Action) -> None:
        tried.append(action.name)
        if action.name == "bad":
            raise ValueError("no such image")

    work = Work(act, workers=1, clock=lambda: now[0])
    actions = [Action("create", "bad"), Action("create", "good")]
    work.submit(actions)
    assert [action.name for action in finished(work)] == ["good"]
    work.submit(actions[:1])
    assert finished(work) == [] and tried.count("bad") == 1         # still waiting
    now[0] = 1.1
    work.submit(actions[:1])
    finished(work)
    now[0] = 2.2                                                    # the second pause is twice as long
    work.submit(actions[:1])
    finished(work)
    assert tried.count("bad") == 2
    work.submit([Action("remove", "bad")])                          # something else need not wait
    finished(work)
    assert tried.count("bad") == 3
    work.close()


def test_a_name_has_one_action_at_a_time() -> None:
    gate, started = threading.Event(), []
    work = Work(lambda action: (started.append(action.verb), gate.wait(5))[0], workers=2)  # type: ignore[func-returns-value]
    work.submit([Action("create", "one")])
    work.submit([Action("remove", "one")])
    gate.set()
    finished(work)
    assert started == ["create"]
    work.close()


def test_nhn_hears_of_servers_databases_users_and_schemas() -> None:
    seen = observe.nhn([HOST, DATABASE])
    assert seen == {"servers": {"server-1": "ACTIVE"}, "rds_instances": {"db-1": "AVAILABLE"}, "rds_users": {"u": "STABLE"},
                    "rds_schemas": {"s": "STABLE"}}


def test_podman_s_answer_in_our_words() -> None:
    mine = {"mcdr.site": "nhn", "mcdr.spec": fingerprint(HOST), "mcdr.address": "192.168.0.10"}
    sibling = {"mcdr.site": "nhn", "mcdr.host": HOST.name, "mcdr.sibling": "app", "mcdr.restart": "always"}
    rows: list[dict[str, Any]] = [
        {"Names": [HOST.name], "Labels": mine, "State": "running", "Pid": 7, "StartedAt": 5, "ExitCode": 0, "Networks": ["lab-nhn-1"]},
        {"Names": ["a-pod"], "Labels": {"mcdr.site": "nhn"}, "State": "running", "Pid": 8, "StartedAt": 5, "ExitCode": 0,
         "Networks": ["lab-nhn-1"]},
        *({"Names": [f"s-{state}"], "Labels": sibling, "State": state, "Pid": 0, "StartedAt": 1, "ExitCode": 1, "Networks": []}
          for state in ("exited", "stopping")),
    ]
    networks = [{"name": "lab-nhn-1", "bridge": "cni-podman7", "cidr": "192.168.0.0/16",
                 "labels": {"mcdr.site": "nhn", "mcdr.spec": fingerprint(NETWORK)}},
                {"name": "lab-internet", "bridge": "cni-podman1", "cidr": "198.51.100.0/24", "labels": {"mcdr.site": "internet"}}]
    actual = read_rows(rows, networks)
    assert actual.things == there(NETWORK, HOST, run="7 5")
    assert (actual.kept, actual.pids) == ({HOST.name: "192.168.0.10"}, {HOST.name: 7})
    assert actual.occupied == {"lab-nhn-1"} and actual.bridges == (("cni-podman7", "192.168.255.254/16"),)
    assert [sibling.container for sibling in actual.siblings] == ["s-exited"]       # one that is stopping cannot be started yet
