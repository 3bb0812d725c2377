# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Into maintenance and out of it: what is refused, what is told beforehand is what is done, and an agent that does not follow is said to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.switch import maintenance, steps
from ansible_collections.multicloud.dr.plugins.module_utils.switch.conclusion import override_faults
from ansible_collections.multicloud.dr.plugins.module_utils.switch.journal import Journal
from ansible_collections.multicloud.dr.plugins.module_utils.switch.maintenance import Change, Flag, Refused, Unheard

from .test_steps import World


class Host:
    """An agent that follows the flag two seconds late. `writer`: who holds the record."""

    def __init__(self, path: Path, writer: str = "nhn", peer_rests: bool = False) -> None:
        self.flag, self.writer, self.peer_rests = Flag(path), writer, peer_rests
        self.journal = Journal(path.with_name("journal.jsonl"), lambda: 1.7e9)
        self.now, self.answers, self.deaf, self.gate_late = 100.0, True, False, 0.0
        self.seen = [(0.0, self.flag.up())]

    def status(self) -> dict[str, Any] | None:
        self.seen.append((self.now, self.flag.up()))
        rests, shut = (not self.deaf and next(up for at, up in reversed(self.seen) if at <= max(0.0, self.now - 2 - late))
                       for late in (0.0, self.gate_late))
        return {"maintenance": rests, "writer": self.writer == "aws" and not shut, "record": {"writer": self.writer, "epoch": 4},
                "observations": {"record": {"writer": self.writer, "epoch": 4}, "peer": {"maintenance": self.peer_rests}},
                "verdict": {"verdict": "MAINTENANCE" if rests else "NORMAL", "because": "It is so."}} if self.answers else None

    def change(self, begins: bool, *overrides: str) -> Change:
        def sleep(seconds: float) -> None:
            self.now += seconds
        return Change("aws", begins, self.flag, self.status, 30.0, lambda: self.now, lambda: 1.7e9, sleep, self.journal, "kim", "upgrade", overrides)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path / "maintenance")


def names(rows: Any) -> list[tuple[str, bool]]:
    return [(row["name"], row["changed"]) for row in rows]


def test_there_and_back_and_what_is_told_is_what_is_done(host: Host) -> None:
    for begins in (True, False):
        told = host.change(begins).plan()
        assert host.flag.up() is not begins, "a plan only reads"
        done = list(host.change(begins).run())
        assert names(told) == names(done) == [("judge", False), ("flag", True), ("followed", False)]
        assert host.flag.up() is begins and host.now >= 102
        assert names(host.change(begins).run()) == [("judge", False)], "what is done is not done again"
    assert names(host.change(False).plan()) == [("judge", False)]


def test_the_gate_is_waited_for_both_ways(tmp_path: Path) -> None:
    host = Host(tmp_path / "maintenance", "aws")
    host.gate_late = 5.0
    assert list(host.change(True, "accept_no_sales:4").run())[-1]["detail"].endswith("its gate is shut.") and host.now >= 107
    assert list(host.change(False).run())[-1]["detail"].endswith("its gate is open.") and host.now >= 114


@pytest.mark.parametrize("opens_until", [0.0, 112.0, 1e9])
def test_a_gate_that_another_host_of_the_site_opens_again_is_not_called_shut(tmp_path: Path, opens_until: float) -> None:
    """Each agent host has a flag of its own; the others' may come up a little later, or never."""
    host = Host(tmp_path / "maintenance", "aws")
    change, status = host.change(True, "accept_no_sales:4"), host.status

    def seen() -> dict[str, Any] | None:
        told = status()
        assert told is not None
        told["observations"]["gate"] = {"open": host.now < opens_until and int(host.now) % 4 < 2, "epoch": 4}
        return told
    change.status, change.steady = seen, 10.0
    if opens_until > 1e6:
        with pytest.raises(Unheard, match="another agent host of this site opens it"):
            list(change.run())
    else:
        assert list(change.run())[-1]["detail"].endswith("its gate is shut.") and host.now >= max(opens_until, 102) + 7


def test_who_and_why_are_kept(host: Host) -> None:
    list(host.change(True).run())
    assert json.loads(host.flag.path.read_text()) == {"since": 1700000000, "by": "kim", "reason": "upgrade"}


@pytest.mark.parametrize(("writer", "peer_rests", "wanted"), [
    ("aws", False, ["accept_no_sales:4"]), ("nhn", True, ["accept_no_standby:4"]), ("aws", True, ["accept_no_sales:4", "accept_no_standby:4"])])
def test_what_is_refused_and_by_which_names_it_is_done_all_the_same(tmp_path: Path, writer: str, peer_rests: bool, wanted: list[str]) -> None:
    host = Host(tmp_path / "maintenance", writer, peer_rests)
    for known in range(len(wanted)):
        with pytest.raises(Refused, match=wanted[known]):
            list(host.change(True, *wanted[:known], "accept_no_sales:3").run())
        assert not host.flag.up()
    done = list(host.change(True, *wanted).run())
    assert done[0]["detail"].endswith(f"Overridden by name: {', '.join(wanted)}.") and host.flag.up()
    list(host.change(False).run())
    assert not host.flag.up(), "ending it needs no name"


