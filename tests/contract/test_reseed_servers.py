# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A copy that lost its place in the source's log follows again, on real servers: seeded again without a dump, killed in between, failed over.

The tests go on from each other, as those of test_replication_servers.py do, whose pair it is.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import BadInput, Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql import compared, reseeding
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import connect, execute, query, value
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.dialects import Source
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.parting import Parting
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replica_status import ReplicaStatus
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replication import binlog_position, detach, status
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.reseeding import Plan, Reseeded, reseed
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.find import Sides, find
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.replay import Decision, replay
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.report import load
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.settling import look, settle
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import aligning, seeding
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.alone import alone
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import compare
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.keeping import begun_in, keep
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.unfinished import unfinished
from ansible_collections.multicloud.dr.plugins.module_utils.switch import observations, probes, verdict
from ansible_collections.multicloud.dr.plugins.module_utils.switch.gate import Gate
from ansible_collections.multicloud.dr.plugins.module_utils.switch.timing import TIMINGS

from lab.hosts import mysql
from lab.hosts.mysql.failover import fail_over
from lab.hosts.mysql.server import sql
from tests.contract.followers import AWS, IGNORED, asked_anew, crosses, equal, interrupted, names, plan, refuses_repair, seeding_is_kept
from tests.contract.mysql_pair import SCHEMAS, until
from tests.contract.twins import Twins


def if_lost(twins: Twins) -> str:
    """What the agent at AWS would conclude if NHN were lost now, by what it sees of the database here."""
    lost = observations.Saw(observations.RecordView("nhn", 1, TIMINGS["default"].takeover))
    with twins.pair.standby.connected() as conn:
        gate = Gate(lambda: conn, ())
        replica = probes.view_replica(gate.look(), lost, lambda: status(conn), TIMINGS["default"], unfinished=lambda: unfinished(conn, SCHEMAS))
        proof = observations.Saw(probes.view_compared(compared.last(conn), ["tickets"]))
    seen = observations.Observations("aws", lost, replica=replica, writer_edge=observations.NoAnswer("timed out"), compared=proof)
    return verdict.judge(seen, TIMINGS["default"], verdict.Limits(lag_seconds=600)).verdict


def prove(twins: Twins) -> bool:
    """Compare, and have the copy know what was found. What tells of the copy is compared as well: it must arrive like any other row."""
    source, target = twins.server("nhn"), twins.server("aws")
    return keep(source, target, compare(source, target, SCHEMAS, ignore=IGNORED), SCHEMAS, IGNORED, epoch=begun_in(source), age=1.0, limit=20)


def half_way(twins: Twins, wanted: Plan) -> None:
    """Nobody takes half an alignment for a copy, whatever it is asked for."""
    assert if_lost(twins) == "STANDBY_UNFINISHED"
    with twins.pair.standby.connected() as conn:
        assert value(conn, "SELECT COUNT(*) FROM dr.gate") == 0, "the heartbeats are the first to go and the last to come"
    assert reseed(wanted, check=True).moves == ["align", "point", "start"], "what is not back yet would look as if it had been deleted"
    with pytest.raises(Fault, match=r"(?s)being made equal to its source, and that has not ended.*The report 20\S+, which was made before"):
        find(Sides(twins.pair.standby, twins.server("nhn"), "aws", "nhn"), SCHEMAS)
    with pytest.raises(Fault, match=r"(?s)part of its rows are missing. Nothing was touched.*tasks_from reseed"):
        settle(twins.wish("nhn", "aws", accept_errant=True))
    with twins.pair.standby.connected() as conn:                # has the source failed over since, what it brought may be there no more
        execute(conn, "UPDATE dr.aligning SET source = 'another'")
        found = Reseeded([], status(conn))
        reseeding._salvage(conn, replace(wanted, folder=f"{wanted.folder}/half"), found)
        assert reseed(wanted, check=True).moves == ["salvage", "align", "point", "start"]
        assert found.report is None or {row.change for row in found.report.rows} <= {"insert", "update"}
        execute(conn, "UPDATE dr.aligning SET source = %s", (uuid_of(twins),))


def uuid_of(twins: Twins) -> str:
    with twins.server("nhn").connected() as conn:
        return str(value(conn, "SELECT @@server_uuid"))


def whole(twins: Twins, said: str) -> None:
    assert if_lost(twins) == said
    with twins.pair.standby.connected() as conn:
        assert unfinished(conn) is None and not query(conn, "SHOW TABLES FROM dr LIKE 'aligning'")


