# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The status in sentences says what was seen, and says so when nothing was."""

from __future__ import annotations

from ansible_collections.multicloud.dr.plugins.module_utils.switch.words import in_words

VERDICT = {"verdict": "NORMAL", "because": "NHN writes."}


def test_what_was_seen():
    assert in_words({
        "verdict": VERDICT, "record": {"writer": "nhn", "epoch": 3, "unchanged_seconds": 1.26, "said": None},
        "observations": {"gate": {"open": False, "epoch": None}, "replica": {"following": True, "lag_seconds": 0.2}},
    }) == [
        "NORMAL: NHN writes.", "The record names nhn at epoch 3, unchanged for 1.3 s.", "The gate of this database is shut.",
        "This database follows the other one, 0.20 s behind.",
    ]


def test_why_a_record_that_was_asked_for_is_kept():
    status = {"verdict": VERDICT, "record": {"writer": "nhn", "epoch": 3, "said": None, "kept": "aws asks for the record, and nhn keeps it: why."}}
    assert in_words({**status, "observations": {}})[1:3] == [
        "The record names nhn at epoch 3, unchanged for 0.0 s.", "aws asks for the record, and nhn keeps it: why."]


def test_what_is_proven_of_a_copy():
    status = {"verdict": VERDICT, "record": {}}
    for seen, said in (
        ({"equal": True, "age_seconds": 7500.0, "rows_compared": 5200}, ["This copy was proven equal 2 hours ago: 5200 rows."]),
        ({"equal": None}, ["This copy has never been compared with its source. Compare it (playbooks/compare.yml)."]),
        ({"equal": False, "age_seconds": 50, "definitions": 1}, [
            "This copy was not equal when it was last compared, 50 seconds ago: 1 definition differs. Compare it (playbooks/compare.yml)."]),
        ({"no_answer": "timed out"}, ["This copy gave no answer (timed out)."]), ({"not_looked": "it is no copy"}, [])):
        assert in_words({**status, "observations": {"compared": seen}})[4:] == said


def test_what_was_not():
    assert in_words({
        "verdict": VERDICT, "record": {"writer": None, "said": "no member answered"},
        "observations": {"gate": {"no_answer": "timed out"}, "replica": {"not_looked": "did not look"}},
    })[1:] == [
        "The record: no member answered", "The gate of this database gave no answer (timed out).",
        "This database was not looked at (did not look).",
    ]
    assert in_words({"verdict": VERDICT, "record": {}, "observations": {"replica": {"following": False, "lag_seconds": None}}})[1:] == [
        "The record names nobody yet.", "The gate of this database was not looked at.", "This database follows nobody.",
    ]


def test_whose_database_it_is():
    said = in_words({"verdict": VERDICT, "record": {}, "observations": {"gate": {"open": True, "epoch": 1, "others": "nhn"}}})
    assert said[2].startswith("The gate of this database is one of NHN, and left alone: the address leads to that site's server")


def test_what_somebody_forgot():
    status = {"verdict": VERDICT, "record": {}, "observations": {}, "gate": {"drain": "Closed: nothing older runs after 0.3 s.", "ungated": []}}
    assert in_words(status)[-1] == "Closed: nothing older runs after 0.3 s."
    status["gate"]["ungated"] = [f"tickets.t{number}" for number in range(7)]
    assert "while the gate is shut: tickets.t0, tickets.t1, tickets.t2, tickets.t3, tickets.t4 and 2 more." in in_words(status)[-1]
    assert in_words(status)[-1].endswith("Run site.yml with --tags db_gate -e db_gate_anew=true."), "what only a copy lacks, the writer need not lack"
    assert in_words({**status, "writer": True})[-1].endswith("Run site.yml with --tags db_gate.")


def test_what_would_be_lost():
    replica = {"following": True, "lag_seconds": 0.4, "rpo_seconds": 0.41, "offset_seconds": -0.002, "offset_bound_seconds": 0.001}
    assert "This database follows the other one; 0.41 s would be lost at most (-0.002 s between the clocks, ±0.001 s, counted in)." in in_words(
        {"verdict": VERDICT, "record": {}, "observations": {"replica": replica}})


def test_what_is_known_of_the_journal():
    status = {"verdict": VERDICT, "record": {}, "observations": {}}
    for journal, said in (({"lines": 17, "copied": 17, "faults": []}, "The journal of switches holds: 17 lines, 17 of them in etcd as well."),
                          ({"lines": 17, "copied": None, "faults": []}, "whether etcd has them is not known."),
                          ({"lines": 0, "copied": None, "faults": []}, "No switch to this site has ever been made from this host."),
                          ({"lines": 2, "copied": 2, "faults": ["line 2 carries no link"]}, "DOES NOT HOLD: line 2 carries no link."),
                          ({"not_looked": "a switch is running"}, "The journal of switches was not looked at (a switch is running).")):
        assert said in in_words({**status, "journal": journal})[-1]


def test_the_way_to_the_other_site():
    status = {"verdict": VERDICT, "record": {}, "observations": {}}
    for link, said in (({"across": True, "up": ["a", "b"], "down": []}, "is open; tunnel a carries packets; tunnel b carries packets."),
                       ({"across": False, "up": [], "down": ["a"]}, "is shut: nothing there answers over it; tunnel a carries nothing."),
                       ({"across": True, "up": [], "down": [], "unasked": "not allowed"}, "is open; its tunnels could not be asked: not allowed."),
                       ({"not_looked": "not yet"}, "was not looked at (not yet).")):
        assert in_words({**status, "observations": {"link": link}})[-1] == f"The way to the other site {said}"


def test_the_alarm_after_a_switch():
    alone = {"unprotected": True, "since": 1790000000.0, "backup_asked": True, "backup_made": None, "left": {"fence": "waits"}}
    status = {"verdict": VERDICT, "record": {}, "observations": {}, "protection": alone}
    alarm, left = in_words(status)[-2:]
    assert alarm.startswith("ALARM: UNPROTECTED since 2026-09-21 14:13:20 UTC.") and "a backup is asked for, and not made yet" in alarm
    assert left.startswith("The last switch left to do: fence.")
    for since in (1795000000025, -1e14, 1e300, float("inf")):
        assert "UNPROTECTED since a time that is none." in "".join(in_words({**status, "protection": {**alone, "since": since}}))
    made = in_words({**status, "protection": {**alone, "backup_made": 1790000060.0, "left": {}}})
    assert "a backup was made at 2026-09-21 14:14:20 UTC" in made[-1]
    quiet = {**status, "protection": {"unprotected": False, "since": None, "left": {}}}
    assert not any("ALARM" in row for row in in_words(quiet))
