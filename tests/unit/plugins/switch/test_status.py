# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a whole agent answers at /status, whatever the record says, and what another process of its host makes of it; and the module that reads the
record by itself.
"""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import HTTPServer
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.parameters import remove_values
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.clocks import Offset
from ansible_collections.multicloud.dr.plugins.module_utils.switch import probes, web
from ansible_collections.multicloud.dr.plugins.module_utils.switch.askers import Askers
from ansible_collections.multicloud.dr.plugins.module_utils.switch.config import Config
from ansible_collections.multicloud.dr.plugins.module_utils.switch.daemon import LOOK_EVERY, Service
from ansible_collections.multicloud.dr.plugins.module_utils.switch.observations import (
    GateView,
    NotLooked,
    Observations,
    RecordView,
    ReplicaView,
    Saw,
)
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Offer, Record, Seen, Sight
from ansible_collections.multicloud.dr.plugins.module_utils.switch.same_boot import offset_from_plain, sight_from_plain, sight_to_plain
from ansible_collections.multicloud.dr.plugins.module_utils.switch.timing import Timing
from ansible_collections.multicloud.dr.plugins.modules import world_writer

from .test_etcd import Gateway

OFFERED = Record("nhn", 2, 9, Offer("aws", "server-1", 144), 11.0)
HELD = {"nobody": None, "held": Record("nhn", 2, 9, takeover=11.0), "by an older agent": Record("nhn", 2, 9), "offered": OFFERED}


@contextmanager
def agent_that_saw(held: Record | None, state: Path) -> Iterator[tuple[str, Sight, Service]]:
    """The address of AWS's agent, what it has seen of the record, and itself. Nothing else answers it."""
    nowhere = "http://127.0.0.1:9"
    service = Service(Config("aws", "nhn", "t", Timing(), {
        "topology": "t", "site": "aws", "primary": "nhn", "etcd": {"endpoints": [nowhere]},
        "database": {"host": "127.0.0.1", "user": "u", "password": "p"},
        "edges": {"nhn": nowhere, "aws": nowhere}, "listen": {"addresses": ["127.0.0.1"], "port": 0}, "state_directory": str(state)}))
    now = time.monotonic()
    sight = service.agent.sight = Sight(Seen(held, 7 if held else 0), now - 3, now, now, alive=True)
    service._seen_at = now
    server = web.serve("127.0.0.1", 0, service.writer, service.status, Askers(time.monotonic), service.outlook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.port}", sight, service
    server.shutdown()


@pytest.mark.parametrize("held", HELD.values(), ids=HELD)
def test_status_is_answered_whatever_the_record_says_and_the_sight_survives_it(held: Record | None, tmp_path: Path) -> None:
    """An offer may stand until a person acts; just then everybody asks."""
    with agent_that_saw(held, tmp_path) as (url, sight, _):
        told = probes.agent_status(url)
        assert told is not None and isinstance(probes.peer_answers(url), Saw)
        again = sight_from_plain(told["sight"])
        assert again == sight and again.seen.record == held
        assert held is None or (again.seen.record is not None and again.seen.record.takeover == held.takeover)
        assert told["record"].get("writer") == (held.writer if held else None)
        if held is OFFERED:
            view = probes.view_record(again, None, Timing(), sight.looked)
            assert view == Saw(RecordView("nhn", 2, 3.0, True, "aws", 11.0)), "whom it is offered to, and for how long it must be unchanged"


@pytest.mark.parametrize("change", [{"alive": ...}, {"since": ...}, {"since": "x"}, {"last": float("nan")}, {"revision": None}, {"record": ["nhn"]},
                                    {"record": {"writer": "nhn"}}, {"boot": "another"}])
def test_a_sight_as_another_release_tells_it_is_none(change: dict[str, Any]) -> None:
    """A clone of another release goes on from nothing then, and watches for itself."""
    sight = Sight(Seen(HELD["held"], 7), 1.0, 2.0, 2.0, alive=True)
    plain = {**(sight_to_plain(sight) or {}), **change}
    assert sight_from_plain({name: value for name, value in plain.items() if value is not ...}) is None
    assert sight_from_plain([plain]) is None and sight_from_plain(sight_to_plain(sight)) == sight
    assert offset_from_plain({"boot": plain["boot"], "seconds": 0.1}) is None and offset_from_plain(["x"]) is None


