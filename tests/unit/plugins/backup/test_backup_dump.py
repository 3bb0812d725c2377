# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A logical backup as text: values that survive it, statements found again, a cut noticed."""

from __future__ import annotations

import zlib
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.backup import dump as dumping
from ansible_collections.multicloud.dr.plugins.module_utils.backup import make as maker
from ansible_collections.multicloud.dr.plugins.module_utils.backup.dump import DELIMITER, END, _at_rest, _nobodys, load, statements
from ansible_collections.multicloud.dr.plugins.module_utils.backup.make import make
from ansible_collections.multicloud.dr.plugins.module_utils.backup.record import Record, metrics
from ansible_collections.multicloud.dr.plugins.module_utils.backup.restore import BLOCK, _unpacked
from ansible_collections.multicloud.dr.plugins.module_utils.backup.rows import literal
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.tables import Column, Table


def column(kind: str, charset: str | None = None) -> Column:
    return Column("c", kind, kind, charset=charset)


@pytest.mark.parametrize(("of", "value", "text"), [
    (column("int"), None, "NULL"), (column("blob"), b"", "''"), (column("vector"), b"\x00\xff", "X'00ff'"), (column("text", "utf8mb4"), b"", "''"),
    (column("char", "utf8mb4"), b"it's", r"'it\'s'"), (column("text", "utf8mb3"), b"a\\n\n\r\0\x1a", r"'a\\n\n\r\0\Z'"),
    (column("int"), "7", "'7'"), (column("bit"), "5", "5"), (column("enum", "utf8mb4"), "0", "0"), (column("json"), b'{"a": 1}', """'{"a": 1}'"""),
    (column("varchar", "sjis"), b"\x5cA", "_sjis X'5c41'"), (column("varchar", "sjis"), b"", "_sjis X''"), (column("char", "utf8mb4"), b"\xff",
     "_utf8mb4 X'ff'")])
def test_a_value_is_written_so_that_nothing_is_lost_and_no_line_ends(of: Column, value: object, text: str) -> None:
    assert literal(of, value) == text and "\n" not in literal(of, value)


@pytest.mark.parametrize(("was", "comes"), [
    ("AT '2026-01-01 00:00:00' ON COMPLETION NOT PRESERVE ENABLE", "AT '2026-01-01 00:00:00' ON COMPLETION PRESERVE DISABLE"),
    ("EVERY '1:30' HOUR_MINUTE STARTS '2026-01-01 00:00:00' ENDS '2026-01-02 00:00:00' ON COMPLETION NOT PRESERVE DISABLE ON SLAVE",
     "EVERY '1:30' HOUR_MINUTE STARTS '2026-01-01 00:00:00' ENDS '2026-01-02 00:00:00' ON COMPLETION PRESERVE DISABLE"),
    ("EVERY 1 DAY STARTS '2026-01-01 00:00:00' ON COMPLETION NOT PRESERVE DISABLE ON REPLICA",
     "EVERY 1 DAY STARTS '2026-01-01 00:00:00' ON COMPLETION NOT PRESERVE DISABLE"),
    ("EVERY 1 DAY STARTS '2026-01-01 00:00:00' ON COMPLETION PRESERVE DISABLE",
     "EVERY 1 DAY STARTS '2026-01-01 00:00:00' ON COMPLETION PRESERVE DISABLE")])
def test_an_event_is_made_at_rest_and_stays_whenever_it_is_loaded(was: str, comes: str) -> None:
    name, body = "`a``ON SCHEDULE AT '' ON COMPLETION PRESERVE ENABLE`", " COMMENT 'ENABLE' DO SET @x = ' ON COMPLETION NOT PRESERVE ENABLE'"
    assert _at_rest(f"CREATE EVENT {name} ON SCHEDULE {was}{body}") == f"CREATE EVENT {name} ON SCHEDULE {comes}{body}"
    with pytest.raises(Fault, match="does not count"):
        _at_rest(f"CREATE EVENT {name} ON SCHEDULE {was.replace('ON COMPLETION', 'ON')} DO SET @x = 1")


def test_statements_come_back_whole_whatever_the_blocks() -> None:
    text = (f"-- a logical backup\nDELIMITER {DELIMITER}\nSET x {DELIMITER}\nCREATE TRIGGER t BEGIN\n-- not a comment of ours;\n\nEND {DELIMITER}\n"
            f"INSERT ('{DELIMITER} -- 표') {DELIMITER}\n{END}\n").encode()
    whole = ["SET x", "CREATE TRIGGER t BEGIN\n-- not a comment of ours;\n\nEND", f"INSERT ('{DELIMITER} -- 표')", END.removesuffix(f" {DELIMITER}")]
    for size in (1, 7, 4096):
        assert list(statements(text[at:at + size] for at in range(0, len(text), size))) == whole
    with pytest.raises(Fault, match="inside a statement"):
        list(statements([text[:60]]))


