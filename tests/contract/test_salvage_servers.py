# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An unplanned failover on real servers: what NHN held and AWS never heard of is found, told apart, brought over once, and NHN comes home."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import BadInput, Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import execute, query, value
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.dialects import for_site
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replica_status import gtids
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.replication import binlog_position, catch_up, promote, status, stop
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.reseeding import Plan, reseed
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.find import Sides, find
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.replay import Decision, replay, undecided
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.report import Report, load, save
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage.waiting import waiting
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.settling import settle
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import aligning
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.compare import compare

from lab.hosts import mysql
from lab.hosts.mysql.failover import fail_over
from lab.hosts.mysql.server import sql
from tests.contract.mysql_pair import SCHEMAS, until
from tests.contract.twins import TABLES, Twins

AWS, NHN = for_site("aws_rds"), for_site("nhn_rds")
IGNORE = ("dr.gate", "dr.crossing")
# What a buyer's drill would have written down (see module_utils/proof): told `local` by NHN, and not across when it was lost.
PROMISED = ("t-50", "t-51", "t-52")


@pytest.fixture(scope="module")
def split(twins: Twins) -> Twins:
    """AWS has taken over without the last that NHN did, and both have gone on in their own ways since."""
    with twins.server("nhn").connected() as here, twins.pair.standby.connected() as there:
        if status(there).source is None:                    # this file alone
            if not query(here, "SHOW TABLES FROM tickets LIKE 'events'"):
                twins.write("nhn", *TABLES)
            twins.beat("nhn", 1)
            settle(twins.wish("nhn", "aws"))
        twins.write("nhn", "INSERT INTO tickets.seats SELECT id, 'A-9', 'free' FROM tickets.events WHERE id = 2",
                    "INSERT INTO tickets.events (id, name) VALUES (90, 'goes'), (91, 'stays'), (92, 'both'), (93, 'gone at NHN')",
                    "INSERT INTO tickets.purchases (idem, seat, ticket, paid) VALUES ('k40', 'D-1', 't-40', 5), ('k41', 'D-2', 't-41', 5)")
        twins.beat("nhn", 1)
        catch_up(there, AWS, binlog_position(here), 20)
        stop(there, AWS)
        # Rows that a seeding brought are in no set of GTIDs; then salvage compares rows instead, and here the sets are tried.
        if seeded := value(there, "SELECT GTID_SUBTRACT(%s, %s)", (gtids(here).executed, gtids(there).executed)):
            sql(twins.pair.aws, f"SET GLOBAL gtid_purged = '+{seeded}'")
        twins.write(                                        # NHN's last seconds
            "nhn", "INSERT INTO tickets.purchases (idem, seat, ticket, paid) VALUES ('k50', 'B-1', 't-50', 12.50)",
            "INSERT INTO tickets.purchases (idem, seat, ticket) VALUES ('k51', 'B-2', 't-51'), ('k52', 'B-3', 't-52')",
            "UPDATE tickets.purchases SET paid = 7 WHERE idem = 'k40'", "UPDATE tickets.events SET name = 'at NHN' WHERE id = 92",
            "DELETE FROM tickets.events WHERE id = 93", "INSERT INTO tickets.seats VALUES (1, 'C-1', 'sold')")
        assert promote(there, AWS).changed
    twins.beat("aws", 2)
    twins.write(                                            # and AWS's first
        "aws", "INSERT INTO tickets.purchases (idem, seat, ticket) VALUES ('k60', 'B-2', 't-60'), ('k61', 'E-1', 't-61')",
        "DELETE FROM tickets.events WHERE id = 90", "UPDATE tickets.events SET name = 'went on' WHERE id = 91",
        "UPDATE tickets.events SET name = 'at AWS' WHERE id = 92", "DELETE FROM tickets.purchases WHERE idem = 'k41'")
    return twins


def search(twins: Twins, **more: Any) -> Report:
    return find(Sides(twins.server("nhn"), twins.server("aws"), "nhn", "aws"), SCHEMAS, **more)


def told(report: Report) -> dict[str, tuple[str, str]]:
    """{what tells a row for people: (verdict, change)}"""
    def name(row: Any) -> str:
        shown = row.values or row.writer_values
        return str(shown.get("ticket") or f"{row.table.split('.')[1]} {shown.get('label') or shown['id']}")

    return {name(row): (row.verdict, row.change) for row in report.rows}


LEFT = {
    "t-50": ("replay", "insert"), "t-51": ("conflict", "insert"), "t-52": ("replay", "insert"), "t-40": ("replay", "update"),
    "events 92": ("conflict", "update"), "events 93": ("replay", "delete"), "seats C-1": ("replay", "insert")}
