# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What breaks replication between two managed servers, done to real ones: each is named, and its cure works.

The tests go on from each other: a pair is built once, broken and mended, and test_reseed_servers.py goes on with it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import accounts, clocks, replication
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import DatabaseFault, Server, execute, query
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.dialects import Position, Source
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replica_status import ahead, gtids
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replication import binlog_position, catch_up, detach, status, stop
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.reseeding import reseed
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.settling import look, settle
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import seeding
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import compare
from ansible_collections.multicloud.dr.plugins.modules import rds_replication

from lab.hosts.mysql.server import sql
from tests.contract.followers import AWS, asked_anew, crosses, equal, interrupted, names, plan, refuses_repair, seeding_is_kept
from tests.contract.mysql_pair import SCHEMAS, until
from tests.contract.twins import PREFIX, Twins


def test_a_server_that_lets_itself_be_followed_by_gtid_is(built: Twins) -> None:
    with built.pair.standby.connected() as conn:
        assert not status(conn).auto_position and detach(conn, AWS)
        with pytest.raises(Fault, match=r"(?s)transactions its source never had: [0-9a-f-]{36}:1.*accept_errant"):
            settle(built.wish("nhn", "aws"))                # the accounts that were made on AWS by SQL
        assert status(conn).source is None
        wish = built.wish("nhn", "aws", accept_errant=True)
        assert settle(wish, check=True).by_gtid and status(conn).source is None
        outcome = settle(wish)
        assert outcome.moves == ["point", "start"] and outcome.by_gtid and status(conn).auto_position
        assert settle(wish).moves == []
        assert wish.source is not None
        clear = replace(wish, source=replace(wish.source, tls=False))
        assert settle(clear).by_gtid and status(conn).auto_position, "told anew, it goes on as it went"
        assert settle(wish).by_gtid and settle(wish).moves == []
        with built.server("nhn").connected() as reader:
            assert ahead(conn, reader) == "", "what it made itself is no other's"
            theirs = "11111111-2222-3333-4444-555555555555:1"       # of a server that its source has taken the place of
            sql(built.pair.aws, f"SET GTID_NEXT = '{theirs}'; BEGIN; COMMIT; SET GTID_NEXT = AUTOMATIC;")
            assert ahead(conn, reader) == theirs
        refuses_repair(built, rf"(?s)transactions that .* never had: {theirs}.*Nothing was touched.*reseed")
        built.beat("nhn", 1, valid=600)
        assert reseed(plan(built, "nhn", "aws"), check=True).moves[0] == "salvage"
        built.beat("nhn", 1)
        sql(built.pair.nhn, f"SET GTID_NEXT = '{theirs}'; BEGIN; COMMIT; SET GTID_NEXT = AUTOMATIC;")
        assert "errant" in names(built)
        before = gtids(conn)
        with pytest.raises(Fault, match=r"(?s)follows by GTID, and this account may not keep.*Leave the checkpoint out"):
            compare(built.server("nhn"), built.pair.standby, SCHEMAS, checkpoint="errant")
        assert gtids(conn) == before and not query(conn, "SHOW TABLES IN dr LIKE 'sync%'")
        position = status(conn).applied
        detach(conn, AWS)
    settle(built.wish("nhn", "aws", position=position, retention_hours=72))         # what NHN's procedures can do as well


def test_what_the_providers_keep_for_themselves_is_passed_over(built: Twins) -> None:
    sql(built.pair.nhn, "CREATE DATABASE rds_maintenance; CREATE TABLE rds_maintenance.beat (n INT); INSERT INTO rds_maintenance.beat VALUES (1); "
                        "USE rds_maintenance; SET SESSION binlog_format = 'STATEMENT'; INSERT INTO beat VALUES (2);")
    assert crosses(built)
    with built.pair.standby.connected() as conn:
        assert not query(conn, "SHOW DATABASES LIKE 'rds_maintenance'")


