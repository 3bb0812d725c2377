# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The small parts of the switch's benchmark: profiles, histories, ages of addresses, what operators print, what the command line takes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.proof.buyer import Attempt
from ansible_collections.multicloud.dr.plugins.module_utils.proof.names import Resolver
from ansible_collections.multicloud.dr.plugins.module_utils.switch.timing import TIMINGS, Timing

from bench import record
from bench.switch import __main__ as main
from bench.switch import crowd, profiles
from bench.switch.__main__ import parser
from bench.switch.history import Gate, History, read
from bench.switch.home import told


def test_profiles_are_the_designs_and_the_agents() -> None:
    assert (profiles.floor("default"), profiles.floor("fast")) == (30, 15)
    for name, timing in profiles.PROFILES.items():
        assert Timing(**{each: timing[each] for each in ("ttl", "margin", "renew", "beat")}) == TIMINGS[name]
        assert json.loads(profiles.variables(name))["topology_timing"] == timing
        assert json.loads(profiles.variables(name))["dr_mode"] == "automatic"


def test_a_history_is_read_as_it_was_written_but_for_a_torn_end(tmp_path: Path) -> None:
    history = History(tmp_path / "below" / "h.jsonl")
    attempt = Attempt(2.0, 1.0, "k", 1, "A-1", 201, "nhn", 1, "local", "t", by_site="nhn", by_epoch=1)
    look = Gate("nhn", 1.0, 1.1, "uuid", 3, 4.5)
    history.attempt(2, attempt)
    history.gate(look)
    history.event("nhn is lost", how="at once")
    history.close()
    text = history.path.read_text().splitlines()
    found = read([*text, '{"kind": "att'])
    assert [(each.client, each.attempt) for each in found.attempts] == [(2, attempt)]
    assert found.gates == (look,) and [each["name"] for each in found.events] == ["nhn is lost"]
    assert history.attempts()[0].attempt == attempt
    history.event("after the end")
    assert history.path.read_text().splitlines() == text


def test_only_the_first_answer_has_passed_some_of_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "lookup", lambda name, nameserver: ("192.0.2.1", 10.0))
    now = [0.0]
    asked: list[float] = []
    ask = crowd.aged(0.75)

    def noted(name: str, nameserver: str | None) -> tuple[str, float]:
        asked.append(now[0])
        return ask(name, nameserver)

    resolver = Resolver("192.0.2.53", noted, lambda: now[0])
    for now[0] in (0.0, 2.4, 2.6, 12.5, 12.7):
        resolver.address("tickets.example")
    assert asked == [0.0, 2.6, 12.7]


def test_what_a_switch_printed_is_told_from_noise() -> None:
    assert told('{"name": "judge"}\nsome warning\n{"name": "prove"}\n{"name": "to') == ([{"name": "judge"}, {"name": "prove"}], None)
    assert told('{"refused": "Busy: somebody is at it"}\n') == ([], "Busy: somebody is at it")


def test_the_command_line_says_what_is_played() -> None:
    assert parser().parse_args(["kills", "--profile", "fast", "--profile", "default"]).profile == ["fast", "default"]
    assert parser().parse_args(["schedules", "--seed", "7"]).seed == 7
    with pytest.raises(SystemExit):
        parser().parse_args(["kills", "--profile", "slow"])


def test_rows_of_other_code_say_nothing_of_this(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "ROWS", tmp_path / "rows.jsonl")
    monkeypatch.setattr(main, "TREE", "before")
    main.save({"kind": "kill"})
    monkeypatch.setattr(main, "TREE", "now")
    main.save({"kind": "move"})
    assert [row["kind"] for row in main.measured()] == ["move"]
    monkeypatch.setattr(main, "SIMULATED_BY", "before")
    main.save({"kind": "simulation"})
    assert [row["kind"] for row in main.measured()] == ["move", "simulation"]
    monkeypatch.setattr(main, "SIMULATED_BY", "now")
    assert [row["kind"] for row in main.measured()] == ["move"], "what simulates is code as well"


@pytest.mark.parametrize(("measured_with", "kept"), [("now", True), ("before", False), (None, False)])
def test_what_an_agent_of_other_code_cost_is_no_figure_of_this(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, measured_with: str | None, kept: bool,
) -> None:
    monkeypatch.setattr(record, "BENCH", tmp_path)
    for name, value in {"BENCH": tmp_path, "ROWS": tmp_path / "rows.jsonl", "TREE": "now"}.items():
        monkeypatch.setattr(main, name, value)
    record.record("switch", {"agent_mb": 30.0}, {"what": "agent", **({"tree": measured_with} if measured_with else {})})
    main.figures(main.parser().parse_args(["figures"]))
    assert ("agent_mb" in json.loads((tmp_path / "switch.json").read_text())["figures"]) is kept


def test_code_is_named_by_what_lies_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "roles").mkdir()
    (tmp_path / "roles" / "a").write_text("1")
    subprocess.run(["git", "-C", tmp_path, "add", "."], check=True)
    monkeypatch.setattr(record, "ROOT", tmp_path)
    before = record.tree("roles")
    (tmp_path / "docs").write_text("more")
    assert record.tree("roles") == before
    (tmp_path / "roles" / "a").write_text("2")
    assert record.tree("roles") != before
