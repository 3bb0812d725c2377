# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fixtures of the contract tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils import waiting

from lab.nhn.app import serve_in_thread

from .nhn_cloud import NhnCloud


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Sleeps return at once and move the modules' clock; the list holds how long each would have been."""
    slept: list[float] = []
    monkeypatch.setattr(waiting.SystemClock, "now", lambda self: sum(slept))
    monkeypatch.setattr(waiting.SystemClock, "sleep", lambda self, seconds: slept.append(seconds))
    return slept


@pytest.fixture
def nhn(no_waiting: list[float]) -> Iterator[NhnCloud]:
    """An empty NHN Cloud that builds things by itself."""
    url, store = serve_in_thread(auto_observe=True)
    yield NhnCloud(url, store)
    store.close()