def test_no_retention_on_aws_is_named_until_it_is_set(built: Twins) -> None:
    assert "no_retention" not in names(built)
    with built.pair.standby.connected() as conn:
        execute(conn, "CALL mysql.rds_set_configuration('binlog retention hours', NULL)")
    assert "no_retention" in names(built)
    assert settle(built.wish("nhn", "aws", retention_hours=72)).moves == ["retain"]
    assert names(built) == []


def test_a_replica_that_is_silent_without_an_error_is_named(built: Twins) -> None:
    with built.cut():
        built.beat("nhn", 1)
        with built.server("nhn").connected() as here, built.pair.standby.connected() as there:
            seen = status(there)
            assert seen.running and not seen.io_error[0]
            with pytest.raises(Fault, match=r"(?s)nothing has arrived.*Yes/Yes.*it is silent.*tunnels"):
                catch_up(there, AWS, binlog_position(here), 20, stall=1)
            until(lambda: "silent" in names(built, silent_limit=1))
            built.beat("nhn", 1)
            assert settle(built.wish("nhn", "aws", lag_seconds=1), check=True).moves == ["stop", "start"]
            assert settle(built.wish("nhn", "aws", lag_seconds=600), check=True).moves == []
    assert crosses(built) and names(built, silent_limit=20) == []


def test_an_applier_that_is_behind_is_not_called_a_silent_link(built: Twins) -> None:
    wish = built.wish("nhn", "aws", lag_seconds=1)
    with built.pair.standby.connected() as holder:
        execute(holder, "LOCK TABLES tickets.purchases WRITE")
        built.write("nhn", "INSERT INTO tickets.purchases (idem, seat, ticket) VALUES ('lock', 'T-1', 'lock')")

        def seen() -> list[str]:
            built.beat("nhn", 1)
            return names(built, silent_limit=1)

        until(lambda: seen() == ["behind"])
        built.beat("nhn", 1)
        assert settle(wish, check=True).moves == []
    assert crosses(built) and names(built, silent_limit=20) == []


def test_a_source_at_another_address_is_followed_there(built: Twins, monkeypatch: pytest.MonkeyPatch) -> None:
    wish = built.wish("nhn", "aws")
    with built.also_at("nhn", f"{PREFIX}.13"):
        moved = replace(wish, reader=Server(f"{PREFIX}.13", 3306, "dr_agent", "agent"), source=Source(f"{PREFIX}.13", 3306, "dr_repl", "it's repl"))
        assert [each.name for each in look(moved)[1]] == ["source_moved"]
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(replication, "follow", interrupted)           # it follows nobody any more, and nobody yet
            settle(moved)
        with built.pair.standby.connected() as conn:
            assert status(conn).source is None and seeding.position_of_finished_copy(conn, SCHEMAS, moved.reader)
        assert settle(moved).moves == ["point", "start"] and not seeding_is_kept(built)
        assert settle(wish).moves == ["stop", "reset", "point", "start"]
        assert settle(moved).moves == ["stop", "reset", "point", "start"]
        with built.pair.standby.connected() as conn:
            assert status(conn).source == f"{PREFIX}.13:3306"
    # The address is gone now, and its replica with it: the same server answers at the first one.
    assert settle(wish).moves == ["stop", "reset", "point", "start"] and equal(built)


def test_a_new_password_of_the_account_is_told_to_the_replica(built: Twins) -> None:
    wish = built.wish("nhn", "aws")
    assert wish.source is not None
    renewed = replace(wish, source=replace(wish.source, password="it's new"))
    sql(built.pair.nhn, "ALTER USER dr_repl IDENTIFIED BY 'it\\'s new';")
    try:
        assert asked_anew(built) == ["wrong_password"]
        assert settle(renewed).moves == ["stop", "reset", "point", "start"] and crosses(built)
    finally:
        sql(built.pair.nhn, "ALTER USER dr_repl IDENTIFIED BY 'it\\'s repl';")
    assert settle(wish).moves == []                         # a connection that stands is not asked again


