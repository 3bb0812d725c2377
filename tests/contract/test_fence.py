# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""After a switch, over the link to a real server: who still writes there is ended by the provider's own procedure, and nobody else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import DatabaseFault, execute, query
from ansible_collections.multicloud.dr.plugins.module_utils.switch import afterwards
from ansible_collections.multicloud.dr.plugins.module_utils.switch.config import Config
from ansible_collections.multicloud.dr.plugins.module_utils.switch.databases import OtherDatabase
from ansible_collections.multicloud.dr.plugins.module_utils.switch.switching import NotYet
from ansible_collections.multicloud.dr.plugins.module_utils.switch.timing import Timing

from tests.contract.gate_places import AGENT, APP, Place

FENCE = afterwards.STEPS[1]


def made_the_writer(at: Place, epoch: int, port: int | None = None) -> Any:
    """What the step needs to know of a site that was made the writer, and whose other site's database is `at`."""
    server = at.server
    config = Config("aws", "nhn", "tickets", Timing(), {"peer_database": {
        "host": server.host, "port": port or server.port, "user": server.user, "password": server.password, "dialect": at.dialect}})
    return SimpleNamespace(site="aws", epoch=epoch, other=OtherDatabase(config), database=SimpleNamespace(follows=lambda: None), sleep=time.sleep,
                           clock=time.monotonic)


@pytest.fixture
def writer(primary: Place) -> Iterator[Place]:
    """The writer before, its gate open in reign 7, with one table."""
    with primary.login(AGENT) as conn:
        execute(conn, f"CREATE TABLE {APP}.fenced (id INT PRIMARY KEY)")
    primary.gate.open("nhn", 7, primary.now() + 600)
    yield primary
    with primary.login(AGENT) as conn:
        execute(conn, f"DROP TABLE {APP}.fenced")


def test_who_writes_is_ended_and_who_reads_is_not(writer: Place) -> None:
    on = made_the_writer(writer, 8)
    with writer.login(AGENT) as late, writer.login(AGENT) as reader:
        execute(late, "BEGIN")
        execute(late, f"INSERT INTO {APP}.fenced VALUES (1)")
        execute(reader, "START TRANSACTION")
        query(reader, f"SELECT * FROM {APP}.fenced")
        assert "Shut the gate" in FENCE.pending(on)
        assert FENCE.apply(on).startswith("The gate of the other site was open and is shut; nothing older runs after ")
        assert writer.gate.look().valid_for == 0
        with pytest.raises(DatabaseFault):
            execute(late, "COMMIT")
        assert query(reader, f"SELECT * FROM {APP}.fenced") == [], "a reader goes on, and what was being written is not there"
    assert FENCE.pending(on) is None and FENCE.idle(on) == "Nobody writes at the other site."


def test_a_reign_that_is_later_than_the_switch_is_left_alone(writer: Place) -> None:
    on = made_the_writer(writer, 7)
    with writer.login(AGENT) as buyer:
        execute(buyer, "BEGIN")
        execute(buyer, f"INSERT INTO {APP}.fenced VALUES (2)")
        assert FENCE.pending(on) is None
        assert on.other.fence(7) is False and writer.gate.look().valid_for > 500
        execute(buyer, "ROLLBACK")


def test_a_database_that_is_away_is_waited_for(writer: Place) -> None:
    began = time.monotonic()
    with pytest.raises(NotYet, match=r"gives no answer .*Nothing was touched\)\. Its gate has run out by itself"):
        FENCE.pending(made_the_writer(writer, 8, port=3307))
    assert time.monotonic() - began < 5
