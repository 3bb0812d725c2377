# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A rehearsal from its first step to its last: what it finds, what it refuses, and that nothing is left of it, wherever it is killed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.rehearsal import clone, refusals, rehearse, run, visitor
from ansible_collections.multicloud.dr.plugins.module_utils.rehearsal.parts import Parts
from ansible_collections.multicloud.dr.plugins.module_utils.rehearsal.still import Beat
from ansible_collections.multicloud.dr.plugins.module_utils.switch.provisions import look_rehearsal

from .made_up import STANDS_BY, Cloud, Shop, parts, serving


class OwnGate:
    """Opens and shuts the copy's application."""

    shop: Shop

    def __init__(self, _target: object, _site: str) -> None:
        self.shop.opened, self.shop.taken = False, {"A-1"}      # a new copy

    def open(self, _seconds: float) -> int:
        self.shop.opened = True
        return 5

    def close(self) -> None:
        self.shop.opened = False


@pytest.fixture
def live(tmp_path: Path) -> Iterator[tuple[Shop, str]]:
    """The standby's own agent and application."""
    shop = Shop(tmp_path / "live-gate")
    with serving(shop) as url:
        yield shop, url


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """The application on the copy; without the database beneath it."""
    shop = Shop(tmp_path / "copy-gate", "a rehearsal's")
    monkeypatch.setattr(OwnGate, "shop", shop, raising=False)
    monkeypatch.setattr(clone, "OwnGate", OwnGate)
    monkeypatch.setattr(clone, "copied", lambda *_: {"tables": 9, "rows": 1234})
    monkeypatch.setattr(clone, "have_account", lambda *_: None)
    monkeypatch.setattr(rehearse, "answering", lambda server, _clock: server)
    monkeypatch.setattr(rehearse.Beside, "look", lambda _self: Beat(None, True))
    with serving(shop) as url:
        monkeypatch.setattr(Parts, "url", property(lambda _self: url))
        yield shop


def cloud(made: Parts) -> dict[str, Any]:
    there = made.instances
    assert isinstance(there, Cloud)
    return there.there


def nothing_left(made: Parts) -> bool:
    return not cloud(made) and not made.podman.there() and made.kept.under_way() is None and not made.kept.environment.exists()


def test_a_rehearsal_sells_a_ticket_on_the_copy_and_leaves_nothing(live: tuple[Shop, str], copy: Shop, tmp_path: Path) -> None:
    made, said = parts(tmp_path, live[1]), list[str]()
    found = rehearse.rehearse(made, said.append)
    assert nothing_left(made) and len(copy.known) == 1 and not live[0].known
    assert (found["ok"], found["rows"], found["floor_seconds"], found["replication_pause_seconds"]) == (True, 1234, 30, 0.0)
    assert found["rto_seconds"] >= 30 and found["good"] == found["at"] and found["removed"] == []
    assert [line.split(":")[0] for line in said] == ["instance", "copy", "application", "guard", "sale"]
    environment = made.podman.environment                   # type: ignore[attr-defined]
    assert environment["SITE"] == "aws-rehearsal" and environment["RELEASE"].startswith("multicloud-dr-rehearsal-")
    assert "@copy.invalid:3306/tickets" in environment["DATABASE_URL"] and environment["SESSION_KEYS"] == "s"
    kept = (tmp_path / "state" / "status.json").read_text()
    assert "CANARY" not in kept + "".join(said) and environment["DATABASE_URL"].split(":")[2] not in kept
    seen = look_rehearsal(tmp_path / "state" / "status.json")
    assert getattr(seen, "value", None) and seen.value.ok and seen.value.rto_seconds == found["rto_seconds"]       # type: ignore[union-attr]
    assert "Rehearsed on" in run.words(made.kept.status())[0]


STEPS: dict[str, tuple[Any, str]] = {
    "asked for, answer not heard": (rehearse.Parts, "instances"), "id heard": (rehearse, "answering"),
    "copying": (clone, "copied"),
    "application started": (visitor, "wait_ready"), "gate open": (visitor, "sell"), "sold": (visitor, "refuse_reached")}