def test_an_account_that_is_not_let_in_is_told_before_anything_is_done(built: Twins, tmp_path: Path) -> None:
    """And not when the rows are alike, after hours, and nobody follows them."""
    built.beat("nhn", 1, valid=600)
    wanted = plan(built, "nhn", "aws", folder=str(tmp_path), force=True)
    wrong = replace(wanted, wish=built.wish("nhn", "aws", source=Source(built.pair.primary.host, 3306, "dr_repl", "wrong")))
    for check in (True, False):
        with pytest.raises(Fault, match=r"(?s)log in to MySQL as dr_repl.*1045"):
            reseed(wrong, check=check)
    assert crosses(built) and not list(tmp_path.iterdir())


@pytest.mark.parametrize(("there", "here", "named"), [
    ("INSERT INTO tickets.events (id, name) VALUES (701, 'theirs')", "INSERT INTO tickets.events (id, name) VALUES (701, 'ours')", "row_conflict"),
    ("DELETE FROM tickets.events WHERE id = 702", "UPDATE tickets.events SET name = 'changed' WHERE id = 702", "row_missing")])
def test_a_replica_somebody_wrote_on_is_mended_by_the_cure_its_error_names(
    built: Twins, tmp_path: Path, there: str, here: str, named: str,
) -> None:
    built.beat("nhn", 1, valid=600)
    built.write("nhn", "INSERT IGNORE INTO tickets.events (id, name) VALUES (702, 'as it was')")
    assert crosses(built)
    built.write("aws", there)
    built.write("nhn", here)
    with built.pair.standby.connected() as conn:
        until(lambda: status(conn).sql_error[0])
    [said] = look(built.wish("nhn", "aws"))[1]
    assert said.name == named and "tasks_from reseed" in said.cure
    done = reseed(plan(built, "nhn", "aws", folder=str(tmp_path)))
    assert "align" in done.moves and equal(built) and crosses(built)


