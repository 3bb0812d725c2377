# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A disk that is full, takes no writes or loses a process in the middle of one: sales go on, nothing is half there, and a person is told."""

from __future__ import annotations

import errno
import json
import os
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.switch import journal as journal_module
from ansible_collections.multicloud.dr.plugins.module_utils.switch import memory as memory_module
from ansible_collections.multicloud.dr.plugins.module_utils.switch import steps, web
from ansible_collections.multicloud.dr.plugins.module_utils.switch.agent import Agent
from ansible_collections.multicloud.dr.plugins.module_utils.switch.config import Config
from ansible_collections.multicloud.dr.plugins.module_utils.switch.daemon import Service
from ansible_collections.multicloud.dr.plugins.module_utils.switch.journal import FOLLOWING, Journal
from ansible_collections.multicloud.dr.plugins.module_utils.switch.memory import OnDisk
from ansible_collections.multicloud.dr.plugins.module_utils.switch.mirror import JournalView, Mirror
from ansible_collections.multicloud.dr.plugins.module_utils.switch.observations import NoAnswer, Saw
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Record, Seen, Sight, Unanswered
from ansible_collections.multicloud.dr.plugins.module_utils.switch.timing import Timing
from ansible_collections.multicloud.dr.plugins.modules import site_switch

from .test_agent import Guarded
from .test_handover import Holder, T
from .test_journal import Ledger, lines, written
from .test_steps import Killed, World


def takes_none(monkeypatch: pytest.MonkeyPatch, module: Any, code: int) -> None:
    """Whatever is opened for writing there fails."""
    def opened(path: Path, mode: str = "r", **more: Any) -> Any:
        if set(mode) & set("aw"):
            raise OSError(code, os.strerror(code), str(path))
        return open(path, mode, **more)
    monkeypatch.setattr(module, "open", opened, raising=False)


def test_a_full_disk_stops_no_writer_whatever_starts_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    holder, said = Holder(), list[str]()

    def started() -> Agent:
        return Agent("nhn", "nhn", T, store=holder, gate=Guarded(holder), pulse=Guarded(holder), clock=lambda: holder.now, sessions=holder.work,
                     wishes=holder.key, memory=OnDisk(tmp_path / "epoch", said.append))
    holder.asks, holder.agent = False, started()
    holder.live(6)
    takes_none(monkeypatch, memory_module, errno.ENOSPC)
    holder.asks = True
    holder.live(20, until="offer")
    holder.asks = False
    holder.live(T.blink * 2 + 1)            # nobody takes it: the holder writes on, an epoch later
    holder.agent = started()
    holder.live(6)
    assert holder.open and holder.agent.renewals > 2 and holder.agent._memory.highest() == 2
    assert len(said) == 2 and all("epoch 2 was seen cannot be kept" in each for each in said), "once by each process, and not with every look"
    monkeypatch.undo()
    holder.live(3)
    assert OnDisk(tmp_path / "epoch").highest() == 2, "once there is room it is kept"


def test_a_time_that_a_disk_has_changed_ends_no_agent_and_no_alarm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The point of a time became a digit: no calendar tells it. The line's time follows from the one before, and people go on being told."""
    kept = Journal(tmp_path / "journal.jsonl", lambda: 1795000000.25)
    for step, phase, more in (("judge", "begun", {"verdict": "SITE_LOST", "detail": "x"}), ("take_record", "after", {"epoch": 2}),
                              ("open_gate", "before", {}), ("open_gate", "after", {"epoch": 2}), ("end", "finished", {"epoch": 2})):
        kept.write("aws-1", step, phase, **more)
    rows = (tmp_path / "journal.jsonl").read_text().splitlines()
    rows[3] = rows[3].replace('"time": 1795000000.25', '"time": 1795000000025')
    (tmp_path / "journal.jsonl").write_text("\n".join(rows) + "\n")
    agent, now = service(tmp_path, Ledger(), monkeypatch), time.monotonic()
    agent.agent.sight = Sight(Seen(Record("aws", 2, 5), 5), now, now, now, True)
    agent._seen_at = now
    assert any("UNPROTECTED since 2026-11-" in each for each in agent.status()["words"])
    assert agent.tend_readiness() > 1 and agent.status()["readiness"] is not None


