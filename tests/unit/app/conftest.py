# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An empty hall in memory. What only a real server can tell is in tests/contract/test_app_servers.py."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool
from ticketing import accounts, cli
from ticketing.models import Base


@pytest.fixture(autouse=True)
def _cheap(monkeypatch):
    """Hashing takes its time on purpose; here a cheap kind of the same."""
    monkeypatch.setattr(accounts.Accounts.__init__, "__defaults__", (PasswordHasher(time_cost=1, memory_cost=8, parallelism=1),))


def memory():
    return create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})


@pytest.fixture(scope="session")
def filled():
    """The demonstration's events and seats, to be copied."""
    engine = memory()
    Base.metadata.create_all(engine)
    cli.fill(engine)
    return engine


@pytest.fixture
def engine(filled):
    engine = memory()
    source, target = filled.raw_connection(), engine.raw_connection()
    source.driver_connection.backup(target.driver_connection)
    source.close()
    target.close()
    yield engine
    engine.dispose()
