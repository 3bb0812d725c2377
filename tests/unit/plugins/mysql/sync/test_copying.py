# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The parts of a copy that need no server: what is locked, how large a chunk is, what progress says, which file is sent."""

from __future__ import annotations

import json

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.loading import BLOCK_BYTES, _load
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.moving import MOST_ROWS, ROWS_UNKNOWN, Size
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.progress import Progress, lines_to, now_and_then, told_to
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.snapshot import lock_sql

TABLES = [("shop.a", "`shop`.`a`"), ("shop.b", "`shop`.`b`"), ("dr.gate", "`dr`.`gate`")]


@pytest.mark.parametrize(("behind", "locked"), [
    ({"shop.a", "shop.b"}, "`dr`.`gate` WRITE"), ({"shop.a"}, "`dr`.`gate` WRITE, `shop`.`b` READ"),
    (None, "`dr`.`gate` WRITE, `shop`.`a` READ, `shop`.`b` READ")])
def test_the_gate_s_table_is_locked_and_what_it_does_not_guard(behind, locked):
    assert lock_sql(TABLES, behind) == f"LOCK TABLES {locked}"


def test_a_server_without_a_gate_has_its_tables_locked():
    assert lock_sql(TABLES[:2], None) == "LOCK TABLES `shop`.`a` READ, `shop`.`b` READ"


@pytest.mark.parametrize(("bytes_", "rows"), [(0, ROWS_UNKNOWN), (1, MOST_ROWS), (1 << 10, BLOCK_BYTES >> 10), (16 << 20, 1)])
def test_a_chunk_has_as_many_rows_as_a_block_holds(bytes_, rows):
    assert Size(10, bytes_).chunk_rows == rows


def test_progress_speaks_once_a_second_and_at_the_end(tmp_path):
    now = [0.0]
    told = tmp_path / "progress.jsonl"
    progress = Progress("copy", lines_to(told, pytest.fail), now=lambda: now[0])
    progress.begin("s.t", of=90)
    for now[0], rows in ((0.2, 10), (0.9, 10), (1.1, 20), (1.5, 60), (2.0, 0)):
        progress.add(rows)
    progress.end()
    seen = [json.loads(line) for line in told.read_text().splitlines()]
    assert [(line["rows"], line["of"], line["done"]) for line in seen] == [(40, 90, False), (100, 100, True)]
    assert seen[-1]["rows_per_second"] == 50 and seen[-1]["table"] == "s.t"


class Asks:
    """A connection to a server that answers LOAD DATA by asking for a file of its own choice."""

    def __init__(self, answer):
        self.sent, self.answer = [], answer

    def _execute_command(self, _command, _sql):
        self.sent.clear()

    def _read_packet(self):
        return self

    def is_load_local_packet(self):
        return self.answer

    def write_packet(self, data):
        self.sent.append(data)
        if not data:
            raise StopIteration


def test_whatever_file_a_server_asks_for_it_gets_the_rows():
    conn = Asks(True)
    with pytest.raises(StopIteration):
        _load(conn, "LOAD DATA LOCAL INFILE 'rows' ...", b"1,'x'\n")
    assert conn.sent == [b"1,'x'\n", b""]


def test_a_server_that_does_not_ask_gets_nothing():
    conn = Asks(False)
    with pytest.raises(Fault, match="did not ask"):
        _load(conn, "LOAD DATA ...", b"1\n")
    assert conn.sent == []


def test_a_journal_gets_a_sentence_now_and_then_and_a_file_everything(tmp_path):
    said, clock = [], [0.0]
    tell = now_and_then(said.append, now=lambda: clock[0])
    for seconds in (1, 29, 31, 40, 62):
        clock[0] = float(seconds)
        tell({"doing": "copy", "table": "shop.seats", "rows": seconds * 10, "of": 1000, "rows_per_second": 10, "done": False})
    tell({"doing": "repair", "table": "shop.seats", "inserted": 3})
    assert said == [f"copy shop.seats: {rows} of about 1000 rows, 10 a second" for rows in (310, 620)]
    clock[0] = 100.0
    tell({"doing": "repair", "table": "shop.seats", "inserted": 3})
    assert said[-1] == "doing: repair, table: shop.seats, inserted: 3"
    told = tmp_path / "told"
    told_to(said.append, str(told), pytest.fail)({"doing": "copy", "table": "t", "rows": 1, "of": 1})
    assert '"table": "t"' in told.read_text(encoding="utf-8") and len(said) == 3


def test_a_file_that_takes_no_more_ends_nothing_and_is_told_of_once(tmp_path):
    warned = []
    tell = told_to(lambda _said: None, str(tmp_path / "gone" / "told"), warned.append)
    tell({"doing": "copy"})
    tell({"doing": "copy"})
    assert len(warned) == 1 and "No such file" in warned[0] and "went on" in warned[0]
    (tmp_path / "gone").mkdir()
    tell({"doing": "later"})
    assert '"later"' in (tmp_path / "gone" / "told").read_text(encoding="utf-8")