def test_maintenance_and_the_verdict_are_told_as_of_the_same_moment(tmp_path: Path) -> None:
    """A playbook waits for the one and then tells the other."""
    flag = tmp_path / "maintenance"
    with agent_that_saw(HELD["held"], tmp_path) as (_, _sight, service):
        for change, up in ((flag.touch, True), (flag.unlink, False)):
            change()
            service.tend_disk()         # and what is looked at over the network is looked at later
            told = service.status()
            assert (told["maintenance"], told["verdict"]["verdict"] == "MAINTENANCE") == (up, up), told["verdict"]


def test_the_score_is_weighed_once_somebody_has_looked_and_stands_in_status(tmp_path: Path) -> None:
    with agent_that_saw(HELD["held"], tmp_path) as (url, _sight, service):
        told = probes.agent_status(url)
        assert told and told["readiness"] is None and told["provisions"]["room"] == {"not_looked": "nothing has been looked at yet"}
        seen_at, service._seen_at = service._seen_at, float("-inf")
        assert service.tend_readiness() <= 1.0 and service.status()["readiness"] is None, "what nobody has looked at is not weighed"
        service._seen_at = seen_at
        assert service.tend_readiness() < 60, "the agents have not heard each other yet"
        told = probes.agent_status(url)
        assert told and time.time() - told["readiness"]["weighed"] < 60 and not told["readiness"]["ready"]
        weighed = {each["name"] for each in told["readiness"]["reasons"]}
        assert {"writer", "room", "release", "dates", "backup", "rehearsal", "clocks"} <= weighed and all(
            each["cure"] for each in told["readiness"]["reasons"])
        service._began -= 60
        assert service.tend_readiness() == 60.0


class Ended(Exception):
    """The module has said what it had to say."""


@pytest.mark.parametrize("held", HELD.values(), ids=HELD)
def test_the_module_tells_who_writes_in_words_that_ansible_can_carry(held: Record | None, monkeypatch: pytest.MonkeyPatch) -> None:
    said: dict[str, Any] = {}

    class Module:
        check_mode = False

        def __init__(self, **_: object) -> None:
            self.params = {"endpoints": [f"http://127.0.0.1:{server.server_port}"], "topology": "t", "timeout_seconds": 2.0, "access": None,
                           "unreachable_is_null": False}

        def exit_json(self, **told: Any) -> None:
            said.update(remove_values(told, ()))        # as Ansible does before it prints
            raise Ended

        fail_json = exit_json

    class Etcd(Gateway):
        value = base64.b64encode(held.to_json().encode()).decode() if held else None
        revision = 7

    server = HTTPServer(("127.0.0.1", 0), Etcd)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(world_writer, "AnsibleModule", Module)
    with pytest.raises(Ended):
        world_writer.main()
    server.shutdown()
    server.server_close()
    assert {name: said[name] for name in ("writer", "epoch", "counter", "answered")} == {
        "writer": held.writer if held else None, "epoch": held.epoch if held else None, "counter": held.counter if held else None, "answered": True}
    assert said["offered_to"] == ("aws" if held is OFFERED else None)
    assert ("offered to aws" in said["because"]) == (held is OFFERED)


@pytest.mark.parametrize(("beyond", "counts"), [(-0.2, True), (0.001, False)])
def test_what_was_seen_counts_until_the_next_look_is_overdue_and_no_longer(beyond: float, counts: bool, tmp_path: Path) -> None:
    """A look that hangs, at a database perhaps, must not be taken for what is there now."""
    with agent_that_saw(HELD["held"], tmp_path) as (_, _sight, service):
        service._seen = Observations("aws", gate=Saw(GateView(open=False, epoch=1)), replica=Saw(ReplicaView(True, 0.3)), own_edge=Saw(True))
        service._seen_at = time.monotonic() - service.config.timing.blink - LOOK_EVERY - beyond
        seen = service._current()
        looks = [seen.gate, seen.replica, seen.own_edge, seen.record]
        assert all(isinstance(each, Saw if counts else NotLooked) for each in looks), looks
        assert service.verdict().action == "none" and (service.verdict().verdict == "BLIND") != counts


def test_the_clocks_are_told_as_they_are_now(tmp_path: Path) -> None:
    with agent_that_saw(None, tmp_path) as (_, _sight, service):
        service._peer.offset = Offset(0.002, 0.001, time.monotonic() - 5000.0)
        assert service.status()["clock"]["bound"] == pytest.approx(1.001, abs=0.01)