def test_an_override_counts_once_and_is_written_down(tmp_path: Path) -> None:
    host = Host(tmp_path / "maintenance", "aws")
    for name, after in (("accept_no_sales:4", "accept_no_sales:4.2"), ("accept_no_sales:4.2", "accept_no_sales:4.3")):
        assert override_faults([name], maintenance.OVERRIDES, maintenance.AGAIN) == []
        assert host.change(True, name).plan()[0]["detail"].endswith(f"{name}."), "to look uses nothing up"
        list(host.change(True, name).run())
        list(host.change(False).run())
        with pytest.raises(Refused, match=f"once: {after}\\.$"):
            list(host.change(True, name).run())
        assert not host.flag.up()
    kept = host.journal.lines()
    assert [line["overrides"] for line in kept] == [["accept_no_sales:4"], ["accept_no_sales:4.2"]] and "kim: upgrade" in kept[0]["detail"]
    assert host.journal.unfinished() is None and host.journal.last() is None and host.journal.checked().faults == ()
    with host.journal.alone(), pytest.raises(Refused, match=r"A switch to AWS is running: .*Another switch is running"):
        list(host.change(True, "accept_no_sales:4.3").run())
    assert not host.flag.up()
    assert override_faults(["accept_no_sales:4.1"], maintenance.OVERRIDES, maintenance.AGAIN) and override_faults(["accept_lag:4.2"])


def test_a_damaged_line_that_may_have_been_an_override_counts_as_one(tmp_path: Path) -> None:
    """Whichever bit a disk turns: the name that was used is not taken again, and the one that the refusal says is, once."""
    host = Host(tmp_path / "maintenance", "aws")
    list(host.change(True, "accept_no_sales:4").run())
    file = tmp_path / "journal.jsonl"
    host.journal.write("aws-1", "judge", "begun", verdict="X", overrides=[], detail="Because.")
    first, second = file.read_bytes().splitlines(keepends=True)
    for written in ([first, second], [first]):                      # with a line after it, and as the last one
        for bit in range(0, 8 * (len(first) - 1), 29):
            host.flag.lower()
            damaged = bytearray(first)
            damaged[bit // 8] ^= 1 << bit % 8
            file.write_bytes(b"".join([damaged, *written[1:]]))
            with pytest.raises(Refused, match="accept_no_sales:4") as refused:
                list(host.change(True, "accept_no_sales:4").run())
            again = refused.value.override
            assert again and override_faults([again], maintenance.OVERRIDES, maintenance.AGAIN) == []
            list(host.change(True, again).run())
            host.flag.lower()
            with pytest.raises(Refused, match="accept_no_sales:4"):
                list(host.change(True, "accept_no_sales:4", again).run())


def test_whose_agent_is_silent_is_not_put_into_it_but_may_come_out(host: Host) -> None:
    host.answers = False
    with pytest.raises(Refused, match="nobody knows whether AWS writes") as refused:
        host.change(True).plan()
    assert refused.value.override is None
    host.flag.raise_(0.0, "", "")
    with pytest.raises(Unheard, match="The flag is down, but for 30 s the agent of AWS has not followed it \\(last: no answer\\)"):
        list(host.change(False).run())


@pytest.mark.parametrize("seen", [
    {"record": {"not_looked": "the record has not been read yet"}},     # the agent has just started, and its gate is open from before
    {"record": {"no_answer": "etcd gave no answer"}},                   # it tells what it saw last, and somebody else may write by now
    {}])
def test_whose_agent_does_not_know_who_writes_is_not_put_into_it(host: Host, seen: dict[str, Any]) -> None:
    change, status = host.change(True, "accept_no_sales:4"), host.status
    change.status = lambda: {**(status() or {}), "record": {"writer": "nhn", "epoch": 4}, "observations": seen}
    with pytest.raises(Refused, match=r"The agent of AWS does not (know|say) who writes") as refused:
        list(change.run())
    assert refused.value.override is None and not host.flag.up()


def test_a_peer_that_nobody_has_asked_is_not_taken_for_one_that_stands_by(host: Host) -> None:
    change, status = host.change(True), host.status
    change.status = lambda: {**(told := status() or {}), "observations": {**told["observations"], "peer": {"not_looked": "not asked yet"}}}
    with pytest.raises(Refused, match="Nobody has looked whether the other site is in maintenance as well \\(not asked yet\\)") as refused:
        list(change.run())
    assert refused.value.override == "accept_no_standby:4" and not host.flag.up()


def test_it_does_not_begin_at_a_site_that_a_switch_moves_to(tmp_path: Path) -> None:
    """AWS would take the record, and shut the gate for the flag: nobody sells, and nobody takes over."""
    world, host = World(tmp_path / "journal.jsonl"), Host(tmp_path / "maintenance")
    host.journal = world.journal()
    run = steps.run(world.switch(maintenance=host.flag.up))
    for name in ("judge", "take_record"):
        assert next(run)["name"] == name
        with pytest.raises(Refused, match="A switch to AWS is running: in maintenance it could not sell"):
            list(host.change(True).run())
    assert [step["name"] for step in run][-1] == "protect" and not host.flag.up() and world.table.look().valid_for


def test_a_switch_that_was_judged_before_it_began_takes_nothing(tmp_path: Path) -> None:
    world, host = World(tmp_path / "journal.jsonl"), Host(tmp_path / "maintenance")
    host.journal = world.journal()
    on = world.switch(maintenance=host.flag.up)
    judged = on.look

    def then_begins() -> Any:
        seen = judged()
        list(host.change(True).run())
        return seen
    on.look = then_begins
    with pytest.raises(steps.StepFailed, match="aws is in maintenance since this switch began: nothing was taken"):
        list(steps.run(on))
    assert world.seen.record is not None and world.seen.record.writer == "nhn" and "promote" not in world.calls


def test_an_agent_that_does_not_follow_is_told_in_bounded_time(host: Host) -> None:
    host.deaf = True
    with pytest.raises(Unheard, match="last: NORMAL: It is so"):
        list(host.change(True).run())
    assert host.now <= 131
    assert maintenance.OVERRIDES == ("accept_no_sales", "accept_no_standby")