def test_a_source_that_is_to_be_followed_in_the_clear_or_by_tls_is(built: Twins) -> None:
    wish = built.wish("nhn", "aws")
    assert wish.source is not None
    clear = replace(wish, source=replace(wish.source, tls=False))
    for wanted in (clear, wish):
        assert settle(wanted).moves == ["stop", "reset", "point", "start"] and settle(wanted).moves == []
        with built.pair.standby.connected() as conn:
            assert status(conn).tls is (wanted is wish)
    assert crosses(built)


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(("change", "words"), [
    ({"source": Source(f"{PREFIX}.11", 3306, "dr_repl", "wrong")}, r"log in to MySQL as dr_repl.*1045.*Check user and password"),
    ({"source": Source(f"{PREFIX}.11", 3999, "dr_repl", "it's repl")}, r"is set up to follow .*:3306"),
    ({"high_availability": True}, r"instance with high availability.*standalone"),
])
def test_what_cannot_be_followed_is_refused_with_what_to_do(built: Twins, change: dict[str, Any], words: str, check: bool) -> None:
    with pytest.raises(Fault, match=f"(?s){words}"):
        settle(replace(built.wish("nhn", "aws"), **change), check=check)
    assert crosses(built)


def test_the_writer_is_never_made_a_replica(built: Twins) -> None:
    built.beat("nhn", 1, valid=60)
    with pytest.raises(Fault, match=r"(?s)It is the writer.*Nothing was touched"):
        settle(built.wish("aws", "nhn"))
    with pytest.raises(Fault, match=r"(?s)It is the writer"):
        reseed(plan(built, "aws", "nhn"))
    built.beat("nhn", 1)
    with built.pair.primary.connected() as conn:
        assert status(conn).source is None


def test_an_account_without_the_privilege_is_named(built: Twins) -> None:
    weak = accounts.Account("weak", "weak", "CRUD", schemas=("tickets",))
    with built.pair.standby.connected() as conn:
        for account, steps in accounts.plans(conn, built.pair.standby, [weak]):
            accounts.apply(conn, steps, account)
    with pytest.raises(Fault, match=r"(?s)weak from .*lacks REPLICATION SLAVE.*authority READ"):
        settle(built.wish("aws", "nhn", source=Source(built.pair.standby.host, 3306, "weak", "weak"),
                          position=Position("mysql-bin-changelog.000001", 4), accept_errant=True))


def test_stop_and_start_are_states(built: Twins) -> None:
    for state, there in (("stopped", built.pair.primary.host), ("promoted", None), ("detached", None)):
        diff = rds_replication.result(settle(built.wish("nhn", "aws", state=state), check=True))["diff"]
        assert diff["before"]["state"] == "replicating" and diff["after"]["state"] == ("stopped" if state == "stopped" else "detached")
        assert (diff["after"]["source"] or "").startswith(there or "") and bool(diff["after"]["source"]) is bool(there)
    assert settle(built.wish("nhn", "aws", state="stopped")).moves == ["stop"] and settle(built.wish("nhn", "aws", state="stopped")).moves == []
    with built.pair.standby.connected() as conn:
        assert not stop(conn, AWS)
    assert settle(built.wish("nhn", "aws")).moves == ["start"]


def test_an_unreachable_source_is_named(built: Twins) -> None:
    built.beat("nhn", 1)                                    # its gate is shut, or it would be refused as the writer
    with pytest.raises(DatabaseFault, match=r"(?s)log in to MySQL as dr_repl"):
        settle(built.wish("aws", "nhn", source=Source(f"{PREFIX}.99", 3306, "dr_repl", "x"), position=Position("mysql-bin-changelog.000001", 4),
                          accept_errant=True))


def test_both_servers_clocks_are_read(built: Twins) -> None:
    """One machine, one clock: whatever is measured must be within what it says it can be wrong by."""
    with built.server("nhn").connected() as here, built.server("aws").connected() as there:
        offset = clocks.between(clocks.read(here), clocks.read(there))
    assert abs(offset.seconds) <= offset.bound + 0.001 and offset.bound < 1
