# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What `make bench` measures of a build is refused when the build wrote where it must not; every stage is played here, nothing is run."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from bench import site

QUIET = "localhost : ok=3 changed=0 unreachable=0\nnhn : ok=9 changed=0 unreachable=0\n"
BUSY = "localhost : ok=3 changed=1 unreachable=0\nnhn : ok=9 changed=2 unreachable=0\n"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Measure a world that prints `recaps`, one a run of site.yml, and counts `writes`, one a question; returns what was recorded."""
    def run(recaps: tuple[str, ...], writes: tuple[int, ...]) -> dict[str, Any]:
        said, counted, kept = iter(recaps), iter(writes), {}
        status = subprocess.CompletedProcess([], 0, stdout=json.dumps({"memory_mb": 4000}).encode())
        monkeypatch.setattr(site, "lab", lambda *_: "")
        monkeypatch.setattr(site, "play", lambda *_: next(said))
        monkeypatch.setattr(site, "writes_since", lambda _: next(counted))
        monkeypatch.setattr(site.subprocess, "run", lambda *_, **__: status)
        monkeypatch.setattr(site, "drill", lambda _: {"rto_seconds": 28.0, "acknowledged": 100})
        monkeypatch.setattr(site, "record", lambda _, figures, __: kept.update(figures))
        site.measure()
        return kept
    return run


def test_a_second_run_that_changes_and_writes_nothing_is_recorded(world: Callable[..., dict[str, Any]]) -> None:
    figures = world((QUIET, BUSY, QUIET, BUSY), (0, 0))     # check, build, again, one tag
    assert (figures["second_run_changed"], figures["second_run_writes"], figures["lab_mb"]) == (0, 0, 4000)


@pytest.mark.parametrize(("recaps", "writes", "said"), [
    ((QUIET, BUSY, BUSY, QUIET), (0, 0), "the second run changed 3 things and wrote 0 times"),
    ((QUIET, BUSY, QUIET, QUIET), (0, 2), "the second run changed 0 things and wrote 2 times"),
    ((BUSY, BUSY, QUIET, QUIET), (1, 0), "--check wrote 1 times"),
])
def test_a_second_run_that_changes_or_writes_and_a_check_that_writes_are_no_measurement(
    world: Callable[..., dict[str, Any]], recaps: tuple[str, ...], writes: tuple[int, ...], said: str,
) -> None:
    with pytest.raises(site.Failed, match=said):
        world(recaps, writes)


def test_a_run_without_a_recap_is_not_taken_for_one_that_changed_nothing() -> None:
    assert site.changed(BUSY) == 3
    with pytest.raises(site.Failed, match="no recap"):
        site.changed("")