GONE_ON = {"events 90": ("superseded", "insert"), "events 91": ("superseded", "update"), "t-41": ("superseded", "insert")}


def test_by_comparison_every_row_is_told_apart(split: Twins) -> None:
    report = search(split, by_gtid=False)
    assert report.method == "comparison" and report.complete
    assert told(report) == {**LEFT, **GONE_ON}
    rows = {str(row.values["ticket"]): row for row in report.rows if row.values and "ticket" in row.values}
    assert rows["t-50"].renumber and rows["t-50"].writer_values, "its number was given to another purchase on AWS"
    assert list(rows["t-51"].clash) == ["one_seat"] and rows["t-51"].clash["one_seat"]["ticket"] == "t-60"


@pytest.mark.parametrize("by_gtid", [True, False])
def test_a_table_that_is_left_out_is_and_one_that_is_nowhere_is_refused(split: Twins, by_gtid: bool) -> None:
    assert "tickets.seats" not in {row.table for row in search(split, by_gtid=by_gtid, ignore=["tickets.seats"]).rows}
    with pytest.raises(BadInput, match=r"ignore\[1\]: 'tickets\.seat' is no table .* known are .*tickets\.seats"):
        search(split, by_gtid=by_gtid, ignore=["tickets.seats", "tickets.seat"])


def test_by_gtid_it_is_the_same_without_what_the_writer_went_on_from(split: Twins) -> None:
    report = search(split)
    assert report.method == "gtid" and report.gtids and told(report) == LEFT


def test_a_table_that_only_the_old_server_has_is_not_passed_over(split: Twins) -> None:
    """A migration of its last seconds, which never crossed: no row of it can be judged, and "nothing was left behind" it is not."""
    split.write("nhn", "CREATE TABLE tickets.vouchers (id INT PRIMARY KEY)", "INSERT INTO tickets.vouchers VALUES (1)")
    try:
        for by_gtid in (True, False):
            with pytest.raises(BadInput, match=r"tickets\.vouchers: only on the old server"):
                search(split, by_gtid=by_gtid)
    finally:
        split.write("nhn", "DROP TABLE tickets.vouchers")


def test_a_log_that_does_not_reach_back_is_no_proof(split: Twins, monkeypatch: pytest.MonkeyPatch) -> None:
    with split.pair.standby.connected() as conn:
        since = binlog_position(conn)
    verdicts = {row.verdict for row in search(split, by_gtid=False, since=since).rows}
    assert "superseded" not in verdicts            # nothing AWS did since is known: what it deleted looks like what never came
    from ansible_collections.multicloud.dr.plugins.module_utils.mysql.salvage import find as module

    real = module.touched

    def purged(*given: Any, **more: Any) -> Any:
        found = real(*given, **more)
        found.by_key, found.complete = {}, False
        return found

    monkeypatch.setattr(module, "touched", purged)
    assert {row.verdict for row in search(split, by_gtid=False).rows} == {"conflict"}


