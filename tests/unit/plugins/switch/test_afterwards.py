# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What follows a switch: never before users are served, never in their way, done once, and gone on with whatever interrupts it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.transactions import Transaction
from ansible_collections.multicloud.dr.plugins.module_utils.switch import afterwards, steps
from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate import GateLook, GateSilent
from ansible_collections.multicloud.dr.plugins.module_utils.switch.journal import Busy
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Record, Seen

from tests.sim.fakes import FakeDatabase

from .test_steps import AFTERWARDS, DONE, Killed, World


class Means:
    """Machines, the other site's database, and backups, of a world in which a switch is made."""

    wanted = 3

    def __init__(self, world: World) -> None:
        self.world = world
        self.machines, self.api = 2, True
        self.table = FakeDatabase(lambda: world.now + 9e6, "server-nhn")
        self.table.open("nhn", 1, world.now + 9e6 - 5)
        self.reachable = True
        self.at_work: dict[int, Transaction] = {}
        self.ended: list[int] = []
        self.asked_for: list[int] = []

    def switch(self, **more: Any) -> steps.Switch:
        return self.world.switch(capacity=self, other=self, backups=self, **more)

    # capacity
    def now(self) -> int:
        self.world.tick("capacity")
        if not self.api:
            raise OSError("503 from Auto Scaling")
        return self.machines

    def widen(self) -> None:
        self.world.tick("widen")
        self.machines = self.wanted
        self.world.tick("widened")

    # the other database
    def look(self) -> GateLook:
        self.world.tick("look there")
        if not self.reachable:
            raise GateSilent("timed out")
        return self.table.look()

    def fence(self, epoch: int) -> bool:
        self.world.tick("fence")
        return self.table.fence(epoch)

    def running(self) -> tuple[Transaction, ...]:
        return tuple(self.at_work.values())

    def kill(self, thread: int) -> bool:
        self.world.tick("kill there")
        self.ended.append(thread)
        return self.at_work.pop(thread, None) is not None

    # backups
    def asked(self) -> int | None:
        return self.asked_for[-1] if self.asked_for else None

    def ask(self, epoch: int) -> None:
        self.world.tick("ask")
        self.asked_for.append(epoch)
        self.world.tick("asked")


@pytest.fixture
def means(tmp_path: Path) -> Means:
    return Means(World(tmp_path / "journal.jsonl"))


