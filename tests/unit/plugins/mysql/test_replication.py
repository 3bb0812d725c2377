# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Status parsing, what is left to do, and waiting, without a server."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault, TimedOut, WentWrong
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import replication
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import DatabaseError, DatabaseFault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.dialects import Position, Source, for_site
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replica_status import Channel

SOURCE = Source("192.168.10.50", 3306, "dr_repl", "secret")
AWS = for_site("aws_rds")
ROW = {
    "Channel_Name": "", "Source_Host": "192.168.10.50", "Source_Port": 3306, "Source_User": "dr_repl", "Source_UUID": "u-1",
    "Replica_IO_Running": "Yes", "Replica_SQL_Running": "Yes", "Source_Log_File": "mysql-bin.000003", "Read_Source_Log_Pos": 900,
    "Relay_Source_Log_File": "mysql-bin.000003", "Exec_Source_Log_Pos": 900, "Last_IO_Errno": 0, "Last_IO_Error": "",
    "Last_SQL_Errno": 0, "Last_SQL_Error": "",
}
RUNNING = replication.parse_status([ROW])
STOPPED = replace(RUNNING, io="No", sql="No")
BEHIND = replace(RUNNING, applied=Position("mysql-bin.000003", 500))
ALONE = replication.ReplicaStatus()
BESIDE = Channel("other", "192.168.10.50:3306", True)


class Clock:
    def __init__(self):
        self.at = 0.0

    def now(self):
        return self.at

    def sleep(self, seconds):
        self.at += seconds


class Server:
    """A scripted server: answers SHOW REPLICA STATUS from a list, the last answer for ever, and records every other statement."""

    host, port, user = "db", 3306, b"admin"
    at_rest = False

    def __init__(self, monkeypatch, *answers):
        self.answers = list(answers)
        self.called: list[str] = []
        monkeypatch.setattr(replication, "status", lambda conn, dialect=None: self.look())
        monkeypatch.setattr(replication, "rests", lambda conn: self.at_rest)
        monkeypatch.setattr(replication, "execute", lambda conn, sql, values=None, *, doing="": self.called.append(sql))

    def look(self):
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def test_status_of_a_running_replica():
    assert RUNNING.running and RUNNING.drained and RUNNING.state == "replicating"
    assert RUNNING.source == "192.168.10.50:3306"
    assert RUNNING.facts()["applied"] == {"file": "mysql-bin.000003", "position": 900}


def test_status_without_a_source():
    assert replication.parse_status([]) == ALONE
    assert ALONE.state == "detached" and ALONE.source is None and ALONE.drained


def test_a_named_channel_is_not_ours_and_is_seen():
    seen = replication.parse_status([{**ROW, "Channel_Name": "other"}, {**ROW, "Channel_Name": "still", "Replica_IO_Running": "No",
                                                                        "Replica_SQL_Running": "No"}])
    assert seen.source is None and [(each.name, each.source, each.applies) for each in seen.channels] == [
        ("other", "192.168.10.50:3306", True), ("still", "192.168.10.50:3306", False)]
    assert seen.state == "replicating" and replace(seen, channels=seen.channels[1:]).state == "stopped"
    assert replication.parse_status([ROW, {**ROW, "Channel_Name": "other"}]) == replace(RUNNING, channels=seen.channels[:1])


def test_what_a_group_of_servers_uses_among_themselves_is_no_source():
    assert replication.parse_status([{**ROW, "Channel_Name": "group_replication_recovery"}]) == ALONE


@pytest.mark.parametrize("state", ["stopped", "promoted", "detached"])
def test_a_server_that_another_channel_writes_on_is_refused_by_name_and_does_not_count_as_alone(state):
    for ours in (ALONE, RUNNING):
        with pytest.raises(Fault, match=r"192\.168\.10\.50:3306 by the channel 'other'.*rds_stop_replication_for_channel\('other'\)") as told:
            replication.plan(state, replace(ours, channels=(BESIDE,)))
        assert "Nothing was touched" in str(told.value)
    assert replication.plan("replicating", replace(RUNNING, channels=(BESIDE,)), SOURCE) == ()


def test_a_promotion_says_who_goes_on_writing_here(monkeypatch):
    server = Server(monkeypatch, replace(ALONE, channels=(BESIDE,)))
    done = replication.promote(server, AWS, clock=Clock())
    assert not done.changed and "alone already" not in str(done) and "192.168.10.50:3306 by the channel 'other'" in str(done)


def test_a_replica_whose_source_is_gone_is_not_running_but_still_a_replica():
    seen = replication.parse_status([{**ROW, "Replica_IO_Running": "Connecting", "Last_IO_Errno": 2003, "Last_IO_Error": "no route"}])
    assert not seen.running and seen.state == "replicating" and seen.io_error == (2003, "no route")


@pytest.mark.parametrize(("state", "seen", "moves"), [
    ("replicating", ALONE, ("point", "start")),
    ("replicating", STOPPED, ("start",)),
    ("replicating", RUNNING, ()),
    ("stopped", RUNNING, ("stop",)),
    ("stopped", STOPPED, ()),
    ("stopped", ALONE, ()),
    ("promoted", RUNNING, ("drain", "stop", "reset")),
    ("promoted", ALONE, ()),
    ("detached", RUNNING, ("stop", "reset")),
    ("detached", ALONE, ()),
])
def test_what_is_left_to_do(state, seen, moves):
    assert replication.plan(state, seen, SOURCE) == moves