@pytest.mark.parametrize("at", STEPS)
def test_killed_at_any_point_the_next_run_removes_what_was_made_first(
        at: str, live: tuple[Shop, str], copy: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = parts(tmp_path, live[1])
    child = os.fork()
    if not child:
        def dies(*_: Any, **__: Any) -> None:
            os._exit(9)                                         # as with kill -9, nothing runs any more

        if at == "asked for, answer not heard":
            make = made.instances.make
            made.instances.make = lambda *given: (make(*given), os._exit(9))     # type: ignore[method-assign, assignment]
        else:
            setattr(*STEPS[at], dies)
        try:
            rehearse.rehearse(made, lambda _said: None)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    left = made.kept.under_way()
    assert left and cloud(made) and ("id" in left) == (at != "asked for, answer not heard")
    his = {"tickets-db-other": {"id": "db-his", "mark": ""}}
    made.instances.keep({**cloud(made), **his})                 # type: ignore[attr-defined]
    said: list[str] = []
    found = rehearse.rehearse(made, said.append)
    assert found["ok"] and any("tickets-db-rehearsal" in each for each in found["removed"]) and said[0].startswith("An earlier rehearsal had left")
    assert cloud(made) == his, "what is somebody else's stays"


def test_systemd_clears_away_at_once_and_says_that_it_was_killed(live: tuple[Shop, str], tmp_path: Path) -> None:
    made = parts(tmp_path, live[1])
    (tmp_path / "state").mkdir()
    assert rehearse.clear(made, lambda _said: None) == [] and made.kept.status() == {}, "after one that ended there is nothing to do"
    mark = made.kept.begin({"instance": made.instance, "container": "c", "began": 1.0})["mark"]
    made.instances.make(made.instance, None, mark)
    made.podman.run("i", [], {}, made.kept.environment, 1)
    assert len(rehearse.clear(made, lambda _said: None)) == 2 and nothing_left(made)
    assert not made.kept.status()["ok"] and "It was killed" in run.words(made.kept.status())[0]


def test_an_instance_that_was_never_asked_for_is_waited_for_a_minute_and_one_of_another_mark_stays(live: tuple[Shop, str], tmp_path: Path) -> None:
    made = parts(tmp_path, live[1])
    (tmp_path / "state").mkdir()
    made.kept.begin({"instance": made.instance, "container": "c", "began": 1.0})
    assert rehearse.clear(made, lambda _said: None) == []
    made.kept.begin({"instance": made.instance, "container": "c", "began": 1.0})
    made.instances.make(made.instance, None, "somebody else's")
    assert rehearse.clear(made, lambda _said: None) == [] and cloud(made)


@pytest.mark.parametrize(("where", "step"), [(clone, "copied"), (visitor, "wait_ready"), (visitor, "sell")])
def test_one_that_goes_wrong_says_why_and_leaves_nothing(
        where: Any, step: str, live: tuple[Shop, str], copy: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = parts(tmp_path, live[1])
    good = rehearse.rehearse(made, lambda _said: None)
    monkeypatch.setattr(where, step, lambda *_: (_ for _ in ()).throw(Fault("do it", left="It would not.")))
    told: list[str] = []
    with pytest.raises(Fault, match="It would not"):
        rehearse.rehearse(made, told.append)
    status = made.kept.status()
    assert ("it said this" in " ".join(told)) == (where is visitor) and "it said this" not in str(status), "the log has it, the status has not"
    assert nothing_left(made) and (status["ok"], status["good"]) == (False, good["good"]) and "It would not." in status["said"]
    monkeypatch.setattr(where, step, lambda *_: (_ for _ in ()).throw(KeyError("x")))
    with pytest.raises(KeyError):
        rehearse.rehearse(made, lambda _said: None)
    assert nothing_left(made) and "KeyError, which nobody foresaw" in made.kept.status()["said"]


def test_a_copy_that_sells_while_its_gate_is_shut_fails_the_rehearsal(live: tuple[Shop, str], copy: Shop, tmp_path: Path) -> None:
    copy.sells_while_shut = True
    made = parts(tmp_path, live[1])
    with pytest.raises(Fault, match="A site whose gate is shut would sell"):
        rehearse.rehearse(made, lambda _said: None)
    assert nothing_left(made)


@pytest.mark.parametrize("led", ["by the door", "by replication"])
def test_a_copy_that_users_reach_is_removed_at_once(led: str, live: tuple[Shop, str], copy: Shop, tmp_path: Path,
                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    made = parts(tmp_path, live[1])
    if led == "by the door":
        begin = made.kept.begin
        monkeypatch.setattr(made.kept, "begin", lambda facts: (kept := begin(facts), setattr(live[0], "release", kept["mark"]))[0])
    else:
        live[0].known = copy.known
    with pytest.raises(Fault, match=r"away from the copy|known at http"):
        rehearse.rehearse(made, lambda _said: None)
    assert nothing_left(made) and not made.kept.status()["ok"]


def test_an_application_that_listens_wider_than_told_is_removed_at_once(live: tuple[Shop, str], copy: Shop, tmp_path: Path,
                                                                        monkeypatch: pytest.MonkeyPatch) -> None:
    import http.server
    import threading
    wide = http.server.HTTPServer(("0.0.0.0", 0), http.server.BaseHTTPRequestHandler)
    threading.Thread(target=wide.serve_forever, daemon=True).start()
    made = parts(tmp_path, live[1])
    start = made.podman.run
    monkeypatch.setattr(made.podman, "run", lambda *given: (start(*given), made.config["application"].update(port=wide.server_port)))
    monkeypatch.setattr(rehearse, "own_addresses", lambda: ["127.0.0.2"])
    with pytest.raises(Fault, match=r"It answers at 127\.0\.0\.2"):
        rehearse.rehearse(made, lambda _said: None)
    wide.shutdown()
    wide.server_close()
    assert nothing_left(made)


def test_a_container_that_will_not_go_keeps_no_instance_and_is_tried_again(live: tuple[Shop, str], copy: Shop, tmp_path: Path,
                                                                            monkeypatch: pytest.MonkeyPatch) -> None:
    made = parts(tmp_path, live[1])

    def stays() -> bool:
        if made.podman.there():
            raise Fault("remove the container", "of it", left="It would not.")
        return False

    with monkeypatch.context() as patch:
        patch.setattr(made.podman, "remove", stays)
        with pytest.raises(Fault, match="It would not"):
            rehearse.rehearse(made, lambda _said: None)
    assert not cloud(made) and made.podman.there() and made.kept.under_way() and not made.kept.status()["ok"]
    assert rehearse.clear(made, lambda _said: None) == ["container multicloud-dr-rehearsal"] and nothing_left(made)


def test_two_at_a_time_there_are_not(live: tuple[Shop, str], copy: Shop, tmp_path: Path) -> None:
    made, other = parts(tmp_path, live[1]), parts(tmp_path, live[1])
    with made.kept.turn(made.clock), pytest.raises(Fault, match="Another one is under way"):
        rehearse.rehearse(other, lambda _said: None)
    assert rehearse.rehearse(other, lambda _said: None)["ok"]


def test_at_the_writer_nothing_is_rehearsed_and_no_failure_is_told(live: tuple[Shop, str], copy: Shop, tmp_path: Path) -> None:
    made = parts(tmp_path, live[1])
    live[0].status = {**STANDS_BY, "writer": True, "record": {"writer": "aws"}}
    for ask in (rehearse.rehearse, rehearse.foreseen):
        with pytest.raises(rehearse.NotHere, match="It is the writer"):
            ask(made)
    assert made.kept.status() == {}


def test_check_mode_tells_and_makes_nothing(live: tuple[Shop, str], tmp_path: Path) -> None:
    made = parts(tmp_path, live[1])
    assert rehearse.foreseen(made) == ["Instance tickets-db-rehearsal would be made, filled from dr_agent@standby.invalid:3306, sold from once and "
                                       "removed."]
    (tmp_path / "state").mkdir()
    made.kept.begin({"instance": made.instance, "container": "c", "began": 1.0})
    assert "would be removed first: tickets-db-rehearsal" in rehearse.foreseen(made)[0] and not cloud(made)


BEHIND = {**STANDS_BY, "observations": {"replica": {"following": True, "lag_seconds": 31.0}}}


@pytest.mark.parametrize(("status", "quota", "application", "edge", "words"), [
    ({}, {}, {"address": "0.0.0.0"}, "", ["0.0.0.0 is not loopback, so users"]),
    ({}, {}, {"address": "tickets.example.com"}, "", ["is not loopback"]),
    ({}, {}, {"memory_mb": 10**9}, "", ["MB are available on this host, and 1000000000 + 256 MB are needed"]),
    ({}, {}, {"image": "nowhere"}, "", ["Could not have the image"]),
    ({}, {}, {}, "backend apps\n    server rehearsal 127.0.0.1:PORT check\n", ["leads to port", "so the copy would answer users"]),
    ({}, {"DBInstances": (40, 40)}, {}, "", ["quota of DBInstances is 40, 40 are used and 1 more are needed"]),
    ({}, {"AllocatedStorage": (99_990, 100_000)}, {}, "", ["quota of AllocatedStorage is 100000, 99990 are used and 20 more are needed"]),
    (BEHIND, {}, {}, "", ["is 31 s behind"]), ({"maintenance": True}, {}, {}, "", ["is in maintenance"]),
    ({"observations": {"replica": {"no_answer": "x"}}}, {}, {}, "", ["is not known to follow"]),
    ({"record": {}}, {}, {}, "", ["A loss may be under way"]),
    ({"verdict": {"verdict": "SITE_LOST", "action": "take_over"}}, {}, {}, "", ["is about to act: SITE_LOST"]),
    ({"maintenance": True}, {"DBInstances": (40, 40)}, {"image": "nowhere"}, "", ["is in maintenance", "DBInstances", "have the image"]),
])
def test_what_cannot_be_is_refused_before_anything_is_made(
        status: dict[str, Any], quota: dict[str, tuple[int, int]], application: dict[str, Any], edge: str, words: list[str],
        live: tuple[Shop, str], copy: Shop, tmp_path: Path) -> None:
    live[0].status = {**STANDS_BY, **status}
    made = parts(tmp_path, live[1], **application)
    made.instances.quota |= quota                               # type: ignore[attr-defined]
    (tmp_path / "haproxy.cfg").write_text(edge.replace("PORT", str(made.application["port"])))
    made.config["edge_file"] = str(tmp_path / "haproxy.cfg")    # type: ignore[index]
    made.instances.make = lambda *_: pytest.fail("it was made")     # type: ignore[method-assign]
    for ask in (rehearse.rehearse, rehearse.foreseen):
        with pytest.raises(Fault) as refused:
            ask(made)
        assert all(each in " ".join(refused.value.told().split()) for each in words) and "Nothing was made" in refused.value.told()
    assert nothing_left(made) and not made.kept.status()["ok"]


def test_a_port_that_is_taken_an_agent_that_is_silent_and_a_name_that_is_taken(live: tuple[Shop, str], copy: Shop, tmp_path: Path) -> None:
    taken = int(live[1].rpartition(":")[2])
    made = parts(tmp_path, live[1], port=taken)
    assert any("nothing can listen on" in each for each in refusals.against(made))
    made = parts(tmp_path, live[1])
    made.config["agent_url"] = "http://127.0.0.1:9"             # type: ignore[index]
    assert any("nobody knows whether its site stands by" in each for each in refusals.against(made))
    made = parts(tmp_path, live[1])
    made.instances.make(made.instance, None, "his")
    assert any("exists, and is not ours" in each for each in refusals.against(made)) and cloud(made)


def test_a_shop_that_is_sold_out_says_so_and_one_seat_may_be_gone(copy: Shop) -> None:
    with serving(copy) as url:
        assert visitor.choose(url) == [(3, "A-2"), (3, "A-3")], "no line, on sale, free"
        copy.opened, copy.taken = True, {"A-1", "A-2"}
        sold = visitor.sell(url, visitor.choose(url), 5.0, parts(Path("/nonexistent"), url).clock)
        assert (sold.seat, sold.event, sold.epoch) == ("A-3", 3, 5)
        copy.events = []
        with pytest.raises(Fault, match="No event on sale has a free seat"):
            visitor.choose(url)


def test_a_purchase_that_is_acknowledged_and_not_there_is_no_proof(copy: Shop) -> None:
    copy.opened = copy.forgets = True
    with serving(copy) as url, pytest.raises(Fault, match="acknowledged, and is not there"):
        visitor.sell(url, [(3, "A-2")], 5.0, parts(Path("/nonexistent"), url).clock)


def test_the_programs_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["x"]) == 2 and "usage" in capsys.readouterr().err
    assert run.main([str(tmp_path / "none.json"), "status"]) == 1 and "--tags rehearsal" in capsys.readouterr().err
    (tmp_path / "c.json").write_text(json.dumps({"topology": "t"}))
    assert run.main([str(tmp_path / "c.json"), "status"]) == 1 and "application: required" in capsys.readouterr().err
    assert run.words({}) == ["No rehearsal has been made on this host yet."]
