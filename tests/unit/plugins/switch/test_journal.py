# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A journal survives what kills its writer, its disk and whoever would like it to say something else."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.switch import chain
from ansible_collections.multicloud.dr.plugins.module_utils.switch.journal import Busy, Journal
from ansible_collections.multicloud.dr.plugins.module_utils.switch.mirror import JournalView, Mirror, in_words
from ansible_collections.multicloud.dr.plugins.module_utils.switch.record import Unanswered


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.jsonl", lambda: 1000.0)


def test_a_torn_line_is_skipped_and_not_continued(journal: Journal, tmp_path: Path) -> None:
    journal.write("s1", "judge", "begun")
    with open(tmp_path / "journal.jsonl", "a", encoding="utf-8") as file:
        file.write('{"switch": "s1", "step": "prom')
    journal.write("s1", "promote", "before")
    assert [(line["step"], line["phase"]) for line in journal.lines()] == [("judge", "begun"), ("promote", "before")]


def test_unfinished(journal: Journal) -> None:
    assert journal.unfinished() is None
    journal.write("s1", "judge", "begun")
    assert journal.unfinished() is None, "nothing was touched yet"
    journal.write("s1", "take_record", "before")
    assert journal.unfinished() == {"switch": "s1", "step": "take_record", "epoch": None}
    journal.write("s1", "take_record", "after", epoch=2)
    journal.write("s1", "promote", "before")
    assert journal.unfinished() == {"switch": "s1", "step": "promote", "epoch": 2}
    journal.write("s1", "end", "finished", epoch=2)
    assert journal.unfinished() is None


def test_two_operators_at_once(journal: Journal, tmp_path: Path) -> None:
    with journal.alone(), pytest.raises(Busy, match="Another switch"), Journal(tmp_path / "journal.jsonl", lambda: 0.0).alone():
        pass
    with journal.alone():
        pass


def test_takeovers_that_nobody_asked_for_are_counted(tmp_path: Path) -> None:
    now = [1000.0]
    journal = Journal(tmp_path / "journal.jsonl", lambda: now[0])
    switches = ("s1", "SITE_LOST", True), ("s2", "PLANNED_SWITCH", True), ("s3", "WRITER_STOPPED", True), ("s4", "SITE_LOST", False)
    for switch, verdict, ends in switches:
        now[0] += 100.0
        journal.write(switch, "judge", "begun", verdict=verdict)
        journal.write(switch, "judge", "begun", verdict="SWITCH_UNFINISHED")        # killed, and run again
        if ends:
            journal.write(switch, "end", "finished")
    assert journal.takeovers(since=0.0) == 2
    assert journal.takeovers(since=1100.0) == 1
    now[0] += 100.0
    journal.write("s5", "judge", "begun", verdict="SITE_LOST")
    journal.write("s5", "open_gate", "after", changed=True, detail="open", epoch=6)
    journal.write("s5", "latch", "failed", detail="AccessDenied")
    assert journal.takeovers(since=0.0) == 3, "it sells by it, whatever cannot be finished"


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def written(path: Path, ledger: Ledger | None = None) -> Journal:
    """Three lines, copied."""
    journal = Journal(path, lambda: 1000.0, Mirror(ledger, "aws.host", lambda: 0.0) if ledger is not None else None)
    for step in ("judge", "take_record", "promote"):
        journal.write("s1", step, "before")
    return journal


class Ledger:
    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.silent = False

    def add(self, name: str, text: str) -> bool:
        if self.silent:
            raise Unanswered("silent")
        return self.kept.setdefault(name, text) is text

    def under(self, prefix: str) -> list[tuple[str, str]]:
        if self.silent:
            raise Unanswered("silent")
        return sorted((name, text) for name, text in self.kept.items() if name.startswith(prefix))


def test_the_chain_holds_over_a_torn_line(tmp_path: Path) -> None:
    journal = written(tmp_path / "journal.jsonl")
    with open(tmp_path / "journal.jsonl", "a", encoding="utf-8") as file:
        file.write('{"switch": "s1", "step": "prom')
    journal.write("s1", "promote", "after")
    held = journal.chain()
    assert held.faults == () and held.number == 4
    assert len({line["link"] for line in held.lines}) == 4


