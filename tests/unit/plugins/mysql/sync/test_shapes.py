# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which keys of a table may wait until its rows are in, and telling whether a table is built as it should be."""

from __future__ import annotations

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.mysql.sync.shapes import add_keys_sql, referred_to, shape

PLAIN = """\
CREATE TABLE `t` (
  `id` int NOT NULL AUTO_INCREMENT,
  `k` int DEFAULT NULL COMMENT 'the KEY `k`',
  `w` varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `u` (`k`,`id`),
  KEY `k` (`k`),
  KEY `f` ((`k` + 1)),
  FULLTEXT KEY `w` (`w`),
  KEY `last` (`w`(3))
) ENGINE=InnoDB AUTO_INCREMENT=12 DEFAULT CHARSET=utf8mb4"""


def test_plain_and_unique_keys_wait_and_the_rest_stands_as_it_was():
    found = shape(PLAIN)
    assert found.later == ("UNIQUE KEY `u` (`k`,`id`)", "KEY `k` (`k`)", "KEY `f` ((`k` + 1))", "KEY `last` (`w`(3))")
    assert found.lean.endswith("  PRIMARY KEY (`id`),\n  FULLTEXT KEY `w` (`w`)\n) ENGINE=InnoDB AUTO_INCREMENT=12 DEFAULT CHARSET=utf8mb4")
    assert found.numbered_to == 12
    assert add_keys_sql("`s`.`t`", found.later[1:3]) == "ALTER TABLE `s`.`t` ADD KEY `k` (`k`), ADD KEY `f` ((`k` + 1))"


@pytest.mark.parametrize("change", [
    ("  PRIMARY KEY (`id`),\n", ""),
    ("  KEY `last` (`w`(3))\n", "  KEY `last` (`w`(3)),\n  CONSTRAINT `c` FOREIGN KEY (`k`) REFERENCES `p` (`k`)\n"),
])
def test_no_key_waits_where_one_orders_the_rows_or_serves_a_foreign_key(change):
    definition = PLAIN.replace(*change)
    assert change[0] in PLAIN and shape(definition).later == () and shape(definition).lean == definition


def test_the_key_that_numbers_rows_never_waits():
    numbered = PLAIN.replace(" AUTO_INCREMENT,", ",").replace("`k` int DEFAULT NULL", "`k` int NOT NULL AUTO_INCREMENT")
    assert shape(numbered).later == ("KEY `f` ((`k` + 1))", "KEY `last` (`w`(3))")


@pytest.mark.parametrize("said", ["COMMENT 'was AUTO_INCREMENT once'", "DEFAULT 'an ''AUTO_INCREMENT' COMMENT 'it\\'s AUTO_INCREMENT'"])
def test_a_column_that_only_speaks_of_numbering_does_not_number(said):
    """The key of the column that does would be put off, and MySQL makes no such table without it (1075)."""
    definition = PLAIN.replace("  `id` int", f"  `code` varchar(9) NOT NULL {said},\n  `id` int")
    numbered = shape(definition.replace("PRIMARY KEY (`id`)", "PRIMARY KEY (`code`)").replace("KEY `k` (`k`)", "KEY `k` (`id`)"))
    assert "  KEY `k` (`id`)" in numbered.lean and "KEY `k` (`id`)" not in numbered.later


@pytest.mark.parametrize(("other", "verdict"), [
    (PLAIN, "full"), (PLAIN.replace("=12 ", "=99 "), "full"), (PLAIN.replace(" CHARACTER SET utf8mb4 COLLATE", " COLLATE"), "full"),
    (shape(PLAIN).lean.replace(" AUTO_INCREMENT=12", ""), "lean"), (PLAIN.replace("varchar(9)", "varchar(8)"), None),
    (PLAIN.replace("utf8mb4_bin", "utf8mb4_general_ci"), None), (PLAIN.replace("  KEY `k` (`k`),\n", ""), None)])
def test_a_table_is_known_again(other, verdict):
    assert shape(PLAIN).same(other) == verdict


def test_a_key_that_a_foreign_key_refers_to_never_waits():
    assert shape(PLAIN, {"K"}).later == ("KEY `f` ((`k` + 1))", "KEY `last` (`w`(3))"), "any that begins with its column may be the one"
    assert "UNIQUE KEY `u` (`k`,`id`)" in shape(PLAIN, {"K"}).lean and shape(PLAIN, {"id"}).later == shape(PLAIN).later


def test_what_foreign_keys_refer_to_is_read_from_definitions():
    child = ("CREATE TABLE `c` (\n  `a` int COMMENT 'FOREIGN KEY (`x`) REFERENCES `no` (`no`)',\n"
             "  CONSTRAINT `o``dd (` FOREIGN KEY (`a`, `b`) REFERENCES `Par``ent` (`X``y`, `z`) ON DELETE CASCADE,\n"
             "  CONSTRAINT `d` FOREIGN KEY (`a`) REFERENCES `Other`.`t` (`id`)\n) ENGINE=InnoDB")
    assert referred_to([("shop", child), ("shop", PLAIN)]) == {("shop", "par`ent"): {"X`y", "z"}, ("other", "t"): {"id"}}