def test_a_score_that_cannot_be_weighed_ends_no_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    agent = service(tmp_path, Ledger(), monkeypatch)
    agent._seen_at = time.monotonic()
    monkeypatch.setattr(agent.outlook, "readiness", lambda: 1 / 0)
    for _ in range(2):
        assert agent.tend_readiness() > 1
    assert agent.status()["readiness"] is None and capsys.readouterr().out.count("cannot be weighed: ZeroDivisionError") == 1


def test_a_memory_that_cannot_be_read_is_one_of_something(tmp_path: Path) -> None:
    (tmp_path / "epoch").mkdir()
    assert OnDisk(tmp_path / "epoch").highest() == 0 and OnDisk(tmp_path / "none").highest() is None


def test_where_nothing_is_to_be_brought_back_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    takes_none(monkeypatch, journal_module, errno.EROFS)
    assert Journal(tmp_path / "journal.jsonl", time.time, Mirror(Ledger(), "nhn.host", lambda: 0.0)).restore() == 0


def service(state: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Service:
    nowhere = "http://127.0.0.1:9"
    monkeypatch.setattr(Config, "journal", lambda config: Journal(config.state / "journal.jsonl", time.time, Mirror(ledger, "aws.host", lambda: 0.0)))
    return Service(Config("aws", "nhn", "t", Timing(), {
        "topology": "t", "site": "aws", "primary": "nhn", "etcd": {"endpoints": [nowhere]},
        "database": {"host": "127.0.0.1", "user": "u", "password": "p"},
        "edges": {"nhn": nowhere, "aws": nowhere}, "listen": {"addresses": ["127.0.0.1"], "port": 0}, "state_directory": str(state)}))


def test_each_step_of_another_process_wakes_the_records_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """fail_over.yml switches in a process of its own; the agent beside it must not sleep on while buyers wait for its word."""
    agent, elsewhere = service(tmp_path, Ledger(), monkeypatch), Journal(tmp_path / "journal.jsonl", lambda: 1000.0)

    def woken() -> bool:
        agent.act()
        was = agent.hurry.is_set()
        agent.hurry.clear()
        return was
    assert not woken()
    for phase in ("before", "after"):
        elsewhere.write("aws-1", "take_record", phase, epoch=2)
        assert woken() and not woken()
    monkeypatch.setattr(agent._file, "stamp", lambda: os.stat("/proc/self/mem/none"))
    assert not woken(), "a disk that says nothing ends no agent, and wakes nobody"


def test_a_try_that_failed_has_its_pause_and_other_processes_are_seen_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    agent, asked = service(tmp_path, Ledger(), monkeypatch), []

    def tend() -> float:
        asked.append(1)
        return 8.0
    monkeypatch.setattr(agent.actor, "tend", tend)
    for _ in range(3):
        assert agent.act() == Timing().beat
    assert len(asked) == 1
    Journal(tmp_path / "journal.jsonl", lambda: 1000.0).write("aws-1", "take_record", "before", epoch=2)
    agent.act()
    assert agent.hurry.is_set() and len(asked) == 1


def test_whoever_acts_is_woken_when_the_record_becomes_free_and_keeps_his_pauses_after_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    agent, free, asked = service(tmp_path, Ledger(), monkeypatch), [False], []

    def tend() -> float:
        asked.append(1)
        return 8.0
    monkeypatch.setattr(agent.actor, "tend", tend)
    monkeypatch.setattr(agent.agent, "tend_record", lambda: 1.0)
    monkeypatch.setattr(type(agent.agent), "free", property(lambda _agent: free[0]))
    agent.act()
    agent.tend_record()
    assert not agent.acting.is_set()
    free[0] = True
    agent.tend_record()
    assert agent.acting.is_set()
    agent.act()
    agent.acting.clear()
    agent.tend_record()
    agent.act()
    assert not agent.acting.is_set() and len(asked) == 2, "a try that failed would be made again with each look"


def test_a_record_that_becomes_free_while_somebody_acts_is_acted_on_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    agent, free, asked = service(tmp_path, Ledger(), monkeypatch), [False], []

    def tend() -> float:
        asked.append(1)
        if len(asked) == 1:             # he has looked already, and found nothing to do
            free[0] = True
            agent.tend_record()
        return 8.0
    monkeypatch.setattr(agent.actor, "tend", tend)
    monkeypatch.setattr(agent.agent, "tend_record", lambda: 1.0)
    monkeypatch.setattr(type(agent.agent), "free", property(lambda _agent: free[0]))
    for _ in range(3):
        agent.act()
    assert len(asked) == 2, "once more, and then he keeps his pauses"


def test_whoever_listens_for_renewals_stops_once_he_writes_himself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    agent, writer, hurried = service(tmp_path, Ledger(), monkeypatch), ["nhn"], []

    def heard() -> Iterator[None]:
        for number in range(5):
            if number == 2:
                writer[0] = "aws"
            yield None
            hurried.append(agent.hurry.is_set())
    monkeypatch.setattr(agent, "_news_of_record", SimpleNamespace(heard=heard))
    monkeypatch.setattr(agent, "_writer", lambda: writer[0])
    assert agent.hear() == Timing().watch
    assert hurried == [True, True], "each is looked at when it comes, and the third ended it"
    agent.hurry.clear()
    assert agent.hear() == Timing().watch and not agent.hurry.is_set(), "he does not listen to himself"


@pytest.mark.parametrize("writer", [None, "aws"])
def test_nobody_listens_where_nobody_else_writes(writer: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    agent = service(tmp_path, Ledger(), monkeypatch)
    monkeypatch.setattr(agent, "_news_of_record", SimpleNamespace(heard=lambda: pytest.fail("listened")))
    monkeypatch.setattr(agent, "_writer", lambda: writer)
    assert agent.hear() == Timing().watch


def test_a_record_that_gives_no_news_ends_no_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    agent = service(tmp_path, Ledger(), monkeypatch)

    def heard() -> Iterator[None]:
        yield None
        raise Unanswered("no member answers")
    monkeypatch.setattr(agent, "_news_of_record", SimpleNamespace(heard=heard))
    monkeypatch.setattr(agent, "_writer", lambda: "nhn")
    assert agent.hear() == Timing().watch and agent.hurry.is_set(), "what came before the silence is looked at"


def test_a_journal_that_cannot_be_brought_back_is_told_and_ends_no_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger()
    written(tmp_path / "journal.jsonl", ledger)
    (tmp_path / "journal.jsonl").unlink()
    agent = service(tmp_path, ledger, monkeypatch)
    with monkeypatch.context() as away:
        takes_none(away, journal_module, errno.EROFS)
        seen = agent._check_journal()
        assert isinstance(seen, NoAnswer) and "Read-only file system" in seen.reason
    assert agent._check_journal() == Saw(JournalView(3, 3, ()))


@pytest.mark.parametrize("where", ["write", "fsync", "rename"])
def test_a_kill_while_it_is_brought_back_leaves_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    path, ledger = tmp_path / "journal.jsonl", Ledger()
    whole = written(path, ledger).chain()
    path.unlink()

    def killed(*_: object) -> None:
        raise Killed
    with monkeypatch.context() as dying:
        if where == "write":
            dying.setattr(journal_module, "hand_over", lambda _file, _directory: (tmp_path / "journal.new").exists() and killed())
        elif where == "fsync":
            dying.setattr(os, "fsync", killed)
        else:
            dying.setattr(Path, "replace", killed)
        dying.setattr(Path, "unlink", lambda *_, **__: None)      # nobody clears away after a kill
        with pytest.raises(Killed):
            Journal(path, time.time, Mirror(ledger, "aws.host", lambda: 0.0)).restore()
    again = Journal(path, time.time, Mirror(ledger, "aws.host", lambda: 0.0))
    assert lines(path) == [] if path.exists() else not again.lines()
    assert again.restore() == 3 and again.chain() == whole and [each.name for each in tmp_path.iterdir() if each.suffix == ".new"] == []


def test_who_asks_is_answered_from_memory_whatever_the_disk_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Edges ask on the same thread: a status that waits for a disk would look to them like an agent that is gone."""
    path = tmp_path / "journal.jsonl"
    agent = service(tmp_path, Ledger(), monkeypatch)
    server = web.serve("127.0.0.1", 0, agent.writer, agent.status, agent.askers, agent.outlook)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def asked(what: str) -> str:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/{what}", timeout=5) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            return str(error.code)

    journal = Journal(path, lambda: 1000.0)
    journal.write("aws-1", "judge", "begun", verdict="SITE_LOST", started=1.0, seconds=0.1, detail="x")
    journal.write("aws-1", "end", "finished", epoch=2)
    (tmp_path / "maintenance").touch()
    agent.tend_disk()
    touched: list[str] = []

    def hangs(do: Callable[..., Any]) -> Callable[..., Any]:
        def tried(what: Path, *arguments: Any, **more: Any) -> Any:
            if str(what).startswith("/proc/"):          # the kernel's memory
                return do(what, *arguments, **more)
            if threading.current_thread() is not threading.main_thread():
                touched.append(str(what))
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return tried
    with monkeypatch.context() as hanging:
        for name in ("open", "stat", "exists", "read_text"):
            hanging.setattr(Path, name, hangs(getattr(Path, name)))
        said = json.loads(asked("status"))
        assert (asked("writer"), "multicloud_dr_maintenance 1" in asked("metrics"), "aws-1" in asked("console/data")) == ("503", True, True)
        assert said["maintenance"] and said["switched"]["switch"] == "aws-1" and touched == []
        agent.tend_disk()
        assert json.loads(asked("status"))["switched"]["switch"] == "aws-1", "what cannot be read is told as it was"
    (tmp_path / "maintenance").unlink()
    journal.write("aws-2", "end", "finished", epoch=3)
    agent.tend_disk()
    said = json.loads(asked("status"))
    assert not said["maintenance"] and said["switched"]["switch"] == "aws-2"
    server.shutdown()


class Ended(Exception):
    """The module has said what it had to say."""


@pytest.mark.parametrize("after", [0, 5])
def test_a_person_is_told_in_a_sentence_what_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    world, told, room = World(tmp_path / "journal.jsonl"), dict[str, Any](), [after]
    append: Callable[..., None] = journal_module.FileLines.append

    def full(lines: journal_module.FileLines, text: str) -> None:
        room[0] -= 1
        if room[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        append(lines, text)

    class Module:
        check_mode = False

        def __init__(self, **_: object) -> None:
            self.params = {"site": "aws", "config": "c", "override": [], "planned": False, "if_lost": False, "patience_seconds": 0.0}

        def fail_json(self, **said: Any) -> None:
            told.update(said)
            raise Ended
    monkeypatch.setattr(journal_module.FileLines, "append", full)
    monkeypatch.setattr(site_switch, "AnsibleModule", Module)
    monkeypatch.setattr(site_switch, "read_config", lambda _path: SimpleNamespace(site="aws", state=tmp_path))
    monkeypatch.setattr(site_switch, "make_switch", lambda *_: world.switch())
    with pytest.raises(Ended):
        site_switch.main()
    assert "No space left on device" in told["msg"] and "run the switch again" in told["msg"]
    assert [step["name"] for step in told["steps"]] == ["judge", "take_record", "close_gate"][:after and 3] and told["changed"] is bool(after)
    room[0] = 99
    assert [step["name"] for step in steps.run(world.switch())][-1] == FOLLOWING[-1], "it goes on where it was"