@pytest.mark.parametrize("change", [
    lambda texts: [texts[0].replace("judge", "fudge"), *texts[1:]],
    lambda texts: [texts[0], texts[2]],
    lambda texts: [texts[0], texts[1], texts[1], texts[2]],
    lambda texts: [texts[1], texts[0], texts[2]],
    lambda texts: [texts[0], texts[1][:-2], texts[2]],
    lambda texts: [texts[0], '{"switch": "s1", "step": "open_gate", "phase": "after"}', *texts[1:]],
    lambda texts: [*texts[:2], texts[2].replace("1000.0", "999.0")],
])
def test_whoever_changes_a_line_is_found_out(tmp_path: Path, change: Callable[[list[str]], list[str]]) -> None:
    path = tmp_path / "journal.jsonl"
    journal = written(path)
    assert journal.checked() == JournalView(3, None, ())
    path.write_text("\n".join(change(lines(path))) + "\n", encoding="utf-8")
    assert Journal(path, lambda: 0.0).checked().faults


def test_a_line_that_was_taken_out_is_told_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    written(path)
    path.write_text("\n".join([lines(path)[0], lines(path)[2]]) + "\n", encoding="utf-8")
    assert Journal(path, lambda: 0.0).checked().faults == ("line 2 says that it is number 3, and 2 was to come",)


def test_who_cuts_off_the_end_or_writes_a_new_chain_is_found_out_by_the_copy(tmp_path: Path) -> None:
    path, ledger = tmp_path / "journal.jsonl", Ledger()
    journal = written(path, ledger)
    assert journal.checked() == JournalView(3, 3, ())
    whole = lines(path)
    path.write_text("\n".join(whole[:2]) + "\n", encoding="utf-8")
    assert journal.checked().faults == ("etcd keeps 1 lines more: the end of the journal here was cut off",)
    held = chain.read(whole[:2])
    path.write_text("\n".join([*whole[:2], chain.seal(held, {"switch": "s1", "step": "end", "phase": "finished"})]) + "\n", encoding="utf-8")
    journal.copy()
    assert journal.checked().faults == ("number 3 here is not the one that etcd keeps",)
    path.unlink()
    Journal(path, lambda: 0.0).write("s9", "judge", "begun")
    assert len(ledger.kept) == 3, "a new chain has a place of its own and takes away nothing"


def test_a_lost_disk_gets_its_journal_back_and_goes_on_where_it_ended(tmp_path: Path) -> None:
    path, ledger = tmp_path / "journal.jsonl", Ledger()
    before = written(path, ledger).chain()
    path.unlink()
    again = Journal(path, lambda: 2000.0, Mirror(ledger, "aws.host", lambda: 0.0))
    ledger.silent = True
    assert again.restore() == 0
    ledger.silent = False
    assert again.restore() == 3 and again.chain() == before
    assert again.restore() == 0, "what is there is not touched"
    again.write("s1", "promote", "after")
    assert again.checked() == JournalView(4, 4, ())
    other = Journal(tmp_path / "other.jsonl", lambda: 0.0, Mirror(ledger, "aws.second", lambda: 0.0))
    assert other.restore() == 0, "another host's history is its own"


FORGED = "".join(f'{{"switch": "s0.{number}", "step": "{step}", "phase": "{phase}", "time": 1000.0, "verdict": "SITE_LOST"}}\n'
                 for number in range(3) for step, phase in (("judge", "begun"), ("end", "finished")))


def test_lines_that_nobody_chained_count_for_nothing_and_are_told(tmp_path: Path) -> None:
    path, ledger = tmp_path / "journal.jsonl", Ledger()
    written(path, ledger)
    for texts in (FORGED + path.read_text(encoding="utf-8"), path.read_text(encoding="utf-8") + FORGED):
        path.write_text(texts, encoding="utf-8")
        journal = Journal(path, lambda: 1000.0, Mirror(ledger, "aws.host", lambda: 0.0))
        assert journal.takeovers(since=0.0) == 0 and journal.last() is None
        found = journal.checked()
        assert len(found.faults) >= 6 and "carries no link, so it counts for nothing" in found.faults[0] and (found.lines, found.copied) == (3, 3)


