# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether what a copy is built from is what the source was, and the guards that a copy lacks, without a server."""

from __future__ import annotations

import re
from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.connection import DatabaseFault
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync import blueprint, guards, identity
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.blueprint import TABLE, TRIGGER, VIEW, Blueprint, Made
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.tables import Column, Table

SEATS = Made("CREATE TABLE `seats` (\n  `id` int\n) ENGINE=InnoDB AUTO_INCREMENT=7", born="2026-01-01", which=(("shop/seats", 7),))
FREE = Made("CREATE VIEW `free` AS SELECT 1", collation="utf8mb4_bin")
SHOUT = Made("CREATE TRIGGER `shout` ...")
WAS = {(TABLE, "shop", "seats"): SEATS, (VIEW, "shop", "free"): FREE, (TRIGGER, "shop", "shout"): SHOUT}


@pytest.mark.parametrize(("now", "names"), [
    (WAS, []),
    ({**WAS, (TABLE, "shop", "seats"): replace(SEATS, statement=SEATS.statement.replace("=7", "=9"))}, []),         # rows have come meanwhile
    ({**WAS, (TABLE, "shop", "seats"): replace(SEATS, statement=SEATS.statement.replace("int", "bigint"))}, ["shop.seats"]),
    ({**WAS, (TABLE, "shop", "seats"): replace(SEATS, born="2026-01-02")}, ["shop.seats"]),                         # another one under its name
    ({**WAS, (TABLE, "shop", "seats"): replace(SEATS, which=(("shop/seats", 8),))}, ["shop.seats"]),                # in the same second
    ({**WAS, (VIEW, "shop", "free"): replace(FREE, collation="utf8mb4_0900_ai_ci")}, ["shop.free"]),
    ({**WAS, (TRIGGER, "shop", "late"): SHOUT}, ["shop.late"]),
    ({place: made for place, made in WAS.items() if place[0] != TRIGGER}, ["shop.shout"])])
def test_what_came_went_or_was_altered_is_named(now, names):
    assert Blueprint(now).unlike(Blueprint(WAS)) == Blueprint(WAS).unlike(Blueprint(now)) == names


@pytest.mark.parametrize(("now", "said"), [
    (SEATS, None), (replace(SEATS, born="later"), "was altered"), (replace(SEATS, which=(("shop/seats", 8),)), "another one"),
    (replace(SEATS, which=()), "another one"), (DatabaseFault("read", "", Exception(1146, "no such table")), "is gone"),
    (DatabaseFault("read", "", Exception(2013, "lost")), "2013")])
def test_a_table_whose_rows_are_another_s_ends_the_copy(monkeypatch, now, said):
    def made(*_given):
        if isinstance(now, Exception):
            raise now
        return now

    monkeypatch.setattr(blueprint, "made", made)
    monkeypatch.setattr(blueprint, "numbers", lambda *_given: {"shop/seats": now.which} if isinstance(now, Made) and now.which else {})
    if said is None:
        blueprint.refuse_altered(None, Table("shop", "seats", (), ()), Blueprint(WAS))
        return
    with pytest.raises(Fault, match=said):
        blueprint.refuse_altered(None, Table("shop", "seats", (), ()), Blueprint(WAS))


@pytest.mark.parametrize(("others", "order"), [([], ""), ([{"name": "sh`out"}], "PRECEDES `sh``out` ")])
def test_a_guard_is_made_in_front_of_triggers_of_others(monkeypatch, others, order):
    monkeypatch.setattr(guards, "query", lambda *_given, **_more: others)
    made = ("CREATE DEFINER=`dr_agent`@`%` TRIGGER `shop`.`dr_gate_insert_x` BEFORE INSERT ON `shop`.`seats` "
            "FOR EACH ROW {}BEGIN DECLARE good_until D; END")
    told = guards._in_front(None, guards.Guard("shop", "seats", "INSERT", "dr_gate_insert_x", "dr_agent@%"), made.format(""))
    assert told == made.format(order)


NAMES = ["shop/Seats", "shop/parted#P#p0", "shop/parted#P#p1", "shop/odd@0020@d55c", "shop/@0j", "shop/a@0023p@0023b", "wide/@@a", "wide/@a@",
         "shop/a_b", "shop/axb", "shop/seats2", "caps/@0130"]


