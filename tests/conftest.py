# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""In which order tests run, and by whom."""

from __future__ import annotations

from typing import Any

import pytest

from tests import dealing


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Whatever asks for a pair of real servers is a test with `servers`, so that `make check` can leave it to `make test`. The twins are built and
    broken by test_replication_servers.py and test_reseed_servers.py first; test_salvage_servers.py leaves them turned round. What is dealt to three
    processes is dealt in this order: what needs servers, what takes long, the rest.
    """
    for item in items:
        if dealing.PAIRS & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.servers)
        if item.get_closest_marker("whole"):
            item.add_marker(pytest.mark.timeout(5400))
    if any(item.path.name in ("test_replication_servers.py", "test_reseed_servers.py") for item in items):
        items.sort(key=lambda item: item.path.name == "test_salvage_servers.py")
    if hasattr(config, "workerinput"):
        long = {item.path for item in items if item.get_closest_marker("long")}
        items.sort(key=lambda item: 0 if dealing.group(item.nodeid.partition("::")[0]) == dealing.SERVERS else 1 if item.path in long else 2)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> dealing.Dealing:
    """Whoever asks for several processes has the tests dealt so."""
    return dealing.Dealing(config, log)
