# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a re-seed names for a person to bring, without a server."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import unbrought as module
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.rules import Rules

Rows = list[dict[str, Any]]
TABLE = Rules({"id": "none"}, {"storage engine": "InnoDB", "unique index one_seat": "(seat)"})


class Server:
    """tables: of information_schema, by name; laws: by label; charset: of the schema shop."""

    def __init__(self, laws: dict[str, Rules], charset: str = "utf8mb4 utf8mb4_0900_ai_ci", **tables: Rows) -> None:
        self.laws, self.charset, self.tables = laws, charset, tables


def thing(what: str, how: str, hidden: int = 0) -> dict[str, Any]:
    return {"what": what, "how": how, "hidden": hidden}


def index(label: str, name: str, how: str) -> dict[str, Any]:
    return {"label": label, "i": name, "how": how}


@pytest.fixture(autouse=True)
def _asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def query(server: Server, sql: str, schemas: Sequence[str], **_more: str) -> Rows:
        found = re.search(r"information_schema\.(\w+) ", sql)
        assert found and sql % tuple(schemas), "every % that is meant is doubled"
        return server.tables.get(found[1], [])

    monkeypatch.setattr(module, "query", query)
    monkeypatch.setattr(module, "rules", lambda server, _schemas: server.laws)
    monkeypatch.setattr(module, "schema_defaults", lambda server: {"shop": server.charset})


def told(source: Server, copy: Server) -> list[str]:
    return module.unbrought(source, copy, ["shop"])


def test_what_is_alike_is_not_named() -> None:
    things: dict[str, Rows] = {"views": [thing("view shop.v", "select 1")], "statistics": [index("shop.seats", "by_row", "BTREE row")]}
    assert told(Server({"shop.seats": TABLE}, **things), Server({"shop.seats": TABLE}, **things)) == []


def test_a_program_s_parameters_and_an_event_s_schedule_count() -> None:
    def server(parameter: str, schedule: str) -> Server:
        return Server({}, routines=[thing("procedure shop.p", "BEGIN END")], events=[thing("event shop.e", f"DELETE|{schedule}")],
                      parameters=[thing("procedure shop.p", "IN|a|int"), thing("procedure shop.p", parameter)])

    assert told(server("IN|b|int", "1|DAY"), server("IN|b|bigint", "1|HOUR")) == [
        "event shop.e is built otherwise", "procedure shop.p is built otherwise"]


def test_what_this_account_may_not_see_is_there_or_is_not() -> None:
    def server(how: str, hidden: int) -> Server:
        return Server({}, routines=[thing("function shop.f", how, hidden)], parameters=[thing("function shop.f", "int")])

    assert told(server("RETURN 1", 0), server("YES", 1)) == []
    assert told(server("RETURN 1", 0), Server({})) == ["function shop.f is only at the source"]


def test_our_own_tables_and_those_of_one_side_are_not_named() -> None:
    """A comparison that was broken off leaves its tables on the copy, and this one takes them away."""
    laws = {"dr.sync_ab12": TABLE, "shop.seats": TABLE}
    copy = Server({**laws, "shop.old": TABLE}, statistics=[index("dr.sync_ab12", "open", "BTREE a"), index("shop.old", "by_row", "BTREE row"),
                                                          index("shop.seats", "late", "BTREE b")])
    source = Server({"shop.seats": TABLE, "dr.sync_ab12": Rules({}, {"storage engine": "MyISAM"})})
    assert told(source, copy) == ["index late of shop.seats is only here"]


def test_rules_for_rows_that_are_yet_to_come_count() -> None:
    copy = Rules({"id": "'1'"}, {"storage engine": "InnoDB"})
    assert told(Server({"shop.seats": TABLE}), Server({"shop.seats": copy}, charset="latin1 latin1_bin")) == [
        "shop.seats.id: default none on the source, default '1' on the target",
        "shop.seats: unique index one_seat (seat) on the source, absent on the target",
        "shop: default character set utf8mb4 utf8mb4_0900_ai_ci on the source, latin1 latin1_bin on the target"]


def test_a_view_has_no_rules() -> None:
    assert told(Server({"shop.v": Rules({"id": "'0'"})}), Server({"shop.v": Rules({"id": "'1'"})})) == []


def test_triggers_that_only_the_copy_has_are_named_and_the_others_brought() -> None:
    assert told(Server({}, triggers=[thing("trigger shop.a", "", 1)]), Server({}, triggers=[thing("trigger shop.b", "", 1)])) == [
        "trigger shop.b is only here"]


def test_an_old_server_s_name_of_a_character_set_is_no_difference() -> None:
    assert told(Server({}, views=[thing("view shop.v", "_utf8'a' collate utf8_bin")]),
                Server({}, views=[thing("view shop.v", "_utf8mb3'a' collate utf8mb3_bin")])) == []