def server(_conn: object, sql: str, values: tuple[str, ...] | None, **_more: str) -> list[dict[str, object]]:
    """InnoDB's list, or what is LIKE that in it."""
    signs = re.split(r"(\|.|%|_)", values[0]) if values else ["%"]
    wanted = "".join({"%": ".*", "_": "."}.get(sign, re.escape(sign.removeprefix("|"))) for sign in signs)
    assert ("WHERE LOWER(name) LIKE %s ESCAPE '|'" in sql) == (values is not None)
    return [{"name": name, "id": number} for number, name in enumerate(NAMES, 1) if re.fullmatch(wanted, name.lower())]


@pytest.mark.parametrize(("place", "expected"), [
    (("shop", "seats"), (("shop/Seats", 1),)), (("shop", "Parted"), (("shop/parted#P#p0", 2), ("shop/parted#P#p1", 3))),
    (("shop", "odd 한"), (("shop/odd@0020@d55c", 4),)), (("shop", "é"), (("shop/@0j", 5),)), (("shop", "seat"), ()), (("shop", "odd 합"), ()),
    (("other", "seats"), ()), (("shop", "a#p#b"), (("shop/a@0023p@0023b", 6),)), (("wide", "ⓐ"), (("wide/@@a", 7), ("wide/@a@", 8))),
    (("wide", "Ａ"), (("wide/@@a", 7), ("wide/@a@", 8))), (("shop", "a_b"), (("shop/a_b", 9),)), (("caps", "İ"), (("caps/@0130", 12),))])
def test_a_table_is_found_by_the_name_that_innodb_writes(monkeypatch, place, expected):
    """In the whole list, and in the little that is asked for on behalf of one table."""
    monkeypatch.setattr(identity, "query", server)
    assert identity.of_table(identity.numbers(None), *place) == identity.of_table(identity.numbers(None, *place), *place) == expected


def test_for_one_table_not_the_whole_server_s_list_is_fetched(monkeypatch):
    monkeypatch.setattr(identity, "query", server)
    assert [*identity.numbers(None, "shop", "a_b")] == ["shop/a_b"] and [*identity.numbers(None, "Shop", "Seats")] == ["shop/seats", "shop/seats2"]


@pytest.mark.parametrize("before", [[], [{"name": "shop/seats", "id": 7}]])
def test_a_table_of_which_innodb_tells_no_number_is_not_taken_for_itself(monkeypatch, before):
    answers = [before, []]
    monkeypatch.setattr(identity, "query", lambda *_given, **_more: answers.pop(0))
    monkeypatch.setattr(identity, "lasting", lambda conn: conn)
    with identity.watching(SimpleNamespace(connected=nullcontext)) as look, pytest.raises(Fault, match=r"(?s)shop\.seats.*no number.*does not count"):
        look(Table("shop", "seats", (), ()))


@pytest.mark.parametrize(("now", "as_described", "refused"), [
    (("id",), True, False), (("id", "late"), True, True), ((), True, True), (("id", "late"), False, False)])
def test_a_table_that_was_altered_before_its_turn_is_dumped_by_nobody(monkeypatch, now, as_described, refused):
    """INSTANT leaves the number as it is. A copy that follows from the view's place wants the columns of the view, and a dump those of its text."""
    def table(*columns):
        return Table("shop", "seats", tuple(Column(name, "int", "int") for name in columns), ("id",))

    def described(_conn, schemas, name):
        assert (schemas, name) == (["shop"], "seats")
        return {"shop.seats": table(*now)} if now else {}

    monkeypatch.setattr(identity, "query", lambda *_given, **_more: [{"name": "shop/seats", "id": 7}])
    monkeypatch.setattr(identity, "lasting", lambda conn: conn)
    monkeypatch.setattr(identity, "describe", described)
    with identity.watching(SimpleNamespace(connected=nullcontext), as_described=as_described) as look:
        if refused:
            with pytest.raises(Fault, match=r"(?s)shop\.seats.*altered after this was begun.*Run again when the migration is over"):
                look(table("id"))
        else:
            look(table("id"))
