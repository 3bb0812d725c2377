# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Figures of clouds are bounded, told to Prometheus without a word of a secret, and unknown once they are old or their API is away."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.absent import NotInstalled
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Answer, Fault
from ansible_collections.multicloud.dr.plugins.module_utils.monitoring.clouds import exporter
from ansible_collections.multicloud.dr.plugins.module_utils.monitoring.clouds.asking import Asked, reason
from ansible_collections.multicloud.dr.plugins.module_utils.monitoring.clouds.exporter import asked_of, main, serving
from ansible_collections.multicloud.dr.plugins.module_utils.monitoring.clouds.figures import ABOUT, LONGEST, MOST, Figure, bounded, figure, text
from ansible_collections.multicloud.dr.plugins.module_utils.monitoring.clouds.kubernetes import Door, quantity, told
from prometheus_client.parser import text_string_to_metric_families

MEASURE = "multicloud_dr_cloud_measure"


def parsed(said: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {(sample.name, tuple(sorted(sample.labels.items()))): sample.value for family in text_string_to_metric_families(said)
            for sample in family.samples}


def test_what_a_cloud_calls_things_cannot_become_a_figure_of_its_own() -> None:
    evil = 'x"} 1\nmulticloud_dr_writer{site="nhn' + "\\" + "z" * 500
    said = text([*figure(MEASURE, 1.5, of="database", measure=evil), *figure("multicloud_dr_cloud_quota", 64, of="vcpu", what="limit")])
    read = parsed(said)
    assert len(read) == 2 and read["multicloud_dr_cloud_quota", (("of", "vcpu"), ("what", "limit"))] == 64
    labels = dict(next(labels for name, labels in read if name == MEASURE))
    assert len(labels["measure"]) == LONGEST and labels["of"] == "database"
    assert all(f"# HELP {name} " in said and f"# TYPE {name} gauge" in said for name, _ in read)


def test_what_is_not_known_is_no_figure() -> None:
    assert figure(MEASURE, None, of="database") == [] and text([]) == ""


def test_more_than_are_of_use_are_left_out_and_counted() -> None:
    many = [Figure(MEASURE, at, (("measure", str(at)),)) for at in range(MOST + 7)]
    kept, more = bounded([*many, many[0]])
    assert len(kept) == MOST and more == 7, "the same twice is one"


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def made(ask: Any, clock: Clock) -> tuple[Asked, list[str]]:
    said: list[str] = []
    return Asked("rds", ask, 60, said.append, clock, lambda: 1700000000.0), said


def test_an_api_that_falls_silent_is_told_once_and_its_figures_end() -> None:
    clock, answers = Clock(), [figure(MEASURE, 7)]

    def ask() -> list[Figure]:
        if not answers:
            raise Fault("read metrics of", "tickets-db", answer=Answer("NHN Cloud", 503, "Busy", "appkey CANARY-9 is busy"))
        return answers[0]

    asked, said = made(ask, clock)
    assert asked.now() == [], "the first round is under way"
    asked.once()
    assert {each.name: each.value for each in asked.now()} == {
        "multicloud_dr_cloud_answers": 1, "multicloud_dr_cloud_answered_timestamp_seconds": 1700000000, "multicloud_dr_cloud_left_out": 0, MEASURE: 7}
    heard = answers.pop()
    asked.once()
    now = {each.name: each.value for each in asked.now()}
    assert now["multicloud_dr_cloud_answers"] == 0 and now[MEASURE] == 7, "for a few rounds it is still worth knowing"
    clock.now += 181
    asked.once()
    assert {each.name for each in asked.now()} == {"multicloud_dr_cloud_answers", "multicloud_dr_cloud_answered_timestamp_seconds"}
    answers.append(heard)
    asked.once()
    assert said == ["rds does not answer: could not read metrics of (503 Busy)", "rds answers again"]


def test_a_package_that_is_not_installed_is_no_silence_of_the_api() -> None:
    def ask() -> list[Figure]:
        raise NotInstalled("requests")

    asked, said = made(ask, Clock())
    with pytest.raises(NotInstalled):
        asked.once()
    assert said == []


def test_the_exporter_ends_and_says_which_package_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    def ask() -> list[Figure]:
        raise NotInstalled("requests")

    (tmp_path / "config.json").write_text('{"port": 0, "every_seconds": 60}')
    monkeypatch.setattr(exporter, "asked_of", lambda config: {"rds": ask})
    assert main([str(tmp_path / "config.json")]) == 1
    assert "Install requests for that Python" in capsys.readouterr().err


def test_an_api_that_hangs_does_not_answer() -> None:
    clock = Clock()
    asked, _ = made(list, clock)
    clock.now += 181
    assert asked.now() == figure("multicloud_dr_cloud_answers", 0, api="rds")
    asked.once()
    assert asked.now()[0].value == 1
    clock.now += 181
    assert asked.now()[0].value == 0


@pytest.mark.parametrize(("error", "said"), [
    (ValueError("CANARY-9"), "ValueError"),
    (urllib.error.HTTPError("http://CANARY-9", 403, "CANARY-9", None, None), "HTTPError 403"),  # type: ignore[arg-type]
    (Fault("log in to NHN Cloud as", "CANARY-9", answer=Answer("NHN Cloud", words="CANARY-9")), "could not log in to NHN Cloud as")])
def test_a_reason_is_told_without_anything_that_was_quoted(error: Exception, said: str) -> None:
    assert reason(error) == said


@pytest.fixture
def served() -> Iterator[tuple[str, Asked]]:
    asked = Asked("rds", lambda: figure(MEASURE, 7, of="database"), 60, print)
    server = serving(0, [asked])
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def test_it_is_answered_at_once_and_nothing_else_is(served: tuple[str, Asked]) -> None:
    url, asked = served
    asked.once()
    with urllib.request.urlopen(f"{url}/metrics", timeout=2) as answer:
        assert parsed(answer.read().decode())[MEASURE, (("of", "database"),)] == 7
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{url}/config", timeout=2)


def test_a_round_follows_another_until_it_is_told_to_stop() -> None:
    rounds: list[int] = []
    asked, stop = Asked("rds", lambda: rounds.append(1) or [], 0.01, print), threading.Event()  # type: ignore[func-returns-value]
    thread = threading.Thread(target=asked.run, args=(stop,))
    thread.start()
    until = time.monotonic() + 5
    while len(rounds) < 3 and time.monotonic() < until:
        stop.wait(0.01)
    stop.set()
    thread.join(5)
    assert len(rounds) >= 3 and not thread.is_alive()


def test_what_is_not_there_is_not_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert asked_of({}) == {} and asked_of({"aws": None, "nhn": {"auth": {}, "database": "", "cluster": ""}}) == {}
    assert main([]) == 2 and "usage" in capsys.readouterr().err


@pytest.mark.parametrize(("written", "meant"), [("250m", 0.25), ("0", 0), ("2", 2), ("123456789n", 0.123456789), ("64Mi", 64 * 2**20), ("1k", 1000)])
def test_quantities_are_read_as_kubernetes_writes_them(written: str, meant: float) -> None:
    assert quantity(written) == pytest.approx(meant)


class Told(Door):
    """A cluster that holds what it is given."""

    def __init__(self, **held: list[dict[str, Any]]) -> None:
        self.held = held

    def get(self, path: str) -> dict[str, Any] | None:
        kind = path.partition("?")[0].rpartition("/")[2]
        kind = "metrics" if "metrics.k8s.io" in path else kind
        return {"items": self.held[kind]} if kind in self.held else None


def test_pods_of_jobs_that_are_over_are_none_of_the_application() -> None:
    ready, not_yet = ({"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": status}]}} for status in ("True", "False"))
    pods: list[dict[str, Any]] = [ready, not_yet, {"status": {"phase": "Succeeded"}}, {"status": {}}]
    seen = {(each.name, each.labels): each.value for each in told(Told(pods=pods), "t")}
    assert seen == {("multicloud_dr_cloud_pods", (("ready", "yes"),)): 1, ("multicloud_dr_cloud_pods", (("ready", "no"),)): 2}
    assert told(Told(), "t") == [], "what a cluster does not offer has no figures"


def test_every_figure_says_what_it_is() -> None:
    assert all(name.startswith("multicloud_dr_cloud_") and len(about) > 10 for name, about in ABOUT.items())
