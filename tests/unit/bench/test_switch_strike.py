# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A schedule is done strike by strike, each is undone, and whoever interrupts it leaves nothing struck. Nothing real is touched."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench.switch import strike
from bench.switch.history import History, read
from bench.switch.schedule import KINDS, Strike
from bench.switch.strike import AGENT, ETCD, Striker


class Lab:
    """What was done to hosts, and which faults are in force."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[tuple[str, str]] = []
        self.broken: set[str] = set()
        monkeypatch.setattr(strike, "execute", self.execute)
        monkeypatch.setattr(strike.faults, "break_", lambda fault: self.broken.add(fault.name))
        monkeypatch.setattr(strike.faults, "mend", lambda fault: self.broken.discard(fault.name))
        monkeypatch.setattr(strike, "mend_all", self.broken.clear)
        monkeypatch.setattr(strike.ownership, "lock", self.lock)
        monkeypatch.setattr(strike.subprocess, "Popen", lambda argv, **_: SimpleNamespace(
            communicate=lambda timeout: ("", None), returncode=0, argv=self.done.append((argv[2], "an operator"))))

    def execute(self, container: str, argv: Sequence[str], **_: Any) -> str:
        self.done.append((container, " ".join(argv)))
        return ""

    @contextlib.contextmanager
    def lock(self, command: str) -> Iterator[None]:
        yield


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Lab:
    return Lab(monkeypatch)


@pytest.fixture
def striker(tmp_path: Path, lab: Lab) -> Striker:
    world = SimpleNamespace(third="third-host", sites={name: SimpleNamespace(host=f"{name}-host") for name in ("nhn", "aws")})
    return Striker(world, History(tmp_path / "h.jsonl"), 1)       # type: ignore[arg-type]


def test_every_kind_is_done_and_undone(striker: Striker, lab: Lab) -> None:
    for name, kind in KINDS.items():
        for where in kind.places:
            lab.done.clear()
            striker.play([Strike(0.0, name, where, 0.001 if kind.seconds != (0.0, 0.0) else 0.0)])
            assert lab.done or name in strike.faults.TABLE, name
            assert lab.broken <= {"nhn_ha"}, "what lasts is mended, what happens once is not"
    striker.heal()
    assert not lab.broken


def test_a_process_that_was_stopped_goes_on(striker: Striker, lab: Lab) -> None:
    striker.play([Strike(0.0, "pause_agent", "aws", 0.001), Strike(0.001, "pause_etcd", "third", 0.001)])
    kill = "systemctl kill --kill-whom=main --signal={} {}"
    assert [said for place, said in lab.done if place == "aws-host"] == [kill.format("STOP", AGENT), kill.format("CONT", AGENT)]
    assert [said for place, said in lab.done if place == "third-host"] == [kill.format("STOP", ETCD), kill.format("CONT", ETCD)]


def test_whoever_interrupts_leaves_nothing_struck(striker: Striker, lab: Lab) -> None:
    striker._over.set()                 # as heal does first
    striker.play([Strike(1000.0, "nhn", "", 10.0), Strike(0.0, "link", "", 1000.0)])
    striker.heal()
    assert not lab.broken
    with striker._history.path.open() as lines:
        assert [event["name"] for event in read(lines).events] == []


def test_what_a_strike_raises_is_raised_and_all_is_undone(striker: Striker, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(fault: Any) -> None:
        raise strike.PodmanError("no such container")

    monkeypatch.setattr(strike.faults, "break_", refuses)
    with pytest.raises(strike.PodmanError):
        striker.play([Strike(0.0, "nhn", "", 0.001)])
    striker.heal()
    cured = {said for _, said in lab.done}
    assert f"systemctl start {ETCD}" in cured and f"rm -f {strike.MAINTENANCE}" in cured and "nft delete table ip multicloud_wire" in cured
