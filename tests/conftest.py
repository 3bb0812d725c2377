# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How the tests are dealt to two processes (`make test`): a file stays together, as its tests share what is slow to build, and what needs
real MySQL servers stays together, as these exist once. Those that take long are dealt first. One process takes them as they stand."""

from __future__ import annotations

import pytest

PAIRS = {"pair", "alone", "twins"}      # fixtures of contract/conftest.py: real servers


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Whatever asks for a pair of real servers is a test with `servers`, so that `make check` can leave it to `make test`. The twins are built and
    broken by test_replication_servers.py first; test_salvage_servers.py leaves them turned round.

    Where there are two processes: name each test's group, and put the groups into the order in which they are dealt.
    """
    if any(item.path.name == "test_replication_servers.py" for item in items):
        items.sort(key=lambda item: item.path.name == "test_salvage_servers.py")
    for item in items:
        if PAIRS & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.servers)
    if not getattr(config.option, "loadgroup", False):
        return
    long = {item.path for item in items if item.get_closest_marker("long")}
    for item in items:
        item.add_marker(pytest.mark.xdist_group("servers" if item.get_closest_marker("servers") else str(item.path.relative_to(config.rootpath))))
    items.sort(key=lambda item: 0 if item.get_closest_marker("servers") else 1 if item.path in long else 2)