def sold(path: Path, switches: int = 1) -> None:
    """A site that has taken over as often, and sells alone."""
    journal = Journal(path, lambda: 1000.0)
    for number in range(1, switches + 1):
        switch = f"aws-{number}"
        journal.write(switch, "judge", "begun", verdict="SITE_LOST", overrides=[], started=999.0, seconds=0.1, detail="NHN is silent")
        for step in ("take_record", "open_gate"):
            journal.write(switch, step, "before")
            journal.write(switch, step, "after", changed=True, detail="done", epoch=number + 1)
        journal.write(switch, "end", "finished", epoch=number + 1)


DAMAGE: dict[str, Any] = {
    "a letter of the time's name": ('"time"', '"tile"'), "a time that is none": ("1000.0", "[1]"), "no time at all": ("1000.0", "NaN"),
    "a number that is none": ('"number": ', '"number": "6"+'), "a number of digits and letters": ('"number": 6', '"number": "6x"'),
    "numbers in a list": ('"number": 6', '"number": [6]'), "a letter of a detail's name": ('"detail"', '"detaim"'), "a word for an epoch": (
        '"epoch": 2', '"epoch": "2"'), "another epoch": ('"epoch": 2', '"epoch": 6'), "another verdict": (
        "SITE_LOST", "SITE_LOSH"), "no verdict": ('"verdict": "SITE_LOST"', '"verdict": 7'), "overrides that are none": ("[]", "null"),
    "a list for a step": ('"open_gate"', '["open_gate"]'), "a letter of a step's name": ('"step"', '"stem"'), "a link that is none": ('"link": "',
    '"link": 7, "knil": "'), "a bracket too many": ("{", "[" * 5000), "a beginning that is none": ('"started": 999.0', '"started": "x"')}


@pytest.mark.parametrize("change", DAMAGE.values(), ids=DAMAGE)
def test_whatever_a_disk_makes_of_its_lines_every_question_is_answered_and_the_damage_told(tmp_path: Path, change: tuple[str, str]) -> None:
    path = tmp_path / "journal.jsonl"
    sold(path)
    whole = lines(path)
    for place in range(len(whole)):
        texts = [*whole[:place], whole[place].replace(*change), *whole[place + 1:]]
        path.write_text("\n".join(texts) + "\n", encoding="utf-8")
        journal = Journal(path, lambda: 1100.0, Mirror(Ledger(), "aws.host", lambda: 0.0))
        found = journal.checked()
        assert found.faults or texts == whole or place + 1 == len(whole), "a last line that is torn was promised to nobody"
        assert journal.takeovers(0.0) <= 1 and journal.overridden() == set()
        for asked in (journal.unfinished, journal.last, journal.made, journal.lines):
            asked()
        journal.left(("widen",))
        journal.told(0.0)
        assert journal.unprotected(2), "the alarm stands"
        journal.write("aws-9", "judge", "begun")
        assert journal.lines()[-1]["switch"] == "aws-9"


@pytest.mark.parametrize(("change", "place"), [(('"time"', '"tile"'), 5), (('"verdict"', '"verdikt"'), 0), (('"time": 1000.0', '"time": "?"'), 5),
                                               (("SITE_LOST", "SITE_LOSH"), 0)])
def test_a_takeover_of_which_a_damaged_line_does_not_tell_everything_counts(tmp_path: Path, change: tuple[str, str], place: int) -> None:
    path = tmp_path / "journal.jsonl"
    sold(path, switches=2)
    texts = lines(path)
    path.write_text("\n".join([*texts[:place], texts[place].replace(*change), *texts[place + 1:]]) + "\n", encoding="utf-8")
    assert Journal(path, lambda: 0.0).takeovers(since=500.0) == 2


def test_what_the_store_has_forgotten_is_copied_again(tmp_path: Path) -> None:
    """As after it was restored from a snapshot, or made anew, under an agent that lives on."""
    ledger = Ledger()
    journal = Journal(tmp_path / "journal.jsonl", lambda: 1.0, Mirror(ledger, "nhn.first", lambda: 0.0))
    for phase in ("begun", "before", "after"):
        journal.write("s1", "judge", phase)
    assert journal.checked().copied == 3
    for left in (1, 0):
        ledger.kept = dict(sorted(ledger.kept.items())[:left])
        journal.copy()
        assert journal.checked().copied == left
        journal.copy()
        assert (journal.checked().copied, journal.checked().faults) == (3, ())