def rows(run: Iterator[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in run}


def tend(means: Means) -> dict[str, dict[str, Any]]:
    return rows(afterwards.tend(means.switch()))


def later(means: Means, seconds: float) -> None:
    """Time passes, and the agent here renews and beats as ever."""
    means.world.now += seconds
    own = means.world.table.look().own
    assert own is not None
    means.world.table.open("aws", own.epoch, means.world.table.look().now + 9.0)


def test_it_comes_after_users_are_served_and_is_done_once(means: Means) -> None:
    told = steps.plan(means.switch())
    done = list(steps.run(means.switch()))
    assert [(row["name"], row["changed"]) for row in done] == [(row["name"], row["changed"]) for row in told], "what is foretold is done"
    assert [row["name"] for row in done[-4:]] == ["prove", "widen", "fence", "protect"]
    assert means.machines == 3 and means.asked_for == [2]
    calls = means.world.calls
    assert calls.index("open") < calls.index("put") < calls.index("widen") < calls.index("ask")
    phases = [(line["step"], line["phase"]) for line in means.world.journal().lines()]
    assert phases.index(("end", "finished")) < phases.index(("widen", "before")), "the switch is finished before it"
    assert tend(means) == {} and means.asked_for == [2]
    assert not means.world.journal().left(afterwards.NAMES)


def test_no_control_plane_is_written_to_while_users_find_their_way(means: Means) -> None:
    told = rows(iter(steps.plan(means.switch(users_first=60.0))))
    done = rows(steps.run(means.switch(users_first=60.0)))
    assert [(name, row["changed"]) for name, row in done.items()] == [(name, row["changed"]) for name, row in told.items()]
    assert all(told[name]["detail"] == done[name]["detail"] for name in ("widen", "protect")), "what is foretold is done, and put off alike"
    assert done["widen"]["detail"].endswith("Then: Widen " + str(means) + " from 2 to 3.")
    assert means.machines == 2 and means.asked_for == []
    assert done["fence"]["detail"] == "Nobody writes at the other site.", "what writes to none does not wait"
    assert done["protect"]["detail"].startswith("Users come first") and not done["protect"]["changed"]
    assert means.world.journal().left(afterwards.NAMES) == {"widen": "waits", "protect": "waits"}
    for seconds, asked in ((50.0, []), (11.0, [2])):
        later(means, seconds)
        rows(afterwards.tend(means.switch(users_first=60.0)))
        assert means.asked_for == asked
    assert means.machines == 3 and not means.world.journal().left(afterwards.NAMES)


def test_what_an_earlier_switch_has_left_is_not_done_in_the_reign_of_one_that_is_unfinished(means: Means) -> None:
    means.api = False
    list(steps.run(means.switch()))
    means.api = True
    journal = means.world.journal()
    journal.write("aws-later", "judge", "begun")
    journal.write("aws-later", "take_record", "before")
    assert tend(means) == {} and means.machines == 2


def test_nothing_is_done_in_a_reign_that_another_host_has_begun_and_not_opened(means: Means) -> None:
    """This host's journal tells of its own switch alone. NHN has written since, and another host of AWS has just taken the record again."""
    means.api = False
    list(steps.run(means.switch(users_first=60.0)))
    assert means.world.journal().left(afterwards.NAMES)
    means.api, means.asked_for = True, []
    means.world.now += 3600
    means.world.seen = Seen(Record("aws", 5, 2), 51)
    host = means.switch(users_first=60.0)
    assert rows(afterwards.tend(host)) == {} and (means.machines, means.asked_for) == (2, []), "its gate is shut: promote is still to come"
    for seconds, machines in ((0.0, 2), (50.0, 2), (11.0, 3)):
        means.world.now += seconds
        means.world.table.open("aws", 5, means.world.table.look().now + 9.0)
        rows(afterwards.tend(host))
        assert means.machines == machines, "users come first in this reign too"


def test_what_cannot_be_done_holds_nobody_up_and_is_told_with_what_to_do(means: Means) -> None:
    means.api, means.reachable = False, False
    done = rows(steps.run(means.switch()))
    assert means.world.state == DONE
    assert done["widen"]["detail"].startswith("NOT DONE, although aws sells: 503 from Auto Scaling The agent tries again. Raise the capacity")
    assert "gives no answer (timed out). Its gate has run out by itself" in done["fence"]["detail"]
    assert done["protect"]["changed"], "the next one does not wait for the one before"
    assert means.world.journal().unfinished() is None
    assert means.world.journal().left(afterwards.NAMES) == {"widen": "failed", "fence": "waits"}


def test_the_agent_goes_on_until_all_is_done_and_says_only_what_is_new(means: Means) -> None:
    means.api, means.reachable = False, False
    list(steps.run(means.switch()))
    lines = len(means.world.journal().lines())
    for _ in range(5):
        assert tend(means) == {}
    assert len(means.world.journal().lines()) == lines, "a site that is away for a week does not fill the journal"
    means.api = True
    assert tend(means).keys() == {"widen"} and means.machines == 3
    means.reachable = True
    assert tend(means)["fence"]["detail"] == "Nobody writes at the other site."
    assert tend(means) == {} and not means.world.journal().left(afterwards.NAMES)


def test_who_still_writes_at_the_other_site_is_ended_and_readers_are_not(means: Means) -> None:
    means.table.open("nhn", 1, means.world.now + 9e6 + 30)
    means.at_work = {7: Transaction(7, "900", "t", "app", rows=2), 8: Transaction(8, "281479271677952", "t", "report"),
                     0: Transaction(0, "902", "t", rows=1)}         # prepared: it is there until its coordinator comes, after a restart too
    done = rows(steps.run(means.switch()))
    assert done["fence"]["changed"] and done["fence"]["detail"] == (
        "The gate of the other site was open and is shut; nothing older runs after 0.2 s; ended app (thread 7).")
    assert means.ended == [7] and means.table.look().valid_for == 0


def test_a_later_reign_of_the_other_site_is_left_alone(means: Means) -> None:
    """The service went home while this site's agent slept; what it has left to do must not shut the true writer's gate."""
    means.reachable = False
    list(steps.run(means.switch()))
    means.reachable = True
    means.table.open("nhn", 3, means.world.now + 9e6 + 30)
    means.at_work = {7: Transaction(7, "900", "t", "app", rows=2)}
    assert tend(means)["fence"]["detail"] == "Nobody writes at the other site." and means.ended == []
    means.world.seen = Seen(Record("nhn", 3, 60), 60)
    means.world.journal().write("aws-1000.000", "fence", "failed", detail="as if", changed=False)
    assert tend(means) == {}, "nothing is done by a site that does not write"
    on = means.switch()
    on.epoch = 2
    assert on.other is not None and not on.other.fence(2)
    assert means.table.look().valid_for > 0 and means.ended == [], "and if it acts on what it knew before it slept, nothing happens"


@pytest.mark.parametrize("asleep_at", ["fence 1", "look there 1", "look there 2", "look there 3"])
def test_who_buys_from_a_later_writer_is_left_alone_by_a_process_that_has_slept(means: Means, asleep_at: str) -> None:
    """It fell asleep once it had seen what there is to do, anywhere: before the fence, or before it looked who is to be ended."""
    means.at_work = {7: Transaction(7, "900", "t", "app", rows=2)}
    means.table.open("nhn", 1, means.world.now + 9e6 + 30)
    passed: list[str] = []

    def wakes(name: str) -> None:
        passed.append(name)
        if f"{name} {passed.count(name)}" == asleep_at:
            means.table.open("nhn", 3, means.world.now + 9e6 + 30)

    on = means.switch()
    on.epoch = 2
    means.world.tick = wakes  # type: ignore[method-assign]
    assert afterwards.STEPS[1].apply(on).endswith("nothing there was touched.")
    assert means.table.look().valid_for > 0 and means.ended == []


def test_a_holder_that_had_let_go_and_died_is_no_later_writer(means: Means) -> None:
    """Its row was retired to the very epoch at which this site took the record; who wrote there before may still be at work."""
    means.table.retire(1)
    assert means.table.look().own.epoch == 2
    means.at_work = {7: Transaction(7, "900", "t", "app", rows=2)}
    done = rows(steps.run(means.switch()))
    assert means.ended == [7] and done["fence"]["detail"].endswith("ended app (thread 7).")


def test_a_database_that_follows_again_is_told_and_not_touched(means: Means) -> None:
    list(steps.run(means.switch()))
    means.world.source = "192.168.10.50:3306"
    means.world.journal().write(means.world.journal().last()["switch"], "fence", "failed", detail="as if", changed=False)
    on = means.switch()
    on.epoch = 2
    with pytest.raises(steps.StepFailed, match=r"which writes, follows 192.168.10.50:3306 again"):
        afterwards.STEPS[1].pending(on)
    assert means.world.calls.count("promote") == 1


def test_two_at_once(means: Means) -> None:
    means.api = False
    list(steps.run(means.switch()))
    with means.world.journal().alone(), pytest.raises(Busy):
        tend(means)


def test_a_site_that_is_handing_over_begins_nothing(means: Means) -> None:
    means.api = False
    list(steps.run(means.switch()))
    means.api = True
    held = means.world.seen.record
    assert held is not None
    from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Offer
    means.world.seen = Seen(Record("aws", 3, 50, Offer("nhn", "server-aws", 9)), 50)
    assert tend(means) == {} and means.machines == 2


def points(tmp_path: Path) -> int:
    means = Means(World(tmp_path / "count.jsonl"))
    list(steps.run(means.switch()))
    return len(means.world.calls)


FIRST, LAST = 37, 56        # calls of a switch from its proof to its end


def test_how_many_points_there_are(tmp_path: Path) -> None:
    assert FIRST < points(tmp_path) <= LAST


@pytest.mark.parametrize("fuse", range(FIRST, LAST))
def test_killed_anywhere_and_gone_on_with_by_the_agent(tmp_path: Path, fuse: int) -> None:
    means = Means(World(tmp_path / "journal.jsonl", fuse=fuse))
    try:
        list(steps.run(means.switch()))
    except Killed:
        means.world.fuse = None
        if means.world.journal().unfinished():
            list(steps.run(means.switch()))
        tend(means)
    assert means.world.state == DONE and means.machines == 3 and means.asked_for == [2], "each once"
    assert not means.world.journal().left(afterwards.NAMES)
    means.world.fuse = None
    means.world.journal().copy()
    kept = means.world.journal().checked()
    assert kept.faults == () and kept.copied == kept.lines


def test_the_alarm_stands_until_a_copy_follows(means: Means) -> None:
    journal = means.world.journal()
    assert journal.unprotected(1) is None, "no switch was ever made here"
    list(steps.run(means.switch()))
    made = journal.unprotected(2)
    assert made is not None and made["verdict"] == "SITE_LOST" and journal.unprotected(3) is not None, "a release that came to nothing ends it not"
    assert journal.unprotected(1) is None
    journal.protect("nhn follows, 0.2 s behind.")
    assert journal.unprotected(2) is None and journal.unfinished() is None
    assert [row["name"] for row in journal.last()["steps"]][-3:] == [name for name, _changed in AFTERWARDS], "it is no step of the switch"


def refused(epoch: int) -> None:
    raise OSError("S3 answered 403 AccessDenied")


def test_who_sells_is_alone_and_asks_for_a_backup_though_the_switch_cannot_be_finished(means: Means) -> None:
    """Nobody takes the marker: the gate is open all the same."""
    means.world.set = refused                       # type: ignore[method-assign]
    with pytest.raises(steps.StepFailed, match="AccessDenied"):
        list(steps.run(means.switch(users_first=60.0)))
    journal, opened = means.world.journal(), means.world.now
    made = journal.unprotected(2)
    assert made is not None and (made["since"], made["finished"], made["verdict"]) == (opened, False, "SITE_LOST")
    assert journal.left(afterwards.NAMES) == dict.fromkeys(afterwards.NAMES)
    for seconds, asked in ((50.0, []), (11.0, [2])):
        later(means, seconds)
        rows(afterwards.tend(means.switch(users_first=60.0)))
        assert means.asked_for == asked
    assert means.machines == 3 and journal.unfinished() == {"switch": made["switch"], "step": "latch", "epoch": 2}
    del means.world.set
    journal.protect("nhn follows, 0.2 s behind.")
    assert journal.unprotected(2) is None and journal.unfinished()
    assert rows(steps.run(means.switch()))["protect"]["detail"] == "The backup is asked for."
    assert means.asked_for == [2] and journal.unprotected(2) is None and journal.last() is not None


def test_the_journal_knows_the_steps_that_follow() -> None:
    assert tuple(step.name for step in afterwards.STEPS) == afterwards.NAMES


def test_every_step_says_what_to_do_instead() -> None:
    assert all(step.abort.endswith(".") and step.abort[0].isupper() for step in afterwards.STEPS)
