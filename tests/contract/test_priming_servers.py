# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""NHN's server follows AWS's without TLS, and AWS's forgets every password, as a restart does: the agent beside the copy has it let in again."""

from __future__ import annotations

from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replica_status import ReplicaStatus
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replication import status
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.settling import settle
from ansible_collections.multicloud.dr.plugins.module_utils.switch.config import Config
from ansible_collections.multicloud.dr.plugins.module_utils.switch.priming import EVERY, make_priming
from ansible_collections.multicloud.dr.plugins.module_utils.switch.timing import Timing

from lab.hosts.mysql.server import sql
from tests.contract.mysql_pair import until
from tests.contract.twins import TABLES, Twins


def test_a_copy_without_tls_is_let_in_again_after_its_source_forgot_the_password(bare: Twins) -> None:
    twins = bare

    def seen() -> ReplicaStatus:
        with twins.pair.primary.connected() as conn:
            return status(conn)

    def tries_anew() -> None:           # its next try by itself is a minute away
        sql(twins.pair.nhn, "STOP REPLICA; START REPLICA;")

    said: list[str] = []
    here, there = twins.server("nhn"), twins.server("aws")
    priming = make_priming(Config("nhn", "nhn", "tickets", Timing(), {
        "database": {"host": here.host, "port": here.port, "user": here.user, "password": here.password, "dialect": "nhn_rds"},
        "peer_database": {"host": there.host, "user": there.user, "password": there.password, "replication_user": "dr_repl",
                          "replication_password": "it's repl"}}), said.append)
    twins.write("aws", *TABLES)
    twins.beat("aws", 1)
    settle(twins.wish("aws", "nhn"))
    assert priming.tend() == EVERY and said == [], "a copy that follows needs nobody"
    sql(twins.pair.aws, "FLUSH PRIVILEGES;")
    tries_anew()
    until(lambda: seen().io_error[0] == 2061)
    tries_anew()
    until(lambda: seen().io_error[0] == 2061)       # and so it stays
    priming.tend()
    assert said == [f"Logged in to {there.host}:3306 over TLS as dr_repl: the copy here is let in again."]
    tries_anew()
    until(lambda: seen().running)