@pytest.mark.parametrize(("here", "faults"), [
    (FORGED, 7), ("", 1), ("begun anew", 1),
])
def test_a_journal_that_was_replaced_or_emptied_is_found_out_by_the_copy(tmp_path: Path, here: str, faults: int) -> None:
    path, ledger = tmp_path / "journal.jsonl", Ledger()
    written(path, ledger)
    path.write_text("" if here == "begun anew" else here, encoding="utf-8")
    journal = Journal(path, lambda: 2000.0, Mirror(ledger, "aws.host", lambda: 0.0))
    if here == "begun anew":
        journal.write("s9", "judge", "begun")
    found = journal.checked()
    assert len(found.faults) == faults and found.faults[-1] == "etcd keeps 3 lines of a journal of this host that is not the one here"
    assert "DOES NOT HOLD" in in_words(found.lines, found.copied, found.faults)
    assert Journal(path, lambda: 0.0, Mirror(ledger, "aws.second", lambda: 0.0)).checked().faults == found.faults[:-1], "each host has its own"


def test_two_hosts_of_one_name_are_told_so_and_a_host_made_anew_is_not(tmp_path: Path) -> None:
    ledger = Ledger()

    def host(machine: str) -> Journal:
        return Journal(tmp_path / f"{machine}.jsonl", lambda: 1000.0, Mirror(ledger, "aws.ubuntu", lambda: 0.0, machine))
    first, second, anew = host("1st"), host("2nd"), host("3rd")
    first.write("s1", "judge", "begun")
    second.write("s2", "judge", "begun")
    for journal, other in ((first, "2nd"), (second, "1st")):
        assert journal.checked().faults == (
            f"etcd keeps 1 lines that another machine ({other}) wrote by the name aws.ubuntu: two agent hosts of a site share a name "
            "(site_agent_host), or this one was made anew and had begun another journal before it got its own back",)
    ledger.kept = {name: text for name, text in ledger.kept.items() if "s1" in text}
    assert anew.restore() == 1
    anew.write("s3", "judge", "begun")
    assert anew.checked().faults == (), "who goes on with it is one host"
    first.write("s4", "judge", "begun")
    assert [fault.split(":")[0] for fault in first.checked().faults] == [
        "number 2 here is not the one that etcd keeps", "etcd keeps 1 lines that another machine (3rd) wrote by the name aws.ubuntu"]


def test_a_process_that_is_killed_while_it_writes_leaves_a_chain_that_holds(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    for round_ in range(3):
        child = os.fork()
        if child == 0:
            journal = Journal(path, lambda: 1000.0)
            while True:
                journal.write(f"s{round_}", "promote", "before", detail="x" * 200)
        while not path.exists() or len(lines(path)) < 20 * (round_ + 1):
            os.sched_yield()
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    journal = Journal(path, lambda: 1000.0)
    journal.write("s9", "end", "finished")
    assert journal.chain().faults == () and journal.chain().number > 60


@pytest.mark.parametrize("name", ["time", "started", "seconds", "epoch", "number"])
def test_no_number_of_a_line_ends_who_reads_it(tmp_path: Path, name: str) -> None:
    """JSON's whole numbers have no end; a float's do."""
    path = tmp_path / "journal.jsonl"
    written(path)
    lines = path.read_text().splitlines()
    found = json.loads(lines[1])
    found[name] = 10**400
    path.write_text("\n".join([lines[0], json.dumps(found), *lines[2:]]) + "\n")
    journal = Journal(path, lambda: 2000.0)
    assert journal.checked().faults and len(journal.lines()) == len(lines)
    assert all(abs(float(line[name])) < 1e16 for line in journal.lines() if line.get(name) is not None)


def test_half_a_character_can_be_printed(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    written(path)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], json.dumps({**json.loads(lines[1]), "step": "\ud800"}), *lines[2:]]) + "\n")
    assert all(str(line["step"]).encode() for line in Journal(path, lambda: 2000.0).lines())


def test_what_is_no_journals_in_etcd_is_passed_over(tmp_path: Path) -> None:
    ledger = Ledger()
    written(tmp_path / "other.jsonl", ledger)
    ledger.add("aws.", "x")
    ledger.add("aws.host/x", "y")
    assert len(Mirror(ledger, "aws.another", lambda: 0.0).beside()) == 1