@pytest.fixture(scope="module")
def reported(split: Twins, tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    folder = tmp_path_factory.mktemp("salvage") / "reports"
    path = save(search(split, by_gtid=False), folder)
    return load(path.stem, folder), path


def test_the_report_is_for_few_eyes_and_holds_every_promise(reported: tuple[Report, Path]) -> None:
    _report, path = reported
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    plain = json.loads(path.read_text())
    assert set(PROMISED) <= {row["values"]["ticket"] for row in plain["rows"] if row["values"] and "ticket" in row["values"]}
    with pytest.raises(Fault, match=f"(?s)there are: {path.stem}"):
        load("nothing", path.parent)


def test_only_what_was_decided_comes_over_and_only_once(split: Twins, reported: tuple[Report, Path]) -> None:
    report, path = reported
    writer = split.server("aws")
    waits = list(waiting(writer, path.parent))
    assert [each.report for each in waits] == [report.id] and set(waits[0].conflicts) < set(waits[0].rows)
    assert set(waits[0].rows) == {row.id for row in report.rows if row.verdict != "superseded"}
    with pytest.raises(Fault, match=r"(?s)It is not the writer now: its gate is shut\. Nothing was touched"):
        replay(writer, report, Decision("kim", ("replay",), discard=True))
    split.beat("aws", 2, valid=600)
    with pytest.raises(BadInput, match=r"(?s)row x9.*none of replay.*say who"):
        replay(writer, report, Decision("", ("all",), ("x9",)))
    decision = Decision("kim", ("replay",))
    assert len(replay(writer, report, decision, check=True).done) == 5
    with writer.connected() as conn:
        assert not query(conn, "SELECT 1 FROM tickets.purchases WHERE idem = 'k50'")
        done = replay(writer, report, decision)
        assert len(done.done) == 5 and not done.refused and not done.already
        assert query(conn, "SELECT seat, ticket, CAST(paid AS CHAR) AS paid FROM tickets.purchases WHERE idem IN ('k50', 'k40') ORDER BY idem") == [
            {"seat": "D-1", "ticket": "t-40", "paid": "7.00"}, {"seat": "B-1", "ticket": "t-50", "paid": "12.50"}]
        assert value(conn, "SELECT COUNT(*) FROM tickets.events WHERE id = 93") == 0
        assert value(conn, "SELECT state FROM tickets.seats WHERE label = 'C-1'") == "sold"
        execute(conn, "DELETE FROM tickets.purchases WHERE idem = 'k50'")            # a refund: it must not come back
        again = replay(writer, report, decision)
        assert not again.done and sorted(again.already) == sorted(done.done)
        assert not query(conn, "SELECT 1 FROM tickets.purchases WHERE idem = 'k50'")

        conflicts = {row.id for row in report.rows if row.verdict == "conflict"}
        assert set(undecided(conn, report)) == conflicts == set(next(waiting(writer, path.parent)).conflicts)
        seat = next(row.id for row in report.rows if row.clash)
        refused = replay(writer, report, Decision("kim", rows=(seat,)))
        assert list(refused.refused) == [seat] and "one_seat" in refused.refused[seat]      # a decision sells no seat twice
        given_up = replay(writer, report, Decision("kim", ("conflict",), discard=True))
        assert set(given_up.done) == conflicts and undecided(conn, report) == [] == list(waiting(writer, path.parent))
        assert value(conn, "SELECT COUNT(*) FROM dr.salvaged WHERE decided_by = 'kim' AND decision = 'discard'") == len(conflicts)


def test_the_old_primary_comes_home_behind_the_writer(split: Twins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """NHN's dialect as a replica: no TLS, so the account's password must be in AWS's cache; AWS's own heartbeat comes as a statement."""
    plan = Plan(split.wish("aws", "nhn"), split.server("nhn", "dr_sync"), "aws", "nhn", str(tmp_path))
    split.beat("aws", 2, valid=600)
    sql(split.pair.aws, "FLUSH PRIVILEGES;")                # nobody's password is cached any more
    for site, rows in (("nhn", "(1, 'VIP', 1), (9, 'S', 99)"), ("aws", "(1, 'VIP', 2), (1, 'R', 2)")):
        split.write(site, "CREATE TABLE tickets.price (event INT, grade ENUM('VIP', 'R', 'S'), v INT, PRIMARY KEY (event, grade))",
                    f"INSERT INTO tickets.price VALUES {rows}")
    with monkeypatch.context() as broken, split.pair.primary.connected() as conn:
        broken.setattr(aligning, "align", lambda *_given: 0)
        with pytest.raises(Fault, match=r"(?s)tickets\.price \(3 rows\).*still differ.*not started"):
            reseed(plan)
        assert status(conn).source is None
    split.write("nhn", "CREATE TABLE IF NOT EXISTS dr.sync_weekly (id INT PRIMARY KEY)")        # of a comparison with what it was before
    done = reseed(plan)
    with split.pair.primary.connected() as conn:
        assert query(conn, "SHOW TABLES IN dr LIKE 'sync%'") == []
    assert done.moves == ["align", "point", "start"], "it was searched before anything was touched, and that report is the one that is true"
    assert done.report is not None and [int(row.values["v"]) for row in done.report.rows if row.values and row.values.get("grade") == 3] == [99]
    assert {"t-50", "t-51"} <= {row.values.get("ticket") for row in done.report.rows if row.values}
    sql(split.pair.aws, "CREATE TABLE IF NOT EXISTS mysql.rds_heartbeat2 (id INT PRIMARY KEY, value BIGINT); "
                        "SET SESSION binlog_format = 'STATEMENT'; INSERT INTO mysql.rds_heartbeat2 VALUES (1, 2) ON DUPLICATE KEY UPDATE value = 2;")
    split.write("aws", "INSERT INTO tickets.events (name) VALUES ('after')")
    with split.pair.primary.connected() as conn:
        until(lambda: query(conn, "SELECT 1 FROM tickets.events WHERE name = 'after'"))
        assert status(conn).running
    found = compare(split.server("aws"), split.server("nhn"), SCHEMAS, ignore=IGNORE)
    assert found.equal and reseed(plan).moves == []


def test_a_writer_s_log_that_its_own_failover_emptied_is_not_taken_for_all_it_did(split: Twins) -> None:
    """AWS is lost, NHN takes over, takes a ticket back and sells another, and fails over inside NHN: its log begins anew, as number 1."""
    with split.server("aws").connected() as here, split.pair.primary.connected() as there:
        split.beat("aws", 2)
        split.write("aws", "INSERT INTO tickets.purchases (idem, seat, ticket) VALUES ('k70', 'F-1', 't-70'), ('k71', 'F-2', 't-71')")
        catch_up(there, NHN, binlog_position(here), 20)
        assert promote(there, NHN).changed
    split.beat("nhn", 3)
    split.write("nhn", "DELETE FROM tickets.purchases WHERE idem = 'k70'", "UPDATE tickets.purchases SET paid = 9 WHERE idem = 'k71'",
                "INSERT INTO tickets.purchases (idem, seat, ticket) VALUES ('k72', 'F-3', 't-72')")
    sides = Sides(split.server("aws"), split.server("nhn"), "aws", "nhn")
    before = find(sides, SCHEMAS, by_gtid=False)
    assert before.complete and told(before) == {"t-70": ("superseded", "insert"), "t-71": ("superseded", "update")}
    fail_over(split.pair.nhn)
    until(lambda: mysql.ready(split.pair.nhn))
    with split.server("nhn").connected() as conn:
        assert str(query(conn, "SHOW BINARY LOGS")[0]["Log_name"]).endswith(".000001")
    split.beat("nhn", 3)
    split.write("nhn", "INSERT INTO tickets.purchases (idem, seat, ticket) VALUES ('k73', 'F-4', 't-73')")
    for by_gtid in (True, False):
        after = find(sides, SCHEMAS, by_gtid=by_gtid)
        assert not after.complete and {"t-70", "t-71"} <= set(told(after)) and {row.verdict for row in after.rows} == {"conflict"}
    assert told(after) == {"t-70": ("conflict", "insert"), "t-71": ("conflict", "update"), "t-72": ("conflict", "delete")}


def test_what_a_seeding_wrote_on_the_standby_is_not_its_work_as_the_writer(split: Twins, tmp_path: Path) -> None:
    """AWS is made equal to NHN; only heartbeats come after that; the link dies, NHN takes a ticket back and changes another, and AWS takes over."""
    split.beat("nhn", 3, valid=600)
    done = reseed(Plan(split.wish("nhn", "aws"), split.server("aws", "dr_sync"), "nhn", "aws", str(tmp_path)))
    assert "align" in done.moves and done.rows
    with split.server("nhn").connected() as here, split.pair.standby.connected() as there:
        split.beat("nhn", 3)
        catch_up(there, AWS, binlog_position(here), 20)
        stop(there, AWS)
        split.write("aws", "UPDATE tickets.purchases SET paid = 7 WHERE idem = 'k73'")         # a repair's last row, after the last heartbeat
        split.write("nhn", "DELETE FROM tickets.purchases WHERE idem = 'k72'", "UPDATE tickets.purchases SET paid = 8 WHERE idem = 'k73'")
        assert promote(there, AWS).changed
    split.beat("aws", 4)
    for by_gtid in (True, False):
        report = search(split, by_gtid=by_gtid)
        assert report.complete and told(report) == {"t-72": ("replay", "delete"), "t-73": ("replay", "update")}


def test_of_a_table_without_a_key_deletions_are_told_as_well(split: Twins) -> None:
    """Which row it was nobody can say; that there may be one has to be said all the same."""
    made = "CREATE TABLE tickets.noted (what VARCHAR(20))"
    split.write("nhn", made, "INSERT INTO tickets.noted VALUES ('both'), ('both'), ('here')")
    split.write("aws", made, "INSERT INTO tickets.noted VALUES ('both'), ('both'), ('both'), ('there')")
    try:
        rows = [row for row in search(split, by_gtid=False).rows if row.table == "tickets.noted"]
    finally:
        for site in ("nhn", "aws"):
            split.write(site, "DROP TABLE tickets.noted")
    assert [(row.verdict, row.change, row.values) for row in rows] == [("conflict", "insert", {"what": "here"}), ("conflict", "delete", None)]
    assert "holds 2 rows" in rows[1].because