def test_a_view_or_trigger_comes_to_belong_to_whoever_loads_it() -> None:
    assert _nobodys("CREATE DEFINER=`a``b`@`%` TRIGGER `t` SET x = 'DEFINER=`u`@`h`'") == "CREATE TRIGGER `t` SET x = 'DEFINER=`u`@`h`'"
    assert _nobodys("""CREATE DEFINER="a""b"@"%" PROCEDURE "p"() SELECT 'DEFINER="u"@"h"'""") == """CREATE PROCEDURE "p"() SELECT 'DEFINER="u"@"h"'"""
    view = "CREATE ALGORITHM=UNDEFINED DEFINER=`u`@`%` SQL SECURITY DEFINER VIEW v"
    assert _nobodys(view) == view.replace("DEFINER=`u`@`%` ", "")


class Server:
    """Takes statements."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    def cursor(self) -> Server:
        return self

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def execute(self, sql: str, _values: object) -> int:
        self.ran.append(sql)
        return 0

    def nextset(self) -> bool:
        return False


def test_a_dump_that_ends_early_is_no_backup_even_between_statements() -> None:
    whole = f"DELIMITER {DELIMITER}\nSET a {DELIMITER}\nSET b {DELIMITER}\n{END}\n".encode()
    server = Server()
    assert load(server, [whole]) == 2 and server.ran == ["SET a", "SET b"]
    with pytest.raises(Fault, match="breaks off after 1 statements"):
        load(Server(), [whole[:whole.index(b"SET b")]])


def test_what_is_packed_a_thousandfold_is_unpacked_block_by_block() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = packer.compress(b"\0" * (40 << 20)) + packer.flush()
    sizes = [len(block) for block in _unpacked([packed[:9], packed[9:]])]
    assert sum(sizes) == 40 << 20 and max(sizes) <= BLOCK


def test_a_run_that_ends_as_nobody_foresaw_is_no_success_either(tmp_path: Path) -> None:
    """A backup whose timer only knows the faults that were thought of goes on showing its last success."""
    record = Record(tmp_path)
    record.tell("backup", ok=True, said="", ran=1.0, name="old", created=1.0, bytes=1)

    def reign() -> None:
        raise UnicodeDecodeError("ascii", b"row 4711", 0, 1, "no")

    with pytest.raises(UnicodeDecodeError):
        make(SimpleNamespace(record=record, turn=record.alone, reign=reign, now=lambda: 2.0, site="nhn"))      # type: ignore[arg-type]
    told = record.status()["backup"]
    assert told["ok"] is False and "UnicodeDecodeError" in told["said"] and "4711" not in told["said"] and told["name"] == "old"
    assert "last_run_ok" not in metrics(record.status()) or "last_run_ok 0" in metrics(record.status())


def test_what_old_backups_do_not_let_be_removed_is_told_and_makes_no_other_backup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The unit is begun again when a run fails: one answer of S3 amiss used to cost a whole backup each quarter of an hour."""
    def amiss(_: object) -> list[str]:
        raise Fault("list", "s3://backups")

    monkeypatch.setattr(maker, "_made", lambda *_: {"name": "new", "created": 2.0, "proof": {"tables": {}}})
    monkeypatch.setattr(maker, "retain", amiss)
    record = Record(str(tmp_path))
    outcome = make(SimpleNamespace(record=record, turn=record.alone, reign=dict, now=lambda: 2.0, site="nhn"))       # type: ignore[arg-type]
    told = record.status()["backup"]
    assert (outcome["made"], told["name"], told["ok"]) == ("new", "new", False) and record.pending() is None
    assert all("old ones were not removed. Could not list s3://backups" in said for said in (outcome["said"], told["said"]))


def test_a_table_that_is_made_while_an_earlier_schema_is_dumped_is_no_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is in the log, after the backup's place."""
    seats = Table("tickets", "seats", (), ())

    def answers(_conn: object, sql: str, *_given: object, **_more: object) -> list[dict[str, str]]:
        if "default_character_set_name" in sql:
            return [{"cs": "utf8mb4", "co": "utf8mb4_bin"}]
        return [{"name": "seats"}, {"name": "made_meanwhile"}] if "BASE TABLE" in sql else []

    for name, does in (("query", answers), ("value", lambda *_given: 1 << 26), ("describe", lambda *_given: {seats.label: seats}),
                       ("refuse_unmakable", lambda *_given: None), ("refuse_lost", lambda *_given: None),
                       ("refuse_other_engines", lambda *_given: None), ("inserts", lambda *_given: iter(())),
                       ("_created", lambda _conn, _kind, _schema, table: {"Create Table": f"CREATE TABLE {table} (a INT)"})):
        monkeypatch.setattr(dumping, name, does)
    text = b"".join(dumping.dump(None, ["tickets"])).decode()
    assert "CREATE TABLE seats" in text and "made_meanwhile" not in text