def test_another_source_is_refused_before_anything_is_touched():
    with pytest.raises(Fault, match=r"192\.168\.10\.50:3306 as dr_repl; nothing was touched"):
        replication.plan("replicating", RUNNING, Source("10.0.10.50", 3306, "dr_repl", "secret"))


def test_another_account_on_the_same_source_is_told_and_not_taken_for_the_same():
    with pytest.raises(Fault, match=r"follow 192\.168\.10\.50:3306 as dr_repl; nothing was touched"):
        replication.plan("replicating", RUNNING, replace(SOURCE, user="somebody"))


@pytest.mark.parametrize("code", sorted(replication.NOTHING_TO_STOP))
def test_nothing_to_stop_is_fine_and_nothing_to_start_is_not(code, monkeypatch):
    def refuse(*_args, doing="", **_more):
        raise DatabaseFault(doing, "on db", DatabaseError(code, "not a replica"))

    monkeypatch.setattr(replication, "execute", refuse)
    replication._call(None, AWS.stop(), "stop the replica")
    with pytest.raises(DatabaseFault, match="Could not start the replica"):
        replication._call(None, AWS.start(), "start the replica")


def test_who_takes_addresses_only_is_given_one_and_no_promise_of_tls(monkeypatch):
    given = []
    monkeypatch.setattr(replication, "address_of", lambda host: {"db.example": "192.0.2.7"}[host])
    monkeypatch.setattr(replication, "execute", lambda _conn, _sql, values, **_more: given.append(values))
    for site in ("nhn_rds", "aws_rds"):
        replication.follow(None, for_site(site), replace(SOURCE, host="db.example"), Position("mysql-bin.000003", 4))
    assert [values[0] for values in given] == ["192.0.2.7", "db.example"] and given[1][-1] == 1


def test_promotion_applies_what_has_arrived_first(monkeypatch):
    server, clock = Server(monkeypatch, BEHIND, BEHIND, BEHIND, RUNNING), Clock()
    done = replication.promote(server, AWS, clock=clock)
    assert done.changed and done.applied == Position("mysql-bin.000003", 900)
    assert done.seconds == pytest.approx(2 * replication.POLL_SECONDS)
    assert server.called == ["CALL mysql.rds_stop_replication()", "CALL mysql.rds_reset_external_source()"]


def test_promotion_of_a_server_that_stands_alone_does_nothing(monkeypatch):
    server = Server(monkeypatch, ALONE)
    assert not replication.promote(server, AWS, clock=Clock()).changed
    assert server.called == []


def test_promotion_stops_at_rows_that_cannot_be_applied(monkeypatch):
    broken = replace(BEHIND, sql="No", sql_error=(1062, "Duplicate entry"))
    server = Server(monkeypatch, broken)
    with pytest.raises(WentWrong, match="somebody wrote on the replica"):
        replication.promote(server, AWS, clock=Clock())
    assert server.called == []
    assert replication.promote(server, AWS, accept_undrained=True, clock=Clock()).changed


def test_promotion_waits_no_longer_than_its_limit(monkeypatch):
    server, clock = Server(monkeypatch, BEHIND), Clock()
    with pytest.raises(TimedOut):
        replication.promote(server, AWS, drain_limit=5, clock=clock)
    assert clock.now() <= 5 and server.called == []


def test_half_a_transaction_counts_as_all_once_nothing_moves_and_the_applier_only_waits(monkeypatch):
    moving = [replace(BEHIND, read=replace(BEHIND.read, position=BEHIND.read.position + more)) for more in range(30)]
    server, clock = Server(monkeypatch, *moving), Clock()
    server.at_rest = True
    replication.drain(server, AWS, 60, clock=clock)
    assert 30 * replication.POLL_SECONDS <= clock.now() + 0.2 <= 30 * replication.POLL_SECONDS + replication.HALF_SECONDS + 0.4


def test_a_stopped_replica_is_started_to_apply_what_it_has_fetched(monkeypatch):
    halted = replace(BEHIND, io="No", sql="No")
    server = Server(monkeypatch, halted, halted, RUNNING)
    replication.promote(server, AWS, clock=Clock())
    assert server.called[0] == "CALL mysql.rds_start_replication()"


def test_missing_binary_logs_fail_at_once_and_name_the_cure(monkeypatch):
    gone = replace(RUNNING, io="No", io_error=(1236, "Could not find first log file name in binary log index file"))
    server, clock = Server(monkeypatch, gone), Clock()
    with pytest.raises(WentWrong, match=r"(?s)Could not find first log.*binlogs_gone.*Seed it again"):
        replication.start(server, AWS, limit=60, clock=clock)
    assert clock.now() == 0


def test_a_source_that_does_not_answer_yet_is_waited_for(monkeypatch):
    away = replace(RUNNING, io="Connecting", io_error=(2003, "Can't connect"))
    server, clock = Server(monkeypatch, STOPPED, away, away, RUNNING), Clock()
    assert replication.start(server, AWS, limit=60, clock=clock).running
    assert clock.now() > 0


@pytest.mark.parametrize(("password", "refused"), [("x" * 33, True), ("비" * 11, True), ("x" * 32, False)])
def test_a_password_that_mysql_does_not_take_for_replication_is_refused_before_anybody_logs_in(monkeypatch, password, refused):
    def connected(*_given, **_more):
        raise TimedOut("log in", "")

    monkeypatch.setattr(replication.connection, "connected", connected)
    with pytest.raises(Fault) as told:
        replication.prime(replace(SOURCE, password=password))
    assert ("longer than the 32 bytes" in told.value.told()) is refused and password not in told.value.told()