def test_after_a_failover_inside_nhn_the_replica_is_seeded_again_without_a_dump(
    built: Twins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert prove(built) and if_lost(built) == "SITE_LOST"
    built.write("nhn", "FLUSH LOGS", *(f"INSERT INTO tickets.purchases (idem, seat, ticket) VALUES ('o{n}', 'O-{n}', 'old {n}')" for n in range(5)))
    built.write("nhn", "DELETE FROM tickets.seats WHERE label = 'A-3'")           # given back: it arrives at AWS, and not at the candidate
    built.beat("nhn", 1)
    assert crosses(built)
    sql(built.pair.nhn, "SET sql_log_bin = 0; INSERT INTO tickets.seats VALUES (1, 'A-3', 'free');")
    fail_over(built.pair.nhn, lose_rows=2)
    until(lambda: mysql.ready(built.pair.nhn))
    with pytest.raises(Fault, match=r"(?s)its gate is shut, so which of the two is newer is not known"):
        reseed(plan(built, "nhn", "aws"))
    built.beat("nhn", 1, valid=600)
    built.write("nhn", "INSERT INTO tickets.purchases (idem, seat, ticket) VALUES ('n1', 'N-1', 'new 1')")
    assert asked_anew(built) == ["binlogs_gone"]
    with pytest.raises(Fault, match=r"(?s)1236.*binlogs_gone.*reseed"):
        settle(built.wish("nhn", "aws"))
    refuses_repair(built, r"(?s)no copy of .* its log is not the one it followed.*1236.*Nothing was touched.*reseed")
    with built.pair.standby.connected() as conn:
        assert value(conn, "SELECT COUNT(*) FROM tickets.purchases WHERE idem IN ('o3', 'o4')") == 2

    with pytest.raises(BadInput, match=r"ignore\[0\]: 'tickets\.seat' is no table"):
        reseed(plan(built, "nhn", "aws", folder=str(tmp_path), ignore=("tickets.seat",)))
    with built.pair.standby.connected() as conn:
        assert status(conn).source, "refused before anything was touched"
    wanted = plan(built, "nhn", "aws", folder=str(tmp_path))
    assert reseed(wanted, check=True).moves == ["salvage", "detach", "align", "point", "start"]

    for module, place in ((reseeding, "refuse_unwritable"), (aligning, "_insert"), (reseeding, "settle")):
        # before a row was written, when all that must go had gone, and when all were there
        with monkeypatch.context() as patch:
            patch.setattr(module, place, interrupted)
            with pytest.raises(KeyboardInterrupt):
                reseed(wanted)
        built.write("nhn", f"INSERT INTO tickets.purchases (idem, seat, ticket) VALUES ('{place[:4]}', '{place[:10]}', 'meanwhile')")
        if place == "_insert":
            half_way(built, wanted)
        else:               # still the copy that was compared, or another one that nobody has
            whole(built, "SITE_LOST" if place == "refuse_unwritable" else "STANDBY_UNPROVEN")
    assert reseed(wanted).moves == ["point", "start"] and equal(built)
    assert reseed(wanted).moves == [] and names(built, silent_limit=600) == []
    assert reseed(replace(wanted, force=True), check=True).moves == ["salvage", "detach", "align", "point", "start"]

    reports = [load(path.stem, tmp_path) for path in sorted(tmp_path.glob("*.json"))]
    assert len(reports) == 2, "one for each run that was to overwrite something, none of what was half overwritten"
    lost = {row.values["ticket"]: row for row in reports[0].rows if row.values and row.table == "tickets.purchases"}
    assert {"old 3", "old 4"} <= set(lost) and not reports[0].behind and reports[0].complete
    assert lost["old 4"].verdict == "replay" and lost["old 4"].renumber is (lost["old 4"].writer_values is not None)
    seats = [row for row in reports[0].rows if row.table == "tickets.seats"]
    assert [(row.key["label"], row.change, row.verdict) for row in seats] == [("A-3", "delete", "replay")], "AWS was ahead by that as well"
    with built.server("nhn").connected() as conn:
        assert value(conn, "SELECT COUNT(*) FROM tickets.purchases WHERE ticket LIKE 'old _'") == 3
    ids = tuple(row.id for row in lost.values())
    assert sorted(replay(built.server("nhn"), reports[0], Decision("kim", rows=ids)).done) == sorted(ids)
    assert crosses(built) and equal(built)
    with built.pair.standby.connected() as conn:
        assert value(conn, "SELECT COUNT(*) FROM tickets.purchases WHERE ticket LIKE 'old _'") == 5


def test_the_mark_of_a_copy_does_not_say_that_anybody_has_asked_what_only_this_server_has(built: Twins, tmp_path: Path) -> None:
    """Whoever set it, only an alignment begins by asking. And half a copy of something else keeps nobody from promoting this."""
    built.beat("nhn", 1, valid=600)
    assert crosses(built) and prove(built)
    wanted = plan(built, "nhn", "aws", folder=str(tmp_path), force=True)
    mark = "_seeding (id TINYINT UNSIGNED NOT NULL PRIMARY KEY)"
    sql(built.pair.aws, f"CREATE DATABASE reports; CREATE TABLE reports.{mark};")
    try:
        assert if_lost(built) == "SITE_LOST" and reseed(wanted, check=True).moves[0] == "salvage"
        sql(built.pair.aws, f"CREATE TABLE tickets.{mark};")
        built.write("aws", "INSERT INTO tickets.purchases (idem, seat, ticket) VALUES ('only', 'Z-1', 'only here')")
        assert if_lost(built) == "STANDBY_UNFINISHED"
        with pytest.raises(Fault, match=r"(?s)is being copied.*nobody has asked: seeding it again does"):
            find(Sides(built.pair.standby, built.server("nhn"), "aws", "nhn"), SCHEMAS)
        with alone(built.pair.standby), pytest.raises(Fault, match="Another run is filling it"):
            reseed(wanted)
        done = reseed(wanted)
    finally:
        sql(built.pair.aws, "DROP DATABASE reports;")
    assert done.moves[0] == "salvage" and done.report
    assert "only here" in {row.values.get("ticket") for row in done.report.rows if row.values}
    assert equal(built) and crosses(built) and not seeding_is_kept(built)


def test_what_stands_in_the_way_of_a_new_seed_is_said_while_the_source_is_known_still(
    built: Twins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Tables of our own work, which one server has, stand in nobody's way; neither does a server that refuses tables without a key."""
    built.beat("nhn", 1, valid=600)
    assert crosses(built)
    wanted = plan(built, "nhn", "aws", folder=str(tmp_path), force=True)
    sql(built.pair.nhn, "SET sql_log_bin = 0; DROP TABLE IF EXISTS dr.salvaged;")
    sql(built.pair.aws, "SET GLOBAL sql_require_primary_key = ON; CREATE TABLE dr.sync_weekly (a INT PRIMARY KEY); "
                        "DROP TABLE IF EXISTS dr.salvaged; CREATE TABLE dr.salvaged (a INT PRIMARY KEY); INSERT INTO dr.salvaged VALUES (1); "
                        "CREATE TABLE tickets._seeding (id INT PRIMARY KEY); CREATE TABLE tickets.theirs (a INT PRIMARY KEY);")
    with built.pair.standby.connected() as conn:
        with pytest.raises(BadInput, match=r"tickets\.theirs: only on"):
            reseed(wanted)
        assert status(conn).source and settle(built.wish("nhn", "aws")).moves == ["start"]
        sql(built.pair.aws, "DROP TABLE tickets.theirs; DELETE FROM tickets.seats WHERE label = 'A-1'; "
                            "CREATE TRIGGER tickets.shout BEFORE INSERT ON tickets.seats FOR EACH ROW SET NEW.state = 'x';")
        with pytest.raises(Fault, match=r"(?s)tickets\.seats.*Triggers there would change them \(shout\)"):
            reseed(wanted)
        assert status(conn).source
        sql(built.pair.aws, "DROP TRIGGER tickets.shout;")
        with built.server("nhn").connected() as reader:
            assert seeding.position_of_finished_copy(conn, SCHEMAS, built.server("nhn")) is None
            with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
                patch.setattr(reseeding, "settle", interrupted)
                reseed(wanted)
            assert seeding.position_of_finished_copy(conn, SCHEMAS, built.server("nhn")) == binlog_position(reader)
        assert value(conn, "SELECT COUNT(*) FROM dr.salvaged") == 1
    built.write("nhn", "DELETE FROM tickets.seats WHERE label = 'A-2'")
    sql(built.pair.aws, "UPDATE tickets._seeding SET server_uuid = 'another, before it failed over';")
    with pytest.raises(Fault, match=r"(?s)made equal to the server another.*Nothing was touched.*tasks_from reseed"):
        settle(built.wish("nhn", "aws", gtids=False))
    done = reseed(wanted)
    sql(built.pair.aws, "SET GLOBAL sql_require_primary_key = OFF; DROP TABLE dr.salvaged;")
    assert done.moves == ["salvage", "align", "point", "start"] and done.rows and equal(built) and crosses(built)


def test_what_has_not_come_yet_is_not_taken_for_deleted(built: Twins, tmp_path: Path) -> None:
    """Its source is the very server it followed, whose logs are gone with age: they cannot tell what is new."""
    built.beat("nhn", 1, valid=600)
    assert crosses(built)
    with built.pair.standby.connected() as conn:
        detach(conn, AWS)
    built.write("nhn", "INSERT INTO tickets.purchases (idem, seat, ticket) VALUES ('late', 'L-1', 'late')")
    with built.server("nhn").connected() as conn:
        sql(built.pair.nhn, f"FLUSH BINARY LOGS; PURGE BINARY LOGS TO '{binlog_position(conn).file}';")
        sql(built.pair.nhn, f"PURGE BINARY LOGS TO '{binlog_position(conn).file}';")
    done = reseed(plan(built, "nhn", "aws", folder=str(tmp_path)))
    assert done.moves[:2] == ["salvage", "align"] and done.rows and done.report is None and not list(tmp_path.iterdir())
    assert equal(built) and crosses(built)


def test_half_a_transaction_keeps_nobody_from_taking_over(built: Twins, tmp_path: Path) -> None:
    """The link is cut in the middle of a large one; nothing will bring its end. MySQL waits a minute for that, and so do we: a row of it must not
    arrive beside those of new sales."""
    built.beat("nhn", 1)
    assert crosses(built)
    built.write("nhn", "CREATE TABLE IF NOT EXISTS tickets.posters (id INT AUTO_INCREMENT PRIMARY KEY, image LONGBLOB)")
    server = built.pair.standby
    with built.slow("40mbit"), built.server("nhn").connected() as here, built.pair.standby.connected() as there:
        before = value(there, "SELECT COUNT(*) FROM tickets.posters")
        execute(here, "START TRANSACTION")
        for _ in range(8):
            execute(here, "INSERT INTO tickets.posters (image) VALUES (REPEAT(X'AB', 4000000))")
        execute(here, "COMMIT")
        until(lambda: not status(there).drained and half_way_there(status(there)))
        with built.cut():
            parting = Parting(partial(connect, server.host, server.port, server.user, server.password), AWS)
            assert parting.begin(there, drain_limit=15).changed
            parting.end()
            assert status(there).source is None and value(there, "SELECT COUNT(*) FROM tickets.posters") == before
    built.beat("nhn", 1, valid=600)
    assert "align" in reseed(plan(built, "nhn", "aws", folder=str(tmp_path))).moves and equal(built) and crosses(built)


def half_way_there(seen: ReplicaStatus) -> bool:
    assert seen.read and seen.applied
    return seen.read.position - seen.applied.position > 9_000_000


def test_a_place_in_the_log_of_the_server_before_is_none_in_the_one_that_answers_now(built: Twins, tmp_path: Path) -> None:
    """The replica stands still during the failover and asks later, when the new log has grown past that place: it would find it, and a gap."""
    built.beat("nhn", 1)
    assert crosses(built)
    settle(built.wish("nhn", "aws", state="stopped"))
    fail_over(built.pair.nhn)
    until(lambda: mysql.ready(built.pair.nhn))
    assert names(built) == ["source_replaced"]
    for check in (True, False):
        with pytest.raises(Fault, match=r"(?s)failed over since, its log is another.*Nothing was touched.*tasks_from reseed"):
            settle(built.wish("nhn", "aws"), check=check)
    refuses_repair(built, "no copy of .* where it last met the server")
    built.beat("nhn", 1, valid=600)
    assert "align" in reseed(plan(built, "nhn", "aws", folder=str(tmp_path))).moves and equal(built) and crosses(built)
