# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When the agent beside a copy logs in as its account, and what it says of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.dialects import Source
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replica_status import ReplicaStatus
from ansible_collections.multicloud.dr.plugins.module_utils.switch.config import Config
from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate import GateSilent
from ansible_collections.multicloud.dr.plugins.module_utils.switch.priming import EVERY, Priming, make_priming
from ansible_collections.multicloud.dr.plugins.module_utils.switch.timing import Timing

SOURCE = Source("10.0.0.9", 3306, "dr_repl", "CANARY-repl")
KEPT_OUT = ReplicaStatus("10.0.0.9", 3306, "dr_repl", io="Connecting", sql="Yes", io_error=(2061, "Authentication requires secure connection."))


class World:
    """A copy as it says it is, a source that takes the login or not, and what the agent did and said."""

    def __init__(self, seen: ReplicaStatus | None) -> None:
        self.seen, self.fault = seen, ""
        self.logins: list[Source] = []
        self.said: list[str] = []
        self.priming = Priming(self.status, SOURCE, self.said.append, self.prime)

    def status(self) -> ReplicaStatus:
        if self.seen is None:
            raise GateSilent("away")
        return self.seen

    def prime(self, source: Source) -> None:
        self.logins.append(source)
        if self.fault:
            raise Fault("log in to MySQL as dr_repl", left=self.fault)


def test_a_copy_that_is_kept_out_is_let_in_by_one_login_and_that_is_said_once() -> None:
    world = World(KEPT_OUT)
    assert [world.priming.tend() for _ in range(2)] == [EVERY, EVERY]          # until the copy's next try
    assert world.logins == [SOURCE, SOURCE]
    assert world.said == ["Logged in to 10.0.0.9:3306 over TLS as dr_repl: the copy here is let in again."]
    world.seen = replace(KEPT_OUT, io="Yes", io_error=(0, ""))
    world.priming.tend()
    world.seen = KEPT_OUT                                                      # the source was restarted once more
    world.priming.tend()
    assert len(world.logins) == 3 and len(world.said) == 2


def test_a_source_that_is_still_away_is_tried_without_a_word_and_one_that_refuses_is_told() -> None:
    world = World(replace(KEPT_OUT, io_error=(2003, "Can't connect")))
    world.fault = "It is away."
    world.priming.tend()
    assert world.logins and not world.said
    world.seen = KEPT_OUT
    world.priming.tend()
    world.priming.tend()
    assert world.said == ["Could not log in to MySQL as dr_repl. It is away."]


@pytest.mark.parametrize("seen", [
    None, ReplicaStatus(), replace(KEPT_OUT, io="Yes", io_error=(0, "")), replace(KEPT_OUT, io="No"), replace(KEPT_OUT, tls=True),
    replace(KEPT_OUT, source_user="another"), replace(KEPT_OUT, io_error=(1045, "Access denied"))])
def test_nobody_logs_in_where_that_is_not_what_a_copy_waits_for(seen: ReplicaStatus | None) -> None:
    world = World(seen)
    assert world.priming.tend() == EVERY and not world.logins and not world.said


@pytest.mark.parametrize("peer", [{}, {"host": "10.0.0.9", "port": 3306, "user": "dr_agent", "password": "x"}, {
    "host": "10.0.0.9", "user": "dr_agent", "password": "x", "replication_user": "dr_repl", "replication_password": "CANARY-repl"}])
def test_the_account_is_what_the_configuration_says(peer: dict[str, Any]) -> None:
    priming = make_priming(Config("nhn", "nhn", "t", Timing(), {"peer_database": peer}), print)
    assert priming._source == (SOURCE if "replication_user" in peer else None)
